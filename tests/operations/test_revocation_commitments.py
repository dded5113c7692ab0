"""Commitments: thresholds are journalled once each, an outage loses none, and nothing removes a breach."""

from datetime import timedelta
from pathlib import Path

import pytest

from certmgr.commitments import Kind, Status
from certmgr.errors import CertmgrError
from certmgr.models.revocations import Cause
from certmgr.operations import commitments, revocations
from certmgr.queries import commitments as queries
from certmgr.store import commitments as stored
from tests.clock import START, FakeClock
from tests.home import HomeForTest, copy_home
from tests.revoking import EVIDENCE, NAME, entries, promises, request, standing

ACTIONS = (stored.ESCALATION, stored.BREACH)


def told(home: HomeForTest) -> list[str]:
    """Let the clocks be looked at; return what is named."""
    return [step.what for step in commitments.due(home.workspace, home.machine())]


def recorded(home: HomeForTest, kind: Kind) -> list[int]:
    """Return the thresholds that the journal tells of for that kind, in order; 100: the breach."""
    found = [entry for entry in entries(home, *ACTIONS) if entry.data["kind"] == kind]
    return [int(str(entry.data.get("percent", 100))) for entry in found]


def acknowledged(home: HomeForTest) -> int:
    """Record a request that was acknowledged at once; return its id."""
    one = request(home, home.issue(NAME))
    revocations.acknowledge(home.workspace, home.person(), one.id)
    return int(one.id)


def test_r6_1_escalations_at_half_three_quarters_and_nine_tenths(home: HomeForTest, clock: FakeClock) -> None:
    """12, 18 and 21.6 hours of 24; each once, however often the clocks are looked at."""
    identity = acknowledged(home)
    for hours, expected in [
        (11.9, []),
        (12, [50]),
        (17.9, [50]),
        (18, [50, 75]),
        (21.5, [50, 75]),
        (21.6, [50, 75, 90]),
    ]:
        clock.now = START + timedelta(hours=hours)
        for _ in range(2):
            (what,) = told(home)
        assert recorded(home, Kind.VERIFY_REVOCATION) == expected, hours
    assert what.startswith(f"Revocation {identity} of {NAME} awaits verification: 90 percent of its time is used")
    assert {entry.object for entry in entries(home, *ACTIONS)} == {
        f"commitment:{promises(home, f'revocation:{identity}')[Kind.VERIFY_REVOCATION].id}"
    }


def test_r6_1_due_itself_is_in_time_and_a_second_later_is_a_breach(home: HomeForTest, clock: FakeClock) -> None:
    """The breach is an entry; it is named from then on."""
    identity = acknowledged(home)
    clock.now = START + timedelta(hours=24)
    told(home)
    assert recorded(home, Kind.VERIFY_REVOCATION) == [50, 75, 90]
    clock.advance(timedelta(seconds=1))
    (what,) = told(home)
    assert recorded(home, Kind.VERIFY_REVOCATION) == [50, 75, 90, 100]
    assert what == f"OVERDUE: the verification of revocation {identity} of {NAME} was due at 2026-11-22 09:00 UTC."
    assert entries(home, stored.BREACH)[0].data == {"kind": "verify-revocation", "about": f"revocation:{identity}"}


def test_r6_1_an_outage_loses_no_threshold(home: HomeForTest, clock: FakeClock) -> None:
    """ARCHITECTURE 10: what was crossed meanwhile is caught up, in order, in one go."""
    acknowledged(home)
    clock.advance(days=9)
    told(home)
    told(home)
    assert recorded(home, Kind.VERIFY_REVOCATION) == [50, 75, 90, 100]


def test_r6_1_what_is_done_too_late_stays_a_breach(home: HomeForTest, clock: FakeClock) -> None:
    """Nobody looked at the clocks in between: the act itself journals the breach, once."""
    identity = acknowledged(home)
    clock.advance(hours=30)
    revocations.fulfil(home.workspace, home.person(), identity)  # type: ignore[arg-type]  # an id
    assert standing(home, f"revocation:{identity}")[Kind.VERIFY_REVOCATION] is Status.BREACHED
    assert recorded(home, Kind.VERIFY_REVOCATION) == [100]
    told(home)
    assert recorded(home, Kind.VERIFY_REVOCATION) == [100]


def test_r6_1_withdrawing_too_late_does_not_undo_a_breach(home: HomeForTest, clock: FakeClock) -> None:
    """Void is what ended in time."""
    identity = acknowledged(home)
    clock.advance(hours=25)
    revocations.withdraw(home.workspace, home.person(), identity)  # type: ignore[arg-type]  # an id
    assert standing(home, f"revocation:{identity}")[Kind.VERIFY_REVOCATION] is Status.BREACHED
    assert recorded(home, Kind.VERIFY_REVOCATION) == [100]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM commitment",
        "UPDATE commitment SET due_at = '2027-01-01T00:00:00Z'",
        "UPDATE commitment SET opened_at = '2027-01-01T00:00:00Z'",
        "UPDATE commitment SET escalated = 0",
    ],
)
def test_r6_1_nothing_removes_a_breach(home: HomeForTest, clock: FakeClock, statement: str) -> None:
    """Not even an error of the program: the store itself refuses."""
    identity = acknowledged(home)
    clock.advance(days=2)
    told(home)
    before = promises(home, f"revocation:{identity}")
    actor = home.machine().actor
    with pytest.raises(CertmgrError), home.workspace.store().write(actor) as tx:
        tx.change(statement)
    assert promises(home, f"revocation:{identity}") == before
    assert recorded(home, Kind.VERIFY_REVOCATION)[-1] == 100


def test_r6_1_an_unacknowledged_request_is_named_after_half_an_hour(home: HomeForTest, clock: FakeClock) -> None:
    """And its verification from the beginning: it waits for a person."""
    request(home, home.issue(NAME))
    assert ["it waits for a person" in what for what in told(home)] == [True]
    clock.advance(minutes=31)
    assert [what for what in told(home) if "acknowledgement" in what]
    assert recorded(home, Kind.ACKNOWLEDGE_REVOCATION) == [50]


def test_r6_1_nothing_is_written_while_nothing_crosses(home: HomeForTest, clock: FakeClock) -> None:
    """An idle look leaves the journal alone, and a rehearsal always does."""
    acknowledged(home)
    before = len(entries(home))
    told(home)
    clock.advance(hours=13)
    assert [step.done for step in commitments.pending(home.workspace)] == [False]
    assert len(entries(home)) == before


def test_n10_a_late_incident_report_is_a_breach(home: HomeForTest, clock: FakeClock) -> None:
    """The incident of a compromised key has 24 hours from its verification."""
    one = request(home, home.issue(NAME), Cause.KEY_COMPROMISE)
    revocations.fulfil(home.workspace, home.person(), one.id)
    clock.advance(hours=24, minutes=1)
    assert told(home) == [
        f"OVERDUE: the incident report of revocation {one.id} of {NAME} was due at 2026-11-22 09:00 UTC."
    ]
    assert recorded(home, Kind.REPORT_INCIDENT) == [50, 75, 90, 100]


def test_the_report_has_every_promise_with_its_times(home_template: Path, tmp_path: Path, clock: FakeClock) -> None:
    """Opened, due, met, breached, spans: what a monthly report is made of."""
    home = copy_home(home_template, tmp_path / "place", clock=clock, fetch_urls=("http://127.0.0.1:9/",))
    issued = home.issue(NAME)
    clock.advance(hours=1)
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=issued.id,
        cause=Cause.DUTY_BREACHED,
        confirm=NAME,
        evidence=EVIDENCE,
    )
    clock.advance(hours=25)
    found = {one.commitment.kind: one for one in queries.every(home.workspace)}
    verified, out = found[Kind.VERIFY_REVOCATION], found[Kind.PUBLISH_REVOCATION]
    assert (verified.status, verified.subject, verified.taken) == (Status.MET, NAME, timedelta(0))
    assert (verified.left, verified.breached_at) == (None, None)
    assert (out.status, out.escalated, out.left) == (Status.BREACHED, 100, timedelta(hours=-1))
    assert (out.taken, out.allowed) == (timedelta(hours=25), timedelta(hours=24))
    assert (out.breached, out.breached_at, out.ended_at) == (True, out.commitment.due_at, None)
    assert queries.every(home.workspace, until=START) == ()
    assert queries.every(home.workspace, since=clock.now) == ()
    kinds = (Kind.PUBLISH_REVOCATION,)
    assert [one.commitment.kind for one in queries.every(home.workspace, kinds=kinds)] == list(kinds)
    assert [one.commitment.kind for one in queries.still_open(home.workspace)] == list(kinds)
    home.workspace.close()
