"""certmgr ca: list, show, export, new-issuing."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from certmgr.custody import slots
from certmgr.custody.authority_keys import grants
from certmgr.custody.secrets import Secret
from certmgr.models.operators import Role
from certmgr.trust_text import SYSTEMS, file_name, spoken
from tests.cli.calling import Call
from tests.home import CHEAP_KDF
from tests.programs_found import require_program


def test_list_names_every_ca_the_root_first(call: Call) -> None:
    """The short names are what other commands take."""
    assert call("ca", "list") == 0
    lines = call.out.splitlines()
    assert lines[0].split()[:3] == ["NAME", "ROLE", "STATUS"]
    assert lines[1].split()[1:3] == ["root", "current"]
    assert lines[2].split()[1:3] == ["issuing", "current"]


def test_show_tells_limits_holders_and_crl(call: Call) -> None:
    """The wall of the issuing CA is shown as it stands in its certificate; the machine holds no root (DETAILS 3)."""
    assert call("ca", "show", "--json") == 0
    root, issuing = call.document["authorities"]
    assert call.document["schema"] == "certmgr.authorities/1"
    assert issuing["zones"] == ["egov.internal"]
    assert issuing["networks"] == ["10.0.0.0/8", "fd00::/8"]
    assert issuing["purposes"] == ["serverAuth"]
    assert issuing["constrained"] is True
    assert issuing["signed_by"] == root["name"]
    assert root["holders"] == ["admin"]
    assert issuing["holders"] == ["admin", "machine"]
    assert issuing["crl"]["number"] > 0
    assert call("ca", "show") == 0
    assert "Zones:      egov.internal" in call.out


def test_show_prints_the_certificate_itself(call: Call) -> None:
    """--pem is the certificate, --text what it says."""
    assert call("ca", "show", "root", "--pem") == 0
    assert x509.load_pem_x509_certificate(call.out.encode()).subject.rfc4514_string().startswith("CN=Example Root CA")
    assert call("ca", "show", "issuing", "--text") == 0
    assert "Name constraints (critical):" in call.out


def test_an_unknown_ca_is_not_found_and_the_known_are_named(call: Call) -> None:
    """Exit 5 lists what there is."""
    assert call("ca", "show", "nonsense") == 5
    assert "issuing-" in call.err


def test_export_chain_is_the_issuing_ca_and_the_root(call: Call) -> None:
    """Each certificate of a chain is signed by the next one."""
    assert call("ca", "export", "chain") == 0
    issuing, root = x509.load_pem_x509_certificates(call.out.encode())
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


def test_export_tells_the_fingerprint_beside_the_data(call: Call) -> None:
    """The SHA-256 to compare by voice goes to standard error, so that a pipe gets the certificate alone."""
    assert call("ca", "show", "root", "--json") == 0
    sha256 = call.document["authorities"][0]["sha256"]
    assert call("ca", "export", "root") == 0
    assert " ".join(spoken(sha256)) in call.err
    assert call.out.startswith("-----BEGIN CERTIFICATE-----")
    assert call("ca", "export", "root", "--form", "der") == 0


def test_export_to_a_file_replaces_nothing(call: Call, tmp_path: Path) -> None:
    """What stands there is somebody else's: exit 4."""
    place = tmp_path / "root.pem"
    assert call("ca", "export", "root", "--out", str(place)) == 0
    assert place.stat().st_mode & 0o777 == 0o644
    before = place.read_bytes()
    assert call("ca", "export", "issuing", "--out", str(place)) == 4
    assert place.read_bytes() == before


def test_der_holds_one_certificate(call: Call) -> None:
    """A chain as DER is refused with the way out."""
    assert call("ca", "export", "chain", "--form", "der") == 2
    assert "PEM" in call.err


@pytest.mark.parametrize("system", SYSTEMS)
def test_export_for_a_system_prints_commands_certificate_and_fingerprint(call: Call, system: str) -> None:
    """DETAILS 35: the commands that install the root there, and the SHA-256 to compare by voice."""
    assert call("ca", "export", "root", "--for", system) == 0
    (certificate,) = x509.load_pem_x509_certificates(call.out.encode())
    sha256 = ssl_fingerprint(certificate)
    for line in spoken(sha256):
        assert line in call.out
    assert "example-root-ca-" in call.out


def ssl_fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate as another library computes it."""
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex()


@pytest.mark.parametrize("system", ["debian", "rhel", "macos", "java", "firefox"])
def test_the_commands_are_a_shell_script(call: Call, system: str, tmp_path: Path) -> None:
    """They can be piped into a shell: it at least reads them."""
    assert call("ca", "export", "root", "--for", system) == 0
    script = tmp_path / "trust.sh"
    script.write_text(call.out)
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


def test_the_debian_commands_install_the_root(call: Call, tmp_path: Path) -> None:
    """Run with the system's folder swapped for one of the test's, they leave the certificate, readable for all."""
    require_program("openssl")
    assert call("ca", "export", "root", "--for", "debian") == 0
    folder = tmp_path / "anchors"
    folder.mkdir()
    script = call.out.replace("/usr/local/share/ca-certificates", str(folder)).replace("update-ca-certificates", "true")
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True)
    (placed,) = folder.iterdir()
    assert placed.stat().st_mode & 0o777 == 0o644
    ssl.create_default_context(cafile=str(placed))
    assert "sha256 Fingerprint=" in done.stdout


@pytest.mark.parametrize("ca", ["issuing", "chain"])
def test_only_the_root_is_installed_as_trusted(call: Call, ca: str) -> None:
    """A trusted issuing CA would outlive its revocation by the root."""
    assert call("ca", "export", ca, "--for", "debian") == 2
    assert "ca export root --for debian" in call.err


def test_a_java_trust_store_is_one_for_keytool(call: Call, tmp_path: Path) -> None:
    """Java reads it as a trusted entry."""
    keytool = require_program("keytool")
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text("changeit-now\n")
    store = tmp_path / "trust.p12"
    words = ["--form", "java-truststore", "--password-file", str(password), "--out", str(store)]
    assert call("ca", "export", "root", *words) == 0
    done = subprocess.run(
        [keytool, "-list", "-keystore", store, "-storepass", "changeit-now"], capture_output=True, text=True, check=True
    )
    assert "trustedCertEntry" in done.stdout


def test_a_password_off_the_terminal_comes_from_file_or_descriptor(call: Call) -> None:
    """There is no prompt without a terminal, and no password on a command line."""
    assert call("ca", "export", "root", "--form", "java-truststore") == 2
    assert "--password-file" in call.err


def test_a_name_in_another_script_falls_back_to_the_short_name() -> None:
    """A file name and alias of other hosts is plain ASCII."""
    assert file_name("Example Root CA 2026", "root-2026") == "example-root-ca-2026"
    assert file_name("示例根 CA", "root-2026") == "certmgr-root-2026"


def test_new_issuing_retires_the_old_one_and_signs_from_then_on(call: Call) -> None:
    """DETAILS 9: the successor has its own name and key; the old one goes on signing CRLs."""
    call("issue", "--dns", "a.egov.internal", "--purpose", "web", "--owner", "ops", "--out", str(call.home.out))
    assert call("ca", "new-issuing", admin=True) == 0
    assert "is retired" in call.err
    assert call("ca", "list", "--json") == 0
    found = {one["name"]: one for one in call.document["authorities"]}
    old, new = sorted(name for name in found if name.startswith("issuing"))
    assert (found[old]["status"], found[new]["status"]) == ("retired", "current")
    assert found[old]["spki_sha256"] != found[new]["spki_sha256"]
    assert found[new]["holders"] == ["admin", "machine"]
    assert (call.home.public / f"{new}.crl").exists()
    call("issue", "--dns", "b.egov.internal", "--purpose", "web", "--owner", "ops", "--out", str(call.home.out))
    assert call("list", "--json", f"ca:{new}") == 0
    assert [one["server"] for one in call.document["certificates"]] == ["b.egov.internal"]
    # A certificate of the old one is still revoked, on the old one's CRL.
    assert call("revoke", "a.egov.internal", "--cause", "key-lost", "--confirm", "a.egov.internal", admin=True) == 0
    assert call("crl", "show", old, "--json") == 0
    assert len(call.document["crls"][0]["entries"]) == 1


def test_new_issuing_rehearsed_signs_and_records_nothing(call: Call) -> None:
    """--dry-run prints the certificate; it needs nobody's passphrase."""
    assert call("journal", "list", "--limit", "1", "--json") == 0
    before = call.document["entries"]
    files = sorted(call.home.path.rglob("*"))
    assert call("ca", "new-issuing", "--dry-run") == 0
    assert "Name constraints (critical):" in call.out
    assert sorted(call.home.path.rglob("*")) == files
    assert call("journal", "list", "--limit", "1", "--json") == 0
    assert call.document["entries"] == before


def test_new_issuing_needs_a_person(call: Call) -> None:
    """The machine does not hold the root."""
    assert call("ca", "new-issuing") == 2
    assert "person" in call.err


def test_no_key_is_sealed_to_a_swapped_slot(call: Call, tmp_path: Path) -> None:
    """Somebody who could write the home but not the journal would otherwise receive the next CA key: exit 7."""
    stranger = tmp_path / "stranger"
    (stranger / "operators").mkdir(parents=True)
    slots.create_machine_slot(stranger, tmp_path / "stranger.key")
    shutil.copy(stranger / "operators" / "machine.json", call.home.path / "operators" / "machine.json")
    before = sorted((call.home.path / "keys").iterdir())
    assert call("ca", "new-issuing", admin=True) == 7
    assert "swapped" in call.err
    assert sorted((call.home.path / "keys").iterdir()) == before


def test_an_unrecorded_slot_file_receives_no_key(call: Call) -> None:
    """Keys are sealed to the slots on record, not to what lies in the folder."""
    path = call.home.path / "operators" / "mallory.json"
    slots.create_person_slot(path, "mallory", Role.ADMINISTRATOR, Secret(b"a long enough passphrase"), CHEAP_KDF)
    assert call("ca", "new-issuing", admin=True) == 0
    for key_file in (call.home.path / "keys").iterdir():
        assert "mallory" not in grants(key_file)


def test_without_a_pending_ca_there_is_no_request(call: Call) -> None:
    """Exit 5 says how to make one."""
    assert call("ca", "request") == 5
    assert "--new" in call.err
