"""Certificates as certmgr writes them: byte for byte those of cryptography's builder, with the fields RFC 5280 asks."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from certmgr.errors import UsageError
from certmgr.models.certificates import DnsName, LeafSpec
from certmgr.models.keys import KeyType
from certmgr.pki import algorithms, build, keys
from certmgr.pki.extensions import leaf_usage_value
from tests.pki.hierarchy import ISSUING_SPEC, Hierarchy, make_hierarchy, shared_key

QUICK_TYPES = [key_type for key_type in KeyType if key_type not in {KeyType.RSA_3072, KeyType.RSA_4096}]


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def builders_tbs(spec: LeafSpec, key: keys.PrivateKey, issuing: Hierarchy) -> bytes:
    """Return what cryptography's own builder makes of the same specification."""
    authority = x509.load_der_x509_certificate(issuing.issuing)
    key_type, _ = keys.key_type_of(key.public_key())
    assert key_type is not None
    subject = [] if spec.common_name is None else [x509.NameAttribute(NameOID.COMMON_NAME, spec.common_name)]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if spec.client_auth else [])]
    names = [*(x509.DNSName(name) for name in spec.dns), *(x509.IPAddress(address) for address in spec.ip)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(spec.serial.to_int())
        .not_valid_before(spec.not_before)
        .not_valid_after(spec.not_after)
        .add_extension(x509.SubjectAlternativeName(names), critical=spec.common_name is None)
        .add_extension(leaf_usage_value(key_type), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier(build.key_identifier(keys.public_spki(key))), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(issuing.issuer.ski, None, None), critical=False)
    )
    if spec.policy_oid:
        notice = [x509.UserNotice(None, spec.user_notice)] if spec.user_notice else None
        policy = x509.PolicyInformation(x509.ObjectIdentifier(spec.policy_oid), notice)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    if spec.crl_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(spec.crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if spec.issuer_url:
        place = x509.UniformResourceIdentifier(spec.issuer_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    signed = builder.sign(issuing.issuing_key, algorithms.hash_of(issuing.issuer.key_type))
    return signed.tbs_certificate_bytes


@pytest.mark.parametrize("issuer_type", QUICK_TYPES)
def test_a_leaf_of_every_issuer_type_is_the_builders(issuer_type: KeyType) -> None:
    """The signature algorithm inside follows the issuer's key."""
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, key_type=issuer_type))
    spec = hierarchy.spec("app.egov.internal", "10.1.2.3")
    key = shared_key(KeyType.EC_P256)
    tbs = build.make_leaf_tbs(spec, keys.public_spki(key), hierarchy.issuer)
    assert tbs == builders_tbs(spec, key, hierarchy)
    assert build.verify_signature(hierarchy.sign(tbs), hierarchy.issuer.spki)


@pytest.mark.parametrize("key_type", QUICK_TYPES)
def test_a_leaf_of_every_key_type_is_the_builders(hierarchy: Hierarchy, key_type: KeyType) -> None:
    """The key usage follows the subscriber's key: key transport for RSA only (R4.1)."""
    spec, key = hierarchy.spec("app.egov.internal"), shared_key(key_type)
    assert build.make_leaf_tbs(spec, keys.public_spki(key), hierarchy.issuer) == builders_tbs(spec, key, hierarchy)


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


@given(
    labels=st.lists(LABEL, min_size=1, max_size=30, unique=True),
    addresses=st.lists(st.ip_addresses(), max_size=5, unique=True),
    subject=st.booleans(),
    client_auth=st.booleans(),
    policy=st.sampled_from([None, "1.3.6.1.4.1.32473.1", "2.25.1"]),
    notice=st.sampled_from([None, "Internal use only.", "仅限内网使用"]),
    url=st.sampled_from([None, "http://pki.egov.internal/a.crl"]),
    end=st.sampled_from([datetime(2027, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)]),
)
def test_any_specification_is_the_builders(hierarchy: Hierarchy, **given_parts: object) -> None:
    """Two implementations write the same bytes for every shape of a specification."""
    labels, addresses = given_parts["labels"], given_parts["addresses"]
    assert isinstance(labels, list)
    assert isinstance(addresses, list)
    dns = tuple(DnsName(f"{label}.egov.internal") for label in labels)
    spec = hierarchy.spec(
        dns=dns,
        ip=tuple(addresses),
        common_name=dns[0] if given_parts["subject"] and len(dns[0]) <= 64 else None,
        client_auth=given_parts["client_auth"],
        policy_oid=given_parts["policy"],
        user_notice=given_parts["notice"],
        crl_url=given_parts["url"],
        issuer_url=given_parts["url"],
        not_after=given_parts["end"],
    )
    key = shared_key(KeyType.EC_P256)
    assert build.make_leaf_tbs(spec, keys.public_spki(key), hierarchy.issuer) == builders_tbs(spec, key, hierarchy)


def test_a_leaf_says_what_a_server_may_do_and_no_more(hierarchy: Hierarchy) -> None:
    """R4.1: serverAuth, digitalSignature, CA:FALSE; R2.3: the notice, and never nonRepudiation."""
    leaf = x509.load_der_x509_certificate(hierarchy.issue("app.egov.internal").certificate)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.content_commitment
    assert not usage.value.key_encipherment
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_an_empty_subject_makes_the_names_critical(hierarchy: Hierarchy) -> None:
    """RFC 5280 4.1.2.6."""
    leaf = x509.load_der_x509_certificate(hierarchy.issue("app.egov.internal", common_name=None).certificate)
    assert leaf.subject == x509.Name([])
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


def test_the_root_has_no_path_length_and_signs_itself(hierarchy: Hierarchy) -> None:
    """A path length in the root would break cross certificates."""
    root = x509.load_der_x509_certificate(hierarchy.root)
    basic = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, None)
    root.verify_directly_issued_by(root)


def test_the_issuing_ca_may_sign_leaves_alone(hierarchy: Hierarchy) -> None:
    """Path length 0, serverAuth alone, any policy, and the root's CRL and certificate."""
    issuing = x509.load_der_x509_certificate(hierarchy.issuing)
    issuing.verify_directly_issued_by(x509.load_der_x509_certificate(hierarchy.root))
    extensions = issuing.extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert hierarchy.issuer.purposes == (ExtendedKeyUsageOID.SERVER_AUTH.dotted_string,)
    policies = [
        policy.policy_identifier.dotted_string
        for policy in extensions.get_extension_for_class(x509.CertificatePolicies).value
    ]
    assert policies == ["2.5.29.32.0"]
    point = extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    assert [name.value for name in point.full_name or ()] == [ISSUING_SPEC.crl_url]


def test_client_authentication_is_there_only_when_asked_for() -> None:
    """R4.1: an administrator's choice at init."""
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, client_auth=True))
    assert ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string in (hierarchy.issuer.purposes or ())


def test_the_issuer_is_copied_byte_for_byte(hierarchy: Hierarchy) -> None:
    """Clients compare names as bytes, so a re-encoded name would break the chain."""
    issuing = x509.load_der_x509_certificate(hierarchy.issuing)
    assert build.subject_of(hierarchy.root) == issuing.issuer.public_bytes()
    assert build.subject_of(hierarchy.issuing) == issuing.subject.public_bytes() == hierarchy.issuer.name
    leaf = hierarchy.issue("app.egov.internal").certificate
    assert hierarchy.issuer.name in build.parts_of(leaf)[0]


def test_the_key_identifier_is_rfc_7093s() -> None:
    """The 160 leftmost bits of the SHA-256 of the key's bits, without the count of unused ones."""
    from hashlib import sha256

    key = shared_key(KeyType.EC_P256)
    spki = keys.public_spki(key)
    assert build.key_identifier(spki) == sha256(spki[26:]).digest()[:20]
    assert load_der_public_key(spki) == key.public_key()


def test_serials_are_random_positive_and_of_twenty_octets_at_most() -> None:
    """RFC 5280 4.1.2.2; 159 bits, so that no octet is needed for the sign."""
    serials = [build.make_serial() for _ in range(500)]
    assert len(set(serials)) == 500
    assert all(0 < serial.to_int() < 1 << 159 for serial in serials)
    assert max(serial.to_int().bit_length() for serial in serials) > 150


def test_an_assembled_certificate_comes_apart_again(hierarchy: Hierarchy) -> None:
    """Assembly changes neither the TBS nor the signature."""
    leaf = hierarchy.issue("app.egov.internal").certificate
    tbs, algorithm, signature = build.parts_of(leaf)
    assert algorithm == algorithms.algorithm_identifier(hierarchy.issuer.key_type)
    assert build.assemble(tbs, signature) == leaf


def test_a_signature_over_other_bytes_does_not_verify(hierarchy: Hierarchy) -> None:
    """Every octet of the TBS counts."""
    leaf = hierarchy.issue("app.egov.internal").certificate
    tbs, _, signature = build.parts_of(leaf)
    assert build.verify_signature(leaf, hierarchy.issuer.spki)
    assert not build.verify_signature(build.assemble(tbs.replace(b"app", b"apq"), signature), hierarchy.issuer.spki)
    assert not build.verify_signature(leaf, keys.public_spki(shared_key(KeyType.EC_P256)))
    assert not build.verify_signature(leaf + b"\x00", hierarchy.issuer.spki)
    assert not build.verify_signature(b"", hierarchy.issuer.spki)


def test_deterministic_keys_sign_the_same_bytes_alike(hierarchy: Hierarchy) -> None:
    """RFC 6979: an open intent can be signed again and gives the same certificate."""
    spec = hierarchy.spec("app.egov.internal")
    tbs = build.make_leaf_tbs(spec, keys.public_spki(shared_key(KeyType.EC_P256)), hierarchy.issuer)
    assert hierarchy.sign(tbs) == hierarchy.sign(tbs)


@pytest.mark.parametrize("what", [b"", b"nothing", b"\x30\x03abc"])
def test_what_is_no_certificate_is_no_issuer(what: bytes) -> None:
    """An imported CA may be any file."""
    with pytest.raises(UsageError):
        build.Issuer.from_certificate(what)


def test_a_leaf_is_no_issuer(hierarchy: Hierarchy) -> None:
    """CA:FALSE signs nothing."""
    with pytest.raises(UsageError, match="not that of a certificate authority"):
        build.Issuer.from_certificate(hierarchy.issue("app.egov.internal").certificate)
