"""What is shown of CAs and their CRLs."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from certmgr.models.authorities import Authority
from certmgr.models.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlLine:
    """One signed CRL."""

    number: int
    this_update: datetime
    next_update: datetime
    signed_at: datetime
    published_at: datetime | None
    """When relying parties could see it; None: not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAt:
    """A distribution point at which a CRL was seen."""

    url: str
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow:
    """One line of the list of CAs."""

    id: int
    name: str
    role: str
    status: str
    """current, retired or pending; external where its key is not here."""
    not_after: datetime | None
    """None: it waits for its certificate."""
    days: int | None
    key: str
    issued: int
    crl: CrlLine | None
    seen: tuple[SeenAt, ...]
    """Where its newest CRL was seen."""

    @property
    def is_root(self) -> bool:
        """Whether it is a root."""
        return self.role == "root"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityDetail:
    """Everything on record about one CA."""

    row: AuthorityRow
    authority: Authority
    signed_by: str
    zones: tuple[str, ...] | None
    """The DNS zones that its certificate permits; None: not limited, or there is no certificate yet."""
    networks: tuple[str, ...] | None
    purposes: tuple[str, ...] | None
    """None: not limited."""
    holders: tuple[str, ...]
    """The slots that its key is sealed to."""
    entries: int
    """How many entries its next CRL has."""
    crls: tuple[CrlLine, ...]
    """The newest first."""
    zone: ZoneInfo
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What came of publishing one CA's CRL."""

    authority: str
    number: int | None
    entries: int
    next_update: datetime | None
    seen: bool
    problem: str
