"""`--dry-run --json`: one document, nothing else on standard output, nothing done."""

import json

import pytest

from tests.cli.calling import NAME, Call

FACTS = ("--purpose", "web", "--owner", "ops")
MANY = [
    ("issue", "--dns", "new.egov.internal", *FACTS),
    ("renew", NAME, "--force", "--reason", "a new key"),
    ("accept", NAME),
    ("revoke", NAME, "--cause", "key-lost"),
    ("revocation", "request", NAME, "--cause", "key-lost"),
    ("crl", "publish"),
    ("backup", "copy.tar"),
]


@pytest.mark.parametrize("words", MANY, ids=lambda words: " ".join(words[:2]))
def test_a_rehearsal_as_json_is_one_document_and_nothing_is_done(call: Call, words: tuple[str, ...]) -> None:
    """A script that asks for JSON gets JSON, whatever else it asks for."""
    call.issue()
    call("journal", "list", "--json")
    before = call.document
    assert call(*words, "--dry-run", "--json") == 0
    found = json.loads(call.out)
    assert call.err == ""
    if found["schema"] == "certmgr.rehearsal/1":
        assert list(found) == ["schema", "said", "lines", "findings"]
        assert found["said"] or found["lines"]
    call("journal", "list", "--json")
    assert call.document == before


def test_a_rehearsed_certificate_is_in_the_lines(call: Call) -> None:
    """What would be signed can be read by a program as by a person."""
    assert call("issue", "--dns", "new.egov.internal", *FACTS, "--dry-run", "--json") == 0
    found = call.document
    assert found["said"] == ["new.egov.internal would get this certificate; nothing was signed or recorded."]
    assert any("new.egov.internal" in line for line in found["lines"])
    assert call("issue", "--dns", "new.egov.internal", *FACTS, "--dry-run") == 0
    assert len(call.out.splitlines()) == len(found["lines"])
    assert call.out.splitlines()[0] == found["lines"][0]


def test_a_rehearsed_inventory_names_every_reason(call: Call) -> None:
    """Exit 4, and the lines that the same command prints without `--json`."""
    inventory = call.home.out.parent / "inventory.csv"
    inventory.write_text(
        "server,dns,ip,owner,contact,purpose\na,a.egov.internal,10.0.0.1,ops,,web\nb,www.example.com,8.8.8.8,ops,,web\n"
    )
    assert call("issue", "--from", str(inventory), "--dry-run", "--json") == 4
    found = call.document
    assert found["said"][-1] == "1 lines would be served, 1 refused; nothing was done."
    assert call("issue", "--from", str(inventory), "--dry-run") == 4
    assert "name.public-suffix" in call.out
    assert call.out.splitlines() == found["lines"]


def test_a_rehearsal_that_is_refused_is_an_error_as_json(call: Call) -> None:
    """As without `--dry-run`: standard output stays empty."""
    assert call("issue", "--dns", "www.example.com", *FACTS, "--dry-run", "--json") == 4
    assert call.out == ""
    assert json.loads(call.err)["schema"] == "certmgr.error/1"
