"""Named values: digests of the configuration last worked under, marks of the last check."""

from typing import Final

from certmgr.store.connection import Snapshot, Transaction

RESTORED: Final = "restored"
"""Names when the backup was made that this home came from, until it is compared with the published CRLs (N3)."""


def get(snapshot: Snapshot, name: str) -> str | None:
    """Return the value, or None where it was never set."""
    row = snapshot.row("SELECT value FROM meta WHERE name = ?", (name,))
    return None if row is None else str(row[0])


def set(tx: Transaction, name: str, value: str) -> None:  # noqa: A001 - read as meta.set(...)
    """Set the value; a change of state, so that the transaction needs a journal entry."""
    tx.change(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def mark(tx: Transaction, name: str, value: str) -> None:
    """Set a value that is no record, such as the time of the last check: it needs no journal entry."""
    with tx.unjournalled():
        set(tx, name, value)


def clear(tx: Transaction, name: str) -> None:
    """Remove the value; a change of state, so that the transaction needs a journal entry."""
    tx.change("DELETE FROM meta WHERE name = ?", (name,))
