"""The file of an authority's key: its fields, and how it is sealed and opened (DETAILS 49).

The private key is AES-256-GCM under a random data key, with every other field of the file as associated data, the
grants too. The data key is sealed to each slot's X25519 key with HPKE (RFC 9180), bound to the authority, its public
key and the slot.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certmgr.codes import Code
from certmgr.custody.sealed_file import (
    Body,
    associated_data,
    canonical,
    damaged,
    hexadecimal,
    parsed,
    read_body,
    write_body,
)
from certmgr.custody.secrets import Secret
from certmgr.custody.slots import Slot, UnlockedSlot
from certmgr.custody.software import SoftwareSigner, load_signer
from certmgr.errors import IntegrityError, LockedError
from certmgr.models.operators import Role
from certmgr.records import dataclass

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hpke import Suite

FORMAT: Final = "certmgr.authority-key/1"
ALGORITHM: Final = "hpke-x25519-hkdf-sha256-aes-256-gcm"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One slot that can open the key; it carries the slot's public key, so that a rotation needs no slot file."""

    operator: str
    role: Role
    x25519: bytes
    slot: str
    """The slot's fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What a key file says in clear."""

    authority: str
    spki_sha256: str
    roles: frozenset[Role]
    """Whose slots may ever hold the key."""
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedKeyFile:
    """A key file that a slot has opened."""

    file: KeyFile
    data_key: Secret
    pkcs8: Secret
    signer: SoftwareSigner


def grant_to(slot: Slot) -> Grant:
    """Return the grant of a slot."""
    return Grant(operator=slot.name, role=slot.role, x25519=slot.x25519, slot=slot.fingerprint)


def make_data_key() -> Secret:
    """Return a fresh data key."""
    return Secret(os.urandom(_KEY_BYTES))


def write_key_file(path: Path, file: KeyFile, pkcs8: Secret, data_key: Secret, *, replace: bool) -> None:
    """Seal `data_key` to every grant, encrypt the private key under it with a fresh nonce, write the file.

    Errors as `files.write_private`.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loads slowly

    suite, nonce = _suite(), os.urandom(_NONCE_BYTES)
    body: Body = {
        "format": FORMAT,
        "authority": file.authority,
        "spki_sha256": file.spki_sha256,
        "roles": sorted(role.value for role in file.roles),
        "alg": ALGORITHM,
        "nonce": nonce.hex(),
        "grants": [
            {
                "operator": to.operator,
                "role": to.role.value,
                "x25519": to.x25519.hex(),
                "slot": to.slot,
                "enc": suite.encrypt(
                    data_key.reveal(), X25519PublicKey.from_public_bytes(to.x25519), _info(file, to)
                ).hex(),
            }
            for to in file.grants
        ],
    }
    sealed = AESGCM(data_key.reveal()).encrypt(nonce, pkcs8.reveal(), associated_data(body))
    write_body(path, {**body, "ciphertext": sealed.hex()}, replace=replace)


def read_key_file(path: Path) -> KeyFile:
    """Return what the key file at `path` says in clear; nothing of it is proven until the file is opened.

    Raises IntegrityError for a damaged file and for one under another authority's name, NotFoundError where there is
    none, LockedError when it is not private.
    """
    return _read(path)[1]


def open_key_file(path: Path, unlocked: UnlockedSlot) -> OpenedKeyFile:
    """Return the key file at `path` as a slot opens it; from here on every field of it is proven.

    Raises LockedError when the slot has not been given the key, and as `read_key_file`.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loads slowly

    body, file = _read(path)
    held = next((one for one in file.grants if one == grant_to(unlocked.slot)), None)
    if held is None:
        raise LockedError(
            f"The slot {unlocked.name} has not been given the key of {file.authority}.",
            code=Code.SLOT_NOT_GRANTED,
            hint=f"These can open it: {', '.join(one.operator for one in file.grants)}.",
        )
    private = X25519PrivateKey.from_private_bytes(unlocked.private.reveal()[:_KEY_BYTES])
    nonce, ciphertext, sealed = parsed(path, body, lambda fields: _sealed_parts(fields, held))
    try:
        data_key = Secret(_suite().decrypt(sealed, private, _info(file, held)))
        pkcs8 = Secret(AESGCM(data_key.reveal()).decrypt(nonce, ciphertext, associated_data(body)))
    except (InvalidTag, ValueError) as error:
        # The slot is open and is the right one: only an altered file fails here.
        raise damaged(path) from error
    signer = load_signer(pkcs8)
    if hashlib.sha256(signer.spki).hexdigest() != file.spki_sha256:
        raise damaged(path)
    return OpenedKeyFile(file=file, data_key=data_key, pkcs8=pkcs8, signer=signer)


def _read(path: Path) -> tuple[Body, KeyFile]:
    body = read_body(path, expected=FORMAT)
    file = parsed(path, body, _key_file)
    if file.authority != path.stem:
        raise IntegrityError(
            f"The key file {path} is that of {file.authority}.",
            code=Code.KEY_FILE_DAMAGED,
            hint="Restore the files of this folder from a backup.",
        )
    return body, file


def _suite() -> "Suite":
    """Return the HPKE suite that ALGORITHM names."""
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite  # noqa: PLC0415 - loads slowly

    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _info(file: KeyFile, to: Grant) -> bytes:
    """Return what HPKE binds a sealed data key to, so that no grant can be moved to another file or slot."""
    return canonical(
        {
            "format": FORMAT,
            "authority": file.authority,
            "spki_sha256": file.spki_sha256,
            "operator": to.operator,
            "slot": to.slot,
        }
    )


def _key_file(body: Body) -> KeyFile:
    """Return the clear fields of a body; raises ValueError and its like for a wrong form."""
    if body["alg"] != ALGORITHM:
        raise ValueError(body["alg"])
    return KeyFile(
        authority=str(body["authority"]),
        spki_sha256=hexadecimal(body["spki_sha256"], _KEY_BYTES).hex(),
        roles=frozenset(Role(str(role)) for role in _sequence(body["roles"])),
        grants=tuple(_grant(one) for one in _sequence(body["grants"])),
    )


def _grant(one: object) -> Grant:
    if not isinstance(one, Mapping):
        raise TypeError(one)
    return Grant(
        operator=str(one["operator"]),
        role=Role(str(one["role"])),
        x25519=hexadecimal(one["x25519"], _KEY_BYTES),
        slot=str(one["slot"]),
    )


def _sealed_parts(body: Body, held: Grant) -> tuple[bytes, bytes, bytes]:
    """Return nonce, ciphertext and the data key sealed to `held`."""
    sealed = next(one["enc"] for one in _sequence(body["grants"]) if isinstance(one, Mapping) and _grant(one) == held)
    return (
        hexadecimal(body["nonce"], _NONCE_BYTES),
        bytes.fromhex(str(body["ciphertext"])),
        bytes.fromhex(str(sealed)),
    )


def _sequence(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value
