"""The generic table: columns that are said once, rows from any source, the facts of a row beside it or on a page."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget

from certmgr.errors import CertmgrError
from tui.present import Glyphs, Ink, Line, Piece, countdown, fit, safe_text
from tui.screens.facts import FactsScreen
from tui.screens.frame import WIDE_COLUMNS
from tui.screens.listing import ListScreen
from tui.values.sheets import Sheet
from tui.views import R
from tui.widgets.facts_pane import FactsPane
from tui.widgets.filter_bar import FilterBar
from tui.widgets.row_list import RowList
from tui.wording import error_lines

if TYPE_CHECKING:
    from textual.timer import Timer

GAP = 2
MARGIN = 1
REST_S = 0.15
"""How long the cursor rests before the facts beside the list follow it."""


def _nothing(_row: object) -> Piece:
    return Piece("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """One column of a table."""

    title: str
    cell: Callable[[R], Piece] = _nothing
    """What a row shows there; its text is made safe before it is drawn."""
    live: Callable[[R, datetime, Glyphs], Piece] | None = None
    """In place of `cell`, for what needs the time or the glyphs."""
    width: int = 0
    """In cells; 0 takes what the others leave."""
    right: bool = False
    from_width: int = 0
    """The column is shown in a list of so many cells or more."""
    below: int = 0
    """The column is shown in a list of less than so many cells; 0: in any."""
    sort: str = ""
    """The name of the order by this column; empty: none."""


class TableList(RowList[R]):
    """Rows under columns."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        glyphs: Glyphs,
        clock: Callable[[], datetime],
        due: Callable[[R], datetime | None] = lambda _row: None,
    ) -> None:
        """Begin empty; `due` is the deadline that a row counts down to."""
        super().__init__(glyphs=glyphs, clock=clock)
        self._columns = columns
        self._due = due
        self.order: tuple[str, bool] = ("", False)
        """By what the rows are sorted, and whether the other way round; the heading shows it."""

    def heading(self) -> Line:
        """Return the columns' names, an arrow at the one that the rows are sorted by."""
        return self._spaced([Piece(self._title(column), Ink.HEADING) for column, _ in self._fitting()])

    def order_at(self, column: int) -> str:
        """Return by what the heading at this cell sorts; empty: by nothing."""
        start = MARGIN
        for one, width in self._fitting():
            if start <= column < start + width + GAP:
                return one.sort
            start += width + GAP
        return ""

    def line(self, row: R) -> Line:
        """Return one row."""
        return self._spaced([self._cell(column, row) for column, _ in self._fitting()])

    def due(self, row: R) -> datetime | None:
        """Return the deadline that the row counts down to."""
        return self._due(row)

    def ticking(self, row: R) -> str:
        """Return the countdown of the row."""
        due = self._due(row)
        return "" if due is None else countdown(due, self.now)

    def _cell(self, column: Column[R], row: R) -> Piece:
        return column.cell(row) if column.live is None else column.live(row, self.now, self._glyphs)

    def _title(self, column: Column[R]) -> str:
        name, descending = self.order
        if not column.sort or column.sort != name:
            return column.title
        return f"{column.title} {self._glyphs.down if descending else self._glyphs.up}"

    def _fitting(self) -> list[tuple[Column[R], int]]:
        """Return the columns that there is room for, each with its width."""
        width = self.size.width
        chosen = [
            column
            for column in self._columns
            if column.from_width <= width and (width < column.below or not column.below)
        ]
        taken = sum(column.width for column in chosen) + GAP * (len(chosen) - 1) + 2 * MARGIN
        wide = [column for column in chosen if not column.width]
        share, rest = divmod(max(width - taken, len(wide)), max(len(wide), 1))
        widths = []
        for column in chosen:
            extra = 1 if column is (wide[0] if wide else None) else 0
            widths.append(column.width or share + (rest if extra else 0))
        return list(zip(chosen, widths, strict=True))

    def _spaced(self, pieces: Sequence[Piece]) -> Line:
        """Return pieces cut to their columns, with gaps and margins."""
        cells = [
            Piece(self._cut(piece.text, column, width) + " " * GAP, piece.ink)
            for piece, (column, width) in zip(pieces, self._fitting(), strict=True)
        ]
        *line, last = cells
        return (Piece(" " * MARGIN), *line, Piece(last.text[: MARGIN - GAP], last.ink))

    def _cut(self, text: str, column: Column[R], width: int) -> str:
        return fit(safe_text(text, ascii_only=self._glyphs.ascii_only), width, self._glyphs, right=column.right)


class TableScreen(ListScreen[R]):
    """A screen that is a table; subclasses give columns and source, and what is known of one row."""

    COLUMNS: ClassVar[Sequence[Column]]  # type: ignore[type-arg]  # a class variable cannot be generic

    def __init__(self) -> None:
        """Begin without a filter."""
        super().__init__()
        self._rest: Timer | None = None
        self._beside: int | None = None
        """The row whose facts stand beside the list."""

    def rows_widget(self) -> TableList[R]:
        """Return the table."""
        return TableList(self.COLUMNS, glyphs=self.app.glyphs, clock=self.app.backend.now, due=self.due_of)

    def body(self) -> Iterable[Widget]:
        """Return the table and beside it the facts, the filter under them."""
        with Horizontal(id="body"):
            yield self.rows_widget()
            pane = FactsPane(glyphs=self.app.glyphs)
            pane.add_class("beside")
            pane.display = False
            yield pane
        yield FilterBar(glyphs=self.app.glyphs, examples=self.EXAMPLES)

    def due_of(self, row: R) -> datetime | None:
        """Return the deadline that a row counts down to; None: it does not."""
        del row
        return None

    def facts(self, row: R) -> Callable[[], Sheet] | None:
        """Return what reads everything that is known of a row, in a lane; None: a row says all there is."""
        del row
        return None

    def page(self, row: R) -> FactsScreen | None:
        """Return the screen that enter opens for a row."""
        read = self.facts(row)
        return None if read is None else FactsScreen(read)

    def action_open(self) -> None:
        """Open what the cursor is on."""
        row = self.table.current
        if row is not None and (page := self.page(row)) is not None:
            self.app.push_screen(page)

    def on_resize(self) -> None:
        """Show the facts beside the list where there is room."""
        pane, row = self.query_one(FactsPane), self.table.current
        pane.display = self.app.size.width >= WIDE_COLUMNS and (row is None or self.facts(row) is not None)
        self._follow()

    def moved(self) -> None:
        """Let the facts follow when the cursor has rested; at once where they are of the same row."""
        if self._rest is not None:
            self._rest.stop()
        row = self.table.current
        if row is not None and row.id == self._beside:
            self._follow()
        else:
            self._rest = self.set_timer(REST_S, self._follow)

    def _changed(self, *, asked: bool = False) -> None:
        """Read list and facts again."""
        super()._changed(asked=asked)
        self._follow()

    def _follow(self) -> None:
        """Show the facts of the row under the cursor, where they are in sight."""
        pane, row = self.query_one(FactsPane), self.table.current
        if not pane.display or not self.is_current:
            return
        self._beside = None if row is None else row.id
        self._read_facts(None if row is None else self.facts(row))

    @work(exclusive=True, group="detail")
    async def _read_facts(self, read: Callable[[], Sheet] | None) -> None:
        """Show what is known of a row beside the list."""
        pane = self.query_one(FactsPane)
        if read is None:
            pane.show_sheet(None)
            return
        try:
            pane.show_sheet(await self.app.reads.run(partial(read), aside=True))
        except CertmgrError as error:
            pane.say(error_lines(error, self.app.glyphs))

    def ordered(self) -> None:
        """Show in the heading by what the rows are sorted."""
        table = self.table
        if isinstance(table, TableList):
            table.order = (self.query_now.sort or self.SORTS[0], self.query_now.descending)
            # The rows may be the same ones; the heading is not.
            table.refresh()
        super().ordered()
