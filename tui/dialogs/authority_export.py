"""What relying parties are given: root, issuing CA, chain, or the commands that make a system trust the root."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui.dialogs.base import LABEL, Choice, Dialog, buttons
from tui.present import Ink, Piece, safe_text
from tui.widgets.paint import content

_WIDTH = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is wanted."""

    what: str = ""
    """root, issuing, chain or the short name of a CA; empty: the commands for `system`."""
    system: str = ""
    title: str = ""
    path: str = ""
    """The file to write; empty: it is shown."""


class AuthorityExportDialog(Dialog[Export]):
    """Asks what is exported, and whether it is shown or written to a file."""

    def __init__(self, name: str, systems: Sequence[str], *, read_only: bool) -> None:
        """Offer the CA `name` beside root, issuing CA and chain; `read_only` writes no file."""
        super().__init__()
        self._read_only = read_only
        self._offers = [
            Export(what="root", title="The root, as PEM: what clients trust"),
            Export(what="issuing", title="The current issuing CA, as PEM: what servers send"),
            Export(what="chain", title="The issuing CA and the root, as PEM"),
            *([Export(what=name, title=f"{name}, as PEM")] if name else []),
            *(Export(system=one, title=f"The commands that make {one} trust the root") for one in systems),
        ]

    def body(self) -> Iterable[Widget]:
        """Return what there is, the field for a file, and the buttons."""
        yield self.title_line("Export", "a CA")
        options = []
        for one in self._offers:
            name = safe_text(one.what or one.system, ascii_only=self.app.glyphs.ascii_only)
            shown = safe_text(one.title, ascii_only=self.app.glyphs.ascii_only)
            options.append(Option(content((Piece(f" {name:<{_WIDTH}}", Ink.STRONG), Piece(shown)))))
        yield OptionList(*options, compact=True, markup=False, id="what")
        field = Input(compact=True, id="path", placeholder="a new file; empty: show it here", disabled=self._read_only)
        yield self.text(((Piece(f"{'Write to':<{LABEL}}", Ink.LABEL),),), name="path-label")
        yield field
        yield self.text((), name="status")
        yield buttons(
            Choice("Cancel", name="cancel"),
            Choice("Export", name="do"),
            note=self.keys("enter exports", "tab next field"),
        )

    def on_mount(self) -> None:
        """Begin in the list, at the root."""
        options = self.query_one("#what", OptionList)
        options.highlighted = 0
        options.focus()
        if self._read_only:
            self.set_text(
                "status", (Piece("This session is read-only: it is shown, and no file is written.", Ink.DIM),)
            )

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    @on(Choice.Pressed, "#do")
    def _submit(self) -> None:
        """End with what is highlighted."""
        chosen = self._offers[self.query_one("#what", OptionList).highlighted or 0]
        path = self.query_one("#path", Input).value.strip()
        self.dismiss(Export(what=chosen.what, system=chosen.system, title=chosen.title, path=path))

    @on(Choice.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.action_cancel()
