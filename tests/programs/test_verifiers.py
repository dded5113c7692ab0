"""Other programs accept what the authority may issue and refuse what it may not, whoever signed it (R1.3).

The forbidden certificates come from a test hierarchy of the shape that `init` makes. These programs know no time but
the system's, so the hierarchy is made for today.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from certmgr.models.keys import KeyType
from certmgr.models.revocations import CrlEntry, Reason
from certmgr.pki import crl, export, keys
from certmgr.pki.verifiers import Chain, verify_with_certtool, verify_with_openssl
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, Leaf, make_hierarchy
from tests.programs.clients import CLIENTS, run
from tests.programs.tls_server import serve
from tests.programs_found import require_program

NAMES = ("app.egov.internal", "*.web.egov.internal", "10.1.2.3", "fd00::5")
ALLOWED = ("app.egov.internal", "shop.web.egov.internal", "10.1.2.3", "fd00::5")
FORBIDDEN = ("www.example.com", "8.8.8.8", "2001:4860:4860::8888", "notegov.internal")
KEY_TYPES = (KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, KeyType.RSA_2048)
HIERARCHIES = {
    "both families": (ROOT_SPEC, ISSUING_SPEC),
    "IPv4 alone": (ROOT_SPEC, replace(ISSUING_SPEC, networks=(ip_network("10.0.0.0/8"),))),
    "all of RSA": (
        replace(ROOT_SPEC, key_type=KeyType.RSA_2048),
        replace(ISSUING_SPEC, key_type=KeyType.RSA_2048),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Running servers: one for each kind of key, one for each forbidden name."""

    hierarchy: Hierarchy
    root: Path
    allowed: dict[KeyType, int]
    forbidden: dict[str, int]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Start the servers on loopback."""
    hierarchy = make_hierarchy(now=datetime.now(UTC).replace(microsecond=0))
    folder = tmp_path_factory.mktemp("servers")
    root = folder / "root.pem"
    root.write_bytes(export.pem(hierarchy.root))
    with ExitStack() as stack:

        def start(leaf: Leaf) -> int:
            return stack.enter_context(serve(leaf, hierarchy, tmp_path_factory.mktemp("server")))

        yield Servers(
            hierarchy=hierarchy,
            root=root,
            allowed={key_type: start(hierarchy.issue(*NAMES, key_type=key_type)) for key_type in KEY_TYPES},
            forbidden={name: start(hierarchy.issue(name)) for name in FORBIDDEN},
        )


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_a_client_accepts_a_server_of_each_kind_of_key(servers: Servers, client: str, key_type: KeyType) -> None:
    """A TLS handshake under the first name, with nothing trusted but our root."""
    assert CLIENTS[client](servers.allowed[key_type], ALLOWED[0], servers.root) is None


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ALLOWED)
def test_a_client_accepts_each_kind_of_name(servers: Servers, client: str, name: str) -> None:
    """A DNS name, a wildcard, an address of either family."""
    assert CLIENTS[client](servers.allowed[KeyType.EC_P256], name, servers.root) is None


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_client_refuses_a_name_outside_the_constraints(servers: Servers, client: str, name: str) -> None:
    """Public DNS, public IPv4, public IPv6, a look-alike of the zone: all signed by our own key."""
    reason = CLIENTS[client](servers.forbidden[name], name, servers.root)
    assert reason is not None
    assert "permitted subtree violation" in reason or "violates the signer's constraints" in reason


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_refuses_another_internal_name(servers: Servers, client: str) -> None:
    """The certificate is for its own names."""
    assert CLIENTS[client](servers.allowed[KeyType.EC_P256], "other.egov.internal", servers.root) is not None


def test_java_accepts_and_refuses_the_same(servers: Servers, tmp_path: Path) -> None:
    """With the exported trust store; Java ignores the constraints of a root, so the issuing CA's are what it meets."""
    java = require_program("java")
    require_program("javac")  # a JRE alone cannot run a source file
    store, plan = tmp_path / "trust.p12", tmp_path / "plan"
    store.write_bytes(export.java_truststore({"example-root": servers.hierarchy.root}, b"changeit"))
    allowed = [(port, ALLOWED[0]) for port in servers.allowed.values()]
    allowed += [(servers.allowed[KeyType.EC_P256], name) for name in ALLOWED[1:]]
    forbidden = [(port, name) for name, port in servers.forbidden.items()]
    forbidden.append((servers.allowed[KeyType.EC_P256], "other.egov.internal"))
    plan.write_text("".join(f"{port} {name}\n" for port, name in (*allowed, *forbidden)))
    done = run(java, Path(__file__).with_name("TryHandshakes.java"), store, "changeit", plan)
    lines = done.stdout.decode().splitlines()
    assert lines[: len(allowed)] == [f"{name} accepted" for _, name in allowed], done.stderr.decode()
    assert len(lines) == len(allowed) + len(forbidden)
    for line, (_, name) in zip(lines[len(allowed) :], forbidden, strict=True):
        assert line.startswith(f"{name} refused: "), line
        assert "name constraints check failed" in line or name == "other.egov.internal"


@pytest.mark.parametrize("shape", HIERARCHIES)
@pytest.mark.parametrize("program", ["openssl", "certtool"])
def test_a_chain_on_disk_is_judged_by_its_names(shape: str, program: str) -> None:
    """`openssl verify` and `certtool --verify`, for each shape of a hierarchy."""
    require_program(program)
    verify = {"openssl": verify_with_openssl, "certtool": verify_with_certtool}[program]
    hierarchy = make_hierarchy(*HIERARCHIES[shape], now=datetime.now(UTC).replace(microsecond=0))

    def ask(leaf: Leaf, name: str) -> str | None:
        chain = Chain(leaf=leaf.certificate, issuing=hierarchy.issuing, root=hierarchy.root)
        return verify(chain, name, hierarchy.now)

    allowed = [name for name in ALLOWED if ":" not in name]
    assert [ask(hierarchy.issue(*NAMES[:3]), name) for name in allowed] == [None] * len(allowed)
    for name in FORBIDDEN:
        assert ask(hierarchy.issue(name), name) is not None, name
    assert ask(hierarchy.issue(common_name="www.example.com"), "www.example.com") is not None


def test_keytool_reads_the_files_that_are_exported(tmp_path: Path) -> None:
    """A key store with key, certificate and chain, and a trust store."""
    keytool = require_program("keytool")
    hierarchy = make_hierarchy()
    leaf = hierarchy.issue("app.egov.internal")
    store, trust = tmp_path / "app.p12", tmp_path / "trust.p12"
    store.write_bytes(
        export.pkcs12(keys.private_pem(leaf.key), leaf.certificate, (hierarchy.issuing,), b"changeit", "app")
    )
    trust.write_bytes(export.java_truststore({"example-root": hierarchy.root}, b"changeit"))
    listing = run(keytool, "-list", "-v", "-keystore", store, "-storepass", "changeit").stdout.decode()
    assert "Entry type: PrivateKeyEntry" in listing
    assert "Certificate chain length: 2" in listing
    assert "DNSName: app.egov.internal" in listing
    listing = run(keytool, "-list", "-keystore", trust, "-storepass", "changeit").stdout.decode()
    assert "example-root" in listing
    assert "trustedCertEntry" in listing


def test_openssl_reads_the_pkcs12_file(tmp_path: Path) -> None:
    """Without the legacy provider: nothing older than AES-256 is in it."""
    openssl = require_program("openssl")
    hierarchy = make_hierarchy()
    leaf = hierarchy.issue("app.egov.internal")
    store = tmp_path / "app.p12"
    store.write_bytes(
        export.pkcs12(keys.private_pem(leaf.key), leaf.certificate, (hierarchy.issuing,), b"secret", "app")
    )
    done = run(openssl, "pkcs12", "-in", store, "-passin", "pass:secret", "-nodes")
    assert done.returncode == 0, done.stderr.decode()
    assert keys.private_pem(leaf.key) in done.stdout
    assert done.stdout.count(b"BEGIN CERTIFICATE") == 2


@pytest.fixture
def revoked(tmp_path: Path) -> tuple[Hierarchy, Leaf, Leaf, Path]:
    """Return a hierarchy, a revoked leaf, a good one, and the folder with root.pem, ca.pem and crls.pem."""
    hierarchy = make_hierarchy(now=datetime.now(UTC).replace(microsecond=0))
    bad, good = hierarchy.issue("bad.egov.internal"), hierarchy.issue("good.egov.internal")
    begin = hierarchy.now - timedelta(minutes=5)
    entry = CrlEntry(
        serial=bad.spec.serial,
        revoked_at=begin,
        reason=Reason.KEY_COMPROMISE,
        invalidity_date=begin - timedelta(days=3),
    )
    signed = hierarchy.sign(
        crl.make_crl_tbs(hierarchy.issuer, 7, begin, begin + timedelta(hours=72), [crl.entry_der(entry)])
    )
    (tmp_path / "issuing.crl").write_bytes(signed)
    (tmp_path / "crls.pem").write_bytes(export.pem(signed, "X509 CRL"))
    (tmp_path / "root.pem").write_bytes(export.pem(hierarchy.root))
    (tmp_path / "ca.pem").write_bytes(export.chain_pem((hierarchy.issuing, hierarchy.root)))
    for name, leaf in (("bad", bad), ("good", good)):
        (tmp_path / f"{name}.pem").write_bytes(export.pem(leaf.certificate))
    return hierarchy, bad, good, tmp_path


def test_openssl_refuses_a_revoked_certificate_by_its_crl(revoked: tuple[Hierarchy, Leaf, Leaf, Path]) -> None:
    """R1.7: the good one stays good."""
    openssl, folder = require_program("openssl"), revoked[3]
    arguments = ("-CAfile", folder / "ca.pem", "-CRLfile", folder / "crls.pem", "-crl_check", "-x509_strict")
    assert run(openssl, "verify", *arguments, folder / "good.pem").returncode == 0
    done = run(openssl, "verify", *arguments, folder / "bad.pem")
    assert b"certificate revoked" in done.stderr


def test_certtool_refuses_a_revoked_certificate_by_its_crl(revoked: tuple[Hierarchy, Leaf, Leaf, Path]) -> None:
    """The same in GnuTLS."""
    certtool, folder = require_program("certtool"), revoked[3]
    arguments = ("--verify", "--load-ca-certificate", folder / "ca.pem", "--load-crl", folder / "crls.pem")
    assert run(certtool, *arguments, "--infile", folder / "good.pem").returncode == 0
    done = run(certtool, *arguments, "--infile", folder / "bad.pem")
    assert b"revoked" in done.stdout


def test_openssl_and_keytool_read_every_field_of_a_crl(revoked: tuple[Hierarchy, Leaf, Leaf, Path]) -> None:
    """Number, serial, reason, invalidity date, and the signature."""
    _, bad, _, folder = revoked
    openssl = require_program("openssl")
    done = run(openssl, "crl", "-inform", "DER", "-in", folder / "issuing.crl", "-text", "-CAfile", folder / "ca.pem")
    text = done.stdout.decode()
    assert "verify OK" in done.stderr.decode()
    for words in ("X509v3 CRL Number: \n                7\n", bad.spec.serial, "Key Compromise", "Invalidity Date"):
        assert words in text
    listing = run(require_program("keytool"), "-printcrl", "-file", folder / "issuing.crl").stdout.decode()
    for words in ("Reason Code: KEY_COMPROMISE", "CRL Number:     07", "2.5.29.24", "Revoked Certificates: 1"):
        assert words in listing
