"""What is shown of campaigns."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from certmgr.commitments import Status
from certmgr.models.campaigns import Campaign, Progress
from certmgr.models.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """One line of the list of campaigns."""

    id: int
    name: str
    reason: str
    members: int
    left: int
    last_day: str
    """The day at whose end it is due."""
    status: Status | None
    """Where the promise to finish it stands."""
    due: datetime | None
    """The deadline of one that is open; None: it is closed."""
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignDetail:
    """Everything on record about one campaign."""

    campaign: Campaign
    progress: Progress
    status: Status | None
    last_day: str
    zone: ZoneInfo
    history: tuple[Entry, ...]
