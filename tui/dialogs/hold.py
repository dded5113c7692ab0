"""Holding a certificate for a time, and releasing it (N2, R6.2(9))."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from textual import on, work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from certmgr import evidence as evidence_rules
from certmgr.models.revocations import Cause, HoldEnd, HoldTerms
from tui.dialogs.acting import ActDialog
from tui.dialogs.base import LABEL, Choice, buttons
from tui.moments import FORM, parse_until
from tui.present import Ink, Line, Piece, fit, moment_utc, safe_text, state_piece
from tui.values.revocations import Named, ReleaseOutcome
from tui.views import Outcome
from tui.widgets.fields import Field
from tui.widgets.paint import content
from tui.widgets.pick import Pick
from tui.wording import CAUSES, outcome_line, reason_of, release_line

_ENDS = (
    (HoldEnd.ASK.value, "a person decides; check names it until then"),
    (HoldEnd.REVOKE.value, "it becomes a revocation, for the cause below"),
    (HoldEnd.RELEASE.value, "it is released"),
)
_NOT_BY_ITSELF = frozenset({Cause.SUSPENDED, Cause.KEY_COMPROMISE})
"""Causes that a hold does not end in without a person."""


class _NamedDialog(ActDialog[Outcome | ReleaseOutcome]):
    """A dialog about one certificate that asks for its server's name."""

    VERB = ""

    def __init__(self, named: Named) -> None:
        """Be about this certificate, as it is now."""
        super().__init__()
        self._named = named

    def head(self) -> Iterable[Widget]:
        """Return what identifies the certificate."""
        glyphs, named = self.app.glyphs, self._named
        yield self.title_line(self.VERB, named.server)
        yield self.text(
            (
                *self.labelled("Serial", named.serial),
                (
                    Piece(fit("State", LABEL, glyphs), Ink.LABEL),
                    state_piece(named.state, revoking=False, glyphs=glyphs),
                ),
            )
        )

    def name_field(self) -> Iterable[Widget]:
        """Return the field for the server's name, and the line above it."""
        server = safe_text(self._named.server, ascii_only=self.app.glyphs.ascii_only)
        yield self.text((), name="fate")
        yield self.text(((Piece("Type the server's name  ", Ink.LABEL), Piece(server, Ink.STRONG)),), name="name-label")
        yield Input(compact=True, id="name", select_on_focus=False)
        yield self.text((), name="status")

    def on_mount(self) -> None:
        """Say what it becomes."""
        self.show_fate()

    def weaker(self) -> bool:
        """Go back to what confirms it: it becomes a request."""
        self.query_one("#name", Input).focus()
        return True

    def name_missing(self) -> tuple[str, Ink, Widget | None]:
        """Return whether the name is typed."""
        field = self.query_one("#name", Input)
        if not field.value:
            return "Type the server's name to confirm.", Ink.DIM, field
        if field.value != self._named.server:
            return "That is not the server's name yet.", Ink.DUE, field
        only_asks = self.app.backend.revoking.may_decide is False
        return "Enter asks for it." if only_asks else f"Enter {self.VERB.lower()}s it.", Ink.URGENT, None

    def say_fate(self, lasting: Line, asks: Line) -> None:
        """Write the line above the name: what the act becomes for a slot that may decide, and for one that may not."""
        revoking = self.app.backend.revoking
        slot = safe_text(self.app.backend.unlocked or "", ascii_only=self.app.glyphs.ascii_only)
        if revoking.may_decide is None:
            self.set_text("fate", (Piece("A slot is asked for. ", Ink.DIM), *lasting))
        elif revoking.may_decide:
            self.set_text("fate", (Piece(f"{slot} decides. ", Ink.DIM), *lasting))
        else:
            self.set_text("fate", (Piece(f"{slot} may only ask. ", Ink.DUE), *asks))
        self.query_one("#act", Choice).relabel("Ask for it" if revoking.may_decide is False else self.VERB)


class HoldDialog(_NamedDialog):
    """Asks what the hold rests on, until when it lasts and what becomes of it then."""

    PURPOSE = "hold"
    WORKING = "Holding, and publishing the CRL ..."
    VERB = "Hold"

    def body(self) -> Iterable[Widget]:
        """Return the certificate, the terms of the hold, the name and the buttons."""
        yield from self.head()
        yield self.text(
            (
                (),
                (Piece(f"On the CRL as {reason_of(Cause.SUSPENDED)}, until released or revoked.", Ink.DIM),),
            )
        )
        yield Field("Evidence", "evidence", placeholder=_said(evidence_rules.NEEDED[Cause.SUSPENDED]))
        until = self.app.backend.now() + self.app.backend.revoking.periods.hold
        yield Field("Until", "until", value=f"{until.astimezone(self.app.backend.zone):%Y-%m-%d}")
        yield self._pick("Then", "then")
        yield self._pick("Cause", "cause")
        yield from self.name_field()
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Hold", name="act", danger=True, disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin with the evidence; a person decides where nothing else is chosen."""
        self.query_one("#then", Pick).offer(_ENDS)
        causes = [words for words in CAUSES if words.cause not in _NOT_BY_ITSELF]
        self.query_one("#cause", Pick).offer(
            tuple((words.cause.value, words.reason) for words in causes), chosen=Cause.FEES_UNPAID.value
        )
        self._show_cause()
        self.query_one("#evidence", Input).focus()
        self.check()

    @on(Pick.Changed)
    def _changed(self) -> None:
        """Ask for a cause where it becomes a revocation."""
        self._show_cause()
        self.check()

    @on(Pick.Asked)
    def _next(self, event: Pick.Asked) -> None:
        """There are few: enter shows the next one."""
        event.pick.action_step(1)

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return what is missing: evidence, a date, the name."""
        evidence, until = self.query_one("#evidence", Input), self.query_one("#until", Input)
        if not evidence.value.strip():
            return "Say what it rests on.", Ink.DIM, evidence
        try:
            if self._until() is None:
                return "Say until when.", Ink.DIM, until
        except ValueError:
            return f"Until when: {FORM}.", Ink.DUE, until
        return self.name_missing()

    @work(exclusive=True, group="hold")
    async def carry_out(self) -> None:
        """Hold, publish, and end with what came of it."""
        until = self._until()
        if until is None:
            return
        then = HoldEnd(self.query_one("#then", Pick).value)
        cause = Cause(self.query_one("#cause", Pick).value) if then is HoldEnd.REVOKE else None
        call = partial(
            self.app.backend.revoking.hold,
            self._named.id,
            confirm=self.query_one("#name", Input).value,
            evidence=self.query_one("#evidence", Input).value,
            terms=HoldTerms(until=until, then=then, cause=cause),
        )
        outcome = await self.done(self._named.server, call)
        if outcome is None:
            return
        self.dismiss(outcome)
        text = outcome_line(outcome, self.app.backend.now())
        if outcome.published and not outcome.problem:
            self.app.say(text)
        else:
            self.app.unfinished("Hold not finished", text)

    def show_fate(self) -> None:
        """Say until when it has to be published or verified."""
        now, periods = self.app.backend.now(), self.app.backend.revoking.periods
        self.say_fate(_by("Publish by", now + periods.publish), _by("Verify by", now + periods.verify))

    def _until(self) -> datetime | None:
        return parse_until(self.query_one("#until", Input).value, self.app.backend.zone)

    def _show_cause(self) -> None:
        shown = self.query_one("#then", Pick).value == HoldEnd.REVOKE.value
        self.query_one("#cause-field").display = shown

    def _pick(self, label: str, name: str) -> Horizontal:
        title = Static(content((Piece(label, Ink.LABEL),)), classes="label", markup=False)
        return Horizontal(title, Pick(name=name), classes="form-field", id=f"{name}-field")


class ReleaseDialog(_NamedDialog):
    """Asks for the name, and lifts the hold."""

    PURPOSE = "release"
    WORKING = "Releasing, and publishing the CRL ..."
    VERB = "Release"

    def __init__(self, named: Named, *, until: datetime | None = None) -> None:
        """Release this certificate; `until` is by when its hold is to be decided."""
        super().__init__(named)
        self._hold_until = until

    def body(self) -> Iterable[Widget]:
        """Return the certificate, what a release does, the name and the buttons."""
        yield from self.head()
        if self._hold_until is not None:
            yield self.text(self.labelled("Until", moment_utc(self._hold_until)))
        yield self.text(((), (Piece("The next CRL is without it: relying parties trust it again.", Ink.DIM),)))
        yield Field("Note", "note", placeholder="for the record; may stay empty")
        yield from self.name_field()
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Release", name="act", danger=True, disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin with the name."""
        self.query_one("#name", Input).focus()
        self.check()

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return whether the name is typed."""
        return self.name_missing()

    @work(exclusive=True, group="release")
    async def carry_out(self) -> None:
        """Release, publish, and end with what came of it."""
        call = partial(
            self.app.backend.revoking.release,
            self._named.id,
            confirm=self.query_one("#name", Input).value,
            note=self.query_one("#note", Input).value,
        )
        outcome = await self.done(self._named.server, call)
        if outcome is None:
            return
        self.dismiss(outcome)
        text = release_line(outcome, self.app.backend.now())
        if outcome.lifted and outcome.due is None:
            self.app.say(text)
        else:
            self.app.unfinished("Release not finished", text)

    def show_fate(self) -> None:
        """Say until when relying parties have to see it."""
        due = self.app.backend.now() + self.app.backend.revoking.periods.release
        self.say_fate(_by("Publish by", due), _by("Decide by", due))


def _by(what: str, due: datetime) -> Line:
    return Piece(f"{what} ", Ink.LABEL), Piece(f"{moment_utc(due)[:16]} UTC", Ink.REVOKING), Piece(".", Ink.DIM)


def _said(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
