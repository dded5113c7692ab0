"""The request for an issuing CA under a corporate root."""

from cryptography import x509

from certmgr.pki import keys
from certmgr.pki.authority_csr import make_authority_csr
from certmgr.pki.constraints import make_name_constraints
from tests.pki.hierarchy import ISSUING_SPEC


def test_it_asks_for_what_our_own_root_would_grant() -> None:
    """CA:TRUE with path length 0, keyCertSign and cRLSign, serverAuth, and the critical name constraints."""
    request = x509.load_pem_x509_csr(make_authority_csr(keys.make_key(ISSUING_SPEC.key_type), ISSUING_SPEC))
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=Example District Issuing CA 2026-1,O=Example District"
    found = {type(one.value): one for one in request.extensions}
    assert found[x509.BasicConstraints].value == x509.BasicConstraints(ca=True, path_length=0)
    assert found[x509.NameConstraints].critical
    assert found[x509.NameConstraints].value == make_name_constraints(ISSUING_SPEC)
    purposes = found[x509.ExtendedKeyUsage].value
    assert isinstance(purposes, x509.ExtendedKeyUsage)
    assert list(purposes) == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]
    usage = found[x509.KeyUsage].value
    assert isinstance(usage, x509.KeyUsage)
    assert (usage.key_cert_sign, usage.crl_sign, usage.digital_signature) == (True, True, False)
