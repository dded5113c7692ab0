"""Certificate signing requests (PKCS #10, RFC 2986): made for a key, and read from strangers.

Of a request only the names and the key are used. What else it asks for is reported, or refused where it asks for the
rights of an authority.
"""

from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.models.certificates import IpAddress
from certmgr.models.keys import KeyFacts
from certmgr.pki import der
from certmgr.pki.algorithms import hash_of, signature_name
from certmgr.pki.csr_wishes import extension_wishes, subject_wishes
from certmgr.pki.extensions import find_value
from certmgr.pki.keys import PrivateKey, canonical_spki, facts_of_spki, key_type_of
from certmgr.pki.pem import read_request_der
from certmgr.pki.quiet import no_warnings
from certmgr.printable import printable
from certmgr.records import dataclass

MAX_ATTRIBUTES = 16
MAX_EXTENSIONS = 32
_MOST_SHOWN = 80
_EXTENSION_REQUESTS = ("1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14")
_ATTRIBUTE_NAMES = {
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.7": "challengePassword",
    "1.2.840.113549.1.9.8": "unstructuredAddress",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CsrFacts:
    """What a request says, as it says it: the names are raw text that names.parse_dns_name has yet to judge."""

    der: bytes
    spki: bytes
    """In the key's usual encoding where certmgr knows the key, else as it stands in the request."""
    key: KeyFacts
    """With the key's own weaknesses as findings."""
    common_name: str | None
    dns: tuple[str, ...]
    ip: tuple[IpAddress, ...]
    not_granted: tuple[str, ...]
    """What is asked for beside names and key, in words such as `extendedKeyUsage clientAuth`."""
    signature_algorithm: str
    findings: tuple[Finding, ...] = ()
    """Why the request is refused whatever the policy: its signature, a CA's rights, kinds of names, attributes."""


def make_csr(key: PrivateKey, dns: Iterable[str], ip: Iterable[IpAddress], common_name: str | None) -> bytes:
    """Return a PEM request, signed by `key`, for these names; None as `common_name` leaves the subject empty."""
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns]
    names += [x509.IPAddress(address) for address in ip]
    attributes = [] if common_name is None else [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not attributes)
    key_type, description = key_type_of(key.public_key())
    if key_type is None:
        raise UsageError(f"certmgr makes no request for a key of the kind {description}.")
    return builder.sign(key, hash_of(key_type)).public_bytes(Encoding.PEM)


def read_csr(data: bytes, *, names_given: bool = False) -> CsrFacts:
    """Return the facts of the one request, PEM or DER, in `data`.

    Raises UsageError where `data` is not one readable request, and RefusedError with every reason where it is one that
    is refused whatever the policy (a bad signature, a weak key, the rights of a CA). To list those reasons together
    with the policy's, use parse_csr.
    """
    facts = parse_csr(data, names_given=names_given)
    if findings := (*facts.findings, *facts.key.findings):
        raise RefusedError("The request is refused.", findings=findings, code=findings[0].code)
    return facts


@no_warnings()
def parse_csr(data: bytes, *, names_given: bool = False) -> CsrFacts:
    """Return the facts of the one request in `data`; reasons to refuse it are in `findings` and `key.findings`.

    `names_given` says that the names come from elsewhere (`--dns`, `--ip`): then those of the request are not judged.
    Raises UsageError where `data` is not one readable request: empty, damaged, something else, or two of them.
    """
    encoded = read_request_der(data)
    request = x509.load_der_x509_csr(encoded)
    try:
        extensions = request.extensions
        attributes = [attribute.oid.dotted_string for attribute in request.attributes]
        common_names = [str(name.value) for name in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        alternative = find_value(extensions, x509.SubjectAlternativeName)
        raw_spki = _spki_of(encoded)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unreadable("The request is damaged: a field of it cannot be read.") from error
    except x509.DuplicateExtension as error:
        raise _unreadable("The request asks for the same extension twice.") from error
    except x509.UnsupportedGeneralNameType as error:
        raise _unreadable("The request holds an alternative name of an unknown kind.") from error
    key = facts_of_spki(raw_spki)
    dns, ip, other_kinds = _sort_names(alternative)
    findings = [*_signature_findings(request, key), *_size_findings(attributes, extensions)]
    not_granted, authority = extension_wishes(extensions, key.key_type)
    findings += authority
    if not names_given:
        findings += [*_kind_findings(other_kinds), *_common_name_findings(common_names, dns, ip)]
    return CsrFacts(
        der=encoded,
        spki=raw_spki if key.key_type is None else canonical_spki(raw_spki),
        key=key,
        common_name=common_names[0] if common_names else None,
        dns=dns,
        ip=ip,
        not_granted=(*subject_wishes(request.subject), *not_granted, *_attribute_wishes(attributes)),
        signature_algorithm=signature_name(request.signature_algorithm_oid.dotted_string),
        findings=tuple(findings),
    )


def read_spki(encoded: bytes) -> bytes:
    """Return the key of a request that was read before, as CsrFacts.spki gives it, without judging anything again."""
    raw = _spki_of(encoded)
    return raw if facts_of_spki(raw).key_type is None else canonical_spki(raw)


def _unreadable(message: str) -> UsageError:
    return UsageError(message, code=Code.CSR_UNREADABLE)


def _spki_of(encoded: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo as it stands: the third part of the CertificationRequestInfo (RFC 2986 4.1)."""
    info = next(der.children(der.content(encoded, der.SEQUENCE)))[1]
    return [element for _, element in der.children(der.content(info))][2]


def _sort_names(
    names: x509.SubjectAlternativeName | None,
) -> tuple[tuple[str, ...], tuple[IpAddress, ...], tuple[str, ...]]:
    """Return the DNS names, the addresses, and the kinds of every other name."""
    dns: list[str] = []
    ip: list[IpAddress] = []
    others: set[str] = set()
    for name in names or ():
        if isinstance(name, x509.DNSName):
            dns.append(name.value)
        elif isinstance(name, x509.IPAddress) and hasattr(name.value, "packed"):
            ip.append(name.value)  # type: ignore[arg-type]  # only an address, not a network, has `packed`
        else:
            others.add(_KINDS.get(type(name), "network"))
    return tuple(dns), tuple(ip), tuple(sorted(others))


_KINDS: dict[type, str] = {
    x509.RFC822Name: "e-mail address",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "directory name",
    x509.OtherName: "otherName (such as a UPN)",
    x509.RegisteredID: "registered id",
}


def _signature_findings(request: x509.CertificateSigningRequest, key: KeyFacts) -> Iterator[Finding]:
    """Yield what is wrong with the proof that the requester holds the key (RFC 2986 4.2)."""
    name = signature_name(request.signature_algorithm_oid.dotted_string)
    try:
        weak = isinstance(request.signature_hash_algorithm, MD5 | SHA1)
        valid = request.is_signature_valid
    except (UnsupportedAlgorithm, ValueError):
        # With a key of an unknown kind its own finding says what is wrong.
        if key.key_type is not None:
            message = f"The request is signed with {name}, which cannot be checked."
            yield Finding(code=Code.CSR_SIGNATURE, message=message, field="signature", value=name)
        return
    if weak:
        message = f"The request is signed with {name}, which is broken; use SHA-256 or better."
        yield Finding(code=Code.CSR_SIGNATURE, message=message, field="signature", value=name)
    if not valid:
        message = "The signature of the request was not made by the key in it."
        yield Finding(code=Code.CSR_SIGNATURE, message=message, field="signature", value=name)


def _size_findings(attributes: list[str], extensions: x509.Extensions) -> Iterator[Finding]:
    if len(attributes) > MAX_ATTRIBUTES or len(extensions) > MAX_EXTENSIONS:
        message = (
            f"The request carries {len(attributes)} attributes and {len(extensions)} extensions; "
            f"at most {MAX_ATTRIBUTES} and {MAX_EXTENSIONS} are read."
        )
        yield Finding(code=Code.CSR_ATTRIBUTES, message=message, field="attributes")
    if sum(attribute in _EXTENSION_REQUESTS for attribute in attributes) > 1:
        message = "The request asks for extensions in two places; only one is read by most programs."
        yield Finding(code=Code.CSR_ATTRIBUTES, message=message, field="attributes")


def _kind_findings(kinds: tuple[str, ...]) -> Iterator[Finding]:
    for kind in kinds:
        message = f"The request asks for a name of the kind {kind}; only DNS names and addresses are certified."
        yield Finding(code=Code.CSR_NAME_TYPE, message=message, field="subjectAltName", value=kind)


def _common_name_findings(
    common_names: list[str], dns: tuple[str, ...], ip: tuple[IpAddress, ...]
) -> Iterator[Finding]:
    """Yield what is wrong with the CN: it is one at most and, beside alternative names, one of them."""
    if len(common_names) > 1:
        message = f"The subject holds {len(common_names)} common names; at most one is read."
        yield Finding(code=Code.CSR_COMMON_NAME, message=message, field="subject")
    known = {name.rstrip(".").lower() for name in dns} | {str(address) for address in ip}
    for common_name in common_names if known else ():
        if common_name.rstrip(".").lower() not in known:
            shown = printable(common_name[:_MOST_SHOWN])
            message = f"The common name {shown} is not among the alternative names of the request."
            yield Finding(code=Code.CSR_COMMON_NAME, message=message, field="subject", value=shown)


def _attribute_wishes(attributes: list[str]) -> tuple[str, ...]:
    """Return the attributes that are not requests for extensions, by name and without their values."""
    others = sorted(set(attributes) - set(_EXTENSION_REQUESTS))[:MAX_ATTRIBUTES]
    return tuple(f"attribute {_ATTRIBUTE_NAMES.get(dotted, dotted)}" for dotted in others)
