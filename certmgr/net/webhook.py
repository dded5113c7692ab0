"""Posting a notice to a webhook, signed with HMAC-SHA256 (N9).

The signature is over the time and the body: hex of HMAC-SHA256(secret, "TIME.BODY"), TIME in Unix seconds. A receiver
that compares both, and refuses old times, cannot be fed what somebody else made or recorded.
"""

import hashlib
import hmac
import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import SplitResult, urlsplit

from certmgr import __version__
from certmgr.models.notices import Outcome, Verdict
from certmgr.net.deadline import cut_off
from certmgr.printable import printable

TIMEOUT_S: Final = 20.0
"""For the whole exchange."""
SIGNATURE: Final = "X-Certmgr-Signature"
"""`sha256=` and 64 hex digits."""
TIMESTAMP: Final = "X-Certmgr-Timestamp"
NOTICE_ID: Final = "X-Certmgr-Notice"
"""The same for each attempt at one notice."""
_ANSWER_BYTES: Final = 64 << 10
_ANSWER_CHARACTERS: Final = 200
_SUCCESS: Final = range(200, 300)
_REFUSALS: Final = range(400, 500)
_PASSING: Final = frozenset({408, 425, 429})
"""Refusals that a later attempt may get past: timeout, too early, too many requests."""


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """Return the value of the header SIGNATURE for `body`, sent at `timestamp`."""
    return "sha256=" + hmac.new(secret, b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def post(  # noqa: PLR0911, PLR0913 - one return a way to fail; the parts of a request, by keyword
    url: str,
    body: bytes,
    *,
    notice: str,
    timestamp: int,
    secret: bytes | None = None,
    ca_file: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Outcome:
    """Post the JSON `body` to an http or https `url` and return what became of it.

    2xx is success; 4xx is a refusal but for 408, 425 and 429; anything else, a redirect too, may pass. No proxy, at
    most 64 KiB of the answer are read, all within `timeout_s`. `ca_file` names the CAs that may vouch for the server;
    None: the system's. `notice` is the same for each attempt at one notice.
    """
    parts = urlsplit(url)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"certmgr/{__version__}",
        "Connection": "close",
        NOTICE_ID: notice,
        TIMESTAMP: str(timestamp),
    }
    if secret is not None:
        headers[SIGNATURE] = signature(secret, timestamp, body)
    try:
        context = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
    except OSError as problem:
        return _lost(f"the CA file {ca_file} cannot be used ({problem.strerror})")
    try:
        return _exchange(parts, body, headers, context, timeout_s)
    except ssl.SSLCertVerificationError as problem:
        return _lost(f"the server's certificate is not trusted: {problem.verify_message}")
    except ssl.SSLError as problem:
        return _lost(f"the TLS handshake failed ({problem.reason or 'closed by the server'})")
    except TimeoutError:
        return _lost(f"no complete answer within {timeout_s:g} seconds")
    except OSError as problem:
        return _lost(problem.strerror or str(problem))
    except (HTTPException, ValueError):
        return _lost("the answer is cut off or is not HTTP")


def _exchange(
    parts: SplitResult, body: bytes, headers: dict[str, str], context: ssl.SSLContext | None, timeout_s: float
) -> Outcome:
    host, port = parts.hostname or "", parts.port or (443 if context else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    client = HTTPConnection(host, port)
    client.sock = socket.create_connection((host, port), timeout=timeout_s)
    try:
        with cut_off(timeout_s, lambda: client.sock) as expired:
            try:
                if context is not None:
                    client.sock = context.wrap_socket(client.sock, server_hostname=host)
                client.request("POST", target, body, headers)
                answer = client.getresponse()
            except (HTTPException, OSError, ValueError):
                if expired.is_set():
                    raise TimeoutError from None
                raise
            said = b""
            with suppress(HTTPException, OSError, ValueError):
                # The status is the answer; the rest is for people, and may be cut off.
                said = answer.read(_ANSWER_BYTES)
    finally:
        client.close()
    return _outcome(answer.status, said)


def _outcome(status: int, said: bytes) -> Outcome:
    words = printable(" ".join(said.decode("utf-8", "replace").split()))[:_ANSWER_CHARACTERS]
    text = f"status {status} {words}".strip()
    if status in _SUCCESS:
        return Outcome(verdict=Verdict.SENT, answer=f"status {status}")
    final = status in _REFUSALS and status not in _PASSING
    return Outcome(verdict=Verdict.REFUSED if final else Verdict.AGAIN, answer=text)


def _lost(reason: str) -> Outcome:
    return Outcome(verdict=Verdict.AGAIN, answer=printable(reason), severed=True)
