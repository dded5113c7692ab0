"""The certmgr.toml that `init` writes: every key with its value and a comment."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from ipaddress import ip_network
from typing import Final

from certmgr.codes import Code
from certmgr.config_keys import PROFILE, SECTIONS
from certmgr.config_literals import literal
from certmgr.config_schema import Section
from certmgr.config_sections import DEFAULT_PROFILE, Attested
from certmgr.names import check_network_text
from certmgr.zones import PRIVATE_NETWORKS, check_network, check_zone

_WIDTH: Final = 100
_HEAD: Final = """\
# The configuration of certmgr. `certmgr config check` reads it and names everything that is wrong with it;
# `certmgr config show` prints what is in effect. Durations are written "30d", "24h", "15m".
"""
_EXAMPLE: Final = {"days": 90, "max_days": 90, "wildcard": True, "ip": False}
"""What the example of a second profile, `wildcard`, changes."""


def render(  # noqa: PLR0913 - an argument for each thing that init asks for (DETAILS 6)
    *,
    organisation: str,
    timezone: str = "UTC",
    zones: tuple[str, ...] = (),
    networks: tuple[str, ...] = (),
    attest: str | None = None,
    root_zones: tuple[str, ...] = (),
    root_networks: tuple[str, ...] = (),
    crl_url: str | None = None,
    issuer_url: str | None = None,
    fetch_urls: tuple[str, ...] = (),
    publish_directory: str | None = None,
    policy_oid: str | None = None,
    client_auth: bool | None = None,
    root_days: int | None = None,
    issuing_days: int | None = None,
    root_key_type: str | None = None,
    issuing_key_type: str | None = None,
    default_operator: str | None = None,
    machine_key: str | None = None,
) -> str:
    """Return the file for what `init` was told, with a comment above every key; None: the key's default.

    The texts go in as they were given: `config.parse_config` of the result says everything that is wrong with them,
    by key. With `attest`, registered domains among `zones` and public networks among `networks` are listed as
    attested by those words. `root_networks` stand beside the private ones.
    """
    attested_zones = tuple(zone for zone in zones if attest is not None and _needs_word_for_zone(zone))
    attested_networks = tuple(text for text in networks if attest is not None and _needs_word_for_network(text))
    given: dict[str, dict[str, object]] = {
        "organisation": {"name": organisation, "timezone": timezone},
        "zones": {
            "dns": _without(zones, attested_zones),
            "networks": _without(networks, attested_networks),
            "split_horizon": tuple(Attested(what=zone, attested=attest or "") for zone in attested_zones),
            "attested_networks": tuple(
                Attested(what=ip_network(text), attested=attest or "") for text in attested_networks
            ),
        },
        "authority.root": {
            "key_type": root_key_type,
            "days": root_days,
            "zones": root_zones,
            "networks": tuple(dict.fromkeys((*map(str, PRIVATE_NETWORKS), *root_networks))),
        },
        "authority.issuing": {"key_type": issuing_key_type, "days": issuing_days, "client_auth": client_auth},
        "publish": {
            "directory": publish_directory,
            "crl_url": crl_url,
            "issuer_url": issuer_url,
            "fetch_urls": fetch_urls,
        },
        "policy": {"oid": policy_oid},
        "operators": {"default": default_operator, "machine_key": machine_key},
    }
    lines = [_HEAD]
    for section in SECTIONS:
        lines.extend(_section(section, section.name, given.get(section.name, {})))
    lines.extend(_section(PROFILE, f"profile.{DEFAULT_PROFILE}", {}))
    lines.append("# A further profile, for wildcards; remove the comment signs to have it.")
    lines.append("# [profile.wildcard]")
    lines.extend(f"# {key} = {literal(value)}" for key, value in _EXAMPLE.items())
    return "\n".join(lines) + "\n"


def _section(section: Section, name: str, given: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a table: what is given, else the defaults."""
    defaults = {field.name: field.default for field in fields(section.kind) if field.default is not MISSING}
    yield from _comment(section.comment)
    yield f"[{name}]"
    yield ""
    for key in section.keys:
        value = given.get(key.name)
        if value is None:
            value = defaults.get(key.name)
        yield from _comment(key.comment)
        yield f"# {key.name} = {key.example}" if value is None else f"{key.name} = {_value(value)}"
        yield ""


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"# {line}"


def _value(value: object) -> str:
    """Return `value` as TOML; an array that is too long for a line has a line for each of its values."""
    line = literal(value)
    if not isinstance(value, tuple) or len(line) <= _WIDTH:
        return line
    return "[\n" + "".join(f"  {literal(item)},\n" for item in value) + "]"


def _without(texts: tuple[str, ...], taken: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in texts if text not in taken)


def _needs_word_for_zone(text: str) -> bool:
    return any(finding.code is Code.ZONE_REGISTERED for finding in check_zone(text, attested=False)[1])


def _needs_word_for_network(text: str) -> bool:
    network, _findings = check_network_text(text)
    return network is not None and any(f.code is Code.NETWORK_GLOBAL for f in check_network(network, attested=False))
