"""Servers, and the people to tell about them, whose details stay in one table (R7.1, DETAILS 34)."""

import secrets
from typing import Final

from certmgr.models.certificates import ServerId
from certmgr.models.inventory import Server
from certmgr.store.columns import moment_of, sha256, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

_SELECT: Final = "SELECT id, name, owner, purpose, recorded_ip, created_at FROM server"
_SALT_BYTES: Final = 16


def ensure(  # noqa: PLR0913 - the facts of a server, by keyword
    tx: Transaction, *, name: str, owner: str, contact: str = "", purpose: str, recorded_ip: str = ""
) -> ServerId:
    """Record the server or the change of its facts, and journal which; return its id.

    An empty `contact` or `recorded_ip` leaves what is on record. The journal gets ids and a salted hash only.
    """
    row = tx.row("SELECT id, owner, purpose, recorded_ip FROM server WHERE name = ?", (name,))
    if row is None:
        identity = _insert(tx, name, owner, purpose, recorded_ip)
        changed = ["owner", "purpose", "recorded_ip"]
    else:
        identity = row[0]
        facts = {"owner": owner, "purpose": purpose, "recorded_ip": recorded_ip or row[3]}
        changed = [column for column, held in zip(facts, row[1:], strict=True) if facts[column] != held]
        if changed:
            tx.change(
                "UPDATE server SET owner = ?, purpose = ?, recorded_ip = ? WHERE id = ?", (*facts.values(), identity)
            )
    digest = _set_contact(tx, identity, contact) if contact else None
    if row is None or changed or digest:
        action = "server.recorded" if row is None else "server.changed"
        fields = [*changed, "contact"] if digest else changed
        tx.record(action, f"server:{identity}", {"changed": [*fields], "contact": digest})
    return ServerId(identity)


def find_by_name(snapshot: Snapshot, name: str) -> Server | None:
    """Return the server, or None."""
    row = snapshot.row(f"{_SELECT} WHERE name = ?", (name,))
    return None if row is None else _server(row)


def all(snapshot: Snapshot) -> tuple[Server, ...]:  # noqa: A001 - read as servers.all(...)
    """Return every server by name."""
    return tuple(_server(row) for row in snapshot.rows(f"{_SELECT} ORDER BY name"))


def contact(snapshot: Snapshot, server: ServerId) -> str:
    """Return whom to tell about the server; empty where nobody is on record."""
    row = snapshot.row("SELECT value FROM contact WHERE server_id = ?", (server,))
    return "" if row is None else str(row[0])


def _insert(tx: Transaction, name: str, owner: str, purpose: str, recorded_ip: str) -> int:
    cursor = tx.db.execute(
        "INSERT INTO server (name, owner, purpose, recorded_ip, created_at) VALUES (?, ?, ?, ?, ?)",
        (name, owner, purpose, recorded_ip, text_of(tx.now)),
    )
    return int(cursor.lastrowid or 0)


def _set_contact(tx: Transaction, server: int, value: str) -> str | None:
    """Record the contact; return the salted hash that the journal may hold, None where nothing changes."""
    if tx.row("SELECT 1 FROM contact WHERE server_id = ? AND value = ?", (server, value)) is not None:
        return None
    salt = secrets.token_hex(_SALT_BYTES)
    tx.change(
        "INSERT INTO contact (server_id, value, salt, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (server_id)"
        " DO UPDATE SET value = excluded.value, salt = excluded.salt, changed_at = excluded.changed_at",
        (server, value, salt, text_of(tx.now)),
    )
    return sha256(f"{salt}:{value}".encode())


def _server(row: Row) -> Server:
    identity, name, owner, purpose, recorded_ip, created_at = row
    return Server(
        id=ServerId(identity),
        name=name,
        owner=owner,
        purpose=purpose,
        recorded_ip=recorded_ip,
        created_at=moment_of(created_at),
    )
