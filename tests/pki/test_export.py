"""Certificates and keys in the forms of other programs."""

import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from certmgr.errors import UsageError
from certmgr.models.keys import KeyType
from certmgr.pki import export, keys
from tests.pki.hierarchy import Hierarchy, make_hierarchy, shared_key


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


@given(st.binary(min_size=1, max_size=500))
def test_pem_is_the_form_of_the_standard_library(data: bytes) -> None:
    """RFC 7468: 64 characters a line, a line end behind the last."""
    assert export.pem(data).decode() == ssl.DER_cert_to_PEM_cert(data)


def test_a_chain_keeps_its_order(hierarchy: Hierarchy) -> None:
    """RFC 8446 4.4.2: each certificate is followed by the one that signed it."""
    text = export.chain_pem((hierarchy.issuing, hierarchy.root))
    assert export.certificates_of_pem(text) == (hierarchy.issuing, hierarchy.root)


def test_a_file_without_certificates_is_refused() -> None:
    """A text file is no chain."""
    with pytest.raises(UsageError):
        export.certificates_of_pem(b"hello")


@pytest.mark.parametrize("key_type", [KeyType.EC_P256, KeyType.RSA_2048, KeyType.ED25519])
def test_a_pkcs12_file_holds_key_certificate_and_chain(hierarchy: Hierarchy, key_type: KeyType) -> None:
    """Under its password and alias."""
    leaf = hierarchy.issue("app.egov.internal", key_type=key_type)
    data = export.pkcs12(keys.private_pem(leaf.key), leaf.certificate, (hierarchy.issuing,), b"secret", "app")
    read = pkcs12.load_pkcs12(data, b"secret")
    assert read.cert is not None
    assert read.cert.friendly_name == b"app"
    assert read.cert.certificate == x509.load_der_x509_certificate(leaf.certificate)
    assert [one.certificate for one in read.additional_certs] == [x509.load_der_x509_certificate(hierarchy.issuing)]
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_pkcs12(data, b"other")


def test_a_key_that_is_not_the_certificates_is_refused(hierarchy: Hierarchy) -> None:
    """A file that no server could use is not written."""
    leaf = hierarchy.issue("app.egov.internal")
    with pytest.raises(UsageError, match="does not belong"):
        export.pkcs12(keys.private_pem(keys.make_key(KeyType.EC_P256)), leaf.certificate, (), b"secret", "app")


def test_a_pkcs12_file_needs_a_password(hierarchy: Hierarchy) -> None:
    """R1.5: a key does not leave without one."""
    leaf = hierarchy.issue("app.egov.internal")
    with pytest.raises(UsageError, match="password"):
        export.pkcs12(keys.private_pem(leaf.key), leaf.certificate, (), b"", "app")


def test_an_ml_dsa_key_is_not_put_into_pkcs12(hierarchy: Hierarchy) -> None:
    """No reader of that form knows it."""
    leaf = hierarchy.issue("app.egov.internal", key_type=KeyType.ML_DSA_44)
    with pytest.raises(UsageError, match="ML-DSA"):
        export.pkcs12(keys.private_pem(shared_key(KeyType.ML_DSA_44)), leaf.certificate, (), b"secret", "app")


def test_a_trust_store_needs_a_certificate_and_a_password(hierarchy: Hierarchy) -> None:
    """Java refuses either lack later, with less to say."""
    for certificates, password in (({}, b"secret"), ({"root": hierarchy.root}, b"")):
        with pytest.raises(UsageError):
            export.java_truststore(certificates, password)
