"""certmgr application, accept, object, and the gate of issue: exit codes, words and data."""

import json
from pathlib import Path

import pytest

from tests.cli.calling import NAME, Call
from tests.reviewing import with_reviewers

FACTS = ("--purpose", "Staff portal", "--owner", "Web team")


@pytest.fixture
def reviewed(call: Call) -> Call:
    """Return a call on a home with the profiles reviewed and guarded, and alice, bob and carl."""
    call.home = with_reviewers(call.home)
    return call


def act(call: Call, name: str, *words: str) -> int:
    """Run a command as a person; all of these tests share one passphrase."""
    return call("--as", name, "--passphrase-file", str(call.home.passphrase_file), *words)


def submit(call: Call, profile: str = "reviewed", *words: str) -> int:
    """Submit carl's application for NAME; return its number."""
    out = ("--out", str(call.home.out))
    code = act(
        call, "carl", "application", "submit", "--dns", NAME, "--profile", profile, *FACTS, *out, *words, "--json"
    )
    assert code == 0
    number: int = call.document["applications"][0]["id"]
    return number


def approve(call: Call, name: str, number: int, *words: str) -> int:
    """Approve an application as a person."""
    facts = ("--reason", "Ticket 4711", "--confirm", NAME)
    return act(call, name, "application", "approve", str(number), *facts, *words)


def test_r2_1_an_application_goes_from_submission_to_certificate(reviewed: Call) -> None:
    """R2.1: submitted (0), approved by a person, issued at once; the folder alone is data."""
    number = submit(reviewed)
    assert f"application approve {number}" in reviewed.err
    assert reviewed("application", "list") == 0
    assert "0 of 1" in reviewed.out
    assert approve(reviewed, "alice", number) == 0
    assert Path(reviewed.out.strip()) == reviewed.home.out / NAME / "live"
    assert reviewed("application", "list") == 0
    assert reviewed.out == ""
    assert reviewed("application", "list", "--all", "--json") == 0
    (found,) = reviewed.document["applications"]
    assert (found["state"], found["decisions"][0]["by"]) == ("issued", "alice")
    assert reviewed("show", NAME) == 0
    assert f"by alice, application {number} of carl" in reviewed.out


def test_r3_2_show_tells_what_was_verified_how_when_and_by_whom(reviewed: Call) -> None:
    """R3.2: zone membership by itself, a person's word as stated."""
    number = submit(reviewed, "reviewed", "--evidence", "word=Li Wei, by telephone", "--contact", "web@egov.internal")
    assert reviewed("application", "show", str(number)) == 0
    assert f"zone: {NAME} lies in the zone egov.internal (carl" in reviewed.out
    assert "word: Li Wei, by telephone (carl" in reviewed.out
    assert "web@egov.internal" in reviewed.out


def test_everything_that_is_no_evidence_is_named_at_once(reviewed: Call) -> None:
    """STYLE: all reasons, and what is right between them is none."""
    given = ("--evidence", "oath=x", "--evidence", "word=Li Wei", "--evidence", "word")
    assert reviewed("application", "submit", "--dns", NAME, *FACTS, *given, "--json") == 2
    found = json.loads(reviewed.err)["findings"]
    assert [item["message"] for item in found] == ["'oath=x' is no evidence.", "'word' is no evidence."]


@pytest.mark.parametrize("text", ["rumour=heard", "word", "word=", "zone=mine"])
def test_evidence_of_an_unknown_form_is_a_usage_error(reviewed: Call, text: str) -> None:
    """What the program finds by itself cannot be stated either."""
    words = ("application", "submit", "--dns", NAME, *FACTS, "--evidence", text)
    assert act(reviewed, "carl", *words) == 2
    assert "word, dns, document" in reviewed.err
    assert reviewed("application", "list", "--all") == 0
    assert reviewed.out == ""


def test_r2_1_issue_under_a_reviewed_profile_exits_3_with_the_applications_id(reviewed: Call) -> None:
    """DETAILS 22: words on standard error, the application as JSON; `application submit` exits 0."""
    words = ("issue", "--dns", NAME, "--profile", "reviewed", *FACTS, "--out", str(reviewed.home.out))
    assert reviewed(*words, "--dry-run") == 0
    assert "one reviewer" in reviewed.err
    assert reviewed(*words) == 3
    assert reviewed.out == ""
    assert "application 1 " in reviewed.err
    assert "application approve 1" in reviewed.err
    assert reviewed(*words, "--json") == 3
    assert [one["id"] for one in reviewed.document["applications"]] == [1]
    assert not reviewed.home.out.exists()


def test_an_approved_application_is_issued_with_issue(reviewed: Call) -> None:
    """`--no-issue`, then `issue --application`; with other facts beside it the command is refused as misused."""
    number = submit(reviewed)
    assert approve(reviewed, "alice", number, "--no-issue") == 0
    assert f"issue --application {number}" in reviewed.err
    assert reviewed("issue", "--application", str(number), "--dns", NAME) == 2
    assert reviewed("issue", "--application", str(number), "--dry-run") == 0
    assert reviewed("issue", "--application", str(number), "--json") == 0
    assert reviewed.document["certificates"][0]["application"] == number
    assert reviewed("issue", "--application", str(number)) == 4
    assert reviewed("issue", "--application", "99") == 5


def test_r2_1_every_refused_decision_exits_4_and_changes_nothing(reviewed: Call) -> None:
    """One's own, a second one, of a role that decides nothing."""
    out = ("--out", str(reviewed.home.out))
    words = ("application", "submit", "--dns", NAME, "--profile", "guarded", *FACTS, *out)
    assert act(reviewed, "alice", *words) == 0
    assert approve(reviewed, "alice", 1) == 4
    assert "somebody else" in reviewed.err
    assert approve(reviewed, "carl", 1) == 4
    assert approve(reviewed, "bob", 1) == 0
    assert "1 reviewer" in reviewed.err
    assert approve(reviewed, "bob", 1) == 4
    assert "decided on the application 1 already" in reviewed.err
    assert act(reviewed, "admin", "application", "reject", "1", "--reason", "No", "--confirm", NAME) == 0
    assert approve(reviewed, "admin", 1) == 4
    assert "rejected already" in reviewed.err
    assert reviewed("list") == 0
    assert NAME not in reviewed.out


def test_n7_a_decision_off_the_terminal_needs_a_person_a_reason_and_the_typed_name(reviewed: Call) -> None:
    """N7: each lack is exit 2 and names what to add."""
    number = str(submit(reviewed))
    assert reviewed("application", "approve", number, "--reason", "x", "--confirm", NAME) == 2
    assert "--as NAME" in reviewed.err
    assert act(reviewed, "alice", "application", "approve", number, "--reason", "x") == 2
    assert f"--confirm {NAME}" in reviewed.err
    assert act(reviewed, "alice", "application", "approve", number, "--reason", "x", "--confirm", "portal") == 2
    assert act(reviewed, "alice", "application", "approve", number, "--confirm", NAME) == 2
    assert "--reason TEXT" in reviewed.err


def test_withdraw_is_the_applicants(reviewed: Call) -> None:
    """Another's is exit 4."""
    number = str(submit(reviewed))
    assert act(reviewed, "alice", "application", "withdraw", number) == 4
    assert act(reviewed, "carl", "application", "withdraw", number, "--dry-run") == 0
    assert act(reviewed, "carl", "application", "withdraw", number, "--json") == 0
    assert reviewed.document["applications"][0]["state"] == "withdrawn"


def test_dry_runs_record_nothing(reviewed: Call) -> None:
    """Each says what would be done, without a passphrase."""
    words = ("application", "submit", "--dns", NAME, "--profile", "guarded", *FACTS)
    assert reviewed(*words, "--dry-run") == 0
    assert "need: 2" in reviewed.err
    assert reviewed("application", "submit", "--dns", "www.example.com", "--dry-run") == 4
    number = str(submit(reviewed))
    assert reviewed("application", "approve", number, "--dry-run") == 0
    assert reviewed("application", "reject", number, "--dry-run") == 0
    assert reviewed("application", "show", number, "--json") == 0
    (found,) = reviewed.document["applications"]
    assert (found["state"], found["decisions"]) == ("submitted", [])
    assert [entry["action"] for entry in found["history"]] == ["application.submitted"]


def test_a_forged_decision_shows_with_exit_7(reviewed: Call) -> None:
    """Whoever reads the application sees which decision its slot did not sign."""
    number = submit(reviewed)
    with reviewed.home.workspace.store().write(reviewed.home.person().actor) as tx:
        digest = tx.rows("SELECT digest FROM application")[0][0]
        tx.change(
            "INSERT INTO application_decision"
            " (application_id, verdict, decided_by, reason, digest, signature, decided_at)"
            " VALUES (?, 'approved', 'bob', 'Fine', ?, ?, '2026-11-21T09:00:00Z')",
            (number, digest, b"\0" * 64),
        )
        tx.record("application.approved", f"application:{number}", {})
    assert reviewed("application", "show", str(number)) == 7
    assert "The decision of bob" in reviewed.err
    assert reviewed("issue", "--application", str(number)) == 7


def test_issue_from_reports_lines_that_wait(reviewed: Call, tmp_path: Path) -> None:
    """DETAILS 18: 3 where a line waits, 4 where one is refused."""
    inventory = tmp_path / "inventory.csv"
    header = "server,dns,ip,owner,contact,purpose,profile"
    lines = [header, f"{NAME},{NAME},,ops,,Web,server", "pay,pay.egov.internal,,ops,,Payments,reviewed", ""]
    inventory.write_text("\n".join(lines))
    words = ("issue", "--from", str(inventory), "--out", str(reviewed.home.out))
    assert reviewed(*words, "--dry-run") == 0
    assert "1 would wait for reviewers" in reviewed.err
    assert reviewed(*words) == 3
    assert "1 waiting for reviewers" in reviewed.err
    assert "application 1" in reviewed.out
    assert reviewed(*words, "--json") == 3
    assert [(line["outcome"], line["application"]) for line in reviewed.document["lines"]] == [
        ("skipped", None),
        ("waiting", 1),
    ]
    inventory.write_text("\n".join([*lines[:-1], "www,www.example.com,,ops,,Web,server", ""]))
    assert reviewed(*words) == 4


def test_r3_3_accept_and_the_flag_beside_the_state(call: Call) -> None:
    """R3.3, DETAILS 44: list, show and JSON name it until somebody accepts."""
    call.issue()
    assert call("list", "state:unaccepted") == 0
    assert "(unaccepted)" in call.out
    assert call("show", NAME) == 0
    assert "valid, unaccepted" in call.out
    assert "an objection is heard until" in call.out
    assert call("accept", NAME, "--dry-run") == 0
    assert call("show", NAME, "--json") == 0
    assert call.document["certificates"][0]["flags"] == ["unaccepted"]
    assert call("accept", NAME, "--note", "Checked", "--json") == 0
    (found,) = call.document["certificates"]
    assert (found["flags"], found["acceptance"]["kind"], found["accept_by"]) == ([], "accepted", None)
    assert call("accept", NAME) == 0
    assert call("accept", "nobody") == 5
    assert call("show", NAME) == 0
    assert "accepted by machine" in call.out


def test_r3_3_object_revokes_and_issues_again(call: Call) -> None:
    """R3.3: by a person, with a reason and the typed name; after acceptance it is exit 4."""
    call.issue()
    why = ("--reason", "The key file was readable to others")
    assert call("object", NAME, *why, "--dry-run") == 0
    assert call("object", NAME, "--confirm", NAME, admin=True) == 2
    assert call("object", NAME, *why, admin=True) == 2
    assert call("object", NAME, *why, "--confirm", NAME, "--json", admin=True) == 0
    old, new = call.document["certificates"]
    assert (old["state"], old["revocation"]["cause"], old["acceptance"]["kind"]) == (
        "revoked",
        "issued-in-error",
        "objected",
    )
    assert (new["state"], new["replaces"], new["flags"]) == ("valid", old["id"], ["unaccepted"])
    assert call("accept", NAME) == 0
    assert call("object", NAME, *why, "--confirm", NAME, admin=True) == 4
    assert "revocation request" in call.err


def test_r3_3_the_machines_objection_waits_for_a_person(call: Call) -> None:
    """DETAILS 3: it verifies nothing; exit 3 names the next command."""
    call.issue()
    assert call("object", NAME, "--reason", "Wrong", "--confirm", NAME) == 3
    assert "revocation verify 1" in call.err
    assert call("list", "state:revoking", "--plain") == 0
    assert call.out.startswith("valid")
