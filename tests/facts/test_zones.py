"""Zones: what is internal by declaration, and what may be declared so (R1.3, R1.4, DETAILS 7)."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import Severity
from certmgr.zones import (
    PRIVATE_NETWORKS,
    Zones,
    check_address_in_networks,
    check_name_in_zones,
    check_network,
    check_zone,
)

ZONES = Zones(
    dns=("corp.internal", "lan.example.com"),
    networks=(ip_network("10.0.0.0/8"), ip_network("fd00:1::/32")),
)
LABEL = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


@pytest.mark.parametrize(
    "name", ["corp.internal", "a.corp.internal", "a.b.corp.internal", "*.corp.internal", "x.lan.example.com"]
)
def test_a_zone_covers_itself_and_every_name_below(name: str) -> None:
    """By label, wildcards by what follows the asterisk."""
    assert ZONES.covers_name(name)
    assert check_name_in_zones(name, ZONES) == ()


@pytest.mark.parametrize(
    "name",
    ["evilcorp.internal", "corp.internal.example.net", "internal", "*.internal", "example.com", "xlan.example.com"],
)
def test_a_name_that_only_ends_alike_is_outside(name: str) -> None:
    """A match goes label by label, never by the end of the text."""
    assert not ZONES.covers_name(name)


@given(st.lists(LABEL, min_size=1, max_size=4), st.lists(LABEL, min_size=1, max_size=3))
def test_a_name_is_covered_exactly_when_its_last_labels_are_the_zone(name: list[str], zone: list[str]) -> None:
    """The definition, compared with the fast form."""
    covered = Zones(dns=(".".join(zone),), networks=()).covers_name(".".join(name))
    assert covered == (name[-len(zone) :] == zone)


def test_no_zone_covers_nothing() -> None:
    """An empty declaration lets nothing in."""
    nothing = Zones(dns=(), networks=())
    assert not nothing.covers_name("a.corp.internal")
    assert not nothing.covers_address(ip_address("10.0.0.1"))


@given(st.ip_addresses())
def test_an_address_is_covered_exactly_when_a_network_of_its_family_holds_it(address: object) -> None:
    """The definition, compared with the fast form; the last 32 bits of an IPv6 address are no IPv4 address."""
    parsed = ip_address(str(address))
    assert ZONES.covers_address(parsed) == any(parsed in network for network in ZONES.networks)


@pytest.mark.parametrize(
    ("text", "inside"), [("10.0.0.1", True), ("11.0.0.1", False), ("fd00:1::a00:1", True), ("::a00:1", False)]
)
def test_families_are_not_confused(text: str, inside: bool) -> None:  # noqa: FBT001 - a column of the table
    """::10.0.0.1 is not in 10.0.0.0/8."""
    assert ZONES.covers_address(ip_address(text)) is inside


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("www.google.com", "google.com"),
        ("portal.corp.co.uk", "corp.co.uk"),
        ("user.github.io", "user.github.io"),
        ("a.b.ck", "a.b.ck"),
        ("www.ck", "www.ck"),
        ("a.city.kawasaki.jp", "city.kawasaki.jp"),
        ("portal.xn--55qx5d.cn", "portal.xn--55qx5d.cn"),
    ],
)
def test_r1_4_a_public_name_is_refused_and_the_registered_domain_named(name: str, needed: str) -> None:
    """Public-suffix data words the reason: wildcard rules, exceptions, private suffixes and other scripts included."""
    (finding,) = check_name_in_zones(name, ZONES)
    assert finding.code is Code.NAME_PUBLIC
    assert f"it would need {needed} in [zones] split_horizon" in finding.message


def test_r1_4_a_public_suffix_itself_can_be_in_no_zone() -> None:
    """Nobody can declare com."""
    (finding,) = check_name_in_zones("*.com", ZONES)
    assert finding.code is Code.NAME_PUBLIC
    assert "no zone can hold" in finding.message


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("portal.other.internal", "other.internal"),
        ("other.internal", "other.internal"),
        ("*.other.internal", "other.internal"),
        ("a.b.other.lan", "b.other.lan"),
        ("nas.home.arpa", "home.arpa"),
    ],
)
def test_r1_4_an_internal_name_outside_says_which_zone_would_be_needed(name: str, needed: str) -> None:
    """The refusal of a name under no configured zone names the way in."""
    (finding,) = check_name_in_zones(name, ZONES)
    assert finding.code is Code.NAME_OUTSIDE
    assert f"it would need {needed} in [zones] dns" in finding.message


def test_r1_3_an_address_outside_every_network_is_refused_whether_private_or_not() -> None:
    """Private is not enough: the network is declared or the address is refused."""
    (private,) = check_address_in_networks(ip_address("192.168.1.1"), ZONES)
    (public,) = check_address_in_networks(ip_address("8.8.8.8"), ZONES)
    assert private.code is public.code is Code.ADDRESS_OUTSIDE
    assert "not a private address" in public.message
    assert "not a private address" not in private.message
    assert check_address_in_networks(ip_address("10.1.1.1"), ZONES) == ()


@pytest.mark.parametrize("text", ["corp.internal", "home.arpa", "a.test", "Corp.Internal.", "x.y.z.lan"])
def test_an_internal_suffix_may_be_a_zone(text: str) -> None:
    """RFC 6761, RFC 8375 and internal need nobody's word, although home.arpa is on the public list."""
    assert check_zone(text, attested=False) == (text.lower().rstrip("."), ())


@pytest.mark.parametrize("text", ["com", "co.uk", "github.io", "ck", "x.ck", "in-addr.arpa", "arpa", "公司.cn"])
def test_a_public_suffix_is_no_zone_whoever_attests_it(text: str) -> None:
    """Others register names under it (DETAILS 7)."""
    for attested in (False, True):
        zone, findings = check_zone(text, attested=attested)
        assert zone is None
        assert [finding.code for finding in findings] == [Code.ZONE_PUBLIC_SUFFIX]


@pytest.mark.parametrize("text", ["example.com", "corp.example.com", "www.ck", "a.b.ck"])
def test_a_registered_domain_is_a_zone_only_with_somebodys_word(text: str) -> None:
    """Split horizon is attested (DETAILS 7)."""
    zone, findings = check_zone(text, attested=False)
    assert zone is None
    assert [finding.code for finding in findings] == [Code.ZONE_REGISTERED]
    assert check_zone(text, attested=True) == (text, ())


@pytest.mark.parametrize("text", ["lan", "internal", "corp"])
def test_a_zone_of_one_label_is_allowed_with_a_warning(text: str) -> None:
    """DETAILS 7."""
    zone, findings = check_zone(text, attested=False)
    assert zone == text
    assert [(f.code, f.severity) for f in findings] == [(Code.ZONE_SINGLE_LABEL, Severity.WARNING)]


def test_a_zone_under_local_is_warned_of() -> None:
    """Clients resolve local by multicast (RFC 6762)."""
    zone, findings = check_zone("corp.local", attested=False)
    assert zone == "corp.local"
    assert [f.code for f in findings] == [Code.ZONE_MULTICAST_DNS]


@pytest.mark.parametrize("text", ["", ".corp.internal", "*.corp.internal", "a_b.internal", "10.0.0.0"])
def test_a_zone_is_a_name(text: str) -> None:
    """No leading dot (verifiers choke on it), no wildcard, no address."""
    zone, findings = check_zone(text, attested=True)
    assert zone is None
    assert findings


@pytest.mark.parametrize("network", [*map(str, PRIVATE_NETWORKS), "10.1.0.0/16", "fd12:3456::/32", "192.168.1.0/24"])
def test_a_private_network_needs_nobodys_word(network: str) -> None:
    """RFC 1918, RFC 6598, RFC 4193 (DETAILS 55)."""
    assert check_network(ip_network(network), attested=False) == ()


@pytest.mark.parametrize("network", ["8.8.8.0/24", "2001:db8::/32", "172.32.0.0/16", "192.0.2.0/24", "172.0.0.0/8"])
def test_any_other_network_needs_somebodys_word(network: str) -> None:
    """DETAILS 7, 55."""
    assert [f.code for f in check_network(ip_network(network), attested=False)] == [Code.NETWORK_GLOBAL]
    assert check_network(ip_network(network), attested=True) == ()


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("0.0.0.0/0", {Code.NETWORK_WIDE, Code.NETWORK_SPECIAL}),
        ("::/0", {Code.NETWORK_WIDE, Code.NETWORK_SPECIAL}),
        ("8.0.0.0/7", {Code.NETWORK_WIDE}),
        ("2400::/12", {Code.NETWORK_WIDE}),
        ("127.0.0.0/8", {Code.NETWORK_SPECIAL}),
        ("169.254.0.0/16", {Code.NETWORK_SPECIAL}),
        ("224.0.0.0/8", {Code.NETWORK_SPECIAL}),
        ("240.0.0.0/8", {Code.NETWORK_SPECIAL}),
        ("fe80::/64", {Code.NETWORK_SPECIAL}),
        ("::ffff:10.0.0.0/104", {Code.NETWORK_SPECIAL}),
        ("64:ff9b::/96", {Code.NETWORK_SPECIAL}),
        ("64::/16", {Code.NETWORK_SPECIAL}),
        ("2002:a00::/24", {Code.NETWORK_SPECIAL}),
    ],
)
def test_a_network_too_wide_or_of_no_hosts_is_refused_whoever_attests_it(network: str, expected: set[Code]) -> None:
    """Loopback, link-local, multicast, mapped and NAT64 ranges, and half the internet."""
    for attested in (False, True):
        assert {f.code for f in check_network(ip_network(network), attested=attested)} == expected
