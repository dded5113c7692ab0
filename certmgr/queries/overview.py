"""The service at a glance, from stored facts alone: promises, CAs and CRLs, jobs, what waits, what fails, what ends.

Each part tells its facts and whether they are in order by the rules that `doctor` and the metrics go by. Nothing here
reads every certificate: a million of them cost what a thousand do, but for the figures of what ends.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from certmgr.commitments import Commitment
from certmgr.journal import read_moment
from certmgr.lifecycle import day_start
from certmgr.locations import fetch_urls
from certmgr.models.authorities import Authority, AuthorityRole, AuthorityStatus
from certmgr.queries.health_authorities import CRL_ALARM, ROOT_CRL_REMINDER, ROOT_REMINDER
from certmgr.queries.health_home import CHECK_EVERY
from certmgr.queries.metrics import EXPIRED_FOR, OVERDUE_AFTER
from certmgr.records import dataclass
from certmgr.store import applications, attempts, authorities, commitments, crls
from certmgr.store import overview as figures
from certmgr.store.overview import Ends, Failing
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.models.applications import Application
    from certmgr.store.connection import Snapshot

SHOWN: Final = 40
"""So many of a kind are told, the most urgent first; of the rest their number."""
EXPIRY_DAYS: Final = 90
"""How far ahead ends are counted, as `report expiry` does."""
DAEMON_LATE: Final = timedelta(minutes=10)
"""The daemon looks at its clocks every minute; so long without is silence."""
_JOB: Final = "job:"
_CHECK: Final = "check"
_CLOCKS: Final = "clocks"
_LAST_MONTH: Final = 12
FAILURES: Final = ("renewal", "deployment", "probe")
"""What can fail for one server, and is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An open promise and what it is about."""

    commitment: Commitment
    subject: str


class ListStanding(StrEnum):
    """How the CRL of a CA stands; the first that is true, the worst first."""

    NONE = "none"
    """It has signed none yet."""
    ENDED = "ended"
    """Its nextUpdate has passed: relying parties may refuse every certificate."""
    BEHIND = "behind"
    """A revocation or a release is not on it."""
    NOT_SEEN = "not seen"
    """It was not seen at every distribution point."""
    STALE = "stale"
    """An issuing CA has signed none for a day."""
    ENDING = "ending"
    """The root's ends within 60 days."""
    WELL = "in time"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityHealth:
    """A CA, how long it lives, and its newest CRL."""

    slug: str
    root: bool
    retired: bool
    not_after: datetime
    ending: bool
    """Whether it needs a successor by now, or has ended."""
    ended: bool
    crl: ListStanding | None
    """None: its CRL is not signed here."""
    number: int | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    seen: int = 0
    """At how many of `points` that CRL, or a later one, was seen."""
    points: int = 0
    """How many distribution points there are; 0: it is only put in its place."""

    @property
    def well(self) -> bool:
        """Whether nothing about it needs a person."""
        return not self.ending and self.crl in {None, ListStanding.WELL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that runs by itself."""

    name: str
    """`check` or one of its parts, `daemon`, `backup`."""
    succeeded_at: datetime | None
    """None: never."""
    failures: int = 0
    problem: str = ""
    late: bool = False
    """Whether it should have succeeded since."""

    @property
    def well(self) -> bool:
        """Whether it did what it should."""
        return not self.failures and not self.late


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the service looks like at one moment."""

    promises: tuple[Due, ...]
    """The open ones, the first due first."""
    open_promises: int
    overdue_promises: int
    authorities: tuple[AuthorityHealth, ...]
    """Those in trouble first, then issuing CAs, then roots."""
    jobs: tuple[Job, ...]
    """The check and the daemon first, then what failed, the newest backup, and what is well."""
    applications: "tuple[Application, ...]"
    """The open ones, the first to lapse first."""
    unaccepted: int
    """Certificates whose subscribers may still object."""
    failing: tuple[Failing, ...]
    """Renewals, deployments and looks at endpoints that failed last time."""
    failing_number: int
    notices_trying: int
    """Notices that failed and are tried again."""
    notices_given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What ends in a week or a month."""

    first: date
    """The local day on which it begins: a Monday, or the first of a month."""
    ends: Ends

    @property
    def total(self) -> int:
        """How many certificates end in it."""
        return sum(self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """When certificates without a successor end: the numbers of `report expiry`."""

    days: int
    weeks: tuple[Stretch, ...]
    months: tuple[Stretch, ...]
    expired: int
    """How many have ended in the last `expired_days` and nobody has renewed."""
    expired_days: int = EXPIRED_FOR.days

    @property
    def total(self) -> int:
        """How many end within the days looked at."""
        return sum(week.total for week in self.weeks)

    @property
    def all(self) -> Ends:
        """All of them, by what will become of them."""
        return Ends(*(sum(numbers) for numbers in zip(*(week.ends for week in self.weeks), strict=True)))


def overview(workspace: Workspace) -> Overview:
    """Return everything but what ends."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        opened, overdue = figures.count_commitments(snapshot, now)
        found = [figures.failing(snapshot, kind, limit=SHOWN) for kind in FAILURES]
        trying, given_up = figures.count_notices(snapshot)
        return Overview(
            promises=tuple(
                Due(commitment=one, subject=commitments.subject_of(snapshot, one.object))
                for one in figures.open_commitments(snapshot, limit=SHOWN)
            ),
            open_promises=opened,
            overdue_promises=overdue,
            authorities=_authorities(workspace, snapshot, now),
            jobs=_jobs(snapshot, now),
            applications=applications.open(snapshot, now),
            unaccepted=figures.count_unaccepted(snapshot, now),
            failing=tuple(one for _, those in found for one in those),
            failing_number=sum(number for number, _ in found),
            notices_trying=trying,
            notices_given_up=given_up,
        )


def endings(workspace: Workspace, days: int = EXPIRY_DAYS) -> Endings:
    """Return what ends within so many natural days, by week and by month, and what has ended unrenewed."""
    now, zone = workspace.now(), workspace.zone
    today = now.astimezone(zone).date()
    end = today + timedelta(days=days + 1)
    weeks = [today - timedelta(days=today.weekday()) + timedelta(weeks=number) for number in range(days // 7 + 2)]
    months = [_month(today, number) for number in range(days // 28 + 2)]
    marks = sorted({today, end} | {one for one in (*weeks, *months) if today < one < end})
    late = now - workspace.config.renewal.spread - OVERDUE_AFTER
    kept = tuple(name for name, profile in workspace.config.profiles.items() if profile.reuse_key)
    with workspace.store().read() as snapshot:
        found = {
            first: figures.ends(
                snapshot,
                since=day_start(first, 0, zone),
                until=day_start(last, 0, zone),
                now=now,
                late=late,
                kept=kept,
            )
            for first, last in pairwise(marks)
        }
        expired = figures.count_expired(snapshot, now, since=now - EXPIRED_FOR)
    return Endings(days=days, weeks=_grouped(weeks, found), months=_grouped(months, found), expired=expired)


def _month(day: date, ahead: int) -> date:
    """Return the first day of the month that lies `ahead` months after that of `day`."""
    years, month = divmod(day.month - 1 + ahead, _LAST_MONTH)
    return date(day.year + years, month + 1, 1)


def _grouped(starts: list[date], found: dict[date, Ends]) -> tuple[Stretch, ...]:
    """Return the counts by the stretches that begin on `starts`; those after the last count are left out."""
    last = max(found)
    return tuple(
        Stretch(
            first=first,
            ends=Ends(
                *(
                    sum(numbers)
                    for numbers in zip(
                        (0, 0, 0, 0), *(ends for day, ends in found.items() if first <= day < following), strict=True
                    )
                )
            ),
        )
        for first, following in pairwise((*starts, date.max))
        if first <= last
    )


def _authorities(workspace: Workspace, snapshot: "Snapshot", now: datetime) -> tuple[AuthorityHealth, ...]:
    found = [_authority(workspace, snapshot, one, now) for one in authorities.all(snapshot) if one.certificate]
    return tuple(sorted(found, key=lambda one: (one.well, one.retired, one.root, one.slug)))


def _authority(workspace: Workspace, snapshot: "Snapshot", one: Authority, now: datetime) -> AuthorityHealth:
    root = one.role is AuthorityRole.ROOT
    current = one.status is AuthorityStatus.CURRENT
    half = (one.not_after - one.not_before) / 2
    latest = crls.latest(snapshot, one.id) if one.has_key else None
    points = fetch_urls(workspace.config.publish, one.slug) if one.has_key else ()
    seen = {sight.url for sight in crls.sightings_of(snapshot, one.id, latest.number)} if latest else set()
    return AuthorityHealth(
        slug=one.slug,
        root=root,
        retired=not current,
        not_after=one.not_after,
        ending=current and one.not_after - now <= (min(half, ROOT_REMINDER) if root else half),
        ended=one.not_after <= now,
        crl=_standing(snapshot, one, latest, now) if one.has_key and one.not_after > now else None,
        number=latest.number if latest else None,
        this_update=latest.this_update if latest else None,
        next_update=latest.next_update if latest else None,
        seen=len(seen.intersection(points)),
        points=len(points),
    )


def _standing(snapshot: "Snapshot", one: Authority, latest: crls.SignedCrl | None, now: datetime) -> ListStanding:
    if latest is None:
        return ListStanding.NONE
    if latest.next_update < now:
        return ListStanding.ENDED
    if crls.unpublished_entries(snapshot, one.id, latest.number):
        return ListStanding.BEHIND
    if latest.published_at is None:
        return ListStanding.NOT_SEEN
    if one.role is AuthorityRole.ROOT:
        return ListStanding.ENDING if latest.next_update - now <= ROOT_CRL_REMINDER else ListStanding.WELL
    return ListStanding.STALE if now - latest.this_update > CRL_ALARM else ListStanding.WELL


def _jobs(snapshot: "Snapshot", now: datetime) -> tuple[Job, ...]:
    tried = {one.subject.removeprefix(_JOB): one for one in attempts.all(snapshot, _JOB)}
    check = tried.pop(_CHECK, None)
    clocks = tried.pop(_CLOCKS, None)
    late = check is None or check.succeeded_at is None or now - check.succeeded_at > CHECK_EVERY
    first = [_job(_CHECK, check, late=late)]
    if clocks is not None:
        # Where cron runs the check in time, a daemon that was stopped is no trouble.
        silent = clocks.succeeded_at is None or now - clocks.succeeded_at > DAEMON_LATE
        first.append(_job("daemon", clocks, late=silent and late))
    parts = sorted(
        (_job(name, one, late=False) for name, one in tried.items()),
        key=lambda job: (job.name not in _PROMINENT, job.name),
    )
    made = figures.last_entry(snapshot, "backup", "backup.made")
    backup = Job(name="backup", succeeded_at=None if made is None else read_moment(made))
    return (*first, *(job for job in parts if not job.well), backup, *(job for job in parts if job.well))


_PROMINENT: Final = frozenset({"deployments", "notices", "crls"})
"""Parts of the check that are told before the others."""


def _job(name: str, attempt: attempts.Attempt | None, *, late: bool) -> Job:
    if attempt is None:
        return Job(name=name, succeeded_at=None, late=late)
    return Job(
        name=name,
        succeeded_at=attempt.succeeded_at,
        failures=attempt.failures,
        problem=attempt.problem,
        late=late,
    )
