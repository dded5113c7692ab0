"""What is spoken before TLS begins on a port that also speaks plain text: SMTP, IMAP, LDAP, PostgreSQL.

Each function takes a connected socket to the moment at which the TLS handshake starts. What a server says is bounded:
a line, the number of lines, the octets of a message. The time is bounded by the socket's and the caller's.
"""

import socket
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.models.servers import Protocol
from certmgr.printable import printable

MAX_LINE: Final = 4096
"""Octets of a line; RFC 5321 4.5.3.1.5 gives 512, some servers greet at length."""
MAX_LINES: Final = 100
_SHOWN: Final = 120

_LDAP_STARTTLS_OID: Final = b"1.3.6.1.4.1.1466.20037"
"""RFC 4511 4.14.1."""
_LDAP_RESPONSE: Final = 0x78
"""[APPLICATION 24], constructed: ExtendedResponse (RFC 4511 4.12)."""
_ENUMERATED: Final = 0x0A
_SEQUENCE: Final = 0x30
_LONG_FORM: Final = 0x80
_MAX_LENGTH_OCTETS: Final = 2
_SSL_REQUEST: Final = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
"""SSLRequest: the length with itself, and 1234 and 5679 as two 16-bit numbers (PostgreSQL 55.7)."""


def refused(what: str, said: bytes | str = "") -> CertmgrError:
    """Return the error that says what a server did instead of beginning TLS."""
    text = said if isinstance(said, str) else said.decode("utf-8", "replace")
    words = printable(text.strip())[:_SHOWN]
    return CertmgrError(f"{what}: {words}" if words else what, code=Code.STARTTLS)


def smtp(connection: socket.socket) -> None:
    """Begin TLS in SMTP (RFC 3207): greeting, EHLO, STARTTLS. Raises CertmgrError where it is not offered."""
    _smtp_reply(connection, b"220", "the server does not greet as SMTP does")
    connection.sendall(b"EHLO localhost\r\n")
    offered = _smtp_reply(connection, b"250", "the server refuses EHLO")
    if b"STARTTLS" not in {line[4:].strip().upper() for line in offered}:
        raise refused("the server does not offer STARTTLS")
    connection.sendall(b"STARTTLS\r\n")
    _smtp_reply(connection, b"220", "the server refuses STARTTLS")


def imap(connection: socket.socket) -> None:
    """Begin TLS in IMAP (RFC 9051 6.2.1): greeting, STARTTLS. Raises CertmgrError where it is refused."""
    greeting = _line(connection)
    if not greeting.upper().startswith(b"* OK"):
        raise refused("the server does not greet as IMAP does", greeting)
    connection.sendall(b"a1 STARTTLS\r\n")
    for _ in range(MAX_LINES):
        answer = _line(connection)
        if answer.startswith(b"* "):
            continue
        if not answer.upper().startswith(b"A1 OK"):
            raise refused("the server refuses STARTTLS", answer)
        return
    raise refused("the server does not answer STARTTLS")


def ldap(connection: socket.socket) -> None:
    """Begin TLS in LDAP: the extended operation StartTLS (RFC 4511 4.14). Raises CertmgrError where it is refused."""
    request = _tlv(0x77, _tlv(0x80, _LDAP_STARTTLS_OID))
    connection.sendall(_tlv(_SEQUENCE, _tlv(0x02, b"\x01") + request))
    head = _exactly(connection, 2)
    if head[0] != _SEQUENCE:
        raise refused("the server does not answer as LDAP does")
    body = _exactly(connection, _length(connection, head[1]))
    code = _ldap_result(body)
    if code != 0:
        raise refused(f"the server refuses StartTLS with the LDAP result {code}")


def postgresql(connection: socket.socket) -> None:
    """Begin TLS in PostgreSQL's protocol: SSLRequest. Raises CertmgrError where the server has no TLS."""
    connection.sendall(_SSL_REQUEST)
    # One octet and no more: what follows already belongs to TLS (CVE-2021-23222).
    answer = _exactly(connection, 1)
    if answer == b"N":
        raise refused("the server has TLS switched off")
    if answer != b"S":
        raise refused("the server does not answer as PostgreSQL does", answer)


PRELUDES: Final[Mapping[Protocol, Callable[[socket.socket], None]]] = MappingProxyType(
    {
        Protocol.SMTP: smtp,
        Protocol.IMAP: imap,
        Protocol.LDAP: ldap,
        Protocol.POSTGRESQL: postgresql,
    }
)
"""What takes a connection to the beginning of TLS; nothing for Protocol.TLS."""


def _smtp_reply(connection: socket.socket, code: bytes, problem: str) -> list[bytes]:
    """Return the lines of a reply with `code` (RFC 5321 4.2.1: a hyphen after the code, another line follows)."""
    lines: list[bytes] = []
    for _ in range(MAX_LINES):
        line = _line(connection)
        lines.append(line)
        if line[:3] != code:
            raise refused(problem, line)
        if line[3:4] != b"-":
            return lines
    raise refused(f"{problem}: it says more than {MAX_LINES} lines")


def _line(connection: socket.socket) -> bytes:
    """Return one line without its end, octet by octet: nothing that may follow it is taken off the connection."""
    line = bytearray()
    while len(line) <= MAX_LINE:
        octet = connection.recv(1)
        if not octet:
            raise refused("the server closed the connection", bytes(line))
        if octet == b"\n":
            return bytes(line).rstrip(b"\r")
        line += octet
    raise refused(f"the server says a line of more than {MAX_LINE} octets")


def _exactly(connection: socket.socket, count: int) -> bytes:
    taken = bytearray()
    while len(taken) < count:
        piece = connection.recv(count - len(taken))
        if not piece:
            raise refused("the server closed the connection")
        taken += piece
    return bytes(taken)


def _tlv(tag: int, value: bytes) -> bytes:
    """Return a short BER element; everything asked here is under 128 octets long."""
    return bytes((tag, len(value))) + value


def _length(connection: socket.socket, first: int) -> int:
    """Return the length of a BER element (X.690 8.1.3) whose first length octet is `first`, at most MAX_LINE."""
    if first < _LONG_FORM:
        return first
    octets = first - _LONG_FORM
    if not 0 < octets <= _MAX_LENGTH_OCTETS:
        raise refused("the server does not answer as LDAP does")
    length = int.from_bytes(_exactly(connection, octets), "big")
    if length > MAX_LINE:
        raise refused(f"the server gives an answer of more than {MAX_LINE} octets")
    return length


def _ldap_result(body: bytes) -> int:
    """Return the resultCode of an LDAPMessage with an ExtendedResponse (RFC 4511 4.1.9, 4.12)."""
    _, after = _element(body, 0x02)
    response, _ = _element(after, _LDAP_RESPONSE)
    result, _ = _element(response, _ENUMERATED)
    return int.from_bytes(result, "big")


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the BER element with `tag` at the front of `data`, and what follows it."""
    if len(data) < 2 or data[0] != tag:  # noqa: PLR2004 - a tag and a length
        raise refused("the server does not answer as LDAP does")
    length, at = data[1], 2
    if length >= _LONG_FORM:
        octets = length - _LONG_FORM
        length, at = int.from_bytes(data[2 : 2 + octets], "big"), 2 + octets
    if at + length > len(data):
        raise refused("the server does not answer as LDAP does")
    return data[at : at + length], data[at + length :]
