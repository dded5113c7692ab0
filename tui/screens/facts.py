"""Everything that is known of one row, on a screen of its own."""

from collections.abc import Callable
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from certmgr.errors import CertmgrError
from tui.commands import Scope, bindings
from tui.screens.searching import SearchScreen
from tui.values.sheets import Sheet
from tui.widgets.facts_pane import FactsPane
from tui.wording import error_lines


class FactsScreen(SearchScreen):
    """A page of facts; it follows the store, and esc leads back. Subclasses add what can be done with the thing."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.PAGE)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.PAGE,)

    def __init__(self, read: Callable[[], Sheet]) -> None:
        """Show what `read` returns; it may wait for the store and raise CertmgrError."""
        super().__init__()
        self._read = read

    def text(self) -> Widget:
        """Return the page."""
        pane = FactsPane(glyphs=self.app.glyphs)
        pane.add_class("page")
        return pane

    def on_mount(self) -> None:
        """Read the facts and follow the store."""
        self.query_one(FactsPane).focus()
        self.app.store_signal.subscribe(self, lambda _asked: self.reload())
        self.reload()

    @work(exclusive=True, group="detail")
    async def reload(self) -> None:
        """Read the facts again."""
        pane = self.query_one(FactsPane)
        try:
            pane.show_sheet(await self.app.reads.run(self._read))
        except CertmgrError as error:
            pane.say(error_lines(error, self.app.glyphs))
