"""Applications: what somebody asks for, what was verified about it, who decided on it (R1.2, R2.1, R3.2)."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from certmgr.models.certificates import CertificateId, ServerId
from certmgr.models.keys import KeyType
from certmgr.records import dataclass

ApplicationId = NewType("ApplicationId", int)


class ApplicationState(StrEnum):
    """Where an application stands; derived from its times and decisions, the first that matches."""

    ISSUED = "issued"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Its time ran out, approved or not."""
    APPROVED = "approved"
    """Every approval that it needs is there; the certificate is still to be issued."""
    SUBMITTED = "submitted"
    """It waits for its reviewers."""


class Verdict(StrEnum):
    """What one reviewer says."""

    APPROVED = "approved"
    REJECTED = "rejected"


class EvidenceKind(StrEnum):
    """How something that an application states was verified (R3.2)."""

    ZONE = "zone"
    """The names lie in configured zones, the addresses in configured networks; found by itself."""
    KEY = "key"
    """The CSR is signed by its own key; found by itself."""
    WORD = "word"
    """A person's word."""
    DNS = "dns"
    """What a DNS server answered."""
    DOCUMENT = "document"
    """A document, a ticket, a letter."""


GIVEN_EVIDENCE = (EvidenceKind.WORD, EvidenceKind.DNS, EvidenceKind.DOCUMENT)
"""What an applicant may state; the rest is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was verified, how, when and by whom."""

    kind: EvidenceKind
    text: str
    at: datetime
    by: str
    """The slot that stated it, or under which it was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one reviewer decided."""

    verdict: Verdict
    by: str
    """The reviewer's slot."""
    reason: str
    digest: str
    """The content that was decided on."""
    signature: bytes
    """Ed25519 by the slot over `applying.decision_message`."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A request for a certificate that people decide on."""

    id: ApplicationId
    server_id: ServerId
    server: str
    profile: str
    dns: tuple[str, ...]
    ip: tuple[str, ...]
    key_type: KeyType | None
    """None: the profile's first; with a CSR, what its key is."""
    days: int | None
    """None: the profile's."""
    owner: str
    purpose: str
    note: str
    evidence: tuple[Evidence, ...]
    csr: bytes | None
    """DER; None: the key is made at issue."""
    spki_sha256: str | None
    """Of the CSR's key."""
    digest: str
    """SHA-256 of what an approval binds (DETAILS 22)."""
    needed: int
    """How many approvals it needs; 0: policy approved it on the spot."""
    destination: str | None
    """Where the files go; None: nowhere."""
    additional: bool
    """Whether it is for a certificate beside a live one."""
    requested_by: str
    submitted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    certificate_id: CertificateId | None = None
    """What was issued for it, or is being issued."""
    decisions: tuple[Decision, ...] = ()
    """The first first."""

    @property
    def approvals(self) -> tuple[Decision, ...]:
        """The decisions that approve it."""
        return tuple(one for one in self.decisions if one.verdict is Verdict.APPROVED)

    def state(self, now: datetime) -> ApplicationState:
        """Return where the application stands at `now`."""
        if self.certificate_id is not None:
            return ApplicationState.ISSUED
        if self.withdrawn_at is not None:
            return ApplicationState.WITHDRAWN
        if any(one.verdict is Verdict.REJECTED for one in self.decisions):
            return ApplicationState.REJECTED
        if self.expires_at <= now:
            return ApplicationState.EXPIRED
        return ApplicationState.APPROVED if len(self.approvals) >= self.needed else ApplicationState.SUBMITTED
