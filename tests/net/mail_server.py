"""A real SMTP server on loopback, with STARTTLS and authentication, that answers what a test tells it to."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from certmgr.models.keys import KeyType
from certmgr.pki import export, keys
from certmgr.workspace import utc_now
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, make_hierarchy

USER, PASSWORD = "certmgr", "geheim mit Umläuten"
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    secured: bool
    user: str | None


@dataclass(slots=True, kw_only=True)
class MailServer:
    """A running server: what it took, and what it is to answer."""

    port: int = 0
    ca_file: str = ""
    """The root that vouches for it."""
    received: list[Received] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)
    """Answers to RCPT, by address."""
    data: str = "250 taken"
    """The answer to a whole message; `drop` ends the connection before it, `hang` never answers."""
    repeats: str = ""
    """The answer to a wrong password."""
    greeting: str = ""
    """An answer in place of the greeting."""
    connections: int = 0
    logins: list[str] = field(default_factory=list)

    def subjects(self) -> list[str]:
        """Return the subjects of what was taken."""
        return [str(one.message["Subject"]) for one in self.received]

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer as told."""
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep the message, where it is taken."""
        if self.data == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "250 never seen"
        if self.data == "hang":
            await asyncio.sleep(3600)
        if self.data.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            self.received.append(
                Received(
                    sender=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    message=message_from_bytes(content, policy=policy.default),
                    secured=session.ssl is not None,
                    user=login.decode() if (login := getattr(session.auth_data, "login", None)) else None,
                )
            )
        return self.data

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any) -> AuthResult:  # noqa: ANN401 - the library's own signature
        """Know one user."""
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        good = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=good, handled=False, message=self.repeats or None, auth_data=data if good else None)


class _Protocol(SMTP):
    """The library's server, which can refuse a client at once."""

    def __init__(self, server: MailServer, **options: Any) -> None:  # noqa: ANN401 - the library's own options
        super().__init__(server, ident="test", **{"enable_SMTPUTF8": True, **options})
        self._mail_server = server

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - the library's own signature
        # After STARTTLS the library calls this once more.
        self._mail_server.connections += transport.get_extra_info("sslcontext") is None
        super().connection_made(transport)

    async def push(self, status: Any) -> None:  # noqa: ANN401 - the library's own signature
        text = status if isinstance(status, str) else status.decode()
        if text.startswith("220 ") and self._mail_server.greeting and "ready" not in text.lower():
            status = self._mail_server.greeting
        await super().push(status)


@cache
def intranet_hierarchy(root_key: KeyType = KeyType.EC_P384) -> Hierarchy:
    """Return a CA of the present that may vouch for loopback: one for each type of root key."""
    allowed = tuple(ip_network(one) for one in ("127.0.0.0/8", "::1/128"))
    root = replace(ROOT_SPEC, networks=allowed, key_type=root_key)
    return make_hierarchy(root, replace(ISSUING_SPEC, networks=allowed), now=utc_now())


def server_context(folder: Path, hierarchy: Hierarchy, name: str = HOST) -> ssl.SSLContext:
    """Return what a server needs to serve a certificate for `name`; the root is at `folder`/root.pem afterwards."""
    folder.mkdir(exist_ok=True)
    leaf = hierarchy.issue(name)
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(export.chain_pem((leaf.certificate, hierarchy.issuing)))
    key.write_bytes(keys.private_pem(leaf.key))
    (folder / "root.pem").write_bytes(export.pem(hierarchy.root))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


@contextmanager
def mail_server(  # noqa: PLR0913 - what a test's server can be
    folder: Path,
    *,
    tls: bool = True,
    auth: bool = True,
    name: str = HOST,
    hierarchy: Hierarchy | None = None,
    port: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Iterator[MailServer]:
    """Serve on a free port of loopback; with `tls` it offers STARTTLS, and takes nothing before it."""
    server = MailServer()
    settings: dict[str, Any] = dict(options or {})
    if tls:
        settings |= {
            "tls_context": server_context(folder / "tls", hierarchy or intranet_hierarchy(), name),
            "require_starttls": True,
        }
        server.ca_file = str(folder / "tls" / "root.pem")
    if auth:
        settings |= {"authenticator": server.authenticate, "auth_require_tls": tls}
    loop = asyncio.new_event_loop()
    listener = socket.create_server((HOST, port))
    server.port = listener.getsockname()[1]
    started = threading.Event()

    async def serve() -> None:
        running = await loop.create_server(lambda: _Protocol(server, loop=loop, **settings), sock=listener)
        started.set()
        async with running:
            await stop.wait()
        for task in asyncio.all_tasks(loop):
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
