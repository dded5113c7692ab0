"""The workspace behind the interface, and the session of whoever has unlocked a slot."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from certmgr.custody.secrets import Secret
from certmgr.errors import LockedError
from certmgr.models.operators import ALLOWED, Permission, Role
from certmgr.store import operators
from certmgr.workspace import PersonCredential, Session, Workspace, unlock
from tui.views import Slot

_NOT_OFFERED = frozenset({Role.MACHINE, Role.RECOVERY})
_CACHE_KIB = 500
"""Each lane has a connection of its own; what they read again, the system keeps for all of them."""


class Core:
    """One workspace and at most one unlocked slot; every part of the backend works on the same."""

    def __init__(self, workspace: Workspace, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin locked; `monotonic` counts seconds for the idle time."""
        self.workspace = replace(workspace, cache_kib=_CACHE_KIB)
        self.idle: timedelta = workspace.config.tui.lock_after
        """After so long without a key the unlocked slot is forgotten."""
        self._monotonic = monotonic
        self._session: Session | None = None
        self._touched = monotonic()

    def now(self) -> datetime:
        """Return the workspace's time, aware, in UTC."""
        return self.workspace.now()

    def session(self) -> Session:
        """Return the unlocked slot's session; raises LockedError where there is none."""
        if self._session is None:
            raise LockedError("No slot is unlocked.", hint="Unlock one and try again.")
        return self._session

    @property
    def unlocked(self) -> str | None:
        """The name of the unlocked slot."""
        session = self._session
        return session.actor.name if session else None

    def slots(self, permission: Permission = Permission.REQUEST_REVOCATION) -> tuple[Slot, ...]:
        """Return the people's slots that have the permission."""
        with self.workspace.store().read() as snapshot:
            found = operators.all(snapshot)
        return tuple(
            Slot(name=one.name, role=one.role.value)
            for one in found
            if one.role not in _NOT_OFFERED and permission in ALLOWED[one.role]
        )

    def unlock(self, name: str, passphrase: str) -> Session:
        """Return the session of a person's slot; raises LockedError for a wrong passphrase.

        It takes most of a second, in which the user may have thought better of it: nothing is unlocked before `enter`.
        """
        return unlock(self.workspace, PersonCredential(name=name, passphrase=Secret.from_text(passphrase)))

    def enter(self, session: Session) -> None:
        """Act in this session from now on, for as long as somebody is there."""
        self._session = session
        self.touch()

    def lock(self) -> None:
        """Forget the unlocked slot and the keys that it opened."""
        self._session = None

    def touch(self) -> None:
        """Count from now how long nobody has been there."""
        self._touched = self._monotonic()

    def lock_if_idle(self) -> bool:
        """Forget the slot where nobody has been there for too long; returns whether it was."""
        if self._session is None or self._monotonic() - self._touched < self.idle.total_seconds():
            return False
        self.lock()
        return True
