"""The revocation of one certificate: a cause that must be chosen, the server's name that must be typed (N7)."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from certmgr import evidence as evidence_rules
from certmgr.errors import CertmgrError
from certmgr.models.revocations import Cause
from tui.dialogs.acting import ActDialog
from tui.dialogs.base import LABEL, Choice, buttons
from tui.moments import FORM, parse_moment
from tui.present import Ink, Line, Piece, day, fit, moment_utc, plural, safe_text, state_piece
from tui.values.revocations import Ask, Beside, Named
from tui.views import Outcome, Row
from tui.widgets.causes import CauseList
from tui.widgets.fields import Field, Switch
from tui.widgets.paint import page
from tui.wording import CAUSES, CauseWords, cause_lines, some_names

if TYPE_CHECKING:
    from textual.timer import Timer

_NAMES_SHOWN = 2
_CLOCK_S = 30.0


class RevokeDialog(ActDialog[Outcome]):
    """Asks for cause, evidence and name, unlocks a slot if none is, and carries the revocation out.

    It holds the certificate as it was when the dialog opened: whatever happens to the list behind it, this
    certificate and no other is revoked, and the operation checks its state again.
    """

    PURPOSE = "revoke"
    WORKING = "Revoking, and publishing the CRL ..."

    def __init__(self, row: Row) -> None:
        """Revoke the certificate of `row`."""
        super().__init__()
        self._row = row
        self._words: CauseWords | None = None
        self._beside: Beside | None = None
        self._clock: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Return facts, causes, what goes along, the fields, what becomes of it, and the buttons."""
        server = safe_text(self._row.server, ascii_only=self.app.glyphs.ascii_only)
        yield self.title_line("Revoke", self._row.server)
        yield self.text(self._facts())
        yield CauseList(self.app.glyphs)
        yield self.text((), name="explain")
        with Vertical(id="details"):
            yield Field("Evidence", "evidence")
            yield Field("Leaked", "since", placeholder=f"since {FORM}")
            yield Switch("line")
        yield self.text((), name="fate")
        yield self.text(((Piece("Type the server's name  ", Ink.LABEL), Piece(server, Ink.STRONG)),), name="name-label")
        yield Input(compact=True, id="name", select_on_focus=False)
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Revoke", name="act", danger=True, disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin in the list of causes, with none chosen and none highlighted."""
        self.add_class("-choosing")
        self.query_one(CauseList).focus()
        self._explain(None)
        self._show_fields()
        self.show_fate()
        self._clock = self.set_interval(_CLOCK_S, self.show_fate)
        self.check()
        self._read_beside()

    @on(DescendantFocus)
    def _focused(self) -> None:
        """Give the causes the room that they need while one is being chosen, then to what is asked about it."""
        causes = self.query_one(CauseList)
        self.set_class(self._words is None or self.focused is causes, "-choosing")
        self.call_after_refresh(causes.scroll_to_highlight)

    @work(exclusive=True, group="beside")
    async def _read_beside(self) -> None:
        """Read what a compromised key would take along."""
        try:
            read = partial(self.app.backend.revoking.beside, self._row.id)
            self._beside = await self.app.reads.run(read)
        except CertmgrError as error:
            self.status(error.message, Ink.URGENT)
            return
        self._show_fields()
        if self._words is not None:
            self._explain(self._words)

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return what is still missing: a cause, what it rests on where it must be said, the name."""
        name, evidence, since = (self.query_one(f"#{each}", Input) for each in ("name", "evidence", "since"))
        if self._words is None:
            return "Choose a cause.", Ink.DIM, self.query_one(CauseList)
        try:
            known_since = self._since()
        except ValueError:
            return f"Since when: {FORM}.", Ink.DUE, since
        if self._words.cause in evidence_rules.NEEDED and not evidence.value.strip() and known_since is None:
            return "Say what it rests on.", Ink.DIM, evidence
        if not name.value:
            return "Type the server's name to confirm.", Ink.DIM, name
        if name.value != self._row.server:
            return "That is not the server's name yet.", Ink.DUE, name
        return "Enter asks for it." if self._only_asks else "Enter revokes.", Ink.URGENT, None

    @property
    def _only_asks(self) -> bool:
        return self.app.backend.revoking.may_decide is False

    def _since(self) -> datetime | None:
        """Return since when the key may be known; raises ValueError."""
        compromised = self._words is not None and self._words.cause is Cause.KEY_COMPROMISE
        return parse_moment(self.query_one("#since", Input).value) if compromised else None

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what the highlighted cause means and does."""
        if event.option_list.highlighted is not None:
            self._explain(CAUSES[event.option_index])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        """Take the cause and go on to what it rests on, or to the name."""
        self._words = CAUSES[event.option_index]
        self.query_one(CauseList).mark(event.option_index)
        self._explain(self._words)
        self._show_fields()
        field = self.missing()[2]
        (field if isinstance(field, Input) else self.query_one("#name", Input)).focus()
        self.check()

    @work(exclusive=True, group="revoke")
    async def carry_out(self) -> None:
        """Unlock a slot where none is, revoke, and end with the outcome."""
        if self._words is None:
            return
        ask = Ask(
            cause=self._words.cause,
            evidence=self.query_one("#evidence", Input).value if self._words.cause in evidence_rules.NEEDED else "",
            compromised_since=self._since(),
            also_line=self._line_offered and self.query_one("#line", Switch).on,
        )
        act = partial(self.app.backend.revoking.revoke, self._row.id, ask, confirm=self.query_one("#name", Input).value)
        outcome = await self.done(self._row.server, act)
        if outcome is not None:
            self.dismiss(outcome)

    def weaker(self) -> bool:
        """Go back to what confirms it: it becomes a request."""
        self.query_one("#name", Input).focus()
        return True

    @property
    def _line_offered(self) -> bool:
        compromised = self._words is not None and self._words.cause is Cause.KEY_COMPROMISE
        return compromised and self._beside is not None and bool(self._beside.line)

    def _show_fields(self) -> None:
        """Ask for what the cause needs: what it rests on, since when, and what of the server's line goes along."""
        cause = None if self._words is None else self._words.cause
        needed = None if cause is None else evidence_rules.NEEDED.get(cause)
        self.query_one("#evidence-field").display = needed is not None
        evidence = self.query_one("#evidence", Input)
        evidence.display = needed is not None
        evidence.placeholder = f"{needed[0].upper()}{needed[1:]}" if needed else ""
        for name in ("since-field", "since"):
            self.query_one(f"#{name}").display = cause is Cause.KEY_COMPROMISE
        switch = self.query_one("#line", Switch)
        switch.display = self._line_offered
        if self._beside is not None and self._beside.line:
            names = some_names([self._short(one) for one in self._beside.line], 1)
            switch.say(f"Take other keys of this server along: {names}", ascii_only=self.app.glyphs.ascii_only)

    def show_fate(self) -> None:
        """Say who acts, what it becomes, and until when it has to be done."""
        revoking = self.app.backend.revoking
        now, periods = self.app.backend.now(), revoking.periods
        slot = safe_text(self.app.backend.unlocked or "", ascii_only=self.app.glyphs.ascii_only)
        pieces: tuple[Piece, ...]
        if revoking.may_decide is None:
            pieces = (Piece("A slot is asked for. ", Ink.DIM), *_until("Publish by", now + periods.publish))
        elif revoking.may_decide:
            pieces = (Piece(f"{slot} revokes it. ", Ink.DIM), *_until("Publish by", now + periods.publish))
        else:
            pieces = (Piece(f"{slot} may only ask. ", Ink.DUE), *_until("Verify by", now + periods.verify))
        self.query_one("#act", Choice).relabel("Ask for it" if self._only_asks else "Revoke")
        self.set_text("fate", pieces)

    def _explain(self, words: CauseWords | None) -> None:
        """Say what a cause means and does, and which certificates it is about."""
        if words is None:
            self.query_one("#explain", Static).update("")
            return
        means, does = cause_lines(words)
        along = self._along(words)
        self.query_one("#explain", Static).update(page((means, does) if along is None else (does, along)))

    def _along(self, words: CauseWords) -> Line | None:
        """Return which other certificates have the key, and what becomes of them; None: there is none to name."""
        if self._beside is None or self._words is not words:
            return None
        others = self._beside.same_key
        compromised = words.cause is Cause.KEY_COMPROMISE
        if not others:
            return (Piece("No other certificate has this key.", Ink.DIM),) if compromised else None
        names = some_names([self._short(one) for one in others], _NAMES_SHOWN)
        text = "Revoked with it, same key: " if compromised else "Left as they are, same key: "
        shown = safe_text(names, ascii_only=self.app.glyphs.ascii_only)
        return Piece(text, Ink.LABEL), Piece(shown, Ink.URGENT if compromised else Ink.PLAIN)

    def _short(self, one: Named) -> str:
        """Return a certificate in a word or two: its server where that is another, else the beginning of its serial."""
        name = one.server if one.server != self._row.server else one.serial[:8]
        return f"{name} {one.state.value}"

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


def _until(what: str, due: datetime) -> tuple[Piece, ...]:
    """Return until when something has to be done."""
    return Piece(f"{what} ", Ink.LABEL), Piece(f"{moment_utc(due)[:16]} UTC", Ink.REVOKING), Piece(".", Ink.DIM)
