"""The last look before a signature: the TBS is read back with cryptography's parser and held against what was meant.

Every finding stops the signature. The rules are those that public linters do not have (a CN outside the SAN, a serial
without chance in it, a name outside the issuer's constraints) and RFC 5280's for what certmgr writes itself.
"""

import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import NameOID

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.authorities import AuthorityRole, AuthoritySpec
from certmgr.models.certificates import LeafSpec
from certmgr.pki import lint_rules as rules
from certmgr.pki.algorithms import algorithm_identifier
from certmgr.pki.build import Issuer, key_identifier
from certmgr.pki.constraints import check_constraints, check_within
from certmgr.pki.extensions import ANY_POLICY, authority_usage_value, leaf_usage_value, purposes
from certmgr.pki.keys import facts_of_spki
from certmgr.pki.lint_rules import Reading, fault
from certmgr.pki.subjects import make_name
from certmgr.printable import printable

MAX_LEAF_DAYS = 825
"""Apple's limit for server certificates under private roots."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+{_LABEL}")
_MAX_NAME = 253


def lint_leaf(tbs: bytes, spec: LeafSpec, spki: bytes, issuer: Issuer) -> tuple[Finding, ...]:
    """Return every reason not to sign `tbs` as the server certificate of `spec` for the key `spki` by `issuer`."""
    try:
        reading = rules.read_tbs(tbs)
    except ValueError as error:
        return (_unreadable(error),)
    expected = {
        rules.SAN: spec.common_name is None,
        rules.KEY_USAGE: True,
        rules.PURPOSES: False,
        rules.BASIC: True,
        rules.SKI: False,
        rules.AKI: False,
        **_optional(spec.policy_oid, spec.crl_url, spec.issuer_url),
    }
    return (
        *rules.check_presence(reading, expected),
        *rules.check_fields(
            reading,
            spki=spki,
            subject=make_name(spec.common_name),
            issuer=issuer.name,
            algorithm=algorithm_identifier(issuer.key_type),
        ),
        *rules.check_serial(reading.certificate.serial_number, spec.serial.to_int()),
        *rules.check_validity(reading, meant=(spec.not_before, spec.not_after), days=MAX_LEAF_DAYS, issuer=issuer),
        *_check_names(reading, spec, issuer),
        *_check_leaf_usage(reading, spec, issuer),
        *rules.check_pointers(reading, issuer_ski=issuer.ski, crl_url=spec.crl_url, issuer_url=spec.issuer_url),
        *rules.check_policy(reading, spec.policy_oid, spec.user_notice),
    )


def lint_authority(
    tbs: bytes, spec: AuthoritySpec, *, spki: bytes | None = None, issuer: Issuer | None = None
) -> tuple[Finding, ...]:
    """Return every reason not to sign `tbs` as the CA certificate of `spec`.

    `issuer` None means self-signed, which only a root is; `spki` None takes the key from the TBS.
    """
    try:
        reading = rules.read_tbs(tbs)
    except ValueError as error:
        return (_unreadable(error),)
    root = spec.role is AuthorityRole.ROOT
    expected = {rules.BASIC: True, rules.KEY_USAGE: True, rules.CONSTRAINTS: True, rules.SKI: False, rules.AKI: False}
    if not root:
        expected |= {rules.PURPOSES: False, **_optional(ANY_POLICY, spec.crl_url, spec.issuer_url)}
    name = make_name(spec.common_name, spec.organisation)
    return (
        *rules.check_presence(reading, expected),
        *rules.check_fields(
            reading,
            spki=spki or reading.spki,
            subject=name,
            issuer=issuer.name if issuer else name,
            algorithm=algorithm_identifier(issuer.key_type if issuer else spec.key_type),
        ),
        *rules.check_serial(reading.certificate.serial_number),
        *rules.check_validity(reading, meant=None, days=spec.days, issuer=issuer),
        *_check_authority_usage(reading, spec, self_signed=issuer is None),
        *check_constraints(reading.extension(x509.NameConstraints), spec),
        *(check_within(spec, issuer.limits) if issuer else ()),
        *rules.check_pointers(
            reading,
            issuer_ski=issuer.ski if issuer else key_identifier(reading.spki),
            crl_url=None if root else spec.crl_url,
            issuer_url=None if root else spec.issuer_url,
        ),
        *rules.check_policy(reading, None if root else ANY_POLICY, None),
    )


def _unreadable(error: ValueError) -> Finding:
    return fault(Code.LINT_ENCODING, "certificate", f"What is to be signed cannot be read back: {error}.")


def _optional(policy: str | None, crl_url: str | None, issuer_url: str | None) -> dict[str, bool]:
    """Return the extensions that a specification may leave out; none of them is critical."""
    given = ((rules.POLICIES, policy), (rules.CRL, crl_url), (rules.ACCESS, issuer_url))
    return {oid: False for oid, value in given if value}


def _check_names(reading: Reading, spec: LeafSpec, issuer: Issuer) -> Iterator[Finding]:
    """Yield what is wrong with the names as they stand in the TBS: form, CN, the issuer's constraints (R1.3)."""
    names = tuple(reading.value(x509.SubjectAlternativeName) or ())
    texts = [str(name.value) for name in names]
    for name in names:
        yield from _check_name(name, issuer)
    if not texts:
        yield fault(Code.LINT_NAME, "subjectAltName", "There is no alternative name.")
    if texts != [*spec.dns, *map(str, spec.ip)]:
        yield fault(Code.LINT_NAME, "subjectAltName", "The alternative names are not those specified.")
    if len(set(texts)) != len(texts):
        yield fault(Code.LINT_NAME, "subjectAltName", "A name stands there twice.")
    for attribute in reading.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        if attribute.value not in texts:
            shown = printable(str(attribute.value))
            yield fault(Code.LINT_NAME, "subject", f"The common name {shown} is not among the alternative names.")


def _check_name(name: x509.GeneralName, issuer: Issuer) -> Iterator[Finding]:
    text = str(name.value)
    if type(name) is x509.DNSName:
        if not _NAME.fullmatch(text) or len(text) > _MAX_NAME:
            message = f"{printable(text)} is not a DNS name in lower-case A-labels."
            yield fault(Code.LINT_NAME, "subjectAltName", message)
        covered = issuer.limits.covers_name(text)
    elif type(name) is x509.IPAddress:
        covered = issuer.limits.covers_address(name.value)
    else:
        yield fault(Code.LINT_NAME, "subjectAltName", f"{printable(text)} is neither a DNS name nor an address.")
        return
    if not covered:
        message = f"{printable(text)} lies outside the name constraints of the issuing CA."
        yield fault(Code.LINT_CONSTRAINTS, "subjectAltName", message)


def _check_leaf_usage(reading: Reading, spec: LeafSpec, issuer: Issuer) -> Iterator[Finding]:
    """Yield what the key may be used for beyond a server's work, and what is wrong with the key (R4.1)."""
    key = facts_of_spki(reading.spki)
    yield from key.findings
    basic = reading.value(x509.BasicConstraints)
    if basic is None or basic.ca or basic.path_length is not None:
        yield fault(Code.LINT_VALUE, "basicConstraints", "It is not CA:FALSE.")
    if key.key_type is None or reading.value(x509.KeyUsage) != leaf_usage_value(key.key_type):
        yield fault(Code.LINT_VALUE, "keyUsage", "The key usage is not that of a server with such a key.")
    found = list(reading.value(x509.ExtendedKeyUsage) or ())
    if found != purposes(client_auth=spec.client_auth):
        yield fault(Code.LINT_VALUE, "extendedKeyUsage", "The extended key usage is not the one specified.")
    if issuer.purposes is not None and any(oid.dotted_string not in issuer.purposes for oid in found):
        message = "The issuing CA may not sign for one of the extended key usages."
        yield fault(Code.LINT_VALUE, "extendedKeyUsage", message)


def _check_authority_usage(reading: Reading, spec: AuthoritySpec, *, self_signed: bool) -> Iterator[Finding]:
    """Yield what is wrong with a CA's key, its path length and its usages."""
    root = spec.role is AuthorityRole.ROOT
    if self_signed and not root:
        yield fault(Code.LINT_VALUE, "issuer", "An issuing CA is not signed by itself.")
    key = facts_of_spki(reading.spki)
    yield from key.findings
    if key.key_type is not spec.key_type:
        yield fault(Code.LINT_VALUE, "key", f"The key is {key.description}, not {spec.key_type}.")
    basic = reading.value(x509.BasicConstraints)
    if basic is None or not basic.ca or basic.path_length != (None if root else 0):
        meant = "CA:TRUE without a path length" if root else "CA:TRUE with the path length 0"
        yield fault(Code.LINT_VALUE, "basicConstraints", f"It is not {meant}.")
    if reading.value(x509.KeyUsage) != authority_usage_value():
        yield fault(Code.LINT_VALUE, "keyUsage", "The key usage is not keyCertSign and cRLSign.")
    found = list(reading.value(x509.ExtendedKeyUsage) or ())
    if not root and found != purposes(client_auth=spec.client_auth):
        yield fault(Code.LINT_VALUE, "extendedKeyUsage", "The extended key usage is not the one specified.")
