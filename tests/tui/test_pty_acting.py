"""Acts on a real terminal while the store is locked, may not be written, or goes away: told, and never half done."""

import pytest

from certmgr.models.certificates import State
from certmgr.queries.certificates import detail, resolve
from tests.home import PASSPHRASE, HomeForTest
from tests.tui.pty_terminal import Terminal, on_terminal
from tests.tui.revoking import PORTAL, actions, portal
from tests.tui.test_pty_store import ALICE, UNPRIVILEGED, to_the_list

DATABASE = "database.hub.egov.internal"


def confirm(terminal: Terminal, server: str) -> None:
    """Filter the list, open the dialog, choose a cause and type the name: enter would revoke."""
    terminal.type("\x1b")
    terminal.quiet()
    terminal.type(f"/{server.split('.', maxsplit=1)[0]}\r")
    terminal.quiet()
    terminal.type("x")
    terminal.wait_for("Serial")
    terminal.type("2")
    terminal.quiet()
    terminal.type(server)
    terminal.wait_for("Enter")
    terminal.quiet()


def unlock(terminal: Terminal) -> None:
    """Answer the question for the passphrase that the act asks."""
    terminal.wait_for("Stays unlocked")
    terminal.type(f"{PASSPHRASE}\r")


def leave(terminal: Terminal) -> None:
    """Close what lies on top and leave; the terminal is given back, and no error of the program's own was told."""
    for _ in range(3):
        terminal.type("\x1b")
        terminal.quiet()
    terminal.type("q")
    assert terminal.end() == 0
    assert terminal.restored()
    assert "Traceback" not in terminal.text
    assert "internal error" not in terminal.text


def untouched(home: HomeForTest, before: list[str]) -> bool:
    """Tell whether nothing was recorded about the portal, and no crash was reported."""
    known = detail(home.workspace, portal(home).id)
    crash = home.path / "log" / "crash.log"
    return actions(home) == before and not known.revocations and known.state is State.DUE and not crash.exists()


def test_an_act_waits_for_a_lock_and_is_done_then(home: HomeForTest) -> None:
    """Another process writes: it is said what is waited for, keys are taken meanwhile, and it is done once."""
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        with home.workspace.store().write(ALICE):
            confirm(terminal, PORTAL)
            terminal.type("\r")
            unlock(terminal)
            terminal.wait_for("Another process is writing")
            terminal.type("\x03")
            terminal.wait_for("A change is being carried")
            terminal.quiet()
            terminal.resize(100, 30)
            terminal.wait_for("Revoking")
        terminal.wait_for("published")
        terminal.quiet()
        leave(terminal)
    assert actions(home).count("certificate.revoked") == 1
    assert len(detail(home.workspace, portal(home).id).revocations) == 1
    assert portal(home).cause is not None


def test_esc_with_enter_right_after_it_cancels(home: HomeForTest) -> None:
    """Both come in one piece: nothing is asked and nothing is carried out."""
    before = actions(home)
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        confirm(terminal, PORTAL)
        terminal.type("\x1b\r")
        terminal.wait_for("VALIDITY")
        assert "Stays unlocked" not in terminal.text
        leave(terminal)
    assert untouched(home, before)


def test_an_act_that_waits_too_long_does_nothing(home: HomeForTest) -> None:
    """The lock is not released: after its time the act is given up, and said not to be done."""
    before = actions(home)
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        with home.workspace.store().write(ALICE):
            confirm(terminal, PORTAL)
            terminal.type("\r")
            unlock(terminal)
            terminal.wait_for("Another process is writing")
            terminal.wait_for("Not done")
            terminal.wait_for_sentence("is held by another")
        leave(terminal)
    assert untouched(home, before)


def test_an_act_on_a_store_that_may_not_be_written_does_nothing(home: HomeForTest) -> None:
    """File and folder are read-only for the user: it is said that nothing was done, and why."""
    before = actions(home)
    # Another process has the store open, so that what SQLite needs beside it is there.
    database = home.path / "certmgr.db"
    database.chmod(0o400)
    home.path.chmod(0o500)
    try:
        with on_terminal(home.path, before=UNPRIVILEGED) as terminal:
            to_the_list(terminal)
            confirm(terminal, PORTAL)
            terminal.type("\r")
            unlock(terminal)
            terminal.wait_for("Not done")
            terminal.wait_for_sentence("cannot be opened or written")
            leave(terminal)
    finally:
        home.path.chmod(0o700)
        database.chmod(0o600)
    assert untouched(home, before)


@pytest.mark.parametrize("unlocked", [True, False])
def test_a_store_that_goes_away_under_a_dialog(home: HomeForTest, unlocked: bool) -> None:  # noqa: FBT001 - an example
    """Moved away while the name is typed, then confirmed: it is said, nothing is done, and nothing is made anew."""
    before = actions(home)
    home.workspace.close()
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        if unlocked:
            confirm(terminal, DATABASE)
            terminal.type("\r")
            unlock(terminal)
            terminal.wait_for("published")
            terminal.quiet()
        confirm(terminal, PORTAL)
        moved = [(path, path.with_name(f"away-{path.name}")) for path in home.path.glob("certmgr.db*")]
        for here, away in moved:
            here.rename(away)
        terminal.wait_for("certmgr.db")
        terminal.type("\r")
        if unlocked:
            terminal.wait_for("Not done")
        terminal.wait_for_sentence("There is no store")
        leave(terminal)
    assert not (home.path / "certmgr.db").exists()
    for here, away in moved:
        away.rename(here)
    assert untouched(home, before)
    assert (resolve(home.workspace, DATABASE).revoked_at is not None) is unlocked


def test_ctrl_space_marks_a_stretch(home: HomeForTest) -> None:
    """What a terminal sends for it is a NUL."""
    home.workspace.close()
    with on_terminal(home.path) as terminal:
        to_the_list(terminal)
        terminal.type(" ")
        terminal.wait_for("1 marked")
        terminal.type("jj")
        terminal.quiet()
        terminal.type("\x00")
        terminal.wait_for("4 marked")
        leave(terminal)
