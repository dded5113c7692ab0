"""Promises with a clock: when they are due, how far the time has run, whether they were met.

Natural days are calendar days in the organisation's zone and end at 24:00; hours are exact (DOMAIN: words).
Escalations go by thresholds crossed, so that an outage loses none (ARCHITECTURE: 10).
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from zoneinfo import ZoneInfo

from certmgr.lifecycle import day_start
from certmgr.records import dataclass

CommitmentId = NewType("CommitmentId", int)

PERCENTAGES: Final = (50, 75, 90)
"""When an open commitment is escalated (R6.1)."""
_SATURDAY: Final = 5


class Kind(StrEnum):
    """What is promised."""

    VERIFY_REVOCATION = "verify-revocation"
    """From the receipt of a request to its verification (DETAILS 24)."""
    PUBLISH_REVOCATION = "publish-revocation"
    """From verification to a CRL that relying parties can see (R6.1, DETAILS 24)."""
    ACKNOWLEDGE_REVOCATION = "acknowledge-revocation"
    """From the receipt of a request until somebody says that it was seen."""
    RELEASE_HOLD = "release-hold"
    """From the request to release a held certificate to a CRL without it: 48 hours (N2)."""
    DECIDE_HOLD = "decide-hold"
    """From a hold to its release or the revocation."""
    REPORT_INCIDENT = "report-incident"
    """From a key compromise to the report of the incident: 24 hours (N10)."""
    FOLLOW_CHANGE = "follow-change"
    """From a change of a server's facts to a new certificate or the word that none is needed: 2 natural days (R1.2)."""
    FINISH_CAMPAIGN = "finish-campaign"
    """From the announcement of a campaign to the last renewal (R5.2)."""


class Status(StrEnum):
    """Where a commitment stands; derived from its times."""

    OPEN = "open"
    MET = "met"
    BREACHED = "breached"
    """The time ran out; it stays so when the thing is done later."""
    VOID = "void"
    """Withdrawn: there is nothing to keep any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """A promise on record."""

    id: CommitmentId
    kind: Kind
    object: str
    """What it is about, as the journal names it: `revocation:12`."""
    opened_at: datetime
    due_at: datetime
    met_at: datetime | None = None
    voided_at: datetime | None = None


def status(commitment: Commitment, now: datetime) -> Status:
    """Return where `commitment` stands at `now`; due_at itself is still in time."""
    if commitment.voided_at is not None and commitment.voided_at <= commitment.due_at:
        return Status.VOID
    if commitment.met_at is not None:
        return Status.MET if commitment.met_at <= commitment.due_at else Status.BREACHED
    return Status.OPEN if now <= commitment.due_at else Status.BREACHED


def thresholds(opened: datetime, due: datetime) -> tuple[datetime, datetime, datetime]:
    """Return when 50, 75 and 90 percent of the time from `opened` to `due` have passed (R6.1: 12, 18, 21.6 h of 24)."""
    first, second, third = (opened + (due - opened) * percent / 100 for percent in PERCENTAGES)
    return first, second, third


def crossed(opened: datetime, due: datetime, now: datetime) -> tuple[int, ...]:
    """Return the percentages of PERCENTAGES that have passed at `now`, and 100 once `due` has passed."""
    passed = [percent for percent, at in zip(PERCENTAGES, thresholds(opened, due), strict=True) if now >= at]
    return (*passed, 100) if now > due else tuple(passed)


def natural_days_due(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return, in UTC, 24:00 in `zone` of the `days`-th calendar day after the day on which `start` lies."""
    return day_start(start.astimezone(zone).date(), days + 1, zone)


def working_days_due(start: datetime, days: int, zone: ZoneInfo, holidays: Collection[date]) -> datetime:
    """Return, in UTC, 24:00 in `zone` of the `days`-th working day after the day on which `start` lies (N4).

    Working days are Monday to Friday without `holidays`.
    """
    day = start.astimezone(zone).date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in holidays:
            left -= 1
    return day_start(day, 1, zone)


def hours_due(start: datetime, hours: float) -> datetime:
    """Return the moment exactly `hours` hours after `start`."""
    return start + timedelta(hours=hours)
