"""What the interface asks of certmgr: the one package here that knows workspace, queries and operations.

Every function may wait for the store, a key or another process, so the screens call them in a lane (tui.lanes) and
never in their own thread.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from certmgr.models.authorities import AuthorityRole, AuthorityStatus
from certmgr.models.revocations import Cause, Revocation
from certmgr.operations import revocations as revocation_operations
from certmgr.queries import authorities as authority_queries
from certmgr.queries import revocations as revocation_queries
from certmgr.store import journal
from certmgr.workspace import Session, Workspace
from tui.backend.certificates import Certificates
from tui.backend.core import Core
from tui.backend.servers import Servers
from tui.present import common_name
from tui.views import Head, Outcome, Row, Slot


class Backend:
    """One workspace, the session of whoever has unlocked a slot, and a part for each kind of thing."""

    def __init__(self, workspace: Workspace, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin locked; `monotonic` counts seconds for the idle time."""
        self._workspace = workspace
        self.core = Core(workspace, monotonic=monotonic)
        self.certificates = Certificates(self.core)
        self.servers = Servers(self.core)

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

    def now(self) -> datetime:
        """Return the workspace's time, aware, in UTC."""
        return self._workspace.now()

    def close_thread(self) -> None:
        """Close the calling thread's connection."""
        self._workspace.close()

    def version(self) -> int:
        """Return a number that grows with every change: that of the newest journal entry (ARCHITECTURE 7)."""
        with self._workspace.store().read() as snapshot:
            entry = journal.last(snapshot)
        return entry.seq if entry else 0

    def head(self) -> Head:
        """Return what the top line says."""
        current = [
            one.subject
            for one in authority_queries.every(self._workspace)
            if one.role is AuthorityRole.ISSUING and one.status is AuthorityStatus.CURRENT
        ]
        name = common_name(current[-1]) if current else "no issuing CA"
        return Head(authority=name, home=str(self._workspace.home))

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

    def revoke(self, row: Row, *, cause: Cause, confirm: str, evidence: str = "") -> Outcome:
        """Revoke the certificate of `row` as far as the unlocked slot may go, and publish the CRL.

        `evidence` is what the cause needs (certmgr.evidence). A failed publication is told in the outcome. Raises what
        the operation raises where it refuses, and LockedError where no slot is unlocked.
        """
        done = revocation_operations.revoke(
            self._workspace, self.core.session(), certificate=row.id, cause=cause, confirm=confirm, evidence=evidence
        )
        request = done.revocation
        still_open = request.published_at is None and request.closed_at is None
        return Outcome(
            server=request.server,
            revoked=request.revoked_at is not None,
            crl_number=done.crl_number,
            published=done.published,
            problem=done.problem,
            due=revocation_queries.clock_of(request).due if still_open else None,
        )
