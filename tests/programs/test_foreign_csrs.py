"""Requests of other programs are read, and ours are read by them (R1.5)."""

from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certmgr.models.keys import KeyType
from certmgr.pki.csr import make_csr, read_csr
from certmgr.pki.keys import public_spki
from tests.pki.hierarchy import shared_key
from tests.programs.clients import run
from tests.programs_found import require_program

NAME = "app.egov.internal"
NAMES = f"DNS:{NAME},DNS:b.egov.internal,IP:10.1.2.3,IP:fd00::5"
OPENSSL_KEYS = {
    KeyType.EC_P256: ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    KeyType.EC_P384: ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
    KeyType.RSA_2048: ("-newkey", "rsa:2048"),
    KeyType.ED25519: ("-newkey", "ed25519"),
}


@pytest.mark.parametrize("key_type", OPENSSL_KEYS)
def test_a_request_by_openssl_is_read(key_type: KeyType, tmp_path: Path) -> None:
    """Names, key, and proof of possession; what else it asks for is told."""
    openssl, key, request = require_program("openssl"), tmp_path / "key.pem", tmp_path / "app.csr"
    arguments = ("-nodes", "-keyout", key, "-out", request, "-subj", f"/C=CN/O=Unit/CN={NAME}")
    wishes = ("-addext", f"subjectAltName={NAMES}", "-addext", "extendedKeyUsage=serverAuth,clientAuth")
    done = run(openssl, "req", "-new", *OPENSSL_KEYS[key_type], *arguments, *wishes)
    assert done.returncode == 0, done.stderr.decode()
    facts = read_csr(request.read_bytes())
    assert facts.dns == (NAME, "b.egov.internal")
    assert facts.ip == (ip_address("10.1.2.3"), ip_address("fd00::5"))
    assert facts.common_name == NAME
    assert facts.key.key_type is key_type
    assert facts.spki == public_spki(load_pem_private_key(key.read_bytes(), None))  # type: ignore[arg-type]  # one of ours
    assert facts.not_granted == ("subject C", "subject O", "extendedKeyUsage clientAuth")


@pytest.mark.parametrize("form", [("-text",), ("-outform", "DER")])
def test_a_request_by_openssl_in_another_form_is_read(form: tuple[str, ...], tmp_path: Path) -> None:
    """With its text before the block, and as DER."""
    request = tmp_path / "app.csr"
    arguments = ("-nodes", "-keyout", tmp_path / "key.pem", "-out", request, "-subj", f"/CN={NAME}")
    run(require_program("openssl"), "req", "-new", *OPENSSL_KEYS[KeyType.EC_P256], *arguments, *form)
    facts = read_csr(request.read_bytes())
    assert (facts.common_name, facts.dns) == (NAME, ())


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "ed25519"])
def test_a_request_by_certtool_is_read(kind: str, tmp_path: Path) -> None:
    """GnuTLS writes text before the block."""
    certtool, template = require_program("certtool"), tmp_path / "template"
    template.write_text(
        f'cn = "{NAME}"\ndns_name = "{NAME}"\ndns_name = "b.egov.internal"\nip_address = "10.1.2.3"\n'
        "tls_www_server\nsigning_key\nchallenge_password = hunter2\n"
    )
    key, request = tmp_path / "key.pem", tmp_path / "app.csr"
    run(certtool, "--generate-privkey", "--key-type", kind, "--bits", "2048", "--outfile", key)
    arguments = ("--generate-request", "--load-privkey", key, "--template", template, "--outfile", request)
    done = run(certtool, *arguments)
    assert done.returncode == 0, done.stderr.decode()
    facts = read_csr(request.read_bytes())
    assert facts.dns == (NAME, "b.egov.internal")
    assert facts.ip == (ip_address("10.1.2.3"),)
    assert "attribute challengePassword" in facts.not_granted
    assert "hunter2" not in repr(facts.not_granted)


@pytest.mark.parametrize("kind", ["EC", "RSA", "Ed25519"])
def test_a_request_by_keytool_is_read(kind: str, tmp_path: Path) -> None:
    """Java writes the older label, and asks for its own key identifier."""
    keytool, store = require_program("keytool"), tmp_path / "store.p12"
    common = ("-keystore", store, "-storepass", "changeit", "-alias", "app")
    run(keytool, "-genkeypair", "-keyalg", kind, "-dname", f"CN={NAME}, OU=IT, O=Unit", *common)
    done = run(keytool, "-certreq", "-ext", f"san=dns:{NAME},ip:10.1.2.3", *common)
    assert done.stdout.startswith(b"-----BEGIN NEW CERTIFICATE REQUEST-----"), done.stdout.decode()
    facts = read_csr(done.stdout)
    assert (facts.dns, facts.ip) == ((NAME,), (ip_address("10.1.2.3"),))
    assert facts.not_granted == ("subject O", "subject OU", "subjectKeyIdentifier")


@pytest.mark.parametrize("key_type", [KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, KeyType.RSA_2048])
def test_our_request_is_read_by_other_programs(key_type: KeyType, tmp_path: Path) -> None:
    """OpenSSL verifies its signature; certtool and keytool show its names."""
    request = tmp_path / "app.csr"
    addresses = (ip_address("10.1.2.3"), ip_address("fd00::5"))
    request.write_bytes(make_csr(shared_key(key_type), (NAME, "b.egov.internal"), addresses, NAME))
    done = run(require_program("openssl"), "req", "-in", request, "-verify", "-noout", "-text")
    assert b"verify OK" in done.stderr + done.stdout
    assert f"DNS:{NAME}, DNS:b.egov.internal, IP Address:10.1.2.3, IP Address:FD00" in done.stdout.decode()
    shown = run(require_program("certtool"), "--crq-info", "--infile", request).stdout.decode()
    assert "Self signature: verified" in shown
    assert "DNSname: b.egov.internal" in shown
    listing = run(require_program("keytool"), "-printcertreq", "-file", request).stdout.decode()
    assert "DNSName: b.egov.internal" in listing
