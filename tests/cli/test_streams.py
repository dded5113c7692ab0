"""Standard streams at the rim: a reader that goes, arguments that are no text, sheets that are opened elsewhere."""

import csv
import io
import os
import subprocess
import sys

import pytest

from tests.cli.calling import Call

FACTS = ("--purpose", "web")


@pytest.mark.parametrize(
    ("words", "expected"),
    [(["list", "--plain"], 0), (["journal", "list"], 0), (["application", "list"], 0), (["check"], 3)],
)
def test_a_reader_that_goes_changes_neither_the_work_nor_the_exit_code(
    call: Call, words: list[str], expected: int
) -> None:
    """`certmgr list | head -1`: what would be printed goes nowhere, nothing is said, and a check ends its work."""
    for name in ("a", "b", "c"):
        call.issue(f"{name}.egov.internal")
    path = call.home.path / "certmgr.toml"
    path.write_text(path.read_text() + '\n[profile.reviewed]\napproval = "one"\n')
    asked = ("application", "submit", "--dns", "d.egov.internal", "--profile", "reviewed", "--owner", "ops", *FACTS)
    assert call(*asked) == 0
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "certmgr", "--home", str(call.home.path), *words],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (expected, b"")


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_stream_that_is_closed_is_written_to_by_nobody(call: Call, closed: str) -> None:
    """`certmgr check >&-`, as a careless cron line has it."""
    line = f'exec "$0" -m certmgr --home "$1" list {closed}>&-'
    done = subprocess.run(["sh", "-c", line, sys.executable, str(call.home.path)], capture_output=True, check=False)
    assert (done.returncode, b"does not know" in done.stderr) == (0, False)


@pytest.mark.parametrize("verb", [("application", "submit"), ("issue",)])
def test_an_argument_that_is_no_text_is_usage(call: Call, verb: tuple[str, ...]) -> None:
    """Exit 2, and neither a row nor a file is left of it."""
    words = ("--dns", "a.egov.internal", "--owner", os.fsdecode(b"\xff\xfe"), "--out", str(call.home.out), *FACTS)
    assert call(*verb, *words) == 2
    assert "is not UTF-8" in call.err
    assert [path for path in call.home.out.rglob("*") if not path.is_dir()] == []
    assert call("list", "--plain") == 0
    assert call.out == ""


def test_a_sheet_holds_no_formula_and_one_line_a_certificate(call: Call) -> None:
    """An owner is free text; a spreadsheet shall not run it, and what splits lines does not."""
    for number, owner in enumerate(("=cmd|' /C calc'!A0", "-1+1", "two\u2028lines\nmore")):
        words = ("--dns", f"a{number}.egov.internal", "--owner", owner, "--out", str(call.home.out), *FACTS)
        assert call("issue", *words) == 0
    assert call("list", "--csv") == 0
    assert len(call.out.splitlines()) == 4
    owners = {row["owner"] for row in csv.DictReader(io.StringIO(call.out))}
    assert owners == {"'=cmd|' /C calc'!A0", "'-1+1", "two\\u2028lines\\nmore"}


@pytest.mark.parametrize(
    "words",
    [
        ("revocation", "show", "9" * 20),
        ("application", "show", "9" * 20),
        ("application", "withdraw", "9" * 20),
        ("notice", "retry", "9" * 20),
        ("scan", "adopt", "9" * 20, "--owner", "ops", "--purpose", "web"),
        ("list", "--limit", "9" * 20),
        ("journal", "list", "--limit", "9" * 20),
        ("issue", "--application", "9" * 20),
        ("campaign", "create", "c1", "--reason", "test", "--deadline", "9999-12-31", "state:valid"),
        ("hold", "a.egov.internal", "--evidence", "test", "--until", "9999-12-31"),
        ("hold", "a.egov.internal", "--evidence", "test", "--until", "0001-01-01T00:00:00+14:00"),
        ("revoke", "a.egov.internal", "--cause", "key-compromise", "--compromised-since", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_number_or_a_date_beyond_all_bounds_is_usage(call: Call, words: tuple[str, ...]) -> None:
    """Not an error that nobody foresaw: what the store or the calendar cannot hold is no input."""
    call.issue("a.egov.internal")
    assert call(*words, admin=True) == 2
    assert "is not" in call.err
