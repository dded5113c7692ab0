"""Leases: what keeps a daemon and a cron job from doing one thing twice (ARCHITECTURE 11). They are not journalled."""

from datetime import datetime

from certmgr.store.columns import text_of
from certmgr.store.connection import Transaction


def acquire(tx: Transaction, name: str, holder: str, until: datetime) -> bool:
    """Take or prolong the lease `name`; return whether `holder` has it. One that has run out is free."""
    with tx.unjournalled():
        taken = tx.change(
            "INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until)"
            " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
            " WHERE holder = excluded.holder OR until <= :now",
            {"name": name, "holder": holder, "until": text_of(until), "now": text_of(tx.now)},
        )
    return taken == 1


def release(tx: Transaction, name: str, holder: str) -> None:
    """Give the lease back; nothing happens where `holder` does not have it."""
    with tx.unjournalled():
        tx.change("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))
