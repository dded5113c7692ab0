"""The revocation of one certificate: a cause that must be chosen, the server's name that must be typed (N7)."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from certmgr import evidence as evidence_rules
from certmgr.errors import CertmgrError
from tui.dialogs.base import LABEL, Choice, Dialog, buttons
from tui.dialogs.unlock import UnlockDialog
from tui.present import Ink, Line, Piece, day, fit, plural, safe_text, state_piece
from tui.views import Outcome, Row
from tui.widgets.causes import CauseList
from tui.widgets.paint import page
from tui.wording import CAUSES, cause_lines

if TYPE_CHECKING:
    from certmgr.models.revocations import Cause


class RevokeDialog(Dialog[Outcome]):
    """Asks for cause, evidence and name, unlocks a slot if none is, and carries the revocation out.

    It holds the certificate as it was when the dialog opened: whatever happens to the list behind it, this
    certificate and no other is revoked, and the operation checks its state again.
    """

    def __init__(self, row: Row) -> None:
        """Revoke the certificate of `row`."""
        super().__init__()
        self._row = row
        self._cause: Cause | None = None
        self._busy = False

    def body(self) -> Iterable[Widget]:
        """Return facts, causes, the fields for what it rests on and for the name, and the buttons."""
        server = safe_text(self._row.server, ascii_only=self.app.glyphs.ascii_only)
        yield self.title_line("Revoke", self._row.server)
        yield self.text(self._facts())
        yield CauseList(self.app.glyphs)
        yield self.text((), name="explain")
        yield Input(compact=True, id="evidence", select_on_focus=False)
        yield self.text(((Piece("Type the server's name  ", Ink.LABEL), Piece(server, Ink.STRONG)),), name="name-label")
        yield Input(compact=True, id="name", select_on_focus=False)
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Revoke", name="revoke", danger=True, disabled=True),
            note="tab next field   esc cancels",
        )

    def on_mount(self) -> None:
        """Begin in the list of causes, with none chosen and none highlighted."""
        self.query_one(CauseList).focus()
        self._explain(None)
        self._show_evidence()
        self._check()

    @property
    def complete(self) -> bool:
        """Whether a cause is chosen, what it rests on is said where it must be, and the name is typed."""
        typed = self.query_one("#name", Input).value == self._row.server
        return self._cause is not None and typed and not self._lacks_evidence

    @property
    def _lacks_evidence(self) -> bool:
        needed = self._cause is not None and self._cause in evidence_rules.NEEDED
        return needed and not self.query_one("#evidence", Input).value.strip()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what the highlighted cause means and does."""
        if event.option_list.highlighted is not None:
            self._explain(event.option_index)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        """Take the cause and go on to the name."""
        self._cause = CAUSES[event.option_index].cause
        self.query_one(CauseList).mark(event.option_index)
        self._explain(event.option_index)
        self._show_evidence()
        self.query_one("#evidence" if self._lacks_evidence else "#name", Input).focus()
        self._check()

    @on(Input.Changed)
    def _typed(self) -> None:
        """Compare the name."""
        self._check()

    @on(Input.Submitted)
    @on(Choice.Pressed, "#revoke")
    def _submit(self) -> None:
        """Carry it out, once cause and name are there."""
        if self.complete and not self._busy:
            self._carry_out()
        elif self._cause is None:
            self.query_one(CauseList).focus()
        elif self._lacks_evidence:
            self.query_one("#evidence", Input).focus()
        else:
            self.query_one("#name", Input).focus()

    @on(Choice.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """End without revoking; not while it is being carried out."""
        if not self._busy:
            self.dismiss(None)

    @work(exclusive=True, group="revoke")
    async def _carry_out(self) -> None:
        """Unlock a slot where none is, revoke, and end with the outcome."""
        cause = self._cause
        if cause is None:
            return
        backend = self.app.backend
        self._set_busy(busy=True)
        if backend.unlocked is None and not await self.app.push_screen_wait(UnlockDialog(f"revoke {self._row.server}")):
            self._set_busy(busy=False)
            self._status("Nothing was revoked: no slot was unlocked.", Ink.DUE)
            return
        self._status("Revoking, and publishing the CRL ...", Ink.REVOKING)
        name, evidence = self.query_one("#name", Input).value, self.query_one("#evidence", Input).value
        act = partial(backend.revoke, self._row, cause=cause, confirm=name, evidence=evidence)
        try:
            outcome = await self.app.acts.run(act)
        except CertmgrError as error:
            self.dismiss(None)
            self.app.trouble(error)
            return
        self.dismiss(outcome)

    def _set_busy(self, *, busy: bool) -> None:
        """Let nothing be changed while it is being carried out."""
        self._busy = busy
        for widget in (self.query_one(CauseList), *self.query(Input)):
            widget.disabled = busy
        self.query_one("#revoke", Choice).disabled = busy or not self.complete
        if not busy:
            self.query_one("#name", Input).focus()

    def _check(self) -> None:
        """Say what is still missing."""
        self.query_one("#revoke", Choice).disabled = not self.complete
        typed = self.query_one("#name", Input).value
        if self._cause is None:
            self._status("Choose a cause.", Ink.DIM)
        elif self._lacks_evidence:
            self._status("Say what it rests on.", Ink.DIM)
        elif not typed:
            self._status("Type the server's name to confirm.", Ink.DIM)
        elif typed != self._row.server:
            self._status("That is not the server's name yet.", Ink.DUE)
        else:
            self._status("Enter revokes.", Ink.URGENT)

    def _show_evidence(self) -> None:
        """Ask what it rests on where the cause needs that (R6.1, R6.2)."""
        needed = None if self._cause is None else evidence_rules.NEEDED.get(self._cause)
        field = self.query_one("#evidence", Input)
        field.display = needed is not None
        field.placeholder = f"{needed[0].upper()}{needed[1:]}" if needed else ""

    def _status(self, text: str, ink: Ink) -> None:
        """Write the line above the buttons."""
        self.set_text("status", (Piece(text, ink),))

    def _explain(self, index: int | None) -> None:
        """Say what a cause means and does."""
        lines = cause_lines(CAUSES[index]) if index is not None else ()
        self.query_one("#explain", Static).update(page(lines))

    def _facts(self) -> tuple[Line, ...]:
        """Return what identifies the certificate."""
        row, glyphs = self._row, self.app.glyphs
        end = day(row.not_after.astimezone(self.app.backend.zone))
        left = f"{plural(row.days, 'day')} left" if row.days >= 0 else f"{plural(-row.days, 'day')} past its end"
        return (
            (Piece(fit("Serial", LABEL, glyphs), Ink.LABEL), Piece(safe_text(row.serial, ascii_only=True))),
            (
                Piece(fit("State", LABEL, glyphs), Ink.LABEL),
                state_piece(row.state, revoking=row.revoking, glyphs=glyphs),
                Piece(f", until {end}, {left}"),
            ),
        )
