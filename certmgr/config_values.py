"""Readers of single configuration values: what TOML gives goes in, a checked value comes out.

A reader raises `BadValueError` with one reason, or with several at once for a list; the way back to TOML is
`config_literals.literal`.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_network
from typing import Final, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from certmgr.calendars import parse_window
from certmgr.codes import Code
from certmgr.config_literals import UNITS, BadValueError, bad, described, wrong_type
from certmgr.config_sections import Attested, Table
from certmgr.errors import Finding, Severity
from certmgr.names import Network, check_address, check_dns_name, check_network_text, shown
from certmgr.zones import SHORTEST_PREFIX, check_network, check_zone

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)
Reader = Callable[[object], _T]

_DURATION: Final = re.compile(r"([0-9]{1,6})([smhdw])")
# Not compiled here: most runs read no value of these kinds, and compiling costs a millisecond each.
_SHORT_NAME: Final = r"[a-z0-9][a-z0-9._-]{0,62}"
_OID: Final = r"(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9][0-9]*))(?:\.(?:0|[1-9][0-9]*))+"
_URL: Final = r"http://(?P<host>\[[0-9A-Fa-f:.]+\]|[^/:@?#\s]+)(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-~]*)?"
_MAIL: Final = r"[^@\s\x00-\x1f\x7f<>,;:\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
_MAX_URL: Final = 200


def text(most: int) -> Reader[str]:
    """Return a reader of a line of text of 1 to `most` characters."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise wrong_type(value, "text in quotes")
        if not value.strip() or len(value) > most:
            raise bad(value, f"is {len(value)} characters long; 1 to {most} are allowed")
        if not value.isprintable():
            raise bad(value, "holds a control or invisible character")
        return value.strip()

    return read


def flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise wrong_type(value, "true or false")
    return value


def whole(least: int, most: int) -> Reader[int]:
    """Return a reader of a whole number from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, f"a whole number from {least} to {most}")
        if not least <= value <= most:
            raise bad(value, f"is not from {least} to {most}")
        return value

    return read


def duration(least: str, most: str, *, whole_days: bool = False) -> Reader[timedelta]:
    """Return a reader of a duration such as "30d" or "24h", from `least` to `most`."""

    def read(value: object) -> timedelta:
        if not isinstance(value, str):
            raise wrong_type(value, 'a duration in quotes, such as "30d" or "24h"')
        length = parse_duration(value)
        if not parse_duration(least) <= length <= parse_duration(most):
            raise bad(value, f"is not from {least} to {most}")
        if whole_days and length.seconds:
            raise bad(value, "is not a number of whole days")
        return length

    return read


def parse_duration(value: str) -> timedelta:
    """Return the duration that `value` writes: a whole number and one of s, m, h, d, w."""
    match = _DURATION.fullmatch(value)
    if match is None:
        raise bad(value, 'is not a duration: a number and one of s, m, h, d, w, such as "30d" or "24h"')
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])


def one_of(kind: type[_E], *among: _E) -> Reader[_E]:
    """Return a reader of one member of `kind`, of those in `among` if any are given."""
    choices = among or tuple(kind)

    def read(value: object) -> _E:
        for choice in choices:
            if value == choice.value:
                return choice
        raise bad(value, f"is not one of {', '.join(choices)}")

    return read


def word(*choices: str) -> Reader[str]:
    """Return a reader of one of the words."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise bad(value, f"is not one of {', '.join(choices)}")
        return value

    return read


def list_of(reader: Reader[_T], *, least: int = 0) -> Reader[tuple[_T, ...]]:
    """Return a reader of an array whose every value `reader` reads; all bad ones are told at once."""

    def read(value: object) -> tuple[_T, ...]:
        if not isinstance(value, list):
            raise wrong_type(value, "an array in brackets")
        if len(value) < least:
            raise bad(value, f"needs at least {least} value{'s' if least > 1 else ''}")
        result: list[_T] = []
        reasons: list[tuple[str, str]] = []
        for item in value:
            try:
                one = reader(item)
            except BadValueError as error:
                reasons.extend(error.reasons)
                continue
            if one in result:
                reasons.extend(bad(item, "is listed twice").reasons)
            result.append(one)
        if reasons:
            raise BadValueError(*reasons)
        return tuple(result)

    return read


def table_of(name: Reader[str], reader: Reader[str]) -> Reader[Table]:
    """Return a reader of a table with keys that `name` reads and values that `reader` reads; all bad ones at once."""

    def read(value: object) -> Table:
        if not isinstance(value, dict):
            raise wrong_type(value, "a table")
        entries: list[tuple[str, str]] = []
        reasons: list[tuple[str, str]] = []
        for key, item in value.items():
            try:
                entries.append((name(key), reader(item)))
            except BadValueError as error:
                reasons.extend((bad, f"{shown(key)}: {reason}") for bad, reason in error.reasons)
        if reasons:
            raise BadValueError(*reasons)
        return Table(entries=tuple(entries))

    return read


def colour(value: object) -> str:
    """Read a colour: `#` and six hexadecimal digits."""
    if not isinstance(value, str) or not re.fullmatch("#[0-9A-Fa-f]{6}", value):
        raise bad(value, 'is not a colour such as "#2fafff"')
    return value.lower()


def authority_or_any(value: object) -> str:
    """Read the short name of an authority, or `*` for all of them."""
    return "*" if value == "*" else short_name(value)


def timezone(value: object) -> str:
    """Read the name of a time zone that this system knows."""
    if not isinstance(value, str):
        raise wrong_type(value, 'the name of a time zone, such as "Europe/Berlin"')
    try:
        return ZoneInfo(value).key
    # A folder of the zone data, or a path out of it, is not found in other ways than a missing name is.
    except (KeyError, ValueError, OSError):
        raise bad(value, 'is not a time zone of this system, such as "Europe/Berlin"') from None


def zone(value: object) -> str:
    """Read a DNS zone that needs nobody's word for it."""
    return _zone(value, attested=False)


def network(value: object) -> Network:
    """Read a network that needs nobody's word for it."""
    return _network(value, attested=False)


def attested_zone(value: object) -> Attested[str]:
    """Read `{ zone = "...", attested = "who, why" }`."""
    item, attested = _attested(value, "zone")
    return Attested(what=_zone(item, attested=True), attested=attested)


def attested_network(value: object) -> Attested[Network]:
    """Read `{ network = "...", attested = "who, why" }`."""
    item, attested = _attested(value, "network")
    return Attested(what=_network(item, attested=True), attested=attested)


def folder_url(value: object) -> str:
    """Read the http URL of a folder; a slash is added at its end.

    https is refused: a client that checks the certificate of the CRL's own server would need the CRL (RFC 5280 8).
    """
    if not isinstance(value, str):
        raise wrong_type(value, 'a URL in quotes, such as "http://pki.corp.internal/"')
    if value.lower().startswith("https:"):
        raise bad(value, "is https; a CRL is fetched over http, its own signature protects it")
    match = re.fullmatch(_URL, value)
    if match is None or len(value) > _MAX_URL or {"?", "#"} & set(value):
        form = f"is not the http URL of a folder, such as http://pki.corp.internal/, of at most {_MAX_URL} characters"
        raise bad(value, form)
    if not _is_host(match["host"]) or not 0 < int(match["port"] or 80) < 1 << 16:
        raise bad(value, "does not name a host and port")
    return value if value.endswith("/") else value + "/"


def absolute_path(value: object) -> str:
    """Read an absolute path."""
    if not isinstance(value, str):
        raise wrong_type(value, "a path in quotes")
    if not value.startswith("/") or not value.isprintable() or ".." in value.split("/"):
        raise bad(value, "is not an absolute path without ..")
    return value


def short_name(value: object) -> str:
    """Read the name of an operator or of an authority."""
    if not isinstance(value, str) or not re.fullmatch(_SHORT_NAME, value):
        raise bad(value, "is not a name of lower-case letters, digits, dots, hyphens and underscores, 63 at most")
    return value


def oid(value: object) -> str:
    """Read a dotted object identifier of three arcs or more (X.660)."""
    if not isinstance(value, str) or not re.fullmatch(_OID, value):
        raise bad(value, "is not an object identifier in dotted form, such as 1.3.6.1.4.1.32473.1")
    return value


def day(value: object) -> date:
    """Read a day, as TOML writes one or in quotes: 2026-10-01."""
    if isinstance(value, datetime) or not isinstance(value, (str, date)):
        raise wrong_type(value, "a day such as 2026-10-01")
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise bad(value, "is not a day such as 2026-10-01") from None


def weekly_window(value: object) -> str:
    """Read hours of the week such as "mon-fri 08:00-18:00"; `calendars.parse_window` gives their meaning."""
    if not isinstance(value, str):
        raise wrong_type(value, 'hours of the week, such as "mon-fri 08:00-18:00"')
    try:
        parse_window(value)
    except ValueError:
        raise bad(value, 'is not of the form "mon-fri 08:00-18:00"') from None
    return value.strip().lower()


def mail_address(value: object) -> str:
    """Read a mail address: one @, no space, no control character."""
    if not isinstance(value, str):
        raise wrong_type(value, "a mail address")
    if not re.fullmatch(_MAIL, value):
        raise bad(value, "is not a mail address")
    return value


def host(value: object) -> str:
    """Read a host name or an address."""
    if not isinstance(value, str):
        raise wrong_type(value, "a host name or an address")
    if not _is_host(value):
        raise bad(value, "is not a host name or an address")
    return value


def webhook_url(value: object) -> str:
    """Read an http or https URL with a host."""
    if not isinstance(value, str):
        raise wrong_type(value, "a URL")
    try:
        parts = urlsplit(value)
        sound = parts.scheme in {"http", "https"} and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username or parts.fragment or not value.isascii() or not value.isprintable():
        raise bad(value, "is not an http or https URL with a host")
    return value


def public_network(value: object) -> str:
    """Read an address or a network, as text in its canonical form."""
    if not isinstance(value, str):
        raise wrong_type(value, "an address or a network")
    try:
        found = ip_network(value)
    except ValueError:
        raise bad(value, "is not an address or a network") from None
    if found.prefixlen < SHORTEST_PREFIX[found.version]:
        raise bad(value, "is too wide to belong to one organisation")
    return str(found)


def _zone(value: object, *, attested: bool) -> str:
    if not isinstance(value, str):
        raise wrong_type(value, "a DNS zone in quotes")
    name, findings = check_zone(value, attested=attested)
    if name is None:
        raise _from_findings(value, findings)
    return name


def _network(value: object, *, attested: bool) -> Network:
    if not isinstance(value, str):
        raise wrong_type(value, "a network in quotes")
    result, findings = check_network_text(value)
    if result is not None:
        findings = check_network(result, attested=attested)
    if result is None or findings:
        raise _from_findings(value, findings)
    return result


def _attested(value: object, name: str) -> tuple[object, str]:
    form = f'{{ {name} = "...", attested = "who, why" }}'
    if not isinstance(value, dict) or set(value) != {name, "attested"}:
        raise bad(value, f"is not of the form {form}")
    return value[name], text(200)(value["attested"])


def _from_findings(value: object, findings: tuple[Finding, ...]) -> BadValueError:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    return BadValueError(*((described(value), finding.message) for finding in errors))


def _is_host(host: str) -> bool:
    """Say whether `host` is what stands for a host in a URL; a server on this very host is one."""
    if host.startswith("["):
        host = host[1:-1]
    elif not check_dns_name(host, bare=True)[1]:
        return True
    address, findings = check_address(host)
    return address is not None or all(finding.code is Code.ADDRESS_SPECIAL for finding in findings)
