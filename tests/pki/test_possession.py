"""Proof that a key is held: what certmgr takes, and what it does not (R1.6)."""

import subprocess
from base64 import encodebytes
from datetime import date
from pathlib import Path

import pytest

from certmgr.errors import UsageError
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.pki import algorithms, keys, possession
from tests.programs_found import require_program

DAY = date(2026, 11, 21)
SHA256 = "ab" * 32
TEXT = possession.challenge_text(
    serial=Serial("0A1B"), certificate_sha256=SHA256, nonce=possession.nonce_of("entry", SHA256, DAY), day=DAY
)


@pytest.fixture(scope="module", params=list(KeyType))
def key(request: pytest.FixtureRequest) -> tuple[KeyType, keys.PrivateKey]:
    """Return a key of each type that is certified."""
    return request.param, keys.make_key(request.param)


def test_a_signature_by_the_key_proves_it(key: tuple[KeyType, keys.PrivateKey]) -> None:
    """As bytes and in base64, with line ends and without."""
    key_type, private = key
    spki = keys.public_spki(private)
    proof = algorithms.sign_with(private, key_type, TEXT.encode())
    for form in (proof, encodebytes(proof), encodebytes(proof).replace(b"\n", b"\r\n"), b"\n" + encodebytes(proof)):
        assert possession.is_signed(spki, TEXT, form)


def test_nothing_else_proves_it(key: tuple[KeyType, keys.PrivateKey]) -> None:
    """Another text, another key, another byte, nothing, a text."""
    key_type, private = key
    spki = keys.public_spki(private)
    proof = algorithms.sign_with(private, key_type, TEXT.encode())
    other = keys.public_spki(keys.make_key(KeyType.EC_P256))
    assert not possession.is_signed(other, TEXT, proof)
    assert not possession.is_signed(spki, TEXT.replace("0A1B", "0A1C"), proof)
    assert not possession.is_signed(spki, TEXT.rstrip("\n"), proof)
    changed = bytearray(proof)
    changed[len(changed) // 2] ^= 1
    for form in (bytes(changed), proof[:-1], proof + b"x", b"", b"=", TEXT.encode(), b"\x00" * 64):
        assert not possession.is_signed(spki, TEXT, form)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("EC", ("dgst", "-sha256", "-sign")),
        ("EC", ("dgst", "-sha512", "-sign")),
        ("RSA", ("dgst", "-sha256", "-sign")),
        ("RSA", ("dgst", "-sha384", "-sign")),
        ("ED25519", ("pkeyutl", "-sign", "-rawin", "-inkey")),
    ],
)
def test_what_openssl_signs_is_taken(tmp_path: Path, kind: str, words: tuple[str, ...]) -> None:
    """The commands of `certmgr revocation challenge --help`."""
    openssl = require_program("openssl")
    options = {
        "EC": ("-pkeyopt", "ec_paramgen_curve:P-256"),
        "RSA": ("-pkeyopt", "rsa_keygen_bits:2048"),
        "ED25519": (),
    }[kind]
    private, text, proof = tmp_path / "key.pem", tmp_path / "text", tmp_path / "proof"
    subprocess.run([openssl, "genpkey", "-algorithm", kind, *options, "-out", private], check=True, capture_output=True)
    text.write_text(TEXT)
    given = ("-in", text) if kind == "ED25519" else ()
    last = () if kind == "ED25519" else (text,)
    subprocess.run([openssl, *words, private, *given, "-out", proof, *last], check=True, capture_output=True)
    spki = keys.public_spki(keys.load_private(private.read_bytes()))
    assert possession.is_signed(spki, TEXT, proof.read_bytes())


def test_a_weak_digest_proves_nothing(tmp_path: Path) -> None:
    """SHA-1 signatures can be made for another text."""
    openssl = require_program("openssl")
    private, text, proof = tmp_path / "key.pem", tmp_path / "text", tmp_path / "proof"
    private.write_bytes(keys.private_pem(keys.make_key(KeyType.EC_P256)))
    text.write_text(TEXT)
    subprocess.run([openssl, "dgst", "-sha1", "-sign", private, "-out", proof, text], check=True, capture_output=True)
    spki = keys.public_spki(keys.load_private(private.read_bytes()))
    assert not possession.is_signed(spki, TEXT, proof.read_bytes())


def test_the_private_key_itself_proves_it(key: tuple[KeyType, keys.PrivateKey]) -> None:
    """PEM and DER; another key does not, and what is no key is said to be none without a word of it."""
    _, private = key
    digest = keys.spki_sha256(keys.public_spki(private))
    assert possession.key_of(keys.private_pem(private)) == possession.key_of(keys.private_der(private)) == digest
    assert possession.key_of(keys.private_pem(keys.make_key(KeyType.ED25519))) != digest
    with pytest.raises(UsageError) as caught:
        possession.key_of(b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    assert "c2VjcmV0" not in str(caught.value)


def test_a_nonce_belongs_to_one_certificate_of_one_home_on_one_day() -> None:
    """Derived, so that nothing is stored; different in everything that it is derived from."""
    nonces = {
        possession.nonce_of("entry", SHA256, DAY),
        possession.nonce_of("other", SHA256, DAY),
        possession.nonce_of("entry", "cd" * 32, DAY),
        possession.nonce_of("entry", SHA256, date(2026, 11, 22)),
    }
    assert len(nonces) == 4
    assert possession.nonce_of("entry", SHA256, DAY) in TEXT
    assert "serial: 0A1B\n" in TEXT
    assert TEXT.isascii()
    assert TEXT.endswith("\n")
