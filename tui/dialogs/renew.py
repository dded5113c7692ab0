"""Renewing one certificate or several: what stands against it, a reason for what is too early, a result for each."""

from collections.abc import Iterable, Sequence
from functools import partial

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, Static

from certmgr.errors import CertmgrError
from tui.dialogs.base import Choice, buttons
from tui.dialogs.form import FormDialog
from tui.dialogs.unlock import UnlockDialog
from tui.issue_words import fact_line, not_renewed_line, renewal_problem, renewed_line, some
from tui.present import Ink, Line, Piece, day, plural
from tui.values.issuing import RenewalFact, Submitted
from tui.widgets.scroll_text import ScrollText


class RenewDialog(FormDialog[Submitted]):
    """Ends with the successor of one certificate; the results of several stay in it until it is closed.

    It holds each certificate as it was when the dialog opened: the backend refuses where it has changed since.
    """

    def __init__(self, facts: Sequence[RenewalFact], *, hidden: int = 0) -> None:
        """Renew the certificates of `facts`; `hidden` of them are marked and hidden by the filter."""
        super().__init__()
        self._facts = tuple(facts)
        self._hidden = hidden
        self._one = facts[0] if len(facts) == 1 else None
        self._stopped = False
        self._over = False

    def body(self) -> Iterable[Widget]:
        """Return what is renewed, what stands against it, the fields that this needs, and the buttons."""
        yield self.title_line("Renew", self._one.seen.server if self._one else f"{len(self._facts):,} certificates")
        if self._one:
            yield self.text(self._one_lines(self._one), name="facts")
        else:
            yield ScrollText(id="facts")
        if self._early:
            many = "with a reason those that are too early are renewed, too"
            one = "why it is renewed early; the journal keeps it"
            yield from self.text_field("reason", "Reason", placeholder=one if self._one else many)
        if self._one and self._one.needs_csr and not self._one.refusal:
            yield from self.text_field("csr", "CSR file", placeholder="the path of the owner's new request")
        results = ScrollText(id="results")
        results.display = False
        yield results
        yield self.text((), name="status")
        label = "Renew early" if self._one and self._one.early else "Renew"
        either = f"{self.app.keymap.shown('cancel')} or {self.app.keymap.shown('cancel-n')} cancels"
        yield buttons(Choice("Cancel", name="cancel"), Choice(label, name=self.ACT, disabled=True), note=either)

    def on_mount(self) -> None:
        """Begin where something is to be typed, else on the button: a renewal takes nothing away."""
        self._check()
        if self._one is None:
            self.query_one("#facts", ScrollText).show(self._many_lines())
        fields = self.query(Input)
        button = self.query_one(f"#{self.ACT}", Choice)
        (fields.first() if fields else self.query_one("#cancel") if button.disabled else button).focus()

    @property
    def _early(self) -> bool:
        return any(fact.early and not fact.refusal for fact in self._facts)

    def _takes(self) -> list[RenewalFact]:
        """Return those that can be renewed with what is given."""
        reason = bool(self._early and self.typed("reason").strip())
        return [
            fact
            for fact in self._facts
            if not fact.refusal and (reason or not fact.early) and (not fact.needs_csr or self._csr())
        ]

    def _csr(self) -> str:
        has = self._one is not None and self._one.needs_csr and not self._one.refusal
        return self.typed("csr").strip() if has else ""

    @on(Input.Changed)
    def _typed(self) -> None:
        """See what can be renewed now."""
        self._check()

    def _check(self) -> None:
        """Say what can be renewed, or what is missing."""
        if self._over:
            return
        takes = self._takes()
        self.query_one(f"#{self.ACT}", Choice).disabled = self._busy or not takes
        if self._one is None:
            left = len(self._facts) - len(takes)
            rest = f", {left:,} left out" if left else ""
            self.status(f"{plural(len(takes), 'certificate')} will be renewed{rest}.", Ink.DIM if takes else Ink.DUE)
        elif takes:
            self.status("Enter on the button renews it.")
        elif self._one.refusal:
            self.status("It cannot be renewed; i asks for a new certificate.", Ink.DUE)
        else:
            self.status("Give what is missing.")

    def action_cancel(self) -> None:
        """End; while several are renewed, stop after the one that is under way."""
        if self._busy and self._one is None:
            self._stopped = True
            self.status("Stopping after this one ...", Ink.DUE)
        else:
            super().action_cancel()

    def carry_out(self) -> None:
        """Renew, or close when it is over."""
        if self._one is not None:
            self._renew_one(self._one)
        elif self._takes():
            self._renew_many(self._takes())

    @work(exclusive=True, group="renew")
    async def _renew_one(self, fact: RenewalFact) -> None:
        """Unlock a slot where none is, and renew; a refusal leaves what was typed."""
        self.set_busy(busy=True)
        self.status("Renewing ...", Ink.PENDING)
        reason = self.typed("reason") if self._early else ""
        call = partial(self.app.backend.renewals.renew, fact, reason=reason, csr=self._csr())
        done = await self.app.act(f"renew {fact.seen.server}", call)
        if done is not None:
            self.dismiss(done)
            return
        self.set_busy(busy=False)
        self._check()
        self.status("Nothing was renewed.", Ink.DUE)

    @work(exclusive=True, group="renew")
    async def _renew_many(self, takes: list[RenewalFact]) -> None:
        """Renew one after the other; what fails stops none of the others, and each has a line."""
        app, glyphs = self.app, self.app.glyphs
        purpose = f"renew {plural(len(takes), 'certificate')}"
        if app.backend.unlocked is None and not await app.push_screen_wait(UnlockDialog(purpose)):
            self.status("Nothing was renewed: no slot was unlocked.", Ink.DUE)
            return
        reason = self.typed("reason") if self._early else ""
        self.set_busy(busy=True)
        self.query_one("#facts").display = False
        results = self.query_one("#results", ScrollText)
        results.display = True
        lines: list[Line] = []
        renewed = 0
        for number, fact in enumerate(takes, start=1):
            if self._stopped:
                break
            self.status(f"{number:,} of {len(takes):,}: {fact.seen.server}", Ink.PENDING)
            try:
                done = await app.acts.run(partial(app.backend.renewals.renew, fact, reason=reason))
            except CertmgrError as error:
                lines.append(not_renewed_line(fact.seen.server, error.message, glyphs))
            else:
                renewed += 1
                lines.append(renewed_line(done, glyphs))
            results.show(lines)
        self._end(lines, renewed, len(takes))

    def _end(self, lines: list[Line], renewed: int, wanted: int) -> None:
        """Show what came of each, those that were left out too, and leave only closing."""
        app = self.app
        takes = {fact.id for fact in self._takes()}
        left = [fact for fact in self._facts if fact.id not in takes]
        lines += [not_renewed_line(fact.seen.server, self._problem(fact), app.glyphs) for fact in left]
        self._busy, self._over = False, True
        results = self.query_one("#results", ScrollText)
        results.show(lines)
        for widget in (*self.query(".form-field"), self.query_one(f"#{self.ACT}")):
            widget.display = False
        text = f"{renewed:,} of {wanted:,} renewed" + (", then stopped." if self._stopped else ".")
        self.status(text, Ink.VALID if renewed == wanted else Ink.DUE)
        self.query_one("#cancel", Static).update("[ Close ]")
        results.focus()
        app.say(text)
        app.action_refresh_now()

    def _problem(self, fact: RenewalFact) -> str:
        return renewal_problem(fact, fact.seen.window_opens.astimezone(self.app.backend.zone))

    def _one_lines(self, fact: RenewalFact) -> Iterable[Line]:
        """Return the facts of one certificate, what stands against its renewal, and what the renewal does."""
        glyphs, seen, zone = self.app.glyphs, fact.seen, self.app.backend.zone
        left = plural(fact.days, "day") if fact.days >= 0 else "no days"
        yield fact_line("Serial", seen.serial, glyphs)
        yield fact_line("Until", f"{day(seen.not_after.astimezone(zone))}, {left} left", glyphs)
        yield fact_line("Files to", seen.destination or "nowhere on this machine", glyphs)
        yield ()
        if problem := self._problem(fact):
            yield (Piece(self.safe(problem), Ink.DUE),)
        if fact.early and fact.needs_csr:
            yield (Piece("Its owner holds the key: a new CSR is needed.", Ink.DUE),)
        if not fact.refusal:
            key = "the key of the CSR" if fact.needs_csr else "a new key"
            text = f"Issues its successor with {key}. This one stays valid while both overlap."
            yield (Piece(text, Ink.DIM),)

    def _many_lines(self) -> Iterable[Line]:
        """Return which certificates can be renewed, and which cannot and why."""
        glyphs, facts = self.app.glyphs, self._facts
        groups = (
            ("Now", [one for one in facts if not (one.refusal or one.early or one.needs_csr)], Ink.PLAIN),
            ("Too early", [one for one in facts if one.early and not one.refusal and not one.needs_csr], Ink.DUE),
            ("Need CSR", [one for one in facts if one.needs_csr and not one.refusal], Ink.DUE),
            ("Refused", [one for one in facts if one.refusal], Ink.DUE),
        )
        for label, found, ink in groups:
            if found:
                names = some([one.seen.server for one in found], glyphs)
                yield fact_line(label, f"{len(found):,}", glyphs, ink)
                yield (Piece(names, Ink.DIM),)
        if self._hidden:
            yield (Piece(f"{self._hidden:,} of them are marked and hidden by the filter.", Ink.DUE),)
        if any(one.needs_csr for one in facts):
            yield (Piece("What needs its owner's CSR is renewed on its own.", Ink.DIM),)
