"""What every screen with a list does: live rows around the cursor, filter, counts, order, marks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from certmgr.errors import CertmgrError, UsageError
from tui.commands import Scope, bindings
from tui.present import Ink, Line, Piece, next_tick, safe_text
from tui.screens.frame import FrameScreen
from tui.viewport import Side
from tui.views import Around, Page, Query, R, Tally
from tui.widgets.filter_bar import FilterBar
from tui.widgets.row_list import RowList
from tui.wording import error_lines

if TYPE_CHECKING:
    from textual.timer import Timer


class Source(Protocol[R]):
    """Where a list gets its rows; each call may wait for the store and raise CertmgrError."""

    def around(self, query: Query, anchor: R | None) -> Around[R]:
        """Return the rows on both sides of where `anchor` stands, the first of all without one."""

    def page(self, query: Query, beyond: R, side: Side) -> Page[R]:
        """Return the rows next to `beyond` at one side, in the list's order."""

    def end(self, query: Query, side: Side) -> Around[R]:
        """Return the rows at one end of the list."""

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are without the filter, and how many are hidden."""


class ListScreen(FrameScreen, Generic[R]):
    """A list of anything that has a number; subclasses say what the rows are and what can be done with them."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.ROWS)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.ROWS,)
    SORTS: ClassVar[tuple[str, ...]] = ("",)
    """By what the list can be sorted, in the words of its source; the first is its own order."""
    EXAMPLES: ClassVar[str] = "word  !word"
    """What the filter line proposes."""

    def __init__(self) -> None:
        """Begin without a filter."""
        super().__init__()
        self.query_now = Query()
        self._tally: Tally | None = None
        self._ticker: Timer | None = None
        self._stale = True

    @property
    def source(self) -> Source[R]:
        """Where the rows come from."""
        raise NotImplementedError

    @property
    def table(self) -> RowList[R]:
        """The list."""
        return self.query_one(RowList)

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
        self.app.store_signal.subscribe(self, lambda _app: self._changed())
        self.reload()

    def on_screen_resume(self) -> None:
        """Read again what has changed under another screen."""
        if self._stale:
            self.reload()

    def on_screen_suspend(self) -> None:
        """Nothing is drawn while another screen covers this one."""
        self._stale = True

    def _changed(self) -> None:
        """Read again, at once where this screen is seen, else when it is next."""
        if self.is_current:
            self.reload()
        else:
            self._stale = True

    @work(exclusive=True, group="rows")
    async def reload(self, *, to_top: bool = False) -> None:
        """Read the rows around the cursor again; the cursor stays on what it stands on."""
        self._stale = False
        row = self.table.current
        first = self.table.view.first
        anchor = None if to_top else row
        try:
            stretch = await self.app.reads.run(partial(self.source.around, self.query_now, anchor))
        except UsageError as error:
            self.query_one(FilterBar).refuse(error.message)
            return
        except CertmgrError as error:
            self._unreadable(error)
            return
        self.query_one(FilterBar).accept()
        place = None if first is None or anchor is None else max(first + self.table.view.cursor - stretch.before, 0)
        self.table.replace(stretch, anchor=row.id if row else None, first=place)
        self._schedule_tick()
        self._count()

    @work(exclusive=True, group="counts")
    async def _count(self) -> None:
        """Count, which may take longer than reading a page; a newer count takes the place of this one."""
        try:
            tally = await self.app.counts.run(partial(self.source.tally, self.query_now))
        except CertmgrError as error:
            self._unreadable(error)
            return
        self._tally = tally
        self.table.count(None if tally.matching.capped else tally.matching.number)
        self.query_one(FilterBar).show_counts(tally)
        self.table.say(self._empty_lines(tally))
        self._say_place()

    @on(RowList.Wanted)
    @work(exclusive=True, group="more")
    async def _more(self, event: RowList.Wanted) -> None:
        """Read the next page at one side."""
        view = self.table.view
        if not view.rows:
            return
        query, edge = self.query_now, view.rows[-1] if event.side is Side.AFTER else view.rows[0]
        try:
            page = await self.app.reads.run(partial(self.source.page, query, edge, event.side))
        except CertmgrError as error:
            self._unreadable(error)
            return
        rows = self.table.view.rows
        if query == self.query_now and rows and edge.id in {rows[0].id, rows[-1].id}:
            self.table.extend(page, event.side)

    @on(RowList.Jump)
    @work(exclusive=True, group="rows")
    async def _jump(self, event: RowList.Jump) -> None:
        """Read the rows at one end of the whole list and go there."""
        try:
            stretch = await self.app.reads.run(partial(self.source.end, self.query_now, event.side))
        except CertmgrError as error:
            self._unreadable(error)
            return
        total = self.table.total
        first = None if total is None else max(total - len(stretch.rows), 0)
        self.table.replace(stretch, anchor=None, first=first)
        if event.side is Side.AFTER:
            self.table.action_last()

    @on(RowList.Highlighted)
    def _highlighted(self) -> None:
        """Say where the cursor is."""
        self._say_place()
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
            self.query_now = replace(self.query_now, filter_text=event.text)
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
            self.table.mark(frozenset())
            self._say_place()

    def action_hidden(self) -> None:
        """Show or hide what is over."""
        self.query_now = replace(self.query_now, show_hidden=not self.query_now.show_hidden)
        self.reload()

    def action_sort(self) -> None:
        """Sort by the next column."""
        if len(self.SORTS) > 1:
            place = self.SORTS.index(self.query_now.sort) if self.query_now.sort in self.SORTS else 0
            self.query_now = replace(self.query_now, sort=self.SORTS[(place + 1) % len(self.SORTS)])
            self.ordered()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.query_now = replace(self.query_now, descending=not self.query_now.descending)
        self.ordered()

    def ordered(self) -> None:
        """Read the rows in their new order, from the top."""
        self.reload(to_top=True)

    def action_mark(self) -> None:
        """Mark what the cursor is on, or take its mark away, and go on."""
        if (row := self.table.current) is not None:
            self.table.mark(self.table.marked ^ {row.id})
            self.table.action_move(1)
            self._say_place()

    def action_mark_all(self) -> None:
        """Mark every row in memory, or none where all of them are."""
        rows = {row.id for row in self.table.view.rows}
        self.table.mark(self.table.marked - rows if rows <= self.table.marked else self.table.marked | rows)
        self._say_place()

    @property
    def hidden_number(self) -> int:
        """How many match and are not shown because they are over."""
        return self._tally.hidden.number if self._tally else 0

    def chosen(self) -> Sequence[int]:
        """Return the numbers that an act is about: the marked ones, else that under the cursor."""
        if self.table.marked:
            return tuple(sorted(self.table.marked))
        row = self.table.current
        return () if row is None else (row.id,)

    def _schedule_tick(self) -> None:
        """Draw the countdowns on screen again when they will read differently."""
        if self._ticker is not None:
            self._ticker.stop()
        dues = self.table.visible_dues()
        self._ticker = self.set_timer(next_tick(dues, self.app.backend.now()), self._tick) if dues else None

    def _tick(self) -> None:
        """Draw the countdowns that have changed."""
        self.table.tick()
        self._schedule_tick()

    def _say_place(self) -> None:
        """Say at the right of the keys where the cursor is, what is marked and what is hidden."""
        tally, position = self._tally, self.table.view.position
        if tally is None:
            return
        place = f"{position:,} of {tally.matching}" if position else str(tally.matching)
        marked = f"{len(self.table.marked):,} marked, " if self.table.marked else ""
        hidden = f", {tally.hidden} hidden" if tally.hidden.number else ""
        self.note(marked + place + hidden)

    def _unreadable(self, error: CertmgrError) -> None:
        """Say why there are no rows, or that those shown are no longer current."""
        if self.table.view.rows:
            self.app.say(error.message, warning=True)
        else:
            self.table.say(tuple((Piece("  "), *line) for line in error_lines(error, self.app.glyphs)))

    def _empty_lines(self, tally: Tally) -> tuple[Line, ...]:
        """Return what an empty list says: what would fill it."""
        hidden = f"{tally.hidden} hidden: a shows them." if tally.hidden.number else ""
        if self.query_now.filter_text:
            text = safe_text(self.query_now.filter_text, ascii_only=self.app.glyphs.ascii_only)
            lines = [f"  {self.nothing(matches=True)}  {text}", "  esc clears the filter."]
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
