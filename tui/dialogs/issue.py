"""The form for a certificate: policy answers while it is typed, and nothing typed is lost by a refusal (R2.1, R3.2)."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from certmgr.errors import CertmgrError
from tui.dialogs.base import Choice, buttons
from tui.dialogs.form import FormDialog
from tui.dialogs.pick import PickDialog
from tui.issue_words import answer_lines, profile_words
from tui.present import Ink, Line, Piece
from tui.values.issuing import CSR, Answer, Draft, ProfileChoice, Submitted
from tui.widgets.fields import Switch
from tui.widgets.pick import Pick

if TYPE_CHECKING:
    from textual.timer import Timer

DEBOUNCE_S = 0.2
"""How long a key rests before policy is asked."""
_TEXTS: Final = (
    ("names", "Names", "portal.corp.internal  (DNS names, spaces between them)"),
    ("addresses", "Addresses", "only where clients connect by address"),
)
_MORE: Final = (
    ("owner", "Owner", "the unit that is responsible for the server"),
    ("contact", "Contact", "how the owner is reached"),
    ("purpose", "Purpose", "what the certificate is for"),
    ("days", "Days", "the profile's"),
)
_LAST: Final = (
    ("evidence", "Evidence", "word=who said what; dns=...; document=..."),
    ("note", "Note", "for the record"),
)
_FIELDS: Final = (
    *("names", "addresses", "profile", "owner", "contact", "purpose", "days", "key", "csr", "folder"),
    *("additional", "evidence", "note"),
)
_CHOSEN: Final = frozenset({"profile", "key", "additional"})
"""The fields that nobody types into."""
_BESIDE: Final = "although the server has a live certificate"
_NOTHING: Final = ((Piece("Policy answers while you type.", Ink.DIM),), ())


class IssueDialog(FormDialog[Submitted]):
    """Ends with the certificate, or with the application that waits for it."""

    def __init__(self, draft: Draft) -> None:
        """Begin with `draft` in the fields."""
        super().__init__()
        self._draft = draft
        self._profiles: tuple[ProfileChoice, ...] = ()
        self._rest: Timer | None = None
        self._answer: Answer | None = None

    def body(self) -> Iterable[Widget]:
        """Return the fields, what policy says of them, and the buttons."""
        yield self.title_line("Issue", "a certificate, or apply for one")
        with VerticalScroll(id="form", can_focus=False):
            for name, label, placeholder in _TEXTS:
                yield from self.text_field(name, label, value=getattr(self._draft, name), placeholder=placeholder)
            yield from self.field("profile", "Profile", Pick(name="profile"))
            for name, label, placeholder in _MORE:
                yield from self.text_field(name, label, value=getattr(self._draft, name), placeholder=placeholder)
            yield from self.field("key", "Key", Pick(name="key"))
            csr_hint = "the path of the request, PEM or DER; its names unless given"
            yield from self.text_field("csr", "CSR file", value=self._draft.csr, placeholder=csr_hint)
            yield from self.text_field("folder", "Files to", value=self._draft.folder, placeholder="a folder")
            yield from self.field("additional", "One more", Switch("additional", on=self._draft.additional))
            for name, label, placeholder in _LAST:
                yield from self.text_field(name, label, value=getattr(self._draft, name), placeholder=placeholder)
        yield self.text((), name="happens")
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Issue", name=self.ACT, disabled=True),
            note=self.keys("tab next field", cancels="closes, and keeps the text"),
        )

    def on_mount(self) -> None:
        """Begin with the names; the profiles come from the configuration."""
        self.query_one("#names", Input).focus()
        self.show_field("csr", shown=self._draft.key == CSR)
        self.query_one("#additional", Switch).say(_BESIDE, ascii_only=self.app.glyphs.ascii_only)
        self._show_answer(None)
        self._load()

    @property
    def draft(self) -> Draft:
        """The form as it stands."""
        texts = {name: self.typed(name) for name in _FIELDS if name not in _CHOSEN}
        chosen = self._profiles[self.query_one("#profile", Pick).index].name if self._profiles else ""
        key, additional = self.query_one("#key", Pick).value, self.query_one("#additional", Switch).on
        return Draft(profile=chosen, key=key, additional=additional, **texts)

    @work(exclusive=True, group="profiles")
    async def _load(self) -> None:
        """Offer the profiles."""
        self._profiles = await self.app.reads.run(self.app.backend.issuing.profiles)
        options = [(self.safe(one.name), profile_words(one)) for one in self._profiles]
        self.query_one("#profile", Pick).offer(options, chosen=self.safe(self._draft.profile))
        self._offer_keys(self._draft.key)
        self._ask_policy()

    def _offer_keys(self, chosen: str) -> None:
        """Offer the types of key that the profile allows, and that of an owner's CSR."""
        if not self._profiles:
            return
        profile = self._profiles[self.query_one("#profile", Pick).index]
        made = [
            (kind, "made here" + (", the profile's first" if not index else ""))
            for index, kind in enumerate(profile.key_types)
        ]
        self.query_one("#key", Pick).offer([*made, (CSR, "the owner made it: a CSR file")], chosen=chosen)
        self.query_one("#days", Input).placeholder = f"{profile.days}, at most {profile.max_days}"
        self._show_csr()

    def _show_csr(self) -> None:
        """Show the field for the CSR where one is used."""
        self.show_field("csr", shown=self.query_one("#key", Pick).value == CSR)

    @on(Pick.Changed)
    def _picked(self, event: Pick.Changed) -> None:
        """Follow a choice."""
        if isinstance(event, Pick.Asked):
            return
        if event.pick.id == "profile":
            self._offer_keys(self.query_one("#key", Pick).value)
        self._show_csr()
        self._ask()

    @on(Pick.Asked)
    @work(exclusive=True, group="pick")
    async def _choose(self, event: Pick.Asked) -> None:
        """Show all that a field can be."""
        pick = event.pick
        chosen = await self.app.push_screen_wait(PickDialog(f"the {pick.id}", pick.options, pick.index))
        if chosen is not None:
            pick.choose(chosen)

    @on(Input.Changed)
    @on(Switch.Turned)
    def _typed(self) -> None:
        """Ask policy once the keys rest."""
        self._ask()

    def _ask(self) -> None:
        """Take back the question that is under way, and ask again after a rest."""
        self.workers.cancel_group(self, "policy")
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(DEBOUNCE_S, self._ask_policy)

    @work(exclusive=True, group="policy")
    async def _ask_policy(self) -> None:
        """Say what policy makes of the form as it stands."""
        draft = self.draft
        if not (draft.names.strip() or draft.addresses.strip() or draft.csr.strip()):
            self._show_answer(None)
            return
        try:
            self._show_answer(await self.app.reads.run(partial(self.app.backend.issuing.answer, draft)))
        except CertmgrError as error:
            self._show_answer(None)
            self.status(error.message, Ink.URGENT)

    def _show_answer(self, answer: Answer | None) -> None:
        """Show the reasons under their fields, and what would happen."""
        self._answer = answer
        for name in _FIELDS:
            found = [reason.text for reason in answer.reasons if reason.field == name] if answer else []
            self.say_under(name, self._reason_lines(name, found))
        first, second = answer_lines(answer) if answer else _NOTHING
        self.set_text("happens", first)
        self.set_text("status", tuple(Piece(self.safe(piece.text), piece.ink) for piece in second))
        self.query_one(f"#{self.ACT}", Choice).disabled = self._busy or answer is None or bool(answer.reasons)

    def _reason_lines(self, name: str, found: list[str]) -> Iterable[Line]:
        """Return the reasons under a field; those of a field that is still to be filled in are only a reminder."""
        empty = name not in _CHOSEN and not self.typed(name).strip()
        ink = Ink.DIM if empty else Ink.EXPIRED
        sign = self.app.glyphs.dot if empty else self.app.glyphs.states[Ink.EXPIRED]
        return ((Piece(f"{sign} {self.safe(text)}", ink),) for text in found)

    def action_cancel(self) -> None:
        """End; what was typed is there when the form is opened again."""
        if not self._busy:
            self.app.backend.issuing.kept = self.draft
            self.dismiss(None)

    @work(exclusive=True, group="issue")
    async def carry_out(self) -> None:
        """Ask policy once more, unlock a slot where none is, and issue or apply; a refusal leaves the form as it is."""
        draft, issuing = self.draft, self.app.backend.issuing
        self.set_busy(busy=True)
        try:
            answer = await self.app.reads.run(partial(issuing.answer, draft))
        except CertmgrError as error:
            self.app.trouble(error)
            self.set_busy(busy=False)
            return
        self._show_answer(answer)
        done = None
        if not answer.reasons:
            self.status("Applying ..." if answer.needed else "Issuing ...", Ink.PENDING)
            verb = "apply for" if answer.needed else "issue"
            done = await self.app.act(f"{verb} {answer.server}", partial(issuing.submit, draft))
        if done is not None:
            issuing.kept = Draft()
            self.dismiss(done)
            return
        self.set_busy(busy=False)
        self._show_answer(answer)
        if not answer.reasons:
            self.status("Nothing was issued; the form is as it was.", Ink.DUE)
        self.query_one("#names", Input).focus()
