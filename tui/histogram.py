"""What ends when, as bars. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.present import Glyphs, Ink, Line, Piece, fit

if TYPE_CHECKING:
    from certmgr.queries.overview import Endings, Stretch

_LABEL = 8
_NUMBER = 6
_FILLS = {False: ("█", "▒"), True: ("#", "=")}
"""Whole cells of what renews by itself and of what is renewed by hand, without and with ASCII alone."""


def histogram_lines(found: "Endings", *, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return a bar for each week where there is room for all of them, else for each month, and what the fills mean.

    Every kind that a bar counts takes one cell of it at least; the number at its end is exact.
    """
    by_week = len(found.weeks) < height
    stretches = found.weeks if by_week else found.months
    room = width - _LABEL - _NUMBER - 1
    most = max([one.total for one in stretches], default=0)
    lines = [
        (
            Piece(fit(f"{one.first:%m-%d}" if by_week else f"{one.first:%Y-%m}", _LABEL, glyphs), Ink.LABEL),
            *_bar(one, most, room, glyphs),
            Piece(f" {fit(f'{one.total:,}', _NUMBER, glyphs, right=True)}", Ink.PLAIN if one.total else Ink.DIM),
        )
        for one in stretches
    ]
    if len(lines) < height:
        lines.append(_legend(found, width, glyphs))
    return tuple(lines)


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
        (glyphs.states[Ink.EXPIRED], Ink.EXPIRED, "overdue"),
    )


def _legend(found: "Endings", width: int, glyphs: Glyphs) -> Line:
    """Return what the signs mean that occur, as far as there is room."""
    pieces: list[Piece] = []
    for (sign, ink, words), number in zip(_kinds(glyphs), found.all, strict=True):
        if number:
            pieces += [Piece(f"{sign} ", ink), Piece(f"{words}  ", Ink.DIM)]
    if found.expired:
        words = f"{found.expired:,} expired unrenewed"
        pieces.append(Piece(words, Ink.EXPIRED))
    if not pieces:
        return (Piece(fit(f"Nothing ends within {found.days} days.", width, glyphs), Ink.DIM),)
    kept: list[Piece] = []
    left = width
    for piece in pieces:
        kept.append(Piece(fit(piece.text, min(len(piece.text), left), glyphs), piece.ink))
        left -= len(kept[-1].text)
        if left <= 0:
            break
    return tuple(kept)
