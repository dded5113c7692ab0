"""`certmgr list`: the columns of the interface to sort by, and a filter that takes too long."""

import json
from typing import Any

import pytest

from certmgr.cli.list import command
from certmgr.store.listing import SortColumn
from tests.cli.calling import Call

FACTS = {
    "expires": "not_after",
    "server": "server",
    "profile": "profile",
    "owner": "owner",
    "key": "key",
    "serial": "serial",
    "created": "id",
}


def test_the_command_offers_every_order_of_the_store() -> None:
    """And no other."""
    (choice,) = (one.type for one in command.params if one.name == "sort")
    assert list(choice.choices) == list(SortColumn) == list(FACTS)  # type: ignore[attr-defined]  # a Choice


@pytest.mark.parametrize("order", FACTS)
def test_a_list_is_sorted_by_any_column(call: Call, order: str) -> None:
    """Both ways; the same certificates each time."""
    for name, owner, days in (("b", "Zoo", 90), ("a", "Unit", 200), ("c", "Alms", 30)):
        words = ("--purpose", "web", "--owner", owner, "--days", str(days), "--out", str(call.home.out))
        assert call("issue", "--dns", f"{name}.egov.internal", *words) == 0

    def listed(*words: str) -> list[Any]:
        assert call("list", "--json", "--sort", order, *words) == 0
        return [one[FACTS[order]] for one in call.document["certificates"]]

    assert listed() == sorted(listed())
    assert listed("--reverse") == sorted(listed(), reverse=True)
    assert len(listed("--limit", "2")) == 2


def test_an_order_that_does_not_exist_is_refused(call: Call) -> None:
    """The orders are named."""
    assert call("list", "--sort", "state") == 2
    assert "expires" in call.err


def test_a_regular_expression_that_takes_too_long_is_refused(call: Call) -> None:
    """Exit 2, with what to do; one that repeats as often and is found at once is none of those."""
    call.issue(f"{'a' * 60}.egov.internal")
    assert call("list", "/(a|aa)+!/") == 2
    assert call.err.startswith("Error: The expression takes too long on a name: nest fewer repetitions.")
    assert call("list", "--json", "/(a|aa)+!/") == 2
    assert json.loads(call.err)["code"] == "filter.too-slow"
    assert call("list", "--json", "/(a+)[.](egov)+/") == 0
    assert len(call.document["certificates"]) == 1
