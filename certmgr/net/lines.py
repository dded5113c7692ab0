"""Lines between two processes, each of a bounded length and in a bounded time, through pipes or sockets.

Neither end trusts the other: one that says nothing, too much or half a line cannot hold up or fill its peer. They are
waited for with poll: epoll refuses a plain file, which standard input may be.
"""

import os
import selectors
import time
from contextlib import suppress
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError

KEPT: Final = 4000
"""How many octets of what was said aside last are kept."""
_READ: Final = 65536
_WRITE: Final = 512
"""What a pipe takes without blocking once it takes anything (PIPE_BUF, POSIX)."""


class EndedError(CertmgrError):
    """The other side has gone, in the middle of something. Exit code 1."""

    default_code = Code.DEPLOY_PROTOCOL


class Lines:
    """Two descriptors, one to read from and one to write to; not to be used by several threads."""

    def __init__(self, incoming: int, outgoing: int, *, limit: int, aside: int | None = None) -> None:
        """Keep the descriptors. No line is longer than `limit` octets; `aside` is read along and kept for messages."""
        self._incoming = incoming
        self._outgoing = outgoing
        self._limit = limit
        self._aside = aside
        self._held = b""
        self._said_aside = b""
        self._ended = False

    @property
    def said_aside(self) -> bytes:
        """What was said aside last."""
        return self._said_aside

    def read(self, timeout_s: float) -> bytes | None:
        """Return the next line without its end; None: the other side has ended between two lines.

        Raises CertmgrError (deploy.protocol) for a line that is too long, is not there in time or breaks off.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            line, end, rest = self._held.partition(b"\n")
            if len(line) > self._limit:
                raise _broken(f"The other side sent a line of more than {self._limit} octets.")
            if end:
                self._held = rest
                return line
            if self._ended:
                if line:
                    raise EndedError("The connection ended in the middle of a line.")
                return None
            self._wait(deadline, timeout_s)

    def write(self, line: bytes, timeout_s: float) -> None:
        """Write a line; raises CertmgrError (deploy.protocol) where nobody takes it in time."""
        left = memoryview(line + b"\n")
        deadline = time.monotonic() + timeout_s
        with selectors.PollSelector() as selector:
            selector.register(self._outgoing, selectors.EVENT_WRITE)
            if self._aside is not None:
                selector.register(self._aside, selectors.EVENT_READ)
            while left:
                wait_s = deadline - time.monotonic()
                ready = {key.fd for key, _ in selector.select(wait_s)} if wait_s > 0 else set()
                if not ready:
                    raise _broken(f"The other side has read nothing for {timeout_s:.0f} seconds.")
                if self._aside is not None and self._aside in ready:
                    self._listen_aside(selector)
                if self._outgoing in ready:
                    try:
                        left = left[os.write(self._outgoing, left[:_WRITE]) :]
                    except OSError as error:
                        raise EndedError(f"The connection has ended: {error.strerror}.") from None

    def drain_aside(self, timeout_s: float) -> None:
        """Read what is said aside until its end, or for that long."""
        deadline = time.monotonic() + timeout_s
        with selectors.PollSelector() as selector:
            while self._aside is not None and (wait_s := deadline - time.monotonic()) > 0:
                if self._aside not in selector.get_map():
                    selector.register(self._aside, selectors.EVENT_READ)
                if selector.select(wait_s):
                    self._listen_aside(selector)

    def _wait(self, deadline: float, timeout_s: float) -> None:
        """Read what is there, or wait for it until the deadline."""
        wait_s = deadline - time.monotonic()
        with selectors.PollSelector() as selector:
            selector.register(self._incoming, selectors.EVENT_READ)
            if self._aside is not None:
                selector.register(self._aside, selectors.EVENT_READ)
            ready = {key.fd for key, _ in selector.select(wait_s)} if wait_s > 0 else set()
            if not ready:
                raise _broken(f"The other side has said nothing for {timeout_s:.0f} seconds.")
            if self._aside is not None and self._aside in ready:
                self._listen_aside(selector)
        if self._incoming in ready:
            piece = b""
            with suppress(OSError):
                piece = os.read(self._incoming, _READ)
            self._held += piece
            self._ended = not piece

    def _listen_aside(self, selector: selectors.BaseSelector) -> None:
        if self._aside is None:
            return
        piece = b""
        with suppress(OSError):
            piece = os.read(self._aside, _READ)
        self._said_aside = (self._said_aside + piece)[-KEPT:]
        if not piece:
            selector.unregister(self._aside)
            self._aside = None


def _broken(message: str) -> CertmgrError:
    return CertmgrError(message, code=Code.DEPLOY_PROTOCOL)
