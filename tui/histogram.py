"""What ends when, as bars. Pure."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tui.present import Glyphs, Ink, Line, Piece, fit, width_of

if TYPE_CHECKING:
    from certmgr.queries.overview import Endings, Stretch

_LABEL = 8
_NUMBER = 6
_BETWEEN = 2
"""Cells between two entries of the legend."""
_FILLS = {False: ("█", "▒"), True: ("#", "=")}
"""Whole cells of what renews by itself and of what is renewed by hand, without and with ASCII alone."""


def histogram_lines(found: "Endings", *, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return a bar for each week where there is room for all of them, else for each month, and what the fills mean.

    Weeks in which nothing ends are one line together. Every kind that a bar counts takes one cell of it at least; the
    number at its end is exact.
    """
    legend = _legend(found, width, glyphs)
    if not found.total:
        return legend[:height]
    runs = [list(run) for _, run in groupby(found.weeks, key=lambda week: bool(week.total))]
    rows = [part for run in runs for part in ([[one] for one in run] if run[0].total else [run])]
    by_week = len(rows) + len(legend) <= height
    if not by_week:
        rows = [[month] for month in found.months]
    room = width - _LABEL - _NUMBER - 1
    most = max(one.total for row in rows for one in row)
    lines = [
        (
            Piece(fit(f"{row[0].first:%m-%d}" if by_week else f"{row[0].first:%Y-%m}", _LABEL, glyphs), Ink.LABEL),
            *(_bar(row[0], most, room, glyphs) if len(row) == 1 else _gap(len(row), room, glyphs)),
            Piece(f" {fit(f'{row[0].total:,}', _NUMBER, glyphs, right=True)}", Ink.PLAIN if row[0].total else Ink.DIM),
        )
        for row in rows
    ]
    return (*lines[:height], *legend[: max(height - len(lines), 0)])


def _gap(weeks: int, room: int, glyphs: Glyphs) -> Sequence[Piece]:
    """Return what stands in place of the bars of weeks in which nothing ends."""
    return (Piece(fit(f"nothing for {weeks} weeks", room, glyphs), Ink.DIM),)


def _bar(one: "Stretch", most: int, room: int, glyphs: Glyphs) -> Sequence[Piece]:
    """Return the bar of one stretch, filled up with spaces to `room` cells: a cell a certificate, fewer if need be."""
    scale = min(room / max(most, 1), 1.0)
    cells = [max(round(number * scale), 1) if number else 0 for number in one.ends]
    while sum(cells) > room:
        cells[cells.index(max(cells))] -= 1
    pieces = [Piece(fill * number, ink) for (fill, ink, _), number in zip(_kinds(glyphs), cells, strict=True) if number]
    return (*pieces, Piece(" " * (room - sum(cells))))


def _kinds(glyphs: Glyphs) -> tuple[tuple[str, Ink, str], ...]:
    """Return sign, ink and words of each kind, in the order of Ends."""
    itself, hand = _FILLS[glyphs.ascii_only]
    return (
        (itself, Ink.VALID, "by itself"),
        (hand, Ink.LABEL, "by hand"),
        (glyphs.states[Ink.DUE], Ink.DUE, "by hand, now"),
        (glyphs.states[Ink.EXPIRED], Ink.EXPIRED, "overdue for renewal"),
    )


def _legend(found: "Endings", width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return what the signs mean that occur, each with its number, in as many lines as that takes."""
    entries: list[Line] = [
        (Piece(f"{sign} ", ink), Piece(f"{number:,} {words}", Ink.DIM))
        for (sign, ink, words), number in zip(_kinds(glyphs), found.all, strict=True)
        if number
    ]
    if not entries:
        entries.append((Piece(f"Nothing ends within {found.days} days.", Ink.DIM),))
    lines: list[Line] = []
    for entry in entries:
        if lines and sum(width_of(piece.text) for piece in (*lines[-1], *entry)) + _BETWEEN <= width:
            lines[-1] = (*lines[-1], Piece(" " * _BETWEEN), *entry)
        else:
            lines.append(entry)
    if found.expired:
        # Not among those in the bars, so on a line of its own.
        words = f"{found.expired:,} expired in the last {found.expired_days} days"
        lines.append((Piece(fit(words, min(width_of(words), width), glyphs), Ink.EXPIRED),))
    return tuple(lines)
