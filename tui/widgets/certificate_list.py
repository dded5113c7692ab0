"""The list of certificates: its columns, and the countdown of open revocation requests in the last of them."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.events import Resize
from textual.geometry import Region

from tui.columns import Field, columns_at, heading_line, order_at, revoke_in, row_line
from tui.present import Glyphs, Line
from tui.views import Row
from tui.widgets.row_list import RowList


class CertificateList(RowList[Row]):
    """Certificates, one a line."""

    STEADY = True

    def __init__(self, *, glyphs: Glyphs, clock: Callable[[], datetime], zone: ZoneInfo) -> None:
        """Begin empty."""
        super().__init__(glyphs=glyphs, clock=clock)
        self._zone = zone
        self._columns = columns_at(0, clocks=False)
        self._clocks = self._superseded = False
        self._order = Field.NOT_AFTER
        self._descending = False

    def sort_by(self, order: Field, *, descending: bool) -> None:
        """Show by what the rows are sorted."""
        if (order, descending) != (self._order, self._descending):
            self._order, self._descending = order, descending
            self.make_room()
            self.refresh(Region(0, 0, self.size.width, 1))

    def make_room(self, *, clocks: bool | None = None, superseded: bool | None = None) -> None:
        """Make room for countdowns and for the longest state, or give it to the names."""
        self._clocks = self._clocks if clocks is None else clocks
        self._superseded = self._superseded if superseded is None else superseded
        columns = columns_at(self.size.width, clocks=self._clocks, superseded=self._superseded, order=self._order)
        if columns != self._columns:
            self._columns = columns
            self.forget()
            self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Choose the columns that fit; the lines are the base's."""
        del event
        self.make_room()

    def heading(self) -> Line:
        """Return the columns' names."""
        return heading_line(self._columns, self._glyphs, order=self._order, descending=self._descending)

    def order_at(self, column: int) -> str:
        """Return by what the heading at this cell sorts; empty: by nothing."""
        return order_at(self._columns, column)

    def line(self, row: Row) -> Line:
        """Return a certificate."""
        return row_line(row, self._columns, now=self.now, zone=self._zone, glyphs=self._glyphs)

    def due(self, row: Row) -> datetime | None:
        """Return when its open revocation request is due."""
        return row.due

    def ticking(self, row: Row) -> str:
        """Return its countdown."""
        return revoke_in(row, self._columns[-1].width, self.now)
