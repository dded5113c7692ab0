"""Revoking every marked certificate: which they are, what would be passed over, their number typed (R1.6)."""

from collections.abc import Iterable
from functools import partial

from textual import on, work
from textual.containers import Vertical
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from certmgr import evidence as evidence_rules
from certmgr.errors import CertmgrError
from tui.dialogs.acting import WIDTH, ActDialog
from tui.dialogs.base import LABEL, Choice, buttons
from tui.present import Ink, Line, Piece, fit, moment_utc, plural, safe_text
from tui.values.revocations import Ask, BulkOutcome, Picked, Progress, Rehearsal
from tui.widgets.causes import CauseList
from tui.widgets.fields import Field
from tui.widgets.paint import page
from tui.wording import CAUSES, CauseWords, bulk_line, error_text, some_names

_NAMES = 5
_REASONS = 2
_DRAW_S = 0.2


class BulkDialog(ActDialog[BulkOutcome]):
    """Holds the marked certificates as they were when it opened, and says what of them a revocation would concern."""

    PURPOSE = "revoke"
    WORKING = "Recording the requests ..."

    def __init__(self, picked: Picked) -> None:
        """Revoke what is marked."""
        super().__init__()
        self._picked = picked
        self._all = (*picked.shown, *picked.hidden)
        self._words: CauseWords | None = None
        self._found: Rehearsal | None = None
        self._progress = Progress()

    def body(self) -> Iterable[Widget]:
        """Return the names, the causes, what would be done, the number and the buttons."""
        yield self.title_line("Revoke", plural(len(self._all), "marked certificate"))
        yield self.text(self._marked())
        yield CauseList(self.app.glyphs)
        yield self.text((), name="explain")
        with Vertical(id="details"):
            yield Field("Evidence", "evidence")
            yield self.text((), name="rehearsal")
        yield self.text((), name="fate")
        yield self.text((), name="number-label")
        yield Input(compact=True, id="number", select_on_focus=False, max_length=9)
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Revoke all", name="act", danger=True, disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin in the list of causes, with none chosen and none highlighted."""
        self.add_class("-choosing")
        self.query_one(CauseList).focus()
        self._show_evidence()
        self.show_fate()
        self._show_number()
        self.check()

    @on(DescendantFocus)
    def _focused(self) -> None:
        """Give the causes the room that they need while one is being chosen, then to what is asked about it."""
        causes = self.query_one(CauseList)
        self.set_class(self._words is None or self.focused is causes, "-choosing")
        self.call_after_refresh(causes.scroll_to_highlight)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say what the highlighted cause means and does."""
        if event.option_list.highlighted is not None:
            self._explain(CAUSES[event.option_index])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        """Take the cause and go on to what it rests on, or to the number."""
        self._words = CAUSES[event.option_index]
        self.query_one(CauseList).mark(event.option_index)
        self._explain(self._words)
        self._show_evidence()
        self._found = None
        field = self.query_one("#evidence" if self._lacks_evidence else "#number", Input)
        field.focus()
        self._rehearse()
        self.check()

    @on(Input.Changed, "#evidence")
    def _evidence_changed(self) -> None:
        """See what would be done once there is evidence."""
        if self._found is None or self._lacks_evidence:
            self._rehearse()

    @property
    def _lacks_evidence(self) -> bool:
        needed = self._words is not None and self._words.cause in evidence_rules.NEEDED
        return needed and not self.query_one("#evidence", Input).value.strip()

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return what is missing: a cause, what it rests on, the number."""
        number = self.query_one("#number", Input)
        if self._words is None:
            return "Choose a cause.", Ink.DIM, self.query_one(CauseList)
        if self._lacks_evidence:
            return "Say what it rests on.", Ink.DIM, self.query_one("#evidence", Input)
        if self._found is None:
            return "Nothing can be revoked for this cause yet.", Ink.DUE, self.query_one(CauseList)
        if not number.value.strip():
            return "Type their number to confirm.", Ink.DIM, number
        if number.value.strip() != str(len(self._found.revoked)):
            return "That is not their number.", Ink.DUE, number
        only_asks = self.app.backend.revoking.may_decide is False
        return "Enter asks for all of them." if only_asks else "Enter revokes all of them.", Ink.URGENT, None

    @work(exclusive=True, group="rehearse")
    async def _rehearse(self) -> None:
        """Ask what would be done, without doing it."""
        if self._words is None or self._lacks_evidence:
            self._found = None
            self._say_rehearsal(())
            return
        ask = self._ask(self._words)
        call = partial(self.app.backend.revoking.rehearse, [one.id for one in self._all], ask)
        try:
            self._found = await self.app.reads.run(call)
        except CertmgrError as error:
            self._found = None
            text = safe_text(error_text(error), ascii_only=self.app.glyphs.ascii_only)
            self._say_rehearsal(((Piece(text, Ink.URGENT),),))
        else:
            self._say_rehearsal(self._rehearsal(self._found))
        self._show_number()
        self.check()

    @work(exclusive=True, group="revoke")
    async def carry_out(self) -> None:
        """Request, verify, revoke and publish as far as the slot may go; what has been done is shown."""
        if self._words is None or self._found is None:
            return
        number = len(self._found.revoked)
        self._progress = Progress(total=number)
        call = partial(
            self.app.backend.revoking.revoke_many,
            [one.id for one in self._all],
            self._ask(self._words),
            confirm=number,
            progress=self._progress,
        )
        timer = self.set_interval(_DRAW_S, self._draw_progress)
        try:
            outcome = await self.done(plural(number, "certificate"), call)
        finally:
            timer.stop()
        if outcome is None:
            return
        self.dismiss(outcome)
        text = bulk_line(outcome, self.app.backend.now())
        if outcome.published and not outcome.problem:
            self.app.say(text)
        else:
            self.app.unfinished("Revocation not finished", text)

    def weaker(self) -> bool:
        """Go back to what confirms it: it becomes requests."""
        self.query_one("#number", Input).focus()
        return True

    def _ask(self, words: CauseWords) -> Ask:
        evidence = self.query_one("#evidence", Input).value if words.cause in evidence_rules.NEEDED else ""
        return Ask(cause=words.cause, evidence=evidence)

    def _draw_progress(self) -> None:
        """Say how far it has come."""
        done = self._progress
        if not self.busy or not done.requested:
            return
        if done.revoked:
            last = done.revoked >= done.requested
            text = "Publishing the CRL ..." if last else f"Revoked {done.revoked:,} of {done.requested:,} ..."
        else:
            text = f"Requested {done.requested:,} of {done.total:,} ..."
        self.status(text, Ink.REVOKING)

    def _marked(self) -> Iterable[Line]:
        """Return the first names, and which of them the list does not show."""
        yield from self.labelled("Marked", some_names([one.server for one in self._all], _NAMES))
        if self._picked.hidden:
            names = some_names([one.server for one in self._picked.hidden], 1)
            yield self._one_line("Hidden", f"{len(self._picked.hidden):,} filtered out: {names}", Ink.DUE)

    def _rehearsal(self, found: Rehearsal) -> Iterable[Line]:
        """Return what would be revoked beyond what is marked, and what would be passed over and why."""
        marked = {one.id for one in self._all}
        more = [one.server for one in found.revoked if one.id not in marked]
        yield from self.labelled("Revokes", plural(len(found.revoked), "certificate"), Ink.STRONG)
        if more:
            yield from self.labelled("Same key", some_names(more, _REASONS), Ink.URGENT)
        if found.passed_over:
            yield from self.labelled("But not", plural(len(found.passed_over), "certificate"), Ink.DUE)
            for one, reason in found.passed_over[:_REASONS]:
                yield self._one_line("", f"{one.server}, {one.state.value}: {reason}", Ink.DIM)
            if len(found.passed_over) > _REASONS:
                yield self._one_line("", f"and {len(found.passed_over) - _REASONS:,} more", Ink.DIM)

    def _one_line(self, label: str, value: str, ink: Ink) -> Line:
        """Return a labelled value cut to one line."""
        glyphs = self.app.glyphs
        shown = safe_text(value, ascii_only=glyphs.ascii_only)
        return Piece(f"{label:<{LABEL}}", Ink.LABEL), Piece(fit(shown, WIDTH - LABEL, glyphs).rstrip(), ink)

    def _say_rehearsal(self, lines: Iterable[Line]) -> None:
        self.query_one("#rehearsal", Static).update(page(lines))

    def _show_number(self) -> None:
        number = f"  {len(self._found.revoked)}" if self._found is not None else ""
        self.set_text("number-label", (Piece("Type their number", Ink.LABEL), Piece(number, Ink.STRONG)))

    def _show_evidence(self) -> None:
        needed = None if self._words is None else evidence_rules.NEEDED.get(self._words.cause)
        self.query_one("#evidence-field").display = needed is not None
        field = self.query_one("#evidence", Input)
        field.display = needed is not None
        field.placeholder = f"{needed[0].upper()}{needed[1:]}" if needed else ""

    def show_fate(self) -> None:
        """Say who acts, what it becomes, and until when it has to be done."""
        backend = self.app.backend
        now, periods, decides = backend.now(), backend.revoking.periods, backend.revoking.may_decide
        slot = safe_text(backend.unlocked or "", ascii_only=self.app.glyphs.ascii_only)
        what, due = ("Verify by", now + periods.verify) if decides is False else ("Publish by", now + periods.publish)
        who = "A slot is asked for. " if decides is None else f"{slot} revokes them. "
        first = Piece(f"{slot} may only ask. ", Ink.DUE) if decides is False else Piece(who, Ink.DIM)
        self.query_one("#act", Choice).relabel("Ask for all" if decides is False else "Revoke all")
        until = Piece(f"{moment_utc(due)[:16]} UTC", Ink.REVOKING)
        self.set_text("fate", (first, Piece(f"{what} ", Ink.LABEL), until, Piece(".", Ink.DIM)))

    def _explain(self, words: CauseWords) -> None:
        """Say what a cause does."""
        self.query_one("#explain", Static).update(page(((Piece(words.does, Ink.DIM),),)))
