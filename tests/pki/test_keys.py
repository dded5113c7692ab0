"""Keys: made, written down, and described (R1.5, R2.2)."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import UsageError
from certmgr.models.keys import KeyType
from certmgr.pki import algorithms, der, keys
from tests.pki.hierarchy import shared_key

DESCRIPTIONS = {
    KeyType.EC_P256: "EC P-256",
    KeyType.EC_P384: "EC P-384",
    KeyType.ED25519: "Ed25519",
    KeyType.RSA_2048: "RSA 2048 bits",
    KeyType.RSA_3072: "RSA 3072 bits",
    KeyType.ML_DSA_44: "ML-DSA-44",
    KeyType.ML_DSA_65: "ML-DSA-65",
    KeyType.ML_DSA_87: "ML-DSA-87",
}
"""RSA 4096 takes seconds to make; its size is data in the same table as 3072."""


@pytest.mark.parametrize("key_type", DESCRIPTIONS)
def test_a_key_of_each_type_is_known_by_its_public_half(key_type: KeyType) -> None:
    """The facts of a public key name its type, describe it and find nothing wrong with a new one."""
    spki = keys.public_spki(shared_key(key_type))
    facts = keys.facts_of_spki(spki)
    assert (facts.key_type, facts.description) == (key_type, DESCRIPTIONS[key_type])
    assert facts.findings == ()
    assert facts.spki_sha256 == keys.spki_sha256(spki)


@pytest.mark.parametrize("key_type", DESCRIPTIONS)
@pytest.mark.parametrize("write", [keys.private_pem, keys.private_der])
def test_a_private_key_reads_back(key_type: KeyType, write: Callable[[keys.PrivateKey], bytes]) -> None:
    """Both forms hold the same key."""
    key = shared_key(key_type)
    assert keys.public_spki(keys.load_private(write(key))) == keys.public_spki(key)


@pytest.mark.parametrize("key_type", DESCRIPTIONS)
def test_a_signature_holds_for_its_key_and_its_bytes_alone(key_type: KeyType) -> None:
    """Each key type has one algorithm."""
    key = shared_key(key_type)
    public, signature = key.public_key(), algorithms.sign_with(key, key_type, b"bytes")
    assert algorithms.is_signed_by(public, key_type, b"bytes", signature)
    assert not algorithms.is_signed_by(public, key_type, b"other bytes", signature)
    assert not algorithms.is_signed_by(public, key_type, b"bytes", b"")


def test_two_keys_differ() -> None:
    """Keys are random."""
    assert keys.private_der(keys.make_key(KeyType.EC_P256)) != keys.private_der(keys.make_key(KeyType.EC_P256))


def test_a_private_key_is_pkcs8_pem_for_web_servers() -> None:
    """nginx, Apache and Java read this form."""
    assert keys.private_pem(shared_key(KeyType.EC_P256)).startswith(b"-----BEGIN PRIVATE KEY-----\n")


@pytest.mark.parametrize("data", [b"", b"nothing", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_private_key_is_refused_without_repeating_it(data: bytes) -> None:
    """R1.5: a damaged key file is still a key file."""
    with pytest.raises(UsageError) as caught:
        keys.load_private(data)
    assert caught.value.__cause__ is None
    assert "AAAA" not in caught.value.message


def test_a_private_key_of_a_foreign_kind_is_refused() -> None:
    """No X25519 key is made or used."""
    with pytest.raises(UsageError, match="X25519"):
        keys.load_private(keys.private_der(x25519.X25519PrivateKey.generate()))  # type: ignore[arg-type]  # the point


def test_a_compressed_point_is_the_same_key() -> None:
    """R1.6: a blocked key stays blocked under its other encoding (RFC 5480 2.2)."""
    key = shared_key(KeyType.EC_P256)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    curve = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
    compressed = der.sequence(curve, der.bit_string(point))
    usual = keys.public_spki(key)
    assert compressed != usual
    assert keys.facts_of_spki(compressed).spki_sha256 == keys.spki_sha256(usual)
    assert keys.canonical_spki(compressed) == usual


@pytest.mark.parametrize(
    ("spki", "code"),
    [
        (b"", Code.KEY_INVALID),
        (b"\x30\x00", Code.KEY_INVALID),
        (
            ec.generate_private_key(ec.SECP521R1())
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            Code.KEY_UNSUPPORTED,
        ),
        (
            ed448.Ed448PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            Code.KEY_UNSUPPORTED,
        ),
    ],
    ids=["nothing", "empty sequence", "P-521", "Ed448"],
)
def test_a_key_that_is_not_certified_is_a_finding(spki: bytes, code: Code) -> None:
    """An unknown or damaged key is described, never a traceback."""
    facts = keys.facts_of_spki(spki)
    assert facts.key_type is None
    assert [finding.code for finding in facts.findings] == [code]


@given(st.binary(max_size=200))
def test_any_bytes_have_facts(data: bytes) -> None:
    """Strangers choose these bytes."""
    facts = keys.facts_of_spki(data)
    assert facts.key_type is not None or facts.findings
