"""The columns of the certificate list at a given width. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from certmgr.models.certificates import State
from tui.present import Glyphs, Ink, Line, Piece, countdown, day, days_ink, fit, safe_text, state_piece
from tui.views import Row

GAP = 2
MARGIN = 1
"""Cells left free at either side; the right one holds the scroll bar."""


class Field(StrEnum):
    """What a column shows."""

    STATE = "STATE"
    NAME = "NAME"
    DAYS = "DAYS"
    NOT_AFTER = "NOT AFTER"
    PROFILE = "PROFILE"
    OWNER = "OWNER"
    KEY = "KEY"
    SERIAL = "SERIAL"
    CREATED = "CREATED"
    REVOKE_IN = "REVOKE IN"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; a width of 0 takes what the others leave."""

    field: Field
    width: int
    right: bool = False


_NARROW = (
    Column(Field.STATE, 12),
    Column(Field.NAME, 0),
    Column(Field.DAYS, 4, right=True),
    Column(Field.NOT_AFTER, 10),
    Column(Field.PROFILE, 7),
    Column(Field.REVOKE_IN, 11, right=True),
)
_MIDDLE = (
    *_NARROW[:4],
    Column(Field.PROFILE, 10),
    Column(Field.OWNER, 16),
    Column(Field.REVOKE_IN, 14, right=True),
)
_WIDE = (
    *_NARROW[:4],
    Column(Field.PROFILE, 12),
    Column(Field.OWNER, 18),
    Column(Field.KEY, 9),
    Column(Field.SERIAL, 16),
    Column(Field.REVOKE_IN, 14, right=True),
)
SORTED_BY = MappingProxyType(
    {
        "": Field.NOT_AFTER,
        "expires": Field.NOT_AFTER,
        "server": Field.NAME,
        "profile": Field.PROFILE,
        "owner": Field.OWNER,
        "key": Field.KEY,
        "serial": Field.SERIAL,
        "created": Field.CREATED,
    }
)
"""Which column shows what the list is sorted by; the days left follow from NOT AFTER."""
_ORDERS = MappingProxyType({field: name for name, field in SORTED_BY.items() if name} | {Field.DAYS: "expires"})
"""By what a click on a column's heading sorts; there is no order by the others."""
_SPARE = MappingProxyType({Field.OWNER: 14, Field.KEY: 9, Field.SERIAL: 14, Field.CREATED: 10})
"""The width of a column that is shown in place of the profile while the list is sorted by it."""
_STATE_WIDTH = 10
_MIDDLE_FROM = 110
_WIDE_FROM = 150


def columns_at(
    width: int, *, clocks: bool = True, superseded: bool = True, order: Field = Field.NOT_AFTER
) -> tuple[Column, ...]:
    """Return the columns for a list of `width` cells, each with its own width; together they fill it.

    Where space is short, the names get the room of the countdown while no clock is running, and what the longest
    word of a state takes while it is hidden. What the list is sorted by (`order`) is always among them.
    """
    chosen: tuple[Column, ...] = _WIDE if width >= _WIDE_FROM else _MIDDLE if width >= _MIDDLE_FROM else _NARROW
    if chosen is _NARROW and not clocks:
        chosen = chosen[:-1]
    if order not in {column.field for column in chosen}:
        spare = Column(order, _SPARE[order])
        chosen = tuple(spare if column.field is Field.PROFILE else column for column in chosen)
    if not superseded:
        chosen = (Column(Field.STATE, _STATE_WIDTH), *chosen[1:])
    taken = sum(column.width for column in chosen) + GAP * (len(chosen) - 1) + 2 * MARGIN
    left = max(width - taken, 1)
    return tuple(column if column.width else Column(column.field, left, right=column.right) for column in chosen)


def heading_line(
    columns: tuple[Column, ...], glyphs: Glyphs, *, order: Field = Field.NOT_AFTER, descending: bool = False
) -> Line:
    """Return the line of headings, as wide as the rows under it, with an arrow at what they are sorted by.

    The arrow may stand in the gap after the column, which has the room that a narrow column lacks.
    """
    arrow = glyphs.down if descending else glyphs.up
    *line, last = (
        Piece(f"{column.field.value}{arrow}".ljust(column.width + GAP), Ink.STRONG)
        if column.field is order
        else Piece(fit(column.field.value, column.width, glyphs, right=column.right) + " " * GAP, Ink.HEADING)
        for column in columns
    )
    return (Piece(" " * MARGIN), *line, Piece(last.text[: MARGIN - GAP], last.ink))


def order_at(columns: tuple[Column, ...], cell: int) -> str:
    """Return the order by the column at a cell of the list, the gap after it included; empty: there is none."""
    start = MARGIN
    for column in columns:
        if start <= cell < start + column.width + GAP:
            return _ORDERS.get(column.field, "")
        start += column.width + GAP
    return ""


def row_line(row: Row, columns: tuple[Column, ...], *, now: datetime, zone: ZoneInfo, glyphs: Glyphs) -> Line:
    """Return one row as pieces that fill the columns exactly; every text in it is safe."""
    pieces = (_cell(row, column, now=now, zone=zone, glyphs=glyphs) for column in columns)
    return _spaced(
        Piece(fit(_shown(piece.text, column, glyphs), column.width, glyphs, right=column.right), piece.ink)
        for column, piece in zip(columns, pieces, strict=True)
    )


def _shown(text: str, column: Column, glyphs: Glyphs) -> str:
    """Return the text of a cell, safe; the state's glyph and word are ours."""
    return text if column.field is Field.STATE else safe_text(text, ascii_only=glyphs.ascii_only)


def _spaced(cells: Iterable[Piece]) -> Line:
    """Return cells with the gaps between them and the margins around them; a gap belongs to the cell before it."""
    *line, last = (Piece(cell.text + " " * GAP, cell.ink) for cell in cells)
    return (Piece(" " * MARGIN), *line, Piece(last.text[: MARGIN - GAP], last.ink))


def revoke_in(row: Row, width: int, now: datetime) -> str:
    """Return the countdown of the row's open request in at most `width` cells; empty without one."""
    if row.due is None:
        return ""
    text = countdown(row.due, now)
    return text if len(text) <= width else countdown(row.due, now, short=True)


def _cell(row: Row, column: Column, *, now: datetime, zone: ZoneInfo, glyphs: Glyphs) -> Piece:  # noqa: C901, PLR0911 - one return a column
    """Return the text of one cell and its ink."""
    over = row.state in {State.REVOKED, State.SUPERSEDED} and not row.revoking
    quiet = Ink.DIM if over else Ink.PLAIN
    match column.field:
        case Field.STATE:
            return state_piece(row.state, revoking=row.revoking, glyphs=glyphs)
        case Field.NAME:
            return Piece(row.server, Ink.DIM if over else Ink.STRONG)
        case Field.DAYS:
            return Piece(str(row.days), days_ink(row.days, row.state))
        case Field.NOT_AFTER:
            return Piece(day(row.not_after.astimezone(zone)), quiet)
        case Field.PROFILE:
            return Piece(row.profile, Ink.DIM)
        case Field.OWNER:
            return Piece(row.owner, quiet)
        case Field.KEY:
            return Piece(row.key, Ink.DIM)
        case Field.SERIAL:
            return Piece(row.serial[:16], Ink.DIM)
        case Field.CREATED:
            return Piece(day(row.created.astimezone(zone)), quiet)
        case Field.REVOKE_IN:
            late = row.due is not None and row.due <= now
            return Piece(revoke_in(row, column.width, now), Ink.ALARM if late else Ink.REVOKING)
