"""What the interface asks of certmgr: the one package here that knows workspace, queries and operations.

Every function may wait for the store, a key or another process, so the screens call them in a lane (tui.lanes) and
never in their own thread.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from certmgr.config_sections import TuiSettings
from certmgr.errors import CertmgrError
from certmgr.models.authorities import AuthorityRole, AuthorityStatus
from certmgr.models.revocations import Revocation
from certmgr.queries import authorities as authority_queries
from certmgr.queries import revocations as revocation_queries
from certmgr.store import journal as entries
from certmgr.workspace import Session, Workspace
from tui.backend.acceptance import Acceptances
from tui.backend.applications import Applications
from tui.backend.authorities import Authorities
from tui.backend.campaigns import Campaigns
from tui.backend.certificates import Certificates
from tui.backend.core import Core
from tui.backend.dashboard import Dashboard
from tui.backend.deploying import Deploying
from tui.backend.detail import Details
from tui.backend.doctor import Checks, Doctor
from tui.backend.exporting import Exports
from tui.backend.issuing import Issuing
from tui.backend.journal import Journal
from tui.backend.notices import Notices
from tui.backend.renewing import Renewals
from tui.backend.revocations import Revocations
from tui.backend.revoking import Revoking
from tui.backend.servers import Servers
from tui.present import common_name
from tui.views import Head, Slot

if TYPE_CHECKING:
    from certmgr.store.connection import Store

PATIENCE_S = 0.5
"""Waiting for another process that writes is worth a word after so long."""


class Backend:
    """One workspace, the session of whoever has unlocked a slot, and a part for each kind of thing."""

    def __init__(self, workspace: Workspace, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin locked; `monotonic` counts seconds for the idle time."""
        self._writer: Store | None = None
        self.core = Core(workspace, monotonic=monotonic)
        self._workspace = self.core.workspace
        self.certificates = Certificates(self.core)
        self.dashboard = Dashboard(self.core)
        self.details = Details(self.core)
        self.issuing = Issuing(self.core)
        self.applications = Applications(self.core)
        self.renewals = Renewals(self.core)
        self.acceptances = Acceptances(self.core)
        self.exports = Exports(self.core)
        self.servers = Servers(self.core)
        self.deploying = Deploying(self.core)
        self.notices = Notices(self.core)
        self.campaigns = Campaigns(self.core)
        self.journal = Journal(self.core)
        self.authorities = Authorities(self.core)
        self.doctor = Doctor(self.core)
        self.checks = Checks(self.core)
        self.revocations = Revocations(self.core)
        self.revoking = Revoking(self.core)

    @property
    def settings(self) -> TuiSettings:
        """What the configuration says of the interface."""
        return self._workspace.config.tui

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which natural days are counted and dates are shown."""
        return self._workspace.zone

    @property
    def log_dir(self) -> Path:
        """Where a crash report goes."""
        return self._workspace.home / "log"

    @property
    def usual_slot(self) -> str | None:
        """The slot that the configuration names for who acts by default."""
        return self._workspace.config.operators.default

    @property
    def idle_minutes(self) -> int:
        """After how many minutes without a key the slot is forgotten."""
        return self.core.idle // timedelta(minutes=1)

    @property
    def rings(self) -> bool:
        """Whether the terminal rings when a promise comes to a threshold."""
        return self._workspace.config.tui.bell

    def now(self) -> datetime:
        """Return the workspace's time, aware, in UTC."""
        return self._workspace.now()

    def stopper(self) -> Callable[[], None]:
        """Return what another thread calls to break off what the calling thread reads."""
        return self._workspace.store().break_off

    def write_here(self) -> None:
        """Take the calling thread for the one that writes: `waits_since` tells of it."""
        try:
            self._writer = self._workspace.store()
        except CertmgrError:
            # What is about to be carried out meets the same, and says it.
            self._writer = None

    def waits_since(self) -> float | None:
        """Return since when (monotonic) what writes has waited for another process that writes; None: it does not."""
        since = self._writer.waiting_since if self._writer else None
        return since if since is not None and time.monotonic() - since > PATIENCE_S else None

    def close_thread(self) -> None:
        """Close the calling thread's connection."""
        self._workspace.close()

    def version(self) -> int:
        """Return a number that grows with every change: that of the newest journal entry (ARCHITECTURE 7)."""
        with self._workspace.store().read() as snapshot:
            entry = entries.last(snapshot)
        return entry.seq if entry else 0

    def head(self) -> Head:
        """Return what the top line says."""
        current = [
            one
            for one in authority_queries.every(self._workspace)
            if one.role is AuthorityRole.ISSUING and one.status is AuthorityStatus.CURRENT
        ]
        home = str(self._workspace.home)
        if not current:
            return Head(authority="no issuing CA", home=home)
        accents = dict(self.settings.accents.entries) if self.settings.accents else {}
        accent = accents.get(current[-1].slug, accents.get("*", ""))
        return Head(authority=common_name(current[-1].subject), home=home, accent=accent)

    def open_requests(self) -> tuple[Revocation, ...]:
        """Return every revocation request that is not yet visible to relying parties."""
        return revocation_queries.open_requests(self._workspace)

    def slots(self) -> tuple[Slot, ...]:
        """Return the people's slots that may ask for a revocation."""
        return self.core.slots()

    @property
    def unlocked(self) -> str | None:
        """The name of the unlocked slot."""
        return self.core.unlocked

    def unlock(self, name: str, passphrase: str) -> Session:
        """Return the session of a person's slot; raises LockedError for a wrong passphrase."""
        return self.core.unlock(name, passphrase)

    def enter(self, session: Session) -> None:
        """Act in this session from now on, for as long as somebody is there."""
        self.core.enter(session)

    def lock(self) -> None:
        """Forget the unlocked slot and the keys that it opened."""
        self.core.lock()

    def touch(self) -> None:
        """Count from now how long nobody has been there."""
        self.core.touch()

    def lock_if_idle(self) -> bool:
        """Forget the slot where nobody has been there for too long; returns whether it was."""
        return self.core.lock_if_idle()
