"""The private half of a slot: two raw keys, and their seal under a passphrase."""

import os
from collections.abc import Mapping
from typing import Final

from certmgr.custody.kdf import SALT_BYTES, Kdf, derive_key, make_salt
from certmgr.custody.sealed_file import Body, associated_data, hexadecimal
from certmgr.custody.secrets import Secret

HALF: Final = 32
"""Bytes of a raw X25519 or Ed25519 key."""
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


def make_private() -> Secret:
    """Return a new private half: a raw X25519 key, then a raw Ed25519 key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 - loads slowly

    return Secret(X25519PrivateKey.generate().private_bytes_raw() + Ed25519PrivateKey.generate().private_bytes_raw())


def public_halves(private: Secret) -> tuple[bytes, bytes]:
    """Return the raw X25519 and Ed25519 public keys of a private half; raises ValueError for a wrong length."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: PLC0415 - loads slowly

    raw = private.reveal()
    sealing = X25519PrivateKey.from_private_bytes(raw[:HALF])
    signing = Ed25519PrivateKey.from_private_bytes(raw[HALF:])
    return sealing.public_key().public_bytes_raw(), signing.public_key().public_bytes_raw()


def seal(private: Secret, passphrase: Secret, kdf: Kdf, public: Body) -> Body:
    """Return `public` with the private half sealed into it: fresh salt and nonce, every other field bound."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loads slowly

    salt, nonce = make_salt(), os.urandom(_NONCE_BYTES)
    cost: Body = {"algorithm": "argon2id", "m_kib": kdf.m_kib, "t": kdf.t, "p": kdf.p, "salt": salt.hex()}
    body: Body = {**public, "kdf": cost, "nonce": nonce.hex()}
    key = derive_key(passphrase, salt, kdf)
    sealed = AESGCM(key.reveal()).encrypt(nonce, private.reveal(), associated_data(body))
    return {**body, "ciphertext": sealed.hex()}


def open_seal(body: Body, passphrase: Secret) -> Secret | None:
    """Return the private half sealed in `body`, or None when the passphrase or a bound field is not the right one.

    Raises KeyError, TypeError or ValueError for a body that is not of the form, its cost out of bounds included.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loads slowly
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loads slowly

    cost = body["kdf"]
    if not isinstance(cost, Mapping) or cost["algorithm"] != "argon2id":
        raise TypeError(cost)
    kdf = Kdf(m_kib=_number(cost["m_kib"]), t=_number(cost["t"]), p=_number(cost["p"]))
    nonce = hexadecimal(body["nonce"], _NONCE_BYTES)
    sealed = hexadecimal(body["ciphertext"], 2 * HALF + _TAG_BYTES)
    key = derive_key(passphrase, hexadecimal(cost["salt"], SALT_BYTES), kdf)
    try:
        return Secret(AESGCM(key.reveal()).decrypt(nonce, sealed, associated_data(body)))
    except InvalidTag:
        return None


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value
