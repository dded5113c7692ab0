"""A real TLS server on loopback for one certificate, answering every request with a short page."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certmgr.pki import export, keys
from tests.pki.hierarchy import Hierarchy, Leaf

PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


@contextmanager
def serve(leaf: Leaf, hierarchy: Hierarchy, folder: Path) -> Iterator[int]:
    """Serve the leaf with its chain; yield the port."""
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(export.chain_pem((leaf.certificate, hierarchy.issuing)))
    key.write_bytes(keys.private_pem(leaf.key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stop = threading.Event()
    thread = threading.Thread(target=_answer, args=(listener, context, stop), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        listener.close()


def _answer(listener: socket.socket, context: ssl.SSLContext, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            plain, _ = listener.accept()
        except TimeoutError:
            continue
        # A client that refuses the certificate ends the handshake; the next one is waited for.
        with plain, contextlib.suppress(OSError):
            plain.settimeout(5)
            with context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(4096)
                connection.sendall(PAGE)
