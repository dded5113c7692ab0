"""From pieces of text to what Textual draws. Nothing is parsed as markup on the way."""

from collections.abc import Iterable

from textual.content import Content

from tui.present import Line, joined
from tui.theme import style


def content(line: Line) -> Content:
    """Return one line as Content in its inks."""
    return Content.assemble(*((piece.text, style(piece.ink)) for piece in joined(line)))


def page(lines: Iterable[Line]) -> Content:
    """Return lines as one Content."""
    return Content("\n").join(content(line) for line in lines)
