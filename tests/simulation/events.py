"""What may happen in a simulated stretch of time: each kind of event is a frozen dataclass."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from certmgr.models.revocations import Cause
from certmgr.records import dataclass

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class Stops(StrEnum):
    """What an outage stops."""

    TIMER = "timer"
    """Nothing runs the checks; people work on."""
    HOST = "host"
    """The whole machine: nobody does anything before it is back."""


class Decision(StrEnum):
    """What comes of a request."""

    VERIFIED = "verified"
    """The officer vouches for it and leaves the rest to the next check."""
    FULFILLED = "fulfilled"
    """The officer vouches for it, carries it out and publishes in one go."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Holds(StrEnum):
    """How a suspension ends."""

    RELEASED = "released"
    REVOKED = "revoked"
    FORGOTTEN = "forgotten"
    """Nobody decides until its date has passed; it is released after that."""
    LAPSES = "lapses"
    """It becomes a revocation on its date by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """No check runs."""

    lasts: timedelta
    stops: Stops


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """Somebody sets the clock."""

    by: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """The next check that looks at the clock `reading` times dies at the last of these looks."""

    reading: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCrash:
    """The next check that sends a mail dies when the mail server has taken it and before that is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDown:
    """The distribution point answers 503."""

    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDown:
    """The mail server refuses connections, or (`busy`) answers 451 to every recipient."""

    lasts: timedelta
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDown:
    """The webhook answers 500."""

    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class HookFails:
    """The hook of the deployment number `place` exits with 1, or (`hangs`) does not come back."""

    place: int
    lasts: timedelta
    hangs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compromise:
    """A key is known to others: of a server whose key was made here, or (`appliance`) by its owner, and reused."""

    appliance: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCampaign:
    """Every certificate that a filter finds is to be replaced by a date."""

    filter: str
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A server is suspended."""

    ends: Holds
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """A subscriber applies for a certificate that a person decides on, or (`people` 2) two."""

    people: int
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A subscriber objects to a new certificate (R3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """A server's facts change, and somebody follows it up in time (R1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetExpire:
    """A server gets a certificate that is not to be renewed by itself, and nobody renews it."""

    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRevocation:
    """A revocation is asked for, of a server of the network or (`fresh`) of a new one, and decided `later`."""

    cause: Cause
    fresh: bool
    later: timedelta
    decision: Decision


What = (
    Outage
    | ClockStep
    | Crash
    | MailCrash
    | PointDown
    | MailDown
    | WebhookDown
    | HookFails
    | Compromise
    | StartCampaign
    | Hold
    | Apply
    | Object
    | ChangeFacts
    | LetExpire
    | AskRevocation
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens."""

    at: timedelta
    what: What
