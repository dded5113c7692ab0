"""certmgr revocation: evidence, decisions, what is shown of one request, proofs, incidents."""

from pathlib import Path

import pytest

from certmgr.cli.revocation_text import TIMES
from certmgr.models.keys import KeyType
from certmgr.pki import algorithms, keys
from tests.cli.calling import NAME, Call

EVIDENCE = ("--evidence", "found in a public repository")


@pytest.fixture
def issued(call: Call) -> Call:
    """Return a home with one certificate."""
    call.issue()
    return call


def request(call: Call, cause: str = "key-lost", *words: str) -> int:
    """Record a request as the machine; return its number."""
    assert call("revocation", "request", NAME, "--cause", cause, "--confirm", NAME, *words, "--json") == 0
    number: int = call.document["revocations"][0]["id"]
    return number


@pytest.mark.parametrize("verb", [("revocation", "request"), ("revoke",)])
def test_r6_2_evidence_that_is_missing_is_refused(issued: Call, verb: tuple[str, ...]) -> None:
    """Exit 4 with the reason and the next step, rehearsed or not; exit 2 for an unknown cause."""
    for words in (("--dry-run",), ("--confirm", NAME)):
        assert issued(*verb, NAME, "--cause", "false-application", *words, admin=True) == 4
        assert "what in the application is untrue" in issued.err
        assert "[revocation.evidence]" in issued.err or "needs evidence" in issued.err
        assert "Add --evidence TEXT" in issued.err
    assert issued(*verb, NAME, "--cause", "boredom", "--confirm", NAME, admin=True) == 2
    assert issued("revocation", "list", "--all", "--json") == 0
    assert issued.document["revocations"] == []
    assert issued(*verb, NAME, "--cause", "key-compromise", "--compromised-since", "2026-11-20", "--dry-run") == 0


def test_r6_1_a_request_is_acknowledged_rejected_and_withdrawn(issued: Call) -> None:
    """Each once, by whom it is due; a second decision exits 4."""
    one = str(request(issued))
    for words in (("acknowledge", one), ("reject", one, "--reason", "x"), ("withdraw", one)):
        assert issued("revocation", *words, "--dry-run") == 0
        assert "nothing was done" in issued.err
    assert issued("--as", "machine", "revocation", "acknowledge", one) == 4
    assert issued("revocation", "acknowledge", one, admin=True) == 0
    assert issued("revocation", "reject", one, admin=True) == 2
    assert issued("revocation", "reject", one, "--reason", "unknown to the owner", admin=True) == 0
    for words in (("reject", one, "--reason", "x"), ("verify", one), ("withdraw", one), ("acknowledge", one)):
        assert issued("revocation", *words, admin=True) == 4
        assert "rejected already" in issued.err
    two = str(request(issued))
    assert issued("revocation", "withdraw", two, "--reason", "found again") == 0
    assert issued("revocation", "list", "--all", "--json") == 0
    told = [(found["id"], found["closed_how"], found["closed_by"]) for found in issued.document["revocations"]]
    assert told == [(int(two), "withdrawn", "machine"), (int(one), "rejected", "admin")]
    assert issued("revocation", "list", "--all") == 0
    assert "rejected" in issued.out


def test_r6_1_every_time_of_a_request_is_shown(issued: Call) -> None:
    """The six times and the seventh, the evidence, the promises; as text and as JSON."""
    one = str(request(issued, "misused", *EVIDENCE))
    assert issued("revocation", "verify", one, "--how", "called back", admin=True) == 0
    assert issued("revocation", "show", one) == 0
    lines = issued.out.splitlines()
    for name, _ in TIMES:
        (line,) = [line for line in lines if line.strip().startswith(name)]
        assert not line.endswith("-")
    assert "Evidence      found in a public repository" in lines
    assert "Verified by   admin (called back)" in lines
    assert issued("revocation", "show", one, "--json") == 0
    found = issued.document
    assert found["revocation"]["verified_how"] == "called back"
    assert {each["kind"]: each["status"] for each in found["commitments"]} == {
        "acknowledge-revocation": "met",
        "verify-revocation": "met",
        "publish-revocation": "met",
    }
    assert issued("revocation", "show", "99") == 5


def test_r1_6_a_proof_verifies_at_once(issued: Call, tmp_path: Path) -> None:
    """The challenge on standard output, signed; a wrong proof exits 4."""
    assert issued("revocation", "challenge", NAME) == 0
    text = issued.out
    assert issued("revocation", "challenge", NAME, "--json") == 0
    assert issued.document["challenge"] == text
    (path,) = issued.home.out.glob(f"{NAME}/live/privkey.pem")
    private = keys.load_private(path.read_bytes())
    proof = tmp_path / "proof.sig"
    proof.write_bytes(algorithms.sign_with(private, KeyType.EC_P256, text.upper().encode()))
    words = ("revocation", "request", NAME, "--cause", "key-compromise", "--confirm", NAME)
    assert issued(*words, "--proof", str(proof)) == 4
    assert "not a signature by the key" in issued.err
    proof.write_bytes(algorithms.sign_with(private, KeyType.EC_P256, text.encode()))
    assert issued(*words, "--proof", str(proof), "--dry-run") == 0
    assert issued(*words, "--proof", str(tmp_path / "absent")) == 2
    assert issued(*words, "--proof", str(proof), "--private-key", str(path)) == 2
    assert issued(*words[:-4], "--cause", "key-lost", "--confirm", NAME, "--proof", str(proof)) == 2
    assert issued(*words, "--proof", str(proof), "--json") == 0
    (one,) = issued.document["revocations"]
    assert (one["state"], one["verified_how"], one["verified_by"]) == ("done", "possession", "machine")
    assert issued("revocation", "report-incident", str(one["id"]), "--to", "security", "--dry-run") == 0
    assert issued("revocation", "report-incident", str(one["id"]), "--to", "security office", admin=True) == 0
    assert issued("revocation", "report-incident", str(one["id"]), "--to", "security office", admin=True) == 4
    assert issued("revocation", "show", str(one["id"])) == 0
    assert "reported to security office" in issued.out


def test_r1_6_the_private_key_on_standard_input(issued: Call) -> None:
    """It proves the report and leaves no trace; what is no key exits 2."""
    (path,) = issued.home.out.glob(f"{NAME}/live/privkey.pem")
    words = ("revocation", "request", NAME, "--cause", "key-compromise", "--confirm", NAME, "--private-key", "-")
    assert issued.home.run(*words, stdin=b"nothing").returncode == 2
    done = issued.home.run(*words, stdin=path.read_bytes())
    assert done.returncode == 0, done.stderr
    assert f"Revoked {NAME}" in done.stderr
    assert "PRIVATE" not in done.stdout + done.stderr


def test_r1_6_the_line_is_named(issued: Call) -> None:
    """What --also-line would take along; it goes with no other cause."""
    assert issued("renew", NAME, "--force", "--reason", "test") == 0
    assert issued("list", "--plain") == 0
    serials = [line.split("\t")[5] for line in issued.out.splitlines()]
    words = ("revoke", f"serial:{serials[-1]}", "--cause", "key-compromise", *EVIDENCE)
    assert issued(*words, "--dry-run") == 0
    assert issued.out.count("\n") == 1
    assert f"in the same line, with another key: {NAME}" in issued.err
    assert issued(*words, "--also-line", "--dry-run") == 0
    assert issued.out.count("\n") == 2
    assert issued("revoke", f"serial:{serials[-1]}", "--cause", "key-lost", "--also-line", "--dry-run") == 2
    assert issued(*words, "--also-line", "--confirm", NAME, admin=True) == 0
    assert "decided with it: revoked" in issued.err
