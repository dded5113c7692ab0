"""The life of a certificate: derived states, allowed transitions, renewal times, causes and their reasons.

State is derived, never stored (ARCHITECTURE: 1). `state_of` derives it from a certificate; `ranges` says the same as
plain conditions on stored columns, so that the store can select by state. The two agree by a property test.
Times are compared in whole seconds, which is what the store and X.509 keep.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.models.certificates import Certificate, Flag, Stage, State
from certmgr.models.revocations import Cause, Reason
from certmgr.records import dataclass

BACKDATING: Final = timedelta(minutes=5)
"""How far before now a certificate begins, for clocks that run behind."""
WINDOW_DAYS: Final = 30
"""From how many natural days before expiry a renewal is allowed (R5.1)."""

REASONS: Final[Mapping[Cause, Reason]] = MappingProxyType(
    {
        Cause.KEY_COMPROMISE: Reason.KEY_COMPROMISE,
        Cause.KEY_LOST: Reason.SUPERSEDED,
        Cause.KEY_REPLACED: Reason.SUPERSEDED,
        Cause.INFORMATION_CHANGED: Reason.AFFILIATION_CHANGED,
        Cause.NO_LONGER_NEEDED: Reason.CESSATION_OF_OPERATION,
        Cause.FEES_UNPAID: Reason.PRIVILEGE_WITHDRAWN,
        Cause.DUTY_BREACHED: Reason.PRIVILEGE_WITHDRAWN,
        Cause.FALSE_APPLICATION: Reason.PRIVILEGE_WITHDRAWN,
        Cause.MISUSED: Reason.PRIVILEGE_WITHDRAWN,
        Cause.INTERNET_USE: Reason.PRIVILEGE_WITHDRAWN,
        Cause.SUSPENDED: Reason.CERTIFICATE_HOLD,
        Cause.ISSUED_IN_ERROR: Reason.SUPERSEDED,
        Cause.CA_COMPROMISE: Reason.CA_COMPROMISE,
    }
)
"""What each cause is called on a CRL (DOMAIN: revocation causes; RFC 5280 5.3.1)."""


class Operator(StrEnum):
    """How a condition compares a column with its value."""

    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    EQUAL = "="
    NOT_EQUAL = "!="
    IS_NULL = "null"
    NOT_NULL = "not-null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison of a stored column."""

    column: str
    op: Operator
    value: datetime | str | None = None
    """None with IS_NULL and NOT_NULL; datetimes are whole seconds."""


class Action(StrEnum):
    """What is done to a certificate that exists."""

    RENEW = "renew"
    REVOKE = "revoke"
    HOLD = "hold"
    RELEASE = "release"


TRANSITIONS: Final[Mapping[Action, frozenset[State]]] = MappingProxyType(
    {
        Action.RENEW: frozenset({State.VALID, State.DUE}),
        Action.REVOKE: frozenset({State.VALID, State.DUE, State.SUPERSEDED, State.HELD}),
        Action.HOLD: frozenset({State.VALID, State.DUE, State.SUPERSEDED}),
        Action.RELEASE: frozenset({State.HELD}),
    }
)
"""From which states an action is allowed."""

CAUSE_TRANSITIONS: Final[Mapping[Cause, frozenset[State]]] = MappingProxyType(
    {
        Cause.KEY_COMPROMISE: frozenset({State.REVOKED, State.EXPIRED}),
        Cause.ISSUED_IN_ERROR: frozenset({State.PENDING}),
    }
)
"""From which further states a certificate is revoked for a cause: a compromised key is blocked whatever became of its
certificate (DETAILS 28); an intent that cannot be finished goes onto the CRL (DETAILS 15)."""

SERVABLE: Final = frozenset({State.VALID, State.DUE})
"""In which states a server is to serve a certificate (R1.7)."""

_WHY_NOT: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.PENDING: "it is not issued yet; certmgr check finishes or abandons it",
        State.REVOKED: "it is revoked already",
        State.HELD: "it is suspended; release it or revoke it first",
        State.EXPIRED: "it has expired; what is needed is a new application (R5.1)",
        State.SUPERSEDED: "its successor has taken its place",
        State.DUE: "it is in use",
        State.VALID: "it is in use",
    }
)


def state_of(certificate: Certificate, now: datetime) -> State:
    """Return the state of `certificate` at `now`; the first that matches (DETAILS 44).

    A certificate with a successor is not due: nothing renews it again while the overlap runs.
    """
    at = _second(now)
    if certificate.revoked_at is not None:
        return State.REVOKED
    if certificate.stage is not Stage.ISSUED:
        return State.PENDING
    if certificate.held_at is not None:
        return State.HELD
    if certificate.not_after < at:
        return State.EXPIRED
    if certificate.superseded_at is not None:
        return State.SUPERSEDED if certificate.superseded_at <= at else State.VALID
    return State.DUE if certificate.renew_at <= at else State.VALID


def flags_of(certificate: Certificate, now: datetime) -> tuple[Flag, ...]:
    """Return what stands beside the state of `certificate` at `now` (DETAILS 44)."""
    flags = [Flag.REVOKING] if certificate.revoking else []
    until = certificate.accept_by
    if until is not None and until > _second(now) and certificate.revoked_at is None:
        flags.append(Flag.UNACCEPTED)
    if certificate.not_serving and state_of(certificate, now) in SERVABLE:
        flags.append(Flag.NOT_SERVING)
    return tuple(flags)


def ranges(state: State, now: datetime) -> tuple[tuple[Condition, ...], ...]:
    """Return when a stored certificate is in `state` at `now`: alternatives (OR) of conditions that all hold (AND).

    Only VALID has two alternatives; no certificate is in two of them. Exactly one state matches any row (DETAILS 43).
    """
    at = _second(now)
    unrevoked = Condition(column="revoked_at", op=Operator.IS_NULL)
    issued = (Condition(column="stage", op=Operator.EQUAL, value=Stage.ISSUED.value), unrevoked)
    unheld = (*issued, Condition(column="held_at", op=Operator.IS_NULL))
    live = (*unheld, Condition(column="not_after", op=Operator.GREATER_EQUAL, value=at))
    alone = (*live, Condition(column="superseded_at", op=Operator.IS_NULL))
    found: dict[State, tuple[tuple[Condition, ...], ...]] = {
        State.REVOKED: ((Condition(column="revoked_at", op=Operator.NOT_NULL),),),
        State.PENDING: ((Condition(column="stage", op=Operator.NOT_EQUAL, value=Stage.ISSUED.value), unrevoked),),
        State.HELD: ((*issued, Condition(column="held_at", op=Operator.NOT_NULL)),),
        State.EXPIRED: ((*unheld, Condition(column="not_after", op=Operator.LESS, value=at)),),
        State.SUPERSEDED: ((*live, Condition(column="superseded_at", op=Operator.LESS_EQUAL, value=at)),),
        State.DUE: ((*alone, Condition(column="renew_at", op=Operator.LESS_EQUAL, value=at)),),
        State.VALID: (
            (*alone, Condition(column="renew_at", op=Operator.GREATER, value=at)),
            (*live, Condition(column="superseded_at", op=Operator.GREATER, value=at)),
        ),
    }
    return found[state]


def days_conditions(op: Operator, days: int, now: datetime, zone: ZoneInfo) -> tuple[Condition, ...]:
    """Return the conditions on not_after under which `days_left(not_after, now, zone) op days` holds.

    `op` is one of `<`, `<=`, `>`, `>=`, `=`.
    """
    today = now.astimezone(zone).date()
    start, following = day_start(today, days, zone), day_start(today, days + 1, zone)
    before = Condition(column="not_after", op=Operator.LESS, value=start)
    until = Condition(column="not_after", op=Operator.LESS, value=following)
    since = Condition(column="not_after", op=Operator.GREATER_EQUAL, value=start)
    after = Condition(column="not_after", op=Operator.GREATER_EQUAL, value=following)
    found = {
        Operator.LESS: (before,),
        Operator.LESS_EQUAL: (until,),
        Operator.GREATER: (after,),
        Operator.GREATER_EQUAL: (since,),
        Operator.EQUAL: (since, until),
    }
    return found[op]


def validity(now: datetime, days: int) -> tuple[datetime, datetime]:
    """Return not_before and not_after of a certificate of `days` made at `now` (DETAILS 20).

    The end is inclusive (RFC 5280 4.1.2.5), so that it lies a second before `days` whole days have passed.
    """
    not_before = _second(now) - BACKDATING
    return not_before, not_before + timedelta(days=days) - timedelta(seconds=1)


def window_opens(not_before: datetime, not_after: datetime, zone: ZoneInfo, *, days: int = WINDOW_DAYS) -> datetime:
    """Return from when a renewal is allowed: 00:00 in `zone` of the day `days` before expiry, in UTC (R5.1)."""
    return max(not_before, day_start(not_after.astimezone(zone).date(), -days, zone))


def renew_at(not_before: datetime, not_after: datetime, zone: ZoneInfo, *, days: int = WINDOW_DAYS) -> datetime:
    """Return when a renewal happens by itself: with a third of the life left, the window permitting (DETAILS 45)."""
    opens = window_opens(not_before, not_after, zone, days=days)
    return max(opens, _second(not_after - (not_after - not_before) / 3))


def days_left(not_after: datetime, now: datetime, zone: ZoneInfo) -> int:
    """Return the natural days from the day of `now` to the day of expiry in `zone`; negative after it."""
    return (not_after.astimezone(zone).date() - now.astimezone(zone).date()).days


def day_start(day: date, later: int, zone: ZoneInfo) -> datetime:
    """Return, in UTC, the moment at which the day `later` days after `day` begins in `zone`."""
    return datetime.combine(day + timedelta(days=later), time(), zone).astimezone(UTC)


def check_transition(
    certificate: Certificate, action: Action, *, now: datetime, cause: Cause | None = None
) -> tuple[Finding, ...]:
    """Return why `action` may not be done to `certificate` at `now`; nothing when it may.

    A revoked certificate can only be changed to key-compromise, and once (DETAILS 28); `suspended` is the cause of a
    hold and of nothing else; `ca-compromise` is for a CA's certificate (DETAILS 29).
    """
    findings = list(_check_cause(action, cause))
    state = state_of(certificate, now)
    allowed = state in TRANSITIONS[action]
    if action is Action.REVOKE and cause is not None and state in CAUSE_TRANSITIONS.get(cause, frozenset()):
        allowed = certificate.cause != cause.value
    if not allowed:
        message = f"The certificate of {certificate.server} cannot be {_PAST[action]}: {_WHY_NOT[state]}."
        findings.append(Finding(code=Code.STATE_REFUSED, message=message, field="state", value=state.value))
    return tuple(findings)


def require_transition(certificate: Certificate, action: Action, *, now: datetime, cause: Cause | None = None) -> None:
    """Raise what `check_transition` finds: UsageError for a cause that does not fit, else RefusedError."""
    findings = check_transition(certificate, action, now=now, cause=cause)
    if not findings:
        return
    error = UsageError if any(finding.code is Code.CAUSE_REFUSED for finding in findings) else RefusedError
    raise error(findings[0].message, findings=findings)


def check_renewal(certificate: Certificate, *, now: datetime, zone: ZoneInfo) -> tuple[Finding, ...]:
    """Return why `certificate` may not be renewed at `now`: its state, or a window that has not opened (R5.1)."""
    findings = list(check_transition(certificate, Action.RENEW, now=now))
    if not findings and certificate.superseded_at is not None:
        message = f"The certificate of {certificate.server} has a successor already."
        findings.append(Finding(code=Code.STATE_REFUSED, message=message, field="state"))
    if not findings and now < certificate.window_opens:
        opens = certificate.window_opens.astimezone(zone)
        left = days_left(certificate.not_after, now, zone)
        message = (
            f"The certificate of {certificate.server} has {left} days left; "
            f"its renewal window opens on {opens:%Y-%m-%d %H:%M %Z}."
        )
        value = f"{opens:%Y-%m-%d}"
        findings.append(Finding(code=Code.RENEWAL_EARLY, message=message, field="window_opens", value=value))
    return tuple(findings)


_PAST: Final = MappingProxyType(
    {
        Action.RENEW: "renewed",
        Action.REVOKE: "revoked",
        Action.HOLD: "suspended",
        Action.RELEASE: "released",
    }
)


def _check_cause(action: Action, cause: Cause | None) -> list[Finding]:
    message = None
    if cause is Cause.CA_COMPROMISE:
        message = "The cause ca-compromise is for a CA's certificate, not for a server's."
    elif action is Action.REVOKE and cause is None:
        message = "A revocation needs a cause."
    elif action is Action.REVOKE and cause is Cause.SUSPENDED:
        message = "The cause suspended is a measure for a time; use hold instead of revoke."
    elif action is Action.HOLD and cause not in {None, Cause.SUSPENDED}:
        message = f"A hold has the cause suspended; for {cause} the certificate is revoked."
    if message is None:
        return []
    return [Finding(code=Code.CAUSE_REFUSED, message=message, field="cause", value=cause.value if cause else None)]


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
