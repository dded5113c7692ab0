"""Certificate authorities as facts, and the specification that `init` freezes."""

from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import NewType

from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.records import dataclass

AuthorityId = NewType("AuthorityId", int)
Network = IPv4Network | IPv6Network


class AuthorityRole(StrEnum):
    """What an authority signs."""

    ROOT = "root"
    ISSUING = "issuing"


class AuthorityStatus(StrEnum):
    """Whether an authority signs new certificates."""

    PENDING = "pending"
    """Its CSR is made, the corporate root has not answered yet."""
    CURRENT = "current"
    RETIRED = "retired"
    """Signs CRLs only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySpec:
    """All that a CA certificate says; frozen for years once signed."""

    role: AuthorityRole
    organisation: str
    common_name: str
    key_type: KeyType
    days: int
    zones: tuple[str, ...]
    """DNS zones as A-labels without a leading dot; the permitted dNSName subtrees."""
    networks: tuple[Network, ...]
    """The permitted iPAddress subtrees as configured; the placeholder of a missing family is added in building."""
    client_auth: bool = False
    crl_url: str | None = None
    """Where the CRL of the authority's issuer is found; on an issuing CA, the root's CRL."""
    issuer_url: str | None = None
    """Where the certificate of the authority's issuer is found (AIA caIssuers)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A CA on record."""

    id: AuthorityId
    slug: str
    """Its short name: `root-2026`, `issuing-2026-1`; names its key file and its published files."""
    role: AuthorityRole
    subject: str
    certificate: bytes
    """DER; empty while pending."""
    serial: Serial | None
    sha256: str
    spki_sha256: str
    parent_id: AuthorityId | None
    """None: a root."""
    key_type: KeyType
    not_before: datetime
    not_after: datetime
    status: AuthorityStatus
    has_key: bool = True
    """False: an external root, of which only the certificate is here."""
