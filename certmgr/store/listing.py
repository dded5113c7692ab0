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
from certmgr.store.filtering import Where, where_of

UTC_ZONE: Final = ZoneInfo("UTC")
EVERYTHING: Final = Filter()


class SortColumn(StrEnum):
    """By what a list is sorted; equal ones by age. There is none by state, which no index can hold."""

    EXPIRES = "expires"
    SERVER = "server"
    PROFILE = "profile"
    OWNER = "owner"
    KEY = "key"
    SERIAL = "serial"
    CREATED = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The order of a list."""

    column: SortColumn = SortColumn.EXPIRES
    descending: bool = False


BY_EXPIRY: Final = Sort()
_SORT_COLUMNS: Final = {
    SortColumn.EXPIRES: "c.not_after",
    SortColumn.SERVER: "s.name",
    SortColumn.PROFILE: "c.profile",
    SortColumn.OWNER: "c.owner",
    SortColumn.KEY: "c.key_type",
    SortColumn.SERIAL: "c.serial",
    SortColumn.CREATED: "c.created_at",
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
    where = where_of(snapshot, wanted, now=now, zone=zone, by_expiry=sort.column is SortColumn.EXPIRES)
    tables, column = _ordered(sort.column, where)
    order = "DESC" if sort.descending else "ASC"
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
        ordering = f"ORDER BY {column} {order}, c.id {order}"
        rest = f"FROM {tables} WHERE {where.sql()}{condition} {ordering} LIMIT ? OFFSET ?"
        if where.few:
            # All of the few are sorted, but only what the page holds is read whole.
            rest = f"FROM {TABLES} WHERE c.id IN (SELECT c.id {rest}) {ordering}"
        sql = f"SELECT {COLUMNS}, {column} {rest}"
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
        SortColumn.PROFILE: certificate.profile,
        SortColumn.OWNER: certificate.owner,
        SortColumn.KEY: certificate.key_type.value,
        SortColumn.SERIAL: certificate.serial,
        SortColumn.CREATED: text_of(certificate.created_at),
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


def numbers(
    snapshot: Snapshot, wanted: Filter = EVERYTHING, *, now: datetime, zone: ZoneInfo = UTC_ZONE, limit: int
) -> tuple[CertificateId, ...]:
    """Return the ids of the certificates that the filter lets through, `limit` at most, in no order."""
    where = where_of(snapshot, wanted, now=now, zone=zone, ordered=False)
    sql = f"SELECT c.id FROM certificate c WHERE {where.sql()} LIMIT ?"  # noqa: S608 - values are bound
    return tuple(CertificateId(row[0]) for row in snapshot.rows(sql, (*where.values, limit)))


def iterate(
    snapshot: Snapshot,
    wanted: Filter = EVERYTHING,
    *,
    now: datetime,
    zone: ZoneInfo = UTC_ZONE,
    sort: Sort = BY_EXPIRY,
) -> Iterator[Certificate]:
    """Yield every certificate that the filter lets through, in order; consume it in the snapshot."""
    where = where_of(snapshot, wanted, now=now, zone=zone, by_expiry=sort.column is SortColumn.EXPIRES)
    tables, column = _ordered(sort.column, where)
    order = "DESC" if sort.descending else "ASC"
    sql = f"SELECT {COLUMNS} FROM {tables} WHERE {where.sql()} ORDER BY {column} {order}, c.id {order}"  # noqa: S608 - values are bound
    return stream(snapshot, sql, tuple(where.values))


def _ordered(column: SortColumn, where: Where) -> tuple[str, str]:
    """Return the tables, and what they are sorted by, so that an index does the sorting.

    Where the filter names a few rows, the query starts from those and sorts them; `+` keeps it from the index.
    """
    if where.few:
        return TABLES, f"+{_SORT_COLUMNS[column]}"
    tables = TABLES
    if column is SortColumn.SERVER:
        tables = "server s CROSS JOIN certificate c ON c.server_id = s.id JOIN authority a ON a.id = c.authority_id"
    return tables, _SORT_COLUMNS[column]
