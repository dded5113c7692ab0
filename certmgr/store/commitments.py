"""Promises on record, with how far each has been escalated (ARCHITECTURE 10)."""

from datetime import datetime
from typing import Final

from certmgr.commitments import Commitment, CommitmentId, Kind
from certmgr.errors import NotFoundError
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction

_SELECT: Final = "SELECT id, kind, object, opened_at, due_at, met_at, voided_at FROM commitment"
_OPEN: Final = "met_at IS NULL AND voided_at IS NULL"


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


def meet(tx: Transaction, commitment: CommitmentId) -> None:
    """Record that the promise was kept, now. Raises NotFoundError where it is not open."""
    _end(tx, commitment, "met_at")


def void(tx: Transaction, commitment: CommitmentId) -> None:
    """Record that there is nothing to keep any more. Raises NotFoundError where it is not open."""
    _end(tx, commitment, "voided_at")


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


def get(snapshot: Snapshot, commitment: CommitmentId) -> Commitment:
    """Return the promise. Raises NotFoundError."""
    found = _find(snapshot, "id = ?", (commitment,))
    if not found:
        raise NotFoundError(f"There is no commitment {commitment} on record.")
    return found[0]


def open(snapshot: Snapshot) -> tuple[Commitment, ...]:  # noqa: A001 - read as commitments.open(...)
    """Return the promises neither kept nor void, overdue ones included, the first due first."""
    return _find(snapshot, f"{_OPEN} ORDER BY due_at, id")


def for_object(snapshot: Snapshot, about: str) -> tuple[Commitment, ...]:
    """Return the promises about `kind:id`, the oldest first."""
    return _find(snapshot, "object = ? ORDER BY id", (about,))


def _end(tx: Transaction, commitment: CommitmentId, column: str) -> None:
    tx.change_one(
        f"open commitment {commitment}",
        f"UPDATE commitment SET {column} = ? WHERE id = ? AND {_OPEN}",  # noqa: S608 - named above
        (text_of(tx.now), commitment),
    )


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
