"""The program on a real terminal while something is wrong with the store: it says so, takes keys, and can be left."""

import signal

from certmgr.models.operators import Actor, Role
from tests.clock import FakeClock
from tests.home import HomeForTest, open_home
from tests.tui.pty_terminal import Terminal, on_terminal

ALICE = Actor(name="alice", role=Role.ADMINISTRATOR, os_uid=0)
UNPRIVILEGED = """
from tests.faults.capabilities import drop_capabilities
drop_capabilities()
"""


def to_the_list(terminal: Terminal) -> None:
    """Wait for the first screen and go to the certificates, by one piece of typing."""
    terminal.wait_for("certmgr")
    terminal.quiet()
    terminal.type(":servers\r")
    # The dialog is closed and the screen is there: what is typed next goes to it, however slow the machine is.
    terminal.wait_for("DEPLOYED")
    terminal.quiet()
    terminal.type(":certificates\r")
    terminal.wait_for("NOT AFTER")
    terminal.quiet()


def test_a_locked_store_is_read_all_the_same(home: HomeForTest) -> None:
    """Another process holds the write lock: lists are read, keys are taken, and q leaves at once."""
    with home.workspace.store().write(ALICE), on_terminal(home.path) as terminal:
        to_the_list(terminal)
        terminal.quiet()
        terminal.type("?")
        terminal.wait_for("EVERYWHERE")
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.restored()


def test_a_store_that_may_not_be_written_is_shown(home: HomeForTest) -> None:
    """Its file is read-only: everything can be looked at."""
    home.workspace.close()
    (home.path / "certmgr.db").chmod(0o400)
    with on_terminal(home.path, before=UNPRIVILEGED) as terminal:
        to_the_list(terminal)
        terminal.type("G")
        terminal.quiet()
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.restored()


def test_a_store_that_disappears_is_told(home: HomeForTest) -> None:
    """What is shown stays, it is said why it is no longer followed, and q leaves; the exit code is 0."""
    home.workspace.close()
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        terminal.quiet()
        for path in home.path.glob("certmgr.db*"):
            path.rename(path.with_name(f"away-{path.name}"))
        terminal.wait_for("certmgr.db")
        terminal.type("j")
        terminal.quiet()
        terminal.type("!")
        terminal.wait_for("certmgr.db")
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.restored()


def test_a_store_that_comes_back_is_followed_again(home: HomeForTest) -> None:
    """A file system that was away for a moment: what happens afterwards shows."""
    home.workspace.close()
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        terminal.quiet()
        moved = [(path, path.with_name(f"away-{path.name}")) for path in home.path.glob("certmgr.db*")]
        for here, away in moved:
            here.rename(away)
        terminal.wait_for("certmgr.db")
        for here, away in moved:
            away.rename(here)
        again = open_home(home.path.parent, clock=FakeClock())
        again.issue("aaa-new.hub.egov.internal", days=1)
        again.workspace.close()
        terminal.wait_for("aaa-new.hub")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 128 + signal.SIGTERM
        assert terminal.restored()
