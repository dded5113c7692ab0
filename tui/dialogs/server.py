"""What is on record of a server, to be changed."""

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.dialogs.base import LABEL, Choice, Dialog, buttons
from tui.present import Ink, Piece
from tui.values.servers import Edit, ServerDetail
from tui.widgets.paint import content

MAX_TEXT = 500
FIELDS = (("owner", "Owner"), ("purpose", "Purpose"), ("contact", "Contact"))


class Labelled(Horizontal):
    """A field with its label before it."""

    def __init__(self, label: str, field: Widget) -> None:
        """Put `label` before `field`."""
        super().__init__(classes="labelled")
        self._label, self._field = label, field

    def compose(self) -> ComposeResult:
        """Return label and field."""
        yield Static(content((Piece(f"{self._label:<{LABEL}}", Ink.LABEL),)), classes="label", markup=False)
        yield self._field


class EditServerDialog(Dialog[Edit]):
    """Ends with what is to be different; it holds the server as it was when the dialog opened."""

    def __init__(self, detail: ServerDetail) -> None:
        """Begin with what is on record."""
        super().__init__()
        self._detail = detail
        self._auto_renew = detail.server.auto_renew

    def body(self) -> Iterable[Widget]:
        """Return the fields and the buttons."""
        server = self._detail.server
        values = {"owner": server.owner, "purpose": server.purpose, "contact": self._detail.contact}
        yield self.title_line("Change", server.name)
        for name, label in FIELDS:
            field = Input(values[name], compact=True, id=name, select_on_focus=False, max_length=MAX_TEXT)
            yield Labelled(label, field)
        yield Labelled("Renewal", Choice(self._renewal, name="renewal"))
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Change", name="do", disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin in the first field."""
        self.query_one("#owner", Input).focus()
        self._check()

    @property
    def edit(self) -> Edit:
        """What differs from what is on record."""
        server = self._detail.server
        owner, purpose, contact = (self.query_one(f"#{name}", Input).value.strip() for name, _ in FIELDS)
        return Edit(
            owner=None if owner == server.owner else owner,
            purpose=None if purpose == server.purpose else purpose,
            contact=None if contact == self._detail.contact else contact,
            auto_renew=None if self._auto_renew == server.auto_renew else self._auto_renew,
        )

    @on(Input.Changed)
    def _check(self) -> None:
        edit = self.edit
        self.query_one("#do", Choice).disabled = edit == Edit()
        if edit == Edit():
            self.set_text("status", (Piece("Nothing is different yet.", Ink.DIM),))
        elif edit.owner is None and edit.purpose is None:
            self.set_text("status", (Piece("Enter changes it.", Ink.DIM),))
        else:
            text = "Owner and purpose: a new certificate is due, or a confirmation."
            self.set_text("status", (Piece(text, Ink.DUE),))

    @on(Choice.Pressed, "#renewal")
    def _toggled(self, event: Choice.Pressed) -> None:
        """Change how it is renewed."""
        self._auto_renew = not self._auto_renew
        event.choice.update(Content(f"[ {self._renewal} ]"))
        self._check()

    @on(Input.Submitted)
    @on(Choice.Pressed, "#do")
    def _submit(self) -> None:
        if (edit := self.edit) != Edit():
            self.dismiss(edit)

    @on(Choice.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.action_cancel()

    @property
    def _renewal(self) -> str:
        return "by itself" if self._auto_renew else "by hand, when somebody asks for it"
