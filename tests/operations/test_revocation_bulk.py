"""Requests for many certificates at once: what is found, what is passed over, one decision for all (R1.6)."""

from datetime import timedelta

import pytest

from certmgr import revocation_steps
from certmgr.codes import Code
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.operations import bulk_revocations, revocations
from certmgr.operations.bulk_revocations import Selection
from certmgr.pki import csr, keys
from certmgr.queries import revocations as requests
from certmgr.revocation_steps import BATCH
from certmgr.revoking import Asked
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.revoking import entries, published, serial

LOST = Asked(cause=Cause.KEY_LOST, by="")


def fill(home: HomeForTest) -> dict[str, str]:
    """Issue five certificates of two owners; return their serials by name."""
    owners = {"a1": "Unit A", "a2": "Unit A", "a3": "Unit A", "b1": "Unit B", "b2": "Unit B"}
    return {name: serial(home.issue(f"{name}.egov.internal", owner=owner)) for name, owner in owners.items()}


def found(home: HomeForTest, **selection: object) -> set[str]:
    """Return the first labels of what a selection finds."""
    chosen = bulk_revocations.find(home.workspace, Selection(**selection), LOST)  # type: ignore[arg-type]  # its fields
    return {one.server.partition(".")[0] for one in chosen.certificates}


def test_a_selection_is_all_that_holds(home: HomeForTest) -> None:
    """By filter, owner, issuer, profile and serials, alone and together."""
    serials = fill(home)
    issuer = requests_issuer(home)
    assert found(home, owner="Unit A") == {"a1", "a2", "a3"}
    assert found(home, filter_text="/^[ab]1/") == {"a1", "b1"}
    assert found(home, filter_text="/^[ab]1/", owner="unit b") == {"b1"}
    assert found(home, issuer=issuer) == found(home, profile="Server") == set(serials)
    listed = (serials["a2"].lower(), f"0x{serials['b2']}")
    assert found(home, serials=listed) == {"a2", "b2"}
    assert found(home, serials=listed, owner="Unit B") == {"b2"}


def requests_issuer(home: HomeForTest) -> str:
    """Return the short name of the issuing CA."""
    (path,) = home.public.glob("issuing-*.crl")
    return path.stem


def test_what_cannot_be_revoked_is_passed_over_with_its_reason(home: HomeForTest, clock: FakeClock) -> None:
    """Revoked, asked for, expired; the number is that of the others."""
    fill(home)
    person = home.person()
    ids = {
        one.server[:2]: one.id
        for one in bulk_revocations.find(home.workspace, Selection(profile="server"), LOST).certificates
    }
    revocations.revoke(home.workspace, person, certificate=ids["a1"], cause=Cause.KEY_LOST, confirm="a1.egov.internal")
    revocations.request(home.workspace, person, certificate=ids["a2"], cause=Cause.KEY_LOST, confirm="a2.egov.internal")
    chosen = bulk_revocations.find(home.workspace, Selection(owner="Unit A"), LOST)
    assert [one.server for one in chosen.certificates] == ["a3.egov.internal"]
    assert {one.server[:2]: "revoked already" in why for one, why in chosen.passed_over} == {"a1": True, "a2": False}
    clock.advance(timedelta(days=400))
    with pytest.raises(NotFoundError):
        bulk_revocations.find(home.workspace, Selection(owner="Unit A"), LOST)


def test_r1_6_many_requests_are_one_decision(home: HomeForTest) -> None:
    """Each is journalled; one verification revokes them all and publishes once."""
    serials = fill(home)
    opened = bulk_revocations.request(home.workspace, home.machine(), Selection(owner="Unit A"), LOST, confirm=3)
    assert {one.requested_by for one in opened} == {"machine"}
    assert {one.group_id for one in opened} == {opened[0].id}
    assert [entry.data["group"] for entry in entries(home, "revocation.requested")] == [int(opened[0].id)] * 3
    before = len(entries(home, "crl.signed"))
    done = revocations.fulfil(home.workspace, home.person(), opened[1].id)
    assert len(done.others) == 2
    assert set(published(home)) == {serials[name] for name in ("a1", "a2", "a3")}
    assert len(entries(home, "crl.signed")) == before + 1


def test_n7_the_number_is_the_confirmation(home: HomeForTest) -> None:
    """Another one: exit 2, nothing recorded but the refusal."""
    fill(home)
    with pytest.raises(UsageError) as caught:
        bulk_revocations.request(home.workspace, home.machine(), Selection(owner="Unit A"), LOST, confirm=5)
    assert caught.value.code is Code.BULK_COUNT
    assert requests.every(home.workspace) == ()
    assert len(entries(home, "revocation.refused")) == 1


def test_every_bad_serial_is_named(home: HomeForTest) -> None:
    """What is no serial: exit 2; what no certificate has: exit 5. Nothing is recorded."""
    serials = fill(home)
    listed = (serials["a1"], "zebra", "", "00FF")
    with pytest.raises(UsageError) as caught:
        found(home, serials=listed)
    assert [item.value for item in caught.value.findings] == ["zebra", "", "FF"]
    with pytest.raises(NotFoundError) as missing:
        found(home, serials=(serials["a1"], "00FF", "00EE"))
    assert [item.value for item in missing.value.findings] == ["FF", "EE"]


def test_a_selection_that_is_none_and_one_without_evidence_are_refused(home: HomeForTest) -> None:
    """Nobody means every certificate by saying nothing."""
    fill(home)
    with pytest.raises(UsageError):
        found(home)
    with pytest.raises(UsageError):
        found(home, filter_text="colour:red")
    with pytest.raises(NotFoundError):
        found(home, owner="Unit C")
    misused = Asked(cause=Cause.MISUSED, by="")
    with pytest.raises(RefusedError) as caught:
        bulk_revocations.find(home.workspace, Selection(owner="Unit A"), misused)
    assert [item.code for item in caught.value.findings] == [Code.EVIDENCE_MISSING]
    with pytest.raises(UsageError):
        bulk_revocations.find(
            home.workspace, Selection(owner="Unit A"), Asked(cause=Cause.CA_COMPROMISE, by="", evidence="x")
        )


def test_r1_6_a_compromised_key_takes_its_certificates_elsewhere_along(home: HomeForTest) -> None:
    """The siblings are counted, too, whoever owns them; a sibling that was selected itself counts once."""
    wish = csr.make_csr(keys.make_key(KeyType.EC_P256), ["a.egov.internal"], [], None)
    home.issue("a.egov.internal", csr=wish, owner="Unit A")
    home.issue("a.egov.internal", csr=wish, owner="Unit A", additional=True)
    asked = Asked(cause=Cause.KEY_COMPROMISE, by="", evidence="found in a backup")
    chosen = bulk_revocations.find(home.workspace, Selection(owner="Unit A"), asked)
    assert len(chosen.certificates) == 2


def test_a_run_over_several_batches_is_one_set(home: HomeForTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is durable; a run that was cut off is repeated for the rest."""
    fill(home)
    assert BATCH > 5
    monkeypatch.setattr(revocation_steps, "BATCH", 2)
    opened = bulk_revocations.request(home.workspace, home.machine(), Selection(profile="server"), LOST, confirm=5)
    assert len(opened) == 5
    assert {one.group_id for one in opened} == {opened[0].id}
    with pytest.raises(NotFoundError):
        bulk_revocations.request(home.workspace, home.machine(), Selection(profile="server"), LOST, confirm=5)
