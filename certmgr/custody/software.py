"""A CA key in memory that signs (the Signer protocol of models.keys)."""

from typing import TYPE_CHECKING, Final

from certmgr.codes import Code
from certmgr.custody.secrets import Secret
from certmgr.errors import IntegrityError, UsageError
from certmgr.models.keys import KeyType

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_DETERMINISTIC: Final = frozenset({KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519})


class SoftwareSigner:
    """A private key in this process's memory; make one with `load_signer`."""

    __slots__ = ("_algorithm", "_key", "_key_type", "_spki")

    def __init__(self, key: "PrivateKeyTypes", key_type: KeyType, spki: bytes) -> None:
        """Hold a key with its type and its DER SubjectPublicKeyInfo."""
        self._key = key
        self._algorithm = _algorithm(key_type)
        self._key_type = key_type
        self._spki = spki

    @property
    def spki(self) -> bytes:
        """The DER SubjectPublicKeyInfo of the key."""
        return self._spki

    @property
    def key_type(self) -> KeyType:
        """The type of the key; it decides the signature algorithm."""
        return self._key_type

    @property
    def deterministic(self) -> bool:
        """Whether an open intent may be finished by signing again: EC (RFC 6979) and Ed25519 (DETAILS 5)."""
        return self._key_type in _DETERMINISTIC

    def sign(self, tbs: bytes) -> bytes:
        """Return the signature over `tbs` as X.509 holds it.

        ECDSA with SHA-256 for P-256 and SHA-384 for P-384, deterministic, in DER; RSA PKCS #1 v1.5 with
        SHA-256; Ed25519 (RFC 8410); ML-DSA (RFC 9881). Verifying the result is the caller's step.
        """
        return self._key.sign(tbs, *self._algorithm)  # type: ignore[union-attr, arg-type]  # see load_signer

    def __repr__(self) -> str:
        """Name the type and nothing else."""
        return f"SoftwareSigner({self._key_type.value}, private=redacted)"


def _algorithm(key_type: KeyType) -> tuple[object, ...]:
    """Return what a key of `key_type` is told beside the bytes to sign; ECDSA is deterministic (RFC 6979)."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, padding  # noqa: PLC0415

    if key_type is KeyType.EC_P256:
        return (ec.ECDSA(hashes.SHA256(), deterministic_signing=True),)
    if key_type is KeyType.EC_P384:
        return (ec.ECDSA(hashes.SHA384(), deterministic_signing=True),)
    if key_type.startswith("rsa"):
        return (padding.PKCS1v15(), hashes.SHA256())
    return ()


def load_signer(pkcs8: Secret) -> SoftwareSigner:
    """Return the signer for a DER PKCS #8 private key.

    Raises IntegrityError when it cannot be read, UsageError for a kind of key that no CA of ours has.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
        load_der_private_key,
    )

    try:
        key = load_der_private_key(pkcs8.reveal(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise IntegrityError("The authority's private key cannot be read.", code=Code.KEY_FILE_DAMAGED) from error
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SoftwareSigner(key, _key_type(key), spki)


def _key_type(key: "PrivateKeyTypes") -> KeyType:
    """Return the type of `key`; raises UsageError for one that signs no certificates here."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa  # noqa: PLC0415

    found: KeyType | None = None
    match key:
        case ec.EllipticCurvePrivateKey():
            found = {"secp256r1": KeyType.EC_P256, "secp384r1": KeyType.EC_P384}.get(key.curve.name)
        case rsa.RSAPrivateKey():
            sizes = {2048: KeyType.RSA_2048, 3072: KeyType.RSA_3072, 4096: KeyType.RSA_4096}
            found = sizes.get(key.key_size)
        case ed25519.Ed25519PrivateKey():
            found = KeyType.ED25519
        case mldsa.MLDSA44PrivateKey():
            found = KeyType.ML_DSA_44
        case mldsa.MLDSA65PrivateKey():
            found = KeyType.ML_DSA_65
        case mldsa.MLDSA87PrivateKey():
            found = KeyType.ML_DSA_87
    if found is None:
        raise UsageError("This kind of private key cannot be an authority's.")
    return found
