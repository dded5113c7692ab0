"""The detail of one certificate, beside the list or on a screen of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from tui.facts import detail_lines
from tui.present import Glyphs, Ink, Line, Piece, next_tick
from tui.views import Detail
from tui.widgets.scroll_text import ScrollText

if TYPE_CHECKING:
    from textual.timer import Timer


class DetailPane(ScrollText):
    """Facts, names, revocations with their clocks, chain and history."""

    def __init__(self, *, glyphs: Glyphs, clock: Callable[[], datetime]) -> None:
        """Show nothing until there is something to show."""
        super().__init__()
        self._glyphs = glyphs
        self._clock = clock
        self._detail: Detail | None = None
        self._drawn: tuple[Line, ...] = ()
        self._timer: Timer | None = None

    @property
    def detail(self) -> Detail | None:
        """What is shown."""
        return self._detail

    def show_detail(self, detail: Detail | None) -> None:
        """Show a certificate, or that there is none; another certificate begins at its top."""
        other = detail is None or self._detail is None or detail.certificate.id != self._detail.certificate.id
        self._detail = detail
        self._draw()
        if other:
            self.scroll_home(animate=False)

    def say(self, lines: tuple[Line, ...]) -> None:
        """Show `lines` in place of a certificate."""
        self._detail = None
        self.show(lines)

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        self._draw()

    def _draw(self) -> None:
        """Lay the lines out, and come back when a countdown in them changes."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        width = self.scrollable_content_region.width
        if self._detail is None or width <= 0:
            self._drawn = ((Piece("No certificate", Ink.DIM),),)
            self.show(self._drawn)
            return
        now = self._clock()
        lines = detail_lines(self._detail, width=width, now=now, glyphs=self._glyphs)
        if lines != self._drawn:
            self._drawn = lines
            self.show(lines)
        dues = tuple(
            one.due_at or one.verify_due_at
            for one in self._detail.revocations
            if one.published_at is None and one.closed_at is None
        )
        if dues:
            self._timer = self.set_timer(next_tick(dues, now), self._draw)
