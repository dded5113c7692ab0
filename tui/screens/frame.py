"""What every screen has around its body: header, banner, keys, and the word about a terminal that is too small."""

from collections.abc import Iterable
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.commands import WRITING, Command, Scope
from tui.host import Host
from tui.present import Ink, Piece
from tui.values.issuing import Draft
from tui.widgets.banner import Banner
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.paint import page

MIN_COLUMNS = 80
MIN_ROWS = 20
ROOMY_ROWS = 34
WIDE_COLUMNS = 150


class TooSmall(Static):
    """Says what is needed; shown in place of everything else by the style sheet."""

    app = getters.app(Host)

    def __init__(self) -> None:
        """Say nothing until the size is known."""
        super().__init__(markup=False)

    def on_mount(self) -> None:
        """Follow the size of the terminal."""
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _screen: self._say(), immediate=True)
        self._say()

    def _say(self) -> None:
        """Say what is needed and what there is."""
        width, height = self.app.size
        self.update(
            page(
                (
                    (Piece(f"certmgr needs {MIN_COLUMNS} columns and {MIN_ROWS} rows.", Ink.STRONG),),
                    (Piece(f"This terminal has {width} columns and {height} rows."),),
                    (Piece(f"Make it larger, or press {self.app.keymap.shown('quit')} to quit."),),
                    (Piece("certmgr list and certmgr show work at any size.", Ink.DIM),),
                )
            ),
            layout=False,
        )


class FrameScreen(Screen[None]):
    """A screen with the frame; subclasses give the body and their scopes of commands."""

    PLACE: ClassVar[str] = ""
    """What the top line calls the screen; empty: nothing."""

    app = getters.app(Host)
    SCOPES: ClassVar[tuple[Scope, ...]] = ()

    def body(self) -> Iterable[Widget]:
        """Return the widgets between banner and keys."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Put the frame around the body."""
        app = self.app
        yield Header(self.PLACE, glyphs=app.glyphs, read_only=app.read_only)
        yield Banner(glyphs=app.glyphs, clock=app.backend.now)
        yield from self.body()
        yield KeyBar(self.commands(), glyphs=app.glyphs, read_only=app.read_only)
        yield TooSmall()

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that can be given here, those of everywhere last."""
        return self.app.commands(*self.SCOPES) + self.app.commands(Scope.EVERYWHERE)

    def on_mount(self) -> None:
        """Show what is known already and follow what becomes known."""
        self.frame_changed()
        self.app.frame_signal.subscribe(self, lambda _app: self.frame_changed())

    def on_screen_resume(self) -> None:
        """Show what the clocks say by now: they wait under another screen."""
        self.query_one(Banner).tick()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that writes in a read-only session."""
        del parameters
        return not (self.app.read_only and action in WRITING)

    def awaits(self) -> bool:
        """Tell whether the next key can do nothing useful before something has been read."""
        return False

    def draft(self) -> Draft | None:
        """Return what is known here of a server that a certificate may be asked for; None: nothing."""
        return None

    def frame_changed(self) -> None:
        """Take header and banner from the application."""
        header = self.query_one(Header)
        header.head, header.unlocked = self.app.head, self.app.backend.unlocked
        self.query_one(Banner).show(self.app.deadlines)

    def note(self, text: str) -> None:
        """Show a note at the right of the keys."""
        self.query_one(KeyBar).note = text
