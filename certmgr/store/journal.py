"""The journal as it is kept: read only here; `Transaction.record` is the one way to an entry."""

import json
import re
from collections.abc import Iterator
from typing import Final

from certmgr.models.journal import Entry
from certmgr.store.connection import Row, Snapshot
from certmgr.store.words import Where, where_words

_COLUMNS: Final = "seq, at, actor, os_uid, login_uid, action, object, data, prev, hash, v"
_TEXT: Final = "(actor || ' ' || action || ' ' || object)"
_OBJECT: Final = re.compile(r"[a-z-]+:[0-9]+")


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


def search(  # noqa: PLR0913 - the options of a list, by keyword
    snapshot: Snapshot,
    filter_text: str = "",
    *,
    oldest_first: bool = False,
    beyond: int | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> tuple[Entry, ...]:
    """Return up to `limit` entries from the number `beyond` on, with it if `inclusive`, the newest first.

    `filter_text`: words of actor, action and object (certmgr.store.words); one like `certificate:12` is that object
    and no other, found by index.
    """
    wanted = _where(filter_text)
    where, values = wanted.sql, [*wanted.values]
    if beyond is not None:
        where += f" AND seq {'>' if oldest_first else '<'}{'=' if inclusive else ''} ?"
        values.append(beyond)
    order = "ASC" if oldest_first else "DESC"
    rows = snapshot.rows(
        f"SELECT {_COLUMNS} FROM journal WHERE {where} ORDER BY seq {order} LIMIT ?",  # noqa: S608 - values are bound
        (*values, limit),
    )
    return tuple(_entry(row) for row in rows)


def count(snapshot: Snapshot, filter_text: str = "", *, stop_at: int = 10_000) -> int:
    """Return how many entries match as in `search`; `stop_at` means that many or more (DETAILS 60)."""
    wanted = _where(filter_text)
    row = snapshot.row(
        f"SELECT count(*) FROM (SELECT 1 FROM journal WHERE {wanted.sql} LIMIT ?)",  # noqa: S608 - values are bound
        (*wanted.values, stop_at),
    )
    return row[0] if row else 0


def _where(filter_text: str) -> Where:
    objects = [word for word in filter_text.split() if _OBJECT.fullmatch(word)]
    rest = where_words(_TEXT, " ".join(word for word in filter_text.split() if word not in objects))
    return Where(" AND ".join([rest.sql, *("object = ?" for _ in objects)]), (*rest.values, *objects))


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
