"""Acceptance: what the subscriber says of a certificate on receipt, or lets pass in silence (R3.3)."""

from datetime import datetime
from enum import StrEnum

from certmgr.models.certificates import CertificateId
from certmgr.records import dataclass


class AcceptanceKind(StrEnum):
    """How the question whether a certificate is right was settled."""

    ACCEPTED = "accepted"
    """Somebody said so."""
    OBJECTED = "objected"
    """Somebody said that it is wrong; it is revoked as issued-in-error and made again."""
    IMPLIED = "implied"
    """The time for an objection passed without one."""
    SEEN = "seen"
    """It was seen serving, so its subscriber has put it to use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The settled question of one certificate; it is settled once."""

    certificate_id: CertificateId
    kind: AcceptanceKind
    by: str
    """The slot that said so, or under which it was noticed."""
    note: str
    """What was said; empty where nothing was."""
    at: datetime
