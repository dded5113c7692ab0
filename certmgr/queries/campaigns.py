"""Campaigns with how far they have come (R5.2)."""

from typing import TYPE_CHECKING, Final

from certmgr import lifecycle
from certmgr.commitments import Commitment, Kind, Status, status
from certmgr.errors import NotFoundError
from certmgr.models.campaigns import Campaign, Progress, progress_of
from certmgr.models.certificates import Certificate
from certmgr.records import dataclass
from certmgr.store import campaigns, commitments
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

RENEWABLE: Final = lifecycle.TRANSITIONS[lifecycle.Action.RENEW]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignState:
    """One campaign at the time of the question."""

    campaign: Campaign
    progress: Progress
    commitment: Commitment | None
    """The promise to finish it."""
    status: Status | None
    """Where that promise stands."""


def every(workspace: Workspace, *, closed: bool = False) -> tuple[CampaignState, ...]:
    """Return the open campaigns, with `closed` the others too, the first due first."""
    with workspace.store().read() as snapshot:
        return tuple(_state(workspace, snapshot, one) for one in campaigns.all(snapshot, closed=closed))


def find(workspace: Workspace, name: str) -> CampaignState:
    """Return the campaign of that name, open or closed; raises NotFoundError."""
    with workspace.store().read() as snapshot:
        found = campaigns.find_by_name(snapshot, name)
        if found is None:
            raise NotFoundError(f"There is no campaign {name[:80]!r}.", hint="See `certmgr campaign list --all`.")
        return _state(workspace, snapshot, found)


def wants(workspace: Workspace, certificate: Certificate) -> bool:
    """Tell whether an open campaign asks for the renewal of the certificate, and it can be renewed."""
    if certificate.superseded_at is not None or lifecycle.state_of(certificate, workspace.now()) not in RENEWABLE:
        return False
    with workspace.store().read() as snapshot:
        return campaigns.covers(snapshot, certificate.id)


def _state(workspace: Workspace, snapshot: "Snapshot", campaign: Campaign) -> CampaignState:
    now = workspace.now()
    # What became of the members after the end of the campaign is not its progress.
    until = now if campaign.closed_at is None else min(now, campaign.closed_at)
    about = [
        one for one in commitments.for_object(snapshot, f"campaign:{campaign.id}") if one.kind is Kind.FINISH_CAMPAIGN
    ]
    commitment = about[-1] if about else None
    return CampaignState(
        campaign=campaign,
        progress=progress_of(campaigns.members(snapshot, campaign.id), until),
        commitment=commitment,
        status=None if commitment is None else status(commitment, now),
    )
