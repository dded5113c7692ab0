"""What is shown of revocation requests, and what their dialogs ask for and end with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from certmgr.commitments import Kind, Status
from certmgr.models.certificates import CertificateId, State
from certmgr.models.journal import Entry
from certmgr.models.revocations import Cause, HoldTerms, Revocation, RevocationId


class RequestWord(StrEnum):
    """Where a request stands, in one word."""

    RECEIVED = "received"
    VERIFIED = "verified"
    REVOKED = "revoked"
    DONE = "done"
    HELD = "held"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One line of the queue."""

    id: RevocationId
    revocation: Revocation
    word: RequestWord
    kind: Kind | None
    """What is due next; None: nothing is."""
    due: datetime | None
    waiting: bool
    """Whether something is due."""

    @property
    def server(self) -> str:
        """The server, or the short name of the CA."""
        return self.revocation.server


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Where a CRL with the serial was seen first."""

    url: str
    number: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A promise about the request."""

    kind: Kind
    status: Status
    due: datetime
    left: timedelta | None
    """None: it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A certificate as a dialog names it."""

    id: CertificateId
    server: str
    serial: str
    state: State
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """Everything on record about one request."""

    row: RequestRow
    together: tuple[Revocation, ...]
    """The other requests that are decided with it."""
    sights: tuple[Sight, ...]
    places: tuple[str, ...]
    """The distribution points where it has to be seen; empty: the file in place is enough."""
    promises: tuple[Kept, ...]
    line: tuple[Named, ...]
    """With a compromised key: predecessors and successors with other keys that could still be revoked."""
    history: tuple[Entry, ...]
    release_due: datetime | None
    """By when a release that was asked for must be visible; None: none was."""
    held: bool
    """Whether the certificate is held now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a compromised key concerns beside the certificate, and the periods of a revocation."""

    same_key: tuple[Named, ...]
    line: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How long each step of a revocation may take."""

    verify: timedelta
    publish: timedelta
    hold: timedelta
    release: timedelta
    report: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a dialog asks for: a cause and what it rests on."""

    cause: Cause
    evidence: str = ""
    compromised_since: datetime | None = None
    also_line: bool = False
    hold: HoldTerms | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of a decision on a request."""

    requests: tuple[Revocation, ...]
    """The set that was decided together, the named one first."""
    already: bool = False
    """Somebody else had done it before; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOutcome:
    """What came of a release."""

    server: str
    lifted: bool
    """False: it was asked for and waits for somebody who may decide."""
    due: datetime | None
    """By when relying parties must see it; None: they do."""
    crl_number: int | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The marked certificates, and which of them the list does not show now."""

    shown: tuple[Named, ...]
    hidden: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a revocation of many would do."""

    revoked: tuple[Named, ...]
    passed_over: tuple[tuple[Named, str], ...]
    """Each with its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome:
    """What came of a revocation of many."""

    number: int
    first: RevocationId
    revoked: bool
    """False: the requests wait for somebody who may verify them."""
    published: bool
    crl_number: int | None
    problem: str | None
    due: datetime | None


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a long act has come; written by the lane that carries it out, read by the dialog."""

    requested: int = 0
    revoked: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityCase:
    """What the revocation of a CA would mean."""

    slug: str
    subject: str
    serial: str
    organisation: str
    """Whose name is typed too."""
    current: bool
    """Whether it signs new certificates."""
    live: int
    """How many certificates under it are neither expired nor revoked."""
    successor: str | None
    """Another CA that could issue them anew; None: there is none yet."""
    issuer: str
    """The CA on whose CRL it lands."""
    refusal: str | None
    """Why it cannot be revoked here; None: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityOutcome:
    """What came of the revocation of a CA."""

    slug: str
    crl_number: int | None
    problem: str | None
