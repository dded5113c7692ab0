"""The generic table: columns that are said once, rows from any source, no more code than that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic

from tui.present import Glyphs, Ink, Line, Piece, fit, safe_text
from tui.screens.listing import ListScreen
from tui.views import R
from tui.widgets.row_list import RowList

GAP = 2
MARGIN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """One column of a table."""

    title: str
    cell: Callable[[R], Piece]
    """What a row shows there; its text is made safe before it is drawn."""
    width: int = 0
    """In cells; 0 takes what the others leave."""
    right: bool = False
    from_width: int = 0
    """The column is shown in a list of so many cells or more."""
    sort: str = ""
    """The name of the order by this column; empty: none."""


class TableList(RowList[R]):
    """Rows under columns."""

    def __init__(self, columns: Sequence[Column[R]], *, glyphs: Glyphs, clock: Callable[[], datetime]) -> None:
        """Begin empty."""
        super().__init__(glyphs=glyphs, clock=clock)
        self._columns = columns
        self.order: tuple[str, bool] = ("", False)
        """By what the rows are sorted, and whether the other way round; the heading shows it."""

    def heading(self) -> Line:
        """Return the columns' names, an arrow at the one that the rows are sorted by."""
        return self._spaced([Piece(self._title(column), Ink.HEADING) for column, _ in self._fitting()])

    def line(self, row: R) -> Line:
        """Return one row."""
        return self._spaced([column.cell(row) for column, _ in self._fitting()])

    def _title(self, column: Column[R]) -> str:
        name, descending = self.order
        if not column.sort or column.sort != name:
            return column.title
        return f"{column.title} {self._glyphs.down if descending else self._glyphs.up}"

    def _fitting(self) -> list[tuple[Column[R], int]]:
        """Return the columns that there is room for, each with its width."""
        width = self.size.width
        chosen = [column for column in self._columns if column.from_width <= width]
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
    """A screen that is a table; subclasses give columns and source."""

    COLUMNS: ClassVar[Sequence[Column]]  # type: ignore[type-arg]  # a class variable cannot be generic

    def rows_widget(self) -> TableList[R]:
        """Return the table."""
        return TableList(self.COLUMNS, glyphs=self.app.glyphs, clock=self.app.backend.now)

    def ordered(self) -> None:
        """Show in the heading by what the rows are sorted."""
        table = self.table
        if isinstance(table, TableList):
            table.order = (self.query_now.sort or self.SORTS[0], self.query_now.descending)
        super().ordered()
