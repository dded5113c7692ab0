"""What a certificate says, as facts and as text for people; no other program is needed to read it."""

from datetime import UTC, datetime
from hashlib import sha256 as _sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certmgr.errors import UsageError
from certmgr.models.keys import KeyFacts
from certmgr.models.serials import Serial
from certmgr.pki import der
from certmgr.pki.algorithms import signature_name
from certmgr.pki.build import assemble, parts_of
from certmgr.pki.extension_text import ExtensionText, describe_extension
from certmgr.pki.extensions import find_value
from certmgr.pki.keys import canonical_spki, facts_of_spki
from certmgr.pki.quiet import no_warnings
from certmgr.printable import printable
from certmgr.records import dataclass

_UNREADABLE = (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
_SPKI_FIELD = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says, in values."""

    subject: str
    """RFC 4514 text, `CN=app.egov.internal`; empty for the empty name."""
    issuer: str
    serial: Serial
    not_before: datetime
    not_after: datetime
    dns: tuple[str, ...]
    ip: tuple[str, ...]
    spki: bytes
    """In its usual encoding where the kind of key is known."""
    key: KeyFacts
    signature_algorithm: str
    sha256: str
    """Of the DER, lower-case hex."""
    is_authority: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateText:
    """A certificate for a reader: what `show --text` prints."""

    fields: tuple[tuple[str, str], ...]
    """(label, value) in the order of the certificate."""
    extensions: tuple[ExtensionText, ...]

    def lines(self) -> tuple[str, ...]:
        """Return the whole text line by line, fit for a terminal."""
        width = max(len(label) for label, _ in self.fields) + 2
        out = [f"{f'{label}:':<{width}}{value}".rstrip() for label, value in self.fields]
        for extension in self.extensions:
            out.append(f"{extension.name}{' (critical)' if extension.critical else ''}:")
            out += [f"  {line}" for line in extension.lines]
        return tuple(out)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data`, 64 lower-case hex digits: a certificate's fingerprint."""
    return _sha256(data).hexdigest()


def load_certificate(data: bytes) -> bytes:
    """Return the DER of the one certificate, PEM or DER, in `data`; raises UsageError for anything else."""
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
    except _UNREADABLE as error:
        raise UsageError("The input does not hold a certificate.") from error
    if len(found) != 1:
        raise UsageError(f"The input holds {len(found)} certificates; one is expected.")
    return found[0].public_bytes(Encoding.DER)


@no_warnings()
def certificate_facts(certificate: bytes) -> CertificateFacts:
    """Return what the DER `certificate` says, ours or a stranger's; raises UsageError where it cannot be read."""
    parsed, extensions, spki = _parse(certificate)
    names = find_value(extensions, x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    basic = find_value(extensions, x509.BasicConstraints)
    key = facts_of_spki(spki)
    return CertificateFacts(
        subject=printable(parsed.subject.rfc4514_string()),
        issuer=printable(parsed.issuer.rfc4514_string()),
        serial=Serial.from_int(parsed.serial_number),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        dns=tuple(names.get_values_for_type(x509.DNSName)),
        ip=tuple(str(address) for address in names.get_values_for_type(x509.IPAddress)),
        spki=spki if key.key_type is None else canonical_spki(spki),
        key=key,
        signature_algorithm=signature_name(parsed.signature_algorithm_oid.dotted_string),
        sha256=sha256(certificate),
        is_authority=basic is not None and basic.ca,
    )


@no_warnings()
def describe(certificate: bytes) -> CertificateText:
    """Return the DER `certificate` as text for people; raises UsageError where it cannot be read."""
    facts = certificate_facts(certificate)
    _, extensions, _ = _parse(certificate)
    fields = (
        ("Subject", facts.subject or "(empty)"),
        ("Issuer", facts.issuer),
        ("Serial", facts.serial),
        ("Not before", _moment(facts.not_before)),
        ("Not after", _moment(facts.not_after)),
        ("Key", facts.key.description),
        ("Key SHA-256", facts.key.spki_sha256),
        ("Signature", facts.signature_algorithm),
        ("SHA-256", facts.sha256),
    )
    return CertificateText(fields=fields, extensions=tuple(describe_extension(one) for one in extensions))


def describe_tbs(tbs: bytes) -> CertificateText:
    """Return what is to be signed as text for people: a dry run's answer, without the fingerprint it cannot have."""
    text = describe(assemble(tbs, b""))
    return CertificateText(
        fields=tuple((label, value) for label, value in text.fields if label != "SHA-256"), extensions=text.extensions
    )


def _parse(certificate: bytes) -> tuple[x509.Certificate, x509.Extensions, bytes]:
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        fields = [element for _, element in der.children(der.content(parts_of(certificate)[0], der.SEQUENCE))]
        # A version 1 certificate, as an old external root may be, has no version field in front.
        spki = fields[_SPKI_FIELD if parsed.version is x509.Version.v3 else _SPKI_FIELD - 1]
        extensions = parsed.extensions
    except _UNREADABLE as error:
        raise UsageError("The certificate cannot be read.") from error
    return parsed, extensions, spki


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
