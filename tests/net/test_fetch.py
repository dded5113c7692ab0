"""Fetching back what was published: http, bounded in time and size."""

import socket
import time
from collections.abc import Callable

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, UsageError
from certmgr.net.fetch import fetch
from tests.net.servers import serving


def replies(*parts: bytes, pause_s: float = 0.0) -> Callable[[socket.socket], None]:
    """Return what answers one request with these parts, after reading it."""

    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)

    return answer


def fetched(*parts: bytes, pause_s: float = 0.0, timeout_s: float = 5.0, max_bytes: int = 1000) -> bytes:
    """Return what fetch makes of these parts."""
    with serving(replies(*parts, pause_s=pause_s)) as port:
        return fetch(f"http://127.0.0.1:{port}/pki/issuing.crl", timeout_s=timeout_s, max_bytes=max_bytes)


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"crl"],
        [b"HTTP/1.0 200 OK\r\n\r\nc", b"rl"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n2\r\nrl\r\n0\r\n\r\n"],
    ],
    ids=["length", "until-close", "chunked"],
)
def test_the_body_comes_back(parts: list[bytes]) -> None:
    """However a server frames it."""
    assert fetched(*parts) == b"crl"


def test_the_request_names_the_host_and_asks_for_a_fresh_answer() -> None:
    """A cache on the way must not hide an old CRL; the port is part of the Host field."""
    seen = []

    def answer(connection: socket.socket) -> None:
        seen.append(connection.recv(4096).decode())
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with serving(answer) as port:
        fetch(f"http://127.0.0.1:{port}/pki/a%20b.crl?x=1")
    assert seen[0].startswith("GET /pki/a%20b.crl?x=1 HTTP/1.1\r\n")
    assert f"\r\nHost: 127.0.0.1:{port}\r\n" in seen[0]
    assert "\r\nCache-Control: no-cache\r\n" in seen[0]


def test_an_address_of_the_sixth_version_is_reached() -> None:
    """http://[::1]:port/ is a URL like any other."""
    with serving(replies(b"HTTP/1.1 200 OK\r\n\r\ncrl"), "::1") as port:
        assert fetch(f"http://[::1]:{port}/") == b"crl"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "status 404"),
        (b"HTTP/1.1 500 Oh\r\n\r\ncrl", "status 500"),
        (b"HTTP/1.1 206 Partial\r\n\r\ncr", "status 206"),
        (b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\n\r\n", "redirects"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncrl", "cut off"),
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        (b"", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001, "too large"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000, "too large"),
    ],
    ids=["missing", "error", "partial", "redirect", "short", "ssh", "nothing", "large", "headers", "very-large"],
)
def test_any_other_answer_is_a_failure_that_says_why(answer: bytes, reason: str) -> None:
    """Exit 1 with the URL and the reason; a redirect is not followed."""
    with pytest.raises(CertmgrError, match=reason) as caught:
        fetched(answer)
    assert caught.value.code is Code.FETCH_FAILED


def test_a_server_that_trickles_is_given_up_at_the_deadline() -> None:
    """The time is for the whole answer, not for each of its bytes."""
    started = time.monotonic()
    with pytest.raises(CertmgrError, match=r"within 0\.2 seconds"):
        fetched(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 10, pause_s=0.05, timeout_s=0.2)
    assert time.monotonic() - started < 2


def test_a_host_that_refuses_is_named() -> None:
    """Exit 1: the URL and what the system said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(CertmgrError, match=f"127.0.0.1:{port}/ could not be fetched: Connection refused"):
        fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url",
    [
        "https://pki.egov.internal/issuing.crl",
        "ftp://pki.egov.internal/issuing.crl",
        "file:///etc/passwd",
        "http:///issuing.crl",
        "http://user:word@pki.egov.internal/",
        "http://pki.egov.internal:99999/",
        "http://pki.egov.internal:0/",
        "http://pki.egov.internal/a b",
        "http://pki.egov.internal/\r\nX-Injected: 1",
        "http://[::1/",
        "http://政务.internal/",
        "",
    ],
)
def test_only_plain_http_urls_are_fetched(url: str) -> None:
    """Exit 2, and no connection is made."""
    with pytest.raises(UsageError):
        fetch(url)
