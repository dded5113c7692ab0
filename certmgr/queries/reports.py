"""The facts of the reports, collected from one snapshot of the store (R6.1, R5.2)."""

import re
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from certmgr import lifecycle
from certmgr.commitments import Commitment, Kind, status
from certmgr.errors import UsageError
from certmgr.filters import parse_filter
from certmgr.models.certificates import Certificate
from certmgr.models.revocations import Revocation, RevocationId
from certmgr.reporting.facts import CommitmentsReport, Expiry, ExpiryReport, Promise, RevocationTimes
from certmgr.reporting.figures import figures
from certmgr.store import journal, listing, report_rows, revocations
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certmgr.store.connection import Snapshot

_MONTH: Final = re.compile(r"(19[7-9]\d|2\d{3})-(0[1-9]|1[0-2])")
_REVOCATION: Final = "revocation:"
_LAST_MONTH: Final = 12


def commitments(workspace: Workspace, month: str | None = None) -> CommitmentsReport:
    """Return every promise that ran in `month` (`2026-11`, local; None: this one), as it stood at its end or now.

    What happened after the month is left out, so that the report of a month that is over says the same whenever it is
    made. Raises UsageError for what is no month, or one that has not begun.
    """
    now, zone = workspace.now(), workspace.zone
    first = _first_day(month) if month is not None else now.astimezone(zone).date().replace(day=1)
    since, until = lifecycle.day_start(first, 0, zone), lifecycle.day_start(_following(first), 0, zone)
    if since > now:
        raise UsageError(f"The month {first:%Y-%m} has not begun.", hint="Name this month or an earlier one.")
    as_of = min(now, until)
    with workspace.store().read() as snapshot:
        head = journal.last(snapshot)
        promises = tuple(
            _promise(one, subject, since=since, until=until, as_of=as_of)
            for one, subject in report_rows.promises(snapshot, since=since, until=until)
        )
        requests = _requests(snapshot, promises, until)
    return CommitmentsReport(
        organisation=workspace.config.organisation.name,
        zone=zone.key,
        month=f"{first:%Y-%m}",
        since=since,
        until=until,
        as_of=as_of,
        made_at=now,
        journal_seq=head.seq if head else 0,
        journal_hash=head.hash if head else "",
        kinds=figures([kind.value for kind in Kind], promises),
        promises=promises,
        revocations=requests,
    )


def _first_day(month: str) -> date:
    found = _MONTH.fullmatch(month)
    if found is None:
        raise UsageError(f"{month[:40]!r} is not a month.", hint="Write it as 2026-11.")
    return date(int(found[1]), int(found[2]), 1)


def _following(first: date) -> date:
    return first.replace(year=first.year + first.month // _LAST_MONTH, month=first.month % _LAST_MONTH + 1)


def _before(moment: datetime | None, until: datetime) -> datetime | None:
    """Return a time that lies before `until`; None for a later one, which nobody knew then."""
    return moment if moment is not None and moment < until else None


def _promise(one: Commitment, subject: str, *, since: datetime, until: datetime, as_of: datetime) -> Promise:
    known = replace(one, met_at=_before(one.met_at, until), voided_at=_before(one.voided_at, until))
    return Promise(
        id=known.id,
        kind=known.kind.value,
        about=known.object,
        subject=subject,
        carried=known.opened_at < since,
        opened_at=known.opened_at,
        due_at=known.due_at,
        met_at=known.met_at,
        voided_at=known.voided_at,
        status=status(known, as_of).value,
        used=(known.met_at or known.voided_at or as_of) - known.opened_at,
    )


def _requests(snapshot: "Snapshot", promises: "Iterable[Promise]", until: datetime) -> tuple[RevocationTimes, ...]:
    """Return the revocation requests that the promises are about, without what happened from `until` on."""
    ids = sorted({int(one.about.removeprefix(_REVOCATION)) for one in promises if one.about.startswith(_REVOCATION)})
    found = [_known(revocations.get(snapshot, RevocationId(one)), until) for one in ids]
    return tuple(
        RevocationTimes(
            id=one.id,
            server=one.server,
            serial=one.serial,
            cause=one.cause.value,
            state=one.state.value,
            received_at=one.received_at,
            acknowledged_at=one.acknowledged_at,
            verified_at=one.verified_at,
            revoked_at=one.revoked_at,
            signed_at=one.signed_at,
            published_at=one.published_at,
            unseen_after=one.unseen_after if one.published_at else None,
            closed_at=one.closed_at,
        )
        for one in found
    )


def _known(one: Revocation, until: datetime) -> Revocation:
    return replace(
        one,
        acknowledged_at=_before(one.acknowledged_at, until),
        verified_at=_before(one.verified_at, until),
        revoked_at=_before(one.revoked_at, until),
        signed_at=_before(one.signed_at, until),
        published_at=_before(one.published_at, until),
        closed_at=_before(one.closed_at, until),
    )


def expiry(workspace: Workspace, days: int = 90) -> ExpiryReport:
    """Return the live certificates that end within so many natural days and have no successor yet."""
    now, zone = workspace.now(), workspace.zone
    wanted = parse_filter(f"days>=0 days<={days} state:valid,due,held")
    with workspace.store().read() as snapshot:
        rows = tuple(
            _expiry(one, workspace, now)
            for one in listing.iterate(snapshot, wanted, now=now, zone=zone)
            if one.superseded_at is None
        )
    return ExpiryReport(
        organisation=workspace.config.organisation.name,
        zone=zone.key,
        made_at=now,
        today=now.astimezone(zone).date(),
        days=days,
        rows=rows,
    )


def _expiry(one: Certificate, workspace: Workspace, now: datetime) -> Expiry:
    zone = workspace.zone
    return Expiry(
        server=one.server,
        serial=one.serial,
        sha256=one.sha256 or "",
        dns=one.dns,
        ip=one.ip,
        authority=one.authority,
        profile=one.profile,
        owner=one.owner,
        state=lifecycle.state_of(one, now).value,
        not_after=one.not_after,
        window_opens=one.window_opens,
        expires_on=one.not_after.astimezone(zone).date(),
        window_on=one.window_opens.astimezone(zone).date(),
        days_left=lifecycle.days_left(one.not_after, now, zone),
    )
