"""Acceptances: one at most for each certificate, and it never changes (R3.3).

`certificate.accept_by` is until when an objection is heard; recording an acceptance of any kind clears it, so what is
still open is found by its index. It is NULL for certificates older than this record, which count as accepted.
"""

from collections.abc import Sequence
from datetime import datetime

from certmgr.models.acceptances import Acceptance, AcceptanceKind
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.store.certificate_rows import find
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Snapshot, Transaction


def record(
    tx: Transaction, certificate: CertificateId, kind: AcceptanceKind, by: str | None = None, note: str = ""
) -> bool:
    """Record that the certificate is accepted, now, and journal it; tell whether nothing was on record until now.

    `kind` is any but OBJECTED, for which see `record_objection`; `by` is the actor unless given. Where an acceptance is
    on record already nothing happens: the first one holds.
    """
    return bool(record_many(tx, [certificate], kind, by, note))


def record_many(
    tx: Transaction,
    certificates: Sequence[CertificateId],
    kind: AcceptanceKind,
    by: str | None = None,
    note: str = "",
) -> list[CertificateId]:
    """Record the same of several certificates; return those of which nothing was on record. As `record`."""
    settled = [one for one in dict.fromkeys(certificates) if _add(tx, one, kind, by, note)]
    if settled:
        tx.change_many("UPDATE certificate SET accept_by = NULL WHERE id = ?", [(one,) for one in settled])
        tx.record_many([("certificate.accepted", f"certificate:{one}", {"kind": kind.value}) for one in settled])
    return settled


def record_objection(tx: Transaction, certificate: CertificateId, note: str, *, reissue: bool) -> bool:
    """Record that the subscriber objects, now, and journal it; tell whether nothing was on record until now.

    `reissue`: it is made again once it is revoked, which `to_reissue` asks for.
    """
    if not _add(tx, certificate, AcceptanceKind.OBJECTED, None, note, reissue=reissue):
        return False
    tx.change("UPDATE certificate SET accept_by = NULL WHERE id = ?", (certificate,))
    tx.record("certificate.objected", f"certificate:{certificate}", {"reissue": reissue})
    return True


def _add(  # noqa: PLR0913 - the columns of a row
    tx: Transaction,
    certificate: CertificateId,
    kind: AcceptanceKind,
    by: str | None,
    note: str,
    *,
    reissue: bool = False,
) -> bool:
    return bool(
        tx.change(
            "INSERT INTO acceptance (certificate_id, kind, by, note, reissue, at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (certificate_id) DO NOTHING",
            (certificate, kind.value, by or tx.actor.name, note, int(reissue), text_of(tx.now)),
        )
    )


def get(snapshot: Snapshot, certificate: CertificateId) -> Acceptance | None:
    """Return how the question of the certificate was settled; None: it was not."""
    row = snapshot.row("SELECT kind, by, note, at FROM acceptance WHERE certificate_id = ?", (certificate,))
    if row is None:
        return None
    return Acceptance(
        certificate_id=certificate, kind=AcceptanceKind(row[0]), by=row[1], note=row[2], at=moment_of(row[3])
    )


def unaccepted(snapshot: Snapshot, now: datetime) -> tuple[Certificate, ...]:
    """Return the certificates whose subscriber may still object at `now`, the first to lapse first."""
    return find(
        snapshot,
        "c.accept_by > ? AND c.stage = 'issued' AND c.revoked_at IS NULL ORDER BY c.accept_by, c.id",
        (text_of(now),),
    )


def lapsed(snapshot: Snapshot, now: datetime, *, limit: int = -1) -> tuple[CertificateId, ...]:
    """Return the certificates that nobody objected to in time, where that is not on record yet; at most `limit`."""
    rows = snapshot.rows(
        "SELECT id FROM certificate WHERE accept_by <= ? AND stage = 'issued' AND revoked_at IS NULL"
        " ORDER BY accept_by, id LIMIT ?",
        (text_of(now), limit),
    )
    return tuple(CertificateId(row[0]) for row in rows)


def to_reissue(snapshot: Snapshot) -> tuple[Certificate, ...]:
    """Return the revoked certificates that were objected to, are to be made again and have no successor yet."""
    return find(
        snapshot,
        "c.id IN (SELECT certificate_id FROM acceptance WHERE kind = 'objected' AND reissue = 1)"
        " AND c.revoked_at IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM certificate n WHERE n.replaces_id = c.id AND n.stage <> 'abandoned') ORDER BY c.id",
        (),
    )


def count_lapsed(snapshot: Snapshot, now: datetime) -> int:
    """Return how many `lapsed` would return."""
    row = snapshot.row(
        "SELECT count(*) FROM certificate WHERE accept_by <= ? AND stage = 'issued' AND revoked_at IS NULL",
        (text_of(now),),
    )
    return int(row[0]) if row else 0
