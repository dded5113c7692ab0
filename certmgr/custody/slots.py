"""Slots: key pairs with a name and a role, which a passphrase or a machine's key file opens (DETAILS 1 to 4, 49).

A slot file holds the public halves; the private half is sealed under the passphrase with every other field
as associated data. A machine's private half lies in its own key file, outside the home.
"""

import hashlib
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.custody import recovery_words, slot_seals
from certmgr.custody.kdf import DEFAULT_KDF, Kdf
from certmgr.custody.sealed_file import Body, canonical, damaged, hexadecimal, parsed, read_body, write_body
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, IntegrityError, LockedError, RefusedError, UsageError
from certmgr.models.operators import Role
from certmgr.records import dataclass

FORMAT: Final = "certmgr.slot/1"
MACHINE_FORMAT: Final = "certmgr.machine-key/1"
MIN_PASSPHRASE: Final = 12
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class SlotKind(StrEnum):
    """What opens a slot."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the kind of a slot
    WORDS = "words"
    """Recovery words, on paper."""
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The public side of a slot: all that is needed to seal something to it."""

    name: str
    role: Role
    kind: SlotKind
    x25519: bytes
    """The raw public key that data keys are sealed to."""
    ed25519: bytes
    """The raw public key that the slot's approvals verify with."""

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Tell whether `signature` is the slot's own over `message`."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

        try:
            Ed25519PublicKey.from_public_bytes(self.ed25519).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all the above, hex: what the journal notes, so that a slot cannot be swapped unseen."""
        return hashlib.sha256(canonical(_public(self))).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockedSlot:
    """A slot whose private half is in memory: whoever holds it acts under its name."""

    slot: Slot
    private: Secret
    """The raw X25519 private key, then the raw Ed25519 one."""

    @property
    def name(self) -> str:
        """The slot's name."""
        return self.slot.name

    @property
    def role(self) -> Role:
        """The slot's role."""
        return self.slot.role

    def sign(self, message: bytes) -> bytes:
        """Return the slot's Ed25519 signature over `message`: an approval."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

        return Ed25519PrivateKey.from_private_bytes(self.private.reveal()[slot_seals.HALF :]).sign(message)

    def __repr__(self) -> str:
        """Name the slot and nothing else."""
        return f"UnlockedSlot({self.slot.name!r}, {self.slot.role.value}, private=redacted)"


def slot_path(home: Path, name: str) -> Path:
    """Return where the slot `name` is kept; raises UsageError for a name that cannot be one."""
    check_name(name)
    return home / "operators" / f"{name}.json"


def check_name(name: str) -> None:
    """Raise UsageError unless `name` can be a slot's: `[a-z0-9][a-z0-9._-]{0,31}`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:60]!r} cannot be the name of a slot.",
            code=Code.SLOT_NAME,
            hint="Use 1 to 32 lower-case letters, digits, dots, hyphens and underscores, such as li.wei.",
        )


def check_passphrase(passphrase: Secret, name: str) -> tuple[Finding, ...]:
    """Return why `passphrase` is too weak for the slot `name`; empty when it will do."""
    text = passphrase.text()
    checks = (
        (len(text) < MIN_PASSPHRASE, f"It has fewer than {MIN_PASSPHRASE} characters."),
        (len(set(text)) < MIN_PASSPHRASE // 2, f"It has fewer than {MIN_PASSPHRASE // 2} different characters."),
        (text.strip().lower() == name, "It is the name of the slot."),
        (text != text.strip(), "It begins or ends with a space."),
    )
    return tuple(
        Finding(code=Code.SLOT_WEAK_PASSPHRASE, message=message, field="passphrase")
        for failed, message in checks
        if failed
    )


def create_person_slot(path: Path, name: str, role: Role, passphrase: Secret, kdf: Kdf = DEFAULT_KDF) -> Slot:
    """Make a slot for a person at `path` and return its public side.

    Raises RefusedError for a weak passphrase, for the role of a machine or of recovery, and where a file stands.
    """
    check_name(name)
    if role in {Role.MACHINE, Role.RECOVERY}:
        raise RefusedError(f"A person's slot cannot have the role {role.value}.", code=Code.SLOT_ROLE)
    findings = check_passphrase(passphrase, name)
    if findings:
        raise RefusedError(
            "The passphrase is too weak.", code=Code.SLOT_WEAK_PASSPHRASE, findings=findings, hint="Use a few words."
        )
    slot, private = _make_pair(name, role, SlotKind.PASSPHRASE)
    write_body(path, _sealed(slot, private, passphrase, kdf), replace=False)
    return slot


def create_recovery_slot(path: Path, name: str, kdf: Kdf = DEFAULT_KDF) -> tuple[Slot, Secret]:
    """Make a recovery slot at `path`; return it and the words that open it, to be shown once (DETAILS 4)."""
    check_name(name)
    secret = recovery_words.make_secret()
    slot, private = _make_pair(name, Role.RECOVERY, SlotKind.WORDS)
    write_body(path, _sealed(slot, private, secret, kdf), replace=False)
    return slot, Secret.from_text(recovery_words.to_words(secret))


def create_machine_slot(home: Path, machine_key: Path, name: str = "machine") -> Slot:
    """Make the machine's slot in `home` and its key file at `machine_key`; return the public side.

    Raises RefusedError when the key file would lie inside the home (DETAILS 3) and where a file stands.
    """
    path = slot_path(home, name)
    check_outside(home, machine_key)
    slot, private = _make_pair(name, Role.MACHINE, SlotKind.MACHINE)
    write_body(machine_key, _machine_body(slot, private), replace=False)
    try:
        write_body(path, {"format": FORMAT, **_public(slot)}, replace=False)
    except BaseException:
        # The key file is of this call's making and opens nothing.
        machine_key.unlink()
        raise
    return slot


def check_outside(home: Path, machine_key: Path) -> None:
    """Raise RefusedError when `machine_key` lies inside `home`, symbolic links followed (DETAILS 3)."""
    inside = machine_key.resolve().is_relative_to(home.resolve())
    if inside or machine_key.absolute().is_relative_to(home.absolute()):
        raise RefusedError(
            f"The machine's key file {machine_key} would lie inside the home {home}.",
            code=Code.MACHINE_KEY_INSIDE,
            hint="Keep it where no backup of the home takes it along, such as /etc/certmgr/machine.key.",
        )


def read_slot(path: Path) -> Slot:
    """Return the public side of the slot at `path`.

    It is what the file says: compare `fingerprint` with the record before sealing anything to it. Raises
    IntegrityError for a damaged file, NotFoundError where there is none, LockedError when it is not private.
    """
    return _read(path)[1]


def unlock_person(path: Path, passphrase: Secret) -> UnlockedSlot:
    """Open the slot at `path` with a passphrase or, for a recovery slot, with its words as typed.

    Raises LockedError when it does not open, UsageError for words that cannot be right, IntegrityError for a
    damaged file. Takes as long as the slot's cost demands: 0.6 s by default.
    """
    body, slot = _read(path)
    if slot.kind is SlotKind.MACHINE:
        raise LockedError(f"The slot {slot.name} is a machine's: its key file opens it, not a passphrase.")
    if slot.kind is SlotKind.WORDS:
        passphrase = recovery_words.parse_words(passphrase.text())
    opened = parsed(path, body, lambda fields: slot_seals.open_seal(fields, passphrase))
    if opened is None:
        raise LockedError(
            f"Wrong passphrase for slot {slot.name}.",
            code=Code.SLOT_WRONG_PASSPHRASE,
            hint="Look at capitals and keyboard layout, or act as another slot (--as NAME).",
        )
    return _unlocked(path, slot, opened)


def unlock_machine(path: Path, machine_key: Path) -> UnlockedSlot:
    """Open the machine's slot at `path` (in a home's `operators` folder) with its key file.

    Raises RefusedError for a key file inside the home, LockedError when it belongs to another slot or is not
    private, IntegrityError for a damaged file, NotFoundError where there is none.
    """
    check_outside(path.parent.parent, machine_key)
    public, slot = _read(path)
    body = read_body(machine_key, expected=MACHINE_FORMAT, credential=_is_credential(machine_key))
    if body.get("slot") != _public(slot):
        raise LockedError(
            f"The machine key {machine_key} does not belong to slot {slot.name}.",
            code=Code.SLOT_WRONG_PASSPHRASE,
            hint="Name the right file, or make the machine's slot again.",
        )
    private = parsed(machine_key, body, lambda fields: Secret(hexadecimal(fields["private"], 2 * slot_seals.HALF)))
    # No seal binds these two files: they hold exactly what create_machine_slot writes.
    for file, found, expected in (
        (path, public, {"format": FORMAT, **_public(slot)}),
        (machine_key, body, _machine_body(slot, private)),
    ):
        if found != expected:
            raise damaged(file)
    return _unlocked(machine_key, slot, private)


def change_passphrase(path: Path, old: Secret, new: Secret, kdf: Kdf = DEFAULT_KDF) -> Slot:
    """Seal the slot at `path` under `new` instead of `old`; what it may open stays the same.

    Raises as `unlock_person` for `old` and as `create_person_slot` for `new`. The file is replaced whole.
    """
    unlocked = unlock_person(path, old)
    if unlocked.slot.kind is not SlotKind.PASSPHRASE:
        raise RefusedError(f"The slot {unlocked.name} has no passphrase to change: make a new one and remove this.")
    findings = check_passphrase(new, unlocked.name)
    if findings:
        raise RefusedError("The new passphrase is too weak.", code=Code.SLOT_WEAK_PASSPHRASE, findings=findings)
    write_body(path, _sealed(unlocked.slot, unlocked.private, new, kdf), replace=True)
    return unlocked.slot


def _make_pair(name: str, role: Role, kind: SlotKind) -> tuple[Slot, Secret]:
    """Return a new slot and its private half."""
    private = slot_seals.make_private()
    x25519, ed25519 = slot_seals.public_halves(private)
    return Slot(name=name, role=role, kind=kind, x25519=x25519, ed25519=ed25519), private


def _public(slot: Slot) -> Body:
    return {
        "name": slot.name,
        "role": slot.role.value,
        "kind": slot.kind.value,
        "x25519": slot.x25519.hex(),
        "ed25519": slot.ed25519.hex(),
    }


def _machine_body(slot: Slot, private: Secret) -> Body:
    return {"format": MACHINE_FORMAT, "slot": _public(slot), "private": private.reveal().hex()}


def _sealed(slot: Slot, private: Secret, passphrase: Secret, kdf: Kdf) -> Body:
    return slot_seals.seal(private, passphrase, kdf, {"format": FORMAT, **_public(slot)})


def _unlocked(path: Path, slot: Slot, private: Secret) -> UnlockedSlot:
    """Return the unlocked slot after proving that the private half belongs to the public one."""
    if parsed(path, private, slot_seals.public_halves) != (slot.x25519, slot.ed25519):
        raise damaged(path)
    return UnlockedSlot(slot=slot, private=private)


def _read(path: Path) -> tuple[Body, Slot]:
    """Return the body of a slot file and the slot in it, whose name must be the file's."""
    body = read_body(path, expected=FORMAT)
    slot = parsed(path, body, _slot)
    if slot.name != path.stem:
        raise IntegrityError(
            f"The key file {path} is that of the slot {slot.name}.",
            code=Code.KEY_FILE_DAMAGED,
            hint="Restore the files of this folder from a backup.",
        )
    return body, slot


def _slot(body: Body) -> Slot:
    """Return the public side of a slot file's body; raises ValueError and its like for a wrong form."""
    return Slot(
        name=str(body["name"]),
        role=Role(str(body["role"])),
        kind=SlotKind(str(body["kind"])),
        x25519=hexadecimal(body["x25519"], slot_seals.HALF),
        ed25519=hexadecimal(body["ed25519"], slot_seals.HALF),
    )


def _is_credential(machine_key: Path) -> bool:
    """Tell whether systemd handed over the file: it lies in $CREDENTIALS_DIRECTORY."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(folder) and machine_key.parent == Path(folder or "")
