"""An authority's key at rest: who may open it, and every change of that (DETAILS 1).

The key is encrypted under a data key that is sealed to slots, so a new authority or a rotation needs one
administrator and nobody else's passphrase. Every change writes the file anew; taking a grant away also makes a new
data key. Copies of the file that somebody took earlier stay readable to them.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.custody.authority_files import (
    Grant,
    KeyFile,
    OpenedKeyFile,
    grant_to,
    make_data_key,
    open_key_file,
    read_key_file,
    write_key_file,
)
from certmgr.custody.secrets import Secret
from certmgr.custody.slots import Slot, UnlockedSlot
from certmgr.custody.software import SoftwareSigner, load_signer
from certmgr.errors import Finding, IntegrityError, NotFoundError, RefusedError
from certmgr.files import held
from certmgr.models.operators import SIGNING_ROLES, Role

ROOT_ROLES: Final = frozenset({Role.ADMINISTRATOR, Role.RECOVERY})
"""Whose slots may open a root's key; the root has no machine slot."""


def authority_key_path(home: Path, slug: str) -> Path:
    """Return where the key of the authority `slug` is kept."""
    return home / "keys" / f"{slug}.json"


def store_authority_key(  # noqa: PLR0913 - what a key file says
    path: Path,
    *,
    slug: str,
    spki: bytes,
    pkcs8: Secret,
    recipients: Sequence[Slot],
    roles: Collection[Role] = SIGNING_ROLES,
) -> None:
    """Write the key of the authority `slug` to `path` (`keys/<slug>.json`), sealed to `recipients`.

    `pkcs8` is the DER of the private key; `roles` is who may ever hold it: ROOT_ROLES for a root. Raises RefusedError
    for a recipient of another role, for none at all and where a file stands; IntegrityError when `pkcs8` is not the
    private half of `spki`.
    """
    if load_signer(pkcs8).spki != spki:
        raise IntegrityError(f"The private key given for {slug} is not the half of its public key.")
    file = KeyFile(
        authority=slug,
        spki_sha256=hashlib.sha256(spki).hexdigest(),
        roles=frozenset(roles),
        grants=tuple(grant_to(slot) for slot in recipients),
    )
    _check_roles(file, recipients)
    _check_somebody(file)
    write_key_file(path, file, pkcs8, make_data_key(), replace=False)


def open_authority_key(path: Path, unlocked: UnlockedSlot) -> SoftwareSigner:
    """Return the signer for the authority's key at `path`, opened by a slot.

    Raises LockedError when the slot has not been given the key, IntegrityError for a damaged or altered file,
    NotFoundError where there is none.
    """
    return open_key_file(path, unlocked).signer


def grants(path: Path) -> tuple[str, ...]:
    """Return the names of the slots that can open the key at `path`, in order; errors as `read_key_file`."""
    return tuple(one.operator for one in read_key_file(path).grants)


def grant(path: Path, unlocked: UnlockedSlot, slot: Slot) -> None:
    """Give the key at `path` to one more slot; doing it again for the same slot changes nothing.

    Compare the slot's fingerprint with the record first: what its file says is proven by nothing else. Raises
    RefusedError when its role may not hold the key or when another slot of its name holds it, and as
    `open_authority_key`.
    """
    with held(path.parent):
        opened = open_key_file(path, unlocked)
        file = opened.file
        _check_roles(file, [slot])
        if grant_to(slot) in file.grants:
            return
        if slot.name in {one.operator for one in file.grants}:
            raise RefusedError(
                f"Another slot named {slot.name} can open the key of {file.authority}.",
                hint="Take the key away from the old one first, which makes a new data key.",
            )
        file = replace(file, grants=(*file.grants, grant_to(slot)))
        write_key_file(path, file, opened.pkcs8, opened.data_key, replace=True)


def revoke_grant(path: Path, unlocked: UnlockedSlot, name: str) -> None:
    """Take the key at `path` away from the slot `name` and seal it under a new data key to the others.

    Raises NotFoundError when that slot does not hold it, RefusedError when nobody would be left.
    """
    with held(path.parent):
        opened = open_key_file(path, unlocked)
        file = opened.file
        remaining = tuple(one for one in file.grants if one.operator != name)
        if len(remaining) == len(file.grants):
            raise NotFoundError(
                f"The slot {name} does not hold the key of {file.authority}.", code=Code.SLOT_NOT_GRANTED
            )
        _rotate(path, opened, remaining)


def rotate(path: Path, unlocked: UnlockedSlot, remaining: Sequence[Slot]) -> None:
    """Seal the key at `path` under a new data key to `remaining`, each of which must hold it already.

    Raises IntegrityError for a slot that is not the one that was given the key (its file was swapped),
    RefusedError when nobody would be left.
    """
    with held(path.parent):
        opened = open_key_file(path, unlocked)
        file = opened.file
        strangers = [slot.name for slot in remaining if grant_to(slot) not in file.grants]
        if strangers:
            raise IntegrityError(
                f"These slots are not the ones that were given the key of {file.authority}: {', '.join(strangers)}.",
                hint="Find out who made them again; then grant the key to them or leave them out.",
            )
        _rotate(path, opened, tuple(grant_to(slot) for slot in remaining))


def _rotate(path: Path, opened: OpenedKeyFile, remaining: tuple[Grant, ...]) -> None:
    file = replace(opened.file, grants=remaining)
    _check_somebody(file)
    write_key_file(path, file, opened.pkcs8, make_data_key(), replace=True)


def _check_somebody(file: KeyFile) -> None:
    if not file.grants:
        raise RefusedError(f"Nobody would be able to open the key of {file.authority}.", code=Code.SLOT_LAST_GRANT)


def _check_roles(file: KeyFile, slots: Sequence[Slot]) -> None:
    """Raise RefusedError, naming each, when a slot's role may not hold the key."""
    findings = [
        Finding(
            code=Code.SLOT_ROLE,
            message=f"The slot {slot.name} has the role {slot.role.value}, which may not hold this key.",
            field="role",
            value=slot.role.value,
        )
        for slot in slots
        if slot.role not in file.roles
    ]
    if findings:
        raise RefusedError(
            f"The key of {file.authority} cannot be given to every one of these slots.",
            code=Code.SLOT_ROLE,
            findings=findings,
        )
