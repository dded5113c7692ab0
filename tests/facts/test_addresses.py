"""Addresses and networks: one plain form each, and nothing that means two things."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import RefusedError, UsageError
from certmgr.names import check_address, check_network_text, parse_address, parse_network


def codes(text: str) -> list[Code]:
    """Return the codes of everything that is wrong with `text` as an address."""
    address, findings = check_address(text)
    assert (address is None) == bool(findings)
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.1.2.3", IPv4Address("10.1.2.3")),
        ("fd00::0001", IPv6Address("fd00::1")),
        ("FD00:0:0:0:0:0:0:1", IPv6Address("fd00::1")),
        ("8.8.8.8", IPv4Address("8.8.8.8")),
    ],
)
def test_a_plain_address_is_read(text: str, address: IPv4Address | IPv6Address) -> None:
    """Whether it is internal is the networks' to say, not the form's."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [Code.ADDRESS_FORM]),
        ("10.1", [Code.ADDRESS_FORM]),
        ("0x0a000001", [Code.ADDRESS_FORM]),
        ("167772161", [Code.ADDRESS_FORM]),
        ("10.0.0.256", [Code.ADDRESS_FORM]),
        ("10.0.0.0/8", [Code.ADDRESS_FORM]),
        ("10.0.0.1:443", [Code.ADDRESS_FORM]),
        ("[fd00::1]", [Code.ADDRESS_FORM]),
        (" 10.0.0.1", [Code.ADDRESS_FORM]),
        ("10.0.0.1\n", [Code.ADDRESS_FORM]),
        ("10.0.0.1\x00", [Code.ADDRESS_FORM]),
        ("٣.1.1.1", [Code.ADDRESS_FORM]),
        ("portal.corp.internal", [Code.ADDRESS_FORM]),
        ("010.0.0.1", [Code.ADDRESS_ZERO]),
        ("10.0.0.08", [Code.ADDRESS_ZERO]),
        ("fd00::1%eth0", [Code.ADDRESS_SCOPE]),
        ("fe80::1%1", [Code.ADDRESS_SCOPE, Code.ADDRESS_SPECIAL]),
        ("10.0.0.1%eth0", [Code.ADDRESS_SCOPE]),
        ("::ffff:10.0.0.1", [Code.ADDRESS_MAPPED]),
        ("::ffff:0a00:0001", [Code.ADDRESS_MAPPED]),
        ("::10.0.0.1", [Code.ADDRESS_MAPPED]),
        ("::ffff:0:10.0.0.1", [Code.ADDRESS_MAPPED]),
        ("2002:0a00:0001::1", [Code.ADDRESS_MAPPED]),
        ("2001:0:4136:e378::1", [Code.ADDRESS_MAPPED]),
        ("64:ff9b::10.0.0.1", [Code.ADDRESS_NAT64]),
        ("64:ff9b:1::a00:1", [Code.ADDRESS_NAT64]),
        ("0.0.0.1", [Code.ADDRESS_SPECIAL]),
        ("127.0.0.1", [Code.ADDRESS_SPECIAL]),
        ("169.254.1.1", [Code.ADDRESS_SPECIAL]),
        ("224.0.0.1", [Code.ADDRESS_SPECIAL]),
        ("255.255.255.255", [Code.ADDRESS_SPECIAL]),
        ("::", [Code.ADDRESS_SPECIAL]),
        ("::1", [Code.ADDRESS_SPECIAL]),
        ("fec0::1", [Code.ADDRESS_SPECIAL]),
        ("ff02::1", [Code.ADDRESS_SPECIAL]),
        ("::ffff:010.0.0.1%eth0", [Code.ADDRESS_SCOPE, Code.ADDRESS_ZERO, Code.ADDRESS_MAPPED]),
    ],
)
def test_an_address_that_means_two_things_or_no_host_is_refused_for_all_its_reasons(
    text: str, expected: list[Code]
) -> None:
    """Mapped, NAT64, scoped, octal-looking and special forms (DETAILS 55)."""
    assert codes(text) == expected


def test_a_text_that_is_no_address_is_a_usage_error_and_one_that_is_never_certified_a_refusal() -> None:
    """Exit 2 and exit 4 (DETAILS 52)."""
    with pytest.raises(UsageError):
        parse_address("10.1")
    with pytest.raises(UsageError):
        parse_address("010.0.0.1")
    with pytest.raises(RefusedError):
        parse_address("::ffff:10.0.0.1")


@given(st.ip_addresses())
def test_an_address_that_is_read_is_the_one_that_was_written(address: IPv4Address | IPv6Address) -> None:
    """Either exactly the address comes out, or findings do."""
    found, findings = check_address(str(address))
    assert found == address or findings


@given(st.text(max_size=40) | st.text(alphabet="0123456789abcdef:.%/x[]", max_size=40))
def test_no_text_breaks_the_reading_of_addresses(text: str) -> None:
    """Any text gives an address or findings, and no other error."""
    address, findings = check_address(text)
    assert (address is None) == bool(findings)
    if address is not None:
        assert address == ip_address(text)


def test_a_network_is_read_by_its_prefix_length() -> None:
    """Both families."""
    assert parse_network("10.0.0.0/8") == ip_network("10.0.0.0/8")
    assert parse_network("fd00::/8") == ip_network("fd00::/8")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.NETWORK_FORM),
        ("10.0.0.1", Code.NETWORK_FORM),
        ("10.0.0.0/33", Code.NETWORK_FORM),
        ("10.0.0.0/255.0.0.0", Code.NETWORK_FORM),
        ("10.0.0.0/08", Code.NETWORK_FORM),
        ("010.0.0.0/8", Code.NETWORK_FORM),
        ("corp.internal/8", Code.NETWORK_FORM),
        ("10.0.0.0/8/8", Code.NETWORK_FORM),
        ("fe80::%eth0/64", Code.ADDRESS_SCOPE),
        ("10.0.0.1/8", Code.NETWORK_HOST_BITS),
    ],
)
def test_a_text_that_is_no_network_is_refused(text: str, code: Code) -> None:
    """A mask, host bits, a scope and leading zeros are told apart."""
    network, findings = check_network_text(text)
    assert network is None
    assert [finding.code for finding in findings] == [code]
    with pytest.raises(UsageError):
        parse_network(text)


def test_host_bits_are_answered_with_the_network_that_is_meant() -> None:
    """The finding names the next step."""
    _network, findings = check_network_text("10.1.2.3/16")
    assert "10.1.0.0/16" in findings[0].message
