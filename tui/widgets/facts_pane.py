"""A page of facts about one thing, beside a list or on a screen of its own."""

from tui.present import Glyphs, Ink, Line, Piece
from tui.sheets.layout import sheet_lines
from tui.values.sheets import Sheet
from tui.widgets.scroll_text import ScrollText


class FactsPane(ScrollText):
    """Lays a sheet out for its own width."""

    def __init__(self, *, glyphs: Glyphs) -> None:
        """Show nothing until there is something to show."""
        super().__init__()
        self._glyphs = glyphs
        self._sheet: Sheet | None = None
        self._drawn: tuple[Line, ...] = ()

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show a sheet, or that there is none; one about another thing begins at its top."""
        other = sheet is None or self._sheet is None or sheet.title != self._sheet.title
        self._sheet = sheet
        self._draw()
        if other:
            self.scroll_home(animate=False)

    def say(self, lines: tuple[Line, ...]) -> None:
        """Show `lines` in place of a sheet."""
        self._sheet = None
        self._drawn = lines
        self.show(lines)

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        if self._sheet is not None:
            self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        lines: tuple[Line, ...] = ((Piece("Nothing is chosen.", Ink.DIM),),)
        if self._sheet is not None and width > 0:
            lines = sheet_lines(self._sheet, width, self._glyphs)
        if lines != self._drawn:
            self._drawn = lines
            self.show(lines)
