"""What of a certificate is wanted elsewhere: shown to be selected, and sent to the terminal's clipboard."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.clipboard import in_tmux, load_tmux_buffer
from tui.dialogs.base import Choice, Dialog, buttons
from tui.fact_writer import wrapped
from tui.present import Ink, Line, Piece, safe_text
from tui.values.detail import Copyable
from tui.widgets.paint import content
from tui.widgets.scroll_text import ScrollText

_WIDTH = 66
"""Cells for a value on one line: a line of PEM has 64."""


class CopyDialog(Dialog[None]):
    """A list of values; the one that is highlighted is shown in full, enter sends it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"send({number})", show=False) for number in range(1, 10)),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(self, server: str, values: tuple[Copyable, ...]) -> None:
        """Offer `values` of a certificate of `server`."""
        super().__init__()
        self._server = server
        self._values = values

    def body(self) -> Iterable[Widget]:
        """Return the list, the value and what became of it."""
        yield self.title_line("Copy", self._server)
        yield OptionList(
            *(Option(self._prompt(place)) for place in range(len(self._values))), id="values", compact=True
        )
        yield ScrollText(id="value")
        yield self.text(((Piece("The value can be selected here, too.", Ink.DIM),),), name="status")
        yield buttons(Choice("Close", name="close"), note=self.keys("enter sends", cancels="closes"))

    def on_mount(self) -> None:
        """Begin on the first value."""
        values = self.query_one("#values", OptionList)
        values.focus()
        values.highlighted = 0

    def _prompt(self, place: int) -> Content:
        return content((Piece(f"{place + 1}  ", Ink.DIM), Piece(self._values[place].label)))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the value in full."""
        self.query_one("#value", ScrollText).show(self._lines(event.option_index))

    def _lines(self, place: int) -> Iterable[Line]:
        text = self._values[place].value
        for line in text.splitlines():
            for part in wrapped(safe_text(line, ascii_only=self.app.glyphs.ascii_only), _WIDTH):
                yield (Piece(part, Ink.STRONG),)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        """Send the value."""
        self._send(self._values[event.option_index])

    def action_send(self, number: int) -> None:
        """Send the value with that number, from 1."""
        if number <= len(self._values):
            self.query_one("#values", OptionList).highlighted = number - 1
            self._send(self._values[number - 1])

    def action_step(self, delta: int) -> None:
        """Highlight the next or the previous value."""
        values = self.query_one("#values", OptionList)
        if delta > 0:
            values.action_cursor_down()
        else:
            values.action_cursor_up()

    @work(exclusive=True, group="copy")
    async def _send(self, one: Copyable) -> None:
        """Send a value by OSC 52 and, within tmux, to its buffer; say what was done, not what came of it."""
        self.app.copy_to_clipboard(one.value)
        said = f"The {one.label} was sent to the terminal's clipboard"
        if in_tmux():
            taken = await load_tmux_buffer(one.value)
            said += " and to tmux's buffer" if taken else "; tmux did not take it"
        self.set_text("status", (Piece(f"{said}.", Ink.VALID),))

    @on(Choice.Pressed, "#close")
    def _close(self) -> None:
        """Close."""
        self.dismiss(None)
