"""What is shown of notices."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from certmgr.models.journal import Entry
from certmgr.models.notices import Notice, NoticeState


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """One line of the list of notices."""

    id: int
    kind: str
    about: str
    """The server, CA or campaign by name."""
    audience: str
    """Whom it is for: the operators, the service, or the contact of a server by name."""
    channel: str
    state: NoticeState
    attempts: int
    result: str
    at: datetime
    """When it came to its state; of a waiting one, when it was recorded. In the organisation's zone."""
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDetail:
    """Everything on record about one notice."""

    notice: Notice
    about: str
    audience: str
    subject: str
    """The first line of its text."""
    zone: ZoneInfo
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """What became of a test for one recipient."""

    __test__ = False

    channel: str
    recipient: str
    sent: bool
    answer: str
