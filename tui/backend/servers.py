"""The list of servers."""

from certmgr.queries import servers as queries
from tui.backend.core import Core
from tui.backend.keyset import Whole
from tui.values.servers import ServerRow
from tui.views import Query


class Servers(Whole[ServerRow]):
    """Every server on record, by name."""

    def __init__(self, core: Core) -> None:
        """Read in the core's workspace."""
        self._core = core
        super().__init__(
            self._read,
            text=lambda row: f"{row.name} {row.owner} {row.purpose}",
            sorts={"server": lambda row: row.name, "owner": lambda row: (row.owner, row.name)},
            over=lambda row: row.retired,
        )

    def _read(self, query: Query) -> list[ServerRow]:
        del query
        return [
            ServerRow(
                id=server.id,
                name=server.name,
                owner=server.owner,
                purpose=server.purpose,
                auto_renew=server.auto_renew,
                retired=server.retired_at is not None,
                not_after=newest.not_after if newest else None,
            )
            for server, newest in queries.every(self._core.workspace, retired=True)
        ]
