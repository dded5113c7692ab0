"""What text that is read has in common: something can be looked for in it, from one place to the next."""

from collections.abc import Iterable

from textual.widget import Widget

from tui.present import Line
from tui.search import Spot, spots, with_spot


class Searched(Widget):
    """Lines in which a text is looked for; subclasses draw them and say where a line lies."""

    _plain: tuple[Line, ...] = ()
    _wanted: str = ""
    _spots: tuple[Spot, ...] = ()
    _at: int = 0

    def show(self, lines: Iterable[Line]) -> None:
        """Show `lines` in place of what was there; what is looked for is looked for in them."""
        self._plain = tuple(lines)
        self._spots = spots(self._plain, self._wanted)
        self._at = min(self._at, max(len(self._spots) - 1, 0))
        self.draw_lines(with_spot(self._plain, self._spots[self._at]) if self._spots else self._plain)

    def draw_lines(self, lines: tuple[Line, ...]) -> None:
        """Draw `lines`; the place that was scrolled to stays."""
        raise NotImplementedError

    def top_of(self, line: int) -> int:
        """Return in which row of the text a line begins."""
        raise NotImplementedError

    @property
    def matches(self) -> tuple[int, int]:
        """Which match is the current one, from 1, and how many there are; 0 of 0 without one."""
        return (self._at + 1, len(self._spots)) if self._spots else (0, 0)

    def look_for(self, text: str) -> None:
        """Go to the first match that is in sight or below, else to the first of all; empty: look for nothing."""
        self._wanted = text
        found = spots(self._plain, text)
        top = self.scroll_offset.y
        self._at = next((place for place, one in enumerate(found) if self.top_of(one.line) >= top), 0)
        self._go()

    def next_match(self, delta: int) -> None:
        """Go to the next or the previous match; after the last comes the first."""
        if self._spots:
            self._at = (self._at + delta) % len(self._spots)
            self._go()

    def _go(self) -> None:
        """Draw the current match and bring it into sight."""
        self.show(self._plain)
        if not self._spots:
            return
        row = self.top_of(self._spots[self._at].line)
        if not self.scroll_offset.y <= row < self.scroll_offset.y + self.size.height:
            self.scroll_to(y=max(row - self.size.height // 3, 0), animate=False)
