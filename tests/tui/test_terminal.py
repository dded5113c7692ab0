"""What is asked of a terminal, and what a crash leaves behind."""

import io
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest
from rich.segment import Segment
from textual import _parser
from textual.color import Color
from textual.events import Key

from certmgr.errors import UsageError
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tui.present import Ink
from tui.terminal import EscapeKept, NothingRaw, check_terminal, speaks_utf8, write_crash
from tui.theme import INK_COLOURS
from tui.widgets.certificate_list import CertificateList

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def tty() -> Iterator[TextIO]:
    """Return a stream that is a terminal."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        yield stream
    os.close(master)


def test_a_terminal_is_enough(tty: TextIO) -> None:
    """Keys from standard input, drawing on standard error."""
    check_terminal(tty, tty, {"TERM": "xterm-256color"})


def test_without_a_terminal_it_refuses(tty: TextIO) -> None:
    """Cron and pipes are told so at once, with what to use instead (exit 2)."""
    with pytest.raises(UsageError, match="standard input is none") as refusal:
        check_terminal(io.StringIO(), tty, {"TERM": "xterm"})
    assert "certmgr list" in str(refusal.value.hint)
    with pytest.raises(UsageError, match="standard input and standard error is none"):
        check_terminal(io.StringIO(), io.StringIO(), {"TERM": "xterm"})


@pytest.mark.parametrize("term", ["", "dumb", "unknown", None])
def test_a_dumb_terminal_is_refused(tty: TextIO, term: str | None) -> None:
    """Textual would draw escapes on it."""
    with pytest.raises(UsageError, match="TERM"):
        check_terminal(tty, tty, {} if term is None else {"TERM": term})


def test_the_command_without_a_terminal_ends_at_once(home: HomeForTest) -> None:
    """`certmgr tui </dev/null` in cron exits 2 with a sentence and a hint, and draws nothing."""
    home.workspace.close()
    done = subprocess.run(
        [sys.executable, "-m", "certmgr", "--home", str(home.path), "tui"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert b"certmgr tui needs a terminal" in done.stderr
    assert b"\x1b" not in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize(("encoding", "answer"), [("utf-8", True), ("UTF8", True), ("latin-1", False)])
def test_only_utf8_is_trusted_with_signs(encoding: str, answer: bool) -> None:  # noqa: FBT001 - an example
    """Where the terminal's encoding is another one, ASCII is drawn."""
    assert speaks_utf8(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) is answer


def _fail() -> None:
    passphrase = "correct horse"
    try:
        int(passphrase)
    except ValueError as error:
        raise RuntimeError(passphrase) from error


def test_a_crash_report_holds_places_and_types_only(tmp_path: Path) -> None:
    """Neither messages nor values: both may hold a secret. The file is the owner's alone."""
    with pytest.raises(RuntimeError) as crash:
        _fail()
    path = write_crash(crash.value, tmp_path / "log", NOW)
    assert path is not None
    report = path.read_text(encoding="utf-8")
    assert "builtins.RuntimeError" in report
    assert "builtins.ValueError" in report
    assert "_fail" in report
    assert "invalid literal" not in report
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_crash_report_follows_no_link(tmp_path: Path) -> None:
    """Whoever could plant a link would have the report written elsewhere."""
    (tmp_path / "crash.log").symlink_to(tmp_path / "elsewhere")
    assert write_crash(RuntimeError(), tmp_path, NOW) is None
    assert not (tmp_path / "elsewhere").exists()


def test_the_last_net_takes_out_what_acts() -> None:
    """Every piece of text loses controls and direction marks; what positions the cursor is no text."""
    move = Segment("\x1b[1;1H", None, [(1,)])  # type: ignore[list-item] # any control code
    segments = NothingRaw().apply([Segment("a\x1b[2Jb\u202ec"), move, Segment("网络")], Color(0, 0, 0))
    assert [segment.text for segment in segments] == ["a[2Jbc", "\x1b[1;1H", "网络"]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b/", ["escape", "slash"]),
        ("\x1b\r", ["escape", "enter"]),
        ("\x1b:jo\r", ["escape", "colon", "j", "o", "enter"]),
        ("\x1bj", ["alt+j"]),
        ("\x1b\x1b", ["escape", "escape"]),
        ("\x1b[A", ["up"]),
        ("\x1bOB", ["down"]),
        ("j\x1b", ["j", "escape"]),
    ],
)
def test_esc_is_not_lost_before_another_key(sent: str, keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """They come in one piece where both are pressed quickly; with a letter it is told by what the key does."""
    monkeypatch.setattr(_parser, "get_time", lambda: 0.0)
    parser = EscapeKept()
    events = [*parser.feed(sent)]
    monkeypatch.setattr(_parser, "get_time", lambda: 1.0)
    events += parser.tick()
    assert [event.key for event in events if isinstance(event, Key)] == keys


async def test_a_state_has_its_colour(home: HomeForTest, running: Running) -> None:
    """In colour, the words of the states are in the inks of the theme; the cursor's row keeps them."""
    async with running(home) as (app, _pilot):
        table = app.screen.query_one(CertificateList)
        for line, word, ink in ((1, "expired", Ink.EXPIRED), (2, "due", Ink.DUE), (10, "valid", Ink.VALID)):
            segment = next(one for one in table.render_line(line) if word in one.text)
            assert segment.style is not None
            assert segment.style.color is not None
            assert segment.style.color.get_truecolor().hex == INK_COLOURS[ink]
