"""Text that is longer than its place, with the movement keys of the list."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.commands import Scope, bindings
from tui.present import Line
from tui.widgets.paint import page
from tui.widgets.searched import Searched


class ScrollText(VerticalScroll, Searched, can_focus=True):
    """Lines of text; the keys scroll them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.MOVEMENT)]

    follows: bool = False
    """Whether the end of what is shown stays in sight until the reader scrolls up."""
    _lines: tuple[Line, ...] = ()
    _at_end: bool = True
    """Where the reader stands. It changes with what the reader does, not with what is still to be laid out."""

    def compose(self) -> ComposeResult:
        """Hold one widget with the text."""
        yield Static(page(self._lines), markup=False)

    def draw_lines(self, lines: tuple[Line, ...]) -> None:
        """Draw `lines` in place of what was there; the scroll position stays.

        It may be called by a thread's answer before the text has its widget.
        """
        self._lines = lines
        for text in self.query(Static):
            text.update(page(self._lines))

    def watch_virtual_size(self) -> None:
        """Keep the end in sight when there is more text than before."""
        # The scroll position is valid only when all of the layout is done.
        self.call_later(self._go_to_end)

    def on_resize(self) -> None:
        """Keep the end in sight when there is less room than before."""
        self.call_later(self._go_to_end)

    def _go_to_end(self) -> None:
        if self.follows and self._at_end:
            self.scroll_end(animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note whether the reader stands at the end."""
        super().watch_scroll_y(old_value, new_value)
        self._at_end = new_value >= self.max_scroll_y

    def top_of(self, line: int) -> int:
        """Return in which row a line begins: a longer one than the text is wide takes several."""
        if not line:
            return 0
        text = self.query_one(Static)
        return page(self._lines[:line]).get_height({}, text.size.width)

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
