"""The journal as it is kept: read only here; `Transaction.record` is the one way to an entry."""

import json
from collections.abc import Iterator
from typing import Final

from certmgr.models.journal import Entry
from certmgr.store.connection import Row, Snapshot

_COLUMNS: Final = "seq, at, actor, os_uid, login_uid, action, object, data, prev, hash, v"


def entries(snapshot: Snapshot, *, after: int = 0) -> Iterator[Entry]:
    """Yield the entries with a number over `after`, in order; consume them while the snapshot is open.

    Data that is no JSON object comes out as empty, which the entry's hash then contradicts.
    """
    for row in snapshot.stream(f"SELECT {_COLUMNS} FROM journal WHERE seq > ? ORDER BY seq", (after,)):  # noqa: S608 - constant
        yield _entry(row)


def page(snapshot: Snapshot, *, before: int | None = None, limit: int = 200) -> tuple[Entry, ...]:
    """Return the newest entries first, at most `limit`, those with a number under `before` where it is given."""
    rows = snapshot.rows(
        f"SELECT {_COLUMNS} FROM journal WHERE seq < ? ORDER BY seq DESC LIMIT ?",  # noqa: S608 - constant
        (2**62 if before is None else before, limit),
    )
    return tuple(_entry(row) for row in rows)


def for_objects(snapshot: Snapshot, *objects: str) -> tuple[Entry, ...]:
    """Return the entries about any of the objects (`certificate:12`), in order."""
    marks = ", ".join("?" * len(objects))
    rows = snapshot.rows(f"SELECT {_COLUMNS} FROM journal WHERE object IN ({marks}) ORDER BY seq", objects)  # noqa: S608 - marks
    return tuple(_entry(row) for row in rows)


def get(snapshot: Snapshot, seq: int) -> Entry | None:
    """Return the entry with the number `seq`, or None."""
    row = snapshot.row(f"SELECT {_COLUMNS} FROM journal WHERE seq = ?", (seq,))  # noqa: S608 - constant
    return None if row is None else _entry(row)


def last(snapshot: Snapshot) -> Entry | None:
    """Return the newest entry, or None for an empty journal."""
    row = snapshot.row(f"SELECT {_COLUMNS} FROM journal ORDER BY seq DESC LIMIT 1")  # noqa: S608 - constant
    return None if row is None else _entry(row)


def _entry(row: Row) -> Entry:
    seq, at, actor, os_uid, login_uid, action, about, data, prev, found_hash, version = row
    try:
        held = json.loads(data)
    except ValueError:
        held = {}
    return Entry(
        seq=seq,
        at=at,
        actor=actor,
        os_uid=os_uid,
        login_uid=login_uid,
        action=action,
        object=about,
        data=held if isinstance(held, dict) else {},
        prev=prev,
        hash=found_hash,
        v=version,
    )
