"""A bound on a whole conversation, however slowly the other side trickles."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut_off(after_s: float, connection: Callable[[], socket.socket | None]) -> Iterator[threading.Event]:
    """Shut down the socket that `connection` returns once `after_s` seconds have passed; yield what is set then.

    Whoever reads from it gets the end of the stream. Nothing happens where the block has ended by then.
    """
    expired = threading.Event()

    def cut() -> None:
        expired.set()
        held = connection()
        if held is not None:
            with suppress(OSError):
                # Not SSLSocket's own: that would take the TLS state away under the reader's feet.
                socket.socket.shutdown(held, socket.SHUT_RDWR)

    timer = threading.Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()
