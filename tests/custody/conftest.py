"""A home with two people, a recovery slot and a machine, at a cost that tests can pay."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from certmgr.custody import authority_keys, slots
from certmgr.custody.kdf import Kdf
from certmgr.custody.secrets import Secret
from certmgr.models.operators import Role

CHEAP = Kdf(m_kib=64, t=1, p=1)
PASSPHRASE = Secret.from_text("four plain words here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """A home's slots, and an authority's key that most of them can open."""

    home: Path
    machine_key: Path
    words: Secret
    pkcs8: bytes
    spki: bytes

    def slot_path(self, name: str) -> Path:
        """Return the file of a slot."""
        return slots.slot_path(self.home, name)

    def slot(self, name: str) -> slots.Slot:
        """Return the public side of a slot."""
        return slots.read_slot(self.slot_path(name))

    def unlock(self, name: str = "li.wei") -> slots.UnlockedSlot:
        """Open a person's slot."""
        return slots.unlock_person(self.slot_path(name), PASSPHRASE)

    def unlock_machine(self) -> slots.UnlockedSlot:
        """Open the machine's slot."""
        return slots.unlock_machine(self.slot_path("machine"), self.machine_key)

    @property
    def key(self) -> Path:
        """The key file of `issuing-2026-1`, granted to li.wei, recovery and the machine."""
        return authority_keys.authority_key_path(self.home, "issuing-2026-1")


@pytest.fixture
def custody(tmp_path: Path) -> Custody:
    """Return a home with its slots and one authority's key."""
    home = tmp_path / "home"
    for folder in (home, home / "operators", home / "keys"):
        folder.mkdir()
    administrator = slots.create_person_slot(
        slots.slot_path(home, "li.wei"), "li.wei", Role.ADMINISTRATOR, PASSPHRASE, CHEAP
    )
    slots.create_person_slot(slots.slot_path(home, "zhang.min"), "zhang.min", Role.OFFICER, PASSPHRASE, CHEAP)
    slots.create_person_slot(slots.slot_path(home, "wang.fang"), "wang.fang", Role.AUDITOR, PASSPHRASE, CHEAP)
    recovery, words = slots.create_recovery_slot(slots.slot_path(home, "recovery"), "recovery", CHEAP)
    machine_key = tmp_path / "machine.key"
    machine = slots.create_machine_slot(home, machine_key)
    key = ec.generate_private_key(ec.SECP256R1())
    made = Custody(
        home=home,
        machine_key=machine_key,
        words=words,
        pkcs8=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        spki=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
    authority_keys.store_authority_key(
        made.key,
        slug="issuing-2026-1",
        spki=made.spki,
        pkcs8=Secret(made.pkcs8),
        recipients=[administrator, recovery, machine],
    )
    return made
