"""What can be done with certificates, in the list and on the page of one: renew, export, accept, object."""

from collections.abc import Sequence
from functools import partial

from textual import work

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from tui.dialogs.acceptance import AcceptDialog, ObjectDialog
from tui.dialogs.copy import CopyDialog
from tui.dialogs.export import ExportDialog
from tui.dialogs.renew import RenewDialog
from tui.issue_words import objected_lines, submitted_lines, submitted_text, written_lines
from tui.screens.hold_acts import HoldActs


class CertificateActs(HoldActs):
    """A screen on which the cursor or the marks name certificates."""

    def certificates(self) -> Sequence[int]:
        """Return those that a key is about: the marked ones, else the one under the cursor."""
        raise NotImplementedError

    def certificates_hidden(self) -> int:
        """Return how many of them are marked and hidden by the filter."""
        return 0

    def current_certificate(self) -> CertificateId | None:
        """Return the one under the cursor."""
        raise NotImplementedError

    @work(exclusive=True, group="copy")
    async def action_copy(self) -> None:
        """Offer what of the certificate under the cursor can be copied."""
        app = self.app
        if (certificate := self.current_certificate()) is None:
            return
        try:
            values = await app.reads.run(partial(app.backend.details.copyables, certificate))
        except CertmgrError as error:
            app.trouble(error)
            return
        await app.push_screen_wait(CopyDialog(values[0].value, values))

    @work(exclusive=True, group="renew")
    async def action_renew(self) -> None:
        """Renew what is marked, else what the cursor is on."""
        app = self.app
        if not (chosen := self.certificates()):
            return
        try:
            facts = await app.reads.run(partial(app.backend.renewals.facts, chosen))
        except CertmgrError as error:
            app.trouble(error)
            return
        done = await app.push_screen_wait(RenewDialog(facts, hidden=self.certificates_hidden()))
        if done is not None:
            app.tell(f"Renewed: {submitted_text(done)}", title="Renewed", lines=submitted_lines(done, app.glyphs))

    @work(exclusive=True, group="export")
    async def action_export(self) -> None:
        """Export what the cursor is on."""
        app = self.app
        if (certificate := self.current_certificate()) is None:
            return
        try:
            fact = await app.reads.run(partial(app.backend.exports.fact, certificate))
        except CertmgrError as error:
            app.trouble(error)
            return
        done = await app.push_screen_wait(ExportDialog(fact))
        if done is not None:
            form, written = done
            text = f"Exported {fact.server} as {form}: {', '.join(str(one.path) for one in written)}"
            app.tell(text, title="Written", lines=written_lines(fact.server, form, written, app.glyphs))

    @work(exclusive=True, group="accept")
    async def action_accept(self) -> None:
        """Accept what the cursor is on."""
        app = self.app
        if (certificate := self.current_certificate()) is None:
            return
        try:
            fact = await app.reads.run(partial(app.backend.acceptances.to_accept, certificate))
        except CertmgrError as error:
            app.trouble(error)
            return
        if fact.settled:
            app.say(f"{fact.seen.server} was accepted {fact.settled} already.")
            return
        done = await app.push_screen_wait(AcceptDialog(fact))
        if done is not None:
            app.say(f"{fact.seen.server} is accepted, {done}.")

    @work(exclusive=True, group="object")
    async def action_object(self) -> None:
        """Object to what the cursor is on."""
        app = self.app
        if (certificate := self.current_certificate()) is None:
            return
        try:
            fact = await app.reads.run(partial(app.backend.acceptances.to_object, certificate))
        except CertmgrError as error:
            app.trouble(error)
            return
        done = await app.push_screen_wait(ObjectDialog(fact))
        if done is not None:
            verdict = "revoked" if done.revoked else "to be verified"
            text = f"The objection to {done.server} is on record, its certificate {verdict}."
            app.tell(text, title="Objected", lines=objected_lines(done, app.glyphs))
