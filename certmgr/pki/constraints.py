"""Name constraints: the wall that stands in the CA certificates themselves (R1.3; RFC 5280 4.2.1.10).

The form was chosen from the verdicts of 17 verifiers (docs/decisions/name-constraints.md): permitted subtrees
of every kind that a server certificate can be misused with, both address families always, nothing excluded
beside something permitted of the same kind, no leading dot in a dNSName, no directoryName.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address

from cryptography import x509

from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError
from certmgr.models.authorities import AuthorityRole, AuthoritySpec, Network
from certmgr.models.certificates import IpAddress
from certmgr.records import dataclass

PLACEHOLDER_V4 = IPv4Network("192.0.2.0/32")
"""Permitted where no IPv4 network is: GnuTLS takes a family without any subtree as unconstrained."""
PLACEHOLDER_V6 = IPv6Network("100::/128")
EVERYTHING = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The names that a CA certificate lets its holder vouch for."""

    zones: tuple[str, ...]
    networks: tuple[Network, ...]
    """Empty: no address at all."""
    constrained: bool = True
    """False: the certificate has no name constraints (an imported root may be so)."""

    def covers_name(self, name: str) -> bool:
        """Claim that the constraints permit the dNSName `name`; of a wildcard, what stands behind `*.`."""
        bare = name.removeprefix("*.").lower()
        return not self.constrained or any(bare == zone or bare.endswith(f".{zone}") for zone in self.zones)

    def covers_network(self, network: Network) -> bool:
        """Claim that the constraints permit every address of `network`."""
        return not self.constrained or any(_contains(outer, network) for outer in self.networks)

    def covers(self, name: str) -> bool:
        """Claim that the constraints permit `name`, an address or a DNS name."""
        try:
            return self.covers_address(ip_address(name))
        except ValueError:
            return self.covers_name(name)

    def covers_address(self, address: IpAddress | Network) -> bool:
        """Claim that the constraints permit `address`; a network is no address."""
        if isinstance(address, Network):
            return False
        return not self.constrained or any(address in network for network in self.networks)


def make_name_constraints(spec: AuthoritySpec) -> x509.NameConstraints:
    """Return the constraints of the CA that `spec` describes; it raises RefusedError for a CA without a zone."""
    if not spec.zones:
        message = "A certificate authority needs at least one zone: without one it could vouch for any name."
        raise RefusedError(message, code=Code.LINT_CONSTRAINTS)
    first = next((zone for zone in spec.zones if "." in zone), spec.zones[0])
    permitted: list[x509.GeneralName] = [x509.DNSName(zone) for zone in spec.zones]
    excluded: list[x509.GeneralName] | None = None
    if spec.networks:
        permitted += [x509.IPAddress(network) for network in permitted_networks(spec)]
    else:
        excluded = [x509.IPAddress(network) for network in EVERYTHING]
    # A mail or URI name is never issued; permitting the first zone's forbids all others.
    permitted += [
        x509.RFC822Name(first),
        x509.UniformResourceIdentifier(first),
        x509.UniformResourceIdentifier(f".{first}"),
    ]
    return x509.NameConstraints(permitted, excluded)


def permitted_networks(spec: AuthoritySpec) -> tuple[Network, ...]:
    """Return the permitted subtrees of a CA with networks: its own, and a placeholder for each missing family.

    A root has both placeholders always. GnuTLS drops a family altogether where root and issuing CA have no subtree in
    common, so an issuing CA's placeholder has to lie in one of the root's subtrees.
    """
    families = set() if spec.role is AuthorityRole.ROOT else {network.version for network in spec.networks}
    placeholders = [one for one in (PLACEHOLDER_V4, PLACEHOLDER_V6) if one.version not in families]
    return (*spec.networks, *(one for one in placeholders if one not in spec.networks))


def limits_of(constraints: x509.NameConstraints | None) -> Limits:
    """Return what `constraints`, ours or an imported CA's, permit in DNS names and addresses."""
    if constraints is None:
        return Limits(zones=(), networks=(), constrained=False)
    permitted = constraints.permitted_subtrees or ()
    zones = tuple(name.value.lower().lstrip(".") for name in permitted if isinstance(name, x509.DNSName))
    networks = tuple(
        name.value
        for name in permitted
        if isinstance(name.value, Network) and name.value not in {PLACEHOLDER_V4, PLACEHOLDER_V6}
    )
    return Limits(zones=zones, networks=networks)


def check_constraints(
    extension: x509.Extension[x509.NameConstraints] | None, spec: AuthoritySpec
) -> tuple[Finding, ...]:
    """Return what is wrong with the constraints of a CA certificate made from `spec`: they are read, not rebuilt."""
    if extension is None:
        return (_finding("The certificate has no name constraints."),)
    found = [] if extension.critical else [_finding("The name constraints are not critical.")]
    permitted, excluded = extension.value.permitted_subtrees or [], extension.value.excluded_subtrees or []
    kinds = {type(name) for name in permitted}
    if unknown := kinds - {x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier}:
        words = ", ".join(sorted(kind.__name__ for kind in unknown))
        found.append(_finding(f"Names of the kind {words} are constrained; some clients then fail."))
    if kinds & {type(name) for name in excluded}:
        found.append(_finding("Something is excluded beside something permitted of the same kind."))
    names = [name.value for name in permitted if isinstance(name, x509.DNSName)]
    if sorted(names) != sorted(spec.zones) or any(name.startswith(".") or not name for name in names):
        found.append(_finding(f"The permitted DNS zones are {names}, not those specified."))
    if not {x509.RFC822Name, x509.UniformResourceIdentifier} <= kinds:
        found.append(_finding("Mail names or URIs are not constrained."))
    addresses = {name.value for name in permitted if isinstance(name, x509.IPAddress)}
    walls = addresses or {name.value for name in excluded if isinstance(name, x509.IPAddress)}
    if {network.version for network in walls} != {4, 6}:
        found.append(_finding("Addresses of one family are not constrained."))
    if addresses - {PLACEHOLDER_V4, PLACEHOLDER_V6} != set(spec.networks) - {PLACEHOLDER_V4, PLACEHOLDER_V6}:
        found.append(_finding("The permitted networks are not those specified."))
    if not addresses and walls != set(EVERYTHING):
        found.append(_finding("Addresses are not excluded as a whole."))
    return tuple(found)


def check_within(spec: AuthoritySpec, limits: Limits) -> tuple[Finding, ...]:
    """Return what `spec` permits beyond `limits`, those of the CA above it.

    Where the two have nothing of a kind in common, GnuTLS takes that kind as unconstrained, so this is no mere waste.
    """
    outside = [f"The zone {zone}" for zone in spec.zones if not limits.covers_name(zone)]
    outside += [f"The network {network}" for network in spec.networks if not limits.covers_network(network)]
    return tuple(_finding(f"{what} lies outside the name constraints of the CA above.") for what in outside)


def _contains(outer: Network, inner: Network) -> bool:
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _finding(message: str) -> Finding:
    return Finding(code=Code.LINT_CONSTRAINTS, message=message, field="nameConstraints")
