"""Promises on record, with how far each has been escalated (ARCHITECTURE 10).

A promise that ends after it was due is breached: the journal says so in the same transaction, once, and a trigger keeps
the row from being changed or removed. The other writes leave the entry to the caller.
"""

from datetime import datetime
from typing import Final

from certmgr.commitments import Commitment, CommitmentId, Kind
from certmgr.errors import NotFoundError
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction

BREACHED: Final = 100
"""The percentage that stands for a journalled breach."""
BREACH: Final = "commitment.breached"
ESCALATION: Final = "commitment.escalated"
_SELECT: Final = "SELECT id, kind, object, opened_at, due_at, met_at, voided_at FROM commitment"
_OPEN: Final = "met_at IS NULL AND voided_at IS NULL"
_NAMES: Final = {
    "revocation": (
        "SELECT coalesce(s.name, a.slug) FROM revocation r LEFT JOIN certificate c ON c.id = r.certificate_id"
        " LEFT JOIN server s ON s.id = c.server_id LEFT JOIN authority a ON a.id = r.authority_id WHERE r.id = ?"
    ),
    "certificate": "SELECT s.name FROM certificate c JOIN server s ON s.id = c.server_id WHERE c.id = ?",
    "server": "SELECT name FROM server WHERE id = ?",
    "campaign": "SELECT name FROM campaign WHERE id = ?",
}


def open_one(tx: Transaction, kind: Kind, about: str, *, due_at: datetime) -> CommitmentId:
    """Record a promise about `kind:id`, made now."""
    table = tx.table("commitment").insert(
        {
            "kind": kind.value,
            "object": about,
            "opened_at": text_of(tx.now),
            "due_at": text_of(due_at),
        }
    )
    return CommitmentId(int(table.last_pk))  # type: ignore[arg-type]  # the table's key is one whole number


def meet(tx: Transaction, commitment: CommitmentId, *, at: datetime | None = None) -> None:
    """Record that the promise was kept, now or `at` an earlier time that records show; too late, its breach too.

    Raises NotFoundError where it is not open.
    """
    _end(tx, commitment, "met_at", at)


def void(tx: Transaction, commitment: CommitmentId) -> None:
    """Record that there is nothing to keep any more; too late, the breach too. Raises NotFoundError as `meet`."""
    _end(tx, commitment, "voided_at")


def meet_all(tx: Transaction, kind: Kind, about: str) -> bool:
    """Record that every open promise of that kind about `kind:id` was kept; tell whether there was one."""
    found = open_about(tx, kind, about)
    for one in found:
        meet(tx, one.id)
    return bool(found)


def void_all(tx: Transaction, kind: Kind, about: str) -> bool:
    """Record that there is nothing left to keep of that kind about `kind:id`; tell whether there was a promise."""
    found = open_about(tx, kind, about)
    for one in found:
        void(tx, one.id)
    return bool(found)


def escalated(snapshot: Snapshot, commitment: CommitmentId) -> int:
    """Return the highest percentage that was escalated; 0: none. Raises NotFoundError."""
    row = snapshot.row("SELECT escalated FROM commitment WHERE id = ?", (commitment,))
    if row is None:
        raise NotFoundError(f"There is no commitment {commitment} on record.")
    return int(row[0])


def set_escalated(tx: Transaction, commitment: CommitmentId, percent: int) -> None:
    """Record the highest percentage that was escalated. Raises NotFoundError where that was done already."""
    tx.change_one(
        f"commitment {commitment} escalated to less than {percent} percent",
        "UPDATE commitment SET escalated = ? WHERE id = ? AND escalated < ?",
        (percent, commitment, percent),
    )


def record_escalation(tx: Transaction, commitment: Commitment, percent: int) -> None:
    """Record and journal that `percent` of the time has passed; 100: that the promise is breached.

    Raises NotFoundError where that was done already.
    """
    set_escalated(tx, commitment.id, percent)
    data = {"kind": commitment.kind.value, "about": commitment.object}
    if percent >= BREACHED:
        tx.record(BREACH, f"commitment:{commitment.id}", data)
    else:
        tx.record(ESCALATION, f"commitment:{commitment.id}", {**data, "percent": percent})


def get(snapshot: Snapshot, commitment: CommitmentId) -> Commitment:
    """Return the promise. Raises NotFoundError."""
    found = _find(snapshot, "id = ?", (commitment,))
    if not found:
        raise NotFoundError(f"There is no commitment {commitment} on record.")
    return found[0]


def open(snapshot: Snapshot) -> tuple[Commitment, ...]:  # noqa: A001 - read as commitments.open(...)
    """Return the promises neither kept nor void, overdue ones included, the first due first."""
    return _find(snapshot, f"{_OPEN} ORDER BY due_at, id")


def open_escalated(snapshot: Snapshot) -> tuple[tuple[Commitment, int], ...]:
    """Return what `open` does, each with the highest percentage that was escalated; 0: none."""
    rows = snapshot.rows(
        "SELECT id, kind, object, opened_at, due_at, met_at, voided_at, escalated FROM commitment"
        " WHERE met_at IS NULL AND voided_at IS NULL ORDER BY due_at, id"
    )
    return tuple((_commitment(row), int(row[7])) for row in rows)


def open_about(snapshot: Snapshot, kind: Kind, about: str) -> tuple[Commitment, ...]:
    """Return the open promises of that kind about `kind:id`, the oldest first."""
    return _find(snapshot, f"kind = ? AND object = ? AND {_OPEN} ORDER BY id", (kind.value, about))


def open_of(snapshot: Snapshot, kind: Kind) -> tuple[Commitment, ...]:
    """Return the open promises of that kind, the first due first."""
    return _find(snapshot, f"kind = ? AND {_OPEN} ORDER BY due_at, id", (kind.value,))


def breaches_unrecorded(snapshot: Snapshot) -> tuple[Commitment, ...]:
    """Return the ended promises that ended too late and whose breach no entry tells of: an older version's."""
    return _find(snapshot, f"escalated < {BREACHED} AND (met_at > due_at OR voided_at > due_at) ORDER BY due_at, id")


def for_object(snapshot: Snapshot, about: str) -> tuple[Commitment, ...]:
    """Return the promises about `kind:id`, the oldest first."""
    return _find(snapshot, "object = ? ORDER BY id", (about,))


def subject_of(snapshot: Snapshot, about: str) -> str:
    """Return the name of the server or campaign that `kind:id` belongs to; `kind:id` itself where there is none."""
    kind, _, identity = about.partition(":")
    sql = _NAMES.get(kind)
    row = None if sql is None else snapshot.row(sql, (identity,))
    return about if row is None else str(row[0])


def between(
    snapshot: Snapshot, *, since: datetime | None = None, until: datetime | None = None
) -> tuple[Commitment, ...]:
    """Return the promises opened from `since` on and before `until`, in the order of their opening; None: no limit."""
    return _find(
        snapshot,
        "opened_at >= ? AND opened_at < ? ORDER BY opened_at, id",
        (text_of(since) or "", text_of(until) or "9999"),
    )


def _end(tx: Transaction, commitment: CommitmentId, column: str, at: datetime | None = None) -> None:
    tx.change_one(
        f"open commitment {commitment}",
        f"UPDATE commitment SET {column} = ? WHERE id = ? AND {_OPEN}",  # noqa: S608 - named above
        (text_of(at or tx.now), commitment),
    )
    found = get(tx, commitment)
    if (found.met_at or found.voided_at or found.due_at) > found.due_at and escalated(tx, commitment) < BREACHED:
        record_escalation(tx, found, BREACHED)


def _find(snapshot: Snapshot, where: str, parameters: Parameters = ()) -> tuple[Commitment, ...]:
    return tuple(_commitment(row) for row in snapshot.rows(f"{_SELECT} WHERE {where}", parameters))


def _commitment(row: Row) -> Commitment:
    return Commitment(
        id=CommitmentId(row[0]),
        kind=Kind(row[1]),
        object=row[2],
        opened_at=moment_of(row[3]),
        due_at=moment_of(row[4]),
        met_at=moment_of(row[5]),
        voided_at=moment_of(row[6]),
    )
