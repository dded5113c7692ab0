"""What a certificate says, in values and in words."""

import warnings
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certmgr.errors import UsageError
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.pki import build, export, inspect, keys
from tests.pki.hierarchy import NOTICE, POLICY_OID, Hierarchy, make_hierarchy, shared_key
from tests.pki.raw_csr import default_key


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def test_the_facts_of_a_leaf_are_those_it_was_made_from(hierarchy: Hierarchy) -> None:
    """Nothing is lost or invented on the way back."""
    leaf = hierarchy.issue("app.egov.internal", "*.egov.internal", "10.1.2.3", "fd00::1")
    facts = inspect.certificate_facts(leaf.certificate)
    assert (facts.dns, facts.ip) == (("app.egov.internal", "*.egov.internal"), ("10.1.2.3", "fd00::1"))
    assert facts.subject == "CN=app.egov.internal"
    assert facts.issuer == "CN=Example District Issuing CA 2026-1,O=Example District"
    assert facts.serial == leaf.spec.serial
    assert (facts.not_before, facts.not_after) == (leaf.spec.not_before, leaf.spec.not_after)
    assert facts.spki == keys.public_spki(leaf.key)
    assert facts.key.key_type is KeyType.EC_P256
    assert facts.signature_algorithm == "ecdsa-with-SHA256"
    assert facts.sha256 == inspect.sha256(leaf.certificate)
    assert not facts.is_authority


def test_the_facts_of_an_authority_say_so(hierarchy: Hierarchy) -> None:
    """CA:TRUE."""
    assert inspect.certificate_facts(hierarchy.root).is_authority


def test_a_leaf_in_words(hierarchy: Hierarchy) -> None:
    """What `show --text` prints, every extension included."""
    leaf = hierarchy.issue("app.egov.internal", "10.1.2.3", serial=Serial("0A1B" * 8), common_name=None)
    text = "\n".join(inspect.describe(leaf.certificate).lines())
    for line in (
        "Subject:     (empty)",
        "Serial:      0A1B0A1B0A1B0A1B0A1B0A1B0A1B0A1B",
        "Not before:  2026-11-21 08:55:00 UTC",
        "Key:         EC P-256",
        "Subject alternative names (critical):",
        "  DNS app.egov.internal",
        "  IP 10.1.2.3",
        "Key usage (critical):\n  digitalSignature",
        "Extended key usage:\n  serverAuth",
        "Basic constraints (critical):\n  no certificate authority",
        f"Certificate policies:\n  {POLICY_OID}\n    notice: {NOTICE}",
        "CRL distribution points:\n  URI http://pki.egov.internal/issuing-2026-1.crl",
        "Authority information access:\n  issuer URI http://pki.egov.internal/issuing-2026-1.cer",
        f"Authority key identifier:\n  {hierarchy.issuer.ski.hex()}",
    ):
        assert line in text


def test_an_authority_in_words(hierarchy: Hierarchy) -> None:
    """The constraints are what `init --dry-run` is read for."""
    text = "\n".join(inspect.describe(hierarchy.issuing).lines())
    for line in (
        "Basic constraints (critical):\n  certificate authority, path length 0",
        "Name constraints (critical):\n  permitted: DNS egov.internal\n  permitted: IP 10.0.0.0/8",
        "  permitted: mail egov.internal\n  permitted: URI egov.internal\n  permitted: URI .egov.internal",
        "Certificate policies:\n  any policy",
        "Key usage (critical):\n  keyCertSign, cRLSign",
    ):
        assert line in text


def test_what_is_to_be_signed_in_words(hierarchy: Hierarchy) -> None:
    """A dry run shows the same text, without a fingerprint that cannot be known yet."""
    leaf = hierarchy.issue("app.egov.internal")
    signed = inspect.describe(leaf.certificate)
    unsigned = inspect.describe_tbs(build.parts_of(leaf.certificate)[0])
    assert unsigned.extensions == signed.extensions
    assert set(signed.fields) - set(unsigned.fields) == {("SHA-256", inspect.sha256(leaf.certificate))}


def foreign(*extensions: x509.ExtensionType, common_name: str = "box") -> bytes:
    """Return a certificate of a stranger, as a probe may bring home."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name, _validate=False)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(default_key().public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2060, 1, 1, tzinfo=UTC))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(default_key(), SHA256()).public_bytes(Encoding.DER)


def test_a_strangers_certificate_in_words() -> None:
    """Kinds of names and extensions that certmgr never writes are told, too."""
    names = x509.SubjectAlternativeName(
        [
            x509.RFC822Name("a@b.internal"),
            x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "O")])),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.OtherName(x509.ObjectIdentifier("1.2.4"), b"\x05\x00"),
        ]
    )
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    must_staple = x509.TLSFeature([x509.TLSFeatureType.status_request])
    text = "\n".join(inspect.describe(foreign(names, unknown, must_staple)).lines())
    assert "  mail a@b.internal\n  directory O=O\n  registered id 1.2.3\n  other 1.2.4" in text
    assert "1.2.3.4:\n  0500" in text
    assert "3003020105" in text


def test_a_strangers_text_cannot_act_on_a_terminal() -> None:
    """Control characters are shown as escapes, and the library's warnings stay off standard error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = foreign(common_name="\x1b]0;owned\x07" + "x" * 80)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = inspect.describe(data)
    assert all(line.isprintable() for line in text.lines())


@pytest.mark.parametrize(
    "data", [b"", b"nothing", b"\x30\x00", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    """The user gives any file."""
    with pytest.raises(UsageError):
        inspect.load_certificate(data)
    with pytest.raises(UsageError):
        inspect.certificate_facts(data)


def test_a_certificate_is_loaded_from_either_form(hierarchy: Hierarchy) -> None:
    """PEM and DER give the same DER; two in one file are one too many."""
    assert inspect.load_certificate(hierarchy.root) == hierarchy.root
    assert inspect.load_certificate(export.pem(hierarchy.root)) == hierarchy.root
    with pytest.raises(UsageError, match="2 certificates"):
        inspect.load_certificate(export.chain_pem((hierarchy.issuing, hierarchy.root)))


def test_a_key_of_an_unknown_kind_has_facts(hierarchy: Hierarchy) -> None:
    """A probe meets P-521."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP521R1())
    spec = replace(hierarchy.spec("app.egov.internal"))
    facts = inspect.certificate_facts(
        hierarchy.sign(build.make_leaf_tbs(spec, keys.public_spki(key), hierarchy.issuer))
    )
    assert facts.key.key_type is None
    assert facts.key.description == "EC secp521r1"
    assert (
        keys.spki_sha256(facts.spki)
        == facts.key.spki_sha256
        != keys.spki_sha256(keys.public_spki(shared_key(KeyType.EC_P256)))
    )
