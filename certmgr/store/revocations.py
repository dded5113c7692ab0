"""Revocation requests, with every time of their way to the relying parties (R6.1, DETAILS 24)."""

from datetime import datetime
from typing import Final

from certmgr.errors import NotFoundError
from certmgr.models.authorities import AuthorityId
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Cause, ClosedHow, HoldEnd, HoldTerms, Revocation, RevocationId
from certmgr.models.serials import Serial
from certmgr.store import authorities
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction

SELECT: Final = (
    "SELECT r.id, r.certificate_id, r.authority_id, coalesce(s.name, a.slug), coalesce(c.serial, a.serial), r.cause,"
    " r.note, r.requested_by, r.received_at, r.verify_due_at, r.verified_by, r.verified_at, r.due_at, r.revoked_at,"
    " r.signed_at, r.published_at, r.unseen_after, r.closed_at, r.compromised_since, r.acknowledged_at, r.evidence,"
    " r.verified_how, r.closed_by, r.closed_how, r.closing_reason, r.group_id, r.crl_number, r.hold_until, r.hold_then,"
    " r.hold_cause, r.reported_at, r.reported_to"
    " FROM revocation r LEFT JOIN certificate c ON c.id = r.certificate_id LEFT JOIN server s ON s.id = c.server_id"
    " LEFT JOIN authority a ON a.id = r.authority_id"
)
_OPEN: Final = "r.closed_at IS NULL AND r.published_at IS NULL"


def add(  # noqa: PLR0913 - the facts of a request, by keyword
    tx: Transaction,
    *,
    cause: Cause,
    requested_by: str,
    verify_due_at: datetime,
    certificate_id: CertificateId | None = None,
    authority_id: AuthorityId | None = None,
    note: str = "",
    compromised_since: datetime | None = None,
    evidence: str = "",
    group: RevocationId | None = None,
    hold: HoldTerms | None = None,
) -> RevocationId:
    """Record a request, received now, to revoke a certificate, or without `certificate_id` the CA `authority_id`.

    Raises NotFoundError where there is no such thing on record.
    """
    table = tx.table("revocation").insert(
        {
            "certificate_id": certificate_id,
            "authority_id": authority_id,
            "issuer_id": _issuer(tx, certificate_id, authority_id),
            "cause": cause.value,
            "note": note,
            "requested_by": requested_by,
            "received_at": text_of(tx.now),
            "verify_due_at": text_of(verify_due_at),
            "compromised_since": text_of(compromised_since),
            "evidence": evidence,
            "group_id": group,
            "hold_until": text_of(hold.until) if hold else None,
            "hold_then": hold.then.value if hold else None,
            "hold_cause": hold.cause.value if hold and hold.cause else None,
        }
    )
    return RevocationId(int(table.last_pk))  # type: ignore[arg-type]  # the table's key is one whole number


def set_group(tx: Transaction, revocation: RevocationId, first: RevocationId) -> None:
    """Record that the request is decided together with `first`. Raises NotFoundError where it belongs to a set."""
    _set(tx, revocation, "group_id = ?", "group_id IS NULL", (first,))


def set_acknowledged(tx: Transaction, revocation: RevocationId) -> None:
    """Record that somebody saw the request. Raises NotFoundError where it is closed, or that was recorded."""
    _set(tx, revocation, "acknowledged_at = ?", "acknowledged_at IS NULL AND closed_at IS NULL", (text_of(tx.now),))


def set_verified(tx: Transaction, revocation: RevocationId, *, by: str, due_at: datetime, how: str = "") -> None:
    """Record that `by` vouches for the request, now, and how it was verified; it is acknowledged by that.

    Raises NotFoundError where it is not open and unverified.
    """
    _set(
        tx,
        revocation,
        "verified_by = ?, verified_at = ?, due_at = ?, verified_how = ?,"
        " acknowledged_at = coalesce(acknowledged_at, ?)",
        "verified_at IS NULL AND closed_at IS NULL",
        (by, text_of(tx.now), text_of(due_at), how, text_of(tx.now)),
    )


def set_reported(tx: Transaction, revocation: RevocationId, to: str) -> None:
    """Record that the incident was reported, now, to whom. Raises NotFoundError where that was recorded before."""
    _set(tx, revocation, "reported_at = ?, reported_to = ?", "reported_at IS NULL", (text_of(tx.now), to))


def set_revoked(tx: Transaction, revocation: RevocationId, at: datetime) -> None:
    """Record that the request was carried out. Raises NotFoundError where it is not open, or was carried out."""
    _set(tx, revocation, "revoked_at = ?", "revoked_at IS NULL AND closed_at IS NULL", (text_of(at),))


def set_closed(
    tx: Transaction,
    revocation: RevocationId,
    *,
    by: str | None = None,
    how: ClosedHow | None = None,
    reason: str = "",
) -> None:
    """Record that the request was withdrawn or rejected. Raises NotFoundError where it was carried out or closed."""
    _set(
        tx,
        revocation,
        "closed_at = ?, closed_by = ?, closed_how = ?, closing_reason = ?",
        "revoked_at IS NULL AND closed_at IS NULL",
        (text_of(tx.now), by, how.value if how else None, reason),
    )


def mark_signed(tx: Transaction, authority: AuthorityId, number: int) -> tuple[RevocationId, ...]:
    """Record that the CRL `number` was signed; return the requests that it is the first signed one to carry.

    A request is on every CRL whose number was reserved after it was carried out, and on no earlier one.
    """
    return _mark(tx, "signed_at", authority, number)


def mark_published(tx: Transaction, authority: AuthorityId, number: int) -> tuple[RevocationId, ...]:
    """Record that relying parties can see the CRL `number`; return the requests that are done by it.

    Also records from when no cached CRL without the serial can be valid any more (DETAILS 24).
    """
    _mark(tx, "signed_at", authority, number)
    done = _mark(tx, "published_at", authority, number)
    tx.connection.executemany(
        "UPDATE revocation SET unseen_after = (SELECT max(next_update) FROM crl"
        " WHERE crl.authority_id = revocation.issuer_id AND crl.number < revocation.crl_number) WHERE id = ?",
        [(one,) for one in done],
    )
    return done


def get(snapshot: Snapshot, revocation: RevocationId) -> Revocation:
    """Return the request. Raises NotFoundError."""
    found = _find(snapshot, "r.id = ?", (revocation,))
    if not found:
        raise NotFoundError(
            f"There is no revocation request {revocation}.", hint="See `certmgr revocation list --all`."
        )
    return found[0]


def open(snapshot: Snapshot) -> tuple[Revocation, ...]:  # noqa: A001 - read as revocations.open(...)
    """Return the requests that relying parties cannot see the result of yet, the first received first."""
    return _find(snapshot, f"{_OPEN} ORDER BY r.received_at, r.id")


def all(snapshot: Snapshot, *, limit: int = -1) -> tuple[Revocation, ...]:  # noqa: A001 - read as revocations.all(...)
    """Return the requests, the last received first, at most `limit`; -1: every one."""
    return _find(snapshot, "1 ORDER BY r.received_at DESC, r.id DESC LIMIT ?", (limit,))


def for_certificate(snapshot: Snapshot, certificate: CertificateId) -> tuple[Revocation, ...]:
    """Return the requests about the certificate, the first received first."""
    return _find(snapshot, "r.certificate_id = ? ORDER BY r.id", (certificate,))


def of_group(snapshot: Snapshot, first: RevocationId) -> tuple[Revocation, ...]:
    """Return the requests of the set that `first` begins, in their order; one that stands alone, alone."""
    return _find(snapshot, "r.id = ? OR r.group_id = ? ORDER BY r.id", (first, first))


def for_authority(snapshot: Snapshot, authority: AuthorityId) -> tuple[Revocation, ...]:
    """Return the requests about the CA certificate itself, the first received first."""
    return _find(snapshot, "r.certificate_id IS NULL AND r.authority_id = ? ORDER BY r.id", (authority,))


def issuer_of(snapshot: Snapshot, revocation: RevocationId) -> AuthorityId:
    """Return the authority on whose CRL the request lands. Raises NotFoundError."""
    row = snapshot.row("SELECT issuer_id FROM revocation WHERE id = ?", (revocation,))
    if row is None:
        raise NotFoundError(f"There is no revocation request {revocation}.")
    return AuthorityId(row[0])


def _issuer(tx: Transaction, certificate: CertificateId | None, authority: AuthorityId | None) -> AuthorityId:
    if certificate is not None:
        row = tx.row("SELECT authority_id FROM certificate WHERE id = ?", (certificate,))
        if row is None:
            raise NotFoundError(f"There is no certificate with the id {certificate} on record.")
        return AuthorityId(row[0])
    if authority is None:
        raise ValueError("a revocation names a certificate or an authority")
    parent = authorities.get(tx, authority).parent_id
    return authority if parent is None else parent


def _set(
    tx: Transaction, revocation: RevocationId, assignment: str, condition: str, values: tuple[object, ...]
) -> None:
    tx.change_one(
        f"revocation request {revocation} that allows this",
        f"UPDATE revocation SET {assignment} WHERE id = ? AND {condition}",  # noqa: S608 - named above
        (*values, revocation),
    )


def _mark(tx: Transaction, column: str, authority: AuthorityId, number: int) -> tuple[RevocationId, ...]:
    rows = tx.rows(
        f"UPDATE revocation SET {column} = ? WHERE issuer_id = ? AND crl_number <= ?"  # noqa: S608 - named above
        f" AND {column} IS NULL AND closed_at IS NULL RETURNING id",
        (text_of(tx.now), authority, number),
    )
    return tuple(sorted(RevocationId(row[0]) for row in rows))


def _find(snapshot: Snapshot, where: str, parameters: Parameters = ()) -> tuple[Revocation, ...]:
    return tuple(revocation_of(row) for row in snapshot.rows(f"{SELECT} WHERE {where}", parameters))


def revocation_of(row: Row) -> Revocation:
    """Return a request from the columns of SELECT."""
    return Revocation(
        id=RevocationId(row[0]),
        certificate_id=None if row[1] is None else CertificateId(row[1]),
        authority_id=None if row[2] is None else AuthorityId(row[2]),
        server=row[3],
        serial=Serial(row[4] or ""),
        cause=Cause(row[5]),
        note=row[6],
        requested_by=row[7],
        received_at=moment_of(row[8]),
        verify_due_at=moment_of(row[9]),
        verified_by=row[10],
        verified_at=moment_of(row[11]),
        due_at=moment_of(row[12]),
        revoked_at=moment_of(row[13]),
        signed_at=moment_of(row[14]),
        published_at=moment_of(row[15]),
        unseen_after=moment_of(row[16]),
        closed_at=moment_of(row[17]),
        compromised_since=moment_of(row[18]),
        acknowledged_at=moment_of(row[19]),
        evidence=row[20],
        verified_how=row[21],
        closed_by=row[22],
        closed_how=None if row[23] is None else ClosedHow(row[23]),
        closing_reason=row[24],
        group_id=None if row[25] is None else RevocationId(row[25]),
        crl_number=row[26],
        hold_until=moment_of(row[27]),
        hold_then=HoldEnd(row[28] or HoldEnd.ASK),
        hold_cause=None if row[29] is None else Cause(row[29]),
        reported_at=moment_of(row[30]),
        reported_to=row[31],
    )
