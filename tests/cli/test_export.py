"""certmgr export: every form, the key that goes with it, and what stands in the way."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from certmgr.cli import run
from certmgr.models.keys import KeyType
from certmgr.pki import csr, keys
from tests.cli.calling import Call
from tests.home import HomeForTest
from tests.programs_found import require_program

NAME = "portal.egov.internal"
PASSWORD = "a password of its own"


@pytest.fixture
def issued(call: Call) -> Call:
    """Return a home with one certificate."""
    assert call("issue", "--dns", NAME, "--purpose", "web", "--out", str(call.home.out)) == 0
    return call


def live(call: Call, name: str) -> bytes:
    """Return a file that was delivered."""
    return (call.home.out / NAME / "live" / name).read_bytes()


@pytest.mark.parametrize(
    ("form", "name"), [("pem", "cert.pem"), ("fullchain", "fullchain.pem"), ("chain", "chain.pem")]
)
def test_the_pem_forms_are_what_was_delivered(issued: Call, form: str, name: str) -> None:
    """The chain is the issuing CA, never the root (DETAILS 17)."""
    assert issued("export", NAME, "--form", form) == 0
    assert issued.out.encode() == live(issued, name)


def test_der_is_the_certificate(live_home: HomeForTest, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """As bytes on a pipe."""
    live_home.issue(NAME)
    assert run(["--home", str(live_home.path), "export", NAME, "--form", "der"]) == 0
    found = x509.load_der_x509_certificate(capfdbinary.readouterr().out)
    pem = (live_home.out / NAME / "live" / "cert.pem").read_bytes()
    assert found == x509.load_pem_x509_certificate(pem)


def password(folder: Path) -> str:
    """Write the password to an owner-only file; return its path."""
    place = folder / "password"
    place.touch(0o600)
    place.write_text(PASSWORD + "\n")
    return str(place)


def test_pkcs12_holds_key_certificate_and_chain(issued: Call, tmp_path: Path) -> None:
    """Owner-only, under the password; the alias is the server's name."""
    place = tmp_path / "portal.p12"
    words = ["export", NAME, "--form", "pkcs12", "--password-file", password(tmp_path), "--out", str(place)]
    assert issued(*words) == 0
    assert place.stat().st_mode & 0o777 == 0o600
    found = pkcs12.load_pkcs12(place.read_bytes(), PASSWORD.encode())
    assert found.cert is not None
    assert found.cert.friendly_name == NAME.encode()
    assert found.key is not None
    delivered = load_pem_private_key(live(issued, "privkey.pem"), None)
    assert found.key.public_key() == delivered.public_key()
    assert [one.certificate for one in found.additional_certs] == [
        x509.load_pem_x509_certificate(live(issued, "chain.pem"))
    ]
    # What cannot be looked into without its password is never replaced.
    assert issued(*words) == 4


def test_a_password_file_that_others_can_read_is_locked(issued: Call, tmp_path: Path) -> None:
    """Exit 6; off the terminal without any: exit 2, and never an argument."""
    place = Path(password(tmp_path))
    place.chmod(0o644)
    assert issued("export", NAME, "--form", "pkcs12", "--password-file", str(place)) == 6
    assert issued("export", NAME, "--form", "pkcs12") == 2
    assert "--password-file" in issued.err


@pytest.mark.parametrize("form", ["nginx", "apache"])
def test_a_servers_folder_holds_key_chain_and_what_to_include(issued: Call, tmp_path: Path, form: str) -> None:
    """Key 0600, the rest 0644; Python's ssl loads the pair."""
    folder = tmp_path / "tls"
    assert issued("export", NAME, "--form", form, "--out", str(folder)) == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {"privkey.pem": 0o600, "fullchain.pem": 0o644, f"{form}.conf": 0o644}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
    assert str(folder / "fullchain.pem") in (folder / f"{form}.conf").read_text()


def test_nginx_reads_what_is_to_be_included(issued: Call, tmp_path: Path) -> None:
    """The real program accepts configuration, certificate and key."""
    nginx = require_program("nginx")
    folder = tmp_path / "tls"
    assert issued("export", NAME, "--form", "nginx", "--out", str(folder)) == 0
    place = tmp_path / "nginx.conf"
    place.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ access_log off;\n"
        f"server {{ listen 127.0.0.1:1 ssl; include {folder}/nginx.conf; }} }}\n"
    )
    done = subprocess.run([nginx, "-t", "-c", place, "-p", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_haproxy_gets_one_file_with_key_and_chain(issued: Call, tmp_path: Path) -> None:
    """Owner-only, since it holds the key; nothing else lies in the folder that haproxy reads whole."""
    folder = tmp_path / "tls"
    assert issued("export", NAME, "--form", "haproxy", "--out", str(folder)) == 0
    (place,) = folder.iterdir()
    assert (place.name, place.stat().st_mode & 0o777) == (f"{NAME}.pem", 0o600)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(place)


def test_our_own_files_are_replaced_and_foreign_ones_are_named(issued: Call, tmp_path: Path) -> None:
    """After a renewal the same command writes the new pair; what somebody else put there stays: exit 4, all at once."""
    folder = tmp_path / "tls"
    words = ["export", NAME, "--form", "nginx", "--out", str(folder)]
    assert issued(*words) == 0
    first = (folder / "fullchain.pem").read_bytes()
    assert issued("renew", NAME, "--force", "--reason", "test") == 0
    assert issued(*words) == 0
    assert (folder / "fullchain.pem").read_bytes() != first
    assert (folder / "fullchain.pem").read_bytes() == live(issued, "fullchain.pem")
    (folder / "nginx.conf").write_text("# my own\n")
    (folder / "privkey.pem").unlink()
    (folder / "privkey.pem").symlink_to("/dev/null")
    before = {path.name: path.lstat().st_mtime_ns for path in folder.iterdir()}
    assert issued(*words) == 4
    assert issued.err.count("certmgr did not write it") == 2
    assert {path.name: path.lstat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_single_file_of_ours_is_replaced_and_no_other(issued: Call, tmp_path: Path) -> None:
    """The same rule for --out FILE."""
    place = tmp_path / "cert.pem"
    for _ in range(2):
        assert issued("export", NAME, "--out", str(place)) == 0
    assert place.stat().st_mode & 0o777 == 0o644
    place.write_text("mine")
    assert issued("export", NAME, "--out", str(place)) == 4
    assert place.read_text() == "mine"


def test_a_dry_run_writes_nothing(issued: Call, tmp_path: Path) -> None:
    """It names each file and its mode, and what would be in the way."""
    folder = tmp_path / "tls"
    assert issued("export", NAME, "--form", "nginx", "--out", str(folder), "--dry-run") == 0
    assert "privkey.pem, mode 0600" in issued.err
    assert not folder.exists()
    folder.mkdir()
    (folder / "nginx.conf").write_text("# my own\n")
    assert issued("export", NAME, "--form", "nginx", "--out", str(folder), "--dry-run") == 4
    assert issued("export", NAME, "--form", "pkcs12", "--dry-run") == 0


def test_the_key_of_an_older_certificate_is_found_in_the_archive(issued: Call, tmp_path: Path) -> None:
    """`live` leads to the successor's; the one that belongs to the certificate is taken."""
    assert issued("show", NAME, "--json") == 0
    old = issued.document["certificates"][0]["serial"]
    assert issued("renew", NAME, "--force", "--reason", "test") == 0
    folder = tmp_path / "tls"
    assert issued("export", f"serial:{old}", "--form", "nginx", "--out", str(folder)) == 0
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")


def test_a_key_that_is_not_here_is_asked_for(call: Call, tmp_path: Path) -> None:
    """R1.5: with a CSR the key never was here; --key names it, and another key is refused."""
    key = keys.make_key(KeyType.EC_P256)
    request = tmp_path / "request.csr"
    request.write_bytes(csr.make_csr(key, [NAME], [], NAME))
    assert call("issue", "--csr", str(request), "--purpose", "web", "--out", str(call.home.out)) == 0
    words = ["export", NAME, "--form", "haproxy", "--out", str(tmp_path / "tls")]
    assert call(*words) == 5
    assert "--key FILE" in call.err
    own = tmp_path / "own.key"
    own.write_bytes(keys.private_pem(keys.make_key(KeyType.EC_P256)))
    assert call(*words, "--key", str(own)) == 2
    own.write_bytes(keys.private_pem(key))
    assert call(*words, "--key", str(own)) == 0


def test_a_key_that_was_taken_away_is_told(issued: Call, tmp_path: Path) -> None:
    """Exit 5 with what to do about it."""
    shutil.rmtree(issued.home.out / NAME)
    assert issued("export", NAME, "--form", "nginx", "--out", str(tmp_path / "tls")) == 5
    assert "key-lost" in issued.err


def test_r1_7_no_server_is_set_up_with_a_revoked_certificate(issued: Call, tmp_path: Path) -> None:
    """The certificate itself can still be had; a key and a folder for a server cannot: exit 4."""
    assert issued("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, admin=True) == 0
    assert issued("export", NAME) == 0
    for form in ("nginx", "pkcs12"):
        assert issued("export", NAME, "--form", form, "--out", str(tmp_path / "tls")) == 4
    assert "revoked" in issued.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["absent.egov.internal"], 5),
        ([NAME, "--form", "nginx"], 2),
        ([NAME, "--form", "jks"], 2),
        ([NAME, "--form", "nginx", "--out", "/nowhere/a folder"], 2),
        ([NAME, "--out", "/nowhere/cert.pem"], 1),
    ],
)
def test_what_cannot_be_exported_has_its_exit_code(issued: Call, words: list[str], code: int) -> None:
    """No such certificate, no folder, no such form, a path that nginx would misread, a folder that is not there."""
    assert issued("export", *words) == code
