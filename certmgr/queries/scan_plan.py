"""Where a scan will look: what was asked for, or the recorded addresses and names of our servers (R1.3, DETAILS 36)."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, Severity
from certmgr.names import Address, Network, is_dotted_quad, shown
from certmgr.net import scan
from certmgr.records import dataclass
from certmgr.store import observations
from certmgr.workspace import Workspace

SERVERS: Final = "servers"
"""The word that stands for every server in service."""
Resolver = Callable[[Sequence[str]], dict[str, tuple[Address, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a scan will look."""

    places: tuple[scan.Place, ...]
    skipped: tuple[Finding, ...]
    """What is on record of our servers and cannot be looked at, each with its reason."""


def parse(targets: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks among `targets`; raises UsageError naming each that is neither one nor the word servers."""
    return scan.parse_targets([one for one in targets if one != SERVERS])


def plan(
    workspace: Workspace,
    targets: Sequence[str],
    ports: Sequence[int] = (),
    *,
    resolve: Resolver = scan.resolve,
) -> Plan:
    """Return every place that `targets` mean, at `ports` or the configured ones.

    Raises UsageError for a target that is not understood, RefusedError with every reason for what may not be looked
    at. A recorded address or name of a server that lies outside is passed over and named, not refused.
    """
    settings = workspace.config.observe
    allowed = scan.reach(workspace.config.zones.declared, settings.public)
    wanted = dict.fromkeys((str(one), "") for one in scan.expand(parse(targets), allowed, most=settings.most))
    skipped: tuple[Finding, ...] = ()
    if SERVERS in targets:
        recorded, skipped = _recorded(workspace, allowed, resolve)
        wanted |= recorded
    if len({address for address, _ in wanted}) > settings.most:
        message = f"These are {len(wanted)} places; one scan looks at {settings.most} at most ([observe] most)."
        raise RefusedError(message, hint="Scan in parts.", code=Code.SCAN_MANY)
    at = tuple(dict.fromkeys(ports or settings.ports))
    places = tuple(scan.Place(address=address, port=port, sni=sni) for address, sni in wanted for port in at)
    return Plan(places=places, skipped=skipped)


def _recorded(
    workspace: Workspace, allowed: Sequence[Network], resolve: Resolver
) -> tuple[dict[tuple[str, str], None], tuple[Finding, ...]]:
    """Return (address, name to ask for) of every server in service, and what of them cannot be looked at."""
    with workspace.store().read() as snapshot:
        servers = observations.places(snapshot, workspace.now())
    asked = sorted({name for _, _, names in servers for name in names if _is_host(name)})
    found = resolve(asked)
    wanted: dict[tuple[str, str], None] = {}
    skipped: list[Finding] = []
    for server, recorded, names in servers:
        hosts = [name for name in names if _is_host(name)]
        places = [(address, name) for name in hosts for address in found.get(name, ())]
        first = hosts[0] if hosts else ""
        addresses = [name for name in names if not _is_host(name) and not name.startswith("*.")]
        known = [_address(text) for text in [*recorded.split(), *addresses]]
        places += [(address, first) for address in known if address is not None]
        if None in known:
            skipped.append(_skip(server, f"what is recorded as its address, '{shown(recorded)}', is none"))
        for address, name in places:
            if scan.within(address, allowed):
                wanted[str(address), name] = None
            else:
                skipped.append(_skip(server, f"{name or 'it'} is at {address}, which may not be looked at"))
        if not places:
            skipped.append(_skip(server, "no address of it is known"))
    return wanted, tuple(dict.fromkeys(skipped))


def _is_host(text: str) -> bool:
    """Tell whether a name of a certificate is that of one host: neither an address nor a wildcard."""
    return not (text.startswith("*.") or ":" in text or is_dotted_quad(text))


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _skip(server: str, reason: str) -> Finding:
    message = f"{server} was not looked at: {reason}."
    return Finding(code=Code.SCAN_SKIPPED, severity=Severity.WARNING, message=message, field="server", value=server)
