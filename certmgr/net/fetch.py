"""Fetching a published file back over HTTP, to see what relying parties see (ARCHITECTURE, decision 8)."""

import io
import socket
import time
from http.client import HTTPException, HTTPResponse
from typing import Final
from urllib.parse import SplitResult, urlsplit

from certmgr import __version__
from certmgr.codes import Code
from certmgr.errors import CertmgrError, UsageError

DEFAULT_TIMEOUT_S: Final = 10.0
DEFAULT_MAX_BYTES: Final = 128 << 20
"""A CRL of a million entries has 53 MB."""
_HEADERS_MAX: Final = 64 << 10
_CHUNK: Final = 256 << 10
_OK: Final = 200
_REDIRECTS: Final = range(300, 400)


class _Received:
    """Bytes that have arrived, as the socket that http.client wants to read them from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def fetch(url: str, *, timeout_s: float = DEFAULT_TIMEOUT_S, max_bytes: int = DEFAULT_MAX_BYTES) -> bytes:
    """Return what `url` serves.

    http only, no proxy, no redirect, status 200, at most `max_bytes`, all of it within `timeout_s` seconds of the
    start however slowly it trickles; a host of several addresses that do not answer takes that long for each. Raises
    UsageError for a URL that is not of that kind, CertmgrError for the rest.
    """
    parts = _split(url)
    port = parts.port or 80
    request = (
        f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1\r\n"
        f"Host: {parts.netloc}\r\nUser-Agent: certmgr/{__version__}\r\n"
        "Accept: */*\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
    )
    deadline = time.monotonic() + timeout_s
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=timeout_s) as connection:
            connection.sendall(request.encode("ascii"))
            received = _receive(connection, deadline, max_bytes + _HEADERS_MAX, url)
    except TimeoutError as error:
        raise _failed(url, f"no complete answer within {timeout_s:g} seconds") from error
    except OSError as error:
        raise _failed(url, error.strerror or str(error)) from error
    return _body(url, received, max_bytes)


def _split(url: str) -> SplitResult:
    """Return the parts of a plain http URL; raises UsageError for another."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(
            f"{url[:200]!r} is not a plain http URL.",
            hint="Write it as http://host/path; what is fetched is signed, so https adds nothing and may loop.",
        )
    return parts


def _receive(connection: socket.socket, deadline: float, limit: int, url: str) -> bytes:
    """Return all bytes until the server closes; raises TimeoutError at `deadline`."""
    chunks: list[bytes] = []
    size = 0
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        connection.settimeout(remaining)
        chunk = connection.recv(_CHUNK)
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise _failed(url, "the answer is too large")


def _body(url: str, received: bytes, max_bytes: int) -> bytes:
    """Return the body of a complete HTTP answer."""
    response = HTTPResponse(_Received(received), method="GET")  # type: ignore[arg-type]  # makefile is all it uses
    try:
        response.begin()
        if response.status in _REDIRECTS:
            raise _failed(url, f"the server redirects (status {response.status})")
        if response.status != _OK:
            raise _failed(url, f"status {response.status}")
        body = response.read()
    except (HTTPException, ValueError) as error:
        raise _failed(url, "the answer is cut off or is not HTTP") from error
    if len(body) > max_bytes:
        raise _failed(url, "the answer is too large")
    return body


def _failed(url: str, reason: str) -> CertmgrError:
    return CertmgrError(f"{url} could not be fetched: {reason}.", code=Code.FETCH_FAILED)
