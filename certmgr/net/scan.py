"""Looking at many places at once: which may be looked at, and what each of them serves (R1.3, DETAILS 36).

Everything is bounded: the addresses by their number, a look by its time, all of them together by theirs, and what a
server may say by its size. Nothing that is not allowed gets a single packet.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from ipaddress import ip_address, ip_network
from itertools import islice
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError, UsageError
from certmgr.names import Address, Network, shown
from certmgr.net.probe import probe
from certmgr.records import dataclass
from certmgr.zones import Zones

LOOPBACK: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
DEFAULT_TIMEOUT_S: Final = 3.0
DEFAULT_CONCURRENCY: Final = 32
DEFAULT_WITHIN_S: Final = 1800.0
MAX_CERTIFICATE: Final = 32 << 10
"""Octets of a certificate that is still read; one with an ML-DSA key and signature has 8 kB."""

Probe = Callable[[str, int, str | None, float], tuple[bytes, ...]]
"""What looks at one place: address, port, name to ask for, seconds; returns the DER certificates it presents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to look."""

    address: str
    """In its short form."""
    port: int
    sni: str = ""
    """The name to ask for; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of looking at a place."""

    place: Place
    certificate: bytes | None = None
    """DER of what the server presents as its own."""
    problem: str = ""
    """Why there is none."""
    answered: bool = True
    """False: nothing there shook hands, which is nothing unusual."""
    missed: bool = False
    """Whether the time was up before its turn."""


def reach(zones: Zones, public: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks that may be looked at: loopback, the configured ones, the organisation's own public ones."""
    return (*LOOPBACK, *zones.networks, *(ip_network(one) for one in public))


def within(address: Address, networks: Iterable[Network]) -> bool:
    """Tell whether the address lies in one of the networks."""
    return any(address in network for network in networks)


def parse_targets(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks that addresses and networks write; an address is a network of one.

    Raises UsageError naming each text that is neither.
    """
    networks: list[Network] = []
    findings: list[Finding] = []
    for text in texts:
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            message = f"{shown(text) or 'An empty text'} is not an address or a network."
            findings.append(Finding(code=Code.NETWORK_FORM, message=message, field="target", value=shown(text)))
    if findings:
        raise UsageError(
            "What is to be looked at is not understood; nothing was contacted.",
            hint="Give addresses such as 10.1.2.3, networks such as 10.1.2.0/24, or the word servers.",
            findings=findings,
        )
    return tuple(networks)


def expand(networks: Sequence[Network], allowed: Sequence[Network], *, most: int) -> tuple[Address, ...]:
    """Return the addresses of hosts in `networks`, in order and each once.

    Raises RefusedError, with every reason, for a network that is not part of one in `allowed`, and for more than
    `most` addresses.
    """
    findings = []
    for network in networks:
        if not any(_is_part(network, wider) for wider in allowed):
            named = network.network_address if network.num_addresses == 1 else network
            message = f"{named} lies outside loopback, [zones] networks and [observe] public."
            findings.append(Finding(code=Code.SCAN_OUTSIDE, message=message, field="target", value=str(named)))
    total = sum(network.num_addresses for network in networks)
    if total > most:
        message = f"These are {total} addresses; one scan looks at {most} at most ([observe] most)."
        findings.append(Finding(code=Code.SCAN_MANY, message=message, field="target", value=str(total)))
    if findings:
        raise RefusedError(
            "This may not be looked at; nothing was contacted.",
            hint="Declare what is yours under [zones] networks or [observe] public, or scan in parts.",
            findings=findings,
            code=findings[0].code,
        )
    return tuple(dict.fromkeys(address for network in networks for address in network.hosts()))


def _is_part(network: Network, wider: Network) -> bool:
    return network.version == wider.version and network.network_address in wider and network.broadcast_address in wider


def resolve(names: Sequence[str], *, concurrency: int = DEFAULT_CONCURRENCY) -> dict[str, tuple[Address, ...]]:
    """Return the addresses of each name, none where it has none; the system's resolver bounds the time."""

    def look_up(name: str) -> tuple[Address, ...]:
        with contextlib.suppress(OSError, UnicodeError):
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            return tuple(dict.fromkeys(ip_address(str(item[4][0]).partition("%")[0]) for item in found))
        return ()

    if not names:
        return {}
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return dict(zip(names, pool.map(look_up, names), strict=True))


def walk(
    places: Iterable[Place],
    *,
    concurrency: int = DEFAULT_CONCURRENCY,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    within_s: float = DEFAULT_WITHIN_S,
    look: Probe = probe,
) -> Iterator[Look]:
    """Yield what each place serves, as the answers come.

    At most `concurrency` looks run at once, each for `timeout_s` seconds to connect and as many to shake hands; after
    `within_s` seconds no further one begins, and the rest come back as missed. Raises nothing for a server that
    misbehaves: that is its `problem`.
    """
    deadline = time.monotonic() + within_s
    waiting = iter(places)
    running: set[Future[Look]] = set()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        try:
            while True:
                if time.monotonic() < deadline:
                    free = concurrency - len(running)
                    running |= {pool.submit(_look, place, timeout_s, look) for place in islice(waiting, free)}
                if not running:
                    break
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()
    for place in waiting:
        yield Look(place=place, problem="the time of the scan was up", answered=False, missed=True)


def _look(place: Place, timeout_s: float, look: Probe) -> Look:
    try:
        chain = look(place.address, place.port, place.sni or None, timeout_s)
    except CertmgrError as problem:
        return Look(place=place, problem=problem.message, answered=False)
    if not chain:
        return Look(place=place, problem="it presents no certificate")
    if len(chain[0]) > MAX_CERTIFICATE:
        return Look(place=place, problem=f"its certificate has {len(chain[0])} octets, which is not read")
    return Look(place=place, certificate=chain[0])
