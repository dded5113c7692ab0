"""Key pairs: making them, writing them down, and what can be said of a public key."""

from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
)

from certmgr.codes import Code
from certmgr.errors import Finding, UsageError
from certmgr.models.keys import KeyFacts, KeyType
from certmgr.pki.weak_keys import check_rsa

PublicKey = (
    rsa.RSAPublicKey
    | ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | mldsa.MLDSA44PublicKey
    | mldsa.MLDSA65PublicKey
    | mldsa.MLDSA87PublicKey
)
PrivateKey = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)
PRIVATE_TYPES = (
    ec.EllipticCurvePrivateKey,
    rsa.RSAPrivateKey,
    ed25519.Ed25519PrivateKey,
    mldsa.MLDSA44PrivateKey,
    mldsa.MLDSA65PrivateKey,
    mldsa.MLDSA87PrivateKey,
)
PUBLIC_TYPES = (
    ec.EllipticCurvePublicKey,
    rsa.RSAPublicKey,
    ed25519.Ed25519PublicKey,
    mldsa.MLDSA44PublicKey,
    mldsa.MLDSA65PublicKey,
    mldsa.MLDSA87PublicKey,
)
_CURVES: dict[str, tuple[KeyType, str]] = {
    "secp256r1": (KeyType.EC_P256, "EC P-256"),
    "secp384r1": (KeyType.EC_P384, "EC P-384"),
}
_RSA_SIZES = {2048: KeyType.RSA_2048, 3072: KeyType.RSA_3072, 4096: KeyType.RSA_4096}
_OTHERS: tuple[tuple[type, KeyType, str], ...] = (
    (ed25519.Ed25519PublicKey, KeyType.ED25519, "Ed25519"),
    (mldsa.MLDSA44PublicKey, KeyType.ML_DSA_44, "ML-DSA-44"),
    (mldsa.MLDSA65PublicKey, KeyType.ML_DSA_65, "ML-DSA-65"),
    (mldsa.MLDSA87PublicKey, KeyType.ML_DSA_87, "ML-DSA-87"),
)


def make_key(key_type: KeyType) -> PrivateKey:  # noqa: PLR0911 - one line a type
    """Return a new private key of `key_type`."""
    match key_type:
        case KeyType.EC_P256:
            return ec.generate_private_key(ec.SECP256R1())
        case KeyType.EC_P384:
            return ec.generate_private_key(ec.SECP384R1())
        case KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.generate()
        case KeyType.ML_DSA_44:
            return mldsa.MLDSA44PrivateKey.generate()
        case KeyType.ML_DSA_65:
            return mldsa.MLDSA65PrivateKey.generate()
        case KeyType.ML_DSA_87:
            return mldsa.MLDSA87PrivateKey.generate()
        case KeyType.RSA_2048 | KeyType.RSA_3072 | KeyType.RSA_4096:
            return rsa.generate_private_key(public_exponent=65537, key_size=int(key_type.rpartition("-")[2]))


def private_pem(key: PrivateKey) -> bytes:
    """Return `key` as unencrypted PKCS#8 PEM, the form that web servers read."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_der(key: PrivateKey) -> bytes:
    """Return `key` as unencrypted PKCS#8 DER."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_private(data: bytes) -> PrivateKey:
    """Return the unencrypted private key that `data` holds as PEM or DER.

    Raises UsageError, which never repeats any of `data`, when it holds none or one of a kind that certmgr does not use.
    """
    pem = data.lstrip().startswith(b"-----BEGIN")
    try:
        key = load_pem_private_key(data, None) if pem else load_der_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause may quote bytes of the key, so it is not chained.
        raise UsageError("This is not an unencrypted private key of a kind that certmgr uses.") from None
    if not isinstance(key, PRIVATE_TYPES):
        raise UsageError(f"certmgr does not use private keys of the kind {type(key).__name__}.")
    return key


def public_spki(key: PrivateKey | PublicKey) -> bytes:
    """Return the DER SubjectPublicKeyInfo of `key`, or of its public half, in its one usual encoding."""
    public = key.public_key() if isinstance(key, PRIVATE_TYPES) else key
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def spki_sha256(spki: bytes) -> str:
    """Return the SHA-256 of `spki`, 64 lower-case hex digits: the name of a key in the store and on the blocklist."""
    return sha256(spki).hexdigest()


@lru_cache(maxsize=16)
def load_public(spki: bytes) -> PublicKey:
    """Return the public key of a DER SubjectPublicKeyInfo; raises UsageError for one that certmgr cannot use."""
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError("The public key cannot be read.") from error
    if not isinstance(key, PUBLIC_TYPES):
        raise UsageError(f"certmgr does not use public keys of the kind {type(key).__name__}.")
    return key


def canonical_spki(spki: bytes) -> bytes:
    """Return `spki` in its one usual encoding (EC points uncompressed, curves by name).

    A key has several encodings (RFC 5480 2.2), and the blocklist must know it under each. Raises UsageError
    for a key that certmgr cannot use.
    """
    return public_spki(load_public(spki))


def key_type_of(key: PublicKey) -> tuple[KeyType | None, str]:
    """Return the type of `key`, None where certmgr certifies no such key, and its description for people."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, (None, f"EC {key.curve.name}"))
    if isinstance(key, rsa.RSAPublicKey):
        exponent = key.public_numbers().e
        description = f"RSA {key.key_size} bits"
        return _RSA_SIZES.get(key.key_size), description if exponent == 65537 else f"{description}, e={exponent}"  # noqa: PLR2004
    for kind, key_type, description in _OTHERS:
        if isinstance(key, kind):
            return key_type, description
    return None, type(key).__name__


def _unusable(spki: bytes, code: Code, description: str, message: str) -> KeyFacts:
    finding = Finding(code=code, message=message, field="key", value=description)
    return KeyFacts(key_type=None, description=description, spki_sha256=spki_sha256(spki), findings=(finding,))


@lru_cache(maxsize=16)
def facts_of_spki(spki: bytes) -> KeyFacts:
    """Return what is known of the public key in a DER SubjectPublicKeyInfo, its weaknesses as findings.

    Never raises for a key that is damaged, weak or of an unknown kind: that is a finding, and `key_type` is None.
    `spki_sha256` is of the key's usual encoding, whatever encoding was given (see canonical_spki).
    """
    try:
        key = load_der_public_key(spki)
    except UnsupportedAlgorithm:
        message = "The key is of a kind or on a curve that is unknown here."
        return _unusable(spki, Code.KEY_UNSUPPORTED, "unknown", message)
    except (ValueError, TypeError):
        message = "The public key is damaged or not a valid key of its kind."
        return _unusable(spki, Code.KEY_INVALID, "invalid", message)
    if not isinstance(key, PUBLIC_TYPES):
        kind = type(key).__name__.removesuffix("PublicKey").lstrip("_")
        return _unusable(spki, Code.KEY_UNSUPPORTED, kind, f"Keys of the kind {kind} are not certified.")
    key_type, description = key_type_of(key)
    findings: tuple[Finding, ...] = ()
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        findings = check_rsa(numbers.n, numbers.e)
    elif key_type is None:
        message = f"Keys of the kind {description} are not certified; use EC P-256 or P-384, Ed25519 or RSA."
        findings = (Finding(code=Code.KEY_UNSUPPORTED, message=message, field="key", value=description),)
    return KeyFacts(
        key_type=key_type,
        description=description,
        spki_sha256=spki_sha256(public_spki(key)),
        findings=findings,
    )
