"""Proof that somebody holds the private key of a certificate: what a report of a compromised key rests on (R1.6).

The challenge is a text that names the certificate and carries a nonce; it is derived anew when a proof comes, so that
nothing is stored for it. Whoever signs it has the key, and has said with it that it is to be revoked.
"""

import binascii
from base64 import b64decode
from datetime import date
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from certmgr.models.serials import Serial
from certmgr.pki.keys import PublicKey, load_private, load_public, public_spki, spki_sha256

_DIGESTS: Final = (SHA256(), SHA384(), SHA512())
"""What `openssl dgst` signs with by name; weaker ones prove nothing."""
_CONTEXT: Final = "certmgr proof of possession, version 1"


def nonce_of(secret: str, certificate_sha256: str, day: date) -> str:
    """Return the nonce of the certificate's challenge of `day`, 64 hex digits.

    `secret` is known to this home alone: the hash of the journal entry from which the certificate came.
    """
    return sha256(f"{_CONTEXT}\n{secret}\n{certificate_sha256}\n{day.isoformat()}".encode()).hexdigest()


def challenge_text(*, serial: Serial, certificate_sha256: str, nonce: str, day: date) -> str:
    """Return the text to be signed: ASCII, lines that end in a line feed."""
    return (
        f"{_CONTEXT}\n"
        "I hold the private key of this certificate, and ask that it be revoked as compromised.\n"
        f"serial: {serial}\n"
        f"sha256: {certificate_sha256}\n"
        f"date: {day.isoformat()}\n"
        f"nonce: {nonce}\n"
    )


def is_signed(spki: bytes, text: str, proof: bytes) -> bool:
    """Claim that `proof`, as bytes or in base64, is a signature over `text` by the key in the DER `spki`.

    EC and RSA (PKCS #1 v1.5) with SHA-256, SHA-384 or SHA-512; Ed25519 and ML-DSA as they are.
    """
    key = load_public(spki)
    return any(_verifies(key, text.encode("ascii"), signature) for signature in _forms(proof))


def key_of(private: bytes) -> str:
    """Return the SPKI hash of the unencrypted private key in `private`, PEM or DER.

    Raises UsageError, which repeats none of it, where `private` holds no such key.
    """
    return spki_sha256(public_spki(load_private(private)))


def _forms(proof: bytes) -> tuple[bytes, ...]:
    try:
        return proof, b64decode(b"".join(proof.split()), validate=True)
    except (binascii.Error, ValueError):
        return (proof,)


def _verifies(key: PublicKey, text: bytes, signature: bytes) -> bool:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return _holds(key, text, signature, None)
    return any(_holds(key, text, signature, digest) for digest in _DIGESTS)


def _holds(key: PublicKey, text: bytes, signature: bytes, digest: SHA256 | SHA384 | SHA512 | None) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, text, ec.ECDSA(digest or SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, text, padding.PKCS1v15(), digest or SHA256())
        else:
            key.verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
