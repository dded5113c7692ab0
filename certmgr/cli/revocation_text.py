"""Revocation requests as JSON and as text: one shape for `request`, `list` and `show`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from certmgr.cli import printer
from certmgr.cli.certificate_json import moment
from certmgr.models.revocations import Cause

if TYPE_CHECKING:
    from certmgr.models.revocations import Revocation
    from certmgr.queries.commitments import Promise
    from certmgr.queries.revocations import RequestDetail

SCHEMA = "certmgr.revocations/1"
DETAIL_SCHEMA = "certmgr.revocation/1"
TIMES = (
    ("received", "received_at"),
    ("acknowledged", "acknowledged_at"),
    ("verified", "verified_at"),
    ("revoked in the store", "revoked_at"),
    ("CRL signed", "signed_at"),
    ("seen at every distribution point", "published_at"),
    ("no cached CRL without it after", "unseen_after"),
)
"""The six times of a revocation and the seventh (R6.1, DETAILS 24)."""


def time_left(left: timedelta) -> str:
    """Return a span as `23h 41m`, `41m`, or `OVERDUE 2h 05m`."""
    minutes = int(abs(left).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    span = f"{hours}h {minutes:02}m" if hours else f"{minutes}m"
    return f"OVERDUE {span}" if left < timedelta(0) else span


def as_json(one: "Revocation", now: datetime) -> dict[str, Any]:
    """Return the request as an element of `certmgr.revocations/1`; absent is null."""
    from certmgr.queries.revocations import OPEN, clock_of  # noqa: PLC0415 - loads the store

    is_open = one.state in OPEN
    return {
        "id": one.id,
        "state": one.state,
        "server": one.server,
        "serial": one.serial,
        "cause": one.cause,
        "note": one.note or None,
        "evidence": one.evidence or None,
        "requested_by": one.requested_by,
        "group": one.group_id,
        "received_at": moment(one.received_at),
        "acknowledged_at": moment(one.acknowledged_at),
        "verify_due_at": moment(one.verify_due_at),
        "verified_by": one.verified_by,
        "verified_how": one.verified_how or None,
        "verified_at": moment(one.verified_at),
        "due_at": moment(one.due_at),
        "revoked_at": moment(one.revoked_at),
        "signed_at": moment(one.signed_at),
        "published_at": moment(one.published_at),
        "unseen_after": moment(one.unseen_after),
        "crl_number": one.crl_number,
        "closed_at": moment(one.closed_at),
        "closed_by": one.closed_by,
        "closed_how": one.closed_how,
        "closing_reason": one.closing_reason or None,
        "compromised_since": moment(one.compromised_since),
        "hold_until": moment(one.hold_until),
        "hold_then": one.hold_then if one.cause is Cause.SUSPENDED else None,
        "hold_cause": one.hold_cause,
        "incident_reported_at": moment(one.reported_at),
        "incident_reported_to": one.reported_to or None,
        "seconds_left": int((clock_of(one).due - now).total_seconds()) if is_open else None,
        "overdue": is_open and now > clock_of(one).due,
    }


def print_requests(found: "tuple[Revocation, ...]", now: datetime) -> None:
    """Print `certmgr.revocations/1`."""
    printer.document(SCHEMA, revocations=[as_json(one, now) for one in found])


def print_detail_json(found: "RequestDetail", now: datetime) -> None:
    """Print `certmgr.revocation/1`: the request, where it was seen, what was promised about it."""
    printer.document(
        DETAIL_SCHEMA,
        revocation=as_json(found.revocation, now),
        together=[one.id for one in found.together],
        line=[one.serial for one in found.line],
        sightings=[
            {"url": one.url, "crl_number": one.number, "seen_at": moment(one.seen_at)} for one in found.sightings
        ],
        commitments=[_promise_json(one) for one in found.promises],
    )


def _promise_json(one: "Promise") -> dict[str, Any]:
    held = one.commitment
    return {
        "id": held.id,
        "kind": held.kind,
        "status": one.status,
        "opened_at": moment(held.opened_at),
        "due_at": moment(held.due_at),
        "met_at": moment(held.met_at),
        "voided_at": moment(held.voided_at),
    }


def print_detail(found: "RequestDetail", now: datetime) -> None:
    """Print the request for a person: facts, the times of its way, where it was seen, what was promised."""
    one = found.revocation
    for name, value in _facts(found):
        printer.data(f"{name:<14}{value}")
    printer.data("Times (UTC)")
    for name, attribute in TIMES:
        at: datetime | None = getattr(one, attribute)
        printer.data(f"  {name:<34}{f'{at:%Y-%m-%d %H:%M:%S}' if at else '-'}")
    for place in found.sightings:
        printer.data(f"  seen {place.seen_at:%Y-%m-%d %H:%M:%S} in CRL {place.number} at {place.url}")
    printer.data("Commitments")
    for promise in found.promises:
        held = promise.commitment
        left = f", {time_left(held.due_at - now)}" if promise.left is not None else ""
        printer.data(f"  {held.kind:<24}{promise.status:<10}due {held.due_at:%Y-%m-%d %H:%M:%S}{left}")
    for other in found.line:
        printer.data(f"In its line, with another key: {other.server} (serial {other.serial})")


def _facts(found: "RequestDetail") -> list[tuple[str, str]]:
    one = found.revocation
    facts = [
        ("Request", f"{one.id}, {one.closed_how or one.state}"),
        ("Server", one.server),
        ("Serial", one.serial),
        ("Cause", one.cause.value),
        ("Evidence", one.evidence),
        ("Note", one.note),
        ("Asked for by", one.requested_by),
        ("Verified by", f"{one.verified_by} ({one.verified_how})" if one.verified_by else ""),
        ("Closed by", f"{one.closed_by}: {one.closing_reason}".rstrip(": ") if one.closed_by else ""),
        ("Decided with", ", ".join(str(other.id) for other in found.together)),
    ]
    if one.cause is Cause.SUSPENDED and one.hold_until is not None:
        then = one.hold_then.value + (f" ({one.hold_cause})" if one.hold_cause else "")
        facts.append(("Hold until", f"{one.hold_until:%Y-%m-%d %H:%M} UTC, then {then}"))
    if one.reported_at is not None:
        facts.append(("Incident", f"reported to {one.reported_to}, {one.reported_at:%Y-%m-%d %H:%M} UTC"))
    return [(name, value) for name, value in facts if value]
