"""The list of certificates: filtered, sorted, by pages that start where the last one ended."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from certmgr.filters import Filter
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.records import dataclass
from certmgr.store.certificate_rows import COLUMNS, TABLES, certificate_of, stream
from certmgr.store.columns import text_of
from certmgr.store.connection import Row, Snapshot
from certmgr.store.filtering import where_of

UTC_ZONE: Final = ZoneInfo("UTC")
EVERYTHING: Final = Filter()


class SortColumn(StrEnum):
    """By what a list is sorted; equal ones by age."""

    EXPIRES = "expires"
    SERVER = "server"
    CREATED = "created"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The order of a list."""

    column: SortColumn = SortColumn.EXPIRES
    descending: bool = False


BY_EXPIRY: Final = Sort()
_SORT_COLUMNS: Final = {
    SortColumn.EXPIRES: "c.not_after",
    SortColumn.SERVER: "s.name",
    SortColumn.CREATED: "c.created_at",
    SortColumn.PROFILE: "c.profile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page ended: what its last row is sorted by, and its id."""

    value: str
    id: CertificateId


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A piece of the list."""

    rows: tuple[Certificate, ...]
    next: Cursor | None
    """Where the following page starts after; None: this is the end."""


def page(  # noqa: PLR0913 - the options of a list, by keyword
    snapshot: Snapshot,
    wanted: Filter = EVERYTHING,
    *,
    now: datetime,
    zone: ZoneInfo = UTC_ZONE,
    sort: Sort = BY_EXPIRY,
    after: Cursor | None = None,
    offset: int = 0,
    limit: int = 200,
) -> Page:
    """Return up to `limit` certificates that the filter lets through, from `after` on or with `offset` left out.

    `zone` is where natural days are counted. A page costs the same wherever it starts, but for `offset`. Raises
    ValueError for both `after` and `offset`.
    """
    if after is not None and offset:
        raise ValueError("a page starts after a cursor or at an offset")
    where = where_of(snapshot, wanted, now=now, zone=zone)
    column, order = _SORT_COLUMNS[sort.column], "DESC" if sort.descending else "ASC"
    beyond = "<" if sort.descending else ">"
    # Certificates of one bulk run share the second in which they end: the index leads into their midst only when those
    # equal to the cursor are asked for apart from those beyond it.
    parts: tuple[tuple[str, tuple[object, ...]], ...] = (
        (("", ()),)
        if after is None
        else (
            (f" AND {column} = ? AND c.id {beyond} ?", (after.value, after.id)),
            (f" AND {column} {beyond} ?", (after.value,)),
        )
    )
    found: list[Row] = []
    for condition, values in parts:
        sql = (
            f"SELECT {COLUMNS}, {column} FROM {_ordered(sort.column)} WHERE {where.sql()}{condition}"  # noqa: S608
            f" ORDER BY {column} {order}, c.id {order} LIMIT ? OFFSET ?"
        )
        if len(found) <= limit:
            found += snapshot.rows(sql, (*where.values, *values, limit + 1 - len(found), offset))
    rows = tuple(certificate_of(row) for row in found[:limit])
    more = len(found) > limit > 0
    return Page(rows=rows, next=Cursor(value=found[limit - 1][-1], id=rows[-1].id) if more else None)


def cursor_at(certificate: Certificate, column: SortColumn = SortColumn.EXPIRES) -> Cursor:
    """Return the cursor that stands on the certificate, from which a list goes on after it."""
    values = {
        SortColumn.EXPIRES: text_of(certificate.not_after),
        SortColumn.SERVER: certificate.server,
        SortColumn.CREATED: text_of(certificate.created_at),
        SortColumn.PROFILE: certificate.profile,
    }
    return Cursor(value=values[column], id=certificate.id)


def count(
    snapshot: Snapshot,
    wanted: Filter = EVERYTHING,
    *,
    now: datetime,
    zone: ZoneInfo = UTC_ZONE,
    stop_at: int = 10_000,
) -> int:
    """Return how many certificates the filter lets through; `stop_at` means that many or more (DETAILS 60)."""
    where = where_of(snapshot, wanted, now=now, zone=zone, ordered=False)
    row = snapshot.row(
        f"SELECT count(*) FROM (SELECT 1 FROM certificate c WHERE {where.sql()} LIMIT ?)",  # noqa: S608 - values are bound
        (*where.values, stop_at),
    )
    return row[0] if row else 0


def iterate(
    snapshot: Snapshot, wanted: Filter = EVERYTHING, *, now: datetime, zone: ZoneInfo = UTC_ZONE
) -> Iterator[Certificate]:
    """Yield every certificate that the filter lets through, the first to expire first; consume it in the snapshot."""
    where = where_of(snapshot, wanted, now=now, zone=zone)
    sql = f"SELECT {COLUMNS} FROM {TABLES} WHERE {where.sql()} ORDER BY c.not_after, c.id"  # noqa: S608 - values are bound
    return stream(snapshot, sql, tuple(where.values))


def _ordered(column: SortColumn) -> str:
    """Return the tables in the order that lets an index do the sorting."""
    if column is SortColumn.SERVER:
        return "server s CROSS JOIN certificate c ON c.server_id = s.id JOIN authority a ON a.id = c.authority_id"
    return TABLES
