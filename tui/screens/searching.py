"""What every screen of text that is read does: `/` looks for a text, two keys go from match to match."""

from collections.abc import Iterable

from textual import on
from textual.widget import Widget

from tui.screens.frame import FrameScreen
from tui.widgets.filter_bar import FilterBar
from tui.widgets.searched import Searched


class SearchScreen(FrameScreen):
    """A screen of text; subclasses give the text, which is the first of its kind on it."""

    MATCH_KEYS = ("next-match", "previous-match", "leave")
    """The commands that go to the next and the previous match here, and the one that ends the search."""

    def text(self) -> Widget:
        """Return what is read, new."""
        raise NotImplementedError

    @property
    def _searched(self) -> Searched:
        # The style sheet, by which a query goes, knows the first base of a widget alone.
        return next(one for one in self.walk_children(Widget) if isinstance(one, Searched))

    def body(self) -> Iterable[Widget]:
        """Return the text and the line for what is looked for under it."""
        yield self.text()
        yield FilterBar(glyphs=self.app.glyphs, examples="text")

    def action_search(self) -> None:
        """Open the line for what is looked for."""
        self.query_one(FilterBar).open()

    def action_match(self, delta: int) -> None:
        """Go to the next or the previous match."""
        self._searched.next_match(delta)
        self._tell_match()

    def action_back(self) -> None:
        """End the search; where there is none, leave the screen."""
        bar = self.query_one(FilterBar)
        if bar.display:
            bar.clear()
            self._searched.focus()
        else:
            self.dismiss()

    @on(FilterBar.Typed)
    def _search_typed(self, event: FilterBar.Typed) -> None:
        """Look for what is typed."""
        self._searched.look_for(event.text)
        self._tell_match()

    @on(FilterBar.Left)
    def _search_left(self) -> None:
        """Give the keys back to the text."""
        self._searched.focus()

    def _tell_match(self) -> None:
        """Say which match of how many is shown, and what goes on from there."""
        bar = self.query_one(FilterBar)
        number, total = self._searched.matches
        following, before, ends = (self.app.keymap.shown(name) for name in self.MATCH_KEYS)
        if not bar.field.value.strip():
            bar.tell("")
        elif total:
            keys = f"{following} next, {before} previous, {ends} ends"
            bar.tell(f"{number:,} of {total:,}  {self.app.glyphs.dot}  {keys}")
        else:
            bar.tell(f"not found  {self.app.glyphs.dot}  {ends} ends")
