"""The servers on record."""

from collections.abc import Sequence
from typing import ClassVar

from tui.present import Ink, Piece, day
from tui.screens.listing import Source
from tui.screens.table import Column, TableScreen
from tui.values.servers import ServerRow


class ServersScreen(TableScreen[ServerRow]):
    """Every server that certificates are issued for, by name."""

    PLACE = "Servers"
    SORTS = ("server", "owner")
    COLUMNS: ClassVar[Sequence[Column[ServerRow]]] = (
        Column(title="SERVER", cell=lambda row: Piece(row.name, Ink.STRONG), sort="server"),
        Column(title="RENEWAL", width=9, cell=lambda row: Piece("by itself" if row.auto_renew else "by hand", Ink.DIM)),
        Column(title="UNTIL", width=10, cell=lambda row: Piece(day(row.not_after) if row.not_after else "-")),
        Column(title="OWNER", width=20, cell=lambda row: Piece(row.owner), sort="owner"),
    )

    @property
    def source(self) -> Source[ServerRow]:
        """The servers."""
        return self.app.backend.servers

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        return "No server matches" if matches else "There are no servers yet.\ncertmgr server add NAME   records one"
