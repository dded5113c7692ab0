"""Keys as facts: their types, what is known of a public key, and who can sign."""

from enum import StrEnum
from typing import Protocol

from certmgr.errors import Finding
from certmgr.records import dataclass


class KeyType(StrEnum):
    """The key types that certmgr makes and certifies."""

    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    ED25519 = "ed25519"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    ML_DSA_44 = "ml-dsa-44"
    ML_DSA_65 = "ml-dsa-65"
    ML_DSA_87 = "ml-dsa-87"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What is known of a public key."""

    key_type: KeyType | None
    """None: a kind or size that certmgr certifies under no profile."""
    description: str
    """For people: `RSA 1024 bits, e=3`."""
    spki_sha256: str
    """SHA-256 of the DER SubjectPublicKeyInfo, 64 lower-case hex digits."""
    findings: tuple[Finding, ...] = ()
    """Weaknesses of the key itself: size, exponent, close primes, ROCA."""


class Signer(Protocol):
    """A CA key that can sign: software (custody.software) or a token."""

    @property
    def spki(self) -> bytes:
        """The DER SubjectPublicKeyInfo of the key."""

    @property
    def key_type(self) -> KeyType:
        """The type of the key; it decides the signature algorithm."""

    @property
    def deterministic(self) -> bool:
        """Whether signing the same bytes twice gives the same signature (RFC 6979, Ed25519)."""

    def sign(self, tbs: bytes) -> bytes:
        """Return the signature over `tbs` as X.509 holds it (DER for ECDSA)."""
