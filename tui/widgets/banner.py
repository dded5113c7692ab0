"""The banner of open revocation requests: one row on every screen, which cannot be scrolled away."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.widgets import Static

from certmgr.models.revocations import Revocation
from tui.banner import Deadline, banner_line, deadlines
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

    def show(self, requests: Sequence[Revocation]) -> None:
        """Take the open requests and count down to them from now on."""
        self._clocks = deadlines(requests)
        self.tick()

    def tick(self) -> None:
        """Draw the line where it has changed, and come back when it will next."""
        now = self._clock()
        line = banner_line(self._clocks, now, self._glyphs, width=self.size.width or self.app.size.width)
        if line != self._line:
            self._line = line
            self.set_class(any(clock.due <= now for clock in self._clocks), "-overdue")
            self.set_class(bool(self._clocks), "-open")
            self.update(content(line), layout=False)
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._clocks:
            self._timer = self.set_timer(next_tick(tuple(clock.due for clock in self._clocks), now), self.tick)
