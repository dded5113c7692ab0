"""Revocation: causes in the agreement's words, reasons in RFC 5280's, requests with their times, CRLs."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType

from certmgr.models.authorities import AuthorityId
from certmgr.models.certificates import CertificateId
from certmgr.models.serials import Serial
from certmgr.records import dataclass

RevocationId = NewType("RevocationId", int)


class Cause(StrEnum):
    """Why a revocation is asked for (R6.1, R6.2); lifecycle.REASONS maps each to its reason."""

    KEY_COMPROMISE = "key-compromise"
    KEY_LOST = "key-lost"
    KEY_REPLACED = "key-replaced"
    INFORMATION_CHANGED = "information-changed"
    NO_LONGER_NEEDED = "no-longer-needed"
    FEES_UNPAID = "fees-unpaid"
    DUTY_BREACHED = "duty-breached"
    FALSE_APPLICATION = "false-application"
    MISUSED = "misused"
    INTERNET_USE = "internet-use"
    SUSPENDED = "suspended"
    ISSUED_IN_ERROR = "issued-in-error"
    CA_COMPROMISE = "ca-compromise"


class Reason(IntEnum):
    """CRLReason (RFC 5280 5.3.1); 0 is never encoded, 8 never in a full CRL."""

    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


class HoldEnd(StrEnum):
    """What becomes of a hold on the date by which it is decided (N2)."""

    ASK = "ask"
    """A person decides."""
    REVOKE = "revoke"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTerms:
    """By when a hold is decided, and what becomes of it where nobody decides (N2)."""

    until: datetime
    then: HoldEnd = HoldEnd.ASK
    cause: Cause | None = None
    """With HoldEnd.REVOKE: for which cause."""


class ClosedHow(StrEnum):
    """How a request ended that was not carried out."""

    WITHDRAWN = "withdrawn"
    """By whoever asked for it."""
    REJECTED = "rejected"
    """By a person who may verify it."""


class RequestState(StrEnum):
    """Where a revocation request stands; derived from its times."""

    RECEIVED = "received"
    VERIFIED = "verified"
    REVOKED = "revoked"
    """In the store, not yet visible to relying parties."""
    DONE = "done"
    CLOSED = "closed"
    """Withdrawn or rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A revocation request with every time of its way (R6.1, DETAILS 24)."""

    id: RevocationId
    certificate_id: CertificateId | None
    """None: the revocation of a CA certificate, named by authority_id."""
    authority_id: AuthorityId | None
    server: str
    serial: Serial
    cause: Cause
    note: str
    requested_by: str
    received_at: datetime
    verify_due_at: datetime
    """24 h after receipt."""
    verified_by: str | None = None
    verified_at: datetime | None = None
    due_at: datetime | None = None
    """24 h after verification."""
    revoked_at: datetime | None = None
    signed_at: datetime | None = None
    """When a CRL that contains the serial was signed."""
    published_at: datetime | None = None
    """When that CRL was seen at every distribution point, or in place where there is none."""
    unseen_after: datetime | None = None
    """When no cached CRL without the serial can still be valid."""
    closed_at: datetime | None = None
    compromised_since: datetime | None = None
    acknowledged_at: datetime | None = None
    """When somebody said that the request was seen; with its verification at the latest."""
    evidence: str = ""
    """What the request rests on (certmgr.evidence)."""
    verified_how: str = ""
    closed_by: str | None = None
    closed_how: ClosedHow | None = None
    closing_reason: str = ""
    group_id: RevocationId | None = None
    """The first request of the set that is decided together (R1.6); None: it stands alone."""
    crl_number: int | None = None
    """The first CRL number reserved after it was carried out; every CRL from it on carries the serial."""
    hold_until: datetime | None = None
    """With the cause suspended: by when the hold is decided."""
    hold_then: HoldEnd = HoldEnd.ASK
    hold_cause: Cause | None = None
    """With HoldEnd.REVOKE: for which cause."""
    reported_at: datetime | None = None
    """When the incident of a compromised key was reported (N10)."""
    reported_to: str = ""

    @property
    def state(self) -> RequestState:
        """Where the request stands, from its times."""
        if self.closed_at is not None:
            return RequestState.CLOSED
        if self.published_at is not None:
            return RequestState.DONE
        if self.revoked_at is not None:
            return RequestState.REVOKED
        return RequestState.VERIFIED if self.verified_at is not None else RequestState.RECEIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlEntry:
    """One revoked serial as it stands on a CRL."""

    serial: Serial
    revoked_at: datetime
    reason: Reason | None
    invalidity_date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlFacts:
    """What a CRL says."""

    number: int
    this_update: datetime
    next_update: datetime
    issuer: str
    entries: tuple[CrlEntry, ...]
