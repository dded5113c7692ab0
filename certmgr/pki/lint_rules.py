"""The rules that every certificate of ours keeps, each over a TBS that two readers have read (RFC 5280 4.1, 4.2)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.pki import der
from certmgr.pki.build import Issuer, assemble, key_identifier
from certmgr.records import dataclass

SAN, KEY_USAGE, PURPOSES, BASIC = "2.5.29.17", "2.5.29.15", "2.5.29.37", "2.5.29.19"
SKI, AKI, POLICIES, CRL = "2.5.29.14", "2.5.29.35", "2.5.29.32", "2.5.29.31"
CONSTRAINTS, ACCESS = "2.5.29.30", "1.3.6.1.5.5.7.1.1"
_MIN_SERIAL_BITS = 64
_MAX_SERIAL_BITS = 159
_FIELDS = 8
_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A TBS as cryptography's parser sees it, and its elements as they stand in the bytes."""

    certificate: x509.Certificate
    found: Mapping[type, x509.Extension[x509.ExtensionType]]
    """The extensions by the type of their value."""
    algorithm: bytes
    issuer: bytes
    subject: bytes
    spki: bytes

    def extension(self, kind: type[_Kind]) -> "x509.Extension[_Kind] | None":
        """Return the extension whose value is of `kind`, or None."""
        return self.found.get(kind)  # type: ignore[return-value]  # the key is the type of the value

    def value(self, kind: type[_Kind]) -> _Kind | None:
        """Return the value of `kind`, or None."""
        found = self.found.get(kind)
        return None if found is None else found.value  # type: ignore[return-value]  # the same


def fault(code: Code, field: str, message: str) -> Finding:
    """Return the finding that stops a signature."""
    return Finding(code=code, message=message, field=field)


def read_tbs(tbs: bytes) -> Reading:
    """Return the reading of a TBSCertificate of eight fields; raises ValueError where either reader fails."""
    fields = [element for _, element in der.children(der.content(tbs, der.SEQUENCE))]
    if len(fields) != _FIELDS:
        raise der.DerError("it has not the eight fields of a version 3 certificate without unique identifiers")
    try:
        certificate = x509.load_der_x509_certificate(assemble(tbs, b""))
        found = {type(extension.value): extension for extension in certificate.extensions}
    except (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:
        raise der.DerError(str(error)) from error
    return Reading(
        certificate=certificate,
        found=found,
        algorithm=fields[2],
        issuer=fields[3],
        subject=fields[5],
        spki=fields[6],
    )


def check_presence(reading: Reading, expected: Mapping[str, bool]) -> Iterator[Finding]:
    """Yield what is missing, does not belong there, or has another criticality than `expected` gives by OID."""
    found = {extension.oid.dotted_string: extension.critical for extension in reading.certificate.extensions}
    if found == expected:
        return
    for oid in expected.keys() - found.keys():
        yield fault(Code.LINT_EXTENSION, oid, f"The extension {oid} is missing.")
    for oid, critical in found.items():
        if oid not in expected:
            yield fault(Code.LINT_EXTENSION, oid, f"The extension {oid} does not belong here.")
        elif critical is not expected[oid]:
            word = "not critical" if expected[oid] else "critical"
            yield fault(Code.LINT_EXTENSION, oid, f"The extension {oid} is {word}.")


def check_fields(
    reading: Reading, *, spki: bytes, subject: bytes, issuer: bytes, algorithm: bytes
) -> Iterator[Finding]:
    """Yield each field that is not, byte for byte, what was meant."""
    if reading.spki != spki:
        yield fault(Code.LINT_VALUE, "key", "The public key is not the one that was asked for.")
    if reading.subject != subject:
        yield fault(Code.LINT_VALUE, "subject", "The subject is not the one specified.")
    if reading.issuer != issuer:
        yield fault(Code.LINT_VALUE, "issuer", "The issuer is not the name of the signing CA.")
    if reading.algorithm != algorithm:
        yield fault(Code.LINT_VALUE, "signature", "The signature algorithm is not that of the signing CA's key.")


def check_serial(number: int, meant: int | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the serial: at least 64 bits of chance, at most 20 octets (RFC 5280 4.1.2.2)."""
    bits = number.bit_length()
    if not _MIN_SERIAL_BITS <= bits <= _MAX_SERIAL_BITS:
        message = f"The serial number has {bits} bits; {_MIN_SERIAL_BITS} to {_MAX_SERIAL_BITS} are expected."
        yield fault(Code.LINT_SERIAL, "serial", message)
    if meant not in {None, number}:
        yield fault(Code.LINT_SERIAL, "serial", "The serial number is not the one reserved.")


def check_validity(
    reading: Reading, *, meant: tuple[datetime, datetime] | None, days: int, issuer: Issuer | None
) -> Iterator[Finding]:
    """Yield what is wrong with the validity: its order, its length, its issuer's, and `meant` where there is one."""
    begin, end = reading.certificate.not_valid_before_utc, reading.certificate.not_valid_after_utc
    if begin >= end:
        yield fault(Code.LINT_VALIDITY, "validity", "The certificate ends before it begins.")
    # notAfter is the last second of validity, not the first one behind it (RFC 5280 4.1.2.5).
    if end - begin + timedelta(seconds=1) > timedelta(days=days):
        yield fault(Code.LINT_VALIDITY, "validity", f"The certificate is valid for longer than {days} days.")
    if meant not in {None, (begin, end)}:
        yield fault(Code.LINT_VALIDITY, "validity", "The validity is not the one specified.")
    if issuer is not None and end > issuer.not_after:
        message = f"The certificate ends at {end.isoformat(' ')}, its issuer at {issuer.not_after.isoformat(' ')}."
        yield fault(Code.LINT_VALIDITY, "validity", message)
    if issuer is not None and begin < issuer.not_before:
        yield fault(Code.LINT_VALIDITY, "validity", "The certificate begins before its issuer does.")


def check_pointers(
    reading: Reading, *, issuer_ski: bytes, crl_url: str | None, issuer_url: str | None
) -> Iterator[Finding]:
    """Yield what is wrong with the key identifiers and with where CRL and issuer are found."""
    own = reading.value(x509.SubjectKeyIdentifier)
    if own is not None and own.digest != key_identifier(reading.spki):
        yield fault(Code.LINT_VALUE, "subjectKeyIdentifier", "It is not made from the key (RFC 7093).")
    other = reading.value(x509.AuthorityKeyIdentifier)
    if other is not None and (other.key_identifier != issuer_ski or other.authority_cert_issuer is not None):
        yield fault(Code.LINT_VALUE, "authorityKeyIdentifier", "It is not the issuer's key identifier alone.")
    points = reading.value(x509.CRLDistributionPoints) or ()
    urls = [str(name.value) for point in points for name in point.full_name or ()]
    if urls != ([crl_url] if crl_url else []):
        yield fault(Code.LINT_VALUE, "cRLDistributionPoints", "The CRL's URL is not the one specified.")
    accesses = reading.value(x509.AuthorityInformationAccess) or ()
    places = [(access.access_method, access.access_location.value) for access in accesses]
    if places != ([(AuthorityInformationAccessOID.CA_ISSUERS, issuer_url)] if issuer_url else []):
        yield fault(Code.LINT_VALUE, "authorityInfoAccess", "The issuer's URL is not the one specified.")
    for url in (*urls, *(place for _, place in places)):
        if not url.startswith("http://"):
            message = f"{url} does not begin with http://; a client would need TLS to check TLS (RFC 5280 8)."
            yield fault(Code.LINT_VALUE, "cRLDistributionPoints", message)


def check_policy(reading: Reading, policy_oid: str | None, user_notice: str | None) -> Iterator[Finding]:
    """Yield what is wrong with the policy and its user notice (R2.3)."""
    found = reading.value(x509.CertificatePolicies) or ()
    policies = [policy.policy_identifier.dotted_string for policy in found]
    if policies != ([policy_oid] if policy_oid else []):
        yield fault(Code.LINT_VALUE, "certificatePolicies", "The policy is not the one specified.")
    qualifiers = [qualifier for policy in found for qualifier in policy.policy_qualifiers or ()]
    notices = [one.explicit_text if isinstance(one, x509.UserNotice) else one for one in qualifiers]
    if notices != ([user_notice] if user_notice and policy_oid else []):
        yield fault(Code.LINT_VALUE, "certificatePolicies", "The user notice is not the one specified.")
