"""The copy menu: what is sent to the terminal's clipboard, and that it is never claimed to have arrived."""

import base64
import os
import stat
from pathlib import Path

import pytest

from certmgr.queries.certificates import resolve
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL, poison
from tests.tui.screens import eventually, masked, matches_golden, press, settle, shown, stands_on
from tests.tui.test_hostile import clean
from tui import clipboard
from tui.dialogs.copy import CopyDialog
from tui.screens.detail import DetailScreen

PORTAL = "portal.hub.egov.internal"


@pytest.fixture(autouse=True)
def _no_tmux(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests within tmux keeps their buffers."""
    monkeypatch.delenv("TMUX", raising=False)


def fake_tmux(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    """Put a program called tmux first on the path; return where it may write."""
    program = folder / "bin" / "tmux"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")  # noqa: S108 - what tmux sets; nothing is there
    return folder / "buffer"


async def test_the_copy_menu_looks_as_it_did(home: HomeForTest, running: Running) -> None:
    """Over the list, on its second value."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "y", "j")
        assert matches_golden("copy-80x24", masked(shown(app), home))


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
async def test_each_value_is_shown_and_sent(home: HomeForTest, running: Running, number: int) -> None:
    """Name, serial, fingerprint, PEM, folder: by its number, from the list."""
    one = resolve(home.workspace, PORTAL)
    async with running(home, size=(100, 40)) as (app, pilot):
        await press(app, pilot, "j", "y", str(number))
        sent = app.clipboard
        expected = {1: one.server, 2: one.serial, 3: one.sha256, 5: f"out/{one.server}/live"}
        if number in expected:
            assert sent == expected[number]
        else:
            assert sent.startswith("-----BEGIN CERTIFICATE-----\n")
            body = "".join(line for line in sent.splitlines() if not line.startswith("-"))
            assert base64.b64decode(body)[:1] == b"\x30"
        for line in sent.splitlines():
            assert line in shown(app)
        await eventually(app, pilot, "was sent to the terminal's clipboard")
        assert "copied" not in shown(app).lower()


async def test_enter_sends_the_highlighted_value_and_the_dialog_stays(home: HomeForTest, running: Running) -> None:
    """So that what does not arrive can be selected; esc closes, and nothing was changed."""
    one = resolve(home.workspace, PORTAL)
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "y", "down", "enter")
        assert app.clipboard == one.serial
        await eventually(app, pilot, "The serial was sent to the terminal's clipboard.")
        assert stands_on(app, CopyDialog)
        await press(app, pilot, "k", "enter")
        assert app.clipboard == one.server
        await press(app, pilot, "escape")
        assert not stands_on(app, CopyDialog)


@pytest.mark.parametrize("key", ["escape", "n"])
async def test_nothing_is_sent_before_it_is_asked_for(home: HomeForTest, running: Running, key: str) -> None:
    """Opening the menu and leaving it sends nothing."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "y")
        assert stands_on(app, CopyDialog)
        await press(app, pilot, key)
        assert not stands_on(app, CopyDialog)
        assert app.clipboard == ""


async def test_the_page_of_a_certificate_has_the_menu_too(home: HomeForTest, running: Running) -> None:
    """With y, and in a read-only session as well."""
    async with running(home, read_only=True) as (app, pilot):
        await press(app, pilot, "j", "enter", "y", "1")
        assert app.clipboard == PORTAL
        await press(app, pilot, "escape")
        assert stands_on(app, DetailScreen)


async def test_within_tmux_its_buffer_gets_the_value_too(
    home: HomeForTest, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By arguments and standard input, through no shell."""
    buffer = fake_tmux(tmp_path, monkeypatch, f'printf "%s " "$@" > {tmp_path}/arguments; cat > {tmp_path}/buffer')
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "y", "1")
        await eventually(app, pilot, "clipboard and to tmux's buffer.")
        assert buffer.read_text() == PORTAL
        assert (tmp_path / "arguments").read_text() == "load-buffer -w - "


@pytest.mark.parametrize("text", ["exit 1", "exec sleep 30"], ids=["refuses", "hangs"])
async def test_tmux_that_does_not_take_it_is_said(
    home: HomeForTest, running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """It refuses, or does not answer in time; OSC 52 was sent all the same."""
    monkeypatch.setattr(clipboard, "TMUX_S", 0.3)
    fake_tmux(tmp_path, monkeypatch, text)
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "y", "1")
        await eventually(app, pilot, "tmux did not take it")
        assert app.clipboard == PORTAL


async def test_a_tmux_that_is_not_there_takes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variable alone makes no tmux."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not await clipboard.load_tmux_buffer("text")


async def test_what_is_sent_is_safe_to_paste(home: HomeForTest, running: Running) -> None:
    """A folder with line ends and escapes goes out written out: pasted into a shell it does nothing."""
    one = resolve(home.workspace, "gateway.hub.egov.internal")
    poison(home, one.id)
    async with running(home) as (app, pilot):
        await press(app, pilot, "y", "5")
        await settle(app, pilot)
        assert clean(app.clipboard)
        assert "\\x1b]0;owned\\x07" in app.clipboard
        assert ALL not in app.clipboard
        assert clean(shown(app))


async def test_an_empty_list_has_nothing_to_copy(empty_home: HomeForTest, running: Running) -> None:
    """The key does nothing."""
    async with running(empty_home) as (app, pilot):
        await press(app, pilot, "y")
        assert not stands_on(app, CopyDialog)
