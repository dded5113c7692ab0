"""Where a text stands in lines that are read, and the same lines with one such place in its ink. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.present import Ink, Line, Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a text was found: the signs from `start` on, up to `end`, of a line."""

    line: int
    start: int
    end: int


def spots(lines: Iterable[Line], text: str) -> tuple[Spot, ...]:
    """Return every place of `text`, in any case, from the top on; it is text, nothing in it has a meaning."""
    if not text:
        return ()
    wanted = re.compile(re.escape(text), re.IGNORECASE)
    return tuple(
        Spot(line=number, start=found.start(), end=found.end())
        for number, line in enumerate(lines)
        for found in wanted.finditer("".join(piece.text for piece in line))
    )


def with_spot(lines: Sequence[Line], spot: Spot) -> tuple[Line, ...]:
    """Return the lines with that place in the ink of what was found; they say what they said."""
    return (*lines[: spot.line], _inked(lines[spot.line], spot), *lines[spot.line + 1 :])


def _inked(line: Line, spot: Spot) -> Line:
    pieces: list[Piece] = []
    at = 0
    for piece in line:
        start, end = (min(max(place - at, 0), len(piece.text)) for place in (spot.start, spot.end))
        parts = ((piece.text[:start], piece.ink), (piece.text[start:end], Ink.FOUND), (piece.text[end:], piece.ink))
        pieces += [Piece(text, ink) for text, ink in parts if text]
        at += len(piece.text)
    return tuple(pieces)
