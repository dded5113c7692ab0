"""What a test lets be seen: TLS servers on loopback with a certificate of its choice, and files as nmap writes them."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.net.servers import serving

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
SEEN_AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@contextmanager
def tls(certificate: Path, key: Path, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve a PEM certificate with its key on a free port of `host`; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def answer(connection: object) -> None:
        with context.wrap_socket(connection, server_side=True):  # type: ignore[arg-type]  # it is a socket
            pass

    with serving(answer, host) as port:
        yield port


def stranger(
    folder: Path, name: str = "legacy.egov.internal", *, issuer: str = "Someone Else CA", names: int = 1
) -> tuple[Path, Path]:
    """Write a certificate that another CA could have made, and its key; return both files.

    `issuer` is a common name, or a whole name as RFC 4514 writes one.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    common = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)])
    issuer_name = x509.Name.from_rfc4514_string(issuer) if "=" in issuer else common
    others = [x509.DNSName(name), *(x509.DNSName(f"n{n}.{name}") for n in range(1, names))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=700))
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def nmap(*hosts: str) -> bytes:
    """Return a file of `nmap -oX` with these hosts."""
    start = int(SEEN_AT.timestamp())
    return f'{HEAD}<nmaprun scanner="nmap" start="{start}">\n{"".join(hosts)}</nmaprun>\n'.encode()


def nmap_host(address: str, *, pem: str = "", port: int = 443, output: str = "", elements: str = "") -> str:
    """Return one host with one open port and the script ssl-cert."""
    held = f'<elem key="pem">{pem}</elem>' if pem else ""
    family = "ipv6" if ":" in address else "ipv4"
    return (
        f'<host endtime="{int(SEEN_AT.timestamp())}"><status state="up"/>'
        f'<address addr="{address}" addrtype="{family}"/><ports><port protocol="tcp" portid="{port}">'
        f'<state state="open"/><script id="ssl-cert" output={quoteattr(output)}>{elements}{held}</script>'
        "</port></ports></host>\n"
    )
