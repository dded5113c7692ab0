"""Verdicts on promises: kept in time, and where an outage broke one, told everywhere (R6.1, N10)."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from certmgr import commitments as clocks
from certmgr.commitments import Commitment, Kind
from certmgr.models.revocations import Revocation
from certmgr.queries import reports
from certmgr.store import commitments
from certmgr.store import journal as stored_journal
from tests.simulation.events import DAY, HOUR
from tests.simulation.stories import stories, verified
from tests.simulation.verdict import Verdict
from tests.simulation.watch import STOPPED

if TYPE_CHECKING:
    from tests.simulation.world import World

PROMISE: Final = DAY
"""From verification to publication (R6.1)."""


def judge(world: "World") -> Iterator[Verdict]:
    """Yield the verdicts."""
    yield from _published(world)
    yield from _breaches(world)


def _published(world: "World") -> Iterator[Verdict]:
    """No publication later than 24 h but for outages; each such one is a breach in the table and in the journal."""
    vouched = verified(stories(world))
    late = [one for one in vouched if not _spans(one.record) or _span(one.record) > PROMISE]
    excused = [one for one in late if _excused(world, one.record)]
    figure = f"{len(late)} late, {len(excused)} of them through outages"
    yield Verdict(name="published within 24 h of verification", figure=figure, holds=len(late) == len(excused))
    took = sorted(_span(one.record) for one in vouched if one not in late)
    if took:
        spread = [took[min(len(took) - 1, int(len(took) * part))] for part in (0.5, 0.95, 1.0)]
        text = ", ".join(f"{span / HOUR:.2f} h" for span in spread)
        yield Verdict(
            name="verification to publication without these, 50/95/100 %", figure=text, holds=spread[-1] <= PROMISE
        )
    long = [one for one in world.plan.outages() if one[1] - one[0] > DAY]
    yield Verdict(
        name="outages that made a breach",
        figure=f"{len(late)} breaches, {len(long)} outages",
        holds=len(late) >= len(long),
    )


def _spans(record: Revocation) -> bool:
    return record.published_at is not None and record.verified_at is not None


def _span(record: Revocation) -> timedelta:
    if record.published_at is None or record.verified_at is None:
        raise AssertionError(record.id)
    return record.published_at - record.verified_at


def _excused(world: "World", record: Revocation) -> bool:
    """Tell whether an outage kept every check from the request until its time was up, and the next one published it."""
    verified, published = record.verified_at, record.published_at
    if verified is None or published is None:
        return False
    then = min((one for one in world.ledger.completed if one > verified), default=published)
    # What the machine shows may be an hour off the true time by which outages are kept.
    stopped = any(
        begin - HOUR <= verified + HOUR and verified + PROMISE <= end + HOUR
        for begin, end, what in world.ledger.outages
        if what in STOPPED
    )
    return stopped and then > verified + PROMISE and published <= then


def _breaches(world: "World") -> Iterator[Verdict]:
    """What is late is a breach in the table, in the journal once, and in the reports of the months."""
    with world.home.workspace.store().read() as snapshot:
        kept = commitments.between(snapshot)
        told = Counter(entry.object for entry in stored_journal.entries(snapshot) if entry.action == commitments.BREACH)
    broken = [one for one in kept if clocks.status(one, world.clock.shows) is clocks.Status.BREACHED]
    late = {f"revocation:{one.record.id}" for one in verified(stories(world)) if _span(one.record) > PROMISE}
    by_table = {one.object for one in broken if one.kind is Kind.PUBLISH_REVOCATION}
    yield Verdict(
        name="late publications, as breaches in the table",
        figure=f"{len(late)}, {len(by_table)}",
        holds=late == by_table,
    )
    once = {f"commitment:{one.id}": 1 for one in broken}
    yield Verdict(
        name="breaches of every kind, in the journal once each",
        figure=f"{len(broken)} of {len(kept)} promises, {told.total()}",
        holds=told == once,
    )
    reported = _reported(world, kept)
    yield Verdict(
        name="breaches in the reports of the months",
        figure=f"{len(reported)} of {len(broken)}",
        holds=reported == {int(one.id) for one in broken},
    )
    counts = Counter(one.kind.value for one in broken)
    yield Verdict(
        name="breaches that nothing in the plan explains",
        figure=f"{sum(not _explained(world, one) for one in broken)} of "
        + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())),
        holds=all(_explained(world, one) for one in broken),
    )


def _reported(world: "World", kept: tuple[Commitment, ...]) -> set[int]:
    """Return what the reports of all months together call breached."""
    zone, last = world.home.workspace.zone, world.clock.shows
    day, months = kept[0].opened_at.astimezone(zone).date().replace(day=1), []
    while day <= last.astimezone(zone).date():
        months.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return {
        one.id
        for month in months
        for one in reports.commitments(world.home.workspace, month).promises
        if one.status == "breached"
    }


def _explained(world: "World", one: Commitment) -> bool:
    """Tell whether the plan breaks the promise: nobody acknowledges, a hold is forgotten, the machine is off."""
    match one.kind:
        case Kind.ACKNOWLEDGE_REVOCATION:
            return True
        case Kind.DECIDE_HOLD:
            return one.object in world.ledger.forgotten
        case Kind.VERIFY_REVOCATION | Kind.REPORT_INCIDENT | Kind.PUBLISH_REVOCATION:
            return world.ledger.in_outage(one.due_at, grace=2 * HOUR, kinds=STOPPED)
        case _:
            return False
