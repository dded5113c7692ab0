"""CA certificates that somebody else signed: what stops their use, and what is a missing wall."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certmgr.codes import Code
from certmgr.errors import Finding, Severity, UsageError
from certmgr.pki.foreign import lint_foreign_authority, load_crl
from tests.clock import START
from tests.corporate import PURPOSES, Corporate, usage, walls

CORPORATE = Corporate(now=START)
CA = (x509.BasicConstraints(ca=True, path_length=0), True)
FULL = [CA, (usage(), True), (PURPOSES, False), (walls(), True)]
Extensions = list[tuple[x509.ExtensionType, bool]]


def lint(extensions: Extensions, corporate: Corporate = CORPORATE) -> tuple[Finding, ...]:
    """Return the findings on an issuing CA with these extensions."""
    certificate, _ = corporate.issuing(extensions)
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    return lint_foreign_authority(der, corporate.root.public_bytes(Encoding.DER), now=START)


def errors(found: tuple[Finding, ...]) -> list[str]:
    """Return the messages of the findings that stop the use."""
    return [item.message for item in found if item.severity is Severity.ERROR]


def warnings(found: tuple[Finding, ...]) -> list[str]:
    """Return the messages of the other findings that matter."""
    return [item.message for item in found if item.severity is Severity.WARNING]


def test_a_well_made_ca_has_neither_errors_nor_warnings() -> None:
    """An RSA key is worth a notice: what a crash interrupts cannot be signed again (DETAILS 5)."""
    found = lint(FULL)
    assert [item.severity for item in found] == [Severity.NOTICE]
    assert "a second time" in found[0].message


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        ([(x509.BasicConstraints(ca=False, path_length=None), True), *FULL[1:]], "not that of a certificate authority"),
        ([CA, (usage(certificates=False), True), *FULL[2:]], "keyCertSign"),
        ([CA, (usage(lists=False), True), *FULL[2:]], "cRLSign"),
        (
            [CA, FULL[1], (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CODE_SIGNING]), False), FULL[3]],
            "serverAuth",
        ),
    ],
)
def test_a_ca_without_the_rights_that_it_needs_is_refused(extensions: Extensions, words: str) -> None:
    """It could sign nothing that a client accepts, or revoke nothing."""
    (message,) = errors(lint(extensions))
    assert words in message


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        ([*FULL[:3]], "no name constraints"),
        ([*FULL[:3], (walls(), False)], "not critical"),
        ([*FULL[:3], (walls(v6=False), True)], "do not limit IPv6"),
        ([*FULL[:3], (walls(zone=".egov.internal"), True)], "begins with a dot"),
        ([CA, FULL[1], FULL[3]], "purposes are not limited"),
        ([(x509.BasicConstraints(ca=True, path_length=None), True), *FULL[1:]], "path length is not 0"),
        ([CA, FULL[2], FULL[3]], "has no keyUsage"),
    ],
)
def test_r1_3_a_missing_wall_is_a_warning(extensions: Extensions, words: str) -> None:
    """R1.3: with one wall less, only certmgr's own policy keeps public names out; that is told, and allowed."""
    found = lint(extensions)
    assert errors(found) == []
    (message,) = warnings(found)
    assert words in message


def test_a_root_that_did_not_sign_is_told() -> None:
    """Under another root of the same name the signature fails."""
    certificate, _ = CORPORATE.issuing(FULL)
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    found = lint_foreign_authority(der, der, now=START)
    assert any("not signed by itself" in message for message in errors(found))


def test_a_root_with_path_length_0_may_have_no_ca_below_it() -> None:
    """RFC 5280 4.2.1.9."""
    found = lint(FULL, Corporate(now=START, path_length=0))
    assert any("path length is 0" in message for message in errors(found))


def test_an_expired_chain_is_refused_and_a_short_one_is_warned_of() -> None:
    """A CA that ends within the life of a usual leaf cuts every certificate short."""
    certificate, _ = CORPORATE.issuing(FULL)
    der, root = (
        x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER),
        CORPORATE.root.public_bytes(Encoding.DER),
    )
    late = lint_foreign_authority(der, root, now=START + timedelta(days=1001))
    assert any("expired" in message for message in errors(late))
    soon = lint_foreign_authority(der, root, now=START + timedelta(days=900))
    assert any("ends on" in message for message in warnings(soon))
    early = lint_foreign_authority(der, root, now=START - timedelta(days=1))
    assert any("not valid before" in message for message in errors(early))


def test_what_is_no_certificate_is_one_finding() -> None:
    """Nothing else can be said of it."""
    (finding,) = lint_foreign_authority(b"0\x03\x02\x01\x05", b"", now=START)
    assert finding.code is Code.AUTHORITY


def test_a_crl_is_read_as_pem_or_der_and_nothing_else_is() -> None:
    """The file of `ca import --crl`."""
    certificate, _ = CORPORATE.issuing()
    pem = CORPORATE.crl(certificate, [1])
    der = load_crl(pem)
    assert load_crl(der) == der
    with pytest.raises(UsageError):
        load_crl(certificate)
