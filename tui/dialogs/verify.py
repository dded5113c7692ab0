"""Vouching for a revocation request: what is verified, and what that word rests on."""

from collections.abc import Iterable
from functools import partial

from textual import work
from textual.widget import Widget
from textual.widgets import Input

from tui.dialogs.acting import ActDialog
from tui.dialogs.base import Choice, buttons
from tui.present import Ink, Line, Piece, moment_utc
from tui.values.revocations import RequestView
from tui.views import Outcome
from tui.widgets.fields import Field
from tui.wording import CAUSES, outcome_line, reason_of, some_names

_SHOWN = 3
_EVIDENCE = 3 * 56


class VerifyDialog(ActDialog[Outcome]):
    """Holds the request as it was when the dialog opened; the operation refuses where it was decided since."""

    PURPOSE = "verify the revocation of"
    WORKING = "Verifying, revoking and publishing the CRL ..."

    def __init__(self, view: RequestView) -> None:
        """Verify the request of `view`."""
        super().__init__()
        self._view = view
        self._one = view.row.revocation

    def body(self) -> Iterable[Widget]:
        """Return the request, what verifying does, and the field for what it rests on."""
        yield self.title_line("Verify", f"request {self._one.id}: {self._one.server}")
        yield self.text(self._facts())
        yield self.text(self._does(), name="does")
        yield Field("How", "how", placeholder="what your word rests on: called the owner back")
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Verify and revoke", name="act", danger=True, disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin in the field, which is empty; follow what others decide."""
        self.query_one("#how", Input).focus()
        self.check()
        self.app.store_signal.subscribe(self, lambda _asked: self._follow())

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        """Say when somebody else has decided meanwhile."""
        if self.busy:
            return
        read = partial(self.app.backend.revocations.row, self._one.id)
        now = await self.app.reads.run(read)
        if now.word is not self._view.row.word and not self.busy:
            self.status(f"Changed meanwhile: the request is {now.word.value}.", Ink.ALARM)

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return whether it is said what the word rests on."""
        field = self.query_one("#how", Input)
        if not field.value.strip():
            return "Say what your word rests on.", Ink.DIM, field
        return "Enter verifies and revokes.", Ink.URGENT, None

    @work(exclusive=True, group="verify")
    async def carry_out(self) -> None:
        """Verify, revoke, publish, and end with what came of it."""
        how = self.query_one("#how", Input).value.strip()
        call = partial(self.app.backend.revocations.verify, self._one.id, how=how)
        outcome = await self.done(self._one.server, call)
        if outcome is None:
            return
        self.dismiss(outcome)
        text = outcome_line(outcome, self.app.backend.now())
        if outcome.published and not outcome.problem:
            self.app.say(text)
        else:
            self.app.unfinished("Revocation not finished", text)

    def _facts(self) -> Iterable[Line]:
        one, view = self._one, self._view
        others = some_names([each.server for each in view.together], _SHOWN)
        for label, value in (
            ("Serial", one.serial),
            ("Cause", f"{one.cause.value}, on the CRL as {reason_of(one.cause)}"),
            ("Evidence", one.evidence if len(one.evidence) <= _EVIDENCE else f"{one.evidence[:_EVIDENCE]} ..."),
            ("Note", one.note[:_EVIDENCE]),
            ("Asked by", f"{one.requested_by}, {moment_utc(one.received_at)}"),
            ("Verify by", moment_utc(one.verify_due_at)),
            ("Together", f"{len(view.together) + 1} requests, with {others}" if view.together else ""),
        ):
            yield from self.labelled(label, value)

    def _does(self) -> Iterable[Line]:
        does = next((each.does for each in CAUSES if each.cause is self._one.cause), "")
        yield ()
        yield (Piece(does, Ink.DIM),)
        due = self.app.backend.now() + self.app.backend.revoking.periods.publish
        yield (
            Piece("Your word starts the clock: publish by ", Ink.DIM),
            Piece(f"{moment_utc(due)[:16]} UTC", Ink.REVOKING),
            Piece(".", Ink.DIM),
        )
