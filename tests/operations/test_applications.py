"""Applications: what is asked for, verified and decided, by whom, and what is issued for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError, RefusedError, ReviewError, UsageError
from certmgr.intake import Wish
from certmgr.models.applications import ApplicationId, ApplicationState, EvidenceKind
from certmgr.models.keys import KeyType
from certmgr.operations import applications, certificates, operators
from certmgr.pki import csr, keys
from certmgr.queries import applications as queries
from certmgr.queries import certificates as certificate_queries
from certmgr.store import servers
from tests.clock import FakeClock
from tests.home import HomeForTest, open_home
from tests.reviewing import NAME, actions, entries, submitted, wish, with_reviewers


@pytest.fixture
def place(home: HomeForTest) -> Iterator[HomeForTest]:
    """Return a home with reviewers."""
    made = with_reviewers(home)
    yield made
    made.workspace.close()


def state(home: HomeForTest, identity: ApplicationId) -> ApplicationState:
    """Return where the application stands now."""
    return queries.get(home.workspace, identity).state(home.workspace.now())


def codes(caught: pytest.ExceptionInfo[CertmgrError]) -> set[Code]:
    """Return the codes of an error's findings."""
    return {item.code for item in caught.value.findings}


def live(home: HomeForTest) -> int:
    """Return how many certificates there are."""
    return certificate_queries.count(home.workspace)


def test_r1_2_an_application_carries_the_server_its_names_unit_contact_and_purpose(place: HomeForTest) -> None:
    """R1.2: all of it is on record, the contact in the one table for it and nowhere in the journal."""
    found = submitted(place, place.person("carl"), wish(ip=("10.1.2.3",), contact="web@egov.internal"))
    shown = queries.detail(place.workspace, found.id)
    assert (found.server, found.dns, found.ip) == (NAME, (NAME,), ("10.1.2.3",))
    assert (found.owner, found.purpose, found.requested_by) == ("Web team", "Staff portal", "carl")
    assert shown.contact == "web@egov.internal"
    with place.workspace.store().read() as snapshot:
        journal = " ".join(row[0] for row in snapshot.rows("SELECT data FROM journal"))
    assert "web@egov.internal" not in journal
    assert "Staff portal" not in journal


def test_r3_2_an_application_shows_what_was_verified_how_when_and_by_whom(place: HomeForTest, clock: FakeClock) -> None:
    """R3.2: the zone is found by itself, a person's word is stated."""
    found = applications.submit(
        place.workspace,
        place.person("carl"),
        wish(ip=("10.1.2.3",)),
        evidence=[(EvidenceKind.WORD, "Li Wei confirmed it by telephone")],
        destination=place.out,
    ).application
    assert [(one.kind, one.text) for one in found.evidence] == [
        (EvidenceKind.ZONE, f"{NAME} lies in the zone egov.internal"),
        (EvidenceKind.ZONE, "10.1.2.3 lies in the network 10.0.0.0/8"),
        (EvidenceKind.WORD, "Li Wei confirmed it by telephone"),
    ]
    assert {(one.at, one.by) for one in found.evidence} == {(clock.now, "carl")}


def test_r2_1_a_named_reviewer_approves_with_a_reason_and_the_certificate_is_issued(place: HomeForTest) -> None:
    """R2.1: the record names who approved and why; the certificate is the applicant's."""
    found = submitted(place, place.person("carl"), wish())
    assert state(place, found.id) is ApplicationState.SUBMITTED
    assert live(place) == 0
    done = applications.approve(place.workspace, place.person("alice"), found.id, reason="Ticket 4711", confirm=NAME)
    assert done.issued is not None
    assert done.issued.folder is not None
    assert (done.issued.folder / "privkey.pem").exists()
    (decision,) = done.application.decisions
    assert (decision.by, decision.reason) == ("alice", "Ticket 4711")
    assert done.application.state(place.workspace.now()) is ApplicationState.ISSUED
    shown = certificate_queries.detail(place.workspace, done.issued.id)
    assert shown.certificate.requested_by == "carl"
    assert shown.application is not None
    assert shown.application.id == found.id
    assert actions(place, f"application:{found.id}") == [
        "application.submitted",
        "application.approved",
        "application.issued",
    ]


def test_r2_1_a_rejected_application_ends_and_nothing_is_issued(place: HomeForTest) -> None:
    """R2.1: the reason stays on record; a second decision is refused and changes nothing."""
    found = submitted(place, place.person("carl"), wish())
    applications.reject(place.workspace, place.person("alice"), found.id, reason="No such server", confirm=NAME)
    assert state(place, found.id) is ApplicationState.REJECTED
    before = queries.get(place.workspace, found.id)
    with pytest.raises(RefusedError) as caught:
        applications.approve(place.workspace, place.person("bob"), found.id, reason="Fine", confirm=NAME)
    assert codes(caught) == {Code.APPLICATION_STATE}
    assert "rejected already" in caught.value.message
    assert queries.get(place.workspace, found.id) == before
    assert actions(place, f"application:{found.id}")[-1] == "application.refused"
    assert live(place) == 0


def test_r2_1_nobody_decides_on_an_application_of_their_own(place: HomeForTest) -> None:
    """R2.1: an officer who applies needs another person; withdrawing is the applicant's way out."""
    alice = place.person("alice")
    found = submitted(place, alice, wish())
    for decide in (applications.approve, applications.reject):
        with pytest.raises(RefusedError) as caught:
            decide(place.workspace, alice, found.id, reason="Mine", confirm=NAME)
        assert codes(caught) == {Code.APPLICATION_OWN}
    assert state(place, found.id) is ApplicationState.SUBMITTED
    applications.withdraw(place.workspace, alice, found.id)
    assert state(place, found.id) is ApplicationState.WITHDRAWN


def test_r2_1_four_eyes_are_two_different_slots_and_neither_is_the_applicant(place: HomeForTest) -> None:
    """R2.1: one approval issues nothing, the same slot counts once, the second person's issues."""
    found = submitted(place, place.person("carl"), wish("guarded"))
    first = applications.approve(place.workspace, place.person("alice"), found.id, reason="Seen", confirm=NAME)
    assert first.issued is None
    assert first.application.state(place.workspace.now()) is ApplicationState.SUBMITTED
    with pytest.raises(RefusedError) as caught:
        applications.approve(place.workspace, place.person("alice"), found.id, reason="Again", confirm=NAME)
    assert codes(caught) == {Code.APPLICATION_TWICE}
    second = applications.approve(place.workspace, place.person("bob"), found.id, reason="Seen too", confirm=NAME)
    assert second.issued is not None


def test_r2_1_of_four_eyes_the_second_may_still_reject(place: HomeForTest) -> None:
    """One approval of two decides nothing yet."""
    found = submitted(place, place.person("carl"), wish("guarded"))
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Seen", confirm=NAME)
    applications.reject(place.workspace, place.person("bob"), found.id, reason="No", confirm=NAME)
    assert state(place, found.id) is ApplicationState.REJECTED


@pytest.mark.parametrize("name", ["carl", "machine"])
def test_r2_1_a_requester_and_the_machine_decide_on_nothing(place: HomeForTest, name: str) -> None:
    """A decision is a reviewer's word (DETAILS 3)."""
    found = submitted(place, place.person("alice"), wish())
    session = place.machine() if name == "machine" else place.person(name)
    with pytest.raises(RefusedError) as caught:
        applications.approve(place.workspace, session, found.id, reason="Fine", confirm=NAME)
    assert caught.value.code is Code.ROLE


def test_n7_a_decision_names_its_actor_and_asks_for_its_intent(place: HomeForTest) -> None:
    """N7: the typed name of the server stands before the signature; a wrong one changes nothing."""
    found = submitted(place, place.person("carl"), wish())
    for typed, reason, code in (("portal", "Fine", Code.CONFIRMATION), (NAME, "  ", Code.APPLICATION_REASON)):
        with pytest.raises(UsageError) as caught:
            applications.approve(place.workspace, place.person("alice"), found.id, reason=reason, confirm=typed)
        assert caught.value.code is code
    assert queries.get(place.workspace, found.id).decisions == ()
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME)
    with place.workspace.store().read() as snapshot:
        (actor,) = snapshot.rows("SELECT actor FROM journal WHERE action = 'application.approved'")
    assert actor == ("alice",)


def test_n7_a_decision_is_signed_by_the_reviewers_slot_and_verifies(place: HomeForTest) -> None:
    """N7, DETAILS 49: nothing is doubted, and the journal keeps the signature and the digest."""
    found = submitted(place, place.person("carl"), wish("guarded"))
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Seen", confirm=NAME)
    shown = queries.detail(place.workspace, found.id)
    assert shown.doubts == ()
    (entry,) = [one for one in shown.history if one.action == "application.approved"]
    assert entry.data == {"digest": found.digest, "signature": shown.application.decisions[0].signature.hex()}


def test_a_decision_that_was_forged_is_named_and_nothing_is_issued(place: HomeForTest) -> None:
    """A row that somebody wrote into the store is no approval: exit 7, naming whose it pretends to be."""
    found = submitted(place, place.person("carl"), wish())
    with place.workspace.store().write(place.person("alice").actor) as tx:
        tx.change(
            "INSERT INTO application_decision"
            " (application_id, verdict, decided_by, reason, digest, signature, decided_at)"
            " VALUES (?, 'approved', 'bob', 'Fine', ?, ?, '2026-11-21T09:00:00Z')",
            (found.id, found.digest, b"\0" * 64),
        )
        tx.record("application.approved", f"application:{found.id}", {})
    with pytest.raises(IntegrityError) as caught:
        applications.issue(place.workspace, place.machine(), found.id)
    assert [(item.code, item.value) for item in caught.value.findings] == [(Code.APPLICATION_SIGNATURE, "bob")]
    assert live(place) == 0


def test_an_approval_of_a_slot_that_was_removed_cannot_be_checked(place: HomeForTest) -> None:
    """Its public key is gone: the application is submitted anew."""
    found = submitted(place, place.person("carl"), wish())
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME, issue_now=False)
    operators.remove(place.workspace, place.person(), name="alice", confirm="alice")
    with pytest.raises(RefusedError) as caught:
        applications.issue(place.workspace, place.machine(), found.id)
    assert codes(caught) == {Code.APPLICATION_SLOT}
    assert state(place, found.id) is ApplicationState.APPROVED


def test_an_approved_application_is_issued_later_and_once(place: HomeForTest) -> None:
    """`--no-issue`, then `issue --application`; a second time it is refused."""
    found = submitted(place, place.person("carl"), wish())
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME, issue_now=False)
    assert state(place, found.id) is ApplicationState.APPROVED
    done = applications.issue(place.workspace, place.machine(), found.id)
    assert done.issued is not None
    with pytest.raises(RefusedError) as caught:
        applications.issue(place.workspace, place.machine(), found.id)
    assert codes(caught) == {Code.APPLICATION_STATE}
    assert live(place) == 1


def test_what_waits_for_a_reviewer_is_not_issued(place: HomeForTest) -> None:
    """The hint names the way on."""
    found = submitted(place, place.person("carl"), wish())
    with pytest.raises(RefusedError) as caught:
        applications.issue(place.workspace, place.machine(), found.id)
    assert caught.value.hint is not None
    assert f"application approve {found.id}" in caught.value.hint


def test_an_approval_binds_the_content_as_the_profile_had_it(place: HomeForTest) -> None:
    """DETAILS 22: a profile that gives more days than was approved issues nothing."""
    found = submitted(place, place.person("carl"), wish())
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME, issue_now=False)
    path = place.path / "certmgr.toml"
    path.write_text(path.read_text().replace('approval = "one"', 'approval = "two"\ndays = 200'))
    place.workspace.close()
    changed = open_home(place.path.parent, clock=place.workspace.clock)
    with pytest.raises(RefusedError) as caught:
        applications.issue(changed.workspace, changed.machine(), found.id)
    assert codes(caught) == {Code.APPLICATION_CHANGED, Code.APPLICATION_APPROVALS}
    changed.workspace.close()


def test_an_application_expires_after_its_lifetime(place: HomeForTest, clock: FakeClock) -> None:
    """Seven days to the second; then a decision is refused, and so is an issue."""
    found = submitted(place, place.person("carl"), wish())
    clock.advance(days=7, minutes=-1)
    assert state(place, found.id) is ApplicationState.SUBMITTED
    clock.advance(minutes=1)
    assert state(place, found.id) is ApplicationState.EXPIRED
    with pytest.raises(RefusedError) as caught:
        applications.approve(place.workspace, place.person("alice"), found.id, reason="Late", confirm=NAME)
    assert "expired already" in caught.value.message
    assert queries.every(place.workspace) == ()
    assert submitted(place, place.person("carl"), wish()).id != found.id


def test_only_the_applicant_withdraws_and_only_once(place: HomeForTest) -> None:
    """Others reject; what is withdrawn is decided on no more."""
    found = submitted(place, place.person("carl"), wish())
    with pytest.raises(RefusedError) as caught:
        applications.withdraw(place.workspace, place.person("alice"), found.id)
    assert codes(caught) == {Code.APPLICATION_RIGHT}
    assert "application reject" in str(caught.value.hint)
    applications.withdraw(place.workspace, place.person("carl"), found.id)
    with pytest.raises(RefusedError) as again:
        applications.withdraw(place.workspace, place.person("carl"), found.id)
    assert codes(again) == {Code.APPLICATION_STATE}
    with pytest.raises(RefusedError) as decided:
        applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME)
    assert "withdrawn already" in decided.value.message


def test_the_way_on_from_an_approval_that_cannot_be_checked_is_open(place: HomeForTest) -> None:
    """What the hint says works: withdrawn by its applicant, the application is submitted anew."""
    found = submitted(place, place.person("carl"), wish())
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME, issue_now=False)
    operators.remove(place.workspace, place.person(), name="alice", confirm="alice")
    with pytest.raises(RefusedError) as caught:
        applications.issue(place.workspace, place.machine(), found.id)
    assert f"application withdraw {found.id}" in str(caught.value.hint)
    applications.withdraw(place.workspace, place.person("carl"), found.id)
    assert submitted(place, place.person("carl"), wish()).id != found.id


def test_the_application_of_a_removed_slot_is_withdrawn_by_who_may_decide(place: HomeForTest) -> None:
    """Nobody else could, and it would keep its server from another one until it expires."""
    found = submitted(place, place.person("bob"), wish())
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME, issue_now=False)
    operators.remove(place.workspace, place.person(), name="bob", confirm="bob")
    with pytest.raises(RefusedError) as caught:
        applications.withdraw(place.workspace, place.person("carl"), found.id)
    assert codes(caught) == {Code.APPLICATION_RIGHT}
    applications.withdraw(place.workspace, place.person("alice"), found.id)
    assert state(place, found.id) is ApplicationState.WITHDRAWN
    assert submitted(place, place.person("carl"), wish()).id != found.id


def test_everything_against_an_application_is_said_at_once_and_journalled(place: HomeForTest) -> None:
    """Policy's reasons and the records' together; nothing is on record of the application but the refusal."""
    place.issue(NAME)
    asked = Wish(server=NAME, dns=("www.example.com",), ip=("8.8.8.8",), profile="reviewed", owner="ops")
    with pytest.raises(RefusedError) as caught:
        applications.submit(place.workspace, place.person("carl"), asked, destination=place.out)
    assert {
        Code.NAME_PUBLIC,
        Code.ADDRESS_OUTSIDE,
        Code.PURPOSE_MISSING,
        Code.ALREADY_ISSUED,
    } == codes(caught)
    assert queries.every(place.workspace, closed=True) == ()
    assert actions(place, "application:0") == ["application.refused"]


def test_a_second_application_for_a_server_waits_for_the_end_of_the_first(place: HomeForTest) -> None:
    """Two people do not decide on two of the same."""
    found = submitted(place, place.person("carl"), wish())
    with pytest.raises(RefusedError) as caught:
        submitted(place, place.person("carl"), wish("guarded"))
    assert caught.value.code is Code.APPLICATION_OPEN
    assert f"application {found.id}" in caught.value.message


def test_a_submission_changes_no_fact_of_a_server_on_record(place: HomeForTest) -> None:
    """What an applicant states about somebody's server counts once it is approved."""
    place.issue(NAME, contact="old@egov.internal")
    done = applications.submit(
        place.workspace,
        place.person("carl"),
        wish(owner="Somebody", contact="new@egov.internal"),
        destination=place.out,
        additional=True,
    )
    assert [item.code for item in done.notices] == [Code.APPLICATION_CONTACT]
    with place.workspace.store().read() as snapshot:
        server = servers.find_by_name(snapshot, NAME)
        assert server is not None
        assert server.owner == "ops"
        assert servers.contact(snapshot, server.id) == "old@egov.internal"


def test_a_csr_keeps_its_key_from_submission_to_certificate(place: HomeForTest) -> None:
    """DETAILS 22: the approval binds the SPKI, and that key is certified."""
    key = keys.make_key(KeyType.EC_P256)
    request = csr.make_csr(key, [NAME], [], None)
    asked = Wish(csr=request, profile="reviewed", purpose="Portal", owner="Web team")
    found = submitted(place, place.person("carl"), asked)
    assert found.spki_sha256 == keys.spki_sha256(keys.public_spki(key))
    assert EvidenceKind.KEY in {one.kind for one in found.evidence}
    done = applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME)
    assert done.issued is not None
    assert done.issued.prepared.spki_sha256 == found.spki_sha256


def test_names_in_automatic_zones_need_no_reviewer(home: HomeForTest) -> None:
    """All of them: one name outside, or an address, asks for what the profile asks for."""
    made = with_reviewers(home, automatic_zones='["lab.egov.internal"]')
    done = applications.submit(made.workspace, made.machine(), wish(name="a.lab.egov.internal"), destination=made.out)
    assert done.issued is not None
    assert done.application.needed == 0
    both = Wish(dns=("b.lab.egov.internal", NAME), profile="reviewed", purpose="x", owner="y")
    assert submitted(made, made.machine(), both).needed == 1
    addressed = wish(name="c.lab.egov.internal", ip=("10.1.2.3",))
    assert submitted(made, made.machine(), addressed).needed == 1
    made.workspace.close()


def test_a_requesters_application_that_policy_approves_is_issued_by_the_next_check(place: HomeForTest) -> None:
    """Who may not issue leaves it approved; nobody else has to decide."""
    found = submitted(place, place.person("carl"), wish("server"))
    assert state(place, found.id) is ApplicationState.APPROVED
    assert [step.done for step in applications.pending(place.workspace)] == [True]
    assert live(place) == 0
    (step,) = applications.due(place.workspace, place.machine())
    assert step.done
    assert NAME in step.what
    assert live(place) == 1
    assert list(applications.due(place.workspace, place.machine())) == []


def test_a_check_names_what_waits_for_a_reviewer_and_issues_what_was_left(place: HomeForTest) -> None:
    """The rehearsal says the same and changes nothing."""
    left = submitted(place, place.person("carl"), wish())
    waiting = submitted(place, place.person("carl"), wish(name="mail.egov.internal"))
    applications.approve(place.workspace, place.person("alice"), left.id, reason="Fine", confirm=NAME, issue_now=False)
    before = entries(place)
    assert [step.done for step in applications.pending(place.workspace)] == [True, False]
    assert entries(place) == before
    first, second = applications.due(place.workspace, place.machine())
    assert first.done
    assert state(place, left.id) is ApplicationState.ISSUED
    assert not second.done
    assert "mail.egov.internal" in second.what
    assert state(place, waiting.id) is ApplicationState.SUBMITTED


def test_a_left_application_that_cannot_be_issued_is_tried_again_after_a_while(
    place: HomeForTest, clock: FakeClock
) -> None:
    """The failure is told once for each try, and the tries grow rare."""
    found = submitted(place, place.person("carl"), wish())
    applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME, issue_now=False)
    place.out.write_text("a file where the folder would be")
    (step,) = applications.due(place.workspace, place.machine())
    assert not step.done
    assert list(applications.due(place.workspace, place.machine())) == []
    place.out.unlink()
    clock.advance(minutes=10)
    (step,) = applications.due(place.workspace, place.machine())
    assert step.done


def test_r2_1_issue_under_a_reviewed_profile_records_an_application_and_stops(place: HomeForTest) -> None:
    """DETAILS 22: exit 3 with the application's id; asked again, the same application answers."""
    machine = place.machine()
    with pytest.raises(ReviewError) as caught:
        certificates.issue(place.workspace, machine, wish(), destination=place.out)
    assert caught.value.exit_code == 3
    assert caught.value.hint is not None
    found = queries.get(place.workspace, ApplicationId(caught.value.application))
    assert (found.requested_by, found.needed) == ("machine", 1)
    with pytest.raises(ReviewError) as again:
        certificates.issue(place.workspace, machine, wish(), destination=place.out)
    assert again.value.application == found.id
    assert len(queries.every(place.workspace, closed=True)) == 1
    assert not Path(place.out).exists()


def test_issue_under_an_automatic_profile_writes_no_application(place: HomeForTest) -> None:
    """The certificate's own entries are the record (docs/decisions/applications.md)."""
    place.issue(NAME)
    assert queries.every(place.workspace, closed=True) == ()
    assert live(place) == 1


def test_a_renewal_is_no_new_application(place: HomeForTest, clock: FakeClock) -> None:
    """R5.1: within its window the certificate is renewed, whatever its profile asks of an application."""
    found = submitted(place, place.person("carl"), wish("guarded"))
    for name in ("alice", "bob"):
        done = applications.approve(place.workspace, place.person(name), found.id, reason="Fine", confirm=NAME)
    assert done.issued is not None
    clock.advance(days=340)
    first = certificate_queries.resolve(place.workspace, NAME)
    renewed = certificates.renew(place.workspace, place.machine(), first)
    assert renewed.prepared.order.replaces == first.id
