"""certmgr revocation request for many certificates: listed first, recorded when the number is confirmed."""

from pathlib import Path

import pytest

from tests.cli.calling import Call

NAMES = ("a1.egov.internal", "a2.egov.internal", "b1.egov.internal")
LOST = ("revocation", "request", "--cause", "key-lost")


@pytest.fixture
def filled(call: Call) -> Call:
    """Return a home with three certificates."""
    for name in NAMES:
        call.issue(name)
    return call


def requests(call: Call) -> int:
    """Return how many requests are on record."""
    assert call("revocation", "list", "--all", "--json") == 0
    return len(call.document["revocations"])


def test_r1_6_a_selection_is_only_listed_unless_told_otherwise(filled: Call) -> None:
    """Data on standard output; the number and how to go on beside it."""
    for words in ((), ("--dry-run",), ("--carry-out", "--dry-run")):
        assert filled(*LOST, "--all-of", "server:a1.egov.internal,a2.egov.internal", *words) == 0
        assert [line.split("\t")[0] for line in sorted(filled.out.splitlines())] == list(NAMES[:2])
        assert "2 would be requested" in filled.err
        assert "--carry-out --confirm 2" in filled.err
    assert filled(*LOST, "--profile", "server", "--json") == 0
    assert len(filled.document["certificates"]) == 3
    assert requests(filled) == 0


def test_n7_the_number_confirms_and_a_person_decides_once(filled: Call) -> None:
    """Without it, or with another: exit 2 and nothing recorded."""
    chosen = (*LOST, "--owner", "ops", "--carry-out")
    for words in ((), ("--confirm", "2"), ("--confirm", "ops"), ("--confirm", "-3")):
        assert filled(*chosen, *words) == 2
        assert "3 certificates" in filled.err
    assert requests(filled) == 0
    assert filled(*chosen, "--confirm", "3", "--json") == 0
    first = filled.document["revocations"][0]["id"]
    assert filled("revocation", "verify", str(first), admin=True) == 0
    assert filled.err.count("decided with it") == 2
    assert filled(*chosen, "--confirm", "3") == 5


def test_serials_come_from_a_file_or_standard_input(filled: Call, tmp_path: Path) -> None:
    """One a line, with comments; every bad line is named."""
    assert filled("list", "--plain") == 0
    serials = [line.split("\t")[5] for line in filled.out.splitlines()]
    listed = tmp_path / "serials"
    listed.write_text(f"# a list\n{serials[0]}\n\n{serials[1].lower()}  # the second\n")
    assert filled(*LOST, "--serials", str(listed)) == 0
    assert filled.out.count("\n") == 2
    done = filled.home.run(*LOST, "--serials", "-", stdin=listed.read_bytes())
    assert (done.returncode, done.stdout.count("\n")) == (0, 2)
    listed.write_text("zebra\nAABB\n")
    assert filled(*LOST, "--serials", str(listed)) == 2
    assert "zebra" in filled.err
    assert "AABB" in filled.err
    listed.write_text("AABB\n")
    assert filled(*LOST, "--serials", str(listed)) == 5
    assert filled(*LOST, "--serials", str(tmp_path / "absent")) == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("a1.egov.internal", "--owner", "ops"), 2),
        (("a1.egov.internal", "--carry-out"), 2),
        (("--owner", "ops", "--also-line"), 2),
        (("--owner", "nobody"), 5),
        (("--all-of", "colour:red"), 2),
    ],
)
def test_what_is_no_selection_has_its_exit_code(filled: Call, words: tuple[str, ...], code: int) -> None:
    """One certificate or a selection, and each with its own options."""
    assert filled(*LOST, *words) == code
    assert requests(filled) == 0
