"""What is shown of servers."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from certmgr.commitments import Commitment, Status
from certmgr.models.certificates import Certificate, State
from certmgr.models.journal import Entry
from certmgr.models.servers import Server
from certmgr.models.steps import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """One line of the list of servers."""

    id: int
    name: str
    owner: str
    purpose: str
    auto_renew: bool
    retired: bool
    state: State | None = None
    """Of the newest certificate that it may serve, else of the newest of all; None: none was ever issued."""
    revoking: bool = False
    days: int | None = None
    not_after: datetime | None = None
    standings: tuple[str, ...] = ()
    """Where each of its deployments stands, in the words of certmgr.queries.deployments.Standing."""
    due: datetime | None = None
    """Until when a change of its facts is to be followed up; None: no change waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMember:
    """One certificate of a server's line."""

    certificate: Certificate
    state: State
    replaces: str
    """The serial of the one that it replaced; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedAt:
    """One deployment of a server."""

    id: int
    place: str
    """The folder that its files go to, and where it is seen."""
    standing: str
    wanted: str
    """The serial that it is to have; empty: none."""
    held: str
    """The serial that it has on record; empty: none."""
    seen_at: datetime | None
    problem: str
    next_at: datetime | None
    """When a failed installation is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDetail:
    """Everything on record about one server."""

    server: Server
    contact: str
    confirmation: str
    zone: ZoneInfo
    state: State | None
    revoking: bool
    line: tuple[LineMember, ...]
    """The newest first."""
    promises: tuple[tuple[Commitment, Status], ...]
    deployments: tuple[DeployedAt, ...]
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one endpoint showed."""

    endpoint: str
    served: str
    """In the words of certmgr.models.servers.Served."""
    well: bool
    what: str
    """Which certificate: its serial, or the subject of a foreign one."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What somebody wants changed of a server; None: it stays."""

    owner: str | None = None
    purpose: str | None = None
    contact: str | None = None
    auto_renew: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What came of a change."""

    changed: tuple[str, ...]
    follow_up_days: int | None
    """Within how many natural days the change is to be followed up; None: it need not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of installing by hand what is due for a server."""

    server: str
    steps: tuple[Step, ...]
    left: tuple[str, ...]
    """Why deployments that lack their certificate were not tried here, a sentence each."""
    recorded: int
    """How many deployments the server has."""
