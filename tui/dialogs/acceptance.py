"""Saying that a certificate is right, or objecting to it: then it is revoked and made again (R3.3)."""

from collections.abc import Iterable
from functools import partial

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input

from tui.dialogs.base import Choice, buttons
from tui.dialogs.form import FormDialog
from tui.issue_words import acceptance_words, fact_line
from tui.present import Ink, Line, Piece, day, fit
from tui.values.issuing import AcceptanceFact, ObjectedFact
from tui.widgets.pick import Pick

_VALUE_WIDTH = 57
_AGAIN = (
    ("issue it again", "the same names, another key"),
    ("only revoke it", "what is needed is a new application"),
)


class AcceptDialog(FormDialog[str]):
    """Ends with how it was accepted."""

    def __init__(self, fact: AcceptanceFact) -> None:
        """Accept the certificate of `fact`."""
        super().__init__()
        self._fact = fact

    def body(self) -> Iterable[Widget]:
        """Return what is accepted, a note, and the buttons."""
        yield self.title_line("Accept", self._fact.seen.server)
        yield self.text(_facts(self, self._fact), name="facts")
        does = "Says that all of this is right; after that nobody objects to it."
        yield self.text(((Piece(does, Ink.DIM),),), name="does")
        yield from self.text_field("note", "Note", placeholder="who checked it; may be empty")
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"), Choice("Accept", name=self.ACT), note=self.keys("tab next field")
        )

    def on_mount(self) -> None:
        """Begin with the note."""
        self.query_one("#note").focus()
        self.status(f"Now {acceptance_words(self._fact)}.")

    @work(exclusive=True, group="accept")
    async def carry_out(self) -> None:
        """Unlock a slot where none is, and accept."""
        seen = self._fact.seen
        self.set_busy(busy=True)
        call = partial(self.app.backend.acceptances.accept, self._fact, note=self.typed("note"))
        done = await self.app.act(f"accept {seen.server}", call)
        if done is not None:
            self.dismiss(done)
            return
        self.set_busy(busy=False)
        self.status("Nothing was recorded.", Ink.DUE)


class ObjectDialog(FormDialog[ObjectedFact]):
    """Asks for a reason and the typed name, and carries the objection out."""

    def __init__(self, fact: AcceptanceFact) -> None:
        """Object to the certificate of `fact`."""
        super().__init__()
        self._fact = fact

    def body(self) -> Iterable[Widget]:
        """Return what is objected to, what that does, the fields, and the buttons."""
        seen = self._fact.seen
        yield self.title_line("Object to", seen.server)
        yield self.text(_facts(self, self._fact), name="facts")
        yield self.text((), name="does")
        yield from self.text_field("reason", "Reason", placeholder="what is wrong with it")
        yield from self.field("again", "Then", Pick(name="again"))
        if self._fact.owner_key:
            yield from self.text_field("csr", "CSR file", placeholder="a new request with another key")
        server = Piece(self.safe(seen.server), Ink.STRONG)
        yield self.text(((Piece("Type the server's name  ", Ink.LABEL), server),), name="name-label")
        yield Input(compact=True, id="name", select_on_focus=False)
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Object", name=self.ACT, danger=True, disabled=True),
            note=self.keys("tab next field"),
        )

    def on_mount(self) -> None:
        """Begin with the reason."""
        self.query_one("#again", Pick).offer(_AGAIN)
        self.query_one("#reason").focus()
        self._check()

    @property
    def _reissue(self) -> bool:
        return self.query_one("#again", Pick).index == 0

    @on(Pick.Asked)
    def _other(self) -> None:
        """Two are not a list: take the other one."""
        self.query_one("#again", Pick).action_step(1)

    @on(Input.Changed)
    @on(Pick.Changed)
    def _changed(self) -> None:
        """See whether all is there."""
        self._check()

    @property
    def _csr(self) -> str:
        return self.typed("csr") if self._fact.owner_key and self._reissue else ""

    def _check(self) -> None:
        """Say what it does, and what is still missing."""
        after = " Then it is issued again." if self._reissue else " Nothing takes its place."
        text = f"Revokes it as issued-in-error and publishes the CRL; this cannot be undone.{after}"
        self.set_text("does", (Piece(text, Ink.REVOKING),))
        if self._fact.owner_key:
            self.show_field("csr", shown=self._reissue)
        missing = self._missing()
        self.query_one(f"#{self.ACT}", Choice).disabled = self._busy or bool(missing)
        self.status(missing or "Enter on Object revokes it.", Ink.DIM if missing else Ink.URGENT)

    def _missing(self) -> str:
        if not self.typed("reason").strip():
            return "Say what is wrong with it."
        if self._fact.owner_key and self._reissue and not self._csr.strip():
            return "Its owner holds the key: name the file of a new CSR, or only revoke it."
        typed = self.typed("name")
        if not typed:
            return "Type the server's name to confirm."
        return "" if typed == self._fact.seen.server else "That is not the server's name yet."

    @work(exclusive=True, group="object")
    async def carry_out(self) -> None:
        """Unlock a slot where none is, and object; a refusal leaves what was typed."""
        if self._missing():
            return
        self.set_busy(busy=True)
        self.status("Revoking, publishing the CRL, issuing again ...", Ink.REVOKING)
        call = partial(
            self.app.backend.acceptances.object_to,
            self._fact,
            reason=self.typed("reason"),
            confirm=self.typed("name"),
            csr=self._csr,
            reissue=self._reissue,
        )
        done = await self.app.act(f"object to {self._fact.seen.server}", call)
        if done is not None:
            self.dismiss(done)
            return
        self.set_busy(busy=False)
        self._check()
        self.status("Nothing was done.", Ink.DUE)


def _facts(dialog: FormDialog[str] | FormDialog[ObjectedFact], fact: AcceptanceFact) -> Iterable[Line]:
    """Return what the subscriber checks: names, purpose, validity."""
    glyphs, seen = dialog.app.glyphs, fact.seen

    def cut(text: str) -> str:
        return fit(dialog.safe(text), _VALUE_WIDTH, glyphs).rstrip()

    yield fact_line("Names", cut(", ".join((*seen.dns, *seen.ip))), glyphs)
    yield fact_line("Purpose", cut(seen.purpose), glyphs)
    yield fact_line("Until", day(seen.not_after.astimezone(dialog.app.backend.zone)), glyphs)
    yield fact_line("Serial", seen.serial, glyphs)
