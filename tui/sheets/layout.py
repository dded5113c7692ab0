"""A sheet of facts as lines of text of a given width; every text in them is safe. Pure."""

import re
from collections.abc import Iterable

from rich.cells import cell_len

from tui.facts import wrapped
from tui.present import Glyphs, Ink, Line, Piece, fit, safe_text
from tui.values.sheets import Fact, Note, Section, Sheet, Verbatim

LABEL = 14
_MIN_VALUE = 16
_DIGEST = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{32}")


def sheet_lines(sheet: Sheet, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """Return the sheet as lines of at most `width` cells."""
    lines: list[Line] = [*_text(sheet.title, Ink.STRONG, width, glyphs)]
    if sheet.under:
        lines += _flowing(sheet.under, width, glyphs)
    if sheet.facts:
        lines += [(), *_items(sheet.facts, width, glyphs)]
    for section in sheet.sections:
        if any(not isinstance(item, Fact) or item.value for item in section.items):
            lines += _section(section, width, glyphs)
    return tuple(lines)


def _section(section: Section, width: int, glyphs: Glyphs) -> Iterable[Line]:
    """Return a heading with a rule to the right edge, and what stands under it."""
    heading = safe_text(section.heading, ascii_only=glyphs.ascii_only)
    rule = glyphs.rule * max(width - cell_len(heading) - 1, 0)
    return [(), (Piece(f"{heading} ", Ink.HEADING), Piece(rule, Ink.HEADING)), *_items(section.items, width, glyphs)]


def _items(items: Iterable[Fact | Note | Verbatim], width: int, glyphs: Glyphs) -> Iterable[Line]:
    for item in items:
        match item:
            case Fact():
                yield from _fact(item, width, glyphs)
            case Note():
                yield from _text(item.text, item.ink, width, glyphs, start=item.start)
            case Verbatim():
                for line in item.text.split("\n"):
                    yield from _text(line, Ink.PLAIN, width, glyphs)


def _fact(fact: Fact, width: int, glyphs: Glyphs) -> Iterable[Line]:
    """Return a labelled value over as many lines as it takes."""
    if not fact.value:
        return
    text = safe_text(fact.value, ascii_only=glyphs.ascii_only)
    # A label may come from the record, as the names of a journal entry's data do.
    label = fit(safe_text(fact.label, ascii_only=glyphs.ascii_only), LABEL - 1, glyphs) + " "
    for index, part in enumerate(_parts(text, max(width - LABEL, _MIN_VALUE))):
        yield (Piece(label if index == 0 else " " * LABEL, Ink.LABEL), Piece(part, fact.ink))


def _parts(text: str, width: int) -> list[str]:
    """Return a value in lines; a digest that does not fit is halved, so that both lines can be compared by eye."""
    if len(text) > width and _DIGEST.fullmatch(text):
        half = len(text) // 2
        return [*_parts(text[:half], width), *_parts(text[half:], width)]
    return wrapped(text, width)


def _text(text: str, ink: Ink, width: int, glyphs: Glyphs, *, start: str = "") -> Iterable[Line]:
    """Return text with a hanging indent, `start` in it on the first line."""
    head = safe_text(start, ascii_only=glyphs.ascii_only)
    shown = safe_text(text, ascii_only=glyphs.ascii_only)
    indent = cell_len(head)
    for index, part in enumerate(wrapped(shown, max(width - indent, _MIN_VALUE))):
        yield (Piece(head if index == 0 else " " * indent, Ink.DIM), Piece(part, ink))


def _flowing(pieces: Iterable[Piece], width: int, glyphs: Glyphs) -> Iterable[Line]:
    """Return pieces beside one another, two spaces between them; what does not fit goes to the next line."""
    line: list[Piece] = []
    used = 0
    for piece in pieces:
        text = safe_text(piece.text, ascii_only=glyphs.ascii_only)
        if line and used + 2 + cell_len(text) > width:
            yield tuple(line)
            line, used = [], 0
        if line:
            line.append(Piece("  "))
            used += 2
        first, *more = wrapped(text, max(width, _MIN_VALUE))
        line.append(Piece(first, piece.ink))
        used += cell_len(first)
        for part in more:
            yield tuple(line)
            line, used = [Piece(part, piece.ink)], cell_len(part)
    if line:
        yield tuple(line)
