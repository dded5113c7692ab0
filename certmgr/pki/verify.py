"""Whether a relying party would accept a chain at a given time: our own steps, then cryptography's verifier.

The library's verifier follows the web's profile and knows no Ed25519 or ML-DSA; for those our own steps stand alone.
"""

from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, UsageError
from certmgr.models.keys import KeyType
from certmgr.pki.build import Issuer, parts_of, verify_signature
from certmgr.pki.keys import facts_of_spki
from certmgr.pki.lint_rules import Reading, read_tbs

_WEB_TYPES = frozenset({KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096})


class ChainError(CertmgrError):
    """The chain does not verify for the name at that time; the findings say why. Exit code 1."""

    default_code = Code.CHAIN_REFUSED


def verify_chain(leaf: bytes, issuing: bytes, root: bytes, name: str, now: datetime) -> None:
    """Raise ChainError, with every reason, unless `leaf` holds for `name` at `now` through `issuing` up to `root`.

    All three are DER; `name` is a DNS name or an address as text. Whether the leaf is revoked is the CRL's to say.
    """
    try:
        reading, link = read_tbs(parts_of(leaf)[0]), read_tbs(parts_of(issuing)[0])
        authority, anchor = Issuer.from_certificate(issuing), Issuer.from_certificate(root)
    except (ValueError, UsageError) as error:
        raise ChainError(f"A certificate of the chain cannot be read: {error}.") from error
    reasons = [
        *_unsigned(leaf, reading.issuer, authority, "certificate"),
        *_unsigned(issuing, link.issuer, anchor, "issuing CA's certificate"),
        *_untimely(reading, authority, anchor, now),
        *_misnamed(reading, (authority, anchor), name),
    ]
    types = {facts_of_spki(reading.spki).key_type, authority.key_type, anchor.key_type}
    if not reasons and types <= _WEB_TYPES:
        reasons += library_refusals(leaf, issuing, root, name, now)
    if reasons:
        findings = [Finding(code=Code.CHAIN_REFUSED, message=reason, field="chain") for reason in reasons]
        raise ChainError(f"The certificate does not hold for {name}: {reasons[0]}", findings=findings)


def _unsigned(certificate: bytes, issuer_name: bytes, issuer: Issuer, what: str) -> Iterator[str]:
    if issuer_name != issuer.name or not verify_signature(certificate, issuer.spki):
        yield f"The {what} is not signed by the CA that is to vouch for it."


def _untimely(reading: Reading, authority: Issuer, anchor: Issuer, now: datetime) -> Iterator[str]:
    """Yield what is not valid at `now`, and a purpose other than server authentication."""
    spans = (
        ("certificate", reading.certificate.not_valid_before_utc, reading.certificate.not_valid_after_utc),
        ("issuing CA's certificate", authority.not_before, authority.not_after),
        ("root's certificate", anchor.not_before, anchor.not_after),
    )
    for what, begin, end in spans:
        if now < begin:
            yield f"The {what} is not valid before {begin.isoformat(' ')}."
        if now > end:
            yield f"The {what} expired at {end.isoformat(' ')}."
    if ExtendedKeyUsageOID.SERVER_AUTH not in (reading.value(x509.ExtendedKeyUsage) or ()):
        yield "The certificate is not for server authentication."


def _misnamed(reading: Reading, authorities: tuple[Issuer, ...], name: str) -> Iterator[str]:
    """Yield what is wrong with the names: none matches, or one lies outside a CA's constraints."""
    found = reading.value(x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    dns, addresses = found.get_values_for_type(x509.DNSName), found.get_values_for_type(x509.IPAddress)
    if not matches_name(name, dns) and name not in map(str, addresses):
        yield f"It carries {', '.join([*dns, *map(str, addresses)]) or 'no name'}."
    for limits in (authority.limits for authority in authorities):
        outside = [*(one for one in dns if not limits.covers_name(one))]
        outside += [str(one) for one in addresses if not limits.covers_address(one)]
        if outside:
            yield f"{', '.join(outside)} lies outside the name constraints of a CA above."


def matches_name(name: str, patterns: list[str]) -> bool:
    """Claim that the DNS `name` is one of `patterns`, whose `*` stands for one whole label (RFC 9525 6.3)."""
    lower = name.lower().rstrip(".")
    known = {pattern.lower() for pattern in patterns}
    parent = lower.partition(".")[2]
    return lower in known or (parent != "" and f"*.{parent}" in known)


def is_address(name: str) -> bool:
    """Claim that `name` is an address, not a DNS name."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def library_refusals(leaf: bytes, issuing: bytes, root: bytes, name: str, now: datetime) -> list[str]:
    """Return the reason for which cryptography's verifier refuses `leaf` for `name` at `now`; none: it accepts."""
    store = verification.Store([x509.load_der_x509_certificate(root)])
    subject = x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name)
    try:
        verifier = verification.PolicyBuilder().store(store).time(now).build_server_verifier(subject)
        verifier.verify(x509.load_der_x509_certificate(leaf), [x509.load_der_x509_certificate(issuing)])
    except (verification.VerificationError, ValueError) as error:
        return [f"{str(error)[:300].rstrip('.')}."]
    return []
