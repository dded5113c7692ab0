"""Pkilint, which had no part in making them, finds nothing wrong with certificates and CRLs of ours (R2.2).

A policy OID is of the documentation arc 1.3.6.1.4.1.32473: pkilint cannot read 2.25.
"""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from pkilint import finding_filter, loader, pkix
from pkilint.bin import lint_pkix_signer_signee_cert_chain as chain_linter
from pkilint.cabf import cabf_crl, serverauth
from pkilint.cabf.serverauth.serverauth_constants import CertificateType
from pkilint.pkix import certificate, crl, extension, name
from pkilint.validation import ValidationFindingSeverity, ValidationResult

from certmgr.models.authorities import AuthoritySpec, Network
from certmgr.models.keys import KeyType
from certmgr.models.revocations import CrlEntry, Reason
from certmgr.models.serials import Serial
from certmgr.pki import build, crl_checks, keys
from certmgr.pki import crl as own_crl
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, make_hierarchy, shared_key

LEAF_TYPES = [key_type for key_type in KeyType if key_type is not KeyType.RSA_4096]
AUTHORITY_TYPES = [KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, KeyType.RSA_2048]
NETWORKS: dict[str, tuple[Network, ...]] = {
    "both families": ISSUING_SPEC.networks,
    "IPv4": (ip_network("10.0.0.0/8"),),
    "none": (),
}
PUBLIC_ONLY = {
    "cabf.internal_domain_name",
    "cabf.internal_ip_address",
    "cabf.serverauth.subscriber.certificate_policies_extension_absent",
    "cabf.serverauth.subscriber.subject_key_identifier_extension_present",
    "cabf.serverauth.dv.common_name_attribute_present",
}
"""What only a public CA owes; that every name of ours is internal is what these tests are after."""


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def serious(results: list[ValidationResult]) -> list[str]:
    """Return the codes of the warnings, errors and fatal findings, in their order."""
    found = (one.finding for result in results for one in result.finding_descriptions)
    return sorted(one.code for one in found if one.severity <= ValidationFindingSeverity.WARNING)


def lint_certificate(data: bytes) -> list[ValidationResult]:
    """Lint a certificate against RFC 5280."""
    validator = certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )
    return list(validator.validate(loader.load_certificate(data).root))


def lint_server(data: bytes) -> list[ValidationResult]:
    """Lint a leaf against the Baseline Requirements for public servers."""
    kind = CertificateType.DV_FINAL_CERTIFICATE
    validator = certificate.create_pkix_certificate_validator_container(
        serverauth.create_decoding_validators(), serverauth.create_validators(kind)
    )
    results = validator.validate(loader.load_certificate(data).root)
    kept, _ = finding_filter.filter_results(serverauth.create_serverauth_finding_filters(kind), results)
    return list(kept)


def lint_link(issuer: bytes, subject: bytes) -> list[ValidationResult]:
    """Lint what an issuer and its subject have in common: names, key identifiers, policies, the signature."""
    documents: dict[str, object] = {}
    load = loader.RFC5280CertificateDocumentLoader().load_der_document
    documents["issuer"] = load(issuer, "issuer", None, documents)
    documents["subject"] = load(subject, "subject", None, documents)
    decoding = chain_linter.create_decoder_validation_container()
    roots = [documents["issuer"].root, documents["subject"].root]  # type: ignore[attr-defined]  # pkilint has no types
    results = [result for root in roots for result in decoding.validate(root)]
    results += chain_linter.create_issuer_validation_container().validate(roots[0])
    results += chain_linter.create_subject_validation_container().validate(roots[1])
    return results


def lint_crl(data: bytes) -> list[ValidationResult]:
    """Lint a CRL against RFC 5280 and the Baseline Requirements."""
    kind = crl.CertificateRevocationListType.CRL
    validator = crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([cabf_crl.create_validity_period_validator(kind)]),
            crl.create_extensions_validator_container([]),
            cabf_crl.CabfCrlReasonCodeAllowlistValidator(kind),
        ],
    )
    return list(validator.validate(loader.load_crl(data).root))


@pytest.mark.parametrize("key_type", LEAF_TYPES)
@pytest.mark.parametrize("names", [("app.egov.internal",), ("b.egov.internal", "10.1.2.3", "fd00::1"), ("10.0.0.9",)])
def test_a_leaf_of_each_kind_of_key_is_clean(hierarchy: Hierarchy, key_type: KeyType, names: tuple[str, ...]) -> None:
    """With a CN and without, for names and for addresses alone."""
    leaf = hierarchy.issue(*names, key_type=key_type).certificate
    assert serious(lint_certificate(leaf)) == []


def test_a_wildcard_is_all_that_is_held_against_its_leaf(hierarchy: Hierarchy) -> None:
    """RFC 5280 leaves wildcards open, so pkilint takes the asterisk for bad syntax; RFC 9525 6.3 allows it."""
    leaf = hierarchy.issue("*.egov.internal").certificate
    assert serious(lint_certificate(leaf)) == ["pkix.invalid_domain_name_syntax"]


@pytest.mark.parametrize("client_auth", [False, True])
@pytest.mark.parametrize("plain", [False, True])
def test_a_leaf_of_each_shape_is_clean(hierarchy: Hierarchy, client_auth: bool, plain: bool) -> None:  # noqa: FBT001
    """With clientAuth, and without policy and URLs."""
    spec = hierarchy.spec("app.egov.internal", client_auth=client_auth, common_name=None)
    if plain:
        spec = replace(spec, policy_oid=None, user_notice=None, crl_url=None, issuer_url=None)
    tbs = build.make_leaf_tbs(spec, keys.public_spki(shared_key(KeyType.EC_P256)), hierarchy.issuer)
    assert serious(lint_certificate(hierarchy.sign(tbs))) == []


@pytest.mark.parametrize("authority_type", AUTHORITY_TYPES)
@pytest.mark.parametrize("networks", NETWORKS)
def test_authorities_of_each_shape_are_clean(authority_type: KeyType, networks: str) -> None:
    """Root, issuing CA, and the links between them and a leaf."""
    specs: list[AuthoritySpec] = [
        replace(spec, key_type=authority_type, networks=NETWORKS[networks]) for spec in (ROOT_SPEC, ISSUING_SPEC)
    ]
    hierarchy = make_hierarchy(specs[0], specs[1])
    leaf = hierarchy.issue("app.egov.internal").certificate
    assert serious(lint_certificate(hierarchy.root)) == []
    assert serious(lint_certificate(hierarchy.issuing)) == []
    assert serious(lint_link(hierarchy.root, hierarchy.issuing)) == []
    assert serious(lint_link(hierarchy.issuing, leaf)) == []


def test_every_name_of_a_leaf_is_found_internal(hierarchy: Hierarchy) -> None:
    """The public rules refuse each of our names, and nothing else in the certificate."""
    spec = hierarchy.spec("app.egov.internal", "*.egov.internal", "10.1.2.3", "fd00::1")
    # A public CA's leaf lives 200 days at most and carries no notice.
    spec = replace(spec, policy_oid=None, not_after=spec.not_before + timedelta(days=90))
    tbs = build.make_leaf_tbs(spec, keys.public_spki(shared_key(KeyType.EC_P256)), hierarchy.issuer)
    found = serious(lint_server(hierarchy.sign(tbs)))
    assert found.count("cabf.internal_domain_name") == 4  # two names, and the hosts of two URLs
    assert found.count("cabf.internal_ip_address") == 2
    assert set(found) <= PUBLIC_ONLY


def make_crl(hierarchy: Hierarchy, *entries: bytes) -> bytes:
    """Return a signed CRL."""
    end = hierarchy.now + timedelta(hours=72)
    return hierarchy.sign(own_crl.make_crl_tbs(hierarchy.issuer, 1_795_251_600, hierarchy.now, end, entries))


@pytest.mark.parametrize("authority_type", AUTHORITY_TYPES)
def test_crls_are_clean(authority_type: KeyType) -> None:
    """Empty, and with every reason that a public CA may give."""
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, key_type=authority_type))
    reasons = (None, Reason.KEY_COMPROMISE, Reason.AFFILIATION_CHANGED, Reason.SUPERSEDED, Reason.PRIVILEGE_WITHDRAWN)
    entries = [
        own_crl.entry_der(CrlEntry(serial=Serial.from_int(1000 + at), revoked_at=hierarchy.now, reason=reason))
        for at, reason in enumerate(reasons)
    ]
    assert serious(lint_crl(make_crl(hierarchy))) == []
    assert serious(lint_crl(make_crl(hierarchy, *entries))) == []


def test_pkilint_does_find_a_fault(hierarchy: Hierarchy) -> None:
    """An empty verdict means something: each of these is seen."""
    tbs = build.parts_of(hierarchy.issue("app.egov.internal").certificate)[0]
    encipherment = bytes.fromhex("030205a0")
    faulty = hierarchy.sign(tbs.replace(bytes.fromhex("03020780"), encipherment))
    assert serious(lint_certificate(faulty)) != []
    assert serious(lint_link(hierarchy.root, hierarchy.issue("app.egov.internal").certificate)) != []
    held = CrlEntry(serial=Serial("01"), revoked_at=hierarchy.now, reason=Reason.CERTIFICATE_HOLD)
    assert serious(lint_crl(make_crl(hierarchy, own_crl.entry_der(held)))) != []


def test_our_own_lint_sees_what_pkilint_does_not(hierarchy: Hierarchy) -> None:
    """A doubled serial and an empty list pass pkilint."""
    entry = own_crl.entry_der(CrlEntry(serial=Serial("01"), revoked_at=hierarchy.now, reason=None))
    doubled = make_crl(hierarchy, entry, entry)
    assert serious(lint_crl(doubled)) == []
    assert crl_checks.lint_crl(build.parts_of(doubled)[0], hierarchy.issuer, now=hierarchy.now)
