"""Requests: made for a key, and read for their names and key alone (R1.5, R4.1)."""

import contextlib
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError, UsageError
from certmgr.models.keys import KeyType
from certmgr.pki import der, export, keys
from certmgr.pki.csr import make_csr, parse_csr, read_csr, read_spki
from tests.pki.hierarchy import shared_key
from tests.pki.raw_csr import (
    CA_TRUE,
    address,
    attribute,
    common_name,
    default_key,
    dns,
    make_raw,
    request_pem,
    san,
    spki_of,
)

GOOD = "app.egov.internal"
TYPES = [KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, KeyType.RSA_2048, KeyType.ML_DSA_44, KeyType.ML_DSA_87]


@pytest.mark.parametrize("key_type", TYPES)
def test_a_request_of_ours_reads_back(key_type: KeyType) -> None:
    """Names, key and signature survive."""
    key = shared_key(key_type)
    facts = read_csr(make_csr(key, (GOOD, "b.egov.internal"), (ip_address("10.1.2.3"),), GOOD))
    assert facts.dns == (GOOD, "b.egov.internal")
    assert facts.ip == (ip_address("10.1.2.3"),)
    assert facts.common_name == GOOD
    assert facts.key.key_type is key_type
    assert facts.spki == keys.public_spki(key) == read_spki(facts.der)
    assert facts.not_granted == ()


def test_a_request_without_a_common_name_has_critical_names() -> None:
    """RFC 5280 4.2.1.6 for an empty subject."""
    request = x509.load_pem_x509_csr(make_csr(shared_key(KeyType.EC_P256), (GOOD,), (), None))
    assert request.subject == x509.Name([])
    assert request.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical


@pytest.mark.parametrize("form", ["PEM", "DER", "NEW", "CRLF", "BOM", "text before"])
def test_the_usual_forms_of_a_request_are_read(form: str) -> None:
    """OpenSSL and certtool write text before the block, keytool the older label, Windows CRLF and a byte order mark."""
    pem = make_csr(shared_key(KeyType.EC_P256), (GOOD,), (), None)
    forms = {
        "PEM": pem,
        "DER": x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER),
        "NEW": pem.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
        "CRLF": pem.replace(b"\n", b"\r\n"),
        "BOM": b"\xef\xbb\xbf" + pem,
        "text before": b"Certificate Request:\n    Data:\n" + pem + b"\n\n",
    }
    assert read_csr(forms[form]).dns == (GOOD,)


def test_everything_else_that_is_asked_for_is_reported_and_not_granted() -> None:
    """R4.1: of a request only names and key are read, and nothing is dropped in silence."""
    purposes = der.sequence(*(der.oid(f"1.3.6.1.5.5.7.3.{number}") for number in (1, 2, 3)))
    raw = make_raw(
        san(dns(GOOD)),
        der.extension("2.5.29.15", bytes.fromhex("030205e0"), critical=True),
        der.extension("2.5.29.37", purposes, critical=False),
        der.extension("1.3.6.1.5.5.7.1.24", bytes.fromhex("3003020105"), critical=False),
        subject=[der.tlv(der.SET, der.sequence(der.oid("2.5.4.10"), der.tlv(0x0C, b"Google LLC")))],
        attributes=[attribute("1.2.840.113549.1.9.7", der.tlv(0x0C, b"hunter2"))],
    )
    facts = read_csr(raw)
    assert facts.not_granted == (
        "subject O",
        "keyUsage nonRepudiation",
        "keyUsage keyEncipherment",
        "extendedKeyUsage clientAuth",
        "extendedKeyUsage codeSigning",
        "tlsFeature",
        "attribute challengePassword",
    )
    assert "hunter2" not in repr(facts.not_granted)


def test_what_a_server_gets_anyway_is_not_reported() -> None:
    """CA:FALSE, digitalSignature and serverAuth are granted."""
    raw = make_raw(
        san(dns(GOOD)),
        der.extension("2.5.29.19", der.sequence(), critical=True),
        der.extension("2.5.29.15", bytes.fromhex("03020780"), critical=True),
        der.extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.1")), critical=False),
    )
    assert read_csr(raw).not_granted == ()


def test_a_refused_request_gives_all_its_reasons_at_once() -> None:
    """One round trip for the applicant, not five."""
    raw = make_raw(
        san(dns(GOOD), der.tlv(0x81, b"a@b.c")), CA_TRUE, subject=[common_name("other")], signature=b"\x30\x00"
    )
    with pytest.raises(RefusedError) as caught:
        read_csr(raw)
    codes = [finding.code for finding in caught.value.findings]
    assert codes == [Code.CSR_SIGNATURE, Code.CSR_AUTHORITY, Code.CSR_NAME_TYPE, Code.CSR_COMMON_NAME]


def test_parsing_leaves_the_reasons_to_the_caller() -> None:
    """Policy adds its own before the refusal is written."""
    facts = parse_csr(make_raw(san(dns(GOOD)), CA_TRUE))
    assert [finding.code for finding in facts.findings] == [Code.CSR_AUTHORITY]
    assert facts.dns == (GOOD,)


def test_names_given_beside_the_request_replace_its_own() -> None:
    """With --dns the request's names are not judged; its signature and wishes are."""
    raw = make_raw(san(dns("www.example.com"), der.tlv(0x81, b"a@b.c")), subject=[common_name("Old Box")])
    assert parse_csr(raw, names_given=True).findings == ()
    assert parse_csr(raw).findings
    assert parse_csr(make_raw(san(dns(GOOD)), CA_TRUE), names_given=True).findings


@pytest.mark.parametrize("text", [GOOD, GOOD.upper(), f"{GOOD}."])
def test_a_common_name_that_is_one_of_the_names_is_no_deceit(text: str) -> None:
    """Case and a trailing dot do not matter in DNS (RFC 4343)."""
    assert parse_csr(make_raw(san(dns(GOOD)), subject=[common_name(text)])).findings == ()


def test_an_address_as_common_name_beside_the_same_address_is_no_deceit() -> None:
    """Appliances write their address there."""
    raw = make_raw(san(address(b"\x0a\x01\x02\x03")), subject=[common_name("10.1.2.3")])
    assert parse_csr(raw).findings == ()


def test_a_common_name_alone_is_given_as_the_name() -> None:
    """DETAILS 14: whether it is a valid name is for the caller to find out."""
    facts = parse_csr(make_raw(subject=[common_name(GOOD)]))
    assert (facts.common_name, facts.dns, facts.findings) == (GOOD, (), ())


def test_the_name_of_the_signature_algorithm_is_told() -> None:
    """In OpenSSL's words."""
    assert parse_csr(request_pem(dns(GOOD))).signature_algorithm == "ecdsa-with-SHA256"


def test_hostile_text_is_escaped_in_messages() -> None:
    """No escape sequence, line end or direction mark of a stranger reaches a terminal through a finding."""
    raw = make_raw(san(dns(GOOD)), subject=[common_name("\x1b[2J\nevil\u202e" + "x" * 500)])
    (finding,) = parse_csr(raw).findings
    assert finding.message.isprintable()
    assert len(finding.message) < 250


def test_many_wishes_are_cut() -> None:
    """A request with thousands of attributes does not fill the screen."""
    many = [attribute(f"1.3.6.1.4.1.32473.9.{number}", der.octet_string(b"x")) for number in range(1000)]
    assert len(parse_csr(make_raw(san(dns(GOOD)), attributes=many)).not_granted) < 100


def test_a_key_in_its_compressed_form_is_written_in_the_usual_one() -> None:
    """One key, one SPKI in certificates and on the blocklist (R1.6)."""
    from cryptography.hazmat.primitives.serialization import PublicFormat

    point = default_key().public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    curve = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
    facts = parse_csr(make_raw(san(dns(GOOD)), spki=der.sequence(curve, der.bit_string(point))))
    assert facts.spki == spki_of(default_key())
    assert facts.findings == ()


RAW = make_raw(san(dns(GOOD), address(b"\x0a\x01\x02\x03")), CA_TRUE, subject=[common_name(GOOD)])


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255), st.integers(0, 3))
def test_a_damaged_octet_ends_in_a_verdict(at: int, flip: int, cut: int) -> None:
    """No third-party error escapes, whatever the octets."""
    damaged = bytearray(RAW)
    damaged[at] ^= flip
    data = bytes(damaged[: len(damaged) - cut])
    with contextlib.suppress(UsageError):
        assert parse_csr(data).der == data


@given(st.binary(max_size=300))
def test_any_octets_end_in_a_usage_error(data: bytes) -> None:
    """Random octets are never a request."""
    with pytest.raises(UsageError):
        parse_csr(data)


@given(st.text(max_size=200))
def test_any_text_in_a_block_ends_in_a_usage_error(text: str) -> None:
    """Nor is any text between the two lines."""
    block = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n".encode()
    with pytest.raises(CertmgrError):
        parse_csr(block)


def test_a_request_for_an_unknown_kind_of_key_is_not_made() -> None:
    """A profile certifies no P-521."""
    from cryptography.hazmat.primitives.asymmetric import ec

    with pytest.raises(UsageError, match="secp521r1"):
        make_csr(ec.generate_private_key(ec.SECP521R1()), (GOOD,), (), None)


def test_the_largest_request_allowed_is_read() -> None:
    """One mebibyte, text before it included."""
    pem = export.pem(RAW, "CERTIFICATE REQUEST")
    padded = b"#" * ((1 << 20) - len(pem) - 1) + b"\n" + pem
    assert parse_csr(padded).dns == (GOOD,)
    with pytest.raises(UsageError, match="larger"):
        parse_csr(b"#" + padded)
