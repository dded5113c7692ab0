"""Approving, rejecting and withdrawing an application: what is decided on, why, and the typed name (R2.1, N7)."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Literal

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input

from tui.dialogs.base import Choice, buttons
from tui.dialogs.form import FormDialog
from tui.issue_words import fact_line, people
from tui.present import Ink, Line, Piece, fit
from tui.sheets.applications import content_facts
from tui.values.applications import ApplicationDetail
from tui.values.issuing import Submitted

Verb = Literal["approve", "reject", "withdraw", "issue"]
_SHOWN = ("Names", "Unit", "Purpose", "Profile", "Key")
_VALUE_WIDTH = 57


class DecideDialog(FormDialog[Submitted]):
    """Holds the application as it was when the dialog opened; the backend refuses where it has changed since."""

    def __init__(self, verb: Verb, detail: ApplicationDetail) -> None:
        """Decide on the application of `detail`."""
        super().__init__()
        self._verb = verb
        self._detail = detail
        self._one = detail.application

    @property
    def _asks(self) -> bool:
        """Whether a reason and the name are asked for."""
        return self._verb in {"approve", "reject"}

    def body(self) -> Iterable[Widget]:
        """Return what is decided on, what it does, the fields, and the buttons."""
        word = self._verb.capitalize()
        yield self.title_line(word, f"application {self._one.id}: {self._one.server}")
        yield self.text(self._facts(), name="facts")
        yield self.text(self._does(), name="does")
        if self._asks:
            yield from self.text_field("reason", "Reason", placeholder="it stays on record, with your name")
            server = Piece(self.safe(self._one.server), Ink.STRONG)
            yield self.text(((Piece("Type the server's name  ", Ink.LABEL), server),), name="name-label")
            yield Input(compact=True, id="name", select_on_focus=False)
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice(word, name=self.ACT, danger=self._verb in {"reject", "withdraw"}, disabled=self._asks),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin with the reason; without one to give, on the button that cancels."""
        self.query_one("#reason" if self._asks else "#cancel").focus()
        self._check()

    @on(Input.Changed)
    def _typed(self) -> None:
        """See whether all is there."""
        self._check()

    @property
    def _complete(self) -> bool:
        typed = not self._asks or (self.typed("reason").strip() and self.typed("name") == self._one.server)
        return bool(typed)

    def _check(self) -> None:
        """Say what is still missing."""
        self.query_one(f"#{self.ACT}", Choice).disabled = self._busy or not self._complete
        if not self._asks:
            self.status("")
        elif not self.typed("reason").strip():
            self.status("Give a reason.")
        elif not self.typed("name"):
            self.status("Type the server's name to confirm.")
        elif not self._complete:
            self.status("That is not the server's name yet.", Ink.DUE)
        else:
            self.status(f"Enter on {self._verb.capitalize()} signs it with your slot.", Ink.PENDING)

    @work(exclusive=True, group="decide")
    async def carry_out(self) -> None:
        """Unlock a slot where none is, and decide; a refusal leaves what was typed."""
        if not self._complete:
            return
        self.set_busy(busy=True)
        self.status("Carrying it out ...", Ink.PENDING)
        done = await self.app.act(f"{self._verb} application {self._one.id}", self._call())
        if done is not None:
            self.dismiss(done)
            return
        self.set_busy(busy=False)
        self._check()
        self.status("Nothing was done.", Ink.DUE)

    def _call(self) -> Callable[[], Submitted]:
        applications, one = self.app.backend.applications, self._one
        match self._verb:
            case "approve":
                return partial(applications.approve, one, reason=self.typed("reason"), confirm=self.typed("name"))
            case "reject":
                return partial(applications.reject, one, reason=self.typed("reason"), confirm=self.typed("name"))
            case "withdraw":
                return partial(applications.withdraw, one)
            case "issue":
                return partial(applications.issue, one)

    def _facts(self) -> Iterable[Line]:
        """Return what is decided on."""
        glyphs = self.app.glyphs
        facts = {fact.label: fact.value for fact in content_facts(self._detail)}
        for label in _SHOWN:
            yield fact_line(label, fit(self.safe(facts[label]), _VALUE_WIDTH, glyphs).rstrip(), glyphs)
        yield fact_line("Applicant", self._one.requested_by, glyphs)
        if self._detail.doubts:
            yield (Piece("Not every decision on it verifies; its page says which.", Ink.URGENT),)

    def _does(self) -> Iterable[Line]:
        """Return what the decision does."""
        match self._verb:
            case "approve":
                left = self._one.needed - len(self._one.approvals) - 1
                after = "The certificate is issued at once." if left <= 0 else f"It then still needs {people(left)}."
                return (Piece("Binds names, key, profile and days as they are above.", Ink.DIM),), (Piece(after),)
            case "reject":
                text = "Ends the application. Whoever applied may apply anew."
            case "withdraw":
                text = "Ends your application, decided or not. You may apply anew."
            case "issue":
                text = "It is approved. Policy is asked again, and the certificate is issued at once."
        return ((Piece(text, Ink.DIM),),)
