"""Looking at many places: what may be looked at, and that a hostile server costs neither time nor memory."""

import socket
import threading
import time
from ipaddress import ip_address, ip_network

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError, UsageError
from certmgr.net import scan
from certmgr.zones import Zones
from tests.net.servers import serving

ZONES = Zones(dns=("egov.internal",), networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
ALLOWED = scan.reach(ZONES, ("203.0.113.7/32",))


def test_r1_3_everything_outside_is_refused_at_once_with_every_reason() -> None:
    """R1.3: one network that is not declared keeps the whole scan from starting, and each is named."""
    targets = scan.parse_targets(["127.0.0.1", "192.168.0.0/24", "8.8.8.8", "2001:db8::1", "0.0.0.0/0", "9.0.0.0/7"])
    with pytest.raises(RefusedError) as caught:
        scan.expand(targets, ALLOWED, most=1 << 40)
    named = [item.value for item in caught.value.findings]
    assert named == ["192.168.0.0/24", "8.8.8.8", "2001:db8::1", "0.0.0.0/0", "8.0.0.0/7"]
    assert {item.code for item in caught.value.findings} == {Code.SCAN_OUTSIDE}


def test_loopback_the_networks_and_the_own_public_addresses_may_be_looked_at() -> None:
    """Each address once, in order; a network gives its hosts."""
    texts = ["127.0.0.1", "::1", "10.1.2.0/30", "10.1.2.1", "fd00::5", "203.0.113.7"]
    found = scan.expand(scan.parse_targets(texts), ALLOWED, most=100)
    assert [str(one) for one in found] == ["127.0.0.1", "::1", "10.1.2.1", "10.1.2.2", "fd00::5", "203.0.113.7"]


@pytest.mark.parametrize("wide", ["fd00::/8", "10.0.0.0/8", "127.0.0.0/8"])
def test_more_addresses_than_allowed_are_refused_by_their_number(wide: str) -> None:
    """By arithmetic: nothing is written out first, be it 2 to the 120."""
    with pytest.raises(RefusedError) as caught:
        scan.expand(scan.parse_targets([wide]), ALLOWED, most=4096)
    assert [item.code for item in caught.value.findings] == [Code.SCAN_MANY]


def test_what_is_no_address_is_named_one_by_one() -> None:
    """A name, a typing error, an escape sequence: exit 2, and the terminal is safe."""
    with pytest.raises(UsageError) as caught:
        scan.parse_targets(["portal.egov.internal", "10.1.2.3", "10.1.2.300", "\x1b[31m", ""])
    assert len(caught.value.findings) == 4
    assert not any("\x1b" in item.message for item in caught.value.findings)


def test_looks_run_beside_each_other_up_to_the_limit() -> None:
    """Sixteen looks of a tenth of a second, eight at once."""
    running, most = 0, 0
    lock = threading.Lock()

    def look(*_place: object) -> tuple[bytes, ...]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return (b"certificate",)

    places = [scan.Place(address=f"127.0.0.{n}", port=443) for n in range(1, 17)]
    found = list(scan.walk(places, concurrency=8, look=look))
    assert sorted(one.place.address for one in found) == sorted(place.address for place in places)
    assert most == 8


def test_when_the_time_is_up_the_rest_is_named_as_missed() -> None:
    """Nothing begins after it, and no place is lost."""

    def slow(*_place: object) -> tuple[bytes, ...]:
        time.sleep(0.1)
        raise CertmgrError("no answer")

    places = [scan.Place(address="127.0.0.1", port=port) for port in range(1, 101)]
    begun = time.monotonic()
    found = list(scan.walk(places, concurrency=4, within_s=0.25, look=slow))
    assert time.monotonic() - begun < 2
    assert len(found) == 100
    assert 0 < sum(not one.missed for one in found) <= 16


def test_a_server_that_trickles_or_says_nothing_costs_its_own_time_only() -> None:
    """A silent one, one that sends rubbish and one that sends for ever: all are over within the timeout."""
    ended = threading.Event()

    def trickle(connection: socket.socket) -> None:
        # A TLS record that announces 16 kB and comes an octet at a time.
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not ended.wait(0.05):
            connection.sendall(b"\x00")

    def silent(_connection: socket.socket) -> None:
        ended.wait(5)

    with (
        serving(trickle) as one,
        serving(silent) as two,
        serving(lambda connection: connection.sendall(b"x" * 100_000)) as three,
    ):
        begun = time.monotonic()
        places = [scan.Place(address="127.0.0.1", port=port) for port in (one, two, three)]
        found = list(scan.walk(places, timeout_s=0.5))
        taken = time.monotonic() - begun
        ended.set()
    assert taken < 3
    assert [one.certificate for one in found] == [None, None, None]
    assert not any(one.answered for one in found)


def test_a_certificate_of_a_size_that_none_has_is_not_read() -> None:
    """It answered, so it is named; its octets are dropped."""
    place = scan.Place(address="127.0.0.1", port=443)
    (found,) = scan.walk([place], look=lambda *_: (b"\x30" * (scan.MAX_CERTIFICATE + 1),))
    assert (found.certificate, found.answered) == (None, True)
    assert "octets" in found.problem


def test_names_are_resolved_and_one_that_has_no_address_is_no_failure() -> None:
    """Localhost is known everywhere; a name with an impossible label is known nowhere and asks nobody."""
    impossible = "a" * 64 + ".egov.internal"
    found = scan.resolve(["localhost", impossible])
    assert ip_address("127.0.0.1") in found["localhost"] or ip_address("::1") in found["localhost"]
    assert found[impossible] == ()
