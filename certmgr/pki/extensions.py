"""Extensions of certificates and requests: read by type, and those of ours as DER."""

from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from certmgr.models.certificates import IpAddress
from certmgr.models.keys import KeyType
from certmgr.pki import der

ANY_POLICY = "2.5.29.32.0"
_DNS_TAG = 0x82
_ADDRESS_TAG = 0x87
_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


def find_extension(extensions: x509.Extensions, kind: type[_Kind]) -> x509.Extension[_Kind] | None:
    """Return the extension of `kind`, or None."""
    try:
        return extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def find_value(extensions: x509.Extensions, kind: type[_Kind]) -> _Kind | None:
    """Return the value of the extension of `kind`, or None."""
    found = find_extension(extensions, kind)
    return None if found is None else found.value


def _encode(value: x509.ExtensionType, *, critical: bool = False) -> bytes:
    return der.extension(value.oid.dotted_string, value.public_bytes(), critical=critical)


def subject_alternative_name(dns: tuple[str, ...], ip: tuple[IpAddress, ...], *, critical: bool) -> bytes:
    """Return the SAN extension: the DNS names, then the addresses (RFC 5280 4.2.1.6)."""
    names = [der.tlv(_DNS_TAG, name.encode("ascii")) for name in dns]
    names += [der.tlv(_ADDRESS_TAG, address.packed) for address in ip]
    return der.extension("2.5.29.17", der.sequence(*names), critical=critical)


@lru_cache(maxsize=16)
def leaf_usage_value(key_type: KeyType) -> x509.KeyUsage:
    """Return what a server's key of `key_type` is for: signatures, and key transport for RSA only (R2.3, R4.1)."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=key_type.startswith("rsa"),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def authority_usage_value() -> x509.KeyUsage:
    """Return what a CA's key is for: certificates and CRLs."""
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


@lru_cache(maxsize=16)
def leaf_key_usage(key_type: KeyType) -> bytes:
    """Return the critical keyUsage extension of a server certificate."""
    return _encode(leaf_usage_value(key_type), critical=True)


@lru_cache(maxsize=1)
def authority_key_usage() -> bytes:
    """Return the critical keyUsage extension of a CA certificate."""
    return _encode(authority_usage_value(), critical=True)


def purposes(*, client_auth: bool) -> list[x509.ObjectIdentifier]:
    """Return the extended key usages: serverAuth, and clientAuth where a profile asks for it (R4.1)."""
    usages = [ExtendedKeyUsageOID.SERVER_AUTH]
    return [*usages, ExtendedKeyUsageOID.CLIENT_AUTH] if client_auth else usages


@lru_cache(maxsize=2)
def extended_key_usage(*, client_auth: bool) -> bytes:
    """Return the extendedKeyUsage extension."""
    return _encode(x509.ExtendedKeyUsage(purposes(client_auth=client_auth)))


@lru_cache(maxsize=8)
def basic_constraints(*, ca: bool, path_length: int | None = None) -> bytes:
    """Return the critical basicConstraints extension."""
    return _encode(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)


def subject_key_identifier(identifier: bytes) -> bytes:
    """Return the subjectKeyIdentifier extension."""
    return der.extension("2.5.29.14", der.octet_string(identifier), critical=False)


@lru_cache(maxsize=8)
def authority_key_identifier(identifier: bytes) -> bytes:
    """Return the authorityKeyIdentifier extension with the key identifier alone (RFC 5280 4.2.1.1)."""
    return der.extension("2.5.29.35", der.sequence(der.tlv(0x80, identifier)), critical=False)


@lru_cache(maxsize=8)
def certificate_policies(policy_oid: str, user_notice: str | None) -> bytes:
    """Return the certificatePolicies extension: one policy, with the notice as UTF-8 text where there is one (R2.3)."""
    qualifiers: list[str | x509.UserNotice] | None = [x509.UserNotice(None, user_notice)] if user_notice else None
    policy = x509.PolicyInformation(x509.ObjectIdentifier(policy_oid), qualifiers)
    return _encode(x509.CertificatePolicies([policy]))


@lru_cache(maxsize=8)
def crl_distribution_points(url: str) -> bytes:
    """Return the cRLDistributionPoints extension with one URL."""
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return _encode(x509.CRLDistributionPoints([point]))


@lru_cache(maxsize=8)
def authority_information(url: str) -> bytes:
    """Return the authorityInfoAccess extension with where the issuer's certificate is found."""
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url))
    return _encode(x509.AuthorityInformationAccess([access]))


def name_constraints(value: x509.NameConstraints) -> bytes:
    """Return the critical nameConstraints extension."""
    return _encode(value, critical=True)
