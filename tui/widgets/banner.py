"""The banner of open revocation requests and other promises: one row on every screen, which cannot be scrolled away."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.widgets import Static

from tui.banner import Deadline, banner_line, clocks_of_requests, others_at_risk
from tui.present import Glyphs, Line, next_tick
from tui.widgets.paint import content

if TYPE_CHECKING:
    from textual.timer import Timer


class Banner(Static):
    """Counts down to stored deadlines: each tick is computed from the clock, none from the tick before."""

    def __init__(self, *, glyphs: Glyphs, clock: Callable[[], datetime]) -> None:
        """Show that nothing is open until told otherwise."""
        super().__init__(markup=False)
        self._glyphs = glyphs
        self._clock = clock
        self._clocks: tuple[Deadline, ...] = ()
        self._line: Line | None = None
        self._timer: Timer | None = None

    def on_resize(self) -> None:
        """Use the new width."""
        self.tick()

    def show(self, deadlines: Sequence[Deadline]) -> None:
        """Take the running promises and count down to them from now on."""
        self._clocks = tuple(deadlines)
        self.tick()

    def tick(self) -> None:
        """Draw the line where it has changed, and come back when it will next."""
        now = self._clock()
        line = banner_line(self._clocks, now, self._glyphs, width=self.size.width or self.app.size.width)
        if line != self._line:
            self._line = line
            seen = (*clocks_of_requests(self._clocks, now), *others_at_risk(self._clocks, now))
            self.set_class(any(clock.due <= now for clock in seen), "-overdue")
            self.set_class(bool(seen), "-open")
            self.update(content(line), layout=False)
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._clocks:
            self._timer = self.set_timer(next_tick(tuple(clock.due for clock in self._clocks), now), self.tick)
