"""The filter line: shown while a filter is typed or holds."""

from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Input, Static

from tui.host import Host
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

    app = getters.app(Host)

    class Typed(Message):
        """The filter reads differently now."""

        def __init__(self, text: str) -> None:
            """Keep the text."""
            super().__init__()
            self.text = text

    class Typing(Message):
        """A key has changed the filter, which is applied when no other follows soon."""

    class Left(Message):
        """The field has given the keys back."""

    def __init__(self, *, glyphs: Glyphs, examples: str) -> None:
        """Begin hidden; `examples` stand in the empty field."""
        super().__init__()
        self._examples = examples
        self._glyphs = glyphs
        self._delay: Timer | None = None
        self._refused = False
        self._applied = ""
        self._counts = ""
        self.waiting = ""
        """What is going on and takes long: a word, or nothing."""

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
        # At once, not with the next message: what is typed quickly after the key is no command of the list.
        self.screen.set_focus(self.field)

    def restore(self, text: str) -> None:
        """Show a filter that holds already, without taking the keys."""
        with self.prevent(Input.Changed):
            self.field.value = text
        self._applied = text
        self.display = bool(text)

    def take(self, text: str) -> None:
        """Filter by `text`, as if it had been typed and kept."""
        self.field.value = text
        self.display = bool(text)
        self._apply()

    def clear(self) -> None:
        """Empty the field and go out of sight."""
        self.field.value = ""
        self._apply()
        self.display = False

    def show_counts(self, tally: Tally) -> None:
        """Say how many match."""
        self._counts = f"{tally.matching} of {tally.total}"
        if not self._refused:
            self._say()

    def wait(self, word: str) -> None:
        """Say in a word what takes long; empty: nothing does any more."""
        if word != self.waiting:
            self.waiting, self._counts = word, ""
            if not self._refused:
                self._say()

    def _say(self) -> None:
        """Say how many match, or what takes long, and which key clears: in the field that is always esc."""
        key = self.app.keymap.shown("filter-clear" if self.field.has_focus else "clear")
        if self.waiting or self._counts:
            ink = Ink.PLACE if self.waiting else Ink.DIM
            self._note(f"{self.waiting or self._counts}  {self._glyphs.dot}  {key} clears", ink)

    def tell(self, text: str) -> None:
        """Say what came of it, where it is no list that is filtered."""
        self._note(text, Ink.DIM)

    def refuse(self, reason: str) -> None:
        """Say why the filter cannot be understood; what it showed last stays on screen."""
        self._refused = True
        self._note(reason, Ink.URGENT)

    def accept(self) -> None:
        """Forget a refusal: the filter was understood."""
        self._refused = False

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _turned(self) -> None:
        """Name the key that clears from now on."""
        if not self._refused:
            self._say()

    @on(Input.Changed)
    def _changed(self) -> None:
        """Apply the filter once no key has come for a moment; what was read for the last one is of no use now."""
        if self.field.value.strip() != self._applied:
            self.post_message(self.Typing())
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
        self._applied = self.field.value.strip()
        self.post_message(self.Typed(self._applied))

    def _note(self, text: str, ink: Ink) -> None:
        """Write the note."""
        shown = safe_text(text, ascii_only=self._glyphs.ascii_only)
        self.query_one("#filter-note", Static).update(content((Piece(f" {shown} ", ink),)))
