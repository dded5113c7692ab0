"""certmgr profile: list and show."""

from tests.cli.calling import Call


def test_list_and_show_tell_the_limits(call: Call) -> None:
    """The built-in profile is there without being written down."""
    assert call("profile", "list") == 0
    assert call.out.splitlines()[1].split()[:4] == ["server", "365", "397", "ec-p256"]
    assert call("profile", "show", "server", "--json") == 0
    (one,) = call.document["profiles"]
    assert call.document["schema"] == "certmgr.profiles/1"
    assert (one["days"], one["max_days"], one["wildcard"], one["client_auth"]) == (365, 397, False, False)
    assert call("profile", "show", "server") == 0
    assert "days:         365" in call.out
    assert call("profile", "list", "--json") == 0
    assert call.document["profiles"] == [one]


def test_an_unknown_profile_is_not_found(call: Call) -> None:
    """Exit 5 lists those that there are."""
    assert call("profile", "show", "nonsense") == 5
    assert "server" in call.err
