"""certmgr tui: the command that opens the terminal interface."""

from tests.cli.calling import Call


def test_without_a_terminal_it_says_what_does_the_same(call: Call) -> None:
    """Exit 2, at once: cron must not hang on it."""
    assert call("tui", "--read-only", "--ascii", "--no-mouse") == 2
    assert "certmgr list" in call.err
