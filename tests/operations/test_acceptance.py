"""Acceptance: the subscriber says yes, says no, or lets the time pass (R3.3)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError, UsageError
from certmgr.models.acceptances import AcceptanceKind
from certmgr.models.applications import ApplicationState
from certmgr.models.certificates import CertificateId, Flag, State
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause, RequestState
from certmgr.operations import acceptance, certificates, revocations
from certmgr.pki import crl, csr, keys
from certmgr.queries import authorities as authority_queries
from certmgr.queries import certificates as queries
from certmgr.store import acceptances
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.reviewing import NAME, actions, entries, wish, with_reviewers

WHY = "The key file was readable to others"
LAST = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)
"""24:00 in Berlin of the third day after the one on which every test begins."""


@pytest.fixture
def place(home: HomeForTest) -> Iterator[HomeForTest]:
    """Return a home with reviewers."""
    made = with_reviewers(home)
    yield made
    made.workspace.close()


def kind(home: HomeForTest, certificate: CertificateId) -> AcceptanceKind | None:
    """Return how the certificate was taken."""
    with home.workspace.store().read() as snapshot:
        found = acceptances.get(snapshot, certificate)
    return found.kind if found else None


def codes(caught: pytest.ExceptionInfo[CertmgrError]) -> set[Code]:
    """Return the codes of an error's findings."""
    return {item.code for item in caught.value.findings}


def on_crl(home: HomeForTest, serial: str) -> bool:
    """Tell whether the newest CRL of the issuing CA names the serial."""
    issuing = authority_queries.named(home.workspace, "issuing")
    newest = authority_queries.crl_of(home.workspace, issuing)
    return newest is not None and serial in {entry.serial for entry in crl.read_crl(newest.der).entries}


def new_csr(key: keys.PrivateKey) -> bytes:
    """Return a request for NAME."""
    return csr.make_csr(key, [NAME], [], None)


def test_r3_3_a_certificate_is_unaccepted_until_its_subscriber_accepts_it(home: HomeForTest) -> None:
    """R3.3: the flag stands beside the state, in the filter too, and goes with the word."""
    issued = home.issue(NAME)
    fresh = queries.detail(home.workspace, issued.id)
    assert (fresh.state, fresh.flags, fresh.certificate.accept_by) == (State.VALID, (Flag.UNACCEPTED,), LAST)
    assert queries.count(home.workspace, "state:unaccepted") == 1
    taken = acceptance.accept(home.workspace, home.machine(), certificate=issued.id, note="Checked")
    assert (taken.kind, taken.by, taken.note) == (AcceptanceKind.ACCEPTED, "machine", "Checked")
    shown = queries.detail(home.workspace, issued.id)
    assert shown.flags == ()
    assert shown.acceptance == taken
    assert queries.count(home.workspace, "state:unaccepted") == 0
    assert "certificate.accepted" in actions(home, f"certificate:{issued.id}")


def test_r3_3_no_objection_within_three_natural_days_means_acceptance(home: HomeForTest, clock: FakeClock) -> None:
    """R3.3: the days are the organisation's; the flag goes by the clock, the record comes with the next check."""
    issued = home.issue(NAME)
    clock.now = LAST.replace(hour=22, minute=59)
    assert queries.detail(home.workspace, issued.id).flags == (Flag.UNACCEPTED,)
    assert list(acceptance.due(home.workspace, home.machine())) == []
    clock.now = LAST
    assert queries.detail(home.workspace, issued.id).flags == ()
    before = entries(home)
    (would,) = acceptance.pending(home.workspace)
    assert would.done
    assert entries(home) == before
    assert kind(home, issued.id) is None
    (step,) = acceptance.due(home.workspace, home.machine())
    assert step.done
    assert kind(home, issued.id) is AcceptanceKind.IMPLIED
    assert list(acceptance.due(home.workspace, home.machine())) == []


def test_r3_3_an_objection_revokes_publishes_and_makes_the_certificate_again(place: HomeForTest) -> None:
    """R3.3: issued-in-error on the CRL, a new key at the same place, the line of the server goes on."""
    issued = place.issue(NAME)
    done = acceptance.object_to(place.workspace, place.person("alice"), certificate=issued.id, reason=WHY, confirm=NAME)
    assert done.published
    old = queries.detail(place.workspace, issued.id)
    assert (old.state, old.certificate.cause) == (State.REVOKED, Cause.ISSUED_IN_ERROR)
    assert (kind(place, issued.id), old.flags) == (AcceptanceKind.OBJECTED, ())
    assert on_crl(place, old.certificate.serial)
    assert done.issued is not None
    new = queries.detail(place.workspace, done.issued.id).certificate
    assert new.replaces_id == issued.id
    assert (new.dns, new.purpose, new.owner) == (old.certificate.dns, old.certificate.purpose, old.certificate.owner)
    assert new.spki_sha256 != old.certificate.spki_sha256
    assert done.issued.folder == issued.folder
    assert not on_crl(place, new.serial)


def test_r3_3_what_is_made_again_lives_as_long_as_it_was_asked_for(place: HomeForTest) -> None:
    """The content is the same; a profile's usual life does not lengthen it."""
    issued = place.issue(NAME, days=30)
    done = acceptance.object_to(place.workspace, place.person("alice"), certificate=issued.id, reason=WHY, confirm=NAME)
    assert done.issued is not None
    first, second = issued.prepared.spec, done.issued.prepared.spec
    assert second.not_after - second.not_before == first.not_after - first.not_before


@pytest.mark.parametrize("how", [AcceptanceKind.ACCEPTED, AcceptanceKind.SEEN, AcceptanceKind.IMPLIED])
def test_r3_3_an_objection_after_acceptance_is_refused_with_what_to_do_instead(
    place: HomeForTest, how: AcceptanceKind
) -> None:
    """R3.3: nothing is revoked; the hint names revocation and renewal."""
    issued = place.issue(NAME)
    with place.workspace.store().write(place.machine().actor) as tx:
        assert acceptances.record(tx, issued.id, how)
    with pytest.raises(RefusedError) as caught:
        acceptance.object_to(place.workspace, place.person("alice"), certificate=issued.id, reason=WHY, confirm=NAME)
    assert codes(caught) == {Code.ACCEPTANCE_OVER}
    assert caught.value.hint is not None
    assert "revocation request" in caught.value.hint
    assert queries.detail(place.workspace, issued.id).state is State.VALID
    assert actions(place, f"certificate:{issued.id}")[-1] == "objection.refused"


def test_r3_3_silence_counts_before_any_check_has_recorded_it(place: HomeForTest, clock: FakeClock) -> None:
    """The end of the time decides, not the program that notes it."""
    issued = place.issue(NAME)
    clock.now = LAST
    with pytest.raises(RefusedError) as caught:
        acceptance.object_to(place.workspace, place.person("alice"), certificate=issued.id, reason=WHY, confirm=NAME)
    assert codes(caught) == {Code.ACCEPTANCE_OVER}
    assert kind(place, issued.id) is None


def test_r3_3_a_second_objection_and_an_acceptance_after_one_are_refused(place: HomeForTest) -> None:
    """What a subscriber said holds."""
    issued = place.issue(NAME)
    alice = place.person("alice")
    acceptance.object_to(place.workspace, alice, certificate=issued.id, reason=WHY, confirm=NAME)
    with pytest.raises(RefusedError) as again:
        acceptance.object_to(place.workspace, alice, certificate=issued.id, reason=WHY, confirm=NAME)
    assert codes(again) == {Code.ACCEPTANCE_STATE}
    with pytest.raises(RefusedError) as accepted:
        acceptance.accept(place.workspace, alice, certificate=issued.id)
    assert codes(accepted) == {Code.ACCEPTANCE_STATE}


def test_an_acceptance_holds_as_it_was_first_said(home: HomeForTest) -> None:
    """Accepting again, or being seen later, changes nothing and journals nothing."""
    issued = home.issue(NAME)
    first = acceptance.accept(home.workspace, home.machine(), certificate=issued.id, note="First")
    before = entries(home)
    assert acceptance.accept(home.workspace, home.person(), certificate=issued.id, note="Second") == first
    with home.workspace.store().read() as snapshot:
        assert acceptances.unaccepted(snapshot, home.workspace.now()) == ()
    assert entries(home) == before


def test_n7_an_objection_needs_a_reason_and_the_typed_name(place: HomeForTest) -> None:
    """N7: without either nothing changes."""
    issued = place.issue(NAME)
    for reason, typed, code in ((" ", NAME, Code.APPLICATION_REASON), (WHY, "portal", Code.CONFIRMATION)):
        with pytest.raises(UsageError) as caught:
            acceptance.object_to(
                place.workspace, place.person("alice"), certificate=issued.id, reason=reason, confirm=typed
            )
        assert caught.value.code is code
    assert queries.detail(place.workspace, issued.id).flags == (Flag.UNACCEPTED,)


def test_r3_3_a_certificate_from_a_csr_needs_a_new_csr_with_another_key(place: HomeForTest) -> None:
    """R1.8: the key of what is revoked is certified no more; nothing changes until there is another."""
    key = keys.make_key(KeyType.EC_P256)
    issued = place.issue(NAME, csr=new_csr(key))
    alice = place.person("alice")
    for given, code in ((None, Code.NEEDS_CSR), (new_csr(key), Code.ACCEPTANCE_KEY)):
        with pytest.raises(RefusedError) as caught:
            acceptance.object_to(place.workspace, alice, certificate=issued.id, reason=WHY, confirm=NAME, csr=given)
        assert codes(caught) == {code}
    assert queries.detail(place.workspace, issued.id).state is State.VALID
    other = keys.make_key(KeyType.EC_P256)
    done = acceptance.object_to(
        place.workspace, alice, certificate=issued.id, reason=WHY, confirm=NAME, csr=new_csr(other)
    )
    assert done.issued is not None
    assert done.issued.prepared.spki_sha256 == keys.spki_sha256(keys.public_spki(other))


def test_a_new_csr_under_a_reviewed_profile_waits_for_reviewers(place: HomeForTest) -> None:
    """R2.1: the old one is revoked at once; a key that nobody has reviewed is not certified on one word."""
    asked = wish(csr=new_csr(keys.make_key(KeyType.EC_P256)))
    from certmgr.operations import applications

    found = applications.submit(place.workspace, place.person("carl"), asked, destination=place.out).application
    first = applications.approve(place.workspace, place.person("alice"), found.id, reason="Fine", confirm=NAME)
    assert first.issued is not None
    done = acceptance.object_to(
        place.workspace,
        place.person("bob"),
        certificate=first.issued.id,
        reason=WHY,
        confirm=NAME,
        csr=new_csr(keys.make_key(KeyType.EC_P256)),
    )
    assert done.issued is None
    assert done.published
    assert done.application is not None
    assert done.application.state(place.workspace.now()) is ApplicationState.SUBMITTED


def test_an_objection_without_reissue_only_revokes(place: HomeForTest) -> None:
    """What was wrong with the names needs a new application."""
    issued = place.issue(NAME)
    done = acceptance.object_to(
        place.workspace, place.person("alice"), certificate=issued.id, reason="Names", confirm=NAME, reissue=False
    )
    assert done.issued is None
    assert done.published
    assert list(acceptance.due(place.workspace, place.machine())) == []
    assert place.issue(NAME).id != issued.id


def test_r3_3_a_requesters_objection_waits_for_a_person_and_is_then_made_good(place: HomeForTest) -> None:
    """Whoever may not verify asks; once somebody has verified, the next check makes the certificate again."""
    issued = place.issue(NAME)
    asked = acceptance.object_to(place.workspace, place.person("carl"), certificate=issued.id, reason=WHY, confirm=NAME)
    assert asked.revocation.state is RequestState.RECEIVED
    assert asked.revocation.cause is Cause.ISSUED_IN_ERROR
    assert kind(place, issued.id) is AcceptanceKind.OBJECTED
    assert list(acceptance.due(place.workspace, place.machine())) == []
    revocations.fulfil(place.workspace, place.person("alice"), asked.revocation.id)
    (would,) = acceptance.pending(place.workspace)
    assert NAME in would.what
    (step,) = acceptance.due(place.workspace, place.machine())
    assert step.done
    new = queries.resolve(place.workspace, NAME)
    assert new.replaces_id == issued.id
    assert list(acceptance.due(place.workspace, place.machine())) == []


def test_an_objection_that_fails_before_the_signature_leaves_nothing_behind(
    place: HomeForTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The objection, the revocation and the intent are one transaction."""
    issued = place.issue(NAME)
    assert issued.folder is not None
    before = entries(place)

    def fail(*_given: object) -> None:
        raise CertmgrError("The disk is full.")

    monkeypatch.setattr("certmgr.issuance.record_intents", fail)
    with pytest.raises(CertmgrError, match="disk is full"):
        acceptance.object_to(place.workspace, place.person("alice"), certificate=issued.id, reason=WHY, confirm=NAME)
    assert entries(place) == before
    assert queries.detail(place.workspace, issued.id).flags == (Flag.UNACCEPTED,)
    held = [path for path in place.out.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert {path.resolve() for path in held} == {(issued.folder / "privkey.pem").resolve()}


def test_a_renewed_certificate_is_accepted_anew(home: HomeForTest, clock: FakeClock) -> None:
    """R3.3: the subscriber checks every certificate on receipt."""
    home.issue(NAME)
    clock.advance(days=340)
    renewed = certificates.renew(home.workspace, home.machine(), queries.resolve(home.workspace, NAME))
    assert queries.detail(home.workspace, renewed.id).flags == (Flag.UNACCEPTED,)


def test_a_revoked_certificate_is_neither_accepted_nor_objected_to(place: HomeForTest, clock: FakeClock) -> None:
    """Nor does its silence count for anything."""
    issued = place.issue(NAME)
    alice = place.person("alice")
    revocations.revoke(place.workspace, alice, certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME)
    with pytest.raises(RefusedError) as accepted:
        acceptance.accept(place.workspace, alice, certificate=issued.id)
    assert codes(accepted) == {Code.ACCEPTANCE_STATE}
    with pytest.raises(RefusedError) as objected:
        acceptance.object_to(place.workspace, alice, certificate=issued.id, reason=WHY, confirm=NAME)
    assert codes(objected) == {Code.ACCEPTANCE_STATE}
    clock.now = LAST
    assert list(acceptance.due(place.workspace, place.machine())) == []
