"""How facts become lines: labels, wrapping, sections with a rule. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells

from tui.present import Glyphs, Ink, Line, Piece, safe_text

LABEL = 14
_MIN_VALUE = 16


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading; the first section of a page has none."""

    title: str
    lines: tuple[Line, ...]


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` cells, broken at spaces where there are any."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [""]
        lines += full
    return [*lines, line]


def heading(title: str, width: int, glyphs: Glyphs, *, ink: Ink = Ink.HEADING) -> Line:
    """Return a section's name and a rule to the right edge."""
    rule = glyphs.rule * max(width - cell_len(title) - 1, 0)
    return (Piece(f"{title} ", ink), Piece(rule, Ink.HEADING))


class Writer:
    """Collects the lines of one section; knows the width and the glyphs."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        """Begin empty."""
        self.lines: list[Line] = []
        self.glyphs = glyphs
        self.width = width

    def section(self, title: str) -> Section:
        """Return what was written as a section."""
        return Section(title, tuple(self.lines))

    def safe(self, text: str) -> str:
        """Return text that may come from outside as it may be shown."""
        return safe_text(text, ascii_only=self.glyphs.ascii_only)

    def fact(self, label: str, value: str, ink: Ink = Ink.PLAIN) -> None:
        """Add a labelled value over as many lines as it takes; an empty value is left out."""
        if not value:
            return
        for index, part in enumerate(wrapped(self.safe(value), max(self.width - LABEL, _MIN_VALUE))):
            shown = label if index == 0 else ""
            self.lines.append((Piece(f"{shown:<{LABEL}}", Ink.LABEL), Piece(part, ink)))

    def facts(self, label: str, values: Sequence[str], *, most: int = 0) -> None:
        """Add values under one label, a line or more each; with `most`, so many and how many more there are."""
        kept = values[:most] if most and len(values) > most else values
        for index, value in enumerate(kept):
            self.fact(label if index == 0 else "", value)
        if len(kept) < len(values):
            self.fact("", f"and {len(values) - len(kept):,} more", Ink.DIM)

    def text(self, text: str, ink: Ink = Ink.PLAIN, *, start: str = "", start_ink: Ink = Ink.DIM) -> None:
        """Add text with a hanging indent; `start`, which is ours and safe, stands in it on the first line."""
        indent = cell_len(start)
        for index, part in enumerate(wrapped(self.safe(text), max(self.width - indent, _MIN_VALUE))):
            self.lines.append((Piece(start if index == 0 else " " * indent, start_ink), Piece(part, ink)))

    def more(self, number: int, where: str = "") -> None:
        """Say that there are more than are told here."""
        if number > 0:
            self.text(f"and {number:,} more{where}", Ink.DIM)


__all__ = ["LABEL", "Section", "Writer", "heading", "wrapped"]
