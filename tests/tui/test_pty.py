"""The program on a real terminal: what it sends there, and how it leaves it."""

import os
import re
import signal
import stat
from pathlib import Path

import pytest

from certmgr.queries.certificates import resolve
from tests.home import HomeForTest
from tests.tui.hostile import poison
from tests.tui.pty_terminal import on_terminal

FIRST = "gateway.hub.egov.internal"
SECRET = "this-is-the-passphrase"
CRASH = f"""
from tui.screens.certificates import CertificatesScreen
def crash(self):
    passphrase = "".join({list(SECRET)!r})
    raise ValueError(f"cannot unlock with {{passphrase}}")
CertificatesScreen.action_hidden = crash
"""
WORKER_CRASH = f"""
from tui.backend.certificates import Certificates
def crash(self, certificate):
    passphrase = "".join({list(SECRET)!r})
    raise ValueError(f"cannot unlock with {{passphrase}}")
Certificates.detail = crash
"""

RUNNING_CLOCK = """
from datetime import timedelta
from time import monotonic
from tests.clock import START
class FakeClock:
    def __init__(self):
        self.begun = monotonic()
    def __call__(self):
        return START + timedelta(hours=3, minutes=9, seconds=monotonic() - self.begun)
"""
"""The first request that is not overdue is so in a minute: its countdown shows seconds."""


@pytest.fixture
def place(home: HomeForTest) -> Path:
    """Return a home that no connection of this process holds open."""
    home.workspace.close()
    return home.path


def test_it_starts_and_q_leaves_the_terminal_as_it_was(place: Path) -> None:
    """Main screen, cursor, mouse, paste marks and line settings are given back; the exit code is 0.

    Kitty's keyboard protocol is never switched on: a dropped connection would leave it so, and the shell get junk.
    """
    with on_terminal(place) as terminal:
        before = terminal.attributes()
        terminal.wait_for(FIRST)
        assert terminal.attributes() != before
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.restored()
        assert terminal.attributes() == before
        assert re.search(r"\x1b\[>\d*u", terminal.text) is None


def test_ctrl_c_leaves(place: Path) -> None:
    """The key that everybody tries first, from the list and from a dialog."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.type("x")
        terminal.wait_for("key-compromise")
        terminal.type("\x03")
        assert terminal.end() == 0
        assert terminal.restored()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_leaves_the_terminal_as_it_was(place: Path, number: signal.Signals) -> None:
    """Textual dies of SIGTERM with the terminal in its alternate screen; this does not. The code is 128 + n."""
    with on_terminal(place) as terminal:
        before = terminal.attributes()
        terminal.wait_for(FIRST)
        terminal.process.send_signal(number)
        assert terminal.end() == 128 + number
        assert terminal.restored()
        assert terminal.attributes() == before


def test_a_terminal_that_vanishes_ends_the_program(place: Path) -> None:
    """No signal comes when a connection breaks under a program that is in another session; nobody would ever end it."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.vanish()
        assert terminal.process.wait(timeout=20) == 128 + signal.SIGHUP
    assert not (place / "log" / "crash.log").exists()


@pytest.mark.parametrize(("code", "key"), [(CRASH, "a"), (WORKER_CRASH, "\r")], ids=["key", "thread"])
def test_a_crash_tells_no_secret(place: Path, code: str, key: str) -> None:
    """One line for the user, the traceback without values in an owner-only file, the terminal given back."""
    with on_terminal(place, before=code) as terminal:
        terminal.wait_for(FIRST)
        terminal.type(key)
        assert terminal.end() == 1
        assert terminal.restored()
        after = terminal.text.rsplit("\x1b[?1049l", 1)[1]
        assert "certmgr tui stopped because of an internal error." in after
        assert SECRET not in terminal.text
        assert "Traceback" not in terminal.text
    log = place / "log" / "crash.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    report = log.read_text(encoding="utf-8")
    assert "builtins.ValueError" in report
    assert 'raise ValueError(f"cannot' in report or "in crash" in report
    assert SECRET not in report


def test_hostile_data_does_not_reach_the_terminal_raw(home: HomeForTest) -> None:
    """No title is set, no screen cleared, no direction turned, whatever the store holds."""
    poison(home, resolve(home.workspace, FIRST).id)
    home.workspace.close()
    with on_terminal(home.path, size=(160, 45)) as terminal:
        terminal.wait_for("gotcha")
        terminal.type("\r")
        terminal.wait_for("gotcha")
        terminal.type("q")
        assert terminal.end() == 0
        assert b"\x1b]" not in terminal.output
        assert b"\x07" not in terminal.output
        assert b"\x1b[2J" not in terminal.output.split(b"gotcha", 1)[1]
        for sign in ("\x9b", "\u202e", "\u2066", "\u2028", "\x7f"):
            assert sign not in terminal.text


def test_the_mouse_can_be_left_to_the_terminal(place: Path) -> None:
    """With mouse off, selecting text works as everywhere else."""
    with on_terminal(place, options={"mouse": False}) as terminal:
        terminal.wait_for(FIRST)
        assert "1000" not in terminal.modes()


@pytest.mark.parametrize(
    ("keys", "then"),
    [
        ("/portal\r", "1 of 1"),
        (":servers\r", "SERVER"),
        ("/portal\r\r", "VALIDITY"),
        ("/portal\rx", "key-compromise"),
        ("?\x1bsjjjj", "5 of 38"),
        ("/portal\x1b:jo\r", "ACTION"),
    ],
)
def test_what_is_typed_quickly_goes_where_the_key_before_it_leads(place: Path, keys: str, then: str) -> None:
    """In one piece, as over a slow line: none of the letters is taken for a command of the list, and none is lost."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.quiet()
        terminal.type(keys)
        terminal.wait_for(then)


def test_the_mouse_can_be_let_go_and_taken_again(place: Path) -> None:
    """A command of the palette, while the program runs; leaving gives it back either way."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        assert terminal.modes()["1000"] == "h"
        for mode in ("l", "h"):
            terminal.quiet()
            terminal.type("\x10")
            terminal.quiet()
            terminal.type("mouse")
            terminal.quiet()
            terminal.type("\r")
            terminal.quiet()
            assert terminal.modes()["1000"] == mode
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.restored()


def test_keys_that_cannot_be_used_are_told_before_anything_is_drawn(place: Path) -> None:
    """File, key and reason; the terminal is left alone."""
    file = place / "certmgr.toml"
    file.write_text(file.read_text(encoding="utf-8") + '\n[tui.keys]\nrevok = "X"\n', encoding="utf-8")
    command = "import sys\nfrom certmgr.__main__ import main\nsys.exit(main())"
    with on_terminal(place, before=f"sys.argv = ['certmgr', '--home', {str(place)!r}, 'tui']\n{command}") as terminal:
        assert terminal.end() == 2
        assert f"{file}: tui.keys.revok: is not the name of a command; revoke may be meant." in terminal.text
        assert "\x1b[?1049h" not in terminal.text


def test_what_was_left_is_there_again(place: Path) -> None:
    """The next session begins on the screen and with the filter of the last one; the file is the user's alone."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.quiet()
        terminal.type(":certificates\r")
        terminal.quiet()
        terminal.type("/portal\r")
        terminal.quiet()
        terminal.type("q")
        assert terminal.end() == 0
    (file,) = (place.parent / "state" / "certmgr").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with on_terminal(place) as terminal:
        terminal.wait_for("portal.hub.egov.internal")
        terminal.quiet()
        assert FIRST not in terminal.text
        terminal.type("q")
        assert terminal.end() == 0


def test_no_color_sends_no_colour(place: Path) -> None:
    """NO_COLOR: bold, reverse and the terminal's own two colours, nothing else (no-color.org)."""
    with on_terminal(place, environment={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for(FIRST)
        terminal.type("j")
        terminal.quiet()
        codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", terminal.text) for code in found.split(";")}
        assert codes <= {"", "0", "1", "2", "4", "7", "39", "49"}
        assert "7" in codes


def test_an_empty_no_color_means_colour(place: Path) -> None:
    """The variable counts when it is set and not empty."""
    with on_terminal(place, environment={"NO_COLOR": ""}) as terminal:
        terminal.wait_for(FIRST)
        assert "38;2;" in terminal.text


@pytest.mark.parametrize(
    ("options", "environment"),
    [({"ascii": True}, {}), ({}, {"PYTHONIOENCODING": "latin-1"})],
    ids=["asked for", "the terminal's encoding"],
)
def test_ascii_sends_ascii(place: Path, options: dict[str, bool], environment: dict[str, str]) -> None:
    """With --ascii, and where the terminal does not speak UTF-8, every byte is ASCII."""
    with on_terminal(place, environment=environment, size=(160, 30), options=options) as terminal:
        terminal.wait_for(FIRST)
        for keys in ("jj", "x", "\x1b", "?"):
            terminal.type(keys)
            terminal.quiet()
        assert terminal.output.isascii()


def test_a_smaller_window_is_told_what_is_needed(place: Path) -> None:
    """The size is followed while it runs."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.resize(60, 20)
        terminal.wait_for("certmgr needs 80 columns and 20 rows.")
        terminal.resize(100, 30)
        terminal.wait_for(FIRST)


def test_fg_paints_everything_again(place: Path) -> None:
    """ctrl+z gives the terminal back, fg takes it and draws what was there."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.quiet()
        terminal.type("\x1a")
        pid, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
        assert pid == terminal.process.pid
        assert os.WIFSTOPPED(status)
        terminal.read(0.2)
        assert terminal.restored()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for(FIRST)
        terminal.type("q")
        assert terminal.end() == 0


def test_it_is_light_on_the_line(place: Path) -> None:
    """Nothing is sent while nothing changes, and a cursor move that does not scroll takes less than 2 kB."""
    with on_terminal(place) as terminal:
        terminal.wait_for(FIRST)
        terminal.quiet()
        assert len(terminal.read(2.5)) < 2.5 * 500
        terminal.type("j")
        assert 0 < len(terminal.read(0.4)) < 2000


@pytest.mark.parametrize(
    ("key", "seen"),
    [("?", "EVERYWHERE"), ("\r", "Requested by"), ("x", "key-compromise")],
    ids=["help", "detail", "dialog"],
)
def test_a_countdown_beside_an_overdue_request_is_light_on_the_line(place: Path, key: str, seen: str) -> None:
    """Each second the terminal gets the countdown's new text and its place: not the banner, not what lies below."""
    with on_terminal(place, before=RUNNING_CLOCK) as terminal:
        terminal.wait_for(FIRST)
        terminal.type(key)
        terminal.wait_for(seen)
        terminal.quiet()
        # A line that is drawn for the first time, or whose seconds have a digit less, is drawn whole.
        terminal.read(1.5)
        sent = terminal.read(4.0)
        assert "OVERDUE" in terminal.text
        assert re.search(rb"m\d\ds", sent) is not None
        assert len(sent) < 4 * 200


def test_a_countdown_in_the_list_and_in_the_banner_stay_light(place: Path) -> None:
    """A row that counts down, too, is no page."""
    with on_terminal(place, before=RUNNING_CLOCK) as terminal:
        terminal.wait_for(FIRST)
        terminal.quiet()
        terminal.read(1.5)
        sent = terminal.read(4.0)
        assert len(re.findall(rb"\d\ds", sent)) > 4
        assert len(sent) < 4 * 500
