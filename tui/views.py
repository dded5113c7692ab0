"""What the backend hands to the screens: facts as values, ready to be shown and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from certmgr.models.acceptances import Acceptance
from certmgr.models.applications import Application
from certmgr.models.authorities import Authority
from certmgr.models.certificates import Certificate, CertificateId, Flag, State
from certmgr.models.journal import Entry
from certmgr.models.revocations import Revocation
from tui.values.detail import Place


class Listed(Protocol):
    """What has a line in a list: it keeps its number whatever happens around it."""

    @property
    def id(self) -> int:
        """The number that cursor and marks hold on to."""


R = TypeVar("R", bound=Listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the top line says: whose certificates these are, and where they are kept."""

    authority: str
    """The subject of the current issuing CA; empty where there is none yet."""
    home: str
    accent: str = ""
    """The colour that the configuration gives to this issuing CA, `#rrggbb`; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a list is asked for."""

    filter_text: str = ""
    """In the grammar of `certmgr list` for certificates, words that must all occur for other lists."""
    show_hidden: bool = False
    """Whether what is over is listed too: superseded certificates and those that expired over 30 days ago, say."""
    sort: str = ""
    """The name of a column; empty: the list's own order."""
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the certificate list."""

    id: CertificateId
    server: str
    serial: str
    state: State
    revoking: bool
    days: int
    """Natural days until expiry in the organisation's time zone; negative afterwards."""
    not_after: datetime
    created: datetime
    profile: str
    owner: str
    key: str
    due: datetime | None = None
    """When the open revocation request has to be verified or published; None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R]):
    """Neighbouring rows in the list's order."""

    rows: tuple[R, ...]
    complete: bool
    """Whether nothing lies beyond them in the direction that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around(Generic[R]):
    """A stretch of the list on both sides of one place in it."""

    rows: tuple[R, ...]
    at_start: bool
    at_end: bool
    before: int = 0
    """How many of the rows stand before that place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many there are; counting stops at a limit."""

    number: int
    capped: bool = False

    def __str__(self) -> str:
        """Return the number as people read it: `412`, or `10,000+` where counting stopped."""
        return f"{self.number:,}{'+' if self.capped else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The counts beside the list."""

    matching: Count
    total: Count
    """How many there would be without the filter."""
    hidden: Count
    """How many match and are not shown because they are superseded or long expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Everything that the detail view says of one certificate."""

    certificate: Certificate
    state: State
    days: int
    zone: ZoneInfo
    chain: tuple[Authority, ...]
    """From the issuing CA up to the root."""
    history: tuple[Entry, ...]
    line: tuple[Certificate, ...]
    """The server's succession of certificates, the newest first."""
    revocations: tuple[Revocation, ...]
    flags: tuple[Flag, ...] = ()
    same_key: tuple[Certificate, ...] = ()
    """Every other certificate with its key (R1.8)."""
    blocked: bool = False
    """Whether its key may never be certified again (R1.6)."""
    by_hand: bool = False
    """Whether nothing renews it by itself: its server is set so, or it needs a CSR from its owner."""
    acceptance: Acceptance | None = None
    application: Application | None = None
    places: tuple[Place, ...] = ()
    """Where its server's certificates go, as last known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A person's slot that can be unlocked with a passphrase."""

    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a revocation."""

    server: str
    revoked: bool
    """False: the request was taken and waits for somebody who may verify it."""
    crl_number: int | None
    published: bool
    problem: str | None
    """Why relying parties cannot see it yet, in one sentence."""
    due: datetime | None
    """Until when the open request has to be met; None: it is met."""
    others: int = 0
    """How many other certificates were decided with it."""
    held: datetime | None = None
    """Until when it is held, where it was a hold that was carried out."""
