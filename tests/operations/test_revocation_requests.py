"""Requests: what each cause needs, who decides, once, and what the clocks say."""

from datetime import timedelta

import pytest

from certmgr import evidence
from certmgr.codes import Code
from certmgr.commitments import Kind, Status
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.models.certificates import State
from certmgr.models.keys import KeyType
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, ClosedHow, Reason, RequestState
from certmgr.operations import certificates, check, compromises, revocations
from certmgr.pki import csr, keys
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import revocations as requests
from tests.clock import START, FakeClock
from tests.home import HomeForTest
from tests.revoking import EVIDENCE, NAME, entries, promises, published, request, serial, slot, standing

FREE = {Cause.KEY_LOST, Cause.KEY_REPLACED, Cause.NO_LONGER_NEEDED}


def state(home: HomeForTest, identity: int) -> State:
    """Return the state of a certificate."""
    return certificate_queries.detail(home.workspace, identity).state  # type: ignore[arg-type]  # an id


@pytest.mark.parametrize("cause", [one for one in Cause if one is not Cause.CA_COMPROMISE])
def test_r6_2_each_cause_but_the_subscribers_own_wish_needs_evidence(home: HomeForTest, cause: Cause) -> None:
    """R6.1, R6.2: without it nothing is recorded but the refusal; the finding says what is asked for."""
    issued = home.issue(NAME)
    ask = {"certificate": issued.id, "cause": cause, "confirm": NAME}
    if cause in FREE:
        assert revocations.request(home.workspace, home.machine(), **ask)  # type: ignore[arg-type]  # as above
        return
    with pytest.raises(RefusedError) as caught:
        revocations.request(home.workspace, home.machine(), **ask, evidence=" \n")  # type: ignore[arg-type]  # as above
    (finding,) = caught.value.findings
    assert finding.code is Code.EVIDENCE_MISSING
    assert evidence.NEEDED[cause] in finding.message
    assert requests.every(home.workspace) == ()
    (refusal,) = entries(home, "revocation.refused")
    assert refusal.data == {"codes": ["revocation.evidence"], "count": 1, "exit": 4}


def test_r6_1_since_when_a_key_is_known_stands_for_the_words(home: HomeForTest) -> None:
    """A date is evidence enough for a compromised key, and for nothing else."""
    issued = home.issue(NAME)
    since = START - timedelta(days=1)
    with pytest.raises(RefusedError):
        revocations.rehearse(home.workspace, certificate=issued.id, cause=Cause.MISUSED, compromised_since=since)
    (one,) = revocations.request(
        home.workspace,
        home.machine(),
        certificate=issued.id,
        cause=Cause.KEY_COMPROMISE,
        confirm=NAME,
        compromised_since=since,
    )
    assert one.compromised_since == since


def test_r6_1_a_key_is_not_known_since_a_time_to_come(home: HomeForTest) -> None:
    """The date goes into the CRL; one that is to come is refused, whatever else is said, and nothing is recorded."""
    issued = home.issue(NAME)
    with pytest.raises(RefusedError) as caught:
        revocations.request(
            home.workspace,
            home.machine(),
            certificate=issued.id,
            cause=Cause.KEY_COMPROMISE,
            confirm=NAME,
            evidence="seen in a public repository",
            compromised_since=START + timedelta(days=1),
        )
    assert [item.code for item in caught.value.findings] == [Code.REVOCATION_SINCE]
    assert requests.every(home.workspace) == ()


def test_every_reason_is_given_at_once(home: HomeForTest) -> None:
    """STYLE: the state, and the evidence that is missing."""
    issued = home.issue(NAME)
    revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    with pytest.raises(RefusedError) as caught:
        revocations.rehearse(home.workspace, certificate=issued.id, cause=Cause.MISUSED)
    assert [item.code for item in caught.value.findings] == [Code.STATE_REFUSED, Code.EVIDENCE_MISSING]
    with pytest.raises(RefusedError) as caught:
        revocations.rehearse(
            home.workspace,
            certificate=issued.id,
            cause=Cause.KEY_COMPROMISE,
            evidence="x" * (evidence.MAX_EVIDENCE + 1),
        )
    assert [item.code for item in caught.value.findings] == [Code.EVIDENCE_MISSING]


def test_r6_1_the_evidence_is_kept_and_not_journalled(home: HomeForTest) -> None:
    """DETAILS 34: ids and codes only."""
    one = request(home, home.issue(NAME), Cause.MISUSED)
    assert one.evidence == EVIDENCE
    assert all(EVIDENCE not in str(entry.data) for entry in entries(home))


def test_r6_1_a_request_starts_two_clocks_and_its_verification_a_third(home: HomeForTest, clock: FakeClock) -> None:
    """Acknowledged within an hour, verified within 24, published within 24 of that; each is met by its act."""
    one = request(home, home.issue(NAME))
    about = f"revocation:{one.id}"
    dues = {kind: found.due_at - START for kind, found in promises(home, about).items()}
    assert dues == {
        Kind.ACKNOWLEDGE_REVOCATION: timedelta(hours=1),
        Kind.VERIFY_REVOCATION: timedelta(hours=24),
    }
    clock.advance(minutes=20)
    revocations.acknowledge(home.workspace, home.person(), one.id)
    clock.advance(minutes=10)
    revocations.acknowledge(home.workspace, home.person(), one.id)
    assert promises(home, about)[Kind.ACKNOWLEDGE_REVOCATION].met_at == START + timedelta(minutes=20)
    assert len(entries(home, "revocation.acknowledged")) == 1
    clock.advance(hours=3)
    revocations.verify(home.workspace, home.person(), one.id, how="called the owner back")
    verified = clock.now
    found = promises(home, about)
    assert found[Kind.VERIFY_REVOCATION].met_at == verified
    assert found[Kind.PUBLISH_REVOCATION].due_at - verified == timedelta(hours=24)
    clock.advance(hours=1)
    assert all(step.done for step in check.check(home.workspace, home.machine()))
    assert set(standing(home, about).values()) == {Status.MET}
    (done,) = requests.every(home.workspace)
    assert (done.verified_by, done.verified_how) == ("admin", "called the owner back")
    times = [done.received_at, done.acknowledged_at, done.verified_at, done.revoked_at, done.signed_at]
    assert times == [START, START + timedelta(minutes=20), verified, clock.now, clock.now]
    assert done.published_at == clock.now
    assert done.unseen_after is not None
    assert done.unseen_after > clock.now


def test_r6_1_a_verification_acknowledges(home: HomeForTest) -> None:
    """Whoever vouches for a request has seen it: the six times are all there."""
    one = request(home, home.issue(NAME))
    done = revocations.fulfil(home.workspace, home.person(), one.id).revocation
    assert done.acknowledged_at == done.verified_at == START
    assert standing(home, f"revocation:{one.id}")[Kind.ACKNOWLEDGE_REVOCATION] is Status.MET


def test_r6_1_a_rejected_request_revokes_nothing(home: HomeForTest) -> None:
    """A reason is kept; what was promised about it is void, and the certificate may be asked for again."""
    issued = home.issue(NAME)
    one = request(home, issued)
    with pytest.raises(UsageError):
        revocations.reject(home.workspace, home.person(), one.id, reason=" ")
    (closed,) = revocations.reject(home.workspace, home.person(), one.id, reason="the owner knows nothing of it")
    assert (closed.state, closed.closed_by, closed.closed_how) == (RequestState.CLOSED, "admin", ClosedHow.REJECTED)
    assert closed.closing_reason == "the owner knows nothing of it"
    assert standing(home, f"revocation:{one.id}") == {
        Kind.ACKNOWLEDGE_REVOCATION: Status.MET,
        Kind.VERIFY_REVOCATION: Status.VOID,
    }
    assert state(home, issued.id) is State.VALID
    assert request(home, issued).id != one.id


def test_r6_1_who_asked_withdraws_and_nobody_else_without_the_right(home: HomeForTest) -> None:
    """A requester withdraws its own request; another's only who may verify."""
    bob, carl = slot(home, "bob", Role.REQUESTER), slot(home, "carl", Role.REQUESTER)
    issued = home.issue(NAME)
    one = request(home, issued, session=bob)
    with pytest.raises(RefusedError) as caught:
        revocations.withdraw(home.workspace, carl, one.id)
    assert caught.value.code is Code.REVOCATION_RIGHT
    (closed,) = revocations.withdraw(home.workspace, bob, one.id, reason="found again")
    assert (closed.closed_how, closed.closed_by) == (ClosedHow.WITHDRAWN, "bob")
    assert set(standing(home, f"revocation:{one.id}").values()) == {Status.VOID}
    two = request(home, issued, session=bob)
    assert revocations.withdraw(home.workspace, home.person(), two.id)[0].closed_by == "admin"


@pytest.mark.parametrize("first", ["verify", "reject", "withdraw"])
@pytest.mark.parametrize("second", ["acknowledge", "verify", "reject", "withdraw"])
def test_r6_1_a_decision_is_not_taken_twice(home: HomeForTest, first: str, second: str) -> None:
    """Exit 4, the state unchanged, one entry of the refusal."""
    one = request(home, home.issue(NAME))
    person = home.person()

    def decide(what: str) -> object:
        if what == "reject":
            return revocations.reject(home.workspace, person, one.id, reason="no")
        act = {"acknowledge": revocations.acknowledge, "verify": revocations.verify, "withdraw": revocations.withdraw}
        return act[what](home.workspace, person, one.id)

    decide(first)
    before = requests.every(home.workspace)
    with pytest.raises(RefusedError) as caught:
        decide(second)
    assert caught.value.code is Code.REVOCATION_STATE
    assert requests.every(home.workspace) == before
    assert len(entries(home, "revocation.refused")) == 1
    with pytest.raises(NotFoundError):
        revocations.verify(home.workspace, person, 99)  # type: ignore[arg-type]  # no such request


def test_r1_6_one_decision_for_all_certificates_of_a_key(home: HomeForTest) -> None:
    """The set is verified, or closed, as one; the key is blocked for good."""
    key = keys.make_key(KeyType.EC_P256)
    wish = csr.make_csr(key, [NAME], [], None)
    first, second = home.issue(NAME, csr=wish), home.issue(NAME, csr=wish, additional=True)
    one = request(home, first, Cause.KEY_COMPROMISE)
    both = requests.every(home.workspace)
    assert {found.group_id for found in both} == {one.id}
    other = next(found for found in both if found.id != one.id)
    done = revocations.fulfil(home.workspace, home.person(), other.id)
    assert done.revocation.id == one.id
    assert set(published(home)) == {serial(first), serial(second)}
    assert len(entries(home, "key.blocked")) == 2


def renewed(home: HomeForTest, clock: FakeClock) -> tuple[int, int]:
    """Issue a certificate and its successor, each with a key of its own; return their ids."""
    old = home.issue(NAME)
    clock.now = certificate_queries.detail(home.workspace, old.id).certificate.renew_at
    new = certificates.renew(home.workspace, home.machine(), certificate_queries.resolve(home.workspace, NAME))
    return int(old.id), int(new.id)


def test_r1_6_predecessors_and_successors_are_named_and_taken_along_when_told(
    home: HomeForTest, clock: FakeClock
) -> None:
    """R9.1: the line of a server; the decision is one."""
    old, new = renewed(home, clock)
    line = requests.line_beside(home.workspace, old)  # type: ignore[arg-type]  # an id
    assert [one.id for one in line] == [new]
    ask = {"certificate": new, "cause": Cause.KEY_COMPROMISE, "evidence": EVIDENCE}
    alone = revocations.rehearse(home.workspace, **ask)  # type: ignore[arg-type]  # as above
    both = revocations.rehearse(home.workspace, **ask, also_line=True)  # type: ignore[arg-type]  # as above
    assert ([one.id for one in alone], [one.id for one in both]) == ([new], [new, old])
    done = revocations.revoke(home.workspace, home.person(), **ask, confirm=NAME, also_line=True)  # type: ignore[arg-type]  # as above
    assert [one.certificate_id for one in done.others] == [old]
    assert len(published(home)) == 2
    assert requests.line_beside(home.workspace, new) == ()  # type: ignore[arg-type]  # an id


def test_r1_6_an_open_request_does_not_keep_a_compromise_from_being_reported(home: HomeForTest) -> None:
    """What was asked for before is carried out on top of it without taking the reason back (DETAILS 28)."""
    issued = home.issue(NAME)
    weaker = request(home, issued, Cause.NO_LONGER_NEEDED)
    with pytest.raises(RefusedError) as caught:
        request(home, issued, Cause.MISUSED)
    assert caught.value.code is Code.REVOCATION_TWICE
    worse = request(home, issued, Cause.KEY_COMPROMISE)
    with pytest.raises(RefusedError):
        request(home, issued, Cause.KEY_COMPROMISE)
    revocations.fulfil(home.workspace, home.person(), worse.id)
    done = revocations.fulfil(home.workspace, home.person(), weaker.id)
    assert done.revocation.state is RequestState.DONE
    assert published(home)[serial(issued)].reason is Reason.KEY_COMPROMISE
    assert certificate_queries.detail(home.workspace, issued.id).certificate.cause == Cause.KEY_COMPROMISE
    assert len(entries(home, "revocation.needless")) == 1


def test_n10_a_compromised_key_is_an_incident_to_be_reported(home: HomeForTest, clock: FakeClock) -> None:
    """24 hours from the verification; one for the set, reported once, to somebody."""
    key = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], None)
    first = home.issue(NAME, csr=key)
    home.issue(NAME, csr=key, additional=True)
    one = request(home, first, Cause.KEY_COMPROMISE)
    second = next(found for found in requests.every(home.workspace) if found.id != one.id)
    with pytest.raises(RefusedError):
        compromises.report_incident(home.workspace, home.person(), one.id, to="the security office")
    clock.advance(hours=2)
    revocations.verify(home.workspace, home.person(), one.id)
    assert promises(home, f"revocation:{one.id}")[Kind.REPORT_INCIDENT].due_at - clock.now == timedelta(hours=24)
    assert Kind.REPORT_INCIDENT not in promises(home, f"revocation:{second.id}")
    with pytest.raises(UsageError):
        compromises.report_incident(home.workspace, home.person(), one.id, to=" ")
    clock.advance(hours=1)
    done = compromises.report_incident(home.workspace, home.person(), second.id, to="the security office")
    assert (done.id, done.reported_at, done.reported_to) == (one.id, clock.now, "the security office")
    assert standing(home, f"revocation:{one.id}")[Kind.REPORT_INCIDENT] is Status.MET
    with pytest.raises(RefusedError):
        compromises.report_incident(home.workspace, home.person(), one.id, to="the security office")
    assert "security office" not in str([entry.data for entry in entries(home)])
