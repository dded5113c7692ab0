"""Zones: the DNS suffixes and networks that belong to the intranet by declaration (R1.3, R1.4, DETAILS 7).

A name inside a configured zone, an address inside a configured network is internal; everything else is refused.
The public-suffix data only words the reason and keeps a public suffix from being declared a zone.
"""

from ipaddress import ip_network
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding, Severity
from certmgr.names import UNFIT_V4, UNFIT_V6, Address, Network, check_dns_name, shown
from certmgr.records import dataclass, field

PRIVATE_NETWORKS: Final[tuple[Network, ...]] = (
    ip_network("10.0.0.0/8"),
    ip_network("172.16.0.0/12"),
    ip_network("192.168.0.0/16"),
    ip_network("100.64.0.0/10"),
    ip_network("fc00::/7"),
)
"""What may be declared a network with nobody's word for it (RFC 1918, RFC 6598, RFC 4193)."""
SHORTEST_PREFIX: Final = {4: 8, 6: 16}
"""The shortest prefix of a network that is not private, by IP version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """What belongs to the intranet."""

    dns: tuple[str, ...]
    """Suffixes as lower-case A-labels without a leading dot."""
    networks: tuple[Network, ...]
    _suffixes: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _ranges: tuple[tuple[int, int, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the two forms in which a match is one operation."""
        object.__setattr__(self, "_suffixes", tuple("." + zone for zone in self.dns))
        ranges = tuple((n.version, int(n.netmask), int(n.network_address)) for n in self.networks)
        object.__setattr__(self, "_ranges", ranges)

    def covers_name(self, name: str) -> bool:
        """Say whether `name`, in the form of `names.parse_dns_name`, is a zone or lies below one, label by label.

        Of a wildcard the part after `*.` is compared: `*.corp.internal` needs the zone corp.internal or a wider one.
        """
        return ("." + name.removeprefix("*.")).endswith(self._suffixes)

    def covers_address(self, address: Address) -> bool:
        """Say whether `address` lies in one of the networks of its own family."""
        number, version = int(address), address.version
        return any(version == v and number & mask == start for v, mask, start in self._ranges)


def check_name_in_zones(name: str, zones: Zones) -> tuple[Finding, ...]:
    """Return why `name` is not internal, and which zone would be needed; nothing when it lies in a zone (R1.4)."""
    if zones.covers_name(name):
        return ()
    from certmgr.public_suffixes import is_public_suffix, registered_domain  # noqa: PLC0415 - a list of 300 kB

    base = name.removeprefix("*.")
    if is_public_suffix(base):
        message = f"{name} belongs to the public DNS; {base} is a public suffix, which no zone can hold."
        return (Finding(code=Code.NAME_PUBLIC, message=message, field="dns", value=name),)
    domain = registered_domain(base)
    if domain is not None:
        message = (
            f"{name} belongs to the public DNS ({domain}) and to no configured zone; it would need {domain} in "
            "[zones] split_horizon, with who attests that it is the organisation's own."
        )
        return (Finding(code=Code.NAME_PUBLIC, message=message, field="dns", value=name),)
    needed = base if "*." in name or base.count(".") == 1 else base.partition(".")[2]
    message = f"{name} lies in no configured zone; it would need {needed} in [zones] dns."
    return (Finding(code=Code.NAME_OUTSIDE, message=message, field="dns", value=name),)


def check_address_in_networks(address: Address, zones: Zones) -> tuple[Finding, ...]:
    """Return why `address` is not internal; nothing when it lies in a configured network (R1.3)."""
    if zones.covers_address(address):
        return ()
    private = any(address in network for network in PRIVATE_NETWORKS)
    kind = "" if private else " and is not a private address"
    message = f"{address} lies in no configured network{kind}; it would need one of its own in [zones] networks."
    return (Finding(code=Code.ADDRESS_OUTSIDE, message=message, field="ip", value=str(address)),)


def check_zone(text: str, *, attested: bool) -> tuple[str | None, tuple[Finding, ...]]:
    """Return the zone that `text` writes and every finding; None when one of them is an error.

    A public suffix is refused whoever attests it; a registered domain, or a name below one, needs somebody's word
    (`attested`); a zone of one label is allowed with a warning (DETAILS 7).
    """
    zone, findings = check_dns_name(text, bare=True)
    if zone is None:
        return None, findings
    from certmgr.public_suffixes import is_public_suffix, registered_domain  # noqa: PLC0415 - a list of 300 kB

    if is_public_suffix(zone):
        message = f"{zone} is a public suffix, under which others register names; it cannot be a zone."
        return None, (_zone_finding(Code.ZONE_PUBLIC_SUFFIX, message, zone),)
    domain = registered_domain(zone)
    if domain is not None and not attested:
        message = (
            f"{zone} is or lies under the registered domain {domain}; list it in [zones] split_horizon, "
            "with who attests that it is the organisation's own."
        )
        return None, (_zone_finding(Code.ZONE_REGISTERED, message, zone),)
    return zone, tuple(_doubts(zone))


def check_network(network: Network, *, attested: bool) -> tuple[Finding, ...]:
    """Return why `network` cannot be declared part of the intranet; nothing when it can (DETAILS 7, 55)."""
    if any(_is_within(network, private) for private in PRIVATE_NETWORKS):
        return ()
    findings = []
    if network.prefixlen < SHORTEST_PREFIX[network.version]:
        message = f"{network} is too wide to belong to one organisation."
        findings.append(_network_finding(Code.NETWORK_WIDE, message, network))
    unfit = UNFIT_V4 if network.version == 4 else UNFIT_V6  # noqa: PLR2004 - the version's name is its number
    kinds = dict.fromkeys(kind for part, _code, kind in unfit if part.overlaps(network))
    if kinds:
        message = f"{network} holds addresses that belong to no intranet: {', '.join(kinds)}."
        findings.append(_network_finding(Code.NETWORK_SPECIAL, message, network))
    if not findings and not attested:
        message = (
            f"{network} is not private; list it in [zones] attested_networks, "
            "with who attests that it is the organisation's own."
        )
        findings.append(_network_finding(Code.NETWORK_GLOBAL, message, network))
    return tuple(findings)


def _is_within(network: Network, wider: Network) -> bool:
    return network.prefixlen >= wider.prefixlen and network.network_address in wider


def _doubts(zone: str) -> list[Finding]:
    """Return the warnings about an acceptable zone."""
    found = []
    if "." not in zone:
        message = f"The zone {zone} has one part only and may become public one day; {zone}.internal never does."
        found.append(_zone_finding(Code.ZONE_SINGLE_LABEL, message, zone, Severity.WARNING))
    if zone == "local" or zone.endswith(".local"):
        message = f"The zone {zone} lies under local, which clients resolve by multicast DNS (RFC 6762)."
        found.append(_zone_finding(Code.ZONE_MULTICAST_DNS, message, zone, Severity.WARNING))
    return found


def _network_finding(code: Code, message: str, network: Network) -> Finding:
    return Finding(code=code, message=message, field="networks", value=str(network))


def _zone_finding(code: Code, message: str, zone: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code=code, message=message, severity=severity, field="dns", value=shown(zone))
