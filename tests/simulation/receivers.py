"""The outside world on loopback: a distribution point, a mail server, a webhook; each may be down for a while."""

import hashlib
import hmac
import threading
from datetime import datetime
from email import message_from_bytes
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Dialogue

from certmgr.records import dataclass
from tests.simulation.clock import Now

if TYPE_CHECKING:
    from collections.abc import Callable

HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One message that was taken."""

    id: str
    """Its Message-ID, or what the webhook names the notice."""
    to: str
    at: datetime
    subject: str


class Point:
    """A web server for the published folder."""

    def __init__(self, folder: Path) -> None:
        """Serve `folder`, from `serving` on."""
        self.status = _up()
        self._server = ThreadingHTTPServer((HOST, 0), partial(_PointHandler, self, directory=str(folder)))
        self.url = f"http://{HOST}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class _PointHandler(SimpleHTTPRequestHandler):
    def __init__(self, point: Point, *args: object, directory: str) -> None:
        self._point = point
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # what a socket server gives

    def do_GET(self) -> None:
        """Serve a file, or say that there is trouble."""
        if self._point.status.is_set():
            super().do_GET()
        else:
            self.send_error(503)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class MailServer:
    """An SMTP server that keeps who got what."""

    def __init__(self, now: Now) -> None:
        """Take the time of receipts from `now`."""
        self.receipts: list[Receipt] = []
        self.status = _up()
        """Not set, the server answers 451 to every recipient."""
        self.refusals = 0
        self.after_next: Callable[[], None] | None = None
        """Called once, when a message was taken and before its sender hears of it."""
        self._now = now
        self._controller: Controller | None = None
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the name and the arguments of aiosmtpd's hook
        self, _server: SMTP, _dialogue: Dialogue, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or be busy."""
        if not self.status.is_set():
            self.refusals += 1
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _dialogue: Dialogue, envelope: Envelope) -> str:  # noqa: N802
        """Take a message for each of its recipients."""
        content = envelope.content
        message = message_from_bytes(content if isinstance(content, bytes) else (content or "").encode())
        self.receipts += [
            Receipt(id=message["Message-ID"].strip(), to=to, at=self._now(), subject=str(message["Subject"]))
            for to in envelope.rcpt_tos
        ]
        if self.after_next is not None:
            then, self.after_next = self.after_next, None
            then()
        return "250 OK"

    def up(self) -> None:
        """Listen, on the same port as before."""
        if self._controller is None:
            self._controller = Controller(self, hostname=HOST, port=self.port or _free_port())
            self._controller.start()
            self.port = self._controller.port

    def down(self) -> None:
        """Refuse connections."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        """Begin to listen."""
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.down()


def _up() -> threading.Event:
    status = threading.Event()
    status.set()
    return status


def _free_port() -> int:
    with ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler) as taken:
        return taken.server_port


class Webhook:
    """A web server that takes notices and checks their signatures."""

    def __init__(self, now: Now, secret: bytes) -> None:
        """Take the time of receipts from `now`; `secret` is the key of the signatures."""
        self.receipts: list[Receipt] = []
        self.forged = 0
        self.status = _up()
        self.now = now
        self._secret = secret
        self._server = ThreadingHTTPServer((HOST, 0), partial(_WebhookHandler, self))
        self.url = f"http://{HOST}:{self._server.server_port}/notices"

    def signed(self, timestamp: str, body: bytes, signature: str) -> bool:
        """Tell whether the signature is HMAC-SHA256 over `TIMESTAMP.BODY`."""
        wanted = hmac.new(self._secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={wanted}", signature)

    def __enter__(self) -> Self:
        """Begin to listen."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class _WebhookHandler(BaseHTTPRequestHandler):
    def __init__(self, webhook: Webhook, *args: object) -> None:
        self._webhook = webhook
        super().__init__(*args)  # type: ignore[arg-type]  # what a socket server gives

    def do_POST(self) -> None:
        """Take a notice, or fail."""
        hook, headers = self._webhook, self.headers
        body = self.rfile.read(int(headers["Content-Length"]))
        if not hook.status.is_set():
            self.send_error(500)
            return
        if hook.signed(headers["X-Certmgr-Timestamp"], body, headers["X-Certmgr-Signature"]):
            hook.receipts.append(Receipt(id=headers["X-Certmgr-Notice"], to="", at=hook.now(), subject=""))
        else:
            hook.forged += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
