"""Seeing what a server serves where TLS begins within another protocol (SMTP, IMAP, LDAP, PostgreSQL)."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certmgr.codes import Code
from certmgr.endpoints import parse_endpoint
from certmgr.errors import CertmgrError, UsageError
from certmgr.models.servers import Endpoint, Protocol
from certmgr.net.probe import probe, see
from certmgr.net.starttls import MAX_LINE
from tests.net.servers import serving

NAME = "mail.egov.internal"
Answer = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, bytes]:
    """Return a server's TLS context and the certificate (DER) that it shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    start = datetime(2026, 11, 21, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=1))
    made = builder.sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("served") / "served.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, made.public_bytes(Encoding.DER)


def line(connection: socket.socket) -> bytes:
    """Read a line octet by octet: what follows belongs to TLS."""
    got = b""
    while not got.endswith(b"\n"):
        octet = connection.recv(1)
        if not octet:
            raise ConnectionResetError
        got += octet
    return got


def imap(context: ssl.SSLContext) -> Answer:
    """Return a small IMAP server (RFC 9051)."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"* OK [CAPABILITY IMAP4rev2 STARTTLS] ready\r\n")
        tag, verb = line(connection).split()
        assert verb == b"STARTTLS"
        connection.sendall(b"* CAPABILITY IMAP4rev2\r\n" + tag + b" OK Begin TLS negotiation now\r\n")
        context.wrap_socket(connection, server_side=True).close()

    return answer


def ldap(context: ssl.SSLContext, result: bytes = b"\x0a\x01\x00", *, long_form: bool = False) -> Answer:
    """Return a small LDAP server (RFC 4511 4.14)."""

    def answer(connection: socket.socket) -> None:
        asked = connection.recv(64)
        assert asked == b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"
        body = b"\x02\x01\x01" + b"\x78" + bytes([len(result) + 4]) + result + b"\x04\x00\x04\x00"
        length = b"\x82" + len(body).to_bytes(2, "big") if long_form else bytes([len(body)])
        connection.sendall(b"\x30" + length + body)
        if result == b"\x0a\x01\x00":
            context.wrap_socket(connection, server_side=True).close()

    return answer


def postgresql(context: ssl.SSLContext, reply: bytes = b"S") -> Answer:
    """Return what a PostgreSQL server answers to SSLRequest."""

    def answer(connection: socket.socket) -> None:
        assert connection.recv(64) == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
        connection.sendall(reply)
        if reply == b"S":
            context.wrap_socket(connection, server_side=True).close()

    return answer


@contextmanager
def smtp(context: ssl.SSLContext | None, host: str = "127.0.0.1") -> Iterator[int]:
    """Run a real SMTP server, with STARTTLS where there is a context; yield its port."""
    with socket.create_server((host, 0)) as listener:
        # The controller looks at its own port to see that it is up, so it has to know the number.
        port = listener.getsockname()[1]
    controller = Controller(object(), hostname=host, port=port, tls_context=context)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def test_smtp_begins_tls_and_shows_its_certificate(served: tuple[ssl.SSLContext, bytes]) -> None:
    """RFC 3207, against aiosmtpd."""
    context, der = served
    with smtp(context) as port:
        assert probe("127.0.0.1", port, NAME, protocol=Protocol.SMTP) == (der,)


def test_smtp_without_starttls_is_told_apart_from_a_server_that_is_down(served: tuple[ssl.SSLContext, bytes]) -> None:
    """The answer names what is missing; a server of another kind does not greet so."""
    context, _ = served
    with smtp(None) as port, pytest.raises(CertmgrError, match="does not offer STARTTLS") as caught:
        probe("127.0.0.1", port, protocol=Protocol.SMTP)
    assert caught.value.code is Code.STARTTLS
    with serving(imap(context)) as port, pytest.raises(CertmgrError, match="does not greet as SMTP does: \\* OK"):
        probe("127.0.0.1", port, protocol=Protocol.SMTP)


@pytest.mark.parametrize(
    ("protocol", "make"),
    [
        (Protocol.IMAP, imap),
        (Protocol.LDAP, ldap),
        (Protocol.LDAP, lambda context: ldap(context, long_form=True)),
        (Protocol.POSTGRESQL, postgresql),
    ],
)
def test_each_protocol_begins_tls_and_shows_its_certificate(
    served: tuple[ssl.SSLContext, bytes], protocol: Protocol, make: Callable[[ssl.SSLContext], Answer]
) -> None:
    """IMAP, LDAP with a short and a long length, PostgreSQL; IPv6 as well as IPv4."""
    context, der = served
    for host in ("127.0.0.1", "::1"):
        with serving(make(context), host) as port:
            endpoint = Endpoint(host=host, port=port, protocol=protocol, sni=NAME)
            assert see(endpoint) == (der,)


@pytest.mark.parametrize(
    ("protocol", "answer", "words"),
    [
        (Protocol.IMAP, b"* BYE busy\r\n", "does not greet as IMAP does: \\* BYE busy"),
        (Protocol.IMAP, b"* OK\r\na1 NO never\r\n", "refuses STARTTLS: a1 NO never"),
        (Protocol.IMAP, b"* OK\r\n" + b"* x\r\n" * 200, "does not answer STARTTLS"),
        (Protocol.IMAP, b"* OK", "closed the connection"),
        (Protocol.SMTP, b"220 hi\r\n" + b"250-x\r\n" * 200, "more than 100 lines"),
        (Protocol.SMTP, b"220 hi\r\n500 no\r\n", "refuses EHLO: 500 no"),
        (Protocol.SMTP, b"220 hi\r\n250 STARTTLS\r\n454 not now\r\n", "refuses STARTTLS: 454 not now"),
        (Protocol.SMTP, b"2" * (MAX_LINE + 10), "a line of more than"),
        (Protocol.SMTP, b"220 \x1b[31mred\r\n\x1b[31m\r\n", r"refuses EHLO: \\x1b\[31m"),
        (Protocol.LDAP, b"\x30\x84\x7f\xff\xff\xff", "does not answer as LDAP does"),
        (Protocol.LDAP, b"\x30\x82\xff\xff", "more than"),
        (Protocol.LDAP, b"HTTP/1.1 400\r\n\r\n", "does not answer as LDAP does"),
        (Protocol.LDAP, b"\x30\x03\x02\x01\x01", "does not answer as LDAP does"),
        (Protocol.LDAP, b"\x30\x05\x02\x7f\x01\x01\x01", "does not answer as LDAP does"),
        (Protocol.LDAP, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00", "LDAP result 52"),
        (Protocol.POSTGRESQL, b"N", "has TLS switched off"),
        (Protocol.POSTGRESQL, b"E", "does not answer as PostgreSQL does: E"),
        (Protocol.POSTGRESQL, b"", "closed the connection"),
    ],
)
def test_a_refusal_is_told_in_its_own_words(protocol: Protocol, answer: bytes, words: str) -> None:
    """Whatever a server says: no traceback, no flood, nothing unprintable."""

    def say(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1024):
            pass

    with serving(say) as port, pytest.raises(CertmgrError, match=words) as caught:
        probe("127.0.0.1", port, protocol=protocol, timeout_s=5)
    assert caught.value.code is Code.STARTTLS
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_server_that_says_nothing_is_given_up_in_time(protocol: Protocol) -> None:
    """The whole look is bounded."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = time.monotonic()
        with pytest.raises(CertmgrError, match=r"no answer within 0\.3 seconds"):
            probe("127.0.0.1", listener.getsockname()[1], protocol=protocol, timeout_s=0.3)
        assert time.monotonic() - started < 3


def test_a_server_that_trickles_is_given_up_in_time() -> None:
    """An octet now and then does not prolong the time."""
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        while not ended.wait(0.05):
            connection.sendall(b"2")

    with serving(drip) as port:
        started = time.monotonic()
        try:
            with pytest.raises(CertmgrError, match=r"no answer within 0\.5 seconds"):
                probe("127.0.0.1", port, protocol=Protocol.SMTP, timeout_s=0.5)
        finally:
            ended.set()
        assert time.monotonic() - started < 3


def test_no_octet_after_the_answer_is_taken_for_an_answer(served: tuple[ssl.SSLContext, bytes]) -> None:
    """What comes with the `S` of PostgreSQL is not swallowed: TLS sees it and fails (CVE-2021-23222)."""
    context, _ = served
    with serving(postgresql(context, b"Sinjected")) as port, pytest.raises(CertmgrError, match="handshake failed"):
        probe("127.0.0.1", port, protocol=Protocol.POSTGRESQL)


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("Mail.egov.internal:587", "smtp", ("mail.egov.internal", 587, "mail.egov.internal")),
        ("mail.egov.internal", "smtp", ("mail.egov.internal", 25, "mail.egov.internal")),
        ("10.1.2.3:636", "tls", ("10.1.2.3", 636, "db1.egov.internal")),
        ("10.1.2.3", "postgresql", ("10.1.2.3", 5432, "db1.egov.internal")),
        ("[fd00::1]:389", "ldap", ("fd00::1", 389, "db1.egov.internal")),
        ("fd00::1", "tls", ("fd00::1", 443, "db1.egov.internal")),
        ("localhost:8443", "tls", ("localhost", 8443, "db1.egov.internal")),
    ],
)
def test_an_endpoint_is_read(text: str, protocol: str, expected: tuple[str, int, str]) -> None:
    """With the protocol's port and a name to ask for, unless told otherwise."""
    known = ["10.1.2.9", "db1.egov.internal"]
    found = parse_endpoint(text, protocol=Protocol(protocol), known_as=known)
    assert (found.host, found.port, found.sni) == expected
    assert not parse_endpoint(text, sni="").sni


@pytest.mark.parametrize(
    "text", ["", ":443", "host:", "host:0", "host:65536", "host:x", "[fd00::1", "fd00::1]:4", "a:b:c"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    """Exit 2, with the form."""
    with pytest.raises(UsageError) as caught:
        parse_endpoint(text)
    assert caught.value.code is Code.DEPLOYMENT_PLACE
