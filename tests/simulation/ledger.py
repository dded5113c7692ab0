"""What the simulation saw from outside while it ran; the verdicts compare it with what certmgr has on record."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from certmgr.models.revocations import RevocationId
from tests.simulation.events import AskRevocation


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request for revocation on its way."""

    wish: AskRevocation
    id: RevocationId
    server: str
    serial: str
    asked_at: datetime
    seen_at: datetime | None = None
    """When a separate program found the serial on the CRL that it fetched."""
    missed: int = 0
    """How often that program did not find it though the record says published."""


@dataclass(slots=True, kw_only=True)
class CrlLooks:
    """What an hourly look at the published CRL found."""

    looks: int = 0
    files: int = 0
    """How many different CRLs were met."""
    stale: list[datetime] = field(default_factory=list)
    """Looks after nextUpdate with no outage to blame."""
    stale_in_outage: int = 0
    fell: list[str] = field(default_factory=list)
    """Where number or thisUpdate were lower than at the look before."""
    forged: int = 0
    """CRLs whose signature does not verify with the issuing CA's certificate."""
    number: int = 0
    this_update: datetime | None = None
    next_update: datetime | None = None
    most_entries: int = 0


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Everything that the verdicts need and the store cannot know."""

    asked: list[Asked] = field(default_factory=list)
    outages: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    """From, to (both by the true clock), what."""
    crl: CrlLooks = field(default_factory=CrlLooks)
    checks: int = 0
    completed: list[datetime] = field(default_factory=list)
    """When a check came to its end, by the machine's clock."""
    check_seconds: list[float] = field(default_factory=list)
    """How long each check took."""
    check_work_s: list[float] = field(default_factory=list)
    """How much processor time of that was its own: the machine may have other things to do."""
    acts: Counter[str] = field(default_factory=Counter)
    """How often people did what, and how often the world did."""
    refused: Counter[str] = field(default_factory=Counter)
    """What people were refused that they were to be refused."""
    unexpected: list[str] = field(default_factory=list)
    """Errors that nothing in the plan explains."""
    forgotten: set[str] = field(default_factory=set)
    """Holds that nobody decides in time, as the journal names their certificates."""
    done: int = 0
    """Steps that checks report as done."""
    killed: int = 0
    mail_killed: int = 0

    def in_outage(self, moment: datetime, *, grace: timedelta = timedelta(0), kinds: Iterable[str] = ()) -> bool:
        """Tell whether `moment` lies in an outage (of one of `kinds`, or of any) or up to `grace` after one."""
        wanted = set(kinds)
        return any(begin <= moment <= end + grace for begin, end, what in self.outages if not wanted or what in wanted)
