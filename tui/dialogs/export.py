"""Writing a certificate in the form that a server or a program wants."""

from collections.abc import Iterable
from functools import partial

from textual import on, work
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.dialogs.base import Choice, buttons
from tui.dialogs.form import FormDialog
from tui.present import Ink, Piece, day, fit
from tui.values.issuing import ExportFact, ExportForm, Written
from tui.widgets.paint import content
from tui.widgets.pick import Options

_NAME_WIDTH = 11


class ExportDialog(FormDialog[tuple[str, tuple[Written, ...]]]):
    """Ends with the name of the form and what was written."""

    def __init__(self, fact: ExportFact) -> None:
        """Export the certificate of `fact`."""
        super().__init__()
        self._fact = fact
        self._proposed = ""

    def body(self) -> Iterable[Widget]:
        """Return the forms, where the files go, what the chosen form needs, and the buttons."""
        fact = self._fact
        yield self.title_line("Export", fact.server)
        yield self.text(((Piece(f"serial {fact.serial}, until {day(fact.not_after)}", Ink.DIM),),))
        lines = (
            (Piece(f" {fit(form.name, _NAME_WIDTH, self.app.glyphs)}", Ink.STRONG), Piece(form.means, Ink.DIM))
            for form in self._forms
        )
        yield Options(*(Option(content(line)) for line in lines), compact=True, markup=False, id="forms")
        yield from self.text_field("out", "Write to", placeholder="a path; what is not ours there stays")
        yield from self.text_field("key", "Key file", placeholder="where certmgr delivered it")
        yield from self.text_field("password", "Password", password=True, placeholder="a new one, for the file")
        yield from self.text_field("again", "Once more", password=True)
        yield self.text((), name="status")
        yield buttons(Choice("Cancel", name="cancel"), Choice("Write", name=self.ACT), note=self.keys("tab next field"))

    @property
    def _forms(self) -> tuple[ExportForm, ...]:
        return self.app.backend.exports.forms

    @property
    def _form(self) -> ExportForm:
        return self._forms[self.query_one("#forms", OptionList).highlighted or 0]

    def on_mount(self) -> None:
        """Begin with the forms."""
        listed = self.query_one("#forms", OptionList)
        listed.highlighted = 0
        listed.focus()
        self._follow()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        """Propose a path for the form, and ask for what it needs."""
        self._follow()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        """Go on to the path."""
        self.query_one("#out").focus()

    @on(Input.Changed)
    def _typed(self) -> None:
        """See whether all is there."""
        self._check()

    def _follow(self) -> None:
        form, out = self._form, self.query_one("#out", Input)
        if out.value in {"", self._proposed}:
            self._proposed = f"./{self._fact.server}{form.ending}"
            out.value = self._proposed
        self.show_field("key", shown=form.key)
        self.show_field("password", shown=form.password)
        self.show_field("again", shown=form.password)
        self._check()

    def _check(self) -> None:
        """Say what is missing, or what will be written."""
        problem = self._problem()
        self.query_one(f"#{self.ACT}", Choice).disabled = self._busy or bool(problem)
        if problem:
            self.status(problem, Ink.DUE if self._refused() or self.typed("again") else Ink.DIM)
        else:
            key = ", readable by its owner alone: it holds the private key" if self._form.key else ""
            self.status(f"Enter on Write writes {'the folder' if self._form.folder else 'the file'}{key}.")

    def _refused(self) -> str:
        """Return why the form cannot be written whatever is typed."""
        return self._fact.refusal if self._form.key else ""

    def _problem(self) -> str:
        form = self._form
        if refused := self._refused():
            return refused
        if not self.typed("out").strip():
            return "Give a path."
        if form.key and self._fact.key_problem and not self.typed("key").strip():
            return "The private key is not at hand here: name its file."
        if form.password and not self.typed("password"):
            return "Type a password, twice."
        if form.password and self.typed("password") != self.typed("again"):
            return "The two passwords differ." if self.typed("again") else "Type the password once more."
        return ""

    @work(exclusive=True, group="export")
    async def carry_out(self) -> None:
        """Write the files; a refusal leaves what was typed, but for the password."""
        if self._problem():
            return
        form = self._form
        call = partial(
            self.app.backend.exports.write,
            self._fact.id,
            form.name,
            out=self.typed("out"),
            key=self.typed("key") if form.key else "",
            password=self.typed("password") if form.password else "",
        )
        for name in ("password", "again"):
            self.query_one(f"#{name}", Input).value = ""
        self.set_busy(busy=True)
        done = await self.app.act(f"export {self._fact.server}", call, slotless=True)
        if done is not None:
            self.dismiss((form.name, done))
            return
        self.set_busy(busy=False)
        self._check()
        self.status("Nothing was written.", Ink.DUE)
