"""certmgr campaign: create, list, show, close; words, data and exit codes."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.calling import Call
from tests.cli.terminal import Terminal
from tests.home import PASSPHRASE

NAMES = ("mail.egov.internal", "portal.egov.internal")
DEADLINE = f"{datetime.now(UTC) + timedelta(days=60):%Y-%m-%d}"
FACTS = ("--reason", "P-256 is given up", "--deadline", DEADLINE)


@pytest.fixture
def issued(call: Call) -> Call:
    """Return a home with two certificates."""
    for name in NAMES:
        assert call("issue", "--dns", name, "--purpose", "web", "--owner", "ops", "--out", str(call.home.out)) == 0
    return call


@pytest.fixture
def announced(issued: Call) -> Call:
    """Return a home with a campaign that both are in."""
    assert issued("campaign", "create", "leave-p256", *FACTS, "key:ec", "owner:ops", admin=True) == 0
    return issued


def test_r5_2_a_campaign_from_its_announcement_to_zero(announced: Call) -> None:
    """R5.2: announced, renewed without --force, counted to zero, closed by check with its promise met."""
    assert f"2 to be renewed by the end of {DEADLINE}" in announced.err
    assert announced.out == ""
    assert announced("renew", "--needed", NAMES[0]) == 0
    assert announced("renew", NAMES[0]) == 0
    assert announced("renew", "--needed", NAMES[0]) == 1
    assert announced("campaign", "show", "leave-p256") == 0
    assert "Done:       1 replaced" in announced.out
    assert NAMES[1] in announced.out
    assert NAMES[0] not in announced.out
    assert announced("campaign", "list") == 0
    assert announced.out.splitlines()[1].split()[:4] == ["leave-p256", "open", "1", "2"]
    assert announced("renew", NAMES[1]) == 0
    assert announced("check") in {0, 3}
    assert "Closed the campaign leave-p256" in announced.out
    assert announced("campaign", "list") == 0
    assert "No campaign is open" in announced.err
    assert announced("campaign", "list", "--all", "--json") == 0
    (one,) = announced.document["campaigns"]
    assert (one["status"], one["left"], one["done"]["replaced"]) == ("met", 0, 2)


def test_r5_2_a_campaign_as_json(announced: Call) -> None:
    """R5.2: certmgr.campaigns/1; show has the members that are left, as `list` shows certificates."""
    assert announced("campaign", "show", "leave-p256", "--json") == 0
    assert announced.document["schema"] == "certmgr.campaigns/1"
    (one,) = announced.document["campaigns"]
    assert (one["name"], one["filter"], one["deadline"]) == ("leave-p256", "key:ec owner:ops", DEADLINE)
    assert (one["status"], one["members"], one["left"], one["closed_at"]) == ("open", 2, 2, None)
    assert [member["server"] for member in one["certificates"]] == list(NAMES)
    assert announced("campaign", "list", "--json") == 0
    assert "certificates" not in announced.document["campaigns"][0]


def test_r5_2_to_give_a_campaign_up_needs_its_name(announced: Call) -> None:
    """R5.2, N7: exit 4 without --confirm, 2 for a wrong name; closed, it is void and opens no window."""
    assert announced("campaign", "close", "leave-p256", admin=True) == 4
    assert "--confirm leave-p256" in announced.err
    assert announced("campaign", "close", "leave-p256", "--dry-run") == 4
    assert announced("campaign", "close", "leave-p256", "--confirm", "leave", admin=True) == 2
    assert announced("campaign", "close", "leave-p256", "--confirm", "leave-p256", "--dry-run") == 0
    assert "2 left" in announced.err
    assert announced("campaign", "list") == 0
    assert "leave-p256" in announced.out
    assert announced("campaign", "close", "leave-p256", "--confirm", "leave-p256", "--json", admin=True) == 0
    assert announced.document["campaigns"][0]["status"] == "void"
    assert announced("campaign", "close", "leave-p256", "--confirm", "leave-p256", admin=True) == 4
    assert announced("renew", NAMES[0]) == 4


def test_n7_on_a_terminal_the_name_is_asked_for(announced: Call) -> None:
    """N7: what is left is told, the name is typed, then the passphrase; another name gives nothing up."""
    announced.home.workspace.close()
    for typed, code in (("leave", 2), ("leave-p256", 0)):
        with Terminal(announced.home.path, "campaign", "close", "leave-p256") as terminal:
            terminal.expect("2 of 2 are left")
            terminal.expect("Type the campaign's name to give it up")
            terminal.type(typed)
            terminal.expect("Passphrase of admin: ")
            terminal.type(PASSPHRASE)
            assert terminal.leave() == code
    assert "Closed the campaign leave-p256: void, 2 left" in terminal.screen


def test_r5_2_a_dry_run_lists_the_members(issued: Call) -> None:
    """DETAILS 21: no unlock, no entry, no campaign."""
    assert issued("campaign", "create", "x", *FACTS, f"server:{NAMES[0]}", "--dry-run") == 0
    assert issued.out.split("\t")[0] == NAMES[0]
    assert issued("campaign", "create", "x", *FACTS, "--dry-run", "--json") == 0
    assert [one["server"] for one in issued.document["certificates"]] == list(NAMES)
    assert issued("campaign", "list", "--all") == 0
    assert "There is no campaign" in issued.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create", "Leave RSA", *FACTS), 2),
        (("create", "x", "--reason", "r", "--deadline", "soon"), 2),
        (("create", "x", "--reason", "", "--deadline", DEADLINE), 2),
        (("create", "x", "--deadline", DEADLINE), 2),
        (("create", "x", *FACTS, "state:nonsense"), 2),
        (("create", "x", *FACTS, "server:nobody"), 4),
        (("create", "x", "--reason", "r", "--deadline", "2026-01-01"), 4),
        (("show", "x"), 5),
        (("close", "x"), 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_r5_2_bad_input_gets_the_documented_exit_code(issued: Call, words: tuple[str, ...], code: int) -> None:
    """Each kind of bad input has its code, and no campaign comes of it."""
    assert issued("campaign", *words, admin=True) == code
    assert issued.err.startswith("Error: ")
    assert issued("campaign", "list", "--all", "--json") == 0
    assert issued.document["campaigns"] == []


def test_r5_2_the_machine_announces_and_closes_nothing(announced: Call) -> None:
    """A person decides: exit 2 where nobody can be asked, 4 as the machine."""
    assert announced("campaign", "create", "x", *FACTS) == 2
    assert announced("--as", "machine", "campaign", "create", "x", *FACTS) == 4
    assert announced("--as", "machine", "campaign", "close", "leave-p256", "--confirm", "leave-p256") == 4
