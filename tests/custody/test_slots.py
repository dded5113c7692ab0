"""Slots: who may act, and what opens them (DETAILS 1 to 4)."""

import subprocess
import sys
from pathlib import Path
from stat import S_IMODE

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certmgr.codes import Code
from certmgr.custody import slots
from certmgr.custody.kdf import DEFAULT_KDF, Kdf
from certmgr.custody.secrets import Secret
from certmgr.errors import IntegrityError, LockedError, NotFoundError, RefusedError, UsageError
from certmgr.models.operators import Role
from tests.custody.conftest import CHEAP, PASSPHRASE, Custody

NEW = Secret.from_text("another few plain words")


def test_a_passphrase_opens_its_slot_and_says_who_acts(custody: Custody) -> None:
    """Unlocking names the actor: name and role come out of the slot."""
    unlocked = custody.unlock("zhang.min")
    assert (unlocked.name, unlocked.role) == ("zhang.min", Role.OFFICER)


def test_a_wrong_passphrase_names_the_slot_and_no_more(custody: Custody) -> None:
    """Exit 6, "wrong passphrase for slot NAME" (DETAILS 2); the passphrase is not repeated."""
    with pytest.raises(LockedError) as caught:
        slots.unlock_person(custody.slot_path("li.wei"), NEW)
    assert caught.value.code is Code.SLOT_WRONG_PASSPHRASE
    assert caught.value.message == "Wrong passphrase for slot li.wei."


def test_a_slot_at_full_cost_opens(tmp_path: Path) -> None:
    """The default cost is 256 MiB, three passes, four lanes; this is the one test that pays it."""
    path = tmp_path / "li.wei.json"
    slots.create_person_slot(path, "li.wei", Role.ADMINISTRATOR, PASSPHRASE)
    assert '"m_kib":262144,"p":4,' in path.read_text()
    assert Kdf(m_kib=262144, t=3, p=4) == DEFAULT_KDF
    assert slots.unlock_person(path, PASSPHRASE).name == "li.wei"


def test_too_little_memory_is_said_in_words() -> None:
    """A service with a memory limit learns what it needs, not that the passphrase is wrong."""
    program = (
        "import resource; from certmgr.custody.kdf import Kdf, derive_key\n"
        "from certmgr.custody.secrets import Secret; from certmgr.errors import CertmgrError\n"
        "resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))\n"
        "try: derive_key(Secret(b'four plain words here'), bytes(16), Kdf(m_kib=1 << 20, t=1, p=1))\n"
        "except CertmgrError as error: print(type(error).__name__, error)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert printed == "CertmgrError A passphrase needs 1024 MiB of memory to be checked, and there is less.\n"


def test_recovery_words_open_the_recovery_slot_as_a_person_types_them(custody: Custody) -> None:
    """Nine words from paper, in capitals and with commas, are the second way in (DETAILS 4)."""
    typed = Secret.from_text(custody.words.text().upper().replace(" ", ", "))
    unlocked = slots.unlock_person(custody.slot_path("recovery"), typed)
    assert unlocked.role is Role.RECOVERY


def test_mistyped_recovery_words_are_told_from_wrong_ones(custody: Custody) -> None:
    """A typing mistake is found before the slow unlocking; other words are simply wrong."""
    words = custody.words.text()
    mistyped = words[:-1] + ("b" if words[-1] != "b" else "d")
    with pytest.raises(UsageError):
        slots.unlock_person(custody.slot_path("recovery"), Secret.from_text(mistyped))
    _, others = slots.create_recovery_slot(custody.slot_path("other"), "other", CHEAP)
    with pytest.raises(LockedError, match="slot recovery"):
        slots.unlock_person(custody.slot_path("recovery"), others)


def test_the_machine_key_opens_the_machine_slot(custody: Custody) -> None:
    """Cron and scripts need no passphrase."""
    assert custody.unlock_machine().role is Role.MACHINE


def test_a_machine_key_of_another_home_does_not_open_the_slot(custody: Custody, tmp_path: Path) -> None:
    """A key file opens the slot that it was made with and no other."""
    (tmp_path / "other" / "operators").mkdir(parents=True)
    slots.create_machine_slot(tmp_path / "other", tmp_path / "other.key")
    with pytest.raises(LockedError, match="does not belong to slot machine"):
        slots.unlock_machine(custody.slot_path("machine"), tmp_path / "other.key")


@pytest.mark.parametrize("place", ["machine.key", "keys/machine.key", "../home/machine.key"])
def test_a_machine_key_inside_the_home_is_refused(custody: Custody, place: str) -> None:
    """A backup of the home would take the key along with what it opens (DETAILS 3)."""
    with pytest.raises(RefusedError) as caught:
        slots.create_machine_slot(custody.home, custody.home / place, "second")
    assert caught.value.code is Code.MACHINE_KEY_INSIDE
    assert not (custody.home / place).exists()


def test_a_machine_key_moved_into_the_home_is_refused(custody: Custody) -> None:
    """It is refused when it is used, too."""
    moved = custody.machine_key.rename(custody.home / "machine.key")
    with pytest.raises(RefusedError, match="inside the home"):
        slots.unlock_machine(custody.slot_path("machine"), moved)


def test_a_link_out_of_the_home_into_it_is_seen_through(custody: Custody, tmp_path: Path) -> None:
    """The folder that a path leads to is what counts."""
    (tmp_path / "elsewhere").symlink_to(custody.home / "keys")
    with pytest.raises(RefusedError, match="inside the home"):
        slots.check_outside(custody.home, tmp_path / "elsewhere" / "machine.key")


def test_a_machine_key_stays_where_it_is_when_the_slot_cannot_be_made(custody: Custody, tmp_path: Path) -> None:
    """A second machine slot of the same name is refused and leaves no orphaned key behind."""
    with pytest.raises(RefusedError):
        slots.create_machine_slot(custody.home, tmp_path / "second.key")
    assert not (tmp_path / "second.key").exists()
    assert custody.unlock_machine().name == "machine"


def test_a_credential_of_systemd_is_a_machine_key(custody: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    """In $CREDENTIALS_DIRECTORY the group's read bit stands for an ACL; anywhere else it does not."""
    custody.machine_key.chmod(0o440)
    with pytest.raises(LockedError, match="0440"):
        custody.unlock_machine()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(custody.machine_key.parent))
    assert custody.unlock_machine().name == "machine"


def test_a_passphrase_does_not_open_a_machine_slot(custody: Custody) -> None:
    """The refusal says what does."""
    with pytest.raises(LockedError, match="key file"):
        slots.unlock_person(custody.slot_path("machine"), PASSPHRASE)


def test_a_new_passphrase_replaces_the_old_and_keeps_the_slot(custody: Custody) -> None:
    """The key pair stays, so no authority's key has to be granted again."""
    before = custody.slot("li.wei").fingerprint
    slots.change_passphrase(custody.slot_path("li.wei"), PASSPHRASE, NEW, CHEAP)
    assert slots.unlock_person(custody.slot_path("li.wei"), NEW).slot.fingerprint == before
    with pytest.raises(LockedError):
        custody.unlock("li.wei")


def test_a_changed_passphrase_takes_a_fresh_salt_and_nonce(custody: Custody) -> None:
    """Nothing of the old seal is used again, even for the same passphrase."""
    path = custody.slot_path("li.wei")
    before = path.read_text()
    slots.change_passphrase(path, PASSPHRASE, PASSPHRASE, CHEAP)
    for field in ("salt", "nonce", "ciphertext"):
        old, new = (text.split(f'"{field}":"')[1].split('"')[0] for text in (before, path.read_text()))
        assert old != new


def test_recovery_words_cannot_be_changed(custody: Custody) -> None:
    """They are on paper; a new recovery slot replaces them."""
    with pytest.raises(RefusedError):
        slots.change_passphrase(custody.slot_path("recovery"), custody.words, NEW, CHEAP)


def test_a_weak_passphrase_is_refused_with_every_reason(tmp_path: Path) -> None:
    """Too short, too plain and padded are said at once, and nothing is written."""
    path = tmp_path / "li.wei.json"
    with pytest.raises(RefusedError) as caught:
        slots.create_person_slot(path, "li.wei", Role.OFFICER, Secret.from_text("aaa "), CHEAP)
    assert len(caught.value.findings) == 3
    assert {finding.value for finding in caught.value.findings} == {None}
    assert list(tmp_path.iterdir()) == []


def test_a_new_weak_passphrase_leaves_the_old_one(custody: Custody) -> None:
    """A refused change changes nothing."""
    with pytest.raises(RefusedError):
        slots.change_passphrase(custody.slot_path("li.wei"), PASSPHRASE, Secret.from_text("short"), CHEAP)
    assert custody.unlock("li.wei").name == "li.wei"


@pytest.mark.parametrize("name", ["", "Li", "../li", "li/wei", ".li", "li wei", "l" * 33, "李伟"])
def test_a_name_that_could_be_a_path_is_refused(tmp_path: Path, name: str) -> None:
    """A slot's name is a file's name."""
    with pytest.raises(UsageError):
        slots.slot_path(tmp_path, name)


@pytest.mark.parametrize("role", [Role.MACHINE, Role.RECOVERY])
def test_a_person_has_the_role_of_a_person(tmp_path: Path, role: Role) -> None:
    """Machine and recovery slots are made by their own functions."""
    with pytest.raises(RefusedError):
        slots.create_person_slot(tmp_path / "a.json", "a", role, PASSPHRASE, CHEAP)


def test_a_slot_is_never_written_over(custody: Custody) -> None:
    """A second slot of a name is refused; the first still opens."""
    with pytest.raises(RefusedError) as caught:
        slots.create_person_slot(custody.slot_path("li.wei"), "li.wei", Role.OFFICER, NEW, CHEAP)
    assert caught.value.code is Code.FILE_EXISTS
    assert custody.unlock("li.wei").role is Role.ADMINISTRATOR


def test_a_slot_that_is_not_there_is_not_found(custody: Custody) -> None:
    """Exit 5."""
    with pytest.raises(NotFoundError):
        custody.unlock("nobody")


def test_a_slot_file_under_another_name_is_refused(custody: Custody) -> None:
    """Whoever can rename files cannot make one slot stand for another."""
    custody.slot_path("wang.fang").replace(custody.slot_path("zhang.min"))
    with pytest.raises(IntegrityError, match=r"slot wang\.fang"):
        custody.slot("zhang.min")


def test_an_approval_verifies_with_the_public_half(custody: Custody) -> None:
    """A slot signs approvals with its own Ed25519 key (DETAILS 49)."""
    unlocked = custody.unlock()
    Ed25519PublicKey.from_public_bytes(unlocked.slot.ed25519).verify(unlocked.sign(b"approval"), b"approval")


def test_an_unlocked_slot_shows_who_it_is_and_nothing_else(custody: Custody) -> None:
    """A session in a traceback gives nothing away."""
    assert repr(custody.unlock()) == "UnlockedSlot('li.wei', administrator, private=redacted)"


def test_key_files_are_for_their_owner_only(custody: Custody) -> None:
    """Every key file is 0600, and no temporary name is left beside it."""
    files = [path for path in custody.home.rglob("*") if path.is_file()] + [custody.machine_key]
    assert {S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert [path for path in files if path.name.startswith(".")] == []


@pytest.mark.parametrize(("m_kib", "t", "p"), [(1 << 21, 3, 4), (64, 11, 1), (1024, 1, 17), (8, 1, 2), (64, 0, 1)])
def test_a_cost_out_of_bounds_is_refused(m_kib: int, t: int, p: int) -> None:
    """A file cannot make the machine spend more than 1 GiB, ten passes and sixteen lanes (DETAILS 49)."""
    with pytest.raises(ValueError, match="out of bounds"):
        Kdf(m_kib=m_kib, t=t, p=p)
