"""Lines of text that are drawn one by one: what changes in one line is one line on the wire.

A line-API widget: a countdown that ticks in it costs the terminal that line, not the page.
"""

from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.commands import Scope, bindings
from tui.present import Ink, Line, width_of
from tui.widgets.searched import Searched


def changed_cells(old: Line, new: Line) -> tuple[int, int]:
    """Return where two lines begin to differ, and for how many cells; 0 cells: to their end."""
    spans = []
    at = 0
    for before, after in zip(old, new, strict=False):
        taken = width_of(after.text)
        if width_of(before.text) != taken:
            break
        if before != after:
            spans.append((at, at + taken))
        at += taken
    else:
        if len(old) == len(new) and spans:
            return spans[0][0], spans[-1][1] - spans[0][0]
    return (spans[0][0] if spans else at), 0


def parted(line: Line, start: int) -> tuple[Line, Line]:
    """Return the pieces that end within the first `start` cells, and those after them."""
    at = 0
    for number, piece in enumerate(line):
        at += width_of(piece.text)
        if at > start:
            return line[:number], line[number:]
    return line, ()


class LineView(ScrollView, Searched, can_focus=True):
    """Lines in their inks; the keys of movement scroll them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.MOVEMENT)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{ink.value}" for ink in Ink}

    def __init__(self, *, name: str | None = None) -> None:
        """Begin empty; `name` is the widget's id."""
        super().__init__(id=name)
        self._lines: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def draw_lines(self, lines: tuple[Line, ...]) -> None:
        """Draw `lines` in place of what was there; the place that was scrolled to stays."""
        before, self._lines = self._lines, lines
        size = Size(self.scrollable_content_region.width, len(self._lines))
        if size != self.virtual_size or len(before) != len(self._lines):
            self.virtual_size = size
            self.refresh()
            return
        for number, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                start, width = changed_cells(old, new)
                self.refresh(Region(start, number - self.scroll_offset.y, width or self.size.width, 1))

    def top_of(self, line: int) -> int:
        """Return in which row a line begins: each takes one."""
        return line

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        number = y + self.scroll_offset.y
        line = self._lines[number] if number < len(self._lines) else ()
        segments = [
            Segment(piece.text, self.get_component_rich_style(f"line--{piece.ink.value}", partial=True))
            for piece in line
        ]
        strip = Strip(segments).apply_style(self.rich_style)
        return strip.adjust_cell_length(self.scrollable_content_region.width, self.rich_style)

    def action_move(self, delta: int) -> None:
        """Scroll by `delta` lines."""
        self.scroll_relative(y=delta, animate=False)

    def action_half(self, direction: int) -> None:
        """Scroll by half a page."""
        self.scroll_relative(y=direction * self.size.height // 2, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by a page."""
        self.scroll_relative(y=direction * (self.size.height - 1), animate=False)

    def action_first(self) -> None:
        """Scroll to the top."""
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        """Scroll to the end."""
        self.scroll_end(animate=False)
