"""What is shown of applications."""

from dataclasses import dataclass
from datetime import datetime

from certmgr.models.applications import Application, ApplicationState
from certmgr.models.journal import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRow:
    """One line of the review queue."""

    id: int
    server: str
    names: tuple[str, ...]
    """DNS names and addresses."""
    owner: str
    purpose: str
    profile: str
    state: ApplicationState
    mine: bool
    """It waits for whoever is here: not their own, and not decided on by them."""
    approvals: int
    needed: int
    requested_by: str
    submitted_at: datetime
    expires_at: datetime
    now: datetime
    """When it was read; age and what is left count from here."""

    @property
    def open(self) -> bool:
        """Whether it waits for somebody or something."""
        return self.state in {ApplicationState.SUBMITTED, ApplicationState.APPROVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDetail:
    """Everything on record about one application."""

    application: Application
    state: ApplicationState
    mine: bool
    contact: str
    serial: str
    """Of what was issued for it; empty: nothing was."""
    history: tuple[Entry, ...]
    doubts: tuple[str, ...]
    """Which of its decisions do not verify, and why."""
    profile_days: int | None
    """The days of its profile; None: the profile is no longer configured."""
