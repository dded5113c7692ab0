"""The signature algorithm that goes with each key type, its DER, and verification with it.

One key type, one algorithm: a CA never negotiates (RFC 5758 for ECDSA, RFC 8410 for Ed25519, RFC 9881 for ML-DSA).
"""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from certmgr.models.keys import KeyType
from certmgr.pki import der
from certmgr.pki.keys import PrivateKey, PublicKey

_RSA = der.sequence(der.oid("1.2.840.113549.1.1.11"), b"\x05\x00")
_IDENTIFIERS = {
    KeyType.EC_P256: der.sequence(der.oid("1.2.840.10045.4.3.2")),
    KeyType.EC_P384: der.sequence(der.oid("1.2.840.10045.4.3.3")),
    KeyType.ED25519: der.sequence(der.oid("1.3.101.112")),
    KeyType.RSA_2048: _RSA,
    KeyType.RSA_3072: _RSA,
    KeyType.RSA_4096: _RSA,
    KeyType.ML_DSA_44: der.sequence(der.oid("2.16.840.1.101.3.4.3.17")),
    KeyType.ML_DSA_65: der.sequence(der.oid("2.16.840.1.101.3.4.3.18")),
    KeyType.ML_DSA_87: der.sequence(der.oid("2.16.840.1.101.3.4.3.19")),
}
_SIGNATURE_NAMES = {
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.3.101.112": "Ed25519",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}


def signature_name(dotted: str) -> str:
    """Return the name of a signature algorithm by its OID, in OpenSSL's words; an unknown OID as it is."""
    return _SIGNATURE_NAMES.get(dotted, dotted)


def algorithm_identifier(key_type: KeyType) -> bytes:
    """Return the DER AlgorithmIdentifier of signatures by keys of `key_type`."""
    return _IDENTIFIERS[key_type]


def hash_of(key_type: KeyType) -> SHA256 | SHA384 | None:
    """Return the hash that signatures by `key_type` use; None where the algorithm brings its own."""
    if key_type is KeyType.EC_P384:
        return SHA384()
    if key_type is KeyType.EC_P256 or key_type.startswith("rsa"):
        return SHA256()
    return None


@lru_cache(maxsize=16)
def _ecdsa(key_type: KeyType) -> ec.ECDSA:
    return ec.ECDSA(hash_of(key_type) or SHA256())


def sign_with(key: PrivateKey, key_type: KeyType, tbs: bytes) -> bytes:
    """Return the signature over `tbs` by a subscriber's or a throw-away key; CA keys sign in custody."""
    digest = hash_of(key_type)
    if digest is None:
        return key.sign(tbs)  # type: ignore[call-arg]  # only key types without a hash come here
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(tbs, padding.PKCS1v15(), digest)
    return key.sign(tbs, ec.ECDSA(digest, deterministic_signing=True))  # type: ignore[arg-type, call-arg]


def is_signed_by(key: PublicKey, key_type: KeyType, tbs: bytes, signature: bytes) -> bool:
    """Claim that `signature` over `tbs` was made by `key` with the algorithm of `key_type`."""
    digest = hash_of(key_type)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, tbs, padding.PKCS1v15(), digest or SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, tbs, _ecdsa(key_type))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, tbs)
        else:
            key.verify(signature, tbs)
    except InvalidSignature:
        return False
    return True
