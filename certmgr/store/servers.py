"""Servers, and the people to tell about them, whose details stay in one table (R7.1, DETAILS 34)."""

import json
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from certmgr.errors import NotFoundError
from certmgr.models.certificates import ServerId
from certmgr.models.servers import Server
from certmgr.store.columns import moment_of, sha256, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

if TYPE_CHECKING:
    from certmgr.journal import Item

SELECT: Final = "SELECT id, name, owner, purpose, recorded_ip, created_at, auto_renew, retired_at FROM server"
_COLUMNS: Final = ("owner", "purpose", "recorded_ip")
_SALT_BYTES: Final = 16


class Facts(NamedTuple):
    """What is known of a server; an empty `contact` or `recorded_ip` leaves what is on record."""

    name: str
    owner: str
    purpose: str
    contact: str = ""
    recorded_ip: str = ""


def ensure(  # noqa: PLR0913 - the facts of a server, by keyword
    tx: Transaction, *, name: str, owner: str, contact: str = "", purpose: str, recorded_ip: str = ""
) -> ServerId:
    """Record the server or the change of its facts, and journal which; return its id. As `ensure_many`."""
    facts = Facts(name=name, owner=owner, purpose=purpose, contact=contact, recorded_ip=recorded_ip)
    return ensure_many(tx, [facts])[0]


def ensure_many(tx: Transaction, wanted: Sequence[Facts]) -> list[ServerId]:
    """Record each server or the change of its facts, and journal which; return their ids in order.

    The journal gets ids and a salted hash of the contact only. A server may be named twice.
    """
    held, following, now = _held(tx, wanted), _last_id(tx) + 1, text_of(tx.now)
    added: list[Row] = []
    changes: list[Row] = []
    contacts: list[Row] = []
    items: list[Item] = []
    for one in wanted:
        identity, before, contact = held.get(one.name, (0, None, ""))
        facts = (one.owner, one.purpose, one.recorded_ip or (before[2] if before else ""))
        changed = [name for at, name in enumerate(_COLUMNS) if before is None or facts[at] != before[at]]
        if before is None:
            identity, following = following, following + 1
            added.append((identity, one.name, *facts, now))
        elif changed:
            changes.append((*facts, identity))
        digest = None
        if one.contact and one.contact != contact:
            salt = secrets.token_hex(_SALT_BYTES)
            contacts.append((identity, one.contact, salt, now))
            digest = sha256(f"{salt}:{one.contact}".encode())
            changed.append("contact")
        if changed:
            action = "server.changed" if before else "server.recorded"
            items.append((action, f"server:{identity}", {"changed": [*changed], "contact": digest}))
        held[one.name] = (identity, facts, one.contact or contact)
    _write(tx, added, changes, contacts)
    tx.record_many(items)
    return [ServerId(held[one.name][0]) for one in wanted]


def _held(tx: Transaction, wanted: Sequence[Facts]) -> dict[str, tuple[int, tuple[str, str, str] | None, str]]:
    """Return (id, facts, contact) of those that are on record, by name."""
    rows = tx.rows(
        "SELECT s.name, s.id, s.owner, s.purpose, s.recorded_ip, coalesce(c.value, '') FROM server s"
        " LEFT JOIN contact c ON c.server_id = s.id WHERE s.name IN (SELECT value FROM json_each(?))",
        (json.dumps([one.name for one in wanted]),),
    )
    return {row[0]: (row[1], (row[2], row[3], row[4]), row[5]) for row in rows}


def _last_id(tx: Transaction) -> int:
    row = tx.row("SELECT seq FROM sqlite_sequence WHERE name = 'server'")
    return int(row[0]) if row else 0


def _write(tx: Transaction, added: list[Row], changes: list[Row], contacts: list[Row]) -> None:
    if added:
        tx.change_many(
            "INSERT INTO server (id, name, owner, purpose, recorded_ip, created_at) VALUES (?, ?, ?, ?, ?, ?)", added
        )
    if changes:
        tx.change_many("UPDATE server SET owner = ?, purpose = ?, recorded_ip = ? WHERE id = ?", changes)
    if contacts:
        tx.change_many(
            "INSERT INTO contact (server_id, value, salt, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (server_id)"
            " DO UPDATE SET value = excluded.value, salt = excluded.salt, changed_at = excluded.changed_at",
            contacts,
        )


def change(  # noqa: PLR0913 - the facts of a server, by keyword
    tx: Transaction, server: Server, *, owner: str, purpose: str, recorded_ip: str, auto_renew: bool
) -> None:
    """Record these facts of `server`, whatever they were; the entry is the caller's. Raises NotFoundError."""
    tx.change_one(
        f"server with the id {server.id}",
        "UPDATE server SET owner = ?, purpose = ?, recorded_ip = ?, auto_renew = ? WHERE id = ?",
        (owner, purpose, recorded_ip, int(auto_renew), server.id),
    )


def set_contact(tx: Transaction, server: ServerId, value: str) -> str | None:
    """Record whom to tell about the server, or with an empty text nobody; the entry is the caller's.

    Return the salted digest that the journal may hold (DETAILS 34); None where nobody is left.
    """
    if not value:
        tx.change("DELETE FROM contact WHERE server_id = ?", (server,))
        return None
    salt = secrets.token_hex(_SALT_BYTES)
    _write(tx, [], [], [(server, value, salt, text_of(tx.now))])
    return sha256(f"{salt}:{value}".encode())


def set_retired(tx: Transaction, server: ServerId, *, retired: bool) -> None:
    """Record that the server is out of service from now on, or back in it; the entry is the caller's."""
    at = text_of(tx.now) if retired else None
    tx.change_one(f"server with the id {server}", "UPDATE server SET retired_at = ? WHERE id = ?", (at, server))


def set_confirmation(tx: Transaction, server: ServerId, reason: str) -> str:
    """Record why the last change of facts needed no new certificate, and return the digest of the reason (R1.2)."""
    tx.change_one(f"server with the id {server}", "UPDATE server SET confirmation = ? WHERE id = ?", (reason, server))
    return sha256(reason.encode())


def confirmation(snapshot: Snapshot, server: ServerId) -> str:
    """Return why the last change of facts needed no new certificate; empty where nobody said so."""
    row = snapshot.row("SELECT confirmation FROM server WHERE id = ?", (server,))
    return "" if row is None else str(row[0])


def find_by_name(snapshot: Snapshot, name: str) -> Server | None:
    """Return the server, or None."""
    row = snapshot.row(f"{SELECT} WHERE name = ?", (name,))
    return None if row is None else server_of(row)


def get(snapshot: Snapshot, server: ServerId) -> Server:
    """Return the server. Raises NotFoundError."""
    row = snapshot.row(f"{SELECT} WHERE id = ?", (server,))
    if row is None:
        raise NotFoundError(f"There is no server with the id {server} on record.", hint="See `certmgr server list`.")
    return server_of(row)


def retired_among(snapshot: Snapshot, wanted: Sequence[str]) -> frozenset[str]:
    """Return the names of `wanted` whose servers are out of service."""
    rows = snapshot.rows(
        "SELECT name FROM server WHERE retired_at IS NOT NULL AND name IN (SELECT value FROM json_each(?))",
        (json.dumps([*wanted]),),
    )
    return frozenset(row[0] for row in rows)


def all(snapshot: Snapshot) -> tuple[Server, ...]:  # noqa: A001 - read as servers.all(...)
    """Return every server by name."""
    return tuple(server_of(row) for row in snapshot.rows(f"{SELECT} ORDER BY name"))


def contact(snapshot: Snapshot, server: ServerId) -> str:
    """Return whom to tell about the server; empty where nobody is on record."""
    row = snapshot.row("SELECT value FROM contact WHERE server_id = ?", (server,))
    return "" if row is None else str(row[0])


def server_of(row: Row) -> Server:
    """Return the server that a row of `SELECT` holds."""
    identity, name, owner, purpose, recorded_ip, created_at, auto_renew, retired_at = row
    return Server(
        id=ServerId(identity),
        name=name,
        owner=owner,
        purpose=purpose,
        recorded_ip=recorded_ip,
        created_at=moment_of(created_at),
        auto_renew=bool(auto_renew),
        retired_at=moment_of(retired_at),
    )
