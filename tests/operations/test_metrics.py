"""Metrics say what the records say (R1.7); a strict reader reads them."""

from datetime import timedelta

from certmgr.models.revocations import Cause
from certmgr.operations import certificates, check, revocations
from certmgr.queries import certificates as queries
from certmgr.queries.metrics import metrics_text
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.prometheus import Labels, parse

NAME = "portal.egov.internal"


def values(home: HomeForTest, name: str) -> dict[Labels, float]:
    """Return the samples of one metric."""
    return parse(metrics_text(home.workspace))[name].samples


def test_r1_7_the_days_left_of_each_certificate_in_use(home: HomeForTest, clock: FakeClock) -> None:
    """Natural days; a replaced one goes with its overlap, a revoked one at once, an expired one stays for 30 days."""
    first = queries.detail(home.workspace, home.issue(NAME).id).certificate
    gone = home.issue("gone.egov.internal")
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=gone.id,
        cause=Cause.NO_LONGER_NEEDED,
        confirm="gone.egov.internal",
    )
    labels = (("server", NAME), ("serial", str(first.serial)))
    assert values(home, "certmgr_certificate_days_left") == {labels: 365}
    clock.now = first.renew_at
    second = certificates.renew(home.workspace, home.machine(), first)
    assert set(values(home, "certmgr_certificate_days_left")) == {
        labels,
        (("server", NAME), ("serial", str(second.prepared.spec.serial))),
    }
    clock.advance(home.workspace.config.renewal.overlap)
    ((held, _),) = values(home, "certmgr_certificate_days_left").items()
    assert dict(held)["serial"] == str(second.prepared.spec.serial)
    clock.now = second.prepared.spec.not_after + timedelta(days=29)
    assert list(values(home, "certmgr_certificate_days_left").values()) == [-29]
    clock.advance(days=2)
    assert values(home, "certmgr_certificate_days_left") == {}


def test_r5_1_a_renewal_that_did_not_come_is_overdue(home: HomeForTest, clock: FakeClock) -> None:
    """A day after the end of its spread; while it fails it is counted as failing."""
    one = queries.detail(home.workspace, home.issue(NAME).id).certificate
    (home.out / NAME).rename(home.out / "away")
    (home.out / NAME).write_text("somebody else's")
    clock.now = one.renew_at + home.workspace.config.renewal.spread
    list(check.check(home.workspace, home.machine()))
    assert values(home, "certmgr_renewals_overdue") == {(): 0}
    assert values(home, "certmgr_renewals_failing") == {(): 1}
    clock.advance(days=1)
    assert values(home, "certmgr_renewals_overdue") == {(): 1}
    (home.out / NAME).unlink()
    (home.out / "away").rename(home.out / NAME)
    list(check.check(home.workspace, home.machine()))
    list(check.check(home.workspace, home.machine()))
    assert values(home, "certmgr_renewals_overdue") == {(): 0}
    assert values(home, "certmgr_renewals_failing") == {(): 0}


def test_the_age_of_each_crl_and_the_time_it_has_left(home: HomeForTest, clock: FakeClock) -> None:
    """ThisUpdate is five minutes back (DETAILS 25); past nextUpdate the number is negative."""
    settings = home.workspace.config.publish
    clock.advance(hours=1)
    ages = {dict(labels)["authority"]: age for labels, age in values(home, "certmgr_crl_age_seconds").items()}
    assert set(ages.values()) == {3900}
    assert len(ages) == 2
    clock.advance(settings.crl_lifetime)
    left = values(home, "certmgr_crl_next_update_seconds")
    issuing = next(value for labels, value in left.items() if dict(labels)["authority"].startswith("issuing"))
    assert issuing == -3600


def test_r6_1_open_revocations_by_stage_and_the_age_of_the_oldest(home: HomeForTest, clock: FakeClock) -> None:
    """And a promise that was not kept stays in the count."""
    issued = [home.issue(f"host{number}.egov.internal") for number in range(2)]
    person = home.person()
    (first,) = revocations.request(
        home.workspace,
        person,
        certificate=issued[0].id,
        cause=Cause.NO_LONGER_NEEDED,
        confirm="host0.egov.internal",
    )
    clock.advance(hours=2)
    revocations.request(
        home.workspace,
        person,
        certificate=issued[1].id,
        cause=Cause.NO_LONGER_NEEDED,
        confirm="host1.egov.internal",
    )
    revocations.verify(home.workspace, person, first.id)
    stages = {dict(labels)["stage"]: count for labels, count in values(home, "certmgr_revocations_open").items()}
    assert stages == {"received": 1, "verified": 1, "revoked": 0}
    assert values(home, "certmgr_revocation_oldest_age_seconds") == {(): 7200}
    before = values(home, "certmgr_commitments_breached_total")
    assert before[("kind", "publish-revocation"),] == 0
    clock.advance(hours=25)
    list(check.check(home.workspace, home.machine()))
    after = values(home, "certmgr_commitments_breached_total")
    assert after[("kind", "publish-revocation"),] == 1
    assert after[("kind", "verify-revocation"),] == 1


def test_the_last_success_of_each_job_as_unix_time(home: HomeForTest, clock: FakeClock) -> None:
    """Of the check and of every part of it."""
    assert values(home, "certmgr_job_last_success_timestamp_seconds") == {}
    list(check.check(home.workspace, home.machine()))
    found = {
        dict(labels)["job"]: at for labels, at in values(home, "certmgr_job_last_success_timestamp_seconds").items()
    }
    assert set(found) == {"check", *(part.name for part in check.PARTS)}
    assert set(found.values()) == {clock.now.timestamp()}


def test_looking_changes_nothing_and_ends_soon(home: HomeForTest, clock: FakeClock) -> None:
    """It is a pure read, at any time."""
    home.issue(NAME)
    before = metrics_text(home.workspace)
    assert metrics_text(home.workspace) == before
    clock.advance(timedelta(days=4000))
    parse(metrics_text(home.workspace))
