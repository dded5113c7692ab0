"""The banner of open revocation requests and other promises: one row on every screen, which cannot be scrolled away."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from tui.banner import Deadline, banner_line, clocks_of_requests, others_at_risk
from tui.present import Glyphs, Line, joined, next_tick
from tui.widgets.covered import screens_above
from tui.widgets.line_view import changed_cells, parted
from tui.widgets.paint import content

if TYPE_CHECKING:
    from textual.timer import Timer


class Banner(Horizontal):
    """Counts down to stored deadlines: each tick is computed from the clock, none from the tick before.

    It is on every screen all day, so a tick sends what changed and not the line. What is drawn of a widget begins at
    its left edge, whatever has changed in it; so what changed last begins a widget of its own.
    """

    def __init__(self, *, glyphs: Glyphs, clock: Callable[[], datetime]) -> None:
        """Show that nothing is open until told otherwise."""
        super().__init__()
        self._glyphs = glyphs
        self._clock = clock
        self._clocks: tuple[Deadline, ...] = ()
        self._line: Line = ()
        self._still, self._changing = _Part(), _Part()
        self._part_at(0)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Yield what stays, and what changes behind it."""
        yield self._still
        yield self._changing

    def on_resize(self) -> None:
        """Use the new width."""
        self.tick()

    def show(self, deadlines: Sequence[Deadline]) -> None:
        """Take the running promises and count down to them from now on."""
        self._clocks = tuple(deadlines)
        self.tick()

    def tick(self) -> None:
        """Draw the line where it has changed, and come back when it will next; not under another banner."""
        now = self._clock()
        if not any(screen.query(Banner) for screen in screens_above(self)):
            self._show_at(now)
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._clocks:
            self._timer = self.set_timer(next_tick(tuple(clock.due for clock in self._clocks), now), self.tick)

    def _show_at(self, now: datetime) -> None:
        """Draw what the line says now, where it has changed."""
        width = self.size.width or self.app.size.width
        line = joined(banner_line(self._clocks, now, self._glyphs, width=width))
        if line != self._line:
            self._draw(line, width)
            seen = (*clocks_of_requests(self._clocks, now), *others_at_risk(self._clocks, now))
            self.set_class(any(clock.due <= now for clock in seen), "-overdue")
            self.set_class(bool(seen), "-open")

    def _draw(self, line: Line, width: int) -> None:
        """Draw another line: from where it changes, if that is where it changed last, or else all of it."""
        start, cells = changed_cells(self._line, line)
        self._line = line
        if start == self._at:
            self._changing.draw(parted(line, start)[1], cells)
        else:
            self._part_at(min(start, width))

    def _part_at(self, start: int) -> None:
        """Let what changes begin after `start` cells."""
        self._at = start
        self._still.styles.width = start
        still, changing = parted(self._line, start)
        self._still.draw(still)
        self._changing.draw(changing)


class _Part(Widget):
    """Some pieces of the line."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: Line = ()

    def draw(self, pieces: Line, cells: int = 0) -> None:
        """Show other pieces; only the first `cells` of them are drawn again, 0: all."""
        self._pieces = pieces
        self.refresh(Region(0, 0, cells, 1)) if cells else self.refresh()

    def render(self) -> Content:
        """Return the pieces."""
        return content(self._pieces)
