"""What certmgr asks a person, and what becomes of the answers."""

import os
import signal
import time
from pathlib import Path

from tests.cli.terminal import Terminal
from tests.home import PASSPHRASE, HomeForTest

NAME = "portal.egov.internal"


def test_init_asks_for_what_is_frozen_for_years(tmp_path: Path) -> None:
    """DETAILS 4, 6: names, zones, networks, the CRL's address, a passphrase twice, one recovery word again."""
    home = tmp_path / "home"
    with Terminal(home, "init", "--machine-key", str(tmp_path / "machine.key")) as terminal:
        for question, answer in (
            ("Organisation: ", "Example City"),
            ("DNS zones", "city.internal"),
            ("Networks", "10.0.0.0/8"),
            ("Time zone", "Europe/Berlin"),
            ("Address of the CRLs", ""),
            ("New passphrase of admin: ", PASSPHRASE),
            ("Repeat", PASSPHRASE),
        ):
            terminal.expect(question)
            terminal.type(answer)
        terminal.expect(r"Word 5 again, to be sure: ")
        words = terminal.screen.split("lost:")[1].split("Write")[0].split()
        terminal.type("wrong")
        terminal.expect("That is not it.")
        terminal.expect("again, to be sure: ")
        terminal.type(words[4])
        assert terminal.leave() == 0
    assert (home / "certmgr.toml").exists()
    assert PASSPHRASE not in terminal.screen


def test_a_revocation_asks_for_the_name_and_then_for_the_passphrase(live_home: HomeForTest) -> None:
    """N7: the intent is typed; a mistyped passphrase is asked for again."""
    live_home.issue(NAME)
    live_home.workspace.close()
    with Terminal(live_home.path, "revoke", NAME, "--cause", "key-lost") as terminal:
        terminal.expect("Type the server's name")
        terminal.type(NAME)
        terminal.expect("Passphrase of admin: ")
        terminal.type("not the passphrase")
        terminal.expect("Wrong passphrase for slot admin")
        # The question comes once more; what is typed before it is thrown away.
        terminal.expect("Passphrase of admin: ")
        terminal.type(PASSPHRASE)
        assert terminal.leave() == 0
    assert "published" in terminal.screen
    assert PASSPHRASE not in terminal.screen


def test_three_wrong_passphrases_are_exit_6(live_home: HomeForTest) -> None:
    """DETAILS 2: locked."""
    with Terminal(live_home.path, "issue", "--dns", NAME, "--purpose", "p", "--owner", "o") as terminal:
        for _ in range(3):
            terminal.expect("Passphrase of admin: ")
            terminal.type("not the passphrase")
        assert terminal.leave() == 6


def test_ctrl_c_at_a_question_is_130_and_sigterm_143(live_home: HomeForTest) -> None:
    """The documented codes of an interrupted and of a terminated command."""
    with Terminal(live_home.path, "issue", "--dns", NAME, "--purpose", "p", "--owner", "o") as terminal:
        terminal.expect("Passphrase of admin: ")
        terminal.press(b"\x03")
        assert terminal.leave() == 130
    with Terminal(live_home.path, "issue", "--dns", NAME, "--purpose", "p", "--owner", "o") as terminal:
        terminal.expect("Passphrase of admin: ")
        time.sleep(0.1)
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.leave() == 143


def test_a_person_may_choose_the_machine(live_home: HomeForTest) -> None:
    """DETAILS 50: --as NAME overrides; the machine needs no answer."""
    out = str(live_home.out)
    words = ("issue", "--dns", NAME, "--purpose", "p", "--owner", "o", "--out", out)
    with Terminal(live_home.path, "--as", "machine", *words) as terminal:
        assert terminal.leave() == 0
    assert f"Issued {NAME}" in terminal.screen
