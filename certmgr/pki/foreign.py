"""A CA certificate that somebody else signed: whether certmgr can issue under it, and what it lacks against ours.

An error stops its use. A warning names a wall that is missing (R1.3): then only certmgr's own policy keeps public names
out, and a stolen key could vouch for them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certmgr.codes import Code
from certmgr.errors import Finding, Severity, UsageError
from certmgr.models.keys import KeyType
from certmgr.pki.extensions import find_extension, find_value
from certmgr.pki.keys import PUBLIC_TYPES, key_type_of, public_spki
from certmgr.pki.keys import facts_of_spki as facts_of
from certmgr.pki.quiet import no_warnings

SHORTEST_LIFE = timedelta(days=397)
"""Less than the longest usual leaf: its certificates would be cut short."""
_DETERMINISTIC = frozenset({KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519})
_UNREADABLE = (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@no_warnings()
def lint_foreign_authority(certificate: bytes, root: bytes, *, now: datetime) -> tuple[Finding, ...]:
    """Return every reason against the DER `certificate` of an issuing CA under the DER `root`, errors and warnings.

    `root` may be the same certificate: a CA that signed itself.
    """
    try:
        issuing, anchor = x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(root)
        extensions, anchor_extensions = issuing.extensions, anchor.extensions
    except _UNREADABLE as error:
        return (_error("certificate", f"One of the two certificates cannot be read: {error}."),)
    alone = certificate == root
    return (
        *_signatures(issuing, anchor, alone=alone),
        *_times(issuing, anchor, now),
        *_rights(extensions, anchor_extensions, alone=alone),
        *_usage(extensions, anchor_extensions),
        *_key(issuing),
        *_walls(extensions),
    )


def load_crl(data: bytes) -> bytes:
    """Return the DER of the one CRL, PEM or DER, in `data`; raises UsageError for anything else."""
    try:
        pem = data.lstrip().startswith(b"-----BEGIN")
        found = x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
    except ValueError as error:
        raise UsageError("The file does not hold a CRL.") from error
    return found.public_bytes(Encoding.DER)


def _signatures(issuing: x509.Certificate, anchor: x509.Certificate, *, alone: bool) -> Iterator[Finding]:
    """Yield what is wrong with who signed whom (RFC 5280 6.1.3)."""
    if not alone and not _signed_by(issuing, anchor):
        yield _error("issuer", "The CA certificate is not signed by the root that was given.")
    if not _signed_by(anchor, anchor):
        what = "CA certificate is not signed by itself; give its root, too" if alone else "root is not signed by itself"
        yield _error("root", f"The {what}.")
    try:
        weak = isinstance(issuing.signature_hash_algorithm, MD5 | SHA1)
    except UnsupportedAlgorithm:
        weak = False
    if weak:
        yield _error("signature", "The CA certificate is signed with MD5 or SHA-1, which clients refuse.")


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _times(issuing: x509.Certificate, anchor: x509.Certificate, now: datetime) -> Iterator[Finding]:
    for what, one in (("CA certificate", issuing), ("root", anchor)):
        if now < one.not_valid_before_utc:
            yield _error("validity", f"The {what} is not valid before {one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC.")
        if now > one.not_valid_after_utc:
            yield _error("validity", f"The {what} expired on {one.not_valid_after_utc:%Y-%m-%d}.")
    left = issuing.not_valid_after_utc - now
    if timedelta(0) <= left < SHORTEST_LIFE:
        end = f"{issuing.not_valid_after_utc:%Y-%m-%d}"
        yield _warning("validity", f"The CA ends on {end}, in {left.days} days; certificates under it end with it.")


def _rights(extensions: x509.Extensions, anchor: x509.Extensions, *, alone: bool) -> Iterator[Finding]:
    """Yield what the certificates do not let their keys do."""
    basic = find_value(extensions, x509.BasicConstraints)
    if basic is None or not basic.ca:
        yield _error("basicConstraints", "The certificate is not that of a certificate authority.")
    elif basic.path_length != 0:
        yield _warning("basicConstraints", "The path length is not 0: a stolen key could found further CAs.")
    above = find_value(anchor, x509.BasicConstraints)
    if not alone and above is not None and above.path_length == 0:
        yield _error("root", "The root's path length is 0, so it may have no CA below it.")


def _usage(extensions: x509.Extensions, anchor: x509.Extensions) -> Iterator[Finding]:
    """Yield what the CA's key may not be used for, or may be used for beside servers."""
    for field, found in (("keyUsage", extensions), ("root", anchor)):
        if find_value(found, x509.KeyUsage) is None:
            which = "CA certificate" if found is extensions else "root"
            yield _warning(field, f"The {which} has no keyUsage (RFC 5280 4.2.1.3); some clients refuse the chain.")
    usage = find_value(extensions, x509.KeyUsage)
    if usage is not None:
        if not usage.key_cert_sign:
            yield _error("keyUsage", "The key may not sign certificates (keyCertSign).")
        if not usage.crl_sign:
            yield _error("keyUsage", "The key may not sign CRLs (cRLSign), so nothing could be revoked.")
    purposes = find_value(extensions, x509.ExtendedKeyUsage)
    allowed = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is None:
        yield _warning("extendedKeyUsage", "The purposes are not limited: the key could also sign for mail or code.")
    elif not allowed & set(purposes):
        yield _error("extendedKeyUsage", "The CA may not certify servers (serverAuth).")
    if find_value(extensions, x509.SubjectKeyIdentifier) is None:
        yield _warning("subjectKeyIdentifier", "The CA certificate has no subjectKeyIdentifier (RFC 5280 4.2.1.2).")


def _key(issuing: x509.Certificate) -> Iterator[Finding]:
    try:
        key = issuing.public_key()
    except (ValueError, UnsupportedAlgorithm):
        yield _error("key", "The CA's public key cannot be read.")
        return
    if not isinstance(key, PUBLIC_TYPES):
        yield _error("key", f"The CA's key is of the kind {type(key).__name__}, which certmgr does not use.")
        return
    yield from facts_of(public_spki(key)).findings
    key_type, description = key_type_of(key)
    if key_type is not None and key_type not in _DETERMINISTIC:
        message = f"Signatures by {description} cannot be made a second time: what a crash interrupts is revoked."
        yield Finding(code=Code.AUTHORITY, severity=Severity.NOTICE, field="key", message=message)


def _walls(extensions: x509.Extensions) -> Iterator[Finding]:
    """Yield which name constraints are missing (RFC 5280 4.2.1.10)."""
    found = find_extension(extensions, x509.NameConstraints)
    if found is None:
        yield _wall("The CA certificate has no name constraints: a stolen key could vouch for any public name.")
        return
    if not found.critical:
        yield _wall("The name constraints are not critical: a client that does not know them ignores them.")
    permitted, excluded = found.value.permitted_subtrees or [], found.value.excluded_subtrees or []
    if not any(isinstance(name, x509.DNSName) for name in permitted):
        yield _wall("The name constraints permit no DNS zone, so they do not limit DNS names.")
    versions = {name.value.version for name in (*permitted, *excluded) if isinstance(name, x509.IPAddress)}
    for version, family in ((4, "IPv4"), (6, "IPv6")):
        if version not in versions:
            yield _wall(f"The name constraints do not limit {family} addresses.")
    if any(isinstance(name, x509.DNSName) and name.value.startswith(".") for name in permitted):
        yield _wall("A permitted zone begins with a dot; some clients refuse such a CA.")


def _error(field: str, message: str) -> Finding:
    return Finding(code=Code.AUTHORITY, field=field, message=message)


def _warning(field: str, message: str) -> Finding:
    return Finding(code=Code.AUTHORITY, severity=Severity.WARNING, field=field, message=message)


def _wall(message: str) -> Finding:
    return Finding(code=Code.LINT_CONSTRAINTS, severity=Severity.WARNING, field="nameConstraints", message=message)
