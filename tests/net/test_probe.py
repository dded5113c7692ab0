"""Probing a server: the chain as it is presented, trusted or not (DETAILS 61)."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.net.probe import probe
from tests.net.servers import serving

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def certificate(name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return a self-signed certificate that expired long ago: a probe does not mind."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(LONG_AGO)
        .not_valid_after(LONG_AGO + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


@pytest.fixture
def chain(tmp_path: Path) -> tuple[Path, list[bytes]]:
    """Return a PEM file with a key and two certificates, and the two in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificates = [certificate("portal.egov.internal", key), certificate("issuing", key)]
    path = tmp_path / "served.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
    return path, [one.public_bytes(Encoding.DER) for one in certificates]


def tls_server(path: Path, names: list[str | None]) -> Callable[[socket.socket], None]:
    """Return what completes a handshake with the chain in `path` and notes the SNI."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    return answer


def test_the_whole_chain_comes_back_as_it_is_presented(chain: tuple[Path, list[bytes]]) -> None:
    """Expired, self-signed, in the server's own order: nothing is verified here."""
    path, expected = chain
    with serving(tls_server(path, [])) as port:
        assert probe("127.0.0.1", port) == tuple(expected)


def test_the_server_is_asked_for_the_name(chain: tuple[Path, list[bytes]]) -> None:
    """A host that serves many names shows the certificate of the one that is asked for."""
    names: list[str | None] = []
    with serving(tls_server(chain[0], names)) as port:
        probe("127.0.0.1", port, "portal.egov.internal")
        probe("127.0.0.1", port)
    assert names == ["portal.egov.internal", None]


def test_a_server_that_speaks_no_tls_is_told_from_one_that_is_down() -> None:
    """The reason is in the sentence, with the place."""
    with (
        serving(lambda connection: connection.sendall(b"220 mail.egov.internal ESMTP\r\n")) as port,
        pytest.raises(CertmgrError, match=rf"127\.0\.0\.1:{port} could not be probed: the TLS handshake failed"),
    ):
        probe("127.0.0.1", port)
    with pytest.raises(CertmgrError, match="Connection refused") as caught:
        probe("127.0.0.1", port)
    assert caught.value.code is Code.PROBE_FAILED


def test_a_server_that_says_nothing_is_given_up() -> None:
    """The time is bounded."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CertmgrError, match=rf"\[::1\]:{port} could not be probed: no answer within 0\.1 seconds"):
            probe("::1", port, timeout_s=0.1)


def test_a_name_that_cannot_be_asked_for_is_reported(chain: tuple[Path, list[bytes]]) -> None:
    """An impossible SNI is an answer in words, not a traceback."""
    with serving(tls_server(chain[0], [])) as port, pytest.raises(CertmgrError):
        probe("127.0.0.1", port, ".leading.dot")
