"""What the interface remembers: how it was left, in a file that may be missing, foreign or hostile."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL
from tests.tui.screens import press, shown, type_text
from tui.remembered import ListMemory, Memory, load, path_for, save
from tui.screens.certificates import CertificatesScreen
from tui.theme import theme_name

DOCUMENTS = st.recursive(st.none() | st.text(), st.lists).map(lambda data: json.dumps(data).encode())
LEFT = Memory(
    theme="light",
    place="certificates",
    lists={
        "certificates": ListMemory(sort="server", descending=True, show_hidden=True, filter_text="hub", pane=False),
        "servers": ListMemory(),
    },
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """Whole; the file is the owner's alone, and so is its folder."""
    path = tmp_path / "state" / "certmgr" / "tui.json"
    assert save(path, LEFT)
    assert load(path) == LEFT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["tui.json"]


def test_each_home_has_its_own(tmp_path: Path) -> None:
    """Under XDG_STATE_HOME, else ~/.local/state; a relative one does not count (XDG)."""
    one = path_for(tmp_path / "one", {"XDG_STATE_HOME": "/state", "HOME": "/home/a"})
    other = path_for(tmp_path / "other", {"XDG_STATE_HOME": "/state", "HOME": "/home/a"})
    assert one is not None
    assert other is not None
    assert one != other
    assert one.parent == other.parent == Path("/state/certmgr")
    usual = path_for(tmp_path, {"HOME": "/home/a", "XDG_STATE_HOME": "state"})
    assert usual is not None
    assert usual.parent == Path("/home/a/.local/state/certmgr")
    assert path_for(tmp_path, {}) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2, "theme": "light"}',
        '{"version": 1, "theme": 5, "place": [], "lists": 7}',
        '{"version": 1, "lists": {"certificates": "hub"}}',
        "[" * 100_000,
        '{"version": 1' + " " * 70_000 + "}",
        '{"version": 1, "theme": "' + "x" * 300 + '"}',
        '{"version": 1, "theme": "\\u001b[2J", "place": "\\u202e"}',
        '{"version": 1, "theme": "\\ud800"}',
    ],
)
def test_what_cannot_be_understood_is_ignored(tmp_path: Path, text: str) -> None:
    """Syntax, another version, wrong types, depth, size, control characters."""
    path = tmp_path / "tui.json"
    path.write_text(text, encoding="utf-8")
    assert load(path) == Memory()


@given(data=st.binary(max_size=200) | DOCUMENTS)
def test_no_content_makes_it_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever bytes there are."""
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(data)
    assert load(path) == Memory()


def test_what_is_no_file_of_ones_own_is_not_read(tmp_path: Path) -> None:
    """A link, a pipe (which would block), a folder, nothing at all."""
    real, link, pipe = tmp_path / "real.json", tmp_path / "link.json", tmp_path / "pipe"
    save(real, LEFT)
    link.symlink_to(real)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path, tmp_path / "none.json", None):
        assert load(path) == Memory()


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path) -> None:
    """It is said by the answer, not by an error."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert save(tmp_path / "file" / "tui.json", LEFT) is False
    assert save(None, LEFT) is False
    (tmp_path / "folder").mkdir()
    assert save(tmp_path / "folder", LEFT) is False


def test_unknown_parts_are_passed_over(tmp_path: Path) -> None:
    """A later version's file gives what this one understands of it."""
    path = tmp_path / "tui.json"
    more = {"version": 1, "theme": "light", "other": 1, "lists": {"servers": {"sort": "owner", "zoom": 3}, "x\x1b": {}}}
    path.write_text(json.dumps(more), encoding="utf-8")
    assert load(path) == Memory(theme="light", lists={"servers": ListMemory(sort="owner")})


async def test_a_session_begins_as_the_last_one_ended(home: HomeForTest, running: Running, tmp_path: Path) -> None:
    """Screen, order, filter, what is hidden, pane and theme."""
    file = tmp_path / "tui.json"
    async with running(home, size=(160, 45), memory_file=file) as (app, pilot):
        await press(app, pilot, "C", "s", "S", "a", "full_stop", "slash")
        await type_text(app, pilot, "hub")
        await press(app, pilot, "enter")
        await app.run_action("app.theme('light')")
        before = shown(app).splitlines()[2:-1]
    async with running(home, size=(160, 45), memory_file=file) as (app, pilot):
        await press(app, pilot)
        assert app.current_mode == "certificates"
        assert app.theme == theme_name("light")
        screen = app.screen
        assert isinstance(screen, CertificatesScreen)
        assert screen.query_now.sort == "server"
        assert screen.query_now.descending
        assert not screen.pane.display
        assert [line for line in before if ".hub" in line] == [
            line for line in shown(app).splitlines() if ".hub" in line
        ]
        assert "esc clears" in shown(app)
        assert screen.table.has_focus
        await press(app, pilot, "escape")
        assert "node-00" in shown(app)


async def test_a_screen_that_there_is_no_more_is_forgotten(home: HomeForTest, running: Running, tmp_path: Path) -> None:
    """So is an order that the list does not know; of a filter that cannot be understood it says so."""
    file = tmp_path / "tui.json"
    save(
        file,
        Memory(
            place="gone",
            theme="neon",
            lists={"certificates": ListMemory(sort="[@click=app.quit]x[/]", filter_text="days<soon")},
        ),
    )
    async with running(home, memory_file=file) as (app, pilot):
        assert app.theme == theme_name("dark")
        await press(app, pilot, "C")
        assert isinstance(app.screen, CertificatesScreen)
        assert app.screen.query_now.sort == ""
        assert "days<soon" in shown(app)
        await press(app, pilot, "escape")
        assert "portal.hub" in shown(app)


async def test_hostile_memory_does_nothing(home: HomeForTest, running: Running, tmp_path: Path) -> None:
    """A filter full of escapes is not taken up at all."""
    file = tmp_path / "tui.json"
    lists = {"certificates": {"filter_text": ALL, "sort": ALL}, ALL: {}}
    file.write_text(json.dumps({"version": 1, "theme": ALL, "place": ALL, "lists": lists}), encoding="utf-8")
    async with running(home, memory_file=file) as (app, pilot):
        await press(app, pilot, "C")
        assert isinstance(app.screen, CertificatesScreen)
        assert app.screen.query_now.filter_text == ""
        assert "gotcha" not in shown(app)
