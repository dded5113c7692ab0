"""A delivery that is cut off anywhere, or meets another one, never shows a mismatched pair (DETAILS 17)."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from certmgr.net import layout
from certmgr.net.archive import check_destination
from tests.net.crashes import crash_before
from tests.net.test_layout import give, give_new, tree


def live_pair(folder: Path, server: str = "portal") -> tuple[bytes, bytes] | None:
    """Return the number in the live key and in the live certificate, read through one look at the link."""
    try:
        live = os.open(folder / server / "live", os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        numbers = []
        for name in ("privkey.pem", "cert.pem", "fullchain.pem"):
            with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=live), "rb") as file:
                numbers.append(file.read().split()[1])
    finally:
        os.close(live)
    assert numbers[1] == numbers[2]
    return numbers[0], numbers[1]


def batch(folder: Path, keys: dict[str, str], number: int) -> Callable[[], object]:
    """Return the step that delivers one certificate to each of several servers."""
    cert = b"certificate %d\n" % number
    return lambda: layout.deliver_batch(
        [
            layout.Delivery(destination=folder, server=name, key=key, cert=cert, chain=b"c\n", fullchain=cert + b"c\n")
            for name, key in keys.items()
        ]
    )


@pytest.mark.parametrize("earlier", [0, 1], ids=["first", "renewal"])
@pytest.mark.parametrize("servers", [("portal",), ("mail", "portal")], ids=["single", "batch"])
def test_a_delivery_cut_off_before_any_change_is_finished_by_the_next_call(
    tmp_path: Path, earlier: int, servers: tuple[str, ...]
) -> None:
    """Before every single change of the disk: what is live matches, and calling again gives the whole delivery."""
    change, cut_off = 1, True
    while cut_off:
        folder = tmp_path / str(change)
        for number in range(1, earlier + 1):
            for server in servers:
                give_new(folder, number, server)
        number = earlier + 1
        keys = {server: layout.write_key(folder, server, b"key %d\n" % number) for server in servers}
        step = batch(folder, keys, number) if len(servers) > 1 else partial(give, folder, number, keys["portal"])
        cut_off = crash_before(change, step)
        for server in servers:
            pair = live_pair(folder, server)
            assert pair is None or pair[0] == pair[1]
        step()
        for server in servers:
            assert live_pair(folder, server) == (b"%d" % number, b"%d" % number)
            assert check_destination(folder, server) == ()
            names = sorted(path.name for path in (folder / server / "archive").iterdir())
            assert names == [str(n) for n in range(1, number + 1)]
        change += 1
    assert change > 6


def test_a_csr_delivery_cut_off_before_any_change_is_finished_by_the_next_call(tmp_path: Path) -> None:
    """Without a key the hidden folder is found again by the certificate."""
    change = 1
    while crash_before(change, partial(give, tmp_path / str(change), 1)):
        assert give(tmp_path / str(change), 1).number == 1
        assert sorted(tree(tmp_path / str(change))) == [
            *(f"portal/archive/1/{name}.pem" for name in ("cert", "chain", "fullchain")),
            "portal/live",
        ]
        change += 1
    assert change > 8


def test_a_key_cut_off_before_any_change_is_in_nobodys_way(tmp_path: Path) -> None:
    """A half-made hidden folder does not keep the server from its next certificate."""
    change = 1
    while crash_before(change, partial(layout.write_key, tmp_path / str(change), "portal", b"k")):
        assert give_new(tmp_path / str(change), 1).number == 1
        change += 1
    assert change > 3


def test_torn_files_of_a_delivery_that_was_cut_off_are_written_again(tmp_path: Path) -> None:
    """After a power cut a file may be there and empty; the next call does not trust it."""
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    for name in ("cert.pem", "chain.pem", "fullchain.pem"):
        (Path(key).parent / name).write_bytes(b"cert")
    folder = give(tmp_path, 1, key).folder
    assert (folder / "cert.pem").read_bytes() == b"certificate 1\n"
    assert (folder / "fullchain.pem").read_bytes() == b"certificate 1\nchain\n"


def test_two_processes_renewing_one_server_and_a_reader_see_matching_pairs(tmp_path: Path) -> None:
    """Every look through `live` finds a key and a certificate of one delivery, and its number never falls."""
    give_new(tmp_path, 1000)
    children = []
    for first in (0, 100):
        child = os.fork()
        if child == 0:
            for number in range(first, first + 25):
                give_new(tmp_path, number)
            os._exit(0)
        children.append(child)
    looks, last = 0, 0
    while children:
        pair = live_pair(tmp_path)
        assert pair is not None
        assert pair[0] == pair[1]
        standing = int((tmp_path / "portal" / "live").readlink().name)
        assert standing >= last
        looks, last = looks + 1, standing
        done = [child for child in children if os.waitpid(child, os.WNOHANG)[0]]
        children = [child for child in children if child not in done]
        time.sleep(0)
    assert last == 51
    assert looks > 10
    assert sorted(int(path.name) for path in (tmp_path / "portal" / "archive").iterdir()) == list(range(1, 52))
