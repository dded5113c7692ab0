"""certmgr revocation: request, verify, list."""

from datetime import timedelta

import pytest

from certmgr.cli.revocation_text import time_left
from tests.cli.calling import Call

NAME = "portal.egov.internal"


@pytest.fixture
def issued(call: Call) -> Call:
    """Return a home with one certificate."""
    assert call("issue", "--dns", NAME, "--purpose", "web", "--out", str(call.home.out)) == 0
    return call


def request(call: Call, cause: str = "key-compromise") -> int:
    """Record a request as the machine; return its number."""
    facts = ("--cause", cause, "--evidence", "found in a public repository", "--confirm", NAME)
    assert call("revocation", "request", NAME, *facts, "--json") == 0
    number: int = call.document["revocations"][0]["id"]
    return number


def test_a_request_is_recorded_with_a_clock_and_revokes_nothing(issued: Call) -> None:
    """R6.1: received and due times; the certificate stays what it was until a person verifies."""
    number = request(issued)
    assert issued("revocation", "list", "--json") == 0
    (one,) = issued.document["revocations"]
    assert (one["id"], one["state"], one["requested_by"]) == (number, "received", "machine")
    assert 0 < one["seconds_left"] <= 24 * 3600
    assert one["overdue"] is False
    assert issued("list", "--plain") == 0
    assert issued.out.startswith("valid\t")
    assert issued("revocation", "list") == 0
    assert "23h 59m" in issued.out


def test_a_person_verifies_and_the_crl_is_out_before_the_command_returns(issued: Call) -> None:
    """Verified, carried out, published: every time is on record."""
    number = request(issued)
    assert issued("revocation", "verify", str(number), admin=True) == 0
    assert issued("revocation", "list") == 0
    assert "No request is open" in issued.err
    assert issued("revocation", "list", "--all", "--json") == 0
    (one,) = issued.document["revocations"]
    assert (one["state"], one["verified_by"]) == ("done", "admin")
    for time in ("verified_at", "due_at", "revoked_at", "signed_at", "published_at", "unseen_after"):
        assert one[time] is not None
    assert issued("crl", "show", "--json") == 0
    assert [entry["serial"] for entry in issued.document["crls"][0]["entries"]] == [one["serial"]]


def test_the_machine_verifies_nothing(issued: Call) -> None:
    """DETAILS 3: that is a person's word. Off the terminal without a passphrase: exit 2; as the machine: exit 4."""
    number = request(issued)
    assert issued("revocation", "verify", str(number)) == 2
    assert issued("--as", "machine", "revocation", "verify", str(number)) == 4
    assert issued("revocation", "list", "--json") == 0
    assert issued.document["revocations"][0]["state"] == "received"


def test_a_request_is_verified_once(issued: Call) -> None:
    """A second time is refused; one that does not exist is not found."""
    number = request(issued)
    assert issued("revocation", "verify", str(number), "--dry-run") == 0
    assert issued("revocation", "verify", str(number), admin=True) == 0
    assert issued("revocation", "verify", str(number), "--dry-run") == 4
    assert issued("revocation", "verify", str(number), admin=True) == 4
    assert issued("revocation", "verify", "999", admin=True) == 5


def test_a_rehearsed_request_is_not_recorded(issued: Call) -> None:
    """--dry-run names what would be revoked, as `revoke` does."""
    assert issued("revocation", "request", NAME, "--cause", "key-lost", "--dry-run") == 0
    assert issued.out.split("\t")[0] == NAME
    assert issued("revocation", "list", "--all", "--json") == 0
    assert issued.document["revocations"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([NAME, "--cause", "key-lost"], 2),
        ([NAME, "--cause", "key-lost", "--confirm", "other"], 2),
        ([NAME, "--cause", "ca-compromise", "--confirm", NAME], 2),
        (["absent.egov.internal", "--cause", "key-lost", "--confirm", "x"], 5),
        ([NAME, "--cause", "key-lost", "--confirm", NAME, "--compromised-since", "yesterday"], 2),
    ],
)
def test_a_request_that_does_not_hold_has_its_exit_code(issued: Call, words: list[str], code: int) -> None:
    """No confirmation, a wrong one, a CA's cause, no such certificate, no date."""
    assert issued("revocation", "request", *words) == code


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(hours=23, minutes=41, seconds=59), "23h 41m"),
        (timedelta(minutes=41), "41m"),
        (timedelta(seconds=30), "0m"),
        (-timedelta(hours=2, minutes=5), "OVERDUE 2h 05m"),
    ],
)
def test_time_left_in_words(left: timedelta, text: str) -> None:
    """Hours and minutes; what has run out says so."""
    assert time_left(left) == text
