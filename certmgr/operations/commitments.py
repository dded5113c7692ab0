"""The clocks of every promise: escalations and breaches are journalled once each, what runs out is named (R6.1, N10).

Thresholds that were crossed, not anniversaries: an outage loses none of them (ARCHITECTURE 10).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from certmgr import commitments as rules
from certmgr.commitments import Commitment, Kind
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.queries import commitments as queries
from certmgr.queries.commitments import Promise
from certmgr.store import commitments
from certmgr.store.connection import Snapshot
from certmgr.workspace import Session, Workspace

AWAITED: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.ACKNOWLEDGE_REVOCATION: "acknowledgement",
        Kind.VERIFY_REVOCATION: "verification",
        Kind.PUBLISH_REVOCATION: "publication",
        Kind.RELEASE_HOLD: "release from its hold",
        Kind.DECIDE_HOLD: "decision on its hold",
        Kind.REPORT_INCIDENT: "incident report",
        Kind.FOLLOW_CHANGE: "follow-up of its changed facts",
        Kind.FINISH_CAMPAIGN: "last renewal",
    }
)
"""What a promise waits for."""
_LONG: Final = frozenset({Kind.DECIDE_HOLD, Kind.FINISH_CAMPAIGN})
"""Promises over weeks: they are named towards their end only."""
_TOWARDS_THE_END: Final = 90


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Journal every threshold that promises have crossed and every breach, once, and name what is running out.

    A promise is named from half of its time on, one over weeks from nine tenths on, and a request that waits for its
    verification from the beginning. The steps are not done: they need a person, or are under way.
    """
    session.require(Permission.CARRY_OUT_REVOCATION)
    store = workspace.store()
    with store.read() as snapshot:
        waiting = any(True for _ in _unrecorded(snapshot, workspace.now()))
    if waiting:
        with store.write(session.actor) as tx:
            for one, percent in list(_unrecorded(tx, tx.now)):
                commitments.record_escalation(tx, one, percent)
    yield from pending(workspace)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Name what `due` names; changes nothing."""
    for one in queries.still_open(workspace):
        if _is_told(one):
            yield Step(what=_sentence(one), done=False)


def _unrecorded(snapshot: Snapshot, now: datetime) -> Iterator[tuple[Commitment, int]]:
    """Yield every crossed threshold that the journal does not tell of yet, the lower ones of a promise first."""
    at = now.replace(microsecond=0)
    for one, recorded in commitments.open_escalated(snapshot):
        for percent in rules.crossed(one.opened_at, one.due_at, at):
            if percent > recorded:
                yield one, percent
    for one in commitments.breaches_unrecorded(snapshot):
        yield one, commitments.BREACHED


def _is_told(one: Promise) -> bool:
    kind = one.commitment.kind
    if kind is Kind.VERIFY_REVOCATION:
        return True
    if kind is Kind.DECIDE_HOLD and one.breached:
        # Named as a hold, with what to do about it (certmgr.operations.holds).
        return False
    return one.escalated >= (_TOWARDS_THE_END if kind in _LONG else rules.PERCENTAGES[0])


def _sentence(one: Promise) -> str:
    kind, _, identity = one.commitment.object.partition(":")
    awaited = AWAITED[one.commitment.kind]
    due_at = f"{one.commitment.due_at:%Y-%m-%d %H:%M} UTC"
    subject = f"{kind} {identity} of {one.subject}" if kind == "revocation" else f"{kind} {one.subject}"
    if one.breached:
        return f"OVERDUE: the {awaited} of {subject} was due at {due_at}."
    used = f"{one.escalated} percent of its time is used" if one.escalated else "it waits for a person"
    return f"{subject[0].upper()}{subject[1:]} awaits {awaited}: {used}, due at {due_at}."
