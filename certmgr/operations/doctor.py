"""Examine the home and say what is wrong; nothing is repaired, and no passphrase is needed."""

from collections.abc import Callable, Iterator
from typing import Final

from certmgr import journal
from certmgr.errors import CertmgrError, Finding, IntegrityError, LockedError, RefusedError, UsageError
from certmgr.models.operators import Permission
from certmgr.queries import health_authorities, health_home, health_records
from certmgr.queries.health import Area, damage, worry
from certmgr.store import journal as entries
from certmgr.workspace import Session, Workspace, journalled_refusal

AREAS: Final[tuple[Callable[[Workspace], Area], ...]] = (
    health_home.program,
    health_home.files,
    health_records.store_file,
    health_records.journal_chain,
    health_records.clock,
    health_records.unfinished,
    health_records.requests,
    health_records.contents,
    health_home.slots_on_record,
    health_authorities.keys,
    health_authorities.certificates,
    health_authorities.lists,
    health_home.machine,
    health_home.scheduled_check,
    health_home.settings,
    health_authorities.constraints,
)
"""What is looked at, in this order."""
MAX_REASON: Final = 500


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Yield what is wrong, area by area; one notice for each area that is in order. Changes nothing.

    An error is damage (exit 7), a warning needs a person (exit 3). An area that cannot be looked at is a finding of its
    own, and the others are looked at all the same; raises LockedError where the store cannot be opened at all.
    """
    for area in AREAS:
        try:
            yield from area(workspace).findings
        except LockedError:
            raise
        except IntegrityError as problem:
            yield damage(problem.code, problem.message)
        except CertmgrError as problem:
            yield worry(problem.code, problem.message)


def accept_clock(workspace: Workspace, session: Session, *, reason: str) -> int:
    """Let the clock's time hold although it stands before the newest entry; return by how many seconds (DETAILS 23).

    Raises UsageError without a reason, RefusedError for a role that may not, or where the clock is not behind.
    """
    session.require(Permission.ADMINISTER)
    text = reason.strip()
    if not text or len(text) > MAX_REASON:
        raise UsageError(
            f"The reason is {len(text)} characters long; 1 to {MAX_REASON} are kept.",
            hint="Say in one sentence why the clock is right.",
        )
    with journalled_refusal(workspace, session, "clock.refused", "clock:1"):
        _require_behind(workspace)
    with workspace.store().write(session.actor, accept_clock=True) as tx:
        behind = int(tx.clock_behind)
        tx.record(journal.CLOCK_ACCEPTED, "clock:1", {"behind_seconds": behind, "reason": text})
    return behind


def _require_behind(workspace: Workspace) -> None:
    with workspace.store().read() as snapshot:
        last = entries.last(snapshot)
    if last is None or journal.read_moment(last.at) <= workspace.now():
        raise RefusedError(
            "The clock does not stand before the newest journal entry, so there is nothing to accept.",
            hint="See `certmgr doctor`.",
        )
