"""The file that `init` writes: it parses back to what was asked for, and explains every key."""

import tomllib
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.config import items, parse_config
from certmgr.config_keys import PROFILE, SECTIONS
from certmgr.config_text import render
from certmgr.errors import UsageError
from certmgr.models.keys import KeyType
from certmgr.zones import PRIVATE_NETWORKS

ASKED: dict[str, Any] = {
    "organisation": "Example City",
    "timezone": "Europe/Berlin",
    "zones": ("corp.internal", "lan.example.com"),
    "networks": ("10.0.0.0/8", "198.51.100.0/24"),
    "attest": "A. Meyer, ours since 2009",
    "root_zones": ("city.internal",),
    "root_networks": ("10.0.0.0/8", "fd00::/8"),
    "crl_url": "http://pki.corp.internal/",
    "issuer_url": "http://pki.corp.internal/",
    "fetch_urls": ("http://127.0.0.1:8080/",),
    "publish_directory": "/srv/pki",
    "policy_oid": "1.3.6.1.4.1.32473.1",
    "client_auth": True,
    "root_days": 7300,
    "issuing_days": 1826,
    "root_key_type": "ed25519",
    "issuing_key_type": "ec-p384",
    "default_operator": "alice",
    "machine_key": "/etc/certmgr/machine.key",
}


def test_all_that_init_asks_for_comes_out_of_the_file_again() -> None:
    """Registered domains and public networks as attested."""
    config = parse_config(render(**ASKED), file="x")
    assert config.organisation.name == "Example City"
    assert config.zones.dns == ("corp.internal",)
    assert [(item.what, item.attested) for item in config.zones.split_horizon] == [("lan.example.com", ASKED["attest"])]
    assert [item.what for item in config.zones.attested_networks] == [ip_network("198.51.100.0/24")]
    assert config.root.zones == ("city.internal",)
    assert config.root.networks == (*PRIVATE_NETWORKS, ip_network("fd00::/8"))
    assert (config.root.key_type, config.root.days) == (KeyType.ED25519, 7300)
    assert (config.issuing.key_type, config.issuing.days) == (KeyType.EC_P384, 1826)
    assert config.issuing.client_auth
    assert config.publish.fetch_urls == ("http://127.0.0.1:8080/",)
    assert config.publish.directory == "/srv/pki"
    assert config.policy_oid == "1.3.6.1.4.1.32473.1"
    assert (config.operators.default, config.operators.machine_key) == ("alice", "/etc/certmgr/machine.key")


def test_what_is_not_asked_for_keeps_its_default() -> None:
    """The written defaults are the built-in ones."""
    written = parse_config(render(organisation="X", zones=("corp.internal",)), file="x")
    bare = parse_config('[organisation]\nname = "X"\n[zones]\ndns = ["corp.internal"]\n', file="x")
    assert written == bare


def test_a_long_list_has_a_line_for_each_of_its_values() -> None:
    """So that a difference shows one zone, not all of them."""
    zones = tuple(f"site-{n}.corp.internal" for n in range(30))
    text = render(organisation="X", zones=zones)
    assert '\n  "site-7.corp.internal",\n' in text
    assert parse_config(text, file="x").zones.dns == zones


def test_every_key_stands_in_the_file_under_a_comment() -> None:
    """Set, or behind a comment sign with an example."""
    lines = render(**ASKED).splitlines()
    for section in (*SECTIONS, PROFILE):
        start = lines.index(f"[{section.name}]" if section is not PROFILE else "[profile.server]")
        assert lines[start - 1].startswith("# ")
        for key in section.keys:
            at = next(n for n in range(start, len(lines)) if lines[n].removeprefix("# ").startswith(f"{key.name} = "))
            assert lines[at - 1].startswith("# ")
            assert len(lines[at - 1]) > 10


def test_each_example_behind_a_comment_sign_is_a_value_that_its_key_takes() -> None:
    """Removing the comment sign is all it takes."""
    for section in (*SECTIONS, PROFILE):
        for key in section.keys:
            if key.example:
                key.read(tomllib.loads(f"x = {key.example}")["x"])


def test_the_example_of_a_profile_is_one_when_the_comment_signs_are_removed() -> None:
    """`wildcard` (ARCHITECTURE: profiles)."""
    head, example = render(organisation="X", zones=("corp.internal",)).split("# [profile.wildcard]")
    text = head + "[profile.wildcard]" + example.replace("\n# ", "\n")
    profile = parse_config(text, file="x").profiles["wildcard"]
    assert profile.wildcard
    assert not profile.ip
    assert profile.days == profile.max_days == 90


@given(st.text(min_size=1, max_size=44))
def test_any_organisation_that_is_accepted_comes_out_as_it_went_in(name: str) -> None:
    """Quotes, backslashes and every script; what cannot be shown is refused by its key."""
    text = render(organisation=name, zones=("corp.internal",))
    if not name.strip() or not name.isprintable():
        with pytest.raises(UsageError, match=r"organisation\.name"):
            parse_config(text, file="x")
    else:
        assert parse_config(text, file="x").organisation.name == name.strip()


def test_bad_answers_are_told_by_their_keys_when_the_file_is_parsed() -> None:
    """All that is wrong is said before anything is made."""
    text = render(organisation="", zones=("com", "lan.example.com"), networks=("x",), crl_url="https://a/", root_days=1)
    with pytest.raises(UsageError) as caught:
        parse_config(text, file="x")
    assert [finding.field for finding in caught.value.findings] == [
        "organisation.name",
        "zones.dns",
        "zones.dns",
        "zones.networks",
        "authority.root.days",
        "publish.crl_url",
    ]


def test_the_values_that_config_show_prints_can_be_put_into_the_file() -> None:
    """Each is TOML and gives the same again."""
    config = parse_config(render(**ASKED), file="x")
    tables: dict[str, list[str]] = {}
    for key, value, _default in items(config):
        table, _dot, name = key.rpartition(".")
        if value:
            tables.setdefault(table, []).append(f"{name} = {value}")
    text = "".join(f"[{table}]\n" + "\n".join(lines) + "\n" for table, lines in tables.items())
    assert parse_config(text, file="x") == config
