"""Software signers: what they sign verifies by the library's own rules, and is the same twice where it may be."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from certmgr.custody.secrets import Secret
from certmgr.custody.software import SoftwareSigner, load_signer
from certmgr.errors import IntegrityError, UsageError
from certmgr.models.keys import KeyType, Signer

TBS = b"to be signed"


def signer_for(key: PrivateKeyTypes) -> SoftwareSigner:
    """Return the signer of a fresh key."""
    return load_signer(Secret(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())))


@pytest.mark.parametrize(
    ("curve", "digest", "key_type"),
    [
        (ec.SECP256R1(), hashes.SHA256(), KeyType.EC_P256),
        (ec.SECP384R1(), hashes.SHA384(), KeyType.EC_P384),
    ],
    ids=["p256", "p384"],
)
def test_ec_signs_deterministically_with_the_hash_of_its_size(
    curve: ec.EllipticCurve, digest: hashes.HashAlgorithm, key_type: KeyType
) -> None:
    """RFC 6979: an intent signed again gives the same certificate; P-256 with SHA-256, P-384 with SHA-384."""
    signer = signer_for(ec.generate_private_key(curve))
    signature = signer.sign(TBS)
    public = load_der_public_key(signer.spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, TBS, ec.ECDSA(digest))
    assert signer.sign(TBS) == signature
    assert (signer.deterministic, signer.key_type) == (True, key_type)


def test_ed25519_signs() -> None:
    """RFC 8410: Ed25519 is deterministic by itself."""
    signer = signer_for(ed25519.Ed25519PrivateKey.generate())
    public = load_der_public_key(signer.spki)
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signer.sign(TBS), TBS)
    assert (signer.deterministic, signer.key_type) == (True, KeyType.ED25519)


def test_rsa_signs_with_pkcs1_and_settles_open_intents_by_the_crl() -> None:
    """An RSA authority is not among those that sign an intent again (DETAILS 5)."""
    signer = signer_for(rsa.generate_private_key(65537, 2048))
    public = load_der_public_key(signer.spki)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signer.sign(TBS), TBS, padding.PKCS1v15(), hashes.SHA256())
    assert (signer.deterministic, signer.key_type) == (False, KeyType.RSA_2048)


def test_ml_dsa_signs_differently_each_time() -> None:
    """RFC 9881: ML-DSA is randomised, so an open intent cannot be signed again."""
    signer = signer_for(mldsa.MLDSA44PrivateKey.generate())
    public = load_der_public_key(signer.spki)
    assert isinstance(public, mldsa.MLDSA44PublicKey)
    signature = signer.sign(TBS)
    public.verify(signature, TBS)
    assert signer.sign(TBS) != signature
    assert (signer.deterministic, signer.key_type) == (False, KeyType.ML_DSA_44)


def test_a_signer_is_a_signer() -> None:
    """The protocol of models.keys is what pki and issuance rely on."""
    signer: Signer = signer_for(ed25519.Ed25519PrivateKey.generate())
    assert signer.key_type is KeyType.ED25519


def test_a_signer_shows_its_type_and_nothing_else() -> None:
    """A signer in a traceback gives nothing away."""
    assert repr(signer_for(ed25519.Ed25519PrivateKey.generate())) == "SoftwareSigner(ed25519, private=redacted)"


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP521R1()), ed448.Ed448PrivateKey.generate(), rsa.generate_private_key(65537, 2304)],
    ids=["p521", "ed448", "rsa-2304"],
)
def test_a_key_of_another_kind_is_refused(key: PrivateKeyTypes) -> None:
    """An authority has one of the key types that certmgr knows."""
    with pytest.raises(UsageError):
        signer_for(key)


def test_what_is_no_key_is_an_integrity_error() -> None:
    """The library's own errors do not leave the room."""
    with pytest.raises(IntegrityError):
        load_signer(Secret(b"not a key"))
