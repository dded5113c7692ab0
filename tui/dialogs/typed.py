"""Two small dialogs that ask for text before something is done: a name that must be typed whole, and a reason."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from tui.dialogs.base import Choice, Dialog, buttons
from tui.present import Ink, Piece, safe_text

MAX_TEXT = 500


class TextDialog(Dialog[str]):
    """Asks one question; ends with the answer."""

    def __init__(self, verb: str, subject: str, *, lines: Sequence[str], question: str, label: str) -> None:
        """Say what is done to `subject` and what that means; `label` stands on the button."""
        super().__init__()
        self._verb, self._subject, self._lines = verb, subject, lines
        self._question, self._label = question, label

    def body(self) -> Iterable[Widget]:
        """Return what will be done, the field and the buttons."""
        shown = [safe_text(line, ascii_only=self.app.glyphs.ascii_only) for line in self._lines]
        yield self.title_line(self._verb, self._subject)
        yield self.text(((Piece(line),) for line in shown), name="lines")
        yield self.text(((Piece(self._question, Ink.LABEL),),), name="question")
        yield Input(compact=True, id="answer", select_on_focus=False, max_length=MAX_TEXT)
        yield self.text((), name="status")
        yield buttons(Choice("Cancel", name="cancel"), self.button(), note=self.keys(f"enter {self._label.lower()}s"))

    def button(self) -> Choice:
        """Return the button that does it."""
        return Choice(self._label, name="do", disabled=True)

    def on_mount(self) -> None:
        """Begin where something has to be done."""
        self.begin()
        self._check()

    def begin(self) -> None:
        """Begin in the field."""
        self.query_one("#answer", Input).focus()

    @property
    def answer(self) -> str:
        """What is typed."""
        return self.query_one("#answer", Input).value

    def missing(self) -> str:
        """Return what is still missing; empty: nothing."""
        return "" if self.answer.strip() else "Say why."

    @on(Input.Changed)
    def _check(self) -> None:
        missing = self.missing()
        self.query_one("#do", Choice).disabled = bool(missing)
        ready = f"Enter {self._label.lower()}s."
        self.set_text("status", (Piece(missing or ready, Ink.DIM if missing else Ink.PLAIN),))

    @on(Input.Submitted)
    @on(Choice.Pressed, "#do")
    def _submit(self) -> None:
        if not self.missing():
            self.dismiss(self.answer)

    @on(Choice.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.action_cancel()


class NameDialog(TextDialog):
    """Asks for the name of what would be changed; the operation compares it again."""

    def __init__(self, verb: str, name: str, *, lines: Sequence[str], label: str) -> None:
        """Say what is done to what is called `name`."""
        super().__init__(verb, name, lines=lines, question="Type its name to confirm", label=label)
        self._name_wanted = name

    def button(self) -> Choice:
        """Return the button, in the colour of what is not taken back."""
        return Choice(self._label, name="do", danger=True, disabled=True)

    def missing(self) -> str:
        """Return whether the name is typed."""
        if self.answer == self._name_wanted:
            return ""
        return "That is not the name yet." if self.answer else "Type the name, whole."


class ConfirmDialog(TextDialog):
    """Asks for nothing but enter; for what takes nothing away. Ends with an empty text."""

    def __init__(self, verb: str, subject: str, *, lines: Sequence[str], label: str) -> None:
        """Say what is done to `subject`."""
        super().__init__(verb, subject, lines=lines, question="", label=label)

    def begin(self) -> None:
        """There is nothing to type: begin on the button that cancels."""
        for name in ("#question", "#answer"):
            self.query_one(name).display = False
        self.query_one("#cancel", Choice).focus()

    def missing(self) -> str:
        """Return nothing: nothing has to be typed."""
        return ""
