"""Automatic renewal: when it happens, what puts it off, what is done where it fails (R5.1, N4)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from certmgr.calendars import working_end
from certmgr.models.certificates import Certificate, State
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.operations import certificates, check, renewals, revocations
from certmgr.pki import csr, inspect, keys
from certmgr.queries import certificates as queries
from certmgr.store import attempts
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.operations.configuring import Configured, configured

__all__ = ["configured"]

NAME = "portal.egov.internal"
SPREAD = timedelta(hours=6)


def certificate(home: HomeForTest, identity: int) -> Certificate:
    """Return the certificate as it is on record now."""
    return queries.detail(home.workspace, identity).certificate  # type: ignore[arg-type]  # an id


def told(home: HomeForTest) -> list[str]:
    """Run a check and return what it says about servers."""
    return [step.what for step in check.check(home.workspace, home.machine()) if "egov.internal" in step.what]


def successors(home: HomeForTest) -> int:
    """Return how many certificates replace another one."""
    return sum(one.replaces_id is not None for one in queries.every(home.workspace))


def journal_of(home: HomeForTest, action: str) -> int:
    """Return how many entries of that action the journal has."""
    with home.workspace.store().read() as snapshot:
        row = snapshot.row("SELECT count(*) FROM journal WHERE action = ?", (action,))
    assert row is not None
    return int(row[0])


def set_server(home: HomeForTest, change: str) -> None:
    """Change a column of the server; who may do that and how is another noun's matter."""
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change(f"UPDATE server SET {change} WHERE name = ?", (NAME,))  # noqa: S608 - the test's own words
        tx.record("server.changed", "server:1", {})


def test_r5_1_what_was_issued_together_is_renewed_one_after_the_other(home: HomeForTest, clock: FakeClock) -> None:
    """Each at a moment of its own within the spread, the same at every look; at its end all of them are."""
    issued = [certificate(home, home.issue(f"host{number}.egov.internal").id) for number in range(12)]
    start = issued[0].renew_at
    moments = [renewals.moment(one, SPREAD) for one in issued]
    assert moments == [renewals.moment(one, SPREAD) for one in issued]
    assert all(start <= moment <= start + SPREAD for moment in moments)
    assert len(set(moments)) == len(moments)
    clock.now = start - timedelta(seconds=1)
    assert told(home) == []
    done = 0
    for hour in (0, 2, 4, 6):
        clock.now = start + timedelta(hours=hour)
        told(home)
        assert successors(home) == sum(moment <= clock.now for moment in moments)
        assert successors(home) >= done
        done = successors(home)
    assert done == len(issued)


def test_r5_1_a_short_lived_certificate_keeps_most_of_its_time_for_retries(home: HomeForTest) -> None:
    """The offset is a third of what is left at most, whatever the spread."""
    one = certificate(home, home.issue(NAME, days=1).id)
    room = (one.not_after - one.renew_at) / 3
    assert one.renew_at <= renewals.moment(one, timedelta(days=7)) <= one.renew_at + room
    assert renewals.moment(one, timedelta(0)) == one.renew_at


@pytest.mark.parametrize("change", ["auto_renew = 0", "retired_at = '2026-11-21T09:00:00Z'"])
def test_n4_a_server_that_does_not_renew_by_itself_is_left_to_expire(
    home: HomeForTest, clock: FakeClock, change: str
) -> None:
    """No word means extension, unless the server is set otherwise or out of service."""
    one = certificate(home, home.issue(NAME).id)
    set_server(home, change)
    clock.now = one.not_after - timedelta(hours=1)
    told(home)
    assert successors(home) == 0
    assert NAME not in " ".join(step.what for step in check.pending(home.workspace) if step.done)


def test_n4_renewal_by_hand_needs_no_permission_of_the_server(home: HomeForTest, clock: FakeClock) -> None:
    """`renew` does what it is told, in a blackout or not."""
    one = certificate(home, home.issue(NAME).id)
    set_server(home, "auto_renew = 0")
    clock.now = one.renew_at
    certificates.renew(home.workspace, home.machine(), one)
    assert successors(home) == 1


def test_n4_a_blackout_puts_a_renewal_off_until_it_is_over(configured: Configured, clock: FakeClock) -> None:
    """Local hours: mon-fri 08:00-18:00 in Berlin is 07:00 to 17:00 UTC in winter."""
    home = configured(blackouts='["mon-sun 08:00-18:00"]', spread='"0h"')
    one = certificate(home, home.issue(NAME).id)
    day = one.renew_at.astimezone(home.workspace.zone).date() + timedelta(days=1)
    clock.now = datetime(day.year, day.month, day.day, 10, tzinfo=home.workspace.zone)
    assert [what for what in told(home) if NAME in what] == []
    clock.now = datetime(day.year, day.month, day.day, 17, 59, tzinfo=home.workspace.zone)
    told(home)
    assert successors(home) == 0
    clock.now = datetime(day.year, day.month, day.day, 18, tzinfo=home.workspace.zone)
    assert any(what.startswith(f"Renewed {NAME}") for what in told(home))


def test_n4_in_the_last_three_days_no_blackout_holds(configured: Configured, clock: FakeClock) -> None:
    """Hours that never end cannot make a certificate expire."""
    home = configured(blackouts='["mon-sun 00:00-00:00"]')
    one = certificate(home, home.issue(NAME).id)
    clock.now = one.not_after - timedelta(days=3, seconds=1)
    told(home)
    assert successors(home) == 0
    clock.now = one.not_after - timedelta(days=3)
    told(home)
    assert successors(home) == 1


def test_r5_1_a_failed_renewal_is_tried_again_later_and_later_and_named_all_the_time(
    home: HomeForTest, clock: FakeClock
) -> None:
    """After 15 minutes, doubled up to a day. When what stood in the way is gone it is renewed, and the count ends."""
    one = certificate(home, home.issue(NAME).id)
    clock.now = one.renew_at + SPREAD
    live = home.out / NAME
    live.rename(home.out / "away")
    live.write_text("somebody else's")
    waits = []
    for _ in range(9):
        (said,) = told(home)
        assert said.startswith(f"{NAME} could not be renewed")
        with home.workspace.store().read() as snapshot:
            attempt = attempts.get(snapshot, f"renewal:{one.id}")
        assert attempt is not None
        assert attempt.next_at is not None
        waits.append(attempt.next_at - attempt.last_at)
        clock.now = attempt.next_at - timedelta(seconds=1)
        (said,) = told(home)
        assert f"({_times(len(waits))}" in said
        with home.workspace.store().read() as snapshot:
            assert attempts.get(snapshot, f"renewal:{one.id}") == attempt
        clock.now = attempt.next_at
    assert waits == [min(timedelta(minutes=15) * 2**number, timedelta(hours=24)) for number in range(9)]
    live.unlink()
    (home.out / "away").rename(live)
    (said,) = told(home)
    assert said.startswith(f"Renewed {NAME}")
    told(home)
    with home.workspace.store().read() as snapshot:
        assert attempts.all(snapshot, "renewal:") == ()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def test_r5_1_one_that_cannot_be_renewed_stops_no_other(home: HomeForTest, clock: FakeClock) -> None:
    """Its neighbour is renewed in the same check."""
    one = certificate(home, home.issue(NAME).id)
    other = home.issue("other.egov.internal")
    (home.out / NAME).rename(home.out / "away")
    (home.out / NAME).write_text("somebody else's")
    clock.now = one.renew_at + SPREAD
    told(home)
    assert [found.replaces_id for found in queries.every(home.workspace) if found.replaces_id] == [other.id]


def test_r5_1_what_has_expired_is_neither_renewed_nor_refused_again_and_again(
    home: HomeForTest, clock: FakeClock
) -> None:
    """After expiry there is nothing to renew: it is a new application."""
    one = certificate(home, home.issue(NAME).id)
    clock.now = one.not_after + timedelta(seconds=1)
    (sentence,) = [what for what in told(home) if "was not renewed" in what]
    assert sentence.startswith(f"{NAME} (serial {one.serial}) ended on ")
    assert sentence in {step.what for step in check.pending(home.workspace)}
    assert successors(home) == 0
    assert journal_of(home, "renewal.refused") == 0
    assert queries.detail(home.workspace, one.id).state is State.EXPIRED


@pytest.mark.parametrize("end", ["issued anew", "by hand", "a month"])
def test_r5_1_what_ended_is_named_until_somebody_has_seen_to_it(home: HomeForTest, clock: FakeClock, end: str) -> None:
    """Another certificate, a server that is not renewed by itself, and in the end the time, make it quiet."""
    one = certificate(home, home.issue(NAME).id)
    clock.now = one.not_after + timedelta(days=1)
    assert any("was not renewed" in what for what in told(home))
    match end:
        case "issued anew":
            home.issue(NAME)
        case "by hand":
            set_server(home, "auto_renew = 0")
        case _:
            clock.advance(days=30)
    assert not any("was not renewed" in what for what in told(home))


def test_details_19_a_certificate_from_a_csr_is_named_at_each_check_and_leaves_no_trace(
    home: HomeForTest, clock: FakeClock
) -> None:
    """Its owner makes the new key; every check says so, and none journals a refusal."""
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], NAME)
    one = certificate(home, home.issue(NAME, csr=request).id)
    clock.now = one.renew_at + SPREAD
    for _ in range(2):
        (said,) = told(home)
        assert "needs a new CSR from ops" in said
        assert f"certmgr renew {NAME} --csr FILE" in said
    assert journal_of(home, "renewal.refused") == 0
    with home.workspace.store().read() as snapshot:
        assert attempts.all(snapshot, "renewal:") == ()


def test_details_19_a_profile_that_reuses_the_key_needs_no_new_csr(configured: Configured, clock: FakeClock) -> None:
    """The successor has the same key."""
    home = configured("profile.server", reuse_key="true")
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], NAME)
    one = certificate(home, home.issue(NAME, csr=request).id)
    clock.now = one.renew_at + SPREAD
    told(home)
    (successor,) = [found for found in queries.every(home.workspace) if found.replaces_id == one.id]
    assert successor.spki_sha256 == one.spki_sha256


def test_r6_1_what_is_to_be_revoked_is_not_renewed_before_that_is_decided(home: HomeForTest, clock: FakeClock) -> None:
    """But for its last days: a request that nobody decides may not end a service."""
    one = certificate(home, home.issue(NAME).id)
    clock.now = one.renew_at + SPREAD
    revocations.request(home.workspace, home.machine(), certificate=one.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME)
    told(home)
    assert successors(home) == 0
    clock.now = one.not_after - timedelta(days=2)
    told(home)
    assert successors(home) == 1


# 2026-12-25 is a Friday.
@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (datetime(2027, 2, 20, 8, 59, 59, tzinfo=UTC), date(2027, 2, 19)),
        (datetime(2027, 2, 21, 8, 59, 59, tzinfo=UTC), date(2027, 2, 19)),
        (datetime(2027, 2, 22, 8, 59, 59, tzinfo=UTC), date(2027, 2, 22)),
        (datetime(2026, 12, 27, 12, tzinfo=UTC), date(2026, 12, 24)),
        # Monday in Berlin already.
        (datetime(2027, 2, 21, 23, 30, tzinfo=UTC), date(2027, 2, 22)),
    ],
)
def test_n4_an_end_moves_back_to_the_working_day_before_a_day_off(
    configured: Configured, end: datetime, expected: date
) -> None:
    """The same time of day in the organisation's zone; holidays count as Saturdays do."""
    zone = configured().workspace.zone
    moved = working_end(datetime(2026, 11, 21, 9, tzinfo=UTC), end, zone, {date(2026, 12, 25)})
    assert moved.astimezone(zone).date() == expected
    assert moved.astimezone(zone).time() == end.astimezone(zone).time()
    assert moved <= end


def test_n4_the_same_local_time_holds_across_a_change_to_summer_time(configured: Configured) -> None:
    """From Sunday 2027-03-28 back over the change that morning."""
    zone = configured().workspace.zone
    end = datetime(2027, 3, 28, 12, tzinfo=zone)
    moved = working_end(datetime(2026, 11, 21, tzinfo=UTC), end, zone, ())
    assert moved == datetime(2027, 3, 26, 12, tzinfo=zone)
    assert moved.tzinfo is UTC


def test_n4_an_end_does_not_move_over_half_of_the_life(configured: Configured) -> None:
    """A certificate for a day that ends on a Sunday keeps its day."""
    zone = configured().workspace.zone
    start = datetime(2026, 11, 20, 20, tzinfo=UTC)
    end = start + timedelta(days=1)
    assert working_end(start, end, zone, ()) == end


def test_n4_issued_certificates_end_on_working_days_where_that_is_set(configured: Configured) -> None:
    """2027-02-20 is a Saturday, 2027-02-19 a holiday here: what is signed ends on Thursday."""
    configured(expire_on_working_days="true")
    home = configured("organisation", holidays='["2027-02-19"]')
    issued = home.issue(NAME, days=91)
    facts = inspect.certificate_facts(issued.der)
    assert facts.not_after.astimezone(home.workspace.zone).date() == date(2027, 2, 18)
    assert certificate(home, issued.id).not_after == facts.not_after
    assert certificate(home, issued.id).renew_at < facts.not_after


def test_n4_without_the_setting_an_end_stays_where_it_falls(home: HomeForTest) -> None:
    """91 days from Saturday 2026-11-21 is a Saturday."""
    issued = home.issue(NAME, days=91)
    assert inspect.certificate_facts(issued.der).not_after.astimezone(home.workspace.zone).date() == date(2027, 2, 20)
