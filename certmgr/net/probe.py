"""Seeing what a server serves: a TLS handshake that verifies nothing and returns the chain (DETAILS 61).

Where the port speaks something else first, TLS begins within that (`starttls`).
"""

import contextlib
import socket
import ssl
import threading
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.servers import Endpoint, Protocol
from certmgr.net.deadline import cut_off
from certmgr.net.starttls import PRELUDES

DEFAULT_TIMEOUT_S: Final = 5.0


def probe(
    host: str,
    port: int,
    server_name: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    protocol: Protocol = Protocol.TLS,
) -> tuple[bytes, ...]:
    """Return the DER certificates that `host`:`port` presents, the server's own first.

    `server_name` is the SNI to ask for; None or an empty one sends none. Nothing is verified: that is the caller's
    step, at its own time. Raises CertmgrError when the host cannot be reached, does not begin TLS in `protocol` or
    does not complete a handshake within `timeout_s` seconds, however slowly it answers.
    """
    held: list[socket.socket] = []
    try:
        if server_name is not None:
            # The ssl module does so too, but only after the connection, which it then leaves open.
            server_name.encode("idna")
        with (
            cut_off(timeout_s, lambda: held[0] if held else None) as expired,
            socket.create_connection((host, port), timeout=timeout_s) as plain,
        ):
            held.append(plain)
            return _look(plain, server_name, protocol, expired)
    except CertmgrError as error:
        raise _failed(host, port, error.message, error.code) from error
    except TimeoutError as error:
        raise _failed(host, port, f"no answer within {timeout_s:g} seconds") from error
    except ssl.SSLError as error:
        raise _failed(host, port, f"the TLS handshake failed ({error.reason or 'closed by the server'})") from error
    except (OSError, ValueError) as error:
        raise _failed(host, port, getattr(error, "strerror", None) or str(error)) from error


def see(endpoint: Endpoint, timeout_s: float = DEFAULT_TIMEOUT_S) -> tuple[bytes, ...]:
    """Return the DER certificates that `endpoint` presents, the server's own first; raises as `probe`."""
    return probe(endpoint.host, endpoint.port, endpoint.sni or None, timeout_s, endpoint.protocol)


def _look(
    plain: socket.socket, server_name: str | None, protocol: Protocol, expired: threading.Event
) -> tuple[bytes, ...]:
    """Return the chain that is presented on a connection; raises TimeoutError once `expired` is set."""
    try:
        prelude = PRELUDES.get(protocol)
        if prelude is not None:
            prelude(plain)
        with _context().wrap_socket(plain, server_hostname=server_name or None) as secured:
            return _chain(secured)
    except (OSError, CertmgrError) as error:
        # A connection that was cut off fails in ways that say nothing about the server.
        if expired.is_set():
            raise TimeoutError from error
        raise


def _context() -> ssl.SSLContext:
    """Return a context that takes whatever a server offers, old versions and weak ciphers too: this is a look."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with contextlib.suppress(ssl.SSLError):
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _chain(secured: ssl.SSLSocket) -> tuple[bytes, ...]:
    """Return the presented chain: a public method from Python 3.13 on, before that one of the object inside."""
    public = getattr(secured, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    inner = secured._sslobj.get_unverified_chain()  # type: ignore[attr-defined]  # noqa: SLF001
    return tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in inner or ())


def _failed(host: str, port: int, reason: str, code: Code = Code.PROBE_FAILED) -> CertmgrError:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return CertmgrError(f"{place} could not be probed: {reason}.", code=code)
