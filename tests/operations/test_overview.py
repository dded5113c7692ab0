"""The service at a glance: the numbers of the reports, by the rules of `doctor`, whatever the store's size."""

from datetime import timedelta
from pathlib import Path

import pytest

from certmgr.commitments import Kind
from certmgr.models.revocations import Cause
from certmgr.models.servers import Endpoint, Installation
from certmgr.operations import backups, check, crls, deployment_places, revocations, servers
from certmgr.operations.servers import Facts
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import reports
from certmgr.queries.overview import Endings, Job, ListStanding, endings, overview
from certmgr.reporting.figures import weeks
from certmgr.store import attempts
from certmgr.store import overview as figures
from tests.clock import START, FakeClock
from tests.home import HomeForTest
from tests.reviewing import submitted, wish, with_reviewers

NAME = "portal.egov.internal"


def job(home: HomeForTest, name: str) -> Job:
    """Return one of the jobs."""
    return next(one for one in overview(home.workspace).jobs if one.name == name)


def crl_standings(home: HomeForTest) -> dict[bool, ListStanding | None]:
    """Return how the CRLs stand, the root's under True."""
    return {one.root: one.crl for one in overview(home.workspace).authorities}


def test_what_ends_is_what_the_report_of_expiry_says(home: HomeForTest, clock: FakeClock) -> None:
    """Week by week, held ones counted, revoked and replaced ones not; and the months add up to the same."""
    for number, days in enumerate((5, 20, 33, 61, 61, 89, 90, 91, 120)):
        home.issue(f"node-{number}.egov.internal", days=days)
    held = certificate_queries.resolve(home.workspace, "node-3.egov.internal")
    gone = certificate_queries.resolve(home.workspace, "node-4.egov.internal")
    for one, cause in ((held, Cause.SUSPENDED), (gone, Cause.NO_LONGER_NEEDED)):
        revocations.revoke(
            home.workspace, home.person(), certificate=one.id, cause=cause, confirm=one.server, evidence="told"
        )
    for _ in range(3):
        report = reports.expiry(home.workspace)
        found = endings(home.workspace)
        assert [(one.first, one.total) for one in found.weeks] == [(week.monday, week.count) for week in weeks(report)]
        assert found.total == len(report.rows) == sum(month.total for month in found.months)
        clock.advance(days=17, hours=5)


def test_what_ends_is_told_by_what_becomes_of_it(home: HomeForTest, clock: FakeClock) -> None:
    """By itself, by hand, by hand and now, overdue; and what has ended unrenewed (R5.1)."""
    home.issue(NAME, days=80)
    home.issue("manual.egov.internal", days=80)
    servers.edit(home.workspace, home.machine(), name="manual.egov.internal", facts=Facts(auto_renew=False))
    assert (*endings(home.workspace).all,) == (1, 1, 0, 0)
    clock.advance(days=55)
    assert (*endings(home.workspace).all,) == (0, 0, 1, 1)
    assert endings(home.workspace).expired == 0
    clock.advance(days=30)
    assert (*endings(home.workspace).all,) == (0, 0, 0, 0)
    assert endings(home.workspace).expired == 2
    clock.advance(days=30)
    assert endings(home.workspace).expired == 0


def test_no_count_reads_every_certificate(home: HomeForTest) -> None:
    """What ends and what has ended comes from the index alone."""
    home.issue(NAME)
    with home.workspace.store().read() as snapshot:
        asked: list[str] = []
        snapshot.connection.set_trace_callback(asked.append)
        now = home.workspace.now()
        figures.ends(snapshot, since=now, until=now + timedelta(days=90), now=now, late=now)
        figures.count_expired(snapshot, now, since=now - timedelta(days=30))
        figures.count_unaccepted(snapshot, now)
        figures.count_commitments(snapshot, now)
        figures.open_commitments(snapshot, limit=5)
        figures.count_notices(snapshot)
        figures.last_entry(snapshot, "backup", "backup.made")
        snapshot.connection.set_trace_callback(None)
        plans = [row[3] for sql in asked for row in snapshot.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert [plan for plan in plans if plan.startswith("SCAN") and "USING" not in plan] == []
    assert any("COVERING INDEX certificate_end" in plan for plan in plans)


def test_a_crl_stands_as_the_doctor_says(home: HomeForTest, clock: FakeClock) -> None:
    """In time, too old after a day, ended after its nextUpdate, and the root's has a reminder of 60 days."""
    assert crl_standings(home) == {False: ListStanding.WELL, True: ListStanding.WELL}
    clock.advance(hours=25)
    assert crl_standings(home) == {False: ListStanding.STALE, True: ListStanding.WELL}
    clock.advance(hours=48)
    assert crl_standings(home)[False] is ListStanding.ENDED
    clock.now = START + timedelta(days=125)
    assert crl_standings(home)[True] is ListStanding.ENDING
    list(check.check(home.workspace, home.machine()))
    assert crl_standings(home)[False] is ListStanding.WELL


def test_a_revocation_that_is_not_on_the_crl_is_told(home: HomeForTest) -> None:
    """Until it is published again."""
    one = certificate_queries.detail(home.workspace, home.issue(NAME).id).certificate
    home.public.rename(home.public.with_name("away"))
    home.public.write_text("no folder")
    revocations.revoke(
        home.workspace, home.person(), certificate=one.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME, evidence="told"
    )
    assert crl_standings(home)[False] in {ListStanding.BEHIND, ListStanding.NOT_SEEN}
    found = overview(home.workspace)
    assert [due.subject for due in found.promises] == [NAME]
    assert found.promises[0].commitment.kind is Kind.PUBLISH_REVOCATION
    assert (found.open_promises, found.overdue_promises) == (1, 0)
    home.public.unlink()
    home.public.with_name("away").rename(home.public)
    crls.publish(home.workspace, home.machine())
    assert crl_standings(home)[False] is ListStanding.WELL
    assert overview(home.workspace).open_promises == 0


def test_the_jobs_tell_when_they_last_succeeded(home: HomeForTest, clock: FakeClock, tmp_path: Path) -> None:
    """Never, in time, late, failed; a backup that was made; a daemon that fell silent only where no check runs."""
    assert job(home, "check").late
    assert job(home, "backup").succeeded_at is None
    list(check.check(home.workspace, home.machine()))
    assert job(home, "check").well
    assert job(home, "deployments").succeeded_at == clock.now
    backups.back_up(home.workspace, home.person(), tmp_path / "backup.tar")
    assert job(home, "backup").succeeded_at == clock.now
    list(check.clocks(home.workspace, home.machine()))
    assert job(home, "daemon").well
    clock.advance(minutes=50)
    assert job(home, "daemon").well
    clock.advance(minutes=20)
    assert job(home, "check").late
    assert job(home, "daemon").late
    with home.workspace.store().write(home.machine().actor) as tx:
        attempts.failed(tx, "job:notices", "the relay is away")
    assert (job(home, "notices").failures, job(home, "notices").problem) == (1, "the relay is away")
    assert [one.name for one in overview(home.workspace).jobs][:3] == ["check", "daemon", "notices"]


def test_what_fails_is_named_with_its_server(home: HomeForTest) -> None:
    """Renewals, installations and looks, and how many there are beyond those that are told."""
    issued = home.issue(NAME)
    place = deployment_places.add(
        home.workspace,
        home.machine(),
        server=NAME,
        installation=Installation(folder="/nowhere/tls"),
        endpoint=Endpoint(host="127.0.0.1", port=9),
    )
    with home.workspace.store().write(home.machine().actor) as tx:
        attempts.failed(tx, place.subject, "no such folder")
        attempts.failed(tx, f"renewal:{issued.id}", "refused")
        attempts.failed(tx, f"renewal:{issued.id}", "refused")
    found = overview(home.workspace)
    assert [(one.subject, one.server, one.failures) for one in found.failing] == [
        (f"renewal:{issued.id}", NAME, 2),
        (place.subject, NAME, 1),
    ]
    assert found.failing_number == 2


@pytest.mark.usefixtures("home")
def test_open_applications_and_certificates_that_may_be_objected_to(home: HomeForTest) -> None:
    """What waits for people (R2.1, R3.3)."""
    home = with_reviewers(home)
    home.issue("other.egov.internal")
    submitted(home, home.person("carl"), wish())
    found = overview(home.workspace)
    assert [one.server for one in found.applications] == [NAME]
    assert found.unaccepted == 1
    home.workspace.close()


def test_a_home_without_anything_is_empty_and_well(home: HomeForTest) -> None:
    """Nothing is promised, ends or fails."""
    found: Endings = endings(home.workspace)
    assert (found.total, found.expired) == (0, 0)
    assert len(found.weeks) >= 13
    told = overview(home.workspace)
    assert (told.promises, told.failing, told.applications) == ((), (), ())
    assert all(one.well for one in told.authorities)
