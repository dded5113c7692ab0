"""The certificate list: filter, counts, live rows, and the detail beside it where there is room."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from certmgr.errors import CertmgrError, UsageError
from certmgr.models.certificates import CertificateId
from tui.commands import Scope, bindings
from tui.present import Ink, Line, Piece, next_tick, safe_text
from tui.screens.frame import WIDE_COLUMNS, FrameScreen
from tui.viewport import Side
from tui.views import Query, Row, Tally
from tui.widgets.certificate_list import CertificateList
from tui.widgets.detail_pane import DetailPane
from tui.widgets.filter_bar import FilterBar
from tui.wording import error_lines

if TYPE_CHECKING:
    from textual.timer import Timer

REST_S = 0.15
"""How long the cursor rests before the detail follows it, and a key before the filter is applied."""


class CertificatesScreen(FrameScreen):
    """The first screen: every certificate, soonest expiry first."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.LIST)]
    SCOPES = (Scope.LIST,)

    def __init__(self) -> None:
        """Begin without a filter."""
        super().__init__()
        self._query = Query()
        self._tally: Tally | None = None
        self._pane_wanted = True
        self._rest: Timer | None = None
        self._ticker: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Return list and pane side by side, the filter under them."""
        app = self.app
        with Horizontal(id="body"):
            yield CertificateList(glyphs=app.glyphs, clock=app.backend.now, zone=app.backend.zone)
            yield DetailPane(glyphs=app.glyphs, clock=app.backend.now)
        yield FilterBar(glyphs=app.glyphs)

    @property
    def table(self) -> CertificateList:
        """The list."""
        return self.query_one(CertificateList)

    @property
    def pane(self) -> DetailPane:
        """The detail beside it."""
        return self.query_one(DetailPane)

    def on_mount(self) -> None:
        """Load the first rows and follow the store."""
        self.table.focus()
        self.app.store_signal.subscribe(self, lambda _app: self.reload())
        self.reload()

    def frame_changed(self) -> None:
        """Make room for the clocks of open requests."""
        super().frame_changed()
        self.table.make_room(clocks=bool(self.app.requests))

    def on_resize(self) -> None:
        """Show the pane where there is room for it."""
        self._show_pane()

    def on_screen_resume(self) -> None:
        """Read again what may have changed under another screen."""
        self.reload()

    @work(exclusive=True, group="rows")
    async def reload(self, *, to_top: bool = False) -> None:
        """Read the rows around the cursor again; the cursor stays on its certificate."""
        row = self.table.current
        first = self.table.view.first
        anchor = None if to_top else row
        try:
            stretch = await self.app.reads.run(partial(self.app.backend.around, self._query, anchor))
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
            tally = await self.app.counts.run(partial(self.app.backend.tally, self._query))
        except CertmgrError as error:
            self._unreadable(error)
            return
        self._tally = tally
        self.table.count(None if tally.matching.capped else tally.matching.number)
        self.query_one(FilterBar).show_counts(tally)
        self.table.say(self._empty_lines(tally))
        self._say_place()

    @on(CertificateList.Wanted)
    @work(exclusive=True, group="more")
    async def _more(self, event: CertificateList.Wanted) -> None:
        """Read the next page at one side."""
        view = self.table.view
        if not view.rows:
            return
        query, edge = self._query, view.rows[-1] if event.side is Side.AFTER else view.rows[0]
        try:
            page = await self.app.reads.run(partial(self.app.backend.page, query, edge, event.side))
        except CertmgrError as error:
            self._unreadable(error)
            return
        rows = self.table.view.rows
        if query == self._query and rows and edge.id in {rows[0].id, rows[-1].id}:
            self.table.extend(page, event.side)

    @on(CertificateList.Jump)
    @work(exclusive=True, group="rows")
    async def _jump(self, event: CertificateList.Jump) -> None:
        """Read the rows at one end of the whole list and go there."""
        try:
            stretch = await self.app.reads.run(partial(self.app.backend.end, self._query, event.side))
        except CertmgrError as error:
            self._unreadable(error)
            return
        total = self.table.total
        first = None if total is None else max(total - len(stretch.rows), 0)
        self.table.replace(stretch, anchor=None, first=first)
        if event.side is Side.AFTER:
            self.table.action_last()

    @on(CertificateList.Highlighted)
    def _follow(self, event: CertificateList.Highlighted) -> None:
        """Let the pane follow when the cursor has rested."""
        self._say_place()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, partial(self._show_detail, event.row))

    @on(CertificateList.Opened)
    def action_open(self) -> None:
        """Open the certificate under the cursor."""
        if (row := self.table.current) is not None:
            self.app.open_detail(row.id)

    def action_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open()

    @on(FilterBar.Typed)
    def _filtered(self, event: FilterBar.Typed) -> None:
        """Apply the filter while it is typed."""
        if event.text != self._query.filter_text:
            self._query = Query(filter_text=event.text, show_hidden=self._query.show_hidden)
            self.reload(to_top=bool(event.text))

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        """Give the keys back to the list."""
        self.table.focus()

    def action_clear(self) -> None:
        """Clear the filter."""
        self.query_one(FilterBar).clear()

    def action_hidden(self) -> None:
        """Show or hide what is superseded or long expired."""
        self._query = Query(filter_text=self._query.filter_text, show_hidden=not self._query.show_hidden)
        self.table.make_room(superseded=self._query.show_hidden)
        self.reload()

    def action_pane(self) -> None:
        """Show or hide the pane."""
        if self.app.size.width < WIDE_COLUMNS:
            self.app.say(f"The detail pane needs {WIDE_COLUMNS} columns; enter opens the certificate.")
            return
        self._pane_wanted = not self._pane_wanted
        self._show_pane()

    def action_revoke(self) -> None:
        """Open the revocation dialog for the certificate under the cursor, as it is shown now."""
        if (row := self.table.current) is not None:
            self.app.start_revocation(row)

    def _show_pane(self) -> None:
        """Show the pane if it is wanted and there is room."""
        self.pane.display = self._pane_wanted and self.app.size.width >= WIDE_COLUMNS
        if self.pane.display:
            self._show_detail(self.table.current)

    def _show_detail(self, row: Row | None) -> None:
        """Read the detail of a certificate for the pane."""
        if self.pane.display:
            self._read_detail(row.id if row else None)

    @work(exclusive=True, group="detail")
    async def _read_detail(self, certificate: CertificateId | None) -> None:
        """Show a certificate in the pane, or nothing."""
        if certificate is None:
            self.pane.show_detail(None)
            return
        try:
            self.pane.show_detail(await self.app.reads.run(partial(self.app.backend.detail, certificate)))
        except CertmgrError as error:
            self.pane.say(error_lines(error, self.app.glyphs))

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
        """Say at the right of the keys where the cursor is and what is hidden."""
        tally, position = self._tally, self.table.view.position
        if tally is None:
            return
        place = f"{position:,} of {tally.matching}" if position else str(tally.matching)
        hidden = f", {tally.hidden} hidden" if tally.hidden.number else ""
        self.note(place + hidden)

    def _unreadable(self, error: CertmgrError) -> None:
        """Say why there are no rows, or that those shown are no longer current."""
        if self.table.view.rows:
            self.app.say(error.message, warning=True)
        else:
            self.table.say(tuple((Piece("  "), *line) for line in error_lines(error, self.app.glyphs)))

    def _empty_lines(self, tally: Tally) -> tuple[Line, ...]:
        """Return what an empty list says: what would fill it."""
        hidden = f"{tally.hidden} hidden: a shows them." if tally.hidden.number else ""
        if self._query.filter_text:
            text = safe_text(self._query.filter_text, ascii_only=self.app.glyphs.ascii_only)
            lines = [f"  No certificate matches  {text}", "  esc clears the filter."]
        elif hidden:
            lines = ["  No certificate is in use."]
        else:
            lines = [
                "  There are no certificates yet.",
                "  certmgr issue NAME --owner UNIT --purpose TEXT   issues one",
                "  certmgr issue --from inventory.csv               issues for a whole network",
            ]
        if hidden:
            lines.append(f"  {hidden}")
        return tuple((Piece(line, Ink.STRONG if index == 0 else Ink.DIM),) for index, line in enumerate(lines))
