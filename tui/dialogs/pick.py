"""All that a field can be, to choose from."""

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.dialogs.base import Choice, Dialog, buttons
from tui.present import Ink, Piece, fit
from tui.widgets.paint import content
from tui.widgets.pick import Options

_NAME_WIDTH = 18
_MEANS_WIDTH = 46


class PickDialog(Dialog[int]):
    """Ends with the place of what was chosen."""

    def __init__(self, title: str, options: Sequence[tuple[str, str]], index: int) -> None:
        """Offer `options`, each a name and what is said of it, safe; `index` is chosen now."""
        super().__init__()
        self._title, self._options, self._index = title, options, index

    def body(self) -> Iterable[Widget]:
        """Return the list."""
        yield self.title_line("Choose", self._title)
        glyphs = self.app.glyphs
        lines = (
            (
                Piece(f" {fit(name, _NAME_WIDTH, glyphs)}", Ink.STRONG),
                Piece(f" {fit(means, _MEANS_WIDTH, glyphs).rstrip()}", Ink.DIM),
            )
            for name, means in self._options
        )
        yield Options(*(Option(content(line)) for line in lines), compact=True, markup=False, id="options")
        yield buttons(Choice("Cancel", name="cancel"), note=self.keys("enter chooses"))

    def on_mount(self) -> None:
        """Begin at what is chosen."""
        listed = self.query_one("#options", OptionList)
        listed.highlighted = self._index
        listed.focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        """Take it."""
        self.dismiss(event.option_index)

    @on(Choice.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave it as it is."""
        self.dismiss(None)
