"""Certificates: the intent before the signature, the certificate after it, and what becomes of it (ARCHITECTURE 2).

`add_intents`, `record_issued`, `abandon` and `set_delivered` journal what they do, since the entry's digest and number
are part of the row; the other writes leave the entry to the caller.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from certmgr.errors import NotFoundError
from certmgr.models.certificates import Certificate, CertificateId, ServerId
from certmgr.models.revocations import Cause
from certmgr.models.serials import Serial
from certmgr.store.certificate_rows import find
from certmgr.store.columns import dump, sha256, text_of
from certmgr.store.connection import Snapshot, Transaction

_ISSUERS: Final = "c.authority_id IN (SELECT id FROM authority)"
"""What lets the index on authority and serial find a serial alone."""
_UNREVOKED: Final = "c.stage = 'issued' AND c.revoked_at IS NULL"


def record_issued(
    tx: Transaction, rows: Sequence[tuple[CertificateId, bytes]], *, accept_by: datetime | None = None
) -> None:
    """Store the certificates (DER) of open intents, one journal entry each (`certificate.issued`).

    Until `accept_by` their subscribers may object (R3.3); None: they count as accepted. Raises CertmgrError where one
    of them is no open intent; a certificate on record never changes.
    """
    now, until = text_of(tx.now), text_of(accept_by)
    changes = [(der_, sha256(der_), now, until, identity) for identity, der_ in rows]
    tx.record_many(
        [("certificate.issued", f"certificate:{identity}", {"sha256": digest}) for _, digest, _, _, identity in changes]
    )
    tx.change_many(
        "UPDATE certificate SET stage = 'issued', der = ?, sha256 = ?, issued_at = ?, accept_by = ? WHERE id = ?",
        changes,
    )


def abandon(tx: Transaction, certificate: CertificateId) -> None:
    """Close an intent that cannot be finished, and journal it; its serial belongs on the CRL (DETAILS 15).

    Raises NotFoundError where it is no open intent.
    """
    tx.change_one(
        f"open intent with the id {certificate}",
        "UPDATE certificate SET stage = 'abandoned' WHERE id = ? AND stage = 'intent'",
        (certificate,),
    )
    tx.record("certificate.abandoned", f"certificate:{certificate}", {})


def set_delivered(tx: Transaction, certificates: Sequence[CertificateId]) -> None:
    """Record that the files are in place, one journal entry each; the temporary key file is gone then."""
    tx.record_many([("certificate.delivered", f"certificate:{identity}", {}) for identity in certificates])
    now = text_of(tx.now)
    tx.change_many(
        "UPDATE certificate SET delivered_at = ?, key_path = NULL WHERE id = ?",
        [(now, identity) for identity in certificates],
    )


def set_superseded(tx: Transaction, certificate: CertificateId, at: datetime) -> None:
    """Record when the successor's overlap ends. Raises NotFoundError."""
    _set(tx, certificate, "superseded_at = ?", text_of(at))


def set_revoked(tx: Transaction, certificate: CertificateId, at: datetime, cause: Cause) -> None:
    """Record the revocation; a second one may change the cause, never the date. Raises NotFoundError."""
    _set(tx, certificate, "revoked_at = ?, cause = ?", text_of(at), cause.value)


def set_held(tx: Transaction, certificate: CertificateId, at: datetime, *, until: datetime | None = None) -> None:
    """Record a hold, and by when it is decided. Raises NotFoundError."""
    _set(tx, certificate, "held_at = ?, hold_until = ?, cause = ?", text_of(at), text_of(until), Cause.SUSPENDED.value)


def clear_held(tx: Transaction, certificate: CertificateId) -> None:
    """Record the release of a hold. Raises NotFoundError where the certificate is not held, or is revoked."""
    tx.change_one(
        f"held certificate with the id {certificate}",
        "UPDATE certificate SET held_at = NULL, hold_until = NULL, cause = NULL"
        " WHERE id = ? AND held_at IS NOT NULL AND revoked_at IS NULL",
        (certificate,),
    )


def get(snapshot: Snapshot, certificate: CertificateId) -> Certificate:
    """Return the certificate. Raises NotFoundError."""
    found = find(snapshot, "c.id = ?", (certificate,))
    if not found:
        raise NotFoundError(f"There is no certificate with the id {certificate} on record.")
    return found[0]


def by_serial(snapshot: Snapshot, serial: Serial) -> tuple[Certificate, ...]:
    """Return the certificates with that serial number, one for each authority at most."""
    return find(snapshot, f"{_ISSUERS} AND c.serial = ? ORDER BY c.id DESC", (serial,))


def by_serial_start(snapshot: Snapshot, digits: str, *, limit: int = 20) -> tuple[Certificate, ...]:
    """Return certificates whose serial begins with the upper-case hex `digits`, the newest first."""
    where = f"{_ISSUERS} AND c.serial >= ? AND c.serial < ? ORDER BY c.id DESC LIMIT ?"
    return find(snapshot, where, (digits, digits + "G", limit))


def by_sha256(snapshot: Snapshot, digest: str, *, limit: int = 20) -> tuple[Certificate, ...]:
    """Return the certificates whose SHA-256 begins with the lower-case hex `digest`, the newest first."""
    return find(snapshot, "c.sha256 >= ? AND c.sha256 < ? ORDER BY c.id DESC LIMIT ?", (digest, digest + "g", limit))


def by_spki(snapshot: Snapshot, spki_sha256: str) -> tuple[Certificate, ...]:
    """Return every certificate for that public key, the newest first (R1.8)."""
    return find(snapshot, "c.spki_sha256 = ? ORDER BY c.id DESC", (spki_sha256,))


def by_name(snapshot: Snapshot, name: str) -> tuple[Certificate, ...]:
    """Return the certificates with exactly that DNS name or address, the newest first."""
    return find(
        snapshot,
        "c.id IN (SELECT certificate_id FROM certificate_name WHERE name = ?) ORDER BY c.id DESC",
        (name,),
    )


def for_server(snapshot: Snapshot, server: str) -> tuple[Certificate, ...]:
    """Return every certificate of the server, the newest first (R9.1)."""
    return find(snapshot, "s.name = ? ORDER BY c.id DESC", (server,))


def live_for_server(
    snapshot: Snapshot, server: str, now: datetime, *, intents: bool = False
) -> tuple[Certificate, ...]:
    """Return the server's certificates that relying parties accept or that are held, the newest first.

    Those whose successor has taken over are left out; with `intents`, those about to be signed come too.
    """
    stage = "c.stage IN ('issued', 'intent')" if intents else "c.stage = 'issued'"
    return find(
        snapshot,
        f"s.name = ? AND {stage} AND c.revoked_at IS NULL AND c.not_after >= ?"
        " AND (c.superseded_at IS NULL OR c.superseded_at > ?) ORDER BY c.id DESC",
        (server, text_of(now), text_of(now)),
    )


def was_issued_since(snapshot: Snapshot, server: ServerId, moment: datetime) -> bool:
    """Return whether a certificate of the server that is issued was intended at `moment` or later."""
    row = snapshot.row(
        "SELECT 1 FROM certificate c WHERE c.server_id = ? AND c.stage = 'issued' AND c.created_at >= ? LIMIT 1",
        (server, text_of(moment)),
    )
    return row is not None


def live_for_servers(snapshot: Snapshot, servers: Sequence[str], now: datetime) -> dict[str, Certificate]:
    """Return, by server, the newest that `live_for_server` with `intents` finds for each that has one."""
    found = find(
        snapshot,
        "s.name IN (SELECT value FROM json_each(?)) AND c.stage IN ('issued', 'intent') AND c.revoked_at IS NULL"
        " AND c.not_after >= ? AND (c.superseded_at IS NULL OR c.superseded_at > ?) ORDER BY c.id",
        (dump(servers), text_of(now), text_of(now)),
    )
    return {one.server: one for one in found}


def due(snapshot: Snapshot, now: datetime, *, limit: int = -1) -> tuple[Certificate, ...]:
    """Return the certificates in the state due at `now` that renew by themselves, the first to expire first.

    Those of a server that is retired, or set not to renew by itself, are not among them (N4).
    """
    return find(
        snapshot,
        f"{_UNREVOKED} AND c.held_at IS NULL AND c.superseded_at IS NULL AND c.renew_at <= ? AND c.not_after >= ?"
        " AND s.auto_renew = 1 AND s.retired_at IS NULL ORDER BY c.not_after, c.id LIMIT ?",
        (text_of(now), text_of(now), limit),
    )


def lapsed(snapshot: Snapshot, now: datetime, *, since: datetime) -> tuple[Certificate, ...]:
    """Return what was to be renewed by itself and ended between `since` and `now`, of servers without another one.

    The first to have ended first. A certificate without successor can no longer be renewed (R5.1).
    """
    return find(
        snapshot,
        f"{_UNREVOKED} AND c.held_at IS NULL AND c.superseded_at IS NULL AND c.not_after >= :since"  # noqa: S608 - a constant
        " AND c.not_after < :now AND s.auto_renew = 1 AND s.retired_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM certificate n WHERE n.server_id = c.server_id AND n.stage = 'issued'"
        " AND n.revoked_at IS NULL AND n.not_after >= :now) ORDER BY c.not_after, c.id",
        {"now": text_of(now), "since": text_of(since)},
    )


def held(snapshot: Snapshot, *, until: datetime | None = None) -> tuple[Certificate, ...]:
    """Return the held certificates, the first to be decided first; with `until`, those to be decided by then (N2)."""
    where = f"{_UNREVOKED} AND c.held_at IS NOT NULL"
    if until is None:
        return find(snapshot, f"{where} ORDER BY c.hold_until, c.id", ())
    return find(snapshot, f"{where} AND c.hold_until <= ? ORDER BY c.hold_until, c.id", (text_of(until),))


def replaced(snapshot: Snapshot, now: datetime) -> tuple[Certificate, ...]:
    """Return the certificates whose successor, with another key, has taken over for good, the oldest first.

    The overlap is over, the successor is good, no revocation is asked for, and no deployment of the server waits for
    its files or for the new certificate to be seen at its endpoint.
    """
    return find(
        snapshot,
        f"{_UNREVOKED} AND c.held_at IS NULL AND c.superseded_at <= :now AND c.not_after >= :now"  # noqa: S608 - a constant
        " AND EXISTS (SELECT 1 FROM certificate n WHERE n.replaces_id = c.id AND n.stage = 'issued'"
        " AND n.revoked_at IS NULL AND n.held_at IS NULL AND n.not_after >= :now AND n.spki_sha256 <> c.spki_sha256)"
        " AND NOT EXISTS (SELECT 1 FROM deployment d WHERE d.server_id = c.server_id AND d.removed_at IS NULL"
        " AND (d.certificate_id IS NULL OR d.certificate_id <= c.id OR (d.host <> '' AND d.seen_at IS NULL)))"
        " AND NOT EXISTS (SELECT 1 FROM revocation r WHERE r.certificate_id = c.id"
        " AND r.closed_at IS NULL AND r.published_at IS NULL) ORDER BY c.id",
        {"now": text_of(now)},
    )


def undelivered(snapshot: Snapshot) -> tuple[tuple[Certificate, str | None], ...]:
    """Return the certificates whose files may not be in place, each with its temporary key file, the oldest first.

    One that has been revoked meanwhile is not waited for.
    """
    where = f"{_UNREVOKED} AND c.delivered_at IS NULL AND c.destination IS NOT NULL"
    paths: dict[int, str | None] = dict(snapshot.rows(f"SELECT c.id, c.key_path FROM certificate c WHERE {where}"))  # noqa: S608 - constants
    return tuple((one, paths[one.id]) for one in find(snapshot, f"{where} ORDER BY c.id", ()))


def line(snapshot: Snapshot, certificate: CertificateId) -> tuple[Certificate, ...]:
    """Return the certificate with those that it replaced and that replaced it, the oldest first (R9.1)."""
    return find(
        snapshot,
        "c.id IN (WITH RECURSIVE"
        " back (id) AS (SELECT :id UNION SELECT p.replaces_id FROM certificate p JOIN back ON p.id = back.id"
        " WHERE p.replaces_id IS NOT NULL),"
        " forth (id) AS (SELECT :id UNION SELECT n.id FROM certificate n JOIN forth ON n.replaces_id = forth.id)"
        " SELECT id FROM back UNION SELECT id FROM forth) ORDER BY c.id",
        {"id": certificate},
    )


def der(snapshot: Snapshot, certificate: CertificateId) -> bytes:
    """Return the DER of an issued certificate. Raises NotFoundError where there is none yet."""
    return _blob(snapshot, certificate, "der", "has not been issued")


def tbs(snapshot: Snapshot, certificate: CertificateId) -> bytes:
    """Return the bytes that the signature covers. Raises NotFoundError."""
    return _blob(snapshot, certificate, "tbs", "has no content on record")


def csr(snapshot: Snapshot, certificate: CertificateId) -> bytes:
    """Return the DER of the CSR. Raises NotFoundError where the key was made here."""
    return _blob(snapshot, certificate, "csr", "was not made from a CSR")


def _blob(snapshot: Snapshot, certificate: CertificateId, column: str, lack: str) -> bytes:
    row = snapshot.row(f"SELECT {column} FROM certificate WHERE id = ?", (certificate,))  # noqa: S608 - named above
    if row is None:
        raise NotFoundError(f"There is no certificate with the id {certificate} on record.")
    if row[0] is None:
        raise NotFoundError(f"The certificate with the id {certificate} {lack}.")
    return bytes(row[0])


def _set(tx: Transaction, certificate: CertificateId, assignment: str, *values: str | None) -> None:
    tx.change_one(
        f"certificate with the id {certificate}",
        f"UPDATE certificate SET {assignment} WHERE id = ?",  # noqa: S608 - assignments are named above
        (*values, certificate),
    )
