"""What a request asks for beside its names and key, in words: none of it is copied into a certificate (R4.1)."""

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.keys import KeyType
from certmgr.pki.extensions import leaf_usage_value

_USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
_AUTHORITY_USAGES = ("keyCertSign", "cRLSign")
_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "anyExtendedKeyUsage",
}
_EXTENSIONS = {
    "1.3.6.1.5.5.7.1.1": "authorityInfoAccess",
    "1.3.6.1.5.5.7.1.24": "tlsFeature",
    "2.5.29.14": "subjectKeyIdentifier",
    "2.5.29.30": "nameConstraints",
    "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies",
    "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.36": "policyConstraints",
}
_MOST = 40


def used(value: x509.KeyUsage) -> tuple[str, ...]:
    """Return the names of the bits that a keyUsage sets, as RFC 5280 4.2.1.3 spells them, in its order."""
    names = [name for attribute, name in _USAGES if getattr(value, attribute)]
    if value.key_agreement and value.encipher_only:
        names.append("encipherOnly")
    if value.key_agreement and value.decipher_only:
        names.append("decipherOnly")
    return tuple(names)


def purpose_name(oid: x509.ObjectIdentifier) -> str:
    """Return the name of an extended key usage, or its digits."""
    return _PURPOSES.get(oid, oid.dotted_string)


def extension_wishes(
    extensions: x509.Extensions, key_type: KeyType | None
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Return what `extensions` ask for and is not granted, and the findings where they ask for the rights of a CA."""
    words: list[str] = []
    authority: list[str] = []
    granted = set(used(leaf_usage_value(key_type or KeyType.EC_P256)))
    for extension in extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            continue
        if isinstance(value, x509.BasicConstraints):
            authority += ["basicConstraints CA:TRUE"] if value.ca else []
        elif isinstance(value, x509.KeyUsage):
            names = used(value)
            authority += [f"keyUsage {name}" for name in names if name in _AUTHORITY_USAGES]
            words += [f"keyUsage {name}" for name in names if name not in granted and name not in _AUTHORITY_USAGES]
        elif isinstance(value, x509.ExtendedKeyUsage):
            names = tuple(purpose_name(oid) for oid in value)
            authority += ["extendedKeyUsage OCSPSigning"] if "OCSPSigning" in names else []
            words += [f"extendedKeyUsage {name}" for name in names if name not in ("serverAuth", "OCSPSigning")]
        else:
            words.append(_EXTENSIONS.get(extension.oid.dotted_string, f"extension {extension.oid.dotted_string}"))
    findings = tuple(
        Finding(
            code=Code.CSR_AUTHORITY,
            message=f"The request asks for {wish}; that is a certificate authority's right, not a server's.",
            field="extensions",
            value=wish,
        )
        for wish in authority
    )
    return _cut([*authority, *words]), findings


def subject_wishes(subject: x509.Name) -> tuple[str, ...]:
    """Return the kinds of subject attributes other than the CN, which policy never copies."""
    kinds = {attribute.rfc4514_attribute_name for attribute in subject if attribute.oid != NameOID.COMMON_NAME}
    return _cut([f"subject {kind}" for kind in sorted(kinds)])


def _cut(words: list[str]) -> tuple[str, ...]:
    distinct = list(dict.fromkeys(words))
    more = len(distinct) - _MOST
    return (*distinct[:_MOST], f"and {more} more") if more > 0 else tuple(distinct)
