"""User text to an endpoint: HOST:PORT, [IPV6]:PORT, or a host alone with its protocol's usual port."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final

from certmgr import names
from certmgr.codes import Code
from certmgr.errors import Finding, UsageError
from certmgr.models.servers import Endpoint, Protocol

PORTS: Final[Mapping[Protocol, int]] = MappingProxyType(
    {
        Protocol.TLS: 443,
        Protocol.SMTP: 25,
        Protocol.IMAP: 143,
        Protocol.LDAP: 389,
        Protocol.POSTGRESQL: 5432,
    }
)
"""The usual port of each protocol."""
_MAX_PORT: Final = 65535


def parse_endpoint(
    text: str, *, protocol: Protocol = Protocol.TLS, sni: str | None = None, known_as: Sequence[str] = ()
) -> Endpoint:
    """Return the endpoint that `text` writes.

    `sni` is the name to ask for, empty for none; None: the host, or where that is an address the first DNS name of
    `known_as`. Raises UsageError where `text` is none.
    """
    host, port = _split(text.strip().lower(), protocol)
    asked = sni if sni is not None else _name_to_ask(host, known_as)
    return Endpoint(host=host, port=port, protocol=protocol, sni=asked)


def _split(text: str, protocol: Protocol) -> tuple[str, int]:
    if _is_address(text):
        return text, PORTS[protocol]
    host, colon, digits = text.rpartition(":")
    if not colon:
        host, digits = text, str(PORTS[protocol])
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    plain = digits.isascii() and digits.isdecimal() and 0 < int(digits[:6]) <= _MAX_PORT
    if not plain or not host or (":" in host) != bracketed:
        message = f"{names.shown(text)!r} is not an endpoint."
        raise UsageError(
            message,
            hint="Write HOST:PORT, or [ADDRESS]:PORT for IPv6.",
            findings=[Finding(code=Code.DEPLOYMENT_PLACE, message=message, field="endpoint", value=names.shown(text))],
            code=Code.DEPLOYMENT_PLACE,
        )
    return host, int(digits)


def _name_to_ask(host: str, known_as: Sequence[str]) -> str:
    if not _is_address(host) and host != "localhost":
        return host
    return next((one for one in known_as if not _is_address(one) and not names.check_dns_name(one)[1]), "")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
