"""What is shown of servers."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """One line of the list of servers."""

    id: int
    name: str
    owner: str
    purpose: str
    auto_renew: bool
    retired: bool
    not_after: datetime | None
    """Of the newest certificate that it may serve; None: there is none."""
