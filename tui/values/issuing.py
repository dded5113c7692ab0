"""What the forms for issuing, renewing, exporting and accepting hold, and what they are told."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certmgr.models.certificates import Certificate, CertificateId


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The form for a certificate as it was typed; every field is text."""

    names: str = ""
    """DNS names, separated by spaces or commas."""
    addresses: str = ""
    profile: str = ""
    """Empty: the first."""
    owner: str = ""
    contact: str = ""
    purpose: str = ""
    days: str = ""
    """Empty: the profile's."""
    key: str = ""
    """A type of key, or CSR; empty: the profile's first type."""
    csr: str = ""
    """The path of a CSR."""
    folder: str = "."
    additional: bool = False
    """Whether it is one more for a server with a live certificate."""
    evidence: str = ""
    """What was verified and how, each as KIND=TEXT, with semicolons between them."""
    note: str = ""

    @property
    def typed(self) -> bool:
        """Whether anything was typed into it."""
        facts = (self.names, self.addresses, self.owner, self.contact, self.purpose, self.days, self.csr)
        return any((*facts, self.evidence, self.note))


CSR = "csr"
"""The choice of a key that its owner made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChoice:
    """A profile to choose."""

    name: str
    days: int
    max_days: int
    key_types: tuple[str, ...]
    approvals: int
    """How many people decide on an application under it; 0: policy decides on the spot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the form is refused, or what was noticed."""

    field: str
    """The field of the draft that it is about; empty: the request as a whole."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What policy says of a draft; nothing was recorded."""

    reasons: tuple[Reason, ...] = ()
    """Why it is refused, all of them; none: it is allowed."""
    notices: tuple[str, ...] = ()
    server: str = ""
    needed: int = 0
    """How many people approve it first."""
    days: int = 0
    not_after: datetime | None = None
    waits_days: int = 0
    """For how many days an application under it stays open."""
    recorded: bool = False
    """Whether an application is recorded though nobody has to approve it: it keeps the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What came of the form, of an approval, or of a renewal: a certificate, or an application that waits."""

    server: str
    serial: str = ""
    """Empty: nothing is issued yet."""
    not_after: datetime | None = None
    folder: Path | None = None
    """Where the files are."""
    application: int | None = None
    state: str = ""
    """Where the application stands."""
    left: int = 0
    """How many approvals are still needed."""
    expires_at: datetime | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalFact:
    """A certificate that is to be renewed, as it was when that was asked."""

    seen: Certificate
    days: int
    early: bool
    """The only thing against it is that its window has not opened; force and a reason open it."""
    needs_csr: bool
    """Its owner holds the key, so that a new CSR is needed."""
    refusal: str
    """Why it cannot be renewed whatever is given; empty: it can."""

    @property
    def id(self) -> CertificateId:
        """Whose certificate it is."""
        return self.seen.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceFact:
    """A certificate that somebody accepts or objects to, as it was when that was asked."""

    seen: Certificate
    settled: str
    """How the question was settled already; empty: it is open."""
    owner_key: bool
    """Its owner made the key, so that a new certificate needs a new CSR."""
    accept_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectedFact:
    """What came of an objection."""

    server: str
    revoked: bool
    verify_by: datetime | None
    """Until when the request has to be verified, where it was only asked for."""
    issued: Submitted | None
    published: bool
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written."""

    path: Path
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportForm:
    """A form to export a certificate in."""

    name: str
    means: str
    ending: str
    """What the proposed path ends with after the server's name."""
    folder: bool = False
    key: bool = False
    """Whether the private key goes with it."""
    password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFact:
    """A certificate that is to be exported."""

    id: CertificateId
    server: str
    serial: str
    not_after: datetime
    refusal: str
    """Why no server is set up with it any more; empty: it may be used."""
    key_problem: str
    """Why its key is not at hand; empty: it is."""
