"""User text to validated names and addresses: nothing below this module checks them again.

A DNS name comes out as lower-case A-labels without a trailing dot (RFC 5890); what was typed in another
script goes through UTS 46 and IDNA 2008. Every check lists all that is wrong with a text, not the first thing.
Whether a name is internal is asked of `certmgr.zones`.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.printable import printable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_NAME: Final = 253
MAX_LABEL: Final = 63
SHOWN: Final = 120
SERVER_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
"""A server's name (DETAILS 51); by default it is the first DNS name."""

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DOTTED_QUAD: Final = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,10}){3}")
_POLICY: Final = frozenset({Code.NAME_BARE, Code.NAME_WILDCARD, Code.NAME_SCRIPTS, Code.NAME_UNDERSCORE})
"""What is understood and refused; everything else is not a name at all."""

_Unfit = tuple[Network, Code, str]
"""Addresses that no certificate is for, the code of the finding, and what they are called in it."""

UNFIT_V4: Final[tuple[_Unfit, ...]] = (
    (ip_network("0.0.0.0/8"), Code.ADDRESS_SPECIAL, "an address of no host (0.0.0.0/8)"),
    (ip_network("127.0.0.0/8"), Code.ADDRESS_SPECIAL, "a loopback address"),
    (ip_network("169.254.0.0/16"), Code.ADDRESS_SPECIAL, "a link-local address"),
    (ip_network("224.0.0.0/4"), Code.ADDRESS_SPECIAL, "a multicast address"),
    (ip_network("240.0.0.0/4"), Code.ADDRESS_SPECIAL, "a reserved address"),
)
UNFIT_V6: Final[tuple[_Unfit, ...]] = (
    (ip_network("::/128"), Code.ADDRESS_SPECIAL, "the unspecified address"),
    (ip_network("::1/128"), Code.ADDRESS_SPECIAL, "a loopback address"),
    (ip_network("fe80::/10"), Code.ADDRESS_SPECIAL, "a link-local address"),
    (ip_network("fec0::/10"), Code.ADDRESS_SPECIAL, "a site-local address (deprecated by RFC 3879)"),
    (ip_network("ff00::/8"), Code.ADDRESS_SPECIAL, "a multicast address"),
    (ip_network("::/96"), Code.ADDRESS_MAPPED, "an IPv4-compatible form of an IPv4 address"),
    (ip_network("::ffff:0:0/96"), Code.ADDRESS_MAPPED, "an IPv4-mapped form of an IPv4 address"),
    (ip_network("::ffff:0:0:0/96"), Code.ADDRESS_MAPPED, "an IPv4-translated form of an IPv4 address"),
    (ip_network("2002::/16"), Code.ADDRESS_MAPPED, "a 6to4 form of an IPv4 address"),
    (ip_network("2001::/32"), Code.ADDRESS_MAPPED, "a Teredo form of an IPv4 address"),
    (ip_network("64:ff9b::/96"), Code.ADDRESS_NAT64, "a NAT64 form of an IPv4 address"),
    (ip_network("64:ff9b:1::/48"), Code.ADDRESS_NAT64, "a NAT64 form of an IPv4 address"),
)


def parse_dns_name(text: str, *, wildcard: bool = False) -> str:
    """Return the DNS name that `text` writes, as lower-case A-labels without a trailing dot.

    `wildcard` allows `*` as the whole first label. Raises UsageError when `text` is not a DNS name, RefusedError when
    it is one that certmgr never certifies (a bare host name, mixed scripts, an underscore, a wildcard not allowed);
    either lists every reason.
    """
    name, findings = check_dns_name(text, wildcard=wildcard)
    if name is not None:
        return name
    error = RefusedError if all(finding.code in _POLICY for finding in findings) else UsageError
    raise error(
        f"'{shown(text)}' cannot be certified as a DNS name.",
        hint="Give the full internal name, such as portal.corp.internal.",
        findings=findings,
    )


def check_dns_name(text: str, *, wildcard: bool = False, bare: bool = False) -> tuple[str | None, tuple[Finding, ...]]:
    """Return the name that `text` writes and no findings, or None and everything that is wrong with it.

    `bare` allows a single label: for zones, never for a certificate. Sources: RFC 1035 2.3.4 (lengths), RFC 1123 2.1
    (characters), RFC 5890 and 5891 (A-labels), RFC 6125 6.4.3 (wildcards), UTS 46 (mapping of what is typed).
    """
    lowered = text.lower()
    if "--" not in lowered and len(lowered) <= MAX_NAME and _PLAIN.fullmatch(lowered):
        return lowered, ()
    from certmgr.names_strict import check_any_name  # noqa: PLC0415 - loads idna; hardly any name goes this way

    return check_any_name(text, wildcard=wildcard, bare=bare)


def is_dotted_quad(text: str) -> bool:
    """Say whether `text` looks like an IPv4 address, be it a valid one or not."""
    return _DOTTED_QUAD.fullmatch(text) is not None


def looks_like_address(text: str) -> bool:
    """Say whether `text` writes an address, be it one that is refused or not."""
    return all(finding.code is not Code.ADDRESS_FORM for finding in check_address(text)[1])


def ends_in_number(name: str) -> bool:
    """Say whether the last label of `name` is a number: clients take such a name for an address (WHATWG URL 3.5)."""
    return _NUMBER.fullmatch(name.rpartition(".")[2].lower()) is not None


def shown(text: str) -> str:
    """Return `text` fit for a message: escapes written out, cut after 120 characters."""
    return printable(text if len(text) <= SHOWN else text[: SHOWN - 3] + "...")


def parse_address(text: str) -> Address:
    """Return the address that `text` writes; raises UsageError or RefusedError with every reason (DETAILS 55)."""
    address, findings = check_address(text)
    if address is not None:
        return address
    error = UsageError if any(f.code in {Code.ADDRESS_FORM, Code.ADDRESS_ZERO} for f in findings) else RefusedError
    raise error(
        f"'{shown(text)}' cannot be certified as an address.",
        hint="Give one plain address, such as 10.1.2.3 or fd00::1.",
        findings=findings,
    )


def check_address(text: str) -> tuple[Address | None, tuple[Finding, ...]]:
    """Return the address that `text` writes and no findings, or None and everything that is wrong with it.

    Refused: a scope, leading zeros (read as octal by inet_aton), IPv4 wrapped in IPv6, NAT64, and addresses that
    name no single host of an intranet: unspecified, loopback, link-local, multicast, reserved.
    """
    bare, percent, _scope = text.partition("%")
    findings: list[Finding] = []
    if percent:
        message = f"{shown(text)} carries a scope, which means something on one host only."
        findings.append(_found(Code.ADDRESS_SCOPE, message, text))
    plain = _without_leading_zeros(bare)
    if plain != bare:
        message = (
            f"{shown(text)} has a leading zero, which some programs read as octal; write {plain} if that is meant."
        )
        findings.append(_found(Code.ADDRESS_ZERO, message, text))
    try:
        address = ip_address(plain)
    except ValueError:
        message = f"{shown(text) or 'An empty text'} is not an address{_why_not(text)}."
        return None, (*findings, _found(Code.ADDRESS_FORM, message, text))
    kind = unfit(address)
    if kind is not None:
        findings.append(_found(kind[0], f"{shown(text)} is {kind[1]}.", text))
    return (None, tuple(findings)) if findings else (address, ())


def unfit(address: Address) -> tuple[Code, str] | None:
    """Return why `address` is in no intranet, whatever is configured: a code and words such as `a loopback address`."""
    for network, code, kind in UNFIT_V4 if isinstance(address, IPv4Address) else UNFIT_V6:
        if address in network:
            return code, kind
    return None


def parse_network(text: str) -> Network:
    """Return the network that `text` writes (`10.0.0.0/8`, `fc00::/7`); raises UsageError with every reason."""
    network, findings = check_network_text(text)
    if network is not None:
        return network
    hint = "Write it as 10.0.0.0/8 or fd00::/8."
    raise UsageError(f"'{shown(text)}' is not a network.", hint=hint, findings=findings)


def check_network_text(text: str) -> tuple[Network | None, tuple[Finding, ...]]:
    """Return the network that `text` writes and no findings, or None and what is wrong with its form."""
    address, slash, prefix = text.partition("/")
    if not slash:
        return None, (_found(Code.NETWORK_FORM, f"{shown(text) or 'An empty text'} has no prefix length.", text),)
    if "%" in text:
        return None, (_found(Code.ADDRESS_SCOPE, f"{shown(text)} carries a scope; a network has none.", text),)
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None, (_found(Code.NETWORK_FORM, f"{shown(text)} is not an IPv4 or IPv6 network.", text),)
    if prefix != str(network.prefixlen):
        message = f"{shown(text)} has a mask; write the prefix length: {network}."
        return None, (_found(Code.NETWORK_FORM, message, text),)
    if ip_address(address) != network.network_address:
        message = f"{shown(text)} has bits set beyond its prefix length; the network is {network}."
        return None, (_found(Code.NETWORK_HOST_BITS, message, text),)
    return network, ()


def check_server_name(text: str) -> tuple[Finding, ...]:
    """Return what is wrong with `text` as a server's name (DETAILS 51); nothing when it is one."""
    if SERVER_NAME.fullmatch(text):
        return ()
    message = (
        f"'{shown(text)}' is not a server name: lower-case letters, digits, dots, hyphens and underscores, "
        "63 characters at most, a letter or digit first."
    )
    return (Finding(code=Code.SERVER_NAME, message=message, field="server", value=shown(text)),)


def _without_leading_zeros(text: str) -> str:
    """Return `text` with the parts of its dotted quad, if it ends in one, in decimal without leading zeros."""
    head, colon, quad = text.rpartition(":")
    if not _DOTTED_QUAD.fullmatch(quad):
        return text
    return head + colon + ".".join(str(int(part)) for part in quad.split("."))


def _why_not(text: str) -> str:
    """Return the usual reason why `text` is no address, as the end of a sentence; empty when none fits."""
    if "/" in text:
        return " but a network or an URL"
    if text.startswith("[") or re.fullmatch(r"[0-9.]+:[0-9]+", text):
        return "; write it without brackets and without a port"
    if text != text.strip():
        return ": it begins or ends with a space"
    return ""


def _found(code: Code, message: str, text: str) -> Finding:
    return Finding(code=code, message=message, field="ip", value=shown(text))
