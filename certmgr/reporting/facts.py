"""What the reports are made from; `queries.reports` collects it."""

from datetime import date, datetime, timedelta
from typing import Final

from certmgr.records import dataclass

STATUSES: Final = ("met", "breached", "open", "void")
"""Where a promise stands, in the order of tables and charts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A commitment as it stood at the time that the report looks at."""

    id: int
    kind: str
    about: str
    """As the journal names it: `revocation:12`."""
    subject: str
    """The server or campaign that it is about; empty where that has no name."""
    carried: bool
    """Whether it was opened before the month and still ran when the month began."""
    opened_at: datetime
    due_at: datetime
    met_at: datetime | None
    voided_at: datetime | None
    status: str
    """One of STATUSES."""
    used: timedelta
    """From its opening to its end, or to the time that the report looks at."""

    @property
    def allowed(self) -> timedelta:
        """The time that was promised; never zero."""
        return max(self.due_at - self.opened_at, timedelta(seconds=1))

    @property
    def used_percent(self) -> float:
        """How much of the promised time was used, to a tenth; over 100: late."""
        return round(100 * (self.used / self.allowed), 1)

    @property
    def left(self) -> timedelta | None:
        """The time left of an open one; None for any other."""
        return self.allowed - self.used if self.status == "open" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Percentiles by nearest rank."""

    p50: float
    p95: float
    p100: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFigures:
    """The promises of one kind: carried + opened = met + breached + open + void."""

    kind: str
    carried: int
    opened: int
    met: int
    breached: int
    breached_open: int
    """How many of the breached ones were not kept late either."""
    open: int
    void: int
    seconds: Spans | None
    """Of the time used by those that were kept or breached; None where there is none."""
    percent: Spans | None
    """Of the same, in percent of the time that was promised."""
    least_left: timedelta | None
    """The time left of the open one that is due first; None where none is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationTimes:
    """A revocation request with the seven times of its way (DETAILS 24)."""

    id: int
    server: str
    serial: str
    cause: str
    state: str
    received_at: datetime
    acknowledged_at: datetime | None
    verified_at: datetime | None
    revoked_at: datetime | None
    signed_at: datetime | None
    published_at: datetime | None
    unseen_after: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentsReport:
    """Every promise that ran in a month, as it stood at the month's end, or now where the month is not over."""

    organisation: str
    zone: str
    """The time zone that the month is counted in."""
    month: str
    """`2026-11`."""
    since: datetime
    until: datetime
    """The beginning of the following month."""
    as_of: datetime
    """The moment at which everything stood as it is told."""
    made_at: datetime
    journal_seq: int
    """The newest journal entry when the facts were read."""
    journal_hash: str
    kinds: tuple[KindFigures, ...]
    promises: tuple[Promise, ...]
    """In the order of their opening."""
    revocations: tuple[RevocationTimes, ...]
    """The requests that the promises are about, in the order of their receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """A certificate that ends soon."""

    server: str
    serial: str
    sha256: str
    dns: tuple[str, ...]
    ip: tuple[str, ...]
    authority: str
    profile: str
    owner: str
    state: str
    not_after: datetime
    window_opens: datetime
    expires_on: date
    """The local day of its end."""
    window_on: date
    """The local day from which it may be renewed."""
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryReport:
    """The live certificates without a successor that end within some days, the first to expire first."""

    organisation: str
    zone: str
    made_at: datetime
    today: date
    """The local day on which it was made."""
    days: int
    rows: tuple[Expiry, ...]
