"""To-be-signed certificates (RFC 5280 4.1) from specifications, and their assembly with a signature.

The TBS is written directly, around extension values that cryptography encodes: no throw-away signature is needed, which
halves the time of a batch. The tests compare every form with that of cryptography's builder, byte for byte, and
certmgr.pki.lint reads the result back with cryptography's parser before anything is signed.
"""

import secrets
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509

from certmgr.errors import UsageError
from certmgr.models.authorities import AuthoritySpec
from certmgr.models.certificates import LeafSpec
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.pki import der, extensions
from certmgr.pki.algorithms import algorithm_identifier, is_signed_by
from certmgr.pki.constraints import Limits, limits_of, make_name_constraints
from certmgr.pki.extensions import find_value
from certmgr.pki.keys import PUBLIC_TYPES, facts_of_spki, key_type_of, load_public, public_spki
from certmgr.pki.subjects import make_name
from certmgr.records import dataclass

SERIAL_BITS = 159
_VERSION_3 = bytes.fromhex("a003020102")
_EXTENSIONS_TAG = 0xA3
_KEY_IDENTIFIER_OCTETS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """What of a CA certificate goes into what it signs, or limits it."""

    certificate: bytes
    """DER."""
    name: bytes
    """DER of its subject, copied byte for byte as the issuer."""
    ski: bytes
    spki: bytes
    key_type: KeyType
    not_before: datetime
    not_after: datetime
    limits: Limits
    """What its name constraints permit."""
    purposes: tuple[str, ...] | None
    """Its extended key usages as dotted OIDs; None: not limited."""

    @classmethod
    def from_certificate(cls, certificate: bytes) -> "Issuer":
        """Return the issuer that the DER `certificate` of a CA describes; raises UsageError for one that is no CA's."""
        try:
            parsed = x509.load_der_x509_certificate(certificate)
            found, key = parsed.extensions, parsed.public_key()
        except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:
            raise UsageError("The CA certificate cannot be read.") from error
        key_type, description = key_type_of(key) if isinstance(key, PUBLIC_TYPES) else (None, type(key).__name__)
        if key_type is None or not isinstance(key, PUBLIC_TYPES):
            raise UsageError(f"The CA's key, {description}, is of a kind that certmgr does not use.")
        basic = find_value(found, x509.BasicConstraints)
        if basic is None or not basic.ca:
            raise UsageError("The certificate is not that of a certificate authority.")
        spki = public_spki(key)
        identifier = find_value(found, x509.SubjectKeyIdentifier)
        usage = find_value(found, x509.ExtendedKeyUsage)
        return cls(
            certificate=certificate,
            name=subject_of(certificate),
            ski=identifier.digest if identifier else key_identifier(spki),
            spki=spki,
            key_type=key_type,
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            limits=limits_of(find_value(found, x509.NameConstraints)),
            purposes=None if usage is None else tuple(oid.dotted_string for oid in usage),
        )


def make_serial() -> Serial:
    """Return a random positive serial of 159 bits, so of at most 20 octets (RFC 5280 4.1.2.2)."""
    return Serial.from_int(secrets.randbits(SERIAL_BITS) or 1)


@lru_cache(maxsize=4)
def key_identifier(spki: bytes) -> bytes:
    """Return the 160 leftmost bits of the SHA-256 of the key's bits (RFC 7093 2, method 1)."""
    _, begin, _ = der.read(spki)
    _, _, end_of_algorithm = der.read(spki, begin)
    _, bits, end = der.read(spki, end_of_algorithm)
    return sha256(spki[bits + 1 : end]).digest()[:_KEY_IDENTIFIER_OCTETS]


def subject_of(certificate: bytes) -> bytes:
    """Return the DER of the subject of a version 3 certificate exactly as it stands there."""
    tbs = next(der.children(der.content(certificate, der.SEQUENCE)))[1]
    return [element for _, element in der.children(der.content(tbs))][5]


def _make_tbs(  # noqa: PLR0913 - the fields of RFC 5280 4.1.2, in their order
    *,
    serial: Serial,
    key_type: KeyType,
    issuer: bytes,
    not_before: datetime,
    not_after: datetime,
    subject: bytes,
    spki: bytes,
    found: list[bytes],
) -> bytes:
    """Return a TBSCertificate of version 3; `key_type` is the signer's, `found` are the extensions in order."""
    return der.sequence(
        _VERSION_3,
        der.integer(serial.to_int()),
        algorithm_identifier(key_type),
        issuer,
        der.sequence(der.time(not_before), der.time(not_after)),
        subject,
        spki,
        der.tlv(_EXTENSIONS_TAG, der.sequence(*found)),
    )


def make_leaf_tbs(spec: LeafSpec, spki: bytes, issuer: Issuer) -> bytes:
    """Return the TBS of the server certificate that `spec` describes, for the key `spki`, to be signed by `issuer`.

    `spki` is in its usual encoding (keys.canonical_spki). Nothing comes from a request but that key.
    """
    found = [
        extensions.subject_alternative_name(spec.dns, spec.ip, critical=spec.common_name is None),
        extensions.leaf_key_usage(facts_of_spki(spki).key_type or KeyType.EC_P256),
        extensions.extended_key_usage(client_auth=spec.client_auth),
        extensions.basic_constraints(ca=False),
        extensions.subject_key_identifier(key_identifier(spki)),
        extensions.authority_key_identifier(issuer.ski),
    ]
    if spec.policy_oid:
        found.append(extensions.certificate_policies(spec.policy_oid, spec.user_notice))
    if spec.crl_url:
        found.append(extensions.crl_distribution_points(spec.crl_url))
    if spec.issuer_url:
        found.append(extensions.authority_information(spec.issuer_url))
    return _make_tbs(
        serial=spec.serial,
        key_type=issuer.key_type,
        issuer=issuer.name,
        not_before=spec.not_before,
        not_after=spec.not_after,
        subject=make_name(spec.common_name),
        spki=spki,
        found=found,
    )


def make_root_tbs(spec: AuthoritySpec, spki: bytes, serial: Serial, not_before: datetime, not_after: datetime) -> bytes:
    """Return the TBS of a self-signed root: constrained, without a pathLen (cross certificates break with one)."""
    name = make_name(spec.common_name, spec.organisation)
    identifier = key_identifier(spki)
    return _make_tbs(
        serial=serial,
        key_type=spec.key_type,
        issuer=name,
        not_before=not_before,
        not_after=not_after,
        subject=name,
        spki=spki,
        found=[
            extensions.basic_constraints(ca=True),
            extensions.authority_key_usage(),
            extensions.name_constraints(make_name_constraints(spec)),
            extensions.subject_key_identifier(identifier),
            extensions.authority_key_identifier(identifier),
        ],
    )


def make_issuing_tbs(  # noqa: PLR0913, PLR0917 - what a certificate is made of
    spec: AuthoritySpec, spki: bytes, serial: Serial, not_before: datetime, not_after: datetime, issuer: Issuer
) -> bytes:
    """Return the TBS of an issuing CA: pathLen 0, serverAuth, constrained, any policy; signed by the root `issuer`."""
    found = [
        extensions.basic_constraints(ca=True, path_length=0),
        extensions.authority_key_usage(),
        extensions.extended_key_usage(client_auth=spec.client_auth),
        extensions.name_constraints(make_name_constraints(spec)),
        extensions.certificate_policies(extensions.ANY_POLICY, None),
        extensions.subject_key_identifier(key_identifier(spki)),
        extensions.authority_key_identifier(issuer.ski),
    ]
    if spec.crl_url:
        found.append(extensions.crl_distribution_points(spec.crl_url))
    if spec.issuer_url:
        found.append(extensions.authority_information(spec.issuer_url))
    return _make_tbs(
        serial=serial,
        key_type=issuer.key_type,
        issuer=issuer.name,
        not_before=not_before,
        not_after=not_after,
        subject=make_name(spec.common_name, spec.organisation),
        spki=spki,
        found=found,
    )


def assemble(tbs: bytes, signature: bytes) -> bytes:
    """Return the DER of the certificate or CRL that `tbs` and `signature` make; the algorithm is the one in `tbs`.

    Raises der.DerError where `tbs` is neither.
    """
    return der.sequence(tbs, _algorithm_in(tbs), der.bit_string(signature))


def _algorithm_in(tbs: bytes) -> bytes:
    # In a TBSCertificate the algorithm follows version and serial; in a TBSCertList the version alone.
    for tag, element in der.children(der.content(tbs, der.SEQUENCE)):
        if tag == der.SEQUENCE:
            return element
    raise der.DerError("there is no signature algorithm in what is to be signed")


def is_signature(signature: bytes, tbs: bytes, issuer: Issuer) -> bool:
    """Claim that `signature` over `tbs` is by the key of `issuer`, with that key's algorithm, which `tbs` names.

    Raises der.DerError where `tbs` is no certificate's.
    """
    if _algorithm_in(tbs) != algorithm_identifier(issuer.key_type):
        return False
    return is_signed_by(load_public(issuer.spki), issuer.key_type, tbs, signature)


def parts_of(certificate: bytes) -> tuple[bytes, bytes, bytes]:
    """Return (TBS, AlgorithmIdentifier, signature) of a DER certificate or CRL; raises der.DerError."""
    parts = [element for _, element in der.children(der.content(certificate, der.SEQUENCE))]
    if len(parts) != 3:  # noqa: PLR2004 - RFC 5280 4.1 and 5.1
        raise der.DerError("a signed object has three parts")
    return parts[0], parts[1], der.content(parts[2], der.BIT_STRING)[1:]


def verify_signature(certificate: bytes, issuer_spki: bytes) -> bool:
    """Claim that the DER `certificate` or CRL is signed by the key `issuer_spki` with that key's algorithm."""
    key = load_public(issuer_spki)
    key_type, _ = key_type_of(key)
    try:
        tbs, algorithm, signature = parts_of(certificate)
    except der.DerError:
        return False
    if key_type is None or algorithm != algorithm_identifier(key_type) or assemble(tbs, signature) != certificate:
        return False
    return is_signed_by(key, key_type, tbs, signature)
