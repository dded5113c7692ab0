"""Notices on record: once for each channel and audience, with what became of each (N8).

The caller journals; what only counts attempts or takes a notice for sending needs no entry.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from certmgr.errors import NotFoundError
from certmgr.models.journal import JSON
from certmgr.models.notices import Channel, Kind, Notice, NoticeId
from certmgr.store.columns import dump, moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction
from certmgr.store.words import where_words

_SELECT: Final = (
    "SELECT id, kind, object, threshold, audience, channel, data, created_at, next_at, attempts, reached, result,"
    " sent_at, given_up_at, covered_at FROM notice"
)
_WAITING: Final = "sent_at IS NULL AND given_up_at IS NULL AND covered_at IS NULL"

_TEXT: Final = (
    "(kind || ' ' || object || ' ' || threshold || ' ' || audience || ' ' || channel || ' ' || data || ' ' || result"
    " || CASE WHEN sent_at IS NOT NULL THEN ' sent' WHEN covered_at IS NOT NULL THEN ' covered'"
    " WHEN given_up_at IS NOT NULL THEN ' given-up' ELSE ' waiting' END)"
)
"""What the words of a filter are looked for in: with the state as models.notices derives it."""


class Key(NamedTuple):
    """What makes a notice one: it is recorded once."""

    kind: Kind
    object: str
    threshold: str
    audience: str
    channel: Channel


def add(tx: Transaction, key: Key, data: Mapping[str, JSON], *, covered: bool = False) -> NoticeId | None:
    """Record a notice that is to be sent now, or one that is covered by another; None where it is on record."""
    now = text_of(tx.now)
    rows = tx.rows(
        "INSERT INTO notice (kind, object, threshold, audience, channel, data, created_at, next_at, covered_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        (*key[:4], key.channel, dump(dict(data)), now, None if covered else now, now if covered else None),
    )
    return NoticeId(rows[0][0]) if rows else None


def recorded(snapshot: Snapshot, about: Iterable[tuple[Kind, str]]) -> dict[tuple[str, str, str, str], set[str]]:
    """Return the recorded thresholds, by (kind, object, audience, channel), of the given kinds and objects."""
    found: dict[tuple[str, str, str, str], set[str]] = {}
    for kind, object_, audience, channel, threshold in snapshot.stream(
        "SELECT kind, object, audience, channel, threshold FROM notice WHERE (kind, object) IN"
        " (SELECT value ->> 0, value ->> 1 FROM json_each(?))",
        (dump([list(one) for one in about]),),
    ):
        found.setdefault((kind, object_, audience, channel), set()).add(threshold)
    return found


def waiting(snapshot: Snapshot, *, at: datetime | None = None) -> tuple[Notice, ...]:
    """Return what waits to be sent, those with the fewest attempts first; with `at`, what is to be tried by then."""
    if at is None:
        return _find(snapshot, f"{_WAITING} ORDER BY attempts, id")
    return _find(snapshot, f"{_WAITING} AND next_at <= ? ORDER BY attempts, id", (text_of(at),))


def waiting_before(tx: Transaction, key: Key) -> tuple[NoticeId, ...]:
    """Return the waiting notices that differ from `key` in their threshold alone."""
    rows = tx.rows(
        "SELECT id FROM notice WHERE kind = ? AND object = ? AND threshold <> ? AND audience = ? AND channel = ?"  # noqa: S608 - a constant
        f" AND {_WAITING} ORDER BY id",
        (key.kind, key.object, key.threshold, key.audience, key.channel),
    )
    return tuple(NoticeId(row[0]) for row in rows)


def take(tx: Transaction, notice: NoticeId, *, at: datetime, again_at: datetime) -> bool:
    """Take a notice that is to be tried by `at`, count the attempt, and return whether nobody else took it first.

    It is tried again at `again_at` unless something else is recorded by then, so that a crash loses none.
    """
    with tx.unjournalled():
        taken = tx.change(
            f"UPDATE notice SET attempts = attempts + 1, next_at = ? WHERE id = ? AND next_at <= ? AND {_WAITING}",  # noqa: S608 - a constant
            (text_of(again_at), notice, text_of(at)),
        )
    return taken == 1


def set_reached(tx: Transaction, notice: NoticeId, reached: Mapping[str, str]) -> None:
    """Record which recipients are done with. Raises NotFoundError."""
    with tx.unjournalled():
        _set(tx, notice, "reached = ?", dump(dict(reached)))


def set_failed(tx: Transaction, notice: NoticeId, *, result: str, next_at: datetime) -> None:
    """Record what the attempt brought, and when the next one is made. Raises NotFoundError."""
    with tx.unjournalled():
        _set(tx, notice, "result = ?, next_at = ?", result, text_of(next_at))


def set_sent(tx: Transaction, notice: NoticeId, *, result: str) -> None:
    """Record that it was sent, now. Raises NotFoundError."""
    _set(tx, notice, "result = ?, sent_at = ?, next_at = NULL", result, text_of(tx.now))


def set_given_up(tx: Transaction, notice: NoticeId, *, result: str) -> None:
    """Record that it is not tried any more. Raises NotFoundError."""
    _set(tx, notice, "result = ?, given_up_at = ?, next_at = NULL", result, text_of(tx.now))


def set_covered(tx: Transaction, notice: NoticeId) -> None:
    """Record that there is no need to send it. Raises NotFoundError."""
    _set(tx, notice, "covered_at = ?, next_at = NULL", text_of(tx.now))


def reopen(tx: Transaction, notice: NoticeId) -> None:
    """Let it be tried now, also where it was given up. Raises NotFoundError where it was sent or covered."""
    tx.change_one(
        f"notice {notice} that can be sent",
        "UPDATE notice SET next_at = ?, given_up_at = NULL WHERE id = ? AND sent_at IS NULL AND covered_at IS NULL",
        (text_of(tx.now), notice),
    )


def get(snapshot: Snapshot, notice: NoticeId) -> Notice:
    """Return the notice. Raises NotFoundError."""
    found = _find(snapshot, "id = ?", (notice,))
    if not found:
        raise NotFoundError(f"There is no notice {notice} on record.", hint="See `certmgr notice list --all`.")
    return found[0]


def unsettled(snapshot: Snapshot) -> tuple[Notice, ...]:
    """Return what waits or was given up, the newest first."""
    return _find(snapshot, "sent_at IS NULL AND covered_at IS NULL ORDER BY id DESC")


def all(snapshot: Snapshot) -> tuple[Notice, ...]:  # noqa: A001 - read as notices.all(...)
    """Return every notice, the newest first."""
    return _find(snapshot, "1 ORDER BY id DESC")


def page(  # noqa: PLR0913 - the options of a list, by keyword
    snapshot: Snapshot,
    filter_text: str = "",
    *,
    covered: bool = False,
    oldest_first: bool = False,
    beyond: NoticeId | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> tuple[Notice, ...]:
    """Return up to `limit` notices from `beyond` on, with it if `inclusive`, the newest first.

    `filter_text`: words of every field (certmgr.store.words). With `covered`, those too that were never to be sent.
    """
    wanted = where_words(_TEXT, filter_text)
    where, values = [wanted.sql], [*wanted.values]
    if not covered:
        where.append("covered_at IS NULL")
    if beyond is not None:
        where.append(f"id {'>' if oldest_first else '<'}{'=' if inclusive else ''} ?")
        values.append(beyond)
    order = "ASC" if oldest_first else "DESC"
    return _find(snapshot, f"{' AND '.join(where)} ORDER BY id {order} LIMIT ?", (*values, limit))


def count(snapshot: Snapshot, filter_text: str = "", *, covered: bool | None = None, stop_at: int = 10_000) -> int:
    """Return how many notices match; `stop_at` means that many or more (DETAILS 60).

    `covered`: those that were never to be sent alone; False: all but them; None: all.
    """
    wanted = where_words(_TEXT, filter_text)
    where = wanted.sql if covered is None else f"{wanted.sql} AND covered_at IS {'NOT ' if covered else ''}NULL"
    row = snapshot.row(
        f"SELECT count(*) FROM (SELECT 1 FROM notice WHERE {where} LIMIT ?)",  # noqa: S608 - values are bound
        (*wanted.values, stop_at),
    )
    return row[0] if row else 0


def _set(tx: Transaction, notice: NoticeId, assignment: str, *values: object) -> None:
    tx.change_one(f"notice {notice}", f"UPDATE notice SET {assignment} WHERE id = ?", (*values, notice))  # noqa: S608 - named above


def _find(snapshot: Snapshot, where: str, parameters: Parameters = ()) -> tuple[Notice, ...]:
    return tuple(_notice(row) for row in snapshot.rows(f"{_SELECT} WHERE {where}", parameters))


def _notice(row: Row) -> Notice:
    return Notice(
        id=NoticeId(row[0]),
        kind=Kind(row[1]),
        object=row[2],
        threshold=row[3],
        audience=row[4],
        channel=Channel(row[5]),
        data=json.loads(row[6]),
        created_at=moment_of(row[7]),
        next_at=moment_of(row[8]),
        attempts=row[9],
        reached=json.loads(row[10]),
        result=row[11],
        sent_at=moment_of(row[12]),
        given_up_at=moment_of(row[13]),
        covered_at=moment_of(row[14]),
    )
