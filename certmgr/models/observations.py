"""Certificates that were seen on the network, and what they turned out to be (R1.3, DETAILS 36)."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from certmgr.models.certificates import CertificateId, ServerId
from certmgr.records import dataclass

ObservationId = NewType("ObservationId", int)


class Source(StrEnum):
    """How it was seen."""

    SCAN = "scan"
    PROBE = "probe"
    """By the look at one server's endpoint."""
    IMPORT = "import"
    """By somebody else's program."""


class Verdict(StrEnum):
    """Whose certificate it is, and whether it belongs where it was seen."""

    OURS = "ours"
    FOREIGN = "foreign"
    OUTSIDE = "outside"
    """Ours, at an address outside the configured networks (R1.3)."""
    UNRECORDED = "unrecorded"
    """Signed by the key of a CA of ours, and not on record: an old backup was restored, or somebody has the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A certificate at a place, before it is recorded."""

    address: str
    """In its short form."""
    port: int
    sni: str
    """The name that the server was asked for; empty: none."""
    at: datetime
    sha256: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    """What it is for, names and addresses; the first ones of a long list."""
    not_after: datetime
    verdict: Verdict
    certificate_id: CertificateId | None = None
    """Which of ours it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A certificate at a place, on record since it was seen there first."""

    id: ObservationId
    seen: Seen
    """As it was seen last."""
    source: Source
    first_seen_at: datetime
    adopted_at: datetime | None = None
    """When a server was recorded that will replace it."""
    server_id: ServerId | None = None
    """That server."""
