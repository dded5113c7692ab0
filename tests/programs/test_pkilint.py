"""Pkilint, a linter that had no part in making them, finds no error in certificates and CRLs of ours (R2.2).

A policy OID is of the documentation arc 1.3.6.1.4.1.32473: pkilint cannot read 2.25.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from pkilint import document, finding_filter, loader, pkix
from pkilint.cabf import cabf_crl, serverauth
from pkilint.cabf.serverauth.serverauth_constants import CertificateType
from pkilint.pkix import certificate, crl, extension, name
from pkilint.validation import ValidationFindingSeverity, ValidationResult

from certmgr.models.authorities import AuthorityRole, Network
from certmgr.models.keys import KeyType
from certmgr.models.revocations import CrlEntry, Reason
from certmgr.pki import build
from certmgr.pki import crl as own_crl
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, make_hierarchy

LEAF_TYPES = [
    KeyType.EC_P256,
    KeyType.EC_P384,
    KeyType.ED25519,
    KeyType.RSA_2048,
    KeyType.RSA_3072,
    KeyType.ML_DSA_44,
    KeyType.ML_DSA_65,
    KeyType.ML_DSA_87,
]
AUTHORITY_TYPES = [KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, KeyType.RSA_2048]
SERIOUS = (ValidationFindingSeverity.ERROR, ValidationFindingSeverity.FATAL)


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def codes(results: list[ValidationResult], *severities: ValidationFindingSeverity) -> set[str]:
    """Return the codes of the findings of these severities."""
    found = (one for result in results for one in result.finding_descriptions)
    return {one.finding.code for one in found if one.finding.severity in severities}


def lint_certificate(der: bytes) -> list[ValidationResult]:
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
    return list(validator.validate(loader.load_certificate(der, "certificate").root))


def lint_server(der: bytes, kind: CertificateType) -> list[ValidationResult]:
    """Lint a certificate against the Baseline Requirements for public servers."""
    parsed = loader.load_certificate(der, "certificate")
    decoding = certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS)
    validator = certificate.create_pkix_certificate_validator_container(decoding, serverauth.create_validators(kind))
    return list(validator.validate(parsed.root))
