"""Holds: a date by which they are decided, what becomes of them then, and the release with its clock (N2, R6.2(9))."""

from datetime import timedelta

import pytest

from certmgr.codes import Code
from certmgr.commitments import Kind, Status
from certmgr.errors import RefusedError, UsageError
from certmgr.issuance import Issued
from certmgr.models.certificates import State
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, HoldEnd, HoldTerms, Reason, RequestState
from certmgr.operations import check, holds, revocations
from certmgr.queries import certificates as queries
from certmgr.queries import revocations as requests
from tests.clock import START, FakeClock
from tests.home import HomeForTest
from tests.revoking import EVIDENCE, NAME, entries, promises, published, serial, slot, standing


def held(home: HomeForTest, terms: HoldTerms | None = None) -> Issued:
    """Issue a certificate and hold it."""
    issued = home.issue(NAME)
    done = holds.hold(
        home.workspace, home.person(), certificate=issued.id, confirm=NAME, evidence=EVIDENCE, terms=terms
    )
    assert done.published
    return issued


def state(home: HomeForTest, issued: Issued) -> State:
    """Return the certificate's state now."""
    return queries.detail(home.workspace, issued.id).state


def test_n2_a_hold_is_decided_within_the_configured_time(home: HomeForTest, clock: FakeClock) -> None:
    """30 days where nothing else was said; then `check` names it, and goes on naming it."""
    issued = held(home)
    about = f"certificate:{issued.id}"
    assert queries.detail(home.workspace, issued.id).certificate.hold_until == START + timedelta(days=30)
    assert promises(home, about)[Kind.DECIDE_HOLD].due_at == START + timedelta(days=30)
    clock.now = START + timedelta(days=29, hours=23)
    list(check.check(home.workspace, home.machine()))
    assert list(holds.pending(home.workspace)) == []
    clock.advance(hours=2)
    for _ in range(2):
        told = [step.what for step in check.check(home.workspace, home.machine()) if not step.done]
        assert [what for what in told if what.startswith(f"The hold of {NAME}")]
        assert not [what for what in told if "decision on its hold" in what]
    assert standing(home, about)[Kind.DECIDE_HOLD] is Status.BREACHED
    assert state(home, issued) is State.HELD


def test_n2_a_hold_becomes_a_revocation_on_its_date(home: HomeForTest, clock: FakeClock) -> None:
    """Decided with the hold by a person: `check` carries it out with the machine alone, and publishes it."""
    until = START + timedelta(days=15)
    issued = held(home, HoldTerms(until=until, then=HoldEnd.REVOKE))
    assert published(home)[serial(issued)].reason is Reason.CERTIFICATE_HOLD
    clock.now = until - timedelta(minutes=1)
    list(check.check(home.workspace, home.machine()))
    assert state(home, issued) is State.HELD
    clock.now = until
    (step,) = holds.pending(home.workspace)
    assert (step.done, step.what.startswith("Would revoke")) == (True, True)
    list(check.check(home.workspace, home.machine()))
    assert state(home, issued) is State.REVOKED
    assert published(home)[serial(issued)].reason is Reason.PRIVILEGE_WITHDRAWN
    last = requests.every(home.workspace)[0]
    assert (last.cause, last.state, last.verified_by) == (Cause.FEES_UNPAID, RequestState.DONE, "admin")
    assert (last.verified_how, last.evidence) == ("decided with the hold, request 1", EVIDENCE)
    assert standing(home, f"certificate:{issued.id}") == {Kind.DECIDE_HOLD: Status.MET}
    assert list(holds.pending(home.workspace)) == []


@pytest.mark.parametrize(("late", "status"), [(24, Status.MET), (25, Status.BREACHED)])
def test_n2_an_end_decided_beforehand_has_a_day(home: HomeForTest, clock: FakeClock, late: int, status: Status) -> None:
    """Cron comes when it comes: the promise is broken only where no check did it for a day."""
    until = START + timedelta(days=1)
    issued = held(home, HoldTerms(until=until, then=HoldEnd.RELEASE))
    clock.now = until + timedelta(hours=late)
    list(check.check(home.workspace, home.machine()))
    assert standing(home, f"certificate:{issued.id}")[Kind.DECIDE_HOLD] is status


def test_n2_a_hold_is_released_on_its_date(home: HomeForTest, clock: FakeClock) -> None:
    """The entry is gone from the CRL of the same check; an outage over the date loses nothing."""
    issued = held(home, HoldTerms(until=START + timedelta(days=2), then=HoldEnd.RELEASE))
    clock.advance(days=9)
    list(check.check(home.workspace, home.machine()))
    assert published(home) == {}
    assert standing(home, f"certificate:{issued.id}")[Kind.RELEASE_HOLD] is Status.MET
    assert [entry.actor for entry in entries(home, "certificate.released")] == ["machine"]


def test_n2_the_cause_of_the_revocation_can_be_said_beforehand(home: HomeForTest, clock: FakeClock) -> None:
    """Any cause of the agreement that is decided without looking again."""
    until = START + timedelta(days=1)
    issued = held(home, HoldTerms(until=until, then=HoldEnd.REVOKE, cause=Cause.DUTY_BREACHED))
    clock.now = until
    list(check.check(home.workspace, home.machine()))
    assert queries.detail(home.workspace, issued.id).certificate.cause == Cause.DUTY_BREACHED


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (HoldTerms(until=START), Code.HOLD_DATE),
        (HoldTerms(until=START + timedelta(days=32)), Code.HOLD_DATE),
        (HoldTerms(until=START + timedelta(days=1), then=HoldEnd.REVOKE, cause=Cause.SUSPENDED), Code.CAUSE_REFUSED),
        (
            HoldTerms(until=START + timedelta(days=1), then=HoldEnd.REVOKE, cause=Cause.KEY_COMPROMISE),
            Code.CAUSE_REFUSED,
        ),
    ],
)
def test_n2_a_date_that_cannot_be_is_refused(home: HomeForTest, terms: HoldTerms, code: Code) -> None:
    """Past, or longer than a hold may last; a compromised key is nobody's decision in advance. All reasons."""
    issued = home.issue(NAME)
    for act in (
        lambda: holds.hold(
            home.workspace, home.person(), certificate=issued.id, confirm=NAME, evidence="", terms=terms
        ),
        lambda: holds.rehearse(home.workspace, certificate=issued.id, evidence="", terms=terms),
    ):
        with pytest.raises((RefusedError, UsageError)) as caught:
            act()
        assert {item.code for item in caught.value.findings} == {code, Code.EVIDENCE_MISSING}
    assert state(home, issued) is State.VALID


def test_n2_a_person_decides_before_the_date(home: HomeForTest, clock: FakeClock) -> None:
    """A revocation takes the hold's place with the date of the decision; its promise is kept."""
    issued = held(home, HoldTerms(until=START + timedelta(days=20), then=HoldEnd.RELEASE))
    clock.advance(days=3)
    revocations.revoke(
        home.workspace, home.person(), certificate=issued.id, cause=Cause.MISUSED, confirm=NAME, evidence=EVIDENCE
    )
    entry = published(home)[serial(issued)]
    assert (entry.reason, entry.revoked_at) == (Reason.PRIVILEGE_WITHDRAWN, clock.now)
    assert standing(home, f"certificate:{issued.id}") == {Kind.DECIDE_HOLD: Status.MET}
    clock.advance(days=20)
    list(check.check(home.workspace, home.machine()))
    assert state(home, issued) is State.REVOKED


def test_n2_a_release_that_waits_for_a_person_has_48_hours(home: HomeForTest, clock: FakeClock) -> None:
    """A requester asks; the clock runs from then, and the second asking does not start it again."""
    bob = slot(home, "bob", Role.REQUESTER)
    issued = held(home)
    done = holds.release(home.workspace, bob, certificate=issued.id, confirm=NAME)
    assert (done.lifted, done.due) == (False, START + timedelta(hours=48))
    assert state(home, issued) is State.HELD
    waits = [f"The release of {NAME} (serial {serial(issued)}) waits for a person, due at 2"]
    assert [step.what[: len(waits[0])] for step in holds.pending(home.workspace)] == waits
    assert [step.what[: len(waits[0])] for step in check.check(home.workspace, home.machine())] == waits
    clock.advance(hours=10)
    assert holds.release(home.workspace, bob, certificate=issued.id, confirm=NAME).due == START + timedelta(hours=48)
    done = holds.release(home.workspace, home.person(), certificate=issued.id, confirm=NAME)
    assert (done.lifted, done.seen) == (True, True)
    assert list(holds.pending(home.workspace)) == []
    found = promises(home, f"certificate:{issued.id}")[Kind.RELEASE_HOLD]
    assert (found.opened_at, found.met_at) == (START, clock.now)
    assert len(entries(home, "release.requested")) == 1


def test_n2_a_revocation_ends_the_promise_of_a_release(home: HomeForTest) -> None:
    """There is nothing to release any more."""
    issued = held(home)
    holds.release(home.workspace, slot(home, "bob", Role.REQUESTER), certificate=issued.id, confirm=NAME)
    revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert standing(home, f"certificate:{issued.id}")[Kind.RELEASE_HOLD] is Status.VOID


def test_r6_2_9_what_is_not_held_is_not_released(home: HomeForTest) -> None:
    """Exit 4, one entry of the refusal, nothing promised; a wrong name: exit 2."""
    issued = home.issue(NAME)
    with pytest.raises(RefusedError) as caught:
        holds.release(home.workspace, home.person(), certificate=issued.id, confirm=NAME)
    assert caught.value.code is Code.REVOCATION_STATE
    with pytest.raises(UsageError):
        holds.release(home.workspace, home.person(), certificate=issued.id, confirm="portal")
    assert promises(home, f"certificate:{issued.id}") == {}
    assert [entry.data["exit"] for entry in entries(home, "release.refused")] == [4, 2]


def test_a_hold_by_the_machine_waits_for_a_person(home: HomeForTest, clock: FakeClock) -> None:
    """Its date is kept with the request."""
    issued = home.issue(NAME)
    until = START + timedelta(days=5)
    done = holds.hold(
        home.workspace,
        home.machine(),
        certificate=issued.id,
        confirm=NAME,
        evidence=EVIDENCE,
        terms=HoldTerms(until=until, then=HoldEnd.REVOKE),
    )
    assert done.revocation.state is RequestState.RECEIVED
    clock.advance(hours=1)
    revocations.fulfil(home.workspace, home.person(), done.revocation.id)
    assert queries.detail(home.workspace, issued.id).certificate.hold_until == until
