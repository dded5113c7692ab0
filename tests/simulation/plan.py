"""When what happens in a run: the same for the same seed.

Times are distances from the start. Faults lie at fixed parts of the whole, so that a short run meets every one of them,
too; requests for revocation lie at random moments.
"""

import random
from datetime import timedelta
from typing import Final

from certmgr.models.revocations import Cause
from certmgr.records import dataclass
from tests.simulation.events import (
    DAY,
    HOUR,
    Apply,
    AskRevocation,
    ChangeFacts,
    ClockStep,
    Compromise,
    Crash,
    Decision,
    Event,
    Hold,
    Holds,
    HookFails,
    LetExpire,
    MailCrash,
    MailDown,
    Object,
    Outage,
    PointDown,
    StartCampaign,
    Stops,
    WebhookDown,
    What,
)

CAUSES: Final = (
    *(Cause.KEY_LOST, Cause.INFORMATION_CHANGED, Cause.NO_LONGER_NEEDED, Cause.FEES_UNPAID, Cause.DUTY_BREACHED),
    *(Cause.FALSE_APPLICATION, Cause.MISUSED, Cause.INTERNET_USE, Cause.KEY_COMPROMISE),
)
"""What a subscriber or the organisation asks for; key compromise is as rare as the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that happens from outside in one run."""

    days: int
    seed: int
    requests: int
    """How many requests are verified; the rejected and withdrawn ones come on top."""
    events: tuple[Event, ...]

    def outages(self) -> tuple[tuple[timedelta, timedelta], ...]:
        """Return from when to when no check runs."""
        return tuple((one.at, one.at + one.what.lasts) for one in self.events if isinstance(one.what, Outage))


def make_plan(*, days: int, seed: int, requests: int) -> Plan:
    """Return the plan of a run; at least 14 days, so that the outages do not touch each other."""
    if days < 14:
        raise ValueError(f"{days} days are too few for outages of 9 days, 2 days and an hour")
    chance = random.Random(seed)  # noqa: S311 - what happens when is no secret
    whole = timedelta(days=days)
    faults = [Event(at=_clear(whole * part), what=what) for part, what in _faults(days)]
    asked = [Event(at=whole * chance.random(), what=what) for what in _requests(chance, requests)]
    crashes = [Event(at=whole * chance.random(), what=Crash(reading=chance.randint(1, 40))) for _ in range(12)]
    breaching = [_too_late(one, chance) for one in faults if isinstance(one.what, Outage) and one.what.lasts > DAY]
    events = sorted([*faults, *asked[len(breaching) :], *breaching, *crashes], key=lambda event: event.at)
    return Plan(days=days, seed=seed, requests=requests, events=tuple(events))


def _clear(at: timedelta) -> timedelta:
    """Return the moment moved to 25 minutes after the hour, so that no fault falls on a check."""
    return at - at % HOUR + timedelta(minutes=25)


def _faults(days: int) -> list[tuple[float, What]]:
    """Return everything but the requests and the crashes, each with the part of the time at which it comes."""
    hold = timedelta(days=min(20, days / 10))
    short = LetExpire(days=max(8, min(40, days // 10)))
    return [
        (0.005, short),
        (0.205, short),
        (0.401, short),
        (0.520, short),
        (0.010, Apply(people=1, approved=True)),
        (0.020, StartCampaign(filter="owner:二级平台", lasts=timedelta(days=min(45, days / 4)))),
        (0.030, Hold(ends=Holds.RELEASED, lasts=hold)),
        (0.035, Hold(ends=Holds.REVOKED, lasts=hold)),
        (0.040, PointDown(lasts=14 * HOUR)),
        (0.080, ClockStep(by=timedelta(minutes=-3))),
        (0.090, Hold(ends=Holds.LAPSES, lasts=hold)),
        (0.100, Object()),
        (0.110, ChangeFacts()),
        (0.120, Outage(lasts=HOUR, stops=Stops.TIMER)),
        (0.130, MailCrash()),
        (0.150, Compromise(appliance=False)),
        (0.160, HookFails(place=0, lasts=DAY)),
        (0.170, HookFails(place=1, lasts=6 * HOUR, hangs=True)),
        (0.180, Apply(people=2, approved=True)),
        (0.200, ClockStep(by=timedelta(minutes=40))),
        (0.220, MailDown(lasts=6 * HOUR, busy=True)),
        (0.230, Apply(people=1, approved=False)),
        (0.250, ClockStep(by=timedelta(minutes=-10))),
        (0.270, WebhookDown(lasts=DAY)),
        (0.280, Hold(ends=Holds.FORGOTTEN, lasts=hold)),
        (0.300, Outage(lasts=2 * DAY, stops=Stops.TIMER)),
        (0.400, MailDown(lasts=DAY)),
        (0.405, MailCrash()),
        (0.450, Outage(lasts=9 * DAY, stops=Stops.HOST)),
        (0.890, Compromise(appliance=True)),
        (0.900, MailCrash()),
        (0.910, HookFails(place=2, lasts=DAY)),
        (0.920, ChangeFacts()),
        (0.930, Object()),
    ]


def _requests(chance: random.Random, requests: int) -> list[AskRevocation]:
    """Return so many requests that are verified, and an eighth more that are rejected or withdrawn."""
    decided = [Decision.FULFILLED if number % 4 == 0 else Decision.VERIFIED for number in range(requests)]
    closed = [Decision.REJECTED if number % 2 else Decision.WITHDRAWN for number in range(requests // 8)]
    return [
        AskRevocation(
            cause=chance.choice(CAUSES),
            fresh=chance.random() < 0.6,
            later=timedelta(minutes=chance.uniform(1, 23.9 * 60)),
            decision=decision,
        )
        for decision in (*decided, *closed)
    ]


def _too_late(outage: Event, chance: random.Random) -> Event:
    """Return a request that is verified just before the outage, which then outlasts its 24 hours."""
    later = timedelta(minutes=chance.uniform(60, 180))
    what = AskRevocation(cause=Cause.MISUSED, fresh=True, later=later, decision=Decision.VERIFIED)
    return Event(at=outage.at - later - timedelta(minutes=10), what=what)
