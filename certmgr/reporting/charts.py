"""Bar charts as inline SVG: no script, nothing fetched, legible without colour.

The colours stand in the drawing; the page's style sheet replaces them in the dark. Every bar has its figures beside it.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from certmgr.printable import printable, width
from certmgr.records import dataclass

COLOURS: Final = {"met": "#1a6fb0", "breached": "#c0392b", "open": "#e0a02c", "void": "#9aa0a6", "plain": "#1a6fb0"}
"""What a part of a bar is filled with, by its class."""
INK: Final = "#1f2328"
LINE: Final = "#8a9099"
_WIDTH: Final = 920
_ROW: Final = 26
_BAR: Final = 16
_CHAR: Final = 7.4
"""The width of a character at the size of the labels, at most."""
_WORDS: Final = 290
"""What is kept to the right of the bars for their figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One line of a chart."""

    label: str
    parts: tuple[tuple[str, float], ...]
    """Class (of COLOURS) and size of each part, from the left."""
    words: str
    """The figures, to the right of the bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line across all bars, such as the end of the promised time."""

    at: float
    label: str


def bars(title: str, rows: Sequence[Bar], *, mark: Mark | None = None) -> str:
    """Return a chart of horizontal bars, which share one scale from 0 to the longest of them or the mark."""
    left = 12 + _CHAR * max((width(printable(row.label)) for row in rows), default=0)
    most = max([*(sum(size for _, size in row.parts) for row in rows), mark.at if mark else 0, 1e-9])
    scale = (_WIDTH - left - _WORDS) / most
    top = 30 if mark else 8
    height = top + _ROW * len(rows) + 8
    lines = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{text(title)}</title>",
        _line(left, top - 4, height - 6),
    ]
    for number, row in enumerate(rows):
        lines += _row(row, left, top + number * _ROW, scale)
    if mark is not None:
        x = left + mark.at * scale
        lines += [
            _line(x, top - 6, height - 6, dashes="4 3"),
            f'<text class="ink" x="{x:.1f}" y="{top - 12}" text-anchor="middle" fill="{INK}">{text(mark.label)}</text>',
        ]
    return "\n".join((*lines, "</svg>"))


def _line(x: float, top: float, bottom: float, *, dashes: str = "none") -> str:
    return f'<path d="M{x:.1f} {top:g}V{bottom:g}" stroke="{LINE}" stroke-dasharray="{dashes}"/>'


def _row(row: Bar, left: float, y: float, scale: float) -> list[str]:
    base = y + _BAR - 3
    lines = [f'<text class="ink" x="{left - 8:g}" y="{base:g}" text-anchor="end" fill="{INK}">{text(row.label)}</text>']
    x = left
    for kind, size in row.parts:
        if size > 0:
            # A part is seen, however small its share.
            wide = max(size * scale, 2)
            lines.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{y:g}" width="{wide:.1f}" height="{_BAR}"'
                f' fill="{COLOURS[kind]}"/>'
            )
            x += wide
    lines.append(f'<text class="ink" x="{x + 8:.1f}" y="{base:g}" fill="{INK}">{text(row.words)}</text>')
    return lines


def text(value: str) -> str:
    """Return text as it stands in HTML or SVG, attributes included; control characters come as their code."""
    return escape(printable(value), quote=True)
