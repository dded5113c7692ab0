"""An authority's key: sealed to slots, rotated when one goes (DETAILS 1)."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certmgr.codes import Code
from certmgr.custody import authority_keys, slots
from certmgr.custody.authority_files import open_key_file
from certmgr.custody.secrets import Secret
from certmgr.errors import IntegrityError, LockedError, NotFoundError, RefusedError
from certmgr.models.operators import Role
from tests.custody.conftest import CHEAP, PASSPHRASE, Custody


def store(custody: Custody, slug: str, recipients: list[str], **options: frozenset[Role]) -> Path:
    """Store the home's key again under another authority's name."""
    path = authority_keys.authority_key_path(custody.home, slug)
    authority_keys.store_authority_key(
        path,
        slug=slug,
        spki=custody.spki,
        pkcs8=Secret(custody.pkcs8),
        recipients=[custody.slot(name) for name in recipients],
        **options,
    )
    return path


def test_each_recipient_opens_the_key_by_itself(custody: Custody) -> None:
    """A person, the machine and the words on paper each give the same signer."""
    recovery = slots.unlock_person(custody.slot_path("recovery"), custody.words)
    for unlocked in (custody.unlock(), custody.unlock_machine(), recovery):
        assert authority_keys.open_authority_key(custody.key, unlocked).spki == custody.spki


def test_a_slot_without_the_key_is_told_who_has_it(custody: Custody) -> None:
    """Exit 6, and the hint names the slots that can."""
    with pytest.raises(LockedError) as caught:
        authority_keys.open_authority_key(custody.key, custody.unlock("zhang.min"))
    assert caught.value.code is Code.SLOT_NOT_GRANTED
    assert caught.value.hint == "These can open it: li.wei, recovery, machine."


def test_one_administrator_grants_the_key_without_anybodys_passphrase(custody: Custody) -> None:
    """Only the public half of the new slot is needed."""
    authority_keys.grant(custody.key, custody.unlock(), custody.slot("zhang.min"))
    assert authority_keys.open_authority_key(custody.key, custody.unlock("zhang.min")).spki == custody.spki
    assert authority_keys.grants(custody.key) == ("li.wei", "recovery", "machine", "zhang.min")


def test_granting_twice_changes_nothing(custody: Custody) -> None:
    """A step that is done again after a crash leaves the file as it is."""
    before = custody.key.read_bytes()
    authority_keys.grant(custody.key, custody.unlock(), custody.slot("machine"))
    assert custody.key.read_bytes() == before


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.AUDITOR])
def test_requester_and_auditor_never_hold_a_key(custody: Custody, role: Role) -> None:
    """Their slots identify a person and no more."""
    slot = slots.create_person_slot(custody.slot_path("new"), "new", role, PASSPHRASE, CHEAP)
    with pytest.raises(RefusedError) as caught:
        authority_keys.grant(custody.key, custody.unlock(), slot)
    assert caught.value.findings[0].value == role.value


def test_the_root_has_no_machine_slot(custody: Custody) -> None:
    """A root's key opens to administrators and recovery only, and every other recipient is named."""
    with pytest.raises(RefusedError) as caught:
        store(custody, "root-2026", ["li.wei", "machine", "zhang.min"], roles=authority_keys.ROOT_ROLES)
    assert [finding.value for finding in caught.value.findings] == ["machine", "officer"]
    path = store(custody, "root-2026", ["li.wei", "recovery"], roles=authority_keys.ROOT_ROLES)
    with pytest.raises(RefusedError):
        authority_keys.grant(path, custody.unlock(), custody.slot("machine"))


def test_who_loses_the_grant_cannot_open_the_key(custody: Custody) -> None:
    """A leaver goes without touching the authority: the others keep their access."""
    machine = custody.unlock_machine()
    authority_keys.revoke_grant(custody.key, custody.unlock(), "machine")
    with pytest.raises(LockedError):
        authority_keys.open_authority_key(custody.key, machine)
    recovery = slots.unlock_person(custody.slot_path("recovery"), custody.words)
    assert authority_keys.open_authority_key(custody.key, recovery).spki == custody.spki


def test_taking_a_grant_away_makes_a_new_data_key(custody: Custody) -> None:
    """What the leaver's sealed data key opens is the old file only."""
    before = open_key_file(custody.key, custody.unlock()).data_key
    authority_keys.grant(custody.key, custody.unlock(), custody.slot("zhang.min"))
    assert open_key_file(custody.key, custody.unlock()).data_key == before
    authority_keys.revoke_grant(custody.key, custody.unlock(), "zhang.min")
    assert open_key_file(custody.key, custody.unlock()).data_key != before


def test_the_last_grant_cannot_be_taken_away(custody: Custody) -> None:
    """A key that nobody can open is lost."""
    path = store(custody, "issuing-2026-2", ["li.wei"])
    with pytest.raises(RefusedError) as caught:
        authority_keys.revoke_grant(path, custody.unlock(), "li.wei")
    assert caught.value.code is Code.SLOT_LAST_GRANT
    with pytest.raises(RefusedError):
        store(custody, "issuing-2026-3", [])


def test_a_grant_that_is_not_there_cannot_be_taken_away(custody: Custody) -> None:
    """Exit 5."""
    with pytest.raises(NotFoundError):
        authority_keys.revoke_grant(custody.key, custody.unlock(), "zhang.min")


def test_a_rotation_keeps_the_slots_that_it_is_given(custody: Custody) -> None:
    """The data key is new and sealed to the remaining slots only."""
    authority_keys.rotate(custody.key, custody.unlock(), [custody.slot("li.wei"), custody.slot("machine")])
    assert authority_keys.grants(custody.key) == ("li.wei", "machine")
    assert authority_keys.open_authority_key(custody.key, custody.unlock_machine()).spki == custody.spki


def test_a_swapped_slot_file_does_not_get_the_key_by_a_rotation(custody: Custody) -> None:
    """Somebody who can write the home puts a slot of their own in another's place and waits: it is noticed."""
    custody.slot_path("machine").unlink()
    slots.create_machine_slot(custody.home, custody.machine_key.with_name("intruder.key"))
    with pytest.raises(IntegrityError, match="machine"):
        authority_keys.rotate(custody.key, custody.unlock(), [custody.slot("li.wei"), custody.slot("machine")])


def test_a_slot_made_again_is_another_slot(custody: Custody) -> None:
    """It cannot open what the old one could, and takes its place only after the old one has gone."""
    custody.slot_path("li.wei").unlink()
    slots.create_person_slot(custody.slot_path("li.wei"), "li.wei", Role.ADMINISTRATOR, PASSPHRASE, CHEAP)
    with pytest.raises(LockedError):
        authority_keys.open_authority_key(custody.key, custody.unlock())
    with pytest.raises(RefusedError, match=r"Another slot named li\.wei"):
        authority_keys.grant(custody.key, custody.unlock_machine(), custody.slot("li.wei"))


def test_a_key_file_is_never_written_over_by_a_new_authority(custody: Custody) -> None:
    """The one copy of a CA key is not replaced."""
    before = custody.key.read_bytes()
    with pytest.raises(RefusedError) as caught:
        store(custody, "issuing-2026-1", ["li.wei"])
    assert caught.value.code is Code.FILE_EXISTS
    assert custody.key.read_bytes() == before


def test_a_key_that_is_not_the_half_of_the_certificates_is_not_stored(custody: Custody) -> None:
    """The file's SPKI hash is that of the key inside."""
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    path = authority_keys.authority_key_path(custody.home, "issuing-2026-2")
    with pytest.raises(IntegrityError):
        authority_keys.store_authority_key(
            path,
            slug="issuing-2026-2",
            spki=other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            pkcs8=Secret(custody.pkcs8),
            recipients=[custody.slot("li.wei")],
        )
    assert not path.exists()


def test_a_key_file_under_another_authoritys_name_is_refused(custody: Custody) -> None:
    """Whoever can rename files cannot make one authority sign as another."""
    moved = custody.key.rename(custody.key.with_name("issuing-2027-1.json"))
    with pytest.raises(IntegrityError, match="issuing-2026-1"):
        authority_keys.open_authority_key(moved, custody.unlock())


def test_two_processes_that_change_the_grants_at_once_lose_nothing(custody: Custody) -> None:
    """Reading, changing and writing a key file is one step to every other process."""
    names = [f"officer-{number}" for number in range(6)]
    for name in names:
        slots.create_person_slot(custody.slot_path(name), name, Role.OFFICER, PASSPHRASE, CHEAP)
    unlocked = custody.unlock()
    children = []
    for name in names:
        child = os.fork()
        if child == 0:
            authority_keys.grant(custody.key, unlocked, custody.slot(name))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    assert set(authority_keys.grants(custody.key)) == {"li.wei", "recovery", "machine", *names}
    assert authority_keys.open_authority_key(custody.key, custody.unlock("officer-3")).spki == custody.spki
