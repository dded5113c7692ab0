"""Words to order: every text of a request is read once, and every reason against it is given at once.

What comes out is an `Order` that policy has judged; what is refused carries all its findings (STYLE: report
everything at once).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from certmgr import names, policy
from certmgr.codes import Code
from certmgr.config import Config
from certmgr.errors import Finding, RefusedError, Severity
from certmgr.models.certificates import DnsName, Order
from certmgr.models.keys import KeyFacts, KeyType
from certmgr.records import dataclass

if TYPE_CHECKING:
    from certmgr.models.profiles import Profile
    from certmgr.pki.csr import CsrFacts

DEFAULT_PROFILE = "server"
MAX_SERVER_NAME = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asked for, in their own words."""

    server: str | None = None
    """None: the first DNS name."""
    dns: tuple[str, ...] = ()
    ip: tuple[str, ...] = ()
    csr: bytes | None = None
    """PEM or DER as it was given."""
    profile: str = DEFAULT_PROFILE
    purpose: str = ""
    owner: str = ""
    contact: str = ""
    days: int | None = None
    key_type: KeyType | None = None
    recorded_ip: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An order that policy allows, its profile, and what a CSR asked for and did not get."""

    order: Order
    profile: "Profile"
    key: KeyFacts | None
    notices: tuple[Finding, ...] = ()


KeyUses = Callable[[str], policy.KeyUse]
"""Given a key's SPKI hash, where it is in use and whether it is blocked."""


def _no_use(_spki_sha256: str) -> policy.KeyUse:
    return policy.KeyUse()


def read(
    wish: Wish, config: Config, *, issuer: policy.AuthorityLimits, now: datetime, key_uses: KeyUses = _no_use
) -> Accepted:
    """Return the order that `wish` makes.

    Raises UsageError where a text is not what it was given as (no CSR in the file), RefusedError where policy
    refuses; both carry every finding.
    """
    csr = _read_csr(wish.csr, names_given=bool(wish.dns or wish.ip)) if wish.csr is not None else None
    profile = config.profiles.get(wish.profile)
    dns_texts, ip_texts = _asked_names(wish, csr)
    if profile is not None and profile.inventory_ip:
        ip_texts = (*ip_texts, *wish.recorded_ip.split())
    found: list[Finding] = [] if profile else [_unknown_profile(wish.profile, config)]
    allow_wildcard = profile.wildcard if profile else False
    dns = _dns_names(dns_texts, wildcard=allow_wildcard, found=found)
    ip = _addresses(ip_texts, found=found)
    server = _server_name(wish, dns, ip)
    key = csr.key if csr else None
    if csr is not None:
        found += csr.findings
    order = Order(
        server=server,
        dns=tuple(DnsName(name) for name in dict.fromkeys(dns)),
        ip=tuple(dict.fromkeys(ip)),
        profile=wish.profile,
        purpose=wish.purpose.strip(),
        owner=wish.owner.strip(),
        contact=wish.contact.strip(),
        days=wish.days,
        key_type=key.key_type if key else wish.key_type,
        csr=csr.der if csr else None,
        recorded_ip=wish.recorded_ip,
        note=wish.note,
    )
    notices: list[Finding] = []
    if profile is not None:
        use = key_uses(key.spki_sha256) if key else policy.KeyUse()
        judged = policy.evaluate(order, profile, config.zones.declared, key, issuer=issuer, now=now, use=use)
        # With every name refused already, "no name" would be a reason too many.
        unnamed = bool(found) and not order.dns and not order.ip
        judged = tuple(item for item in judged if not (unnamed and item.code in {Code.NAME_NONE, Code.SERVER_NAME}))
        found += [item for item in judged if item.severity is Severity.ERROR]
        notices += [item for item in judged if item.severity is not Severity.ERROR]
    if csr is not None:
        notices += [_not_granted(text) for text in csr.not_granted]
    if found or profile is None:
        raise _refusal(server, found)
    return Accepted(order=order, profile=profile, key=key, notices=tuple(notices))


def _refusal(server: str, found: Sequence[Finding]) -> RefusedError:
    many = f"{len(found)} reasons" if len(found) > 1 else "one reason"
    return RefusedError(
        f"The request for {server} is refused for {many}." if server else f"The request is refused for {many}.",
        hint="Correct what is named and ask again; `certmgr config show` prints the zones, networks and profiles.",
        findings=found,
    )


def _read_csr(data: bytes, *, names_given: bool) -> "CsrFacts":
    from certmgr.pki import csr  # noqa: PLC0415 - a request without a CSR needs none of it

    return csr.parse_csr(data, names_given=names_given)


def _asked_names(wish: Wish, csr: "CsrFacts | None") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts of the names: those given are the whole set, else the CSR's, else its CN (DETAILS 14)."""
    if wish.dns or wish.ip or csr is None:
        return wish.dns, wish.ip
    if csr.dns or csr.ip:
        return csr.dns, tuple(str(one) for one in csr.ip)
    if csr.common_name:
        return (csr.common_name,), ()
    return (), ()


def _dns_names(texts: Sequence[str], *, wildcard: bool, found: list[Finding]) -> list[str]:
    valid = []
    for text in texts:
        name, problems = names.check_dns_name(text, wildcard=wildcard)
        found.extend(problems)
        if name is not None:
            valid.append(name)
    return valid


def _addresses(texts: Sequence[str], *, found: list[Finding]) -> list["names.Address"]:
    valid = []
    for text in texts:
        address, problems = names.check_address(text)
        found.extend(problems)
        if address is not None:
            valid.append(address)
    return valid


def _server_name(wish: Wish, dns: Sequence[str], ip: Sequence["names.Address"]) -> str:
    """Return the server's name: the one given, else the first DNS name, else the first address (DETAILS 51)."""
    if wish.server:
        return wish.server.strip()
    if dns:
        return dns[0].replace("*", "wildcard")[:MAX_SERVER_NAME].rstrip(".-_")
    return str(ip[0]).replace(":", "-").strip("-") if ip else ""


def _unknown_profile(name: str, config: Config) -> Finding:
    known = ", ".join(config.profiles)
    return Finding(
        code=Code.PROFILE_UNKNOWN,
        field="profile",
        value=name,
        message=f"There is no profile {name[:80]!r}; the configuration has: {known}.",
    )


def _not_granted(text: str) -> Finding:
    return Finding(
        code=Code.NOT_GRANTED,
        severity=Severity.NOTICE,
        field="csr",
        message=f"The CSR asks for {text}; only its names and its key are used, so it is not granted.",
    )
