"""The list of servers: by pages that start where the last one ended, with what is asked of each."""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from certmgr.commitments import Kind
from certmgr.models.certificates import Certificate, ServerId
from certmgr.models.servers import Server
from certmgr.records import dataclass
from certmgr.store.certificate_rows import find
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Snapshot
from certmgr.store.servers import SELECT, server_of
from certmgr.store.words import where_words


class ServerSort(StrEnum):
    """By what the servers are sorted; those of one owner by name."""

    NAME = "server"
    OWNER = "owner"
    RECORDED = "recorded"
    """In the order in which they were recorded."""


_TEXT: Final = "(name || ' ' || owner || ' ' || purpose)"
_ORDERS: Final = {ServerSort.NAME: ("name",), ServerSort.OWNER: ("owner", "name"), ServerSort.RECORDED: ("id",)}
_NEWEST: Final = (
    "SELECT coalesce((SELECT max(c.id) FROM certificate c WHERE c.server_id = one.value AND c.stage = 'issued'"
    " AND c.revoked_at IS NULL AND c.held_at IS NULL AND c.not_after >= ?"
    " AND (c.superseded_at IS NULL OR c.superseded_at > ?)),"
    " (SELECT max(c.id) FROM certificate c WHERE c.server_id = one.value AND c.stage <> 'abandoned'))"
    " FROM json_each(?) one"
)
"""For each server the newest certificate that it may serve; where there is none, the newest of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one server stands in the list; the list goes on beyond it."""

    id: ServerId
    name: str
    owner: str


def page(  # noqa: PLR0913 - the options of a list, by keyword
    snapshot: Snapshot,
    filter_text: str = "",
    *,
    retired: bool = False,
    sort: ServerSort = ServerSort.NAME,
    descending: bool = False,
    beyond: Place | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> tuple[Server, ...]:
    """Return up to `limit` servers from `beyond` on, with it if `inclusive`; a page costs the same wherever it starts.

    `filter_text`: words of name, owner and purpose (certmgr.store.words). With `retired`, those out of service too.
    """
    columns = _ORDERS[sort]
    order = ", ".join(f"{column} {'DESC' if descending else 'ASC'}" for column in columns)
    wanted = where_words(_TEXT, filter_text)
    where, values = [wanted.sql], [*wanted.values]
    if not retired:
        where.append("retired_at IS NULL")
    if beyond is not None:
        sign = ("<" if descending else ">") + ("=" if inclusive else "")
        where.append(f"({', '.join(columns)}) {sign} ({', '.join('?' * len(columns))})")
        values += [getattr(beyond, column) for column in columns]
    rows = snapshot.rows(f"{SELECT} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?", (*values, limit))
    return tuple(server_of(row) for row in rows)


def count(snapshot: Snapshot, filter_text: str = "", *, retired: bool | None = None, stop_at: int = 10_000) -> int:
    """Return how many servers match; `stop_at` means that many or more (DETAILS 60).

    `retired`: those out of service alone; False: those in service alone; None: all.
    """
    wanted = where_words(_TEXT, filter_text)
    where = wanted.sql
    if retired is not None:
        where += f" AND retired_at IS {'NOT ' if retired else ''}NULL"
    row = snapshot.row(
        f"SELECT count(*) FROM (SELECT 1 FROM server WHERE {where} LIMIT ?)",  # noqa: S608 - values are bound
        (*wanted.values, stop_at),
    )
    return row[0] if row else 0


def newest(snapshot: Snapshot, servers: Sequence[ServerId], now: datetime) -> dict[str, Certificate]:
    """Return, by server, the newest certificate that it may serve at `now`; where there is none, the newest of all."""
    at = text_of(now)
    found = find(snapshot, f"c.id IN ({_NEWEST})", (at, at, json.dumps([*servers])))
    return {one.server: one for one in found}


def open_changes(snapshot: Snapshot, servers: Sequence[ServerId]) -> dict[ServerId, datetime]:
    """Return, by server, until when a change of its facts is to be followed up; the first due of each (R1.2)."""
    rows = snapshot.rows(
        "SELECT object, min(due_at) FROM commitment WHERE object IN (SELECT 'server:' || value FROM json_each(?))"
        " AND kind = ? AND met_at IS NULL AND voided_at IS NULL GROUP BY object",
        (json.dumps([*servers]), Kind.FOLLOW_CHANGE.value),
    )
    return {ServerId(int(row[0].partition(":")[2])): moment_of(row[1]) for row in rows}
