"""What is to be told now, read from the records: thresholds crossed, not days hit (ARCHITECTURE 10, N8).

Nothing here knows what was told before; `operations.notices` compares. A certificate that renews by itself is told of
only once its renewal is late, and one that waits for its owner's CSR by a notice of its own, so that a mail about an
expiry is one that somebody has to act on.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from certmgr import commitments as clocks
from certmgr.config import Config
from certmgr.lifecycle import day_start
from certmgr.models.applications import ApplicationState
from certmgr.models.authorities import AuthorityRole, AuthorityStatus
from certmgr.models.certificates import KeyOrigin, ServerId
from certmgr.models.journal import JSON
from certmgr.models.notices import OPERATORS, SERVICE, Kind, Telling, server_audience
from certmgr.models.revocations import Cause, RequestState, Revocation
from certmgr.notifying import is_address
from certmgr.store import applications, attempts, authorities, campaigns, commitments, crls, notice_facts, servers
from certmgr.store.columns import text_of

if TYPE_CHECKING:
    from certmgr.models.campaigns import Member
    from certmgr.store.connection import Snapshot

CRL_DAYS: Final = (60, 30, 14, 7, 3, 1, 0)
"""So many days before the root CRL ends those who run the service are told (DETAILS 29)."""
FAILURES: Final = 3
"""From so many failures in a row a renewal or a deployment is told of."""
REMINDERS: Final = (50, 90)
"""At so many percent of a campaign's time those who are left are told again (R5.2)."""
ENDED: Final = timedelta(days=30)
"""For so long after its end a certificate with nothing in its place is told of."""
_HALF: Final = 50
_BREACHED: Final = 100


def find(snapshot: "Snapshot", config: Config, *, now: datetime, since: datetime) -> tuple[Telling, ...]:
    """Return everything that is to be told at `now`: all that is so, and what happened from `since` on."""
    return (
        *_endings(snapshot, config, now, since),
        *_authorities(snapshot, config, now),
        *_failures(snapshot),
        *_applications(snapshot, now),
        *_promises(snapshot, config, now, since),
        *_campaigns(snapshot, config, now),
        *_revocations(snapshot, config, since),
    )


def _days(days: Collection[int], end: datetime, after: datetime, now: datetime, config: Config) -> tuple[str, ...]:
    """Return the thresholds in days before `end` that were crossed after `after` and by `now`, the first one first."""
    day = end.astimezone(config.zone).date()
    return tuple(
        str(count) for count in sorted(days, reverse=True) if after < day_start(day, -count, config.zone) <= now
    )


def _contact(snapshot: "Snapshot", config: Config, server: ServerId, contact: str | None = None) -> str | None:
    """Return the audience that is the server's contact, looked up unless given; None where no mail reaches it."""
    if not config.notices.tell_contacts:
        return None
    known = servers.contact(snapshot, server) if contact is None else contact
    return server_audience(server) if is_address(known) else None


def _endings(snapshot: "Snapshot", config: Config, now: datetime, since: datetime) -> Iterator[Telling]:
    """Yield the certificates in use that cross a threshold, and those that need a CSR."""
    most = max(config.notices.days, default=0)
    until = day_start(now.astimezone(config.zone).date(), most + 1, config.zone)
    for one in notice_facts.ending(snapshot, now=now, since=min(since, now - ENDED), until=until):
        profile = config.profiles.get(one.profile)
        by_csr = one.key_origin is KeyOrigin.CSR and not (profile is not None and profile.reuse_key)
        renews = "no" if not one.auto_renew else "csr" if by_csr else "auto"
        told_from = {
            "no": one.not_before,
            "csr": one.renew_at,
            "auto": one.renew_at + config.renewal.spread,
        }[renews]
        audiences = (_contact(snapshot, config, one.server_id, one.contact) or OPERATORS, SERVICE)
        data: dict[str, JSON] = {
            "server": one.server,
            "server_id": one.server_id,
            "serial": one.serial,
            "not_after": text_of(one.not_after),
            "renews": renews,
        }
        about = f"certificate:{one.id}"
        if renews == "csr" and one.renew_at <= now <= one.not_after:
            yield Telling(kind=Kind.CSR_NEEDED, object=about, thresholds=("due",), audiences=audiences, data=data)
        crossed = _days(config.notices.days, one.not_after, told_from, now, config)
        if crossed:
            yield Telling(
                kind=Kind.CERTIFICATE_EXPIRING, object=about, thresholds=crossed, audiences=audiences, data=data
            )


def _authorities(snapshot: "Snapshot", config: Config, now: datetime) -> Iterator[Telling]:
    """Yield the CA certificates that cross a threshold, and the roots' CRLs (DETAILS 29)."""
    for one in authorities.all(snapshot):
        if one.status is not AuthorityStatus.CURRENT or not one.certificate:
            continue
        data: dict[str, JSON] = {"authority": one.slug, "role": one.role.value, "not_after": text_of(one.not_after)}
        crossed = _days(config.notices.ca_days, one.not_after, one.not_before, now, config)
        if crossed:
            yield _for_operators(Kind.AUTHORITY_EXPIRING, f"authority:{one.id}", crossed, data)
        latest = crls.latest(snapshot, one.id) if one.role is AuthorityRole.ROOT and one.has_key else None
        if latest is not None:
            crossed = _days(CRL_DAYS, latest.next_update, latest.this_update, now, config)
            if crossed:
                ends: dict[str, JSON] = {"authority": one.slug, "not_after": text_of(latest.next_update)}
                # Each CRL has its own end, so that the next one is told of anew.
                about = f"crl:{one.id}.{latest.number}"
                yield _for_operators(Kind.ROOT_CRL_ENDING, about, crossed, ends)


def _failures(snapshot: "Snapshot") -> Iterator[Telling]:
    """Yield the renewals and deployments that fail again and again; one notice from success to success."""
    for prefix, noun, kind in (
        ("renewal:", "certificate:", Kind.RENEWAL_FAILING),
        ("deployment:", "deployment:", Kind.DEPLOYMENT_FAILING),
    ):
        for one in attempts.all(snapshot, prefix):
            if one.failures < FAILURES:
                continue
            number = one.subject.removeprefix(prefix)
            about = notice_facts.named(snapshot, noun + number)
            data: dict[str, JSON] = {
                "server": about.name,
                "number": number,
                "failures": one.failures,
                "problem": one.problem,
                "next_at": text_of(one.next_at),
            }
            series = text_of(one.succeeded_at) or "first"
            yield _for_operators(kind, noun + number, (series,), data)


def _applications(snapshot: "Snapshot", now: datetime) -> Iterator[Telling]:
    """Yield the applications that lack a decision, again when nearly all of their time has run (R2.1)."""
    for one in applications.open(snapshot, now):
        if one.state(now) is not ApplicationState.SUBMITTED:
            continue
        percent = clocks.crossed(one.submitted_at, one.expires_at, now)
        last = str(max(clocks.PERCENTAGES))
        data: dict[str, JSON] = {
            "application": one.id,
            "server": one.server,
            "submitted_at": text_of(one.submitted_at),
            "expires_at": text_of(one.expires_at),
            "lacking": one.needed - len(one.approvals),
        }
        thresholds = ("submitted", last) if int(last) in percent else ("submitted",)
        yield _for_operators(Kind.APPLICATION_WAITING, f"application:{one.id}", thresholds, data)


def _promises(snapshot: "Snapshot", config: Config, now: datetime, since: datetime) -> Iterator[Telling]:
    """Yield the clocks that have run far, those that ran out, and the holds that were released (R6.1, N2, N10)."""
    for one in commitments.open(snapshot):
        crossed = clocks.crossed(one.opened_at, one.due_at, now)
        if crossed:
            yield from _clock(snapshot, one, crossed)
    for one in notice_facts.settled_promises(snapshot, since):
        at = one.met_at or one.voided_at
        if at is not None and at > one.due_at:
            yield _promise(snapshot, one, Kind.COMMITMENT_BREACHED, ("breached",), at)
        if one.kind is clocks.Kind.RELEASE_HOLD and one.met_at is not None:
            about = notice_facts.named(snapshot, one.object)
            contact = _contact(snapshot, config, about.server_id) if about.server_id else None
            data: dict[str, JSON] = {"server": about.name, "server_id": about.server_id, "serial": about.serial}
            yield Telling(
                kind=Kind.HOLD_RELEASED,
                object=f"commitment:{one.id}",
                thresholds=("once",),
                audiences=(contact, SERVICE) if contact else (SERVICE,),
                data=data,
                at=one.met_at,
            )


def _clock(snapshot: "Snapshot", one: clocks.Commitment, crossed: tuple[int, ...]) -> Iterator[Telling]:
    if _BREACHED in crossed:
        yield _promise(snapshot, one, Kind.COMMITMENT_BREACHED, ("breached",))
    elif one.kind is clocks.Kind.DECIDE_HOLD:
        yield _promise(snapshot, one, Kind.HOLD_TO_DECIDE, tuple(map(str, crossed)))
    elif one.kind is not clocks.Kind.FINISH_CAMPAIGN:
        # A campaign has reminders of its own.
        yield _promise(snapshot, one, Kind.COMMITMENT_ESCALATED, tuple(map(str, crossed)))


def _promise(
    snapshot: "Snapshot",
    one: clocks.Commitment,
    kind: Kind,
    thresholds: tuple[str, ...],
    at: datetime | None = None,
) -> Telling:
    about = notice_facts.named(snapshot, one.object)
    data: dict[str, JSON] = {
        "promise": one.kind.value,
        "name": about.name,
        "number": one.object.partition(":")[2],
        "serial": about.serial,
        "opened_at": text_of(one.opened_at),
        "due_at": text_of(one.due_at),
        "percent": thresholds[-1],
    }
    return _for_operators(kind, f"commitment:{one.id}", thresholds, data, at)


def _campaigns(snapshot: "Snapshot", config: Config, now: datetime) -> Iterator[Telling]:
    """Yield what subscribers are told of required renewals, and how far they have come (R5.2)."""
    for one in campaigns.all(snapshot, closed=False):
        left = [member for member in campaigns.members(snapshot, one.id) if member.end(now) is None]
        if not left:
            continue
        passed = clocks.crossed(one.created_at, one.deadline, now)
        reminders = tuple(str(percent) for percent in REMINDERS if percent in passed)
        kind = Kind.CAMPAIGN_REMINDER if reminders else Kind.CAMPAIGN_ANNOUNCED
        at = None if reminders else one.created_at
        shared: dict[str, JSON] = {
            "campaign": one.name,
            "reason": one.reason,
            # The last day, not the midnight after it.
            "last_day": one.last_day(config.zone).isoformat(),
        }
        for server, members in _by_server(left).items():
            contact = _contact(snapshot, config, server)
            if contact is not None:
                data = {**shared, "server": members[0].certificate.server, "left": len(members)}
                yield _campaign(kind, one.id, reminders, (contact,), data, at)
        yield _campaign(kind, one.id, reminders, (OPERATORS, SERVICE), {**shared, "server": "", "left": len(left)}, at)


def _campaign(  # noqa: PLR0913, PLR0917 - what the notices of a campaign differ in
    kind: Kind,
    identity: int,
    reminders: tuple[str, ...],
    audiences: tuple[str, ...],
    data: dict[str, JSON],
    at: datetime | None,
) -> Telling:
    about = f"campaign:{identity}"
    return Telling(
        kind=kind, object=about, thresholds=reminders or ("announced",), audiences=audiences, data=data, at=at
    )


def _by_server(members: "list[Member]") -> "dict[ServerId, list[Member]]":
    found: dict[ServerId, list[Member]] = {}
    for one in members:
        found.setdefault(one.certificate.server_id, []).append(one)
    return found


def _revocations(snapshot: "Snapshot", config: Config, since: datetime) -> Iterator[Telling]:
    """Yield requests that wait for a person's word, and what contacts are told of theirs (R6.1)."""
    for one, server in notice_facts.recent_revocations(snapshot, since):
        if one.cause is Cause.KEY_REPLACED:
            # The end of every renewal where policy says so: nobody has to know.
            continue
        contact = _contact(snapshot, config, server)
        data: dict[str, JSON] = {
            "revocation": one.id,
            "server": one.server,
            "server_id": server,
            "serial": one.serial,
            "cause": one.cause.value,
            "received_at": text_of(one.received_at),
            "verify_due_at": text_of(one.verify_due_at),
            "published_at": text_of(one.published_at),
        }
        if one.state is RequestState.RECEIVED:
            yield _for_operators(Kind.REVOCATION_TO_VERIFY, f"revocation:{one.id}", ("once",), data)
        kind, at = _stage(one)
        yield Telling(
            kind=kind,
            object=f"revocation:{one.id}",
            thresholds=("once",),
            audiences=(contact, SERVICE) if contact else (SERVICE,),
            data=data,
            at=at,
            follows=Kind.REVOCATION_RECEIVED if kind is Kind.REVOCATION_CLOSED else None,
        )


def _stage(one: Revocation) -> tuple[Kind, datetime]:
    """Return how far a contact is told that a request has come, and since when that is so."""
    if one.published_at is not None:
        return Kind.REVOCATION_DONE, one.published_at
    if one.closed_at is not None:
        return Kind.REVOCATION_CLOSED, one.closed_at
    return Kind.REVOCATION_RECEIVED, one.received_at


def _for_operators(
    kind: Kind, about: str, thresholds: tuple[str, ...], data: dict[str, JSON], at: datetime | None = None
) -> Telling:
    return Telling(kind=kind, object=about, thresholds=thresholds, audiences=(OPERATORS, SERVICE), data=data, at=at)
