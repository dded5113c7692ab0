"""What every screen with a list does: live rows around the cursor, filter, counts, order, marks."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from certmgr.errors import CertmgrError, UsageError
from tui.commands import Scope, bindings
from tui.present import Ink, Line, Piece, safe_text
from tui.screens.marks import Source
from tui.screens.orders import OrderScreen
from tui.viewport import Side
from tui.views import Around, Count, Query, R, Tally
from tui.widgets.filter_bar import FilterBar
from tui.widgets.row_list import RowList
from tui.wording import error_lines

if TYPE_CHECKING:
    from textual.timer import Timer

__all__ = ["ListScreen", "Source"]


SLOW_S = 0.25
"""What takes longer than this says what it does."""
BREATH = 2
"""After a search that took so long, what changes elsewhere is looked for only after that many times as long."""


class ListScreen(OrderScreen[R]):
    """A list of anything that has a number; subclasses say what the rows are and what can be done with them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.ROWS)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.ROWS,)
    EXAMPLES: ClassVar[str] = "word  !word"
    """What the filter line proposes."""

    def __init__(self) -> None:
        """Begin without a filter."""
        super().__init__()
        self.query_now = Query()
        self._shown: Query | None = None
        """What the rows in sight were asked with."""
        self._tally: Tally | None = None
        self._counted: Query | None = None
        """What the tally was counted for."""
        self._counting: Query | None = None
        self._reading: Query | None = None
        self._fetching: tuple[Side, int] | None = None
        self._fetched_from = 0.0
        self._slow: Timer | None = None
        self._later: Timer | None = None
        self._rested = 0.0
        """From when on (monotonic seconds) the list may be read again for what changed elsewhere."""
        self._asked: float | None = None
        """Since when (monotonic seconds) somebody waits for the list to be read again."""
        self._recount = False
        self._stale = True

    def rows_widget(self) -> RowList[R]:
        """Return the list, new."""
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        """Return the list and the filter under it."""
        yield self.rows_widget()
        yield FilterBar(glyphs=self.app.glyphs, examples=self.EXAMPLES)

    def on_mount(self) -> None:
        """Load the first rows and follow the store."""
        self.table.focus()
        self.app.store_signal.subscribe(self, lambda asked: self._changed(asked=asked))
        self.recall()
        self.ordered()

    def on_screen_resume(self) -> None:
        """Read again what has changed under another screen."""
        if self._stale:
            self.reload()

    def on_screen_suspend(self) -> None:
        """Nothing is drawn while another screen covers this one."""
        self._stale = True

    def _changed(self, *, asked: bool = False) -> None:
        """Read again, soon where this screen is seen and at once where it was `asked` for, else when it is seen next.

        A search that is under way is not begun anew: with changes all the time it would never end.
        """
        self._stale = True
        if not self.is_current:
            return
        if asked:
            self._asked = monotonic()
        if self._reading is not None or (self._later is not None and not asked):
            return
        if (wait_s := self._rested - monotonic()) > 0 and not asked:
            self._later = self.set_timer(wait_s, self._read_later)
        else:
            self.reload()

    @property
    def is_to_read(self) -> bool:
        """Whether the list is read again in a moment."""
        return self._later is not None

    def _read_later(self) -> None:
        """Read again what has changed meanwhile."""
        self._later = None
        if self._stale:
            self._changed()

    @work(exclusive=True, group="rows")
    async def reload(self, *, to_top: bool = False) -> None:
        """Read the rows around the cursor again; the cursor stays on what it stands on, or where `to_top` says so."""
        self.app.remember(self, self.remembered())
        await self._read(around=not to_top, keep=True)

    @work(exclusive=True, group="rows")
    async def _begin_at_top(self) -> None:
        """Read the first rows, and put the cursor on the first."""
        self.app.remember(self, self.remembered())
        await self._read(around=False, keep=False)

    async def _read(self, *, around: bool, keep: bool) -> None:
        """Read the rows around the cursor, or the first of all; `keep` the cursor on its row where that is there."""
        query, begun = self.query_now, monotonic()
        self._stale, self._reading, asked, self._asked = False, query, self._asked, None
        self._say_slow("searching")
        try:
            stretch = await self._found(query, around=around, aside=query == self._shown and asked is None)
        except UsageError as error:
            self._break_off()
            self.query_one(FilterBar).refuse(error.message)
            return
        except CertmgrError as error:
            self._reading = None
            self._say_slow("")
            self._unreadable(error)
            return
        self._reading, self._rested = None, monotonic() + BREATH * (monotonic() - begun)
        self.query_one(FilterBar).accept()
        row, view = self.table.current, self.table.view
        place = view.place_of(stretch) if around and query == self._shown else None
        self._shown = query
        self.arrived()
        self.table.replace(stretch, anchor=row.id if row and keep else None, first=place)
        if stretch.at_start and stretch.at_end:
            self.table.count(len(stretch.rows))
        self._tell_count(query)
        if self._stale:
            self._changed(asked=self._asked is not None)

    async def _found(self, query: Query, *, around: bool, aside: bool) -> Around[R]:
        """Return the rows around the cursor, or the first of all.

        The cursor moves on while they are read. Where it has left what was read, that is read again around it.
        """
        while True:
            row = self.table.current if around else None
            stretch = await self.app.lists.run(partial(self.source.around, query, row), aside=aside)
            known = {one.id for one in (*stretch.rows, row) if one is not None}
            if not (around and query == self._shown) or (now := self.table.current) is None or now.id in known:
                return stretch

    def arrived(self) -> None:
        """Get ready to show rows in the order of `query_now`."""

    def _tell_count(self, query: Query) -> None:
        """Count for a query; one that is being counted is finished first, for it may take long."""
        self._recount = self._counting == query
        if self._recount:
            self._say_slow("counting")
        else:
            self._count()

    @work(exclusive=True, group="counts")
    async def _count(self) -> None:
        """Count, which may take longer than reading a page; a newer count takes the place of this one."""
        query = self._counting = self.query_now
        self._say_slow("counting")
        try:
            tally = await self.app.counts.run(partial(self.source.tally, query))
            await self.count_lost(query)
        except CertmgrError as error:
            self._counting = None
            self._say_slow("")
            self._unreadable(error)
            return
        self._tally, self._counted, self._counting = tally, query, None
        self._say_slow("")
        self.table.count(None if tally.matching.capped else tally.matching.number)
        self.query_one(FilterBar).show_counts(tally)
        self.table.say(self._empty_lines(tally))
        self.say_place()
        if self._recount:
            self._recount = False
            self._count()

    @on(FilterBar.Typing)
    def _typing(self) -> None:
        """Break off what is read for a filter that reads differently by now; what is shown stays."""
        self._break_off()

    def _break_off(self) -> None:
        """End what is being searched and counted."""
        ended = [one for group in ("rows", "counts", "marks") for one in self.workers.cancel_group(self, group)]
        self._stale = self._stale or bool(ended)
        self._reading = self._counting = None
        self._say_slow("")

    def _say_slow(self, word: str) -> None:
        """Say what is going on, once it takes long; nothing is going on without a word."""
        if self._slow is not None:
            self._slow.stop()
            self._slow = None
        bar = self.query_one(FilterBar)
        if not word:
            bar.wait("")
        elif bar.waiting:
            bar.wait(word)
        else:
            self._slow = self.set_timer(SLOW_S, partial(self._wait, word))
            return
        self.say_place()

    def _wait(self, word: str) -> None:
        """Say the word: it does take long."""
        self.query_one(FilterBar).wait(word)
        self.say_place()

    @on(RowList.Wanted)
    def _wanted(self, event: RowList.Wanted) -> None:
        """Read the next page at one side, unless it is being read already."""
        rows = self.table.view.rows
        if rows and self._shown is not None:
            edge = rows[-1] if event.side is Side.AFTER else rows[0]
            if self._fetching != (event.side, edge.id):
                self._more(self._shown, edge, event.side)

    @work(exclusive=True, group="more")
    async def _more(self, query: Query, edge: R, side: Side) -> None:
        """Read the rows beyond an edge of those in memory."""
        fetching, self._fetched_from = (side, edge.id), monotonic()
        self._fetching = fetching
        try:
            page = await self.app.lists.run(partial(self.source.page, query, edge, side), aside=True)
        except CertmgrError as error:
            self._unreadable(error)
            return
        finally:
            if self._fetching == fetching:
                self._fetching = None
        rows = self.table.view.rows
        if query == self._shown and rows and edge.id == (rows[-1] if side is Side.AFTER else rows[0]).id:
            self.table.extend(page, side)

    def awaits(self) -> bool:
        """Tell whether rows that the next key is about are just being read, or are to be, and not for long."""
        if self._asked is not None and monotonic() - self._asked < SLOW_S:
            return True
        if self._fetching is None or monotonic() - self._fetched_from > SLOW_S:
            return False
        return self.table.view.is_near(self._fetching[0])

    @on(RowList.Jump)
    @work(exclusive=True, group="rows")
    async def _jump(self, event: RowList.Jump) -> None:
        """Read the rows at one end of the whole list and go there."""
        query = self._reading = self.query_now
        self._say_slow("searching")
        try:
            stretch = await self.app.lists.run(partial(self.source.end, query, event.side))
        except CertmgrError as error:
            self._reading = None
            self._say_slow("")
            self._unreadable(error)
            return
        self._reading = None
        total = self.table.total if query == self._counted else None
        first = None if total is None else max(total - len(stretch.rows), 0)
        self._shown = query
        self.table.replace(stretch, anchor=None, first=first)
        if event.side is Side.AFTER:
            self.table.action_last()
        self._tell_count(query)

    @on(RowList.Highlighted)
    def _highlighted(self) -> None:
        """Say where the cursor is."""
        self.say_place()
        self.moved()

    def moved(self) -> None:
        """Let the rest of the screen follow the cursor."""

    @on(RowList.Opened)
    def _opened(self) -> None:
        """Open the row that was clicked."""
        self.action_open()

    def action_open(self) -> None:
        """Open what the cursor is on; nothing where there is nothing more to see."""

    def action_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open()

    @on(FilterBar.Typed)
    def _filtered(self, event: FilterBar.Typed) -> None:
        """Apply the filter while it is typed."""
        if event.text != self.query_now.filter_text:
            self._break_off()
            self.query_now = replace(self.query_now, filter_text=event.text)
            self.reload(to_top=bool(event.text))
        elif self._stale:
            self.reload(to_top=bool(event.text))

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        """Give the keys back to the list."""
        self.table.focus()

    def action_clear(self) -> None:
        """Clear the filter; where there is none, the marks."""
        if self.query_now.filter_text or self.query_one(FilterBar).display:
            self.query_one(FilterBar).clear()
        else:
            self.unmark()

    def action_hidden(self) -> None:
        """Show or hide what is over."""
        self.query_now = replace(self.query_now, show_hidden=not self.query_now.show_hidden)
        self.reload()

    def ordered(self) -> None:
        """Read the rows in their new order: the cursor stays on its row; at the top of the list it stays at the top."""
        self._break_off()
        if self.table.view.at_start and self.table.view.cursor == 0:
            self._begin_at_top()
        else:
            self.reload()

    @property
    def hidden_number(self) -> int:
        """How many match and are not shown because they are over."""
        return self._tally.hidden.number if self._tally else 0

    def say_place(self) -> None:
        """Say at the right of the keys where the cursor is, what is marked and what is hidden."""
        tally, position, total = self._tally, self.table.view.position, self.table.total
        if self._shown is None:
            return
        if tally is not None and self._counted == self._shown:
            number, hidden = str(tally.matching), f", {tally.hidden} hidden" if tally.hidden.number else ""
        else:
            # What was counted for another filter is not said of these rows.
            number, hidden = "" if total is None else str(Count(number=total)), ""
        place = " of ".join(one for one in (f"{position:,}" if position else "", number) if one)
        bar = self.query_one(FilterBar)
        slow = f"{bar.waiting}  " if bar.waiting and not bar.display else ""
        self.note(slow + self.marks_text() + place + hidden)

    def _unreadable(self, error: CertmgrError) -> None:
        """Say why there are no rows, or that those shown are no longer current, or what is wrong with the filter."""
        if isinstance(error, UsageError):
            self.query_one(FilterBar).refuse(error.message)
        elif self.table.view.rows:
            self.app.say(error.message, warning=True)
        else:
            self.table.say(tuple((Piece("  "), *line) for line in error_lines(error, self.app.glyphs)))

    def _empty_lines(self, tally: Tally) -> tuple[Line, ...]:
        """Return what an empty list says: what would fill it."""
        keys = self.app.keymap
        hidden = f"{tally.hidden} hidden: {keys.shown('hidden')} shows them." if tally.hidden.number else ""
        if self.query_now.filter_text:
            text = safe_text(self.query_now.filter_text, ascii_only=self.app.glyphs.ascii_only)
            lines = [f"  {self.nothing(matches=True)}  {text}", f"  {keys.shown('clear')} clears the filter."]
        else:
            lines = [f"  {line}" for line in self.nothing().split("\n")]
        if hidden:
            lines.append(f"  {hidden}")
        return tuple((Piece(line, Ink.STRONG if index == 0 else Ink.DIM),) for index, line in enumerate(lines))

    def nothing(self, *, matches: bool = False) -> str:
        """Return what an empty list says; the lines after the first say what would fill it.

        `matches`: nothing matches the filter, which is written after it.
        """
        raise NotImplementedError
