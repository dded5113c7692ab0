"""What may be certified: every reason against an order, at once, before anything is made or signed.

`evaluate` is pure: it takes facts and returns findings. It is asked about the order,
and again about the content that is to be signed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding, Severity
from certmgr.lifecycle import validity
from certmgr.models.certificates import DnsName, IpAddress, Order
from certmgr.models.keys import KeyFacts
from certmgr.models.profiles import MAX_DAYS, Profile
from certmgr.names import check_server_name, shown
from certmgr.records import dataclass
from certmgr.zones import Zones, check_address_in_networks, check_name_in_zones

MAX_NAMES: Final = 100
"""The most names and addresses in one certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityLimits:
    """What an issuing CA's own certificate allows, whatever the configuration says."""

    name: str
    zones: Zones
    """Its name constraints, without placeholders."""
    not_after: datetime
    client_auth: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """What the store knows of a public key."""

    blocked: bool = False
    """Whether it is on the blocklist (R1.6)."""
    used_by: tuple[str, ...] = ()
    """The other servers that have a certificate for it."""


_FREE: Final = KeyUse()
_NAMED: Final = 5
"""How many of the servers that share a key a message names."""


def evaluate(  # noqa: PLR0913 - every fact that a verdict rests on
    order: Order,
    profile: Profile,
    zones: Zones,
    key: KeyFacts | None,
    *,
    issuer: AuthorityLimits | None,
    now: datetime,
    use: KeyUse = _FREE,
) -> tuple[Finding, ...]:
    """Return everything against `order`; with no finding of error severity it may be carried out.

    `key` is None when the key is still to be made here; `issuer` is None when there is no issuing CA to compare with.
    The one notice is DAYS_SHORTENED: the profile's lifetime is cut to the end of the issuer's.
    """
    findings: list[Finding] = []
    findings.extend(check_server_name(order.server))
    if not order.purpose.strip():
        message = "No purpose is stated; say what the certificate is for."
        findings.append(_error(Code.PURPOSE_MISSING, message, "purpose"))
    findings.extend(check_content(order.dns, order.ip, profile, zones, issuer=issuer))
    findings.extend(_check_days(order, profile, issuer, now))
    if issuer is not None and profile.client_auth and not issuer.client_auth:
        message = f"The profile {profile.name} asks for clientAuth, which {issuer.name} cannot give."
        findings.append(_error(Code.ISSUER_CLIENT_AUTH, message, "profile", profile.name))
    findings.extend(_check_key(order, profile, key, use))
    return tuple(findings)


def check_content(
    dns: tuple[DnsName, ...],
    ip: tuple[IpAddress, ...],
    profile: Profile,
    zones: Zones,
    *,
    issuer: AuthorityLimits | None,
) -> tuple[Finding, ...]:
    """Return everything against the names and addresses of a certificate (R1.3, R1.4): the first wall."""
    if not dns and not ip:
        return (_error(Code.NAME_NONE, "No name and no address is asked for.", "dns"),)
    findings: list[Finding] = []
    count = len(dns) + len(ip)
    if count > MAX_NAMES:
        message = f"{count} names and addresses are asked for; {MAX_NAMES} is the most in one certificate."
        findings.append(_error(Code.NAME_COUNT, message, "dns", str(count)))
    if len(set(dns)) < len(dns) or len(set(ip)) < len(ip):
        findings.extend(_duplicates(dns, "dns"))
        findings.extend(_duplicates((str(address) for address in ip), "ip"))
    for name in dict.fromkeys(dns):
        findings.extend(_check_name(name, profile, zones, issuer))
    if ip and not profile.ip:
        message = f"An address is asked for, which the profile {profile.name} does not allow."
        findings.append(_error(Code.ADDRESS_NOT_ALLOWED, message, "ip", str(ip[0])))
    for address in dict.fromkeys(ip):
        findings.extend(_check_address(address, zones, issuer))
    return tuple(findings)


def granted_validity(
    order: Order, profile: Profile, *, issuer: AuthorityLimits | None, now: datetime
) -> tuple[datetime, datetime]:
    """Return not_before and not_after for `order`: never past the issuer's end (ARCHITECTURE: defaults)."""
    not_before, not_after = validity(now, order.days if order.days is not None else profile.days)
    return not_before, not_after if issuer is None else min(not_after, issuer.not_after)


def check_limits(profiles: Mapping[str, Profile], zones: Zones, issuer: AuthorityLimits) -> tuple[Finding, ...]:
    """Return where the configuration allows what the issuing CA's certificate does not (DETAILS 6, 11)."""
    findings = [
        _warning(f"The zone {zone} lies outside the zones of {issuer.name}; no name in it can be certified.", zone)
        for zone in zones.dns
        if not issuer.zones.covers_name(zone)
    ]
    findings += [
        _warning(f"The network {network} lies outside the networks of {issuer.name}.", str(network))
        for network in zones.networks
        if not (issuer.zones.covers_address(network[0]) and issuer.zones.covers_address(network[-1]))
    ]
    findings += [
        _error(
            Code.ISSUER_CLIENT_AUTH,
            f"The profile {profile.name} asks for clientAuth, which {issuer.name} cannot give.",
            f"profile.{profile.name}.client_auth",
        )
        for profile in profiles.values()
        if profile.client_auth and not issuer.client_auth
    ]
    return tuple(findings)


def _check_name(name: str, profile: Profile, zones: Zones, issuer: AuthorityLimits | None) -> list[Finding]:
    findings: list[Finding] = []
    if name.startswith("*.") and not profile.wildcard:
        message = f"{name} is a wildcard, which the profile {profile.name} does not allow."
        findings.append(_error(Code.NAME_WILDCARD, message, "dns", name))
    if not zones.covers_name(name):
        findings.extend(check_name_in_zones(name, zones))
    elif issuer is not None and not issuer.zones.covers_name(name):
        message = f"{name} lies outside the zones of {issuer.name}, whose certificate fixes them."
        findings.append(_error(Code.NAME_OUTSIDE, message, "dns", name))
    return findings


def _check_address(address: IpAddress, zones: Zones, issuer: AuthorityLimits | None) -> tuple[Finding, ...]:
    if zones.covers_address(address):
        if issuer is None or issuer.zones.covers_address(address):
            return ()
        message = f"{address} lies outside the networks of {issuer.name}, whose certificate fixes them."
        return (_error(Code.ADDRESS_OUTSIDE, message, "ip", str(address)),)
    return check_address_in_networks(address, zones)


def _check_days(order: Order, profile: Profile, issuer: AuthorityLimits | None, now: datetime) -> list[Finding]:
    days = order.days if order.days is not None else profile.days
    most = min(profile.max_days, MAX_DAYS)
    if not 1 <= days <= most:
        message = f"{days} days are asked for; the profile {profile.name} allows 1 to {most}."
        return [_error(Code.DAYS_RANGE, message, "days", str(days))]
    if issuer is None:
        return []
    not_before, not_after = validity(now, days)
    if not_after <= issuer.not_after:
        return []
    end = f"{issuer.not_after:%Y-%m-%d %H:%M} UTC"
    if issuer.not_after - not_before < timedelta(days=1):
        message = f"{issuer.name} ends on {end}; a new issuing CA is needed."
        return [_error(Code.ISSUER_ENDED, message, "authority", issuer.name)]
    left = (issuer.not_after - not_before).days
    if order.days is not None:
        message = f"{days} days reach past the end of {issuer.name} on {end}; {left} is the most today."
        return [_error(Code.DAYS_PAST_ISSUER, message, "days", str(days))]
    message = f"The lifetime of {days} days is shortened to end with {issuer.name} on {end}."
    return [Finding(code=Code.DAYS_SHORTENED, message=message, severity=Severity.NOTICE, field="days", value=str(left))]


def _check_key(order: Order, profile: Profile, key: KeyFacts | None, use: KeyUse) -> list[Finding]:
    findings: list[Finding] = []
    accepted = ", ".join(profile.key_types)
    if order.key_type is not None and order.key_type not in profile.key_types:
        message = f"The profile {profile.name} does not accept {order.key_type} keys; it accepts {accepted}."
        findings.append(_error(Code.KEY_TYPE, message, "key_type", order.key_type))
    if key is None:
        return findings
    if key.key_type is not None and key.key_type not in profile.key_types:
        message = f"The profile {profile.name} does not accept {key.description}; it accepts {accepted}."
        findings.append(_error(Code.KEY_TYPE, message, "key", key.key_type))
    elif key.key_type is None and not key.findings:
        message = f"{key.description} is certified under no profile."
        findings.append(_error(Code.KEY_TYPE, message, "key"))
    findings.extend(key.findings)
    if use.blocked:
        message = "The key is known to be compromised and is never certified again; make a new one."
        findings.append(_error(Code.KEY_BLOCKED, message, "key", key.spki_sha256))
    if others := sorted({server for server in use.used_by if server != order.server}):
        rest = len(others) - _NAMED
        named = ", ".join(others[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
        message = f"The key is in use for another server ({named}); make a key of its own for each server."
        findings.append(_error(Code.KEY_IN_USE, message, "key", key.spki_sha256))
    return findings


def _duplicates(texts: Iterable[str], field: str) -> list[Finding]:
    counts = Counter(texts)
    return [
        _error(Code.NAME_DUPLICATE, f"{text} is asked for {count} times.", field, text)
        for text, count in counts.items()
        if count > 1
    ]


def _error(code: Code, message: str, field: str, value: str | None = None) -> Finding:
    return Finding(code=code, message=message, field=field, value=None if value is None else shown(value))


def _warning(message: str, value: str) -> Finding:
    return Finding(code=Code.ISSUER_LIMITS, message=message, severity=Severity.WARNING, field="zones", value=value)
