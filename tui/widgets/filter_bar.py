"""The filter line: shown while a filter is typed or holds."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui.present import Glyphs, Ink, Piece, safe_text
from tui.views import Tally
from tui.widgets.paint import content

if TYPE_CHECKING:
    from textual.timer import Timer

DEBOUNCE_S = 0.15


class FilterInput(Input):
    """The field itself: esc clears and leaves, enter keeps and leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", show=False)]

    class GivenUp(Message):
        """Esc was pressed."""

    def action_give_up(self) -> None:
        """Clear and leave."""
        self.post_message(self.GivenUp())


class FilterBar(Horizontal):
    """A field, and how many of how many it matches."""

    class Typed(Message):
        """The filter reads differently now."""

        def __init__(self, text: str) -> None:
            """Keep the text."""
            super().__init__()
            self.text = text

    class Left(Message):
        """The field has given the keys back."""

    def __init__(self, *, glyphs: Glyphs, examples: str) -> None:
        """Begin hidden; `examples` stand in the empty field."""
        super().__init__()
        self._examples = examples
        self._glyphs = glyphs
        self._delay: Timer | None = None
        self._refused = False

    def compose(self) -> ComposeResult:
        """Hold the sign, the field and the note."""
        yield Static(" / ", id="filter-sign", markup=False)
        yield FilterInput(compact=True, select_on_focus=False, placeholder=self._examples)
        yield Static("", id="filter-note", markup=False)

    @property
    def field(self) -> FilterInput:
        """The field."""
        return self.query_one(FilterInput)

    def on_mount(self) -> None:
        """Stay out of sight until asked for."""
        self.display = False

    def open(self) -> None:
        """Show the line and take the keys."""
        self.display = True
        self.field.focus()

    def clear(self) -> None:
        """Empty the field and go out of sight."""
        self.field.value = ""
        self._apply()
        self.display = False

    def show_counts(self, tally: Tally) -> None:
        """Say how many match."""
        if not self._refused:
            self._note(f"{tally.matching} of {tally.total}  {self._glyphs.dot}  esc clears", Ink.DIM)

    def refuse(self, reason: str) -> None:
        """Say why the filter cannot be understood; what it showed last stays on screen."""
        self._refused = True
        self._note(reason, Ink.URGENT)

    def accept(self) -> None:
        """Forget a refusal: the filter was understood."""
        self._refused = False

    @on(Input.Changed)
    def _changed(self) -> None:
        """Apply the filter once no key has come for a moment."""
        if self._delay is not None:
            self._delay.stop()
        self._delay = self.set_timer(DEBOUNCE_S, self._apply)

    @on(Input.Submitted)
    def _kept(self) -> None:
        """Apply the filter at once and leave it."""
        self._apply()
        self.display = bool(self.field.value)
        self.post_message(self.Left())

    @on(FilterInput.GivenUp)
    def _given_up(self) -> None:
        """Clear the filter and leave it."""
        self.clear()
        self.post_message(self.Left())

    def _apply(self) -> None:
        """Tell the screen what the filter says."""
        if self._delay is not None:
            self._delay.stop()
            self._delay = None
        self.post_message(self.Typed(self.field.value.strip()))

    def _note(self, text: str, ink: Ink) -> None:
        """Write the note."""
        shown = safe_text(text, ascii_only=self._glyphs.ascii_only)
        self.query_one("#filter-note", Static).update(content((Piece(f" {shown} ", ink),)))
