"""From a passphrase to a key: Argon2id (RFC 9106) with its cost on record."""

import secrets
from typing import Final

from certmgr.custody.secrets import Secret
from certmgr.errors import CertmgrError
from certmgr.records import dataclass

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
MAX_M_KIB: Final = 1 << 20
MAX_T: Final = 10
MAX_P: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kdf:
    """The cost of one guess at a passphrase; the default takes about 0.6 s and 256 MiB."""

    m_kib: int = 256 * 1024
    """Memory in KiB."""
    t: int = 3
    """Passes over the memory."""
    p: int = 4
    """Lanes."""

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a cost outside the bounds: a file must not be able to exhaust the machine."""
        within = 8 * self.p <= self.m_kib <= MAX_M_KIB and 1 <= self.t <= MAX_T and 1 <= self.p <= MAX_P
        if not within:
            message = f"Argon2id cost out of bounds: m={self.m_kib} KiB, t={self.t}, p={self.p}"
            raise ValueError(message)


DEFAULT_KDF: Final = Kdf()


def make_salt() -> bytes:
    """Return a fresh salt."""
    return secrets.token_bytes(SALT_BYTES)


def derive_key(passphrase: Secret, salt: bytes, kdf: Kdf) -> Secret:
    """Return the 32-byte key that `passphrase` and `salt` give at the cost `kdf`.

    Raises CertmgrError when the machine has not the memory for it.
    """
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415  # only people pay for it

    argon = Argon2id(salt=salt, length=KEY_BYTES, iterations=kdf.t, lanes=kdf.p, memory_cost=kdf.m_kib)
    try:
        return Secret(argon.derive(passphrase.reveal()))
    except MemoryError as error:
        raise CertmgrError(
            f"A passphrase needs {kdf.m_kib // 1024} MiB of memory to be checked, and there is less.",
            hint="Raise the memory limit of this session or service, or close other programs.",
        ) from error
