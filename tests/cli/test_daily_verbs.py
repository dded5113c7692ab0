"""issue, list, show, renew, revoke, hold, release, check: words, data and exit codes."""

import json
import subprocess
from pathlib import Path

import pytest

from certmgr.cli import run
from tests.cli.calling import NAME, Call
from tests.home import HomeForTest


def test_issue_prints_the_folder_as_data_and_the_words_apart(call: Call) -> None:
    """Data goes to standard output and nothing else does."""
    call.issue()
    assert call.out.strip() == str(call.home.out / NAME / "live")
    assert f"Issued {NAME}" in call.err


def test_issue_as_json_has_the_documented_shape(call: Call) -> None:
    """`--json` prints certmgr.certificates/1 (DETAILS 53)."""
    call.issue(NAME, "--json")
    document = json.loads(call.out)
    assert document["schema"] == "certmgr.certificates/1"
    (one,) = document["certificates"]
    assert one["server"] == NAME
    assert one["state"] == "valid"
    assert one["dns"] == [NAME]
    assert one["revocation"] is None


def test_a_refusal_exits_4_with_every_reason_and_the_next_step(call: Call) -> None:
    """Exit 4, all reasons, a next step."""
    code = call("issue", "--dns", "www.example.com", "--ip", "8.8.8.8", "--out", str(call.home.out))
    assert code == 4
    for word in ("name.public-suffix", "address.outside-networks", "purpose.missing", "Next:"):
        assert word in call.err
    assert call.out == ""
    assert not call.home.out.exists()


def test_an_error_as_json_has_the_documented_shape(call: Call) -> None:
    """With --json errors are certmgr.error/1 on standard error (DETAILS 52)."""
    assert call("issue", "--dns", "www.example.com", "--json") == 4
    document = json.loads(call.err)
    assert document["schema"] == "certmgr.error/1"
    assert document["exit"] == 4
    assert {"code", "severity", "field", "value", "message"} == set(document["findings"][0])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["issue"], 2),
        (["issue", "--csr", "/nowhere.csr"], 2),
        (["issue", "--from", "/nowhere.csv"], 2),
        (["show", "absent.egov.internal"], 5),
        (["list", "state:nonsense"], 2),
        (["renew"], 2),
        (["renew", "absent.egov.internal"], 5),
        (["revoke", "absent.egov.internal", "--cause", "key-lost"], 5),
        (["revoke", "x", "--cause", "boredom"], 2),
        (["frobnicate"], 2),
        (["lst"], 2),
        (["--home", "/nowhere/at/all", "list"], 5),
    ],
)
def test_bad_input_gets_the_documented_exit_code(call: Call, words: list[str], code: int) -> None:
    """Each kind of bad input has its code and one clear sentence."""
    assert call(*words) == code
    assert call.err.startswith("Error: ")


def test_a_misspelt_command_is_told_its_near_name(call: Call) -> None:
    """A near name is suggested."""
    assert call("lst") == 2
    assert "list" in call.err


def test_list_in_every_form(call: Call) -> None:
    """The form follows the options, never the terminal."""
    call.issue()
    assert call("list") == 0
    assert call.out.splitlines()[0].startswith("STATE")
    assert call("list", "--plain") == 0
    assert call.out.split("\t")[:2] == ["valid", NAME]
    assert call("list", "--csv") == 0
    assert call.out.splitlines()[0].startswith("state,server,")
    assert call("list", "--json") == 0
    assert [one["server"] for one in json.loads(call.out)["certificates"]] == [NAME]
    assert call("list", "!state:valid") == 0
    assert call.out == ""
    assert call("list", "--fail-if-any", "--expiring-within", "400", "--quiet") == 2  # --quiet stands before the verb
    assert call("list", "--fail-if-any", "--expiring-within", "400") == 3
    assert call("list", "--fail-if-any", "--expiring-within", "30") == 0


def test_show_in_every_form_and_by_every_reference(call: Call) -> None:
    """By server, serial in any form, or fingerprint."""
    call.issue()
    assert call("show", NAME, "--json") == 0
    (one,) = json.loads(call.out)["certificates"]
    serial = one["serial"]
    colons = ":".join(serial[i : i + 2] for i in range(0, len(serial), 2)).lower()
    for reference in (serial, serial.lower(), colons, f"serial:{colons}", f"sha256:{one['sha256']}", one["sha256"]):
        assert call("show", reference, "--pem") == 0, reference
        assert call.out == one["pem"]
    assert call("show", NAME, "--text") == 0
    assert "TLS" in call.out or "serverAuth" in call.out
    assert call("show", NAME) == 0
    assert "History:" in call.out


def test_renew_exit_codes_of_needed(call: Call) -> None:
    """--needed keeps the codes that scripts know: 0 needs, 1 does not, 2 no such certificate, 255 error."""
    call.issue()
    assert call("renew", "--needed", NAME) == 1
    assert call("renew", "--needed", "absent.egov.internal") == 2
    assert call("renew", "--needed") == 255


def test_renew_in_time_and_by_force(call: Call) -> None:
    """R5.1: too early is exit 4; --force needs --reason."""
    call.issue()
    assert call("renew", NAME) == 4
    assert call("renew", NAME, "--force") == 2
    assert call("renew", NAME, "--force", "--reason", "test") == 0
    assert (call.home.out / NAME / "live").resolve().name == "2"
    assert call("renew", "--due") == 0
    assert call("renew", "--due", "--json") == 0
    assert call.document == {"schema": "certmgr.certificates/1", "certificates": []}
    assert "Nothing is due" in call.err


def test_revoke_needs_the_typed_name_off_a_terminal(call: Call) -> None:
    """N7: exit 2 naming --confirm; a wrong name is exit 2; the right one publishes the CRL."""
    call.issue()
    assert call("revoke", NAME, "--cause", "key-lost", admin=True) == 2
    assert f"--confirm {NAME}" in call.err
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", "portal", admin=True) == 2
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, admin=True) == 0
    assert "published" in call.err
    assert call("revoke", NAME, "--cause", "misused", "--confirm", NAME, admin=True) == 4


def test_revoke_by_the_machine_waits_for_a_person(call: Call) -> None:
    """The machine verifies no request: exit 3, and check keeps naming it."""
    call.issue()
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", NAME) == 3
    assert call("check") == 3
    assert "awaits verification" in call.out


def test_a_server_with_two_live_certificates_is_ambiguous_for_revoke(call: Call) -> None:
    """DETAILS 51: exit 5, and the candidates are listed."""
    call.issue()
    call.issue(NAME, "--additional")
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, admin=True) == 5
    assert call.err.count("serial ") >= 2
    assert call("show", NAME) == 0


def test_hold_and_release(call: Call) -> None:
    """R6.2(9): a hold ends in release."""
    call.issue()
    assert call("hold", NAME, "--evidence", "an order", "--confirm", NAME, admin=True) == 0
    assert call("list", "state:held", "--plain") == 0
    assert call.out.startswith("held")
    assert call("release", NAME, "--confirm", NAME, admin=True) == 0
    assert call("release", NAME, "--confirm", NAME, admin=True) == 4


def test_check_is_silent_when_nothing_is_due(call: Call) -> None:
    """With nothing due the exit code is 0, and --quiet prints nothing."""
    call.issue()
    assert call("check", "--quiet") == 0
    assert (call.out, call.err) == ("", "")


def test_dry_runs_write_nothing(call: Call) -> None:
    """DETAILS 21: no unlock, no journal entry, no file."""
    call.issue()
    store = call.home.workspace.store()
    with store.read() as snapshot:
        before = snapshot.row("SELECT count(*) FROM journal")
    assert call("issue", "--dns", "new.egov.internal", "--purpose", "x", "--owner", "y", "--dry-run") == 0
    assert "new.egov.internal" in call.out
    assert call("renew", NAME, "--force", "--reason", "x", "--dry-run") == 0
    assert call("revoke", NAME, "--cause", "key-lost", "--dry-run") == 0
    assert call("hold", NAME, "--evidence", "an order", "--dry-run") == 0
    assert call("release", NAME, "--dry-run") == 4
    assert call("check", "--dry-run") == 0
    with store.read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM journal") == before


def test_a_wrong_passphrase_is_exit_6_and_names_the_slot(call: Call, tmp_path: Path) -> None:
    """DETAILS 2: exit 6, wrong passphrase for slot NAME."""
    call.issue()
    wrong = tmp_path / "wrong"
    wrong.touch(0o600)
    wrong.write_text("not the passphrase\n")
    code = run(
        [
            *("--home", str(call.home.path), "--as", "admin", "--passphrase-file", str(wrong)),
            *("revoke", NAME, "--cause", "key-lost", "--confirm", NAME),
        ]
    )
    assert code == 6
    wrong.chmod(0o644)
    code = run(
        [
            *("--home", str(call.home.path), "--as", "admin", "--passphrase-file", str(wrong)),
            *("revoke", NAME, "--cause", "key-lost", "--confirm", NAME),
        ]
    )
    assert code == 6


def test_a_csr_from_standard_input(live_home: HomeForTest) -> None:
    """`--csr -` reads standard input; the key stays with its owner."""
    made = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:3072", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=" + NAME],
        capture_output=True,
        check=True,
    )
    done = live_home.run(
        *("issue", "--csr", "-", "--purpose", "web", "--owner", "ops", "--out", str(live_home.out)), stdin=made.stdout
    )
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (live_home.out / NAME / "live").iterdir()) == [
        "cert.pem",
        "chain.pem",
        "fullchain.pem",
    ]
