"""Campaigns: renewals that the CA requires by a day, and how far they have come (R5.2)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from zoneinfo import ZoneInfo

from certmgr.models.certificates import Certificate
from certmgr.records import dataclass

CampaignId = NewType("CampaignId", int)
_SECOND: Final = timedelta(seconds=1)


class Outcome(StrEnum):
    """Why nothing is left to do about a member."""

    REPLACED = "replaced"
    """A newer certificate has been issued in its place."""
    REVOKED = "revoked"
    EXPIRED = "expired"
    RETIRED = "retired"
    """Its server was taken out of service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A required renewal of certificates that were picked once."""

    id: CampaignId
    name: str
    reason: str
    filter: str
    """What picked the members, as it was given; empty: every live certificate."""
    created_by: str
    created_at: datetime
    deadline: datetime
    """24:00 local of the last day, in UTC."""
    closed_at: datetime | None = None

    def last_day(self, zone: ZoneInfo) -> date:
        """Return the day at whose end the campaign is due."""
        return (self.deadline - _SECOND).astimezone(zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A certificate of a campaign, with the facts from which its progress is derived."""

    certificate: Certificate
    replaced_at: datetime | None = None
    """When its successor was issued."""
    retired_at: datetime | None = None
    """When its server was retired."""

    def end(self, now: datetime) -> tuple[datetime, Outcome] | None:
        """Return when nothing was left to do about it, and why: the first of its ends; None: it is left at `now`."""
        one = self.certificate
        ends = (
            (self.replaced_at, Outcome.REPLACED),
            (one.revoked_at, Outcome.REVOKED),
            (self.retired_at, Outcome.RETIRED),
            (one.not_after + _SECOND, Outcome.EXPIRED),
        )
        passed = [(at, why) for at, why in ends if at is not None and at <= now]
        return min(passed, key=lambda end: end[0], default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a campaign has come at a moment."""

    members: int
    done: Mapping[Outcome, int]
    """How many are done, by why; every outcome is a key."""
    left: tuple[Member, ...]
    """Who is left, the first to expire first."""
    finished_at: datetime | None
    """When the last member was done; None while one is left."""


def progress_of(members: tuple[Member, ...], now: datetime) -> Progress:
    """Return how far the members have come at `now`."""
    ends = [(one, one.end(now)) for one in members]
    done = [end for _, end in ends if end is not None]
    left = sorted(
        (one for one, end in ends if end is None), key=lambda one: (one.certificate.not_after, one.certificate.id)
    )
    return Progress(
        members=len(members),
        done={outcome: sum(why is outcome for _, why in done) for outcome in Outcome},
        left=tuple(left),
        finished_at=None if left else max((at for at, _ in done), default=now),
    )
