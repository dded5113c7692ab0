"""Slots on record: who may act, and since when."""

from typing import Final

from certmgr.codes import Code
from certmgr.errors import NotFoundError, RefusedError
from certmgr.models.operators import Operator, Role
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

_SELECT: Final = "SELECT name, role, created_at, removed_at FROM operator"


def add(tx: Transaction, name: str, role: Role) -> None:
    """Record a slot. Raises RefusedError for a name that was ever used: the journal names actors by it."""
    if tx.row("SELECT 1 FROM operator WHERE name = ?", (name,)) is not None:
        raise RefusedError(
            f"The slot name {name} is or was in use; the journal names its acts by it.",
            hint="Choose another name.",
            code=Code.STORE_CONFLICT,
        )
    tx.table("operator").insert({"name": name, "role": role.value, "created_at": text_of(tx.now)})


def remove(tx: Transaction, name: str) -> None:
    """Record that a slot is gone. Raises NotFoundError where there is none of that name."""
    tx.change_one(
        f"slot {name}",
        "UPDATE operator SET removed_at = ? WHERE name = ? AND removed_at IS NULL",
        (text_of(tx.now), name),
    )


def all(snapshot: Snapshot, *, removed: bool = False) -> tuple[Operator, ...]:  # noqa: A001 - read as operators.all(...)
    """Return the slots by name; with `removed`, those that are gone too."""
    where = "" if removed else " WHERE removed_at IS NULL"
    return tuple(_operator(row) for row in snapshot.rows(f"{_SELECT}{where} ORDER BY name"))


def get(snapshot: Snapshot, name: str) -> Operator:
    """Return the slot, removed or not. Raises NotFoundError."""
    row = snapshot.row(f"{_SELECT} WHERE name = ?", (name,))
    if row is None:
        raise NotFoundError(f"There is no slot named {name} on record.", hint="See `certmgr operator list`.")
    return _operator(row)


def _operator(row: Row) -> Operator:
    name, role, created_at, removed_at = row
    return Operator(name=name, role=Role(role), created_at=moment_of(created_at), removed_at=moment_of(removed_at))
