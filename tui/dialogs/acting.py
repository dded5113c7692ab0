"""What dialogs have that carry something out: what is still missing, who acts, and nothing done twice."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from textual import on
from textual.widget import Widget
from textual.widgets import Input, OptionList

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from tui.dialogs.base import LABEL, Answer, Choice, Dialog
from tui.dialogs.unlock import UnlockDialog
from tui.facts import wrapped
from tui.present import Ink, Line, Piece, safe_text
from tui.widgets.fields import Switch
from tui.widgets.pick import Pick

T = TypeVar("T")

WIDTH = 68
"""Of a dialog's text."""
_CHANGED = frozenset({Code.REVOCATION_STATE, Code.REVOCATION_TWICE, Code.STATE_REFUSED})
"""Refusals that say that somebody else was faster."""


class ActDialog(Dialog[Answer], Generic[Answer]):
    """A dialog that carries something out once everything is said.

    Subclasses have a line `status`, a button `act` that stands for the act, and one `cancel`. Enter in the last field
    does what the button does.
    """

    PURPOSE = ""
    """What a slot is unlocked for, before the name: `Unlock to revoke portal.hub`."""
    WORKING = "Working ..."

    def __init__(self) -> None:
        """Begin at rest."""
        super().__init__()
        self.busy = False

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return what is still missing and the field to go to; with None for the field, nothing is."""
        raise NotImplementedError

    def carry_out(self) -> object:
        """Begin the act, in a worker; called once nothing is missing."""
        raise NotImplementedError

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return self.missing()[2] is None

    def check(self) -> None:
        """Say what is missing, and offer the button where nothing is."""
        if self.busy:
            return
        text, ink, field = self.missing()
        self.status(text, ink)
        self.query_one("#act", Choice).disabled = field is not None

    def labelled(self, label: str, value: str, ink: Ink = Ink.PLAIN) -> Iterable[Line]:
        """Return a labelled value as lines of the dialog's width, safe; an empty one is left out."""
        if not value:
            return
        shown = safe_text(value, ascii_only=self.app.glyphs.ascii_only)
        for index, part in enumerate(wrapped(shown, WIDTH - LABEL)):
            yield Piece(f"{label if index == 0 else '':<{LABEL}}", Ink.LABEL), Piece(part, ink)

    def status(self, text: str, ink: Ink) -> None:
        """Write the line above the buttons."""
        self.set_text("status", (Piece(safe_text(text, ascii_only=self.app.glyphs.ascii_only), ink),))

    @on(Input.Changed)
    def _input_changed(self) -> None:
        """Compare again."""
        self.check()

    @on(Input.Submitted)
    @on(Choice.Pressed, "#act")
    def _submitted(self) -> None:
        """Carry it out, or go to what is missing."""
        field = self.missing()[2]
        if field is not None:
            field.focus()
        elif not self.busy:
            self.carry_out()

    @on(Choice.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """End without doing anything; not while it is being carried out."""
        if not self.busy:
            self.dismiss(None)

    async def opened(self, subject: str) -> bool:
        """Unlock a slot where none is; returns whether the act may go on.

        A slot that was unlocked just now and may only ask stops it once: what the act becomes is said first.
        """
        app = self.app
        if app.backend.unlocked is not None:
            return True
        if not await app.push_screen_wait(UnlockDialog(f"{self.PURPOSE} {subject}")):
            self.set_busy(busy=False)
            self.status("Nothing was done: no slot was unlocked.", Ink.DUE)
            return False
        self.show_fate()
        if not app.backend.revoking.may_decide and self.weaker():
            self.set_busy(busy=False)
            self.check()
            return False
        return True

    def show_fate(self) -> None:
        """Say who acts, what it becomes, and until when what follows has to be done."""

    def weaker(self) -> bool:
        """Get ready for what the act becomes for a slot that may only ask; returns whether that is something else."""
        return False

    async def done(self, subject: str, call: Callable[[], T]) -> T | None:
        """Unlock a slot where none is and carry `call` out; None: it was not, and the dialog goes on."""
        self.set_busy(busy=True)
        if not await self.opened(subject):
            return None
        self.status(self.WORKING, Ink.REVOKING)
        try:
            result = await self.app.acts.run(call)
        except CertmgrError as error:
            self.refused(error)
            return None
        self.app.action_refresh_now()
        return result

    def refused(self, error: CertmgrError) -> None:
        """Show why; where what the dialog is about has changed meanwhile, the dialog ends, else it goes on."""
        if any(one.code in _CHANGED for one in error.findings):
            self.dismiss(None)
        else:
            self.set_busy(busy=False)
            self.check()
        self.app.trouble(error)

    def set_busy(self, *, busy: bool) -> None:
        """Let nothing be changed while it is being carried out."""
        self.busy = busy
        for widget in (*self.query(Input), *self.query(OptionList), *self.query(Switch), *self.query(Pick)):
            widget.disabled = busy
        self.query_one("#act", Choice).disabled = busy or not self.complete
