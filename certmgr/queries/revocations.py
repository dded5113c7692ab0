"""Revocation requests and their clocks."""

from datetime import datetime

from certmgr.models.revocations import RequestState, Revocation
from certmgr.records import dataclass
from certmgr.store import revocations
from certmgr.workspace import Workspace

OPEN = frozenset({RequestState.RECEIVED, RequestState.VERIFIED, RequestState.REVOKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The commitment that an open request is under."""

    revocation: Revocation
    started: datetime
    due: datetime
    """When it is breached: verification due after receipt, or publication due after verification."""


def open_requests(workspace: Workspace) -> tuple[Revocation, ...]:
    """Return every request that relying parties cannot see carried out yet, the soonest due first."""
    with workspace.store().read() as snapshot:
        return tuple(sorted(revocations.open(snapshot), key=lambda one: clock_of(one).due))


def every(workspace: Workspace) -> tuple[Revocation, ...]:
    """Return every request, the newest first."""
    with workspace.store().read() as snapshot:
        return revocations.all(snapshot)


def clock_of(revocation: Revocation) -> Clock:
    """Return the clock that an open request is under now (R6.1, DETAILS 24)."""
    if revocation.verified_at is not None and revocation.due_at is not None:
        return Clock(revocation=revocation, started=revocation.verified_at, due=revocation.due_at)
    return Clock(revocation=revocation, started=revocation.received_at, due=revocation.verify_due_at)
