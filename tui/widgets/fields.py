"""Fields of a dialog: a label with a line to type in, and a switch that is read without colour."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tui.present import Ink, Piece, safe_text
from tui.widgets.paint import content


class Field(Horizontal):
    """A label and a line to type in; hidden fields keep what was typed."""

    def __init__(self, label: str, name: str, *, placeholder: str = "", value: str = "") -> None:
        """Call the line `name` and the field `name-field`."""
        super().__init__(id=f"{name}-field", classes="line-field")
        self._label, self._line_id = label, name
        self._placeholder, self._value = placeholder, value

    def compose(self) -> ComposeResult:
        """Put the label before the line."""
        yield Static(content((Piece(self._label, Ink.LABEL),)), markup=False)
        yield Input(
            value=self._value,
            placeholder=self._placeholder,
            compact=True,
            id=self._line_id,
            select_on_focus=False,
        )


class Switch(Static, can_focus=True):
    """`[x] text` or `[ ] text`; space and enter turn it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,enter", "turn", show=False)]

    class Turned(Message):
        """It was turned."""

    def __init__(self, name: str, *, on: bool = False) -> None:
        """Begin without a text."""
        super().__init__(id=name, classes="switch", markup=False)
        self._text = ""
        self.on = on

    def say(self, text: str, *, ascii_only: bool) -> None:
        """Show another text."""
        self._text = safe_text(text, ascii_only=ascii_only)
        self._draw()

    def action_turn(self) -> None:
        """Turn it."""
        self.on = not self.on
        self._draw()
        self.post_message(self.Turned())

    def on_click(self) -> None:
        """Turn it."""
        self.action_turn()

    def _draw(self) -> None:
        mark = "[x]" if self.on else "[ ]"
        self.update(content((Piece(f"{mark} ", Ink.STRONG), Piece(self._text, Ink.STRONG if self.on else Ink.PLAIN))))
