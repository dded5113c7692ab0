"""Every promise with its times, for reports and for `check`: opened, due, met, breached, and how long it took."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from certmgr import commitments as rules
from certmgr.commitments import Commitment, Kind, Status
from certmgr.records import dataclass
from certmgr.store import commitments
from certmgr.store.connection import Snapshot
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise as it stands at a moment."""

    commitment: Commitment
    status: Status
    subject: str
    """The server or campaign that it is about."""
    escalated: int
    """The highest percentage of PERCENTAGES that has passed, or had passed when it ended; 100: it was breached."""
    taken: timedelta
    """From its opening to its end, or so far."""
    allowed: timedelta
    """From its opening to when it was due."""
    left: timedelta | None
    """Until it is due, negative when that has passed; None: it has ended."""

    @property
    def breached(self) -> bool:
        """Whether the time ran out, whatever came after it."""
        return self.status is Status.BREACHED

    @property
    def breached_at(self) -> datetime | None:
        """When the time ran out; None: it has not."""
        return self.commitment.due_at if self.breached else None

    @property
    def ended_at(self) -> datetime | None:
        """When it was met or became void; None: it is open."""
        return self.commitment.met_at or self.commitment.voided_at


def every(
    workspace: Workspace,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    kinds: tuple[Kind, ...] = (),
) -> tuple[Promise, ...]:
    """Return the promises opened from `since` on and before `until`, in the order of their opening.

    None: no limit; no kinds: all of them.
    """
    with workspace.store().read() as snapshot:
        found = commitments.between(snapshot, since=since, until=until)
        return tuple(_promises(snapshot, (one for one in found if not kinds or one.kind in kinds), workspace.now()))


def still_open(workspace: Workspace) -> tuple[Promise, ...]:
    """Return the promises that are neither met nor void, overdue ones too, the first due first."""
    with workspace.store().read() as snapshot:
        return tuple(_promises(snapshot, iter(commitments.open(snapshot)), workspace.now()))


def about(workspace: Workspace, subject: str) -> tuple[Promise, ...]:
    """Return the promises about `kind:id`, the oldest first."""
    with workspace.store().read() as snapshot:
        return tuple(_promises(snapshot, iter(commitments.for_object(snapshot, subject)), workspace.now()))


def _promises(snapshot: Snapshot, found: Iterator[Commitment], now: datetime) -> Iterator[Promise]:
    at = now.replace(microsecond=0)
    for one in found:
        ended = one.met_at or one.voided_at
        passed = rules.crossed(one.opened_at, one.due_at, ended or at)
        yield Promise(
            commitment=one,
            status=rules.status(one, at),
            subject=commitments.subject_of(snapshot, one.object),
            escalated=max(passed, default=0),
            taken=(ended or at) - one.opened_at,
            allowed=one.due_at - one.opened_at,
            left=None if ended else one.due_at - at,
        )
