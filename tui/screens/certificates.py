"""The certificate list: filter, counts, live rows, and the detail beside it where there is room."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from tui.columns import SORTED_BY
from tui.commands import Scope, bindings
from tui.remembered import ListMemory
from tui.screens.certificate_acts import CertificateActs
from tui.screens.frame import WIDE_COLUMNS
from tui.screens.listing import ListScreen, Source
from tui.views import Row
from tui.widgets.certificate_list import CertificateList
from tui.widgets.detail_pane import DetailPane
from tui.widgets.filter_bar import FilterBar
from tui.wording import error_lines

if TYPE_CHECKING:
    from textual.timer import Timer

REST_S = 0.15
"""How long the cursor rests before the detail follows it, and a key before the filter is applied."""


class CertificatesScreen(ListScreen[Row], CertificateActs):
    """Every certificate, soonest expiry first."""

    PLACE = "Certificates"

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.LIST)]
    SCOPES = (Scope.LIST, Scope.ROWS)
    SORTS = ("expires", "server", "profile", "owner", "key", "serial", "created")
    EXAMPLES = "word  state:due  days<30  profile:NAME  !term"

    def __init__(self) -> None:
        """Begin without a filter."""
        super().__init__()
        self._pane_wanted = True
        self._rest: Timer | None = None

    @property
    def source(self) -> Source[Row]:
        """The certificates."""
        return self.app.backend.certificates

    @property
    def table(self) -> CertificateList:
        """The list."""
        return self.query_one(CertificateList)

    @property
    def pane(self) -> DetailPane:
        """The detail beside it."""
        return self.query_one(DetailPane)

    def rows_widget(self) -> CertificateList:
        """Return the list."""
        app = self.app
        return CertificateList(glyphs=app.glyphs, clock=app.backend.now, zone=app.backend.zone)

    def body(self) -> Iterable[Widget]:
        """Return list and pane side by side, the filter under them."""
        app = self.app
        with Horizontal(id="body"):
            yield self.rows_widget()
            yield DetailPane(glyphs=app.glyphs, clock=app.backend.now)
        yield FilterBar(glyphs=app.glyphs, examples=self.EXAMPLES)

    def on_mount(self) -> None:
        """Show the pane where it was left, or where nobody has said."""
        kept = self.app.recalled(self)
        self._pane_wanted = kept is None or kept.pane is not False
        self.table.make_room(superseded=kept is not None and kept.show_hidden)

    def frame_changed(self) -> None:
        """Make room for the clocks of open requests."""
        super().frame_changed()
        self.table.make_room(clocks=bool(self.app.requests))

    def on_resize(self) -> None:
        """Show the pane where there is room for it."""
        self._show_pane()

    def arrived(self) -> None:
        """Show in the heading by what the rows are sorted."""
        self.table.sort_by(SORTED_BY[self.query_now.sort], descending=self.query_now.descending)

    def moved(self) -> None:
        """Let the pane follow when the cursor has rested."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, partial(self._show_detail, self.table.current))

    def action_open(self) -> None:
        """Open the certificate under the cursor."""
        if (row := self.table.current) is not None:
            self.app.open_detail(row.id)

    def action_hidden(self) -> None:
        """Show or hide what is superseded or long expired."""
        super().action_hidden()
        self.table.make_room(superseded=self.query_now.show_hidden)

    def action_pane(self) -> None:
        """Show or hide the pane."""
        if self.app.size.width < WIDE_COLUMNS:
            enter = self.app.keymap.shown("open")
            self.app.say(f"The detail pane needs {WIDE_COLUMNS} columns; {enter} opens the certificate.")
            return
        self._pane_wanted = not self._pane_wanted
        self._show_pane()
        self.app.remember(self, self.remembered())

    def remembered(self) -> ListMemory:
        """Return how the list is looked at, and whether the pane is wanted."""
        return replace(super().remembered(), pane=self._pane_wanted)

    def certificates(self) -> Sequence[int]:
        """Return the marked ones, else the one under the cursor."""
        return self.chosen()

    def certificates_hidden(self) -> int:
        """Return how many of the marked ones the filter hides."""
        return self.lost

    def current_certificate(self) -> CertificateId | None:
        """Return the one under the cursor."""
        row = self.table.current
        return None if row is None else row.id

    def action_revoke(self) -> None:
        """Open the revocation dialog for what is marked, else for what is under the cursor, as it is shown now."""
        if self.table.marked:
            self.revoke_marked(tuple(sorted(self.table.marked)), self.query_now)
        elif (row := self.table.current) is not None:
            self.app.start_revocation(row)

    def unmark(self) -> None:
        """Take the marks away: what was marked is done."""
        self.table.mark(frozenset())
        self.say_place()

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        if matches:
            return "No certificate matches"
        if self.hidden_number:
            return "No certificate is in use."
        return (
            "There are no certificates yet.\n"
            "certmgr issue --dns NAME --owner UNIT --purpose TEXT   for one\n"
            "certmgr issue --from inventory.csv                     for a whole network"
        )

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
            read = partial(self.app.backend.certificates.detail, certificate)
            self.pane.show_detail(await self.app.reads.run(read, aside=True))
        except CertmgrError as error:
            self.pane.say(error_lines(error, self.app.glyphs))
