"""The campaigns: the list, one with what is left of it, and its end."""

from certmgr.models.campaigns import CampaignId
from certmgr.operations import campaigns as operations
from certmgr.queries import campaigns as queries
from certmgr.queries import journal
from certmgr.queries.campaigns import CampaignState
from tui.backend.core import Core
from tui.backend.keyset import Whole
from tui.values.campaigns import CampaignDetail, CampaignRow
from tui.views import Query


class Campaigns(Whole[CampaignRow]):
    """Every campaign, the first due first; those that are closed are hidden."""

    def __init__(self, core: Core) -> None:
        """Read and act in the core's workspace."""
        self._core = core
        self._workspace = core.workspace
        super().__init__(
            self._read,
            text=lambda row: f"{row.name} {row.reason}",
            sorts={"name": lambda row: row.name, "left": lambda row: (-row.left, row.name)},
            over=lambda row: row.closed,
        )

    def detail(self, name: str) -> CampaignDetail:
        """Return everything on record about one campaign; raises NotFoundError."""
        found = queries.find(self._workspace, name)
        zone = self._workspace.zone
        return CampaignDetail(
            campaign=found.campaign,
            progress=found.progress,
            status=found.status,
            last_day=f"{found.campaign.last_day(zone):%Y-%m-%d}",
            zone=zone,
            history=journal.about(self._workspace, f"campaign:{found.campaign.id}"),
        )

    def close(self, name: str, confirm: str) -> str:
        """End the campaign, and return its name; `confirm` is the typed name, needed while members are left.

        Raises what the operation raises where it refuses.
        """
        return operations.close(self._workspace, self._core.session(), name=name, confirm=confirm).name

    def _read(self, query: Query) -> list[CampaignRow]:
        del query
        return [self._row(one) for one in queries.every(self._workspace, closed=True)]

    def _row(self, found: CampaignState) -> CampaignRow:
        one = found.campaign
        return CampaignRow(
            id=CampaignId(one.id),
            name=one.name,
            reason=one.reason,
            members=found.progress.members,
            left=len(found.progress.left),
            last_day=f"{one.last_day(self._workspace.zone):%Y-%m-%d}",
            status=found.status,
            due=one.deadline if one.closed_at is None else None,
            closed=one.closed_at is not None,
        )
