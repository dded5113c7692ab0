"""What monitoring looks at, as Prometheus's text: lives, renewals, CRLs, revocations, promises, jobs."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from certmgr import __version__, lifecycle
from certmgr.commitments import Kind as Promise
from certmgr.metrics_text import Family, Kind, Sample, render
from certmgr.models.authorities import AuthorityStatus
from certmgr.models.revocations import RequestState
from certmgr.store import attempts, authorities, crls, metrics, revocations
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

EXPIRED_FOR: Final = timedelta(days=30)
"""So long an expired certificate without a successor is still shown, with a negative number of days."""
OVERDUE_AFTER: Final = timedelta(days=1)
"""A renewal is overdue so long after the end of the configured spread; a blackout or a few retries are no fault."""
_JOB: Final = "job:"
_STAGES: Final = (RequestState.RECEIVED, RequestState.VERIFIED, RequestState.REVOKED)


def metrics_text(workspace: Workspace) -> str:
    """Return every metric at this moment in Prometheus's text format; reads only."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        return render(
            (
                *_about(now),
                *_certificates(workspace, snapshot, now),
                *_authorities(snapshot, now),
                *_revocations(snapshot, now),
                _breaches(snapshot, now),
                *_jobs(snapshot),
            )
        )


def _about(now: datetime) -> Iterator[Family]:
    yield Family(
        name="certmgr_info",
        help="The version that wrote this.",
        samples=(Sample(value=1, labels=(("version", __version__),)),),
    )
    yield Family(
        name="certmgr_metrics_timestamp_seconds",
        help="When this was written, as Unix time.",
        samples=(Sample(value=int(now.timestamp())),),
    )


def _certificates(workspace: Workspace, snapshot: "Snapshot", now: datetime) -> Iterator[Family]:
    zone = workspace.zone
    yield Family(
        name="certmgr_certificate_days_left",
        help="Natural days until the certificate ends; negative after it.",
        samples=tuple(
            Sample(
                value=lifecycle.days_left(one.not_after, now, zone),
                labels=(("server", one.server), ("serial", one.serial)),
            )
            for one in metrics.ends(snapshot, now, since=now - EXPIRED_FOR)
        ),
    )
    before = now - workspace.config.renewal.spread - OVERDUE_AFTER
    yield Family(
        name="certmgr_renewals_overdue",
        help="Certificates that should have renewed by themselves for more than a day, and did not.",
        samples=(Sample(value=metrics.count_unrenewed(snapshot, now, before=before)),),
    )
    yield Family(
        name="certmgr_renewals_failing",
        help="Certificates whose last renewal failed and is tried again.",
        samples=(Sample(value=metrics.count_failing(snapshot, "renewal:")),),
    )


def _authorities(snapshot: "Snapshot", now: datetime) -> Iterator[Family]:
    every = [one for one in authorities.all(snapshot) if one.certificate]
    yield Family(
        name="certmgr_authority_days_left",
        help="Days until the certificate of the CA ends; negative after it.",
        samples=tuple(
            Sample(value=(one.not_after - now).days, labels=(("authority", one.slug),))
            for one in every
            if one.status is AuthorityStatus.CURRENT
        ),
    )
    ages, left = [], []
    for one in every:
        latest = crls.latest(snapshot, one.id) if one.has_key else None
        if latest is not None:
            labels = (("authority", one.slug),)
            ages.append(Sample(value=_seconds(now - latest.this_update), labels=labels))
            left.append(Sample(value=_seconds(latest.next_update - now), labels=labels))
    yield Family(name="certmgr_crl_age_seconds", help="Since the thisUpdate of the newest CRL.", samples=tuple(ages))
    yield Family(
        name="certmgr_crl_next_update_seconds",
        help="Until the nextUpdate of the newest CRL; negative when clients refuse it.",
        samples=tuple(left),
    )


def _revocations(snapshot: "Snapshot", now: datetime) -> Iterator[Family]:
    waiting = revocations.open(snapshot)
    counts = Counter(one.state for one in waiting)
    yield Family(
        name="certmgr_revocations_open",
        help="Revocation requests that relying parties cannot see carried out yet, by how far they are.",
        samples=tuple(Sample(value=counts[stage], labels=(("stage", stage.value),)) for stage in _STAGES),
    )
    yield Family(
        name="certmgr_revocation_oldest_age_seconds",
        help="Since the receipt of the oldest open revocation request; 0 without one.",
        samples=(Sample(value=max((_seconds(now - one.received_at) for one in waiting), default=0)),),
    )


def _breaches(snapshot: "Snapshot", now: datetime) -> Family:
    counts = {kind.value: 0 for kind in Promise} | dict(metrics.breaches(snapshot, now))
    return Family(
        name="certmgr_commitments_breached_total",
        help="Promises that were not kept in time, by kind.",
        kind=Kind.COUNTER,
        samples=tuple(Sample(value=count, labels=(("kind", kind),)) for kind, count in counts.items()),
    )


def _jobs(snapshot: "Snapshot") -> Iterator[Family]:
    jobs = [(one.subject.removeprefix(_JOB), one) for one in attempts.all(snapshot, _JOB)]
    yield Family(
        name="certmgr_job_last_success_timestamp_seconds",
        help="When the check, or a part of it, last ended without a failure, as Unix time.",
        samples=tuple(
            Sample(value=int(one.succeeded_at.timestamp()), labels=(("job", name),))
            for name, one in jobs
            if one.succeeded_at is not None
        ),
    )
    yield Family(
        name="certmgr_job_failures",
        help="How often in a row the check, or a part of it, has failed.",
        samples=tuple(Sample(value=one.failures, labels=(("job", name),)) for name, one in jobs),
    )


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
