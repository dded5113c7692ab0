"""certmgr hold and release: the date, what becomes of it, and who decides."""

import json

import pytest

from tests.cli.calling import NAME, Call

ORDER = ("--evidence", "order of the network authority")


@pytest.fixture
def issued(call: Call) -> Call:
    """Return a home with one certificate."""
    call.issue()
    return call


def test_n2_a_hold_has_a_date_and_an_end(issued: Call) -> None:
    """Shown with the request; released with the same word as ever."""
    words = ("hold", NAME, *ORDER, "--then", "revoke", "--then-cause", "duty-breached")
    assert issued(*words, "--dry-run") == 0
    assert "then revoke" in issued.err
    assert issued(*words, "--confirm", NAME, admin=True) == 0
    assert issued("revocation", "show", "1", "--json") == 0
    found = issued.document["revocation"]
    assert (found["hold_then"], found["hold_cause"]) == ("revoke", "duty-breached")
    assert found["hold_until"] is not None
    assert issued("revocation", "show", "1") == 0
    assert "then revoke (duty-breached)" in issued.out
    assert issued("release", NAME, "--confirm", NAME, admin=True) == 0
    assert "off CRL number" in issued.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 4),
        ((*ORDER, "--until", "2020-01-01"), 4),
        ((*ORDER, "--until", "2099-01-01"), 4),
        ((*ORDER, "--until", "soon"), 2),
        ((*ORDER, "--then", "forget"), 2),
        ((*ORDER, "--then-cause", "key-lost"), 2),
        ((*ORDER, "--then", "revoke", "--then-cause", "suspended"), 2),
    ],
)
def test_n2_a_hold_that_cannot_be_has_its_exit_code(issued: Call, words: tuple[str, ...], code: int) -> None:
    """No ground, a date that is past or too far ahead, no date, no such end."""
    assert issued("hold", NAME, *words, "--confirm", NAME, admin=True) == code
    assert issued("list", "--plain") == 0
    assert issued.out.startswith("valid\t")


def test_n2_the_machine_asks_for_a_release_and_exits_3(issued: Call) -> None:
    """Whoever may not decide starts the clock; what is not held exits 4."""
    assert issued("release", NAME, "--confirm", NAME) == 4
    assert issued("hold", NAME, *ORDER, "--confirm", NAME, admin=True) == 0
    assert issued("release", NAME, "--confirm", NAME) == 3
    assert "It waits for a person until" in issued.err
    assert issued("list", "--plain") == 0
    assert issued.out.startswith("held\t")
    assert issued("release", NAME, "--confirm", NAME, "--json", admin=True) == 2
    assert json.loads(issued.err)["code"] == "usage"
