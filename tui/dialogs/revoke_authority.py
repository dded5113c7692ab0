"""The revocation of a CA: rare, for good, and harder than that of a certificate (R6.2, DETAILS 29)."""

from collections.abc import Iterable
from functools import partial

from textual import work
from textual.widget import Widget
from textual.widgets import Input, Static

from certmgr import evidence as evidence_rules
from certmgr.errors import CertmgrError
from certmgr.models.revocations import Cause
from tui.dialogs.acting import ActDialog
from tui.dialogs.base import Choice, buttons
from tui.present import Ink, Line, Piece, plural, safe_text
from tui.values.revocations import AuthorityCase, AuthorityOutcome
from tui.widgets.fields import Field
from tui.widgets.paint import page
from tui.wording import authority_line, reason_of


class RevokeAuthorityDialog(ActDialog[AuthorityOutcome]):
    """Asks for the evidence, the CA's short name and the organisation's name; says what depends on the CA.

    It carries the revocation out and tells what came of it; whoever opens it has nothing more to do.
    """

    PURPOSE = "revoke the CA"
    WORKING = "Revoking the CA, and publishing the root's CRL ..."

    def __init__(self, name: str) -> None:
        """Revoke the CA with this short name: `issuing-2026-1`."""
        super().__init__()
        self._slug = name
        self._case: AuthorityCase | None = None

    def body(self) -> Iterable[Widget]:
        """Return the CA, what depends on it, the three fields and the buttons."""
        yield self.title_line("Revoke CA", self._slug)
        yield self.text((), name="case")
        yield Field("Evidence", "evidence", placeholder=_said(evidence_rules.NEEDED[Cause.CA_COMPROMISE]))
        yield self.text((), name="slug-label")
        yield Input(compact=True, id="slug", select_on_focus=False)
        yield self.text((), name="organisation-label")
        yield Input(compact=True, id="organisation", select_on_focus=False)
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Revoke the CA for good", name="act", danger=True, disabled=True),
            note=self.keys(),
        )

    def on_mount(self) -> None:
        """Begin in the field for the evidence; what depends on the CA is read."""
        self.query_one("#evidence", Input).focus()
        self.check()
        self._load()

    @work(exclusive=True, group="case")
    async def _load(self) -> None:
        """Read what the revocation would mean."""
        read = partial(self.app.backend.revoking.authority_case, self._slug)
        try:
            self._case = await self.app.reads.run(read)
        except CertmgrError as error:
            self.status(error.message, Ink.URGENT)
            return
        self.query_one("#case", Static).update(page(self._lines(self._case)))
        for name, text, value in (
            ("slug-label", "Type the CA's short name  ", self._case.slug),
            ("organisation-label", "Type the organisation's name  ", self._case.organisation),
        ):
            shown = safe_text(value, ascii_only=self.app.glyphs.ascii_only)
            self.set_text(name, (Piece(text, Ink.LABEL), Piece(shown, Ink.STRONG)))
        self.check()

    def missing(self) -> tuple[str, Ink, Widget | None]:
        """Return what is missing: the evidence and both names."""
        evidence, slug, organisation = (
            self.query_one(f"#{name}", Input) for name in ("evidence", "slug", "organisation")
        )
        if self._case is None:
            return "Reading what depends on it ...", Ink.DIM, evidence
        if self._case.refusal is not None:
            return self._case.refusal, Ink.URGENT, evidence
        if not evidence.value.strip():
            return "Say how it is known.", Ink.DIM, evidence
        if slug.value != self._case.slug:
            return (
                ("That is not its short name yet.", Ink.DUE, slug)
                if slug.value
                else (
                    "Type the CA's short name.",
                    Ink.DIM,
                    slug,
                )
            )
        if organisation.value != self._case.organisation:
            return (
                ("That is not the organisation's name yet.", Ink.DUE, organisation)
                if organisation.value
                else (
                    "Type the organisation's name.",
                    Ink.DIM,
                    organisation,
                )
            )
        return "Enter revokes the CA for good.", Ink.ALARM, None

    @work(exclusive=True, group="revoke")
    async def carry_out(self) -> None:
        """Revoke, publish the root's CRL, and say what came of it and what is next."""
        evidence, slug = self.query_one("#evidence", Input).value, self.query_one("#slug", Input).value
        call = partial(self.app.backend.revoking.revoke_authority, self._slug, evidence=evidence, confirm=slug)
        outcome = await self.done(self._slug, call)
        if outcome is None:
            return
        self.dismiss(outcome)
        self.app.unfinished("The CA is revoked", authority_line(outcome))

    def _lines(self, case: AuthorityCase) -> Iterable[Line]:
        """Return the CA and what its revocation would do."""
        yield from self.labelled("Subject", case.subject)
        if case.refusal is not None:
            return
        yield from self.labelled("Reason", f"{reason_of(Cause.CA_COMPROMISE)}, on the CRL of {case.issuer}")
        live = plural(case.live, "live certificate")
        yield from self.labelled("Concerns", f"{live}: refused where the root's CRL is read", Ink.URGENT)
        yield from self.labelled("For good", "its key is blocked for ever; this cannot be undone")
        if case.successor is not None:
            yield from self.labelled("Next", f"issue its servers anew under {case.successor}")
        else:
            yield from self.labelled("First", "found a successor: there is no other issuing CA yet", Ink.DUE)


def _said(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
