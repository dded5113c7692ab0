"""What the forms share: labelled fields, what is said under them, and a carrying out that loses nothing typed."""

from collections.abc import Iterable

from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.dialogs.base import Answer, Choice, Dialog
from tui.present import Ink, Line, Piece, safe_text
from tui.widgets.fields import Switch
from tui.widgets.paint import content, page
from tui.widgets.pick import Pick


class FormDialog(Dialog[Answer]):
    """A dialog with labelled fields, one on a line; enter in one goes on to the next."""

    ACT = "act"
    """The id of the button that carries it out."""

    def __init__(self) -> None:
        """Begin with nothing being carried out."""
        super().__init__()
        self._busy = False

    def field(self, name: str, label: str, widget: Widget) -> Iterable[Widget]:
        """Return a labelled field, and a line under it that is hidden while there is nothing to say."""
        title = Static(content((Piece(label, Ink.LABEL),)), classes="label", markup=False)
        why = Static("", id=f"{name}-why", classes="why", markup=False)
        why.display = False
        yield Horizontal(title, widget, classes="form-field", id=f"{name}-field")
        yield why

    def text_field(
        self, name: str, label: str, *, value: str = "", placeholder: str = "", password: bool = False
    ) -> Iterable[Widget]:
        """Return a labelled field of text."""
        field = Input(
            value=value, placeholder=placeholder, password=password, compact=True, select_on_focus=False, id=name
        )
        yield from self.field(name, label, field)

    def typed(self, name: str) -> str:
        """Return what stands in a field of text."""
        return self.query_one(f"#{name}", Input).value

    def show_field(self, name: str, *, shown: bool) -> None:
        """Show or hide a field."""
        self.query_one(f"#{name}-field").display = shown
        if not shown:
            self.query_one(f"#{name}-why").display = False

    def say_under(self, name: str, lines: Iterable[Line]) -> None:
        """Say something under a field, or nothing."""
        lines = tuple(lines)
        why = self.query_one(f"#{name}-why", Static)
        why.display = bool(lines) and self.query_one(f"#{name}-field").display
        why.update(page(lines))

    def status(self, text: str, ink: Ink = Ink.DIM) -> None:
        """Write the line above the buttons."""
        self.set_text("status", (Piece(self.safe(text), ink),))

    def safe(self, text: str) -> str:
        """Return `text`, safe."""
        return safe_text(text, ascii_only=self.app.glyphs.ascii_only)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next field: what carries it out is its button alone."""
        event.stop()
        self.focus_next()
        if isinstance(self.focused, Choice) and self.focused.id != self.ACT:
            button = self.query_one(f"#{self.ACT}", Choice)
            if not button.disabled:
                button.focus()

    def set_busy(self, *, busy: bool) -> None:
        """Let nothing be changed while it is being carried out."""
        self._busy = busy
        for widget in (*self.query(Input), *self.query(Pick), *self.query(Switch)):
            widget.disabled = busy
        self.query_one(f"#{self.ACT}", Choice).disabled = busy

    def action_cancel(self) -> None:
        """End without an answer; not while it is being carried out."""
        if not self._busy:
            self.dismiss(None)

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        """Cancel, or carry it out."""
        if event.choice.id == "cancel":
            self.action_cancel()
        elif event.choice.id == self.ACT and not self._busy:
            self.carry_out()

    def carry_out(self) -> object:
        """Do what the form is for."""
        raise NotImplementedError
