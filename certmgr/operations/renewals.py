"""Automatic renewal: which certificates renew by themselves, when, and what happens where one cannot (R5.1, N4).

A certificate renews at its `renew_at` (DETAILS 45), put off by an offset of its own so that those that were issued
together are not renewed together, and outside the configured blackouts. Nothing is put off in its last days. A failure
is tried again with a back-off. What has expired is never renewed: that is a new application.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from certmgr.calendars import parse_window
from certmgr.config import Config
from certmgr.errors import CertmgrError
from certmgr.issuance import Issued
from certmgr.models.certificates import Certificate, KeyOrigin
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import attempts, campaigns, certificates
from certmgr.store.attempts import Attempt
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

LAST_DAYS: Final = timedelta(days=3)
"""In so long before its end nothing puts a renewal off: no blackout, no open request."""
FIRST_WAIT: Final = timedelta(minutes=15)
"""How long after the first failure a renewal is tried again; doubled with each further one."""
LONGEST_WAIT: Final = timedelta(hours=24)
TOLD_FOR: Final = timedelta(days=30)
"""How long a certificate that ended without a successor is named; the list hides it from then on, too."""
_DOUBLINGS: Final = 16
_SHARE: Final = 3
"""A renewal is put off by a third of the time that is left at most, whatever the configured spread."""
_PREFIX: Final = "renewal:"
"""What attempts at a renewal are counted under, with the certificate's id."""
_DIGITS: Final = 8
"""How many of the serial's last hex digits make the offset."""

Renew = Callable[[Workspace, Session, Certificate], Issued]
"""The verb `renew` of certificates, which `check` hands in: nouns do not import each other."""
Rehearse = Callable[[Workspace, Certificate], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A certificate that is due, and why it is not renewed now."""

    certificate: Certificate
    attempt: Attempt | None
    """The failed attempts so far."""
    needs_csr: bool
    waiting: bool
    """Whether the back-off has not passed."""


def due(workspace: Workspace, session: Session, *, renew: Renew) -> Iterator[Step]:
    """Renew what is due, one at a time; name what needs its owner's CSR and what fails, until it is done."""
    _forget(workspace, session)
    for turn in _turns(workspace):
        if turn.needs_csr or turn.waiting:
            yield _attention(turn)
        else:
            yield _renew(workspace, session, turn, renew)
    yield from _lapsed(workspace)


def pending(workspace: Workspace, *, rehearse: Rehearse) -> Iterator[Step]:
    """Yield what `due` would do; changes nothing."""
    for turn in _turns(workspace):
        one = turn.certificate
        if turn.needs_csr or turn.waiting:
            yield _attention(turn)
            continue
        try:
            rehearse(workspace, one)
        except CertmgrError as problem:
            yield Step(what=f"{one.server} could not be renewed: {problem.message}", done=False)
        else:
            yield Step(what=f"Would renew {one.server} (serial {one.serial}).", done=True)
    yield from _lapsed(workspace)


def moment(certificate: Certificate, spread: timedelta, *, wanted: datetime | None = None) -> datetime:
    """Return when the certificate renews by itself: from `renew_at` on, within `spread`, by its own serial.

    From `wanted` on where that is earlier: the announcement of a campaign that it is in (R5.2).

    The offset is the same at every look. It takes a third of the time from `renew_at` to the end at most, so that a
    short-lived certificate keeps two thirds of that time for retries.
    """
    since = certificate.renew_at if wanted is None else min(certificate.renew_at, wanted)
    room = min(spread, (certificate.not_after - since) / _SHARE)
    return since + room * (int(certificate.serial[-_DIGITS:], 16) / 16**_DIGITS)


def wait(failures: int) -> timedelta:
    """Return how long to wait after that many failures in a row: 15 minutes, doubled each time, at most 24 hours."""
    return min(FIRST_WAIT * (1 << min(max(failures, 1) - 1, _DOUBLINGS)), LONGEST_WAIT)


def in_blackout(config: Config, now: datetime) -> bool:
    """Tell whether `now` lies in one of the configured hours in which nothing is renewed by itself (N4)."""
    local = now.astimezone(config.zone)
    return any(parse_window(text).covers(local) for text in config.renewal.blackouts)


def _turns(workspace: Workspace) -> list[Turn]:
    """Return every certificate whose moment has come, the first to expire first."""
    now, config = workspace.now(), workspace.config
    with workspace.store().read() as snapshot:
        wanted = campaigns.announced(snapshot)
        found = _candidates(snapshot, now)
        tried = {one.subject: one for one in attempts.all(snapshot, _PREFIX)} if found else {}
    closed = bool(found) and in_blackout(config, now)
    return [
        _turn(config, one, tried, now)
        for one in found
        if _has_come(config, one, now, closed=closed, wanted=wanted.get(one.id))
    ]


def _candidates(snapshot: "Snapshot", now: datetime) -> list[Certificate]:
    """Return what is due, and what open campaigns want renewed (R5.2), the first to expire first."""
    asked = [one for one in campaigns.open_members(snapshot) if one.not_after >= now]
    # A member may be due as well.
    every = {one.id: one for one in (*certificates.due(snapshot, now), *asked)}.values()
    return sorted(every, key=lambda one: (one.not_after, one.id))


def _has_come(config: Config, one: Certificate, now: datetime, *, closed: bool, wanted: datetime | None) -> bool:
    if one.replaced_by_id is not None:
        # Its successor is being made: by another process, or by one that crashed, which recovery sees to.
        return False
    at = moment(one, config.renewal.spread, wanted=wanted)
    if one.not_after - now <= LAST_DAYS:
        return now >= at
    return not closed and not one.revoking and now >= at


def _turn(config: Config, one: Certificate, tried: Mapping[str, Attempt], now: datetime) -> Turn:
    profile = config.profiles.get(one.profile)
    attempt = tried.get(f"{_PREFIX}{one.id}")
    return Turn(
        certificate=one,
        attempt=attempt,
        needs_csr=one.key_origin is KeyOrigin.CSR and not (profile is not None and profile.reuse_key),
        waiting=attempts.is_waiting(attempt, now),
    )


def _attention(turn: Turn) -> Step:
    one, attempt = turn.certificate, turn.attempt
    if turn.needs_csr:
        what = (
            f"The key of {one.server} was made by its owner, so its renewal needs a new CSR from "
            f"{one.owner or 'the owner'} before {one.not_after:%Y-%m-%d}. Run: certmgr renew {one.server} --csr FILE"
        )
        return Step(what=what, done=False)
    if attempt is None or attempt.next_at is None:
        raise AssertionError(one.id)
    return _failure(one, attempt, attempt.next_at)


def _failure(one: Certificate, attempt: Attempt, next_at: datetime) -> Step:
    times = "once" if attempt.failures == 1 else f"{attempt.failures} times"
    what = (
        f"{one.server} could not be renewed ({times}, again from {next_at:%Y-%m-%d %H:%M} UTC,"
        f" it ends on {one.not_after:%Y-%m-%d}): {attempt.problem}"
    )
    return Step(what=what, done=False)


def _renew(workspace: Workspace, session: Session, turn: Turn, renew: Renew) -> Step:
    one = turn.certificate
    try:
        issued = renew(workspace, session, one)
    except CertmgrError as problem:
        return _failed(workspace, session, turn, problem)
    where = f", files in {issued.folder}" if issued.folder else ""
    return Step(what=f"Renewed {one.server}: serial {issued.prepared.spec.serial}{where}.", done=True)


def _failed(workspace: Workspace, session: Session, turn: Turn, problem: CertmgrError) -> Step:
    """Count the failure, and tell it; a successor on record whose files were not delivered is recovery's."""
    one = turn.certificate
    told = " ".join(dict.fromkeys([problem.message, *(item.message for item in problem.findings)]))
    with workspace.store().write(session.actor) as tx:
        if certificates.get(tx, one.id).superseded_at is not None:
            return Step(what=f"{one.server} was renewed, but not all of it was done: {told}", done=False)
        failures = (turn.attempt.failures if turn.attempt else 0) + 1
        next_at = tx.now + wait(failures)
        attempt = attempts.failed(tx, f"{_PREFIX}{one.id}", told, next_at)
    return _failure(one, attempt, next_at)


def _lapsed(workspace: Workspace) -> Iterator[Step]:
    """Name what ended before it could be renewed: after an outage, or where its owner brought no CSR."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        found = certificates.lapsed(snapshot, now, since=now - TOLD_FOR)
    for one in found:
        what = (
            f"{one.server} (serial {one.serial}) ended on {one.not_after:%Y-%m-%d} and was not renewed."
            f" Run: certmgr issue, or certmgr server retire {one.server}"
        )
        yield Step(what=what, done=False)


def _forget(workspace: Workspace, session: Session) -> None:
    """Drop the counters of certificates that were renewed, revoked or have expired meanwhile."""
    store = workspace.store()
    with store.read() as snapshot:
        tried = {one.subject for one in attempts.all(snapshot, _PREFIX)}
        if not tried:
            return
        waited_for = {f"{_PREFIX}{one.id}" for one in _candidates(snapshot, workspace.now())}
    if left := tried - waited_for:
        with store.write(session.actor) as tx:
            for subject in sorted(left):
                attempts.forget(tx, subject)
