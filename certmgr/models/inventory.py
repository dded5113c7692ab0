"""One server on record."""

from datetime import datetime

from certmgr.models.certificates import ServerId
from certmgr.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What carries a succession of certificates (R9.1)."""

    id: ServerId
    name: str
    owner: str
    purpose: str
    recorded_ip: str
    """Text of an inventory's ip column; empty where none was given."""
    created_at: datetime
