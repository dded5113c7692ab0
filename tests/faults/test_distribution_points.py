"""A revocation is done when relying parties can see it: distribution points that do not show it (R6.1, DETAILS 24)."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from certmgr.cli import run
from certmgr.models.revocations import RequestState
from certmgr.net import fetch
from certmgr.queries import revocations as requests
from tests.faults.aftermath import published_entries
from tests.home import HomeForTest, copy_home
from tests.net.servers import serving

NAME = "portal.egov.internal"
PATIENCE_S = 0.3


class Point:
    """A web server for the published folder of a home, which a test may let answer something else."""

    def __init__(self) -> None:
        self.home: HomeForTest
        self.answer: Callable[[socket.socket], None] = self.works
        self.requests: list[str] = []

    def begin(self, home: HomeForTest) -> None:
        """Serve for that home."""
        self.home = home

    def works(self, connection: socket.socket) -> None:
        """Serve what is in the published folder."""
        name = self.requests[-1].split(" ")[1].removeprefix("/")
        connection.sendall(ok((self.home.public / name).read_bytes()))

    def serve(self, connection: socket.socket) -> None:
        """Read the request and answer."""
        self.requests.append(connection.recv(4096).decode().partition("\r\n")[0])
        self.answer(connection)


def ok(body: bytes) -> bytes:
    """Return a whole answer with that body."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


def says(answer: bytes) -> Callable[[socket.socket], None]:
    """Return what sends those bytes."""
    return lambda connection: connection.sendall(answer)


@contextmanager
def point_for(template: Path, folder: Path, *others: str) -> Iterator[Point]:
    """Yield a home with a distribution point, which works, and others, by URL."""
    made = Point()
    with serving(made.serve) as port:
        made.begin(copy_home(template, folder, fetch_urls=(f"http://127.0.0.1:{port}/", *others)))
        yield made
        made.home.workspace.close()


@pytest.fixture
def point(live_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Point]:
    """Return a home with one distribution point; certmgr waits a moment only for its answers."""
    defaults = fetch.fetch.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "timeout_s", PATIENCE_S)
    with point_for(live_template, tmp_path / "place") as made:
        yield made


def certmgr(home: HomeForTest, *words: str) -> int:
    """Run a command line as the administrator and return its exit code."""
    shared = ["--home", str(home.path), "--as", "admin", "--passphrase-file", str(home.passphrase_file)]
    return run([*shared, *words])


def slowly(connection: socket.socket) -> None:
    """Trickle the beginning of an answer for longer than anybody waits."""
    for octet in ok(b"x" * 50):
        connection.sendall(bytes([octet]))
        time.sleep(PATIENCE_S / 10)


def old(point: Point) -> Callable[[socket.socket], None]:
    """Serve what the folder held before the revocation."""
    (path,) = point.home.public.glob("issuing-*.crl")
    return says(ok(path.read_bytes()))


def foreign(point: Point) -> Callable[[socket.socket], None]:
    """Serve a CRL of another CA: the root's."""
    (path,) = point.home.public.glob("root-*.crl")
    return says(ok(path.read_bytes()))


def damaged(point: Point) -> Callable[[socket.socket], None]:
    """Serve the right CRL with one bit of its signature turned."""

    def send(connection: socket.socket) -> None:
        (path,) = point.home.public.glob("issuing-*.crl")
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        connection.sendall(ok(bytes(content)))

    return send


WRONG: dict[str, tuple[Callable[[Point], Callable[[socket.socket], None]], str]] = {
    "an older CRL": (old, "still serves an older CRL"),
    "the CRL of another CA": (foreign, "did not sign"),
    "a damaged CRL": (damaged, "did not sign"),
    "a web page": (lambda _: says(ok(b"<!DOCTYPE html><title>Welcome</title>")), "did not sign"),
    "nothing": (lambda _: says(ok(b"")), "did not sign"),
    "half an answer": (lambda _: says(ok(b"x" * 500)[:-100]), "cut off"),
    "not found": (lambda _: says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "status 404"),
    "an error": (lambda _: says(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "status 503"),
    "a redirect": (lambda _: says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"), "redirects"),
    "a trickle": (lambda _: slowly, "no complete answer within"),
    "another protocol": (lambda _: says(b"SSH-2.0-OpenSSH_9.2\r\n"), "is not HTTP"),
    "a closed connection": (lambda _: says(b""), "is not HTTP"),
}


@pytest.mark.parametrize("what", WRONG)
def test_r6_1_a_revocation_stays_open_until_the_distribution_point_shows_it(
    point: Point, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 with the reason; `check` exits 3; when the point is right, `check` closes the request."""
    home = point.home
    home.issue(NAME)
    make, reason = WRONG[what]
    point.answer = make(point)
    assert certmgr(home, "revoke", NAME, "--cause", "key-lost", "--confirm", NAME) == 1
    told = capsys.readouterr().err
    assert "cannot see it yet" in told
    assert reason in told
    assert point.requests
    (waiting,) = requests.open_requests(home.workspace)
    assert (waiting.state, waiting.published_at) == (RequestState.REVOKED, None)
    assert certmgr(home, "check") == 3
    assert reason in capsys.readouterr().out
    point.answer = point.works
    assert certmgr(home, "check") == 0
    assert requests.open_requests(home.workspace) == ()
    assert waiting.serial in published_entries(home)


def test_r6_1_one_of_two_distribution_points_is_not_enough(
    live_template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Relying parties may ask either; the one that fails is named, the other is not."""
    dead = "http://127.0.0.1:9/"
    with point_for(live_template, tmp_path / "place", dead) as point:
        home = point.home
        home.issue(NAME)
        assert certmgr(home, "revoke", NAME, "--cause", "key-lost", "--confirm", NAME) == 1
        told = capsys.readouterr().err
        assert dead in told
        assert told.count("was not seen at") == 1
        assert point.requests
        assert len(requests.open_requests(home.workspace)) == 1
