"""Verdicts on notices: what certmgr says it sent, compared with what arrived (N8, DETAILS 37)."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from certmgr import commitments as clocks
from certmgr.lifecycle import day_start
from certmgr.models.notices import Channel, Kind, Notice, NoticeState
from certmgr.models.revocations import RequestState
from certmgr.notifying import identity_of
from certmgr.store import certificates, commitments, notice_facts, notices, revocations
from tests.simulation.events import DAY, HOUR
from tests.simulation.verdict import Verdict, share
from tests.simulation.watch import STOPPED

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot
    from tests.simulation.service import Service
    from tests.simulation.world import World


def judge(world: "World", service: "Service") -> Iterator[Verdict]:
    """Yield the verdicts."""
    with world.home.workspace.store().read() as snapshot:
        every = notices.all(snapshot)
        home = notice_facts.home_mark(snapshot)
        yield from _settled(world, every)
        yield from _told(world, snapshot, every)
        yield from _expiries(world, service, snapshot, every)
    # Every notice of a run has one recipient.
    mails = Counter(one.id.strip("<>").partition("@")[0] for one in world.mail.receipts)
    posts = Counter(one.id for one in world.webhook.receipts)
    for channel, what, taken, troubles in (
        (Channel.MAIL, "mails", mails, world.mail.refusals),
        (Channel.WEBHOOK, "webhook posts", posts, world.webhook.forged),
    ):
        known = {identity_of([one], home): one.state for one in every if one.channel is channel}
        yield from _arrived(world, what, known, taken, troubles)


def _settled(world: "World", every: tuple[Notice, ...]) -> Iterator[Verdict]:
    """Every notice was sent or covered by a later one; what waits is younger than a day."""
    states = Counter(str(one.state) for one in every)
    left = [
        one
        for one in every
        if one.state is NoticeState.GIVEN_UP
        or (one.state is NoticeState.WAITING and world.clock.shows - one.created_at > DAY)
    ]
    figure = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    yield Verdict(name="notices settled", figure=figure, holds=not left and states["sent"] > 0)


def _arrived(
    world: "World", what: str, known: dict[str, NoticeState], taken: Counter[str], troubles: int
) -> Iterator[Verdict]:
    """What the record calls sent arrived, and nothing else but what a killed program had no time to record."""
    sent = [one for one, state in known.items() if state is NoticeState.SENT]
    lost = [one for one in sent if not taken[one]]
    strange = [one for one in taken if one not in known]
    early = [one for one in taken if one in known and known[one] is not NoticeState.SENT]
    yield Verdict(name=f"{what} lost", figure=share(len(lost), len(sent)), holds=not lost and bool(sent))
    twice = sum(count - 1 for count in taken.values())
    killed = world.ledger.killed
    yield Verdict(
        name=f"{what} sent twice",
        figure=f"{twice}, and {len(early)} without a record, by {killed} killed programs; {troubles} refused",
        holds=twice + len(early) <= killed and not strange,
    )


def _told(world: "World", snapshot: "Snapshot", every: tuple[Notice, ...]) -> Iterator[Verdict]:
    """What was to be told by the records was told: each revocation to its subscriber, each breach to the operators."""
    told = {(one.kind, one.object) for one in every if one.channel is Channel.MAIL and one.state is NoticeState.SENT}
    done = [one.id for one in world.ledger.asked if revocations.get(snapshot, one.id).state is RequestState.DONE]
    heard = [one for one in done if (Kind.REVOCATION_DONE, f"revocation:{one}") in told]
    yield Verdict(
        name="revocations of which the subscriber was told",
        figure=share(len(heard), len(done)),
        holds=len(heard) == len(done) > 0,
    )
    promises = [
        one
        for asked in world.ledger.asked
        for one in commitments.for_object(snapshot, f"revocation:{asked.id}")
        if clocks.status(one, world.clock.shows) is clocks.Status.BREACHED
    ]
    warned = [one for one in promises if (Kind.COMMITMENT_BREACHED, f"commitment:{one.id}") in told]
    yield Verdict(
        name="breaches of which the operators were told",
        figure=share(len(warned), len(promises)),
        holds=len(warned) == len(promises) > 0,
    )


def _expiries(world: "World", service: "Service", snapshot: "Snapshot", every: tuple[Notice, ...]) -> Iterator[Verdict]:
    """Each threshold before the end of what nobody renews was told, or covered by a later one, within the hour."""
    zone, days = world.home.workspace.zone, world.home.workspace.config.notices.days
    wanted, right, prompt = 0, 0, 0
    for name in service.expiring:
        (one,) = certificates.for_server(snapshot, name)
        found = {
            notice.threshold: notice
            for notice in every
            if notice.object == f"certificate:{one.id}" and notice.channel is Channel.MAIL
        }
        for count in days:
            crossed = day_start(one.not_after.astimezone(zone).date(), -count, zone)
            if not one.not_before < crossed <= min(world.clock.shows, world.end):
                continue
            wanted += 1
            notice = found.get(str(count))
            right += notice is not None and notice.state in {NoticeState.SENT, NoticeState.COVERED}
            late = notice is None or notice.created_at - crossed > 2 * HOUR
            prompt += not late or world.ledger.in_outage(crossed, grace=2 * HOUR, kinds=STOPPED)
    yield Verdict(
        name="expiry thresholds of servers that are not renewed",
        figure=f"{right} of {wanted} told, {prompt} within two hours or the outage",
        holds=right == prompt == wanted > 0,
    )
