"""Where to go: the beginning of a screen's name is enough."""

from collections.abc import Iterable

from textual import on
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from tui.commands.places import PLACES, find
from tui.dialogs.base import Dialog
from tui.present import Ink, Line, Piece, fit

_NAME_WIDTH = 14


class PlaceDialog(Dialog[str]):
    """Asks for the name of a screen; ends with it."""

    def body(self) -> Iterable[Widget]:
        """Return the field and the names under it."""
        yield self.title_line("Go to", "a screen")
        names = [place.name for place in PLACES]
        yield Input(compact=True, id="place", suggester=SuggestFromList(names, case_sensitive=False))
        yield self.text(self._names())
        words = f"The beginning of a name is enough.   {self.keys('enter goes')}"
        yield self.text(((Piece(words, Ink.DIM),),), name="status")

    def on_mount(self) -> None:
        """Begin in the field."""
        self.set_focus(self.query_one("#place", Input))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Go there, or say that there is no such screen."""
        if (place := find(event.value)) is not None:
            self.dismiss(place.name)
        elif event.value.strip():
            self.set_text("status", (Piece("No screen, or more than one, begins like that.", Ink.DUE),))
        else:
            self.dismiss(None)

    def _names(self) -> Iterable[Line]:
        """Return every name with its title and key."""
        for place in PLACES:
            keys = self.app.keymap.shown(f"go-{place.name}")
            yield (
                Piece(fit(place.name, _NAME_WIDTH, self.app.glyphs), Ink.STRONG),
                Piece(fit(place.title, _NAME_WIDTH, self.app.glyphs)),
                Piece(keys, Ink.DIM),
            )
