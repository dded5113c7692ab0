"""certmgr journal: list, verify, export."""

from pathlib import Path

import pytest

from certmgr.journal import entry_from_json
from tests.cli.calling import Call

NAME = "portal.egov.internal"


def test_list_is_newest_first_and_can_be_about_one_thing(call: Call) -> None:
    """certmgr.journal/1."""
    call("issue", "--dns", NAME, "--purpose", "web", "--out", str(call.home.out))
    assert call("journal", "list", "--limit", "3", "--json") == 0
    entries = call.document["entries"]
    assert len(entries) == 3
    assert entries[0]["seq"] > entries[1]["seq"] > entries[2]["seq"]
    assert call("journal", "list", "--object", "certificate:1", "--json") == 0
    actions = [entry["action"] for entry in call.document["entries"]]
    assert actions == ["certificate.delivered", "certificate.issued", "certificate.intended"]
    assert call("journal", "list", "--object", "certificate:1") == 0
    assert call.out.splitlines()[1].split()[2:] == ["machine", "certificate.delivered", "certificate:1"]


def test_a_malformed_object_is_usage(call: Call) -> None:
    """kind:id, else exit 2; one that nothing was written about is no error."""
    assert call("journal", "list", "--object", "certificate") == 2
    assert call("journal", "list", "--object", "certificate:999") == 0
    assert "no such entry" in call.err


def test_an_export_verifies_without_the_home(call: Call, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """N5: whether stored data was altered is proved from the file alone."""
    from certmgr.cli import run

    assert call("journal", "verify") == 0
    head = call.out
    assert call("journal", "export") == 0
    lines = call.out.splitlines()
    assert [entry_from_json(line).seq for line in lines] == list(range(1, len(lines) + 1))
    export = tmp_path / "journal.jsonl"
    export.write_text("\n".join(lines) + "\n")
    assert run(["--home", "/nowhere", "journal", "verify", str(export)]) == 0
    assert capfd.readouterr().out == head


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [lines[0].replace("home.made", "home.mode"), *lines[1:]],
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]],
        lambda lines: [*lines[:-1], lines[-1][:-5]],
    ],
    ids=["changed", "removed", "swapped", "cut off"],
)
def test_n5_a_spoilt_export_is_found(call: Call, tmp_path: Path, spoil: "object") -> None:
    """Exit 7, with what is wrong."""
    assert callable(spoil)
    assert call("journal", "export") == 0
    export = tmp_path / "journal.jsonl"
    export.write_text("\n".join(spoil(call.out.splitlines())) + "\n")
    assert call("journal", "verify", str(export)) == 7
    assert "ournal entry" in call.err


def test_a_file_that_is_not_there_is_usage(call: Call) -> None:
    """Exit 2."""
    assert call("journal", "verify", "/nowhere.jsonl") == 2
