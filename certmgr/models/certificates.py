"""Certificates as facts, and what is asked for before there is one."""

from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import NewType

from certmgr.models.authorities import AuthorityId
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.records import dataclass

CertificateId = NewType("CertificateId", int)
ServerId = NewType("ServerId", int)
DnsName = NewType("DnsName", str)
"""A valid internal name: lower-case A-labels without a trailing dot; only names.parse_dns_name makes one."""
IpAddress = IPv4Address | IPv6Address


class State(StrEnum):
    """The derived state of a certificate; the first that matches, in this order (DETAILS 44)."""

    PENDING = "pending"
    REVOKED = "revoked"
    HELD = "held"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DUE = "due"
    VALID = "valid"


class Flag(StrEnum):
    """What stands beside a state."""

    REVOKING = "revoking"
    """A revocation request is open."""
    UNACCEPTED = "unaccepted"
    """Its subscriber has not accepted it, and may still object (R3.3)."""
    NOT_SERVING = "not-serving"
    """An endpoint of its server has not been seen serving it."""


class Stage(StrEnum):
    """What the store keeps of the way from intent to certificate."""

    INTENT = "intent"
    ISSUED = "issued"
    ABANDONED = "abandoned"
    """The intent could not be finished; its serial is on the CRL as issued-in-error."""


class KeyOrigin(StrEnum):
    """Where the subscriber's key was made (R1.5)."""

    MADE = "made"
    CSR = "csr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A validated wish for one certificate: what policy is asked about and issuance carries out."""

    server: str
    dns: tuple[DnsName, ...]
    ip: tuple[IpAddress, ...]
    profile: str
    purpose: str
    owner: str
    contact: str = ""
    days: int | None = None
    """None: the profile's."""
    key_type: KeyType | None = None
    """None: the profile's first; with a CSR, whatever its key is."""
    csr: bytes | None = None
    """DER of the checked CSR; None: the key is made here."""
    recorded_ip: str = ""
    """The address of an inventory line, kept as text and not certified."""
    replaces: CertificateId | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafSpec:
    """All that a leaf certificate says, but for its key and its issuer."""

    serial: Serial
    dns: tuple[DnsName, ...]
    ip: tuple[IpAddress, ...]
    common_name: str | None
    """None: empty subject, critical SAN."""
    not_before: datetime
    not_after: datetime
    client_auth: bool = False
    policy_oid: str | None = None
    user_notice: str | None = None
    crl_url: str | None = None
    issuer_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate on record, with the facts from which its state is derived."""

    id: CertificateId
    authority_id: AuthorityId
    authority: str
    """The slug of its issuer."""
    server_id: ServerId
    server: str
    serial: Serial
    stage: Stage
    profile: str
    key_type: KeyType
    key_origin: KeyOrigin
    spki_sha256: str
    sha256: str | None
    """SHA-256 of the DER, lower-case hex; None while pending."""
    dns: tuple[str, ...]
    ip: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    window_opens: datetime
    """From when a renewal is allowed (R5.1)."""
    renew_at: datetime
    """When a renewal happens by itself."""
    owner: str
    purpose: str
    note: str
    requested_by: str
    created_at: datetime
    destination: str | None = None
    """The folder given with --out; renewal delivers there again."""
    issued_at: datetime | None = None
    superseded_at: datetime | None = None
    """When its successor's overlap ends."""
    revoked_at: datetime | None = None
    held_at: datetime | None = None
    hold_until: datetime | None = None
    """By when a hold is decided (N2)."""
    cause: str | None = None
    replaces_id: CertificateId | None = None
    replaced_by_id: CertificateId | None = None
    revoking: bool = False
    """Whether a revocation request is open."""
    accept_by: datetime | None = None
    """Until when an objection is heard; None once the certificate is accepted or objected to (R3.3)."""
    not_serving: bool = False
    """Whether it is its server's newest, and an endpoint of the server has not been seen serving it."""
