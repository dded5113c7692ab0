"""Extensions in words, for `show --text` and dry runs."""

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from certmgr.pki.csr_wishes import purpose_name, used
from certmgr.pki.extensions import ANY_POLICY
from certmgr.printable import printable
from certmgr.records import dataclass

_TITLES = {
    "1.3.6.1.5.5.7.1.1": "Authority information access",
    "2.5.29.14": "Subject key identifier",
    "2.5.29.15": "Key usage",
    "2.5.29.17": "Subject alternative names",
    "2.5.29.19": "Basic constraints",
    "2.5.29.30": "Name constraints",
    "2.5.29.31": "CRL distribution points",
    "2.5.29.32": "Certificate policies",
    "2.5.29.35": "Authority key identifier",
    "2.5.29.37": "Extended key usage",
}
_KINDS: tuple[tuple[type[x509.GeneralName], str], ...] = (
    (x509.DNSName, "DNS"),
    (x509.IPAddress, "IP"),
    (x509.RFC822Name, "mail"),
    (x509.UniformResourceIdentifier, "URI"),
    (x509.DirectoryName, "directory"),
    (x509.RegisteredID, "registered id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionText:
    """One extension for a reader."""

    name: str
    critical: bool
    lines: tuple[str, ...]


def describe_extension(extension: x509.Extension[x509.ExtensionType]) -> ExtensionText:
    """Return `extension` in words; one of an unknown kind as its hex digits."""
    oid = extension.oid.dotted_string
    lines = tuple(printable(line) for line in _lines(extension.value))
    return ExtensionText(name=_TITLES.get(oid, oid), critical=extension.critical, lines=lines)


def name_words(name: x509.GeneralName) -> str:
    """Return an alternative name with its kind, `DNS app.egov.internal`."""
    kind = next((word for known, word in _KINDS if isinstance(name, known)), "other")
    if isinstance(name, x509.DirectoryName):
        return f"{kind} {name.value.rfc4514_string()}"
    if isinstance(name, x509.OtherName):
        return f"{kind} {name.type_id.dotted_string}"
    if isinstance(name, x509.RegisteredID):
        return f"{kind} {name.value.dotted_string}"
    return f"{kind} {name.value}"


def _lines(value: x509.ExtensionType) -> list[str]:  # noqa: PLR0911 - one branch a kind of extension
    match value:
        case x509.KeyUsage():
            return [", ".join(used(value))]
        case x509.ExtendedKeyUsage():
            return [", ".join(purpose_name(oid) for oid in value)]
        case x509.BasicConstraints():
            length = "" if value.path_length is None else f", path length {value.path_length}"
            return [f"certificate authority{length}" if value.ca else "no certificate authority"]
        case x509.SubjectKeyIdentifier():
            return [value.digest.hex()]
        case x509.AuthorityKeyIdentifier():
            return [value.key_identifier.hex() if value.key_identifier else "no key identifier"]
        case x509.CertificatePolicies():
            return _policy_lines(value)
        case x509.UnrecognizedExtension():
            return [value.value.hex()]
        case _:
            return _name_lines(value)


def _name_lines(value: x509.ExtensionType) -> list[str]:
    """Return the names that `value` holds; of an extension without names, its hex digits."""
    match value:
        case x509.SubjectAlternativeName():
            return [name_words(name) for name in value]
        case x509.CRLDistributionPoints():
            return [name_words(name) for point in value for name in point.full_name or ()]
        case x509.NameConstraints():
            permitted = [f"permitted: {name_words(name)}" for name in value.permitted_subtrees or ()]
            return [*permitted, *(f"excluded: {name_words(name)}" for name in value.excluded_subtrees or ())]
        case x509.AuthorityInformationAccess():
            issuers = AuthorityInformationAccessOID.CA_ISSUERS
            words = {True: "issuer", False: "other"}
            return [f"{words[one.access_method == issuers]} {name_words(one.access_location)}" for one in value]
        case _:
            return [value.public_bytes().hex()]


def _policy_lines(policies: x509.CertificatePolicies) -> list[str]:
    lines = []
    for policy in policies:
        oid = policy.policy_identifier.dotted_string
        lines.append("any policy" if oid == ANY_POLICY else oid)
        for qualifier in policy.policy_qualifiers or ():
            text = qualifier.explicit_text if isinstance(qualifier, x509.UserNotice) else qualifier
            lines.append(f"  notice: {text}" if text else "  notice without text")
    return lines
