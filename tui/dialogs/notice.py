"""Something that must be read: an error with all its reasons, or a result that needs a person."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.dialogs.base import Choice, Dialog, buttons
from tui.present import Ink, Line, Piece
from tui.widgets.scroll_text import ScrollText


class NoticeDialog(Dialog[None]):
    """Stays until it is dismissed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "cancel", show=False)]

    def __init__(self, title: str, lines: tuple[Line, ...]) -> None:
        """Show `lines` under `title`."""
        super().__init__()
        self._title = title
        self._lines = lines

    def body(self) -> Iterable[Widget]:
        """Return title, text and one button."""
        yield self.text(((Piece(self._title, Ink.STRONG),),))
        yield ScrollText(id="notice")
        messages = self.app.keymap.shown("messages")
        note = f"{self.keys(cancels='closes')}   {messages} shows all messages"
        yield buttons(Choice("Close", name="close"), note=note)

    def on_mount(self) -> None:
        """Show the text; its button has the focus."""
        self.query_one(ScrollText).show(self._lines)
        self.query_one("#close").focus()

    @on(Choice.Pressed, "#close")
    def action_cancel(self) -> None:
        """Close."""
        self.dismiss(None)
