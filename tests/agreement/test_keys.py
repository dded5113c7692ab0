"""Private keys: who has them, and what becomes of one that leaked (R1.5, R1.6, R4.2, N10)."""

import re
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certmgr.cli.completion_tree import tree
from certmgr.models.keys import KeyType
from certmgr.pki import csr, keys
from certmgr.queries import certificates as queries
from tests.agreement.reading import certificate, reasons
from tests.cli.calling import Call

NAME = "portal.egov.internal"


def test_r4_2_a_key_that_was_made_elsewhere_never_comes_here(call: Call) -> None:
    """R4.2, R1.5: with a CSR nothing under the home and nothing delivered holds a private key."""
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], None)
    issued = call.home.issue(NAME, csr=request)
    assert issued.folder is not None
    assert sorted(path.name for path in issued.folder.iterdir()) == ["cert.pem", "chain.pem", "fullchain.pem"]


def test_r4_2_no_option_takes_a_secret_on_the_command_line() -> None:
    """R4.2, R1.5: whoever may list processes sees command lines; secrets come from a file, a descriptor, a terminal."""
    found = [name for node in tree() for option in node.options for name in option.names if "pass" in name]
    assert found
    assert [name for name in found if not re.search(r"-(?:file|fd)$", name) and name != "change-passphrase"] == []


def test_r1_5_a_key_made_here_is_one_owner_only_file_and_not_in_the_store(call: Call) -> None:
    """R1.5: neither its PEM nor its octets are in the database; a process that does not hold it open looks."""
    issued = call.home.issue(NAME)
    assert issued.folder is not None
    file = issued.folder / "privkey.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    key = keys.load_private(file.read_bytes())
    octets = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    program = (
        "import pathlib, sys; sought = bytes.fromhex(sys.argv[2]);"
        " print(any(sought in path.read_bytes() for path in pathlib.Path(sys.argv[1]).rglob('*') if path.is_file()))"
    )
    for sought in (octets, octets[-100:], file.read_bytes().splitlines()[1]):
        done = subprocess.run(
            [sys.executable, "-c", program, call.home.path, sought.hex()],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.strip() == "False"


def test_r1_6_a_leaked_key_ends_all_its_certificates_and_gets_no_new_one(call: Call, tmp_path: Path) -> None:
    """R1.6: one request for the set, both serials on the CRL, the next request with that key refused."""
    key = keys.make_key(KeyType.EC_P256)
    request = csr.make_csr(key, [NAME], [], None)
    serials = [
        certificate(call.home.issue(NAME, csr=request, additional=bool(number)).folder).serial_number
        for number in range(2)
    ]
    words = ("--cause", "key-compromise", "--evidence", "found in a public repository", "--confirm", NAME)
    assert call("revoke", f"serial:{serials[0]:X}", *words, admin=True) == 0
    assert reasons(call.home) == dict.fromkeys(serials, "key_compromise")
    (tmp_path / "again.csr").write_bytes(csr.make_csr(key, ["other.egov.internal"], [], None))
    again = ("--csr", str(tmp_path / "again.csr"), "--purpose", "x", "--owner", "y", "--out", str(call.home.out))
    assert call("issue", *again) == 4
    assert "key.blocked" in call.err


def test_n10_a_compromised_key_opens_an_incident_that_is_reported_within_24_hours(call: Call) -> None:
    """N10: the promise is open from the verification on, and met by saying to whom it was reported."""
    issued = call.home.issue(NAME)
    words = ("--cause", "key-compromise", "--evidence", "found in a public repository", "--confirm", NAME)
    assert call("revoke", NAME, *words, admin=True) == 0
    (revocation,) = queries.detail(call.home.workspace, issued.id).revocations
    assert call("revocation", "show", str(revocation.id)) == 0
    assert "report-incident" in call.out
    assert call("revocation", "report-incident", str(revocation.id), "--to", "network authority", admin=True) == 0
    with call.home.workspace.store().read() as snapshot:
        row = snapshot.row(
            "SELECT due_at, opened_at, met_at FROM commitment WHERE kind = 'report-incident' AND object = ?",
            (f"revocation:{revocation.id}",),
        )
    assert row is not None
    due, opened, met = row
    assert met is not None
    assert (due[8:10], due[11:]) != (opened[8:10], opened[11:])
    assert due[11:] == opened[11:]
