"""The top line, sizes of the terminal, and what moves: the frame that every screen has."""

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from certmgr.config_sections import Table
from tests.home import PASSPHRASE, HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import eventually, press, shown
from tui.app import CertmgrApp
from tui.commands import Scope, in_scope
from tui.present import width_of
from tui.screens.catalogue import SCREENS
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.row_list import RowList


async def go(app: CertmgrApp, pilot: Pilot[int], place: str) -> None:
    """Go to a screen."""
    await app.run_action(f"app.go('{place}')")
    await press(app, pilot)


async def test_the_top_line_names_the_unlocked_slot(home: HomeForTest, running: Running) -> None:
    """On every screen while it is unlocked, and no longer."""
    async with running(home) as (app, pilot):
        assert "admin" not in shown(app).splitlines()[0]
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await eventually(app, pilot, "⚷ admin")
        await go(app, pilot, "servers")
        assert "⚷ admin" in shown(app).splitlines()[0]
        await press(app, pilot, "ctrl+l")
        await eventually(app, pilot, "The slot admin is locked.")
        assert "⚷" not in shown(app).splitlines()[0]
    async with running(home, ascii_only=True) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await eventually(app, pilot, "unlocked: admin")


async def test_a_ca_has_its_colour(home: HomeForTest, running: Running) -> None:
    """By its short name, else that of every other; none with NO_COLOR, where the name stands alone."""
    settings = home.workspace.config.tui
    object.__setattr__(settings, "accents", Table(entries=(("issuing-2025-1", "#7a1f2b"), ("*", "#1f4f7a"))))
    async with running(home) as (app, _pilot):
        spans = app.screen.query_one(Header).render().spans
        assert any("#7a1f2b" in str(span.style) for span in spans)
        assert " Example Issuing CA 2025-1 " in shown(app)
    object.__setattr__(settings, "accents", Table(entries=(("other", "#7a1f2b"), ("*", "#1f4f7a"))))
    async with running(home) as (app, _pilot):
        assert any("#1f4f7a" in str(span.style) for span in app.screen.query_one(Header).render().spans)


@pytest.mark.parametrize("size", [(80, 24), (80, 20), (120, 40), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("place", SCREENS)
async def test_every_screen_fits_every_size(
    home: HomeForTest, running: Running, place: str, size: tuple[int, int]
) -> None:
    """No line is wider than the terminal, no horizontal scroll bar stands, banner and keys are in sight."""
    async with running(home, size=size) as (app, pilot):
        await go(app, pilot, place)
        lines = shown(app).splitlines()
        assert all(width_of(line) <= size[0] for line in lines)
        assert "revocations open" in lines[1]
        assert "q quit" in lines[-1]
        assert not any(widget.show_horizontal_scrollbar for widget in app.screen.walk_children(Widget))


@pytest.mark.parametrize("place", SCREENS)
async def test_a_small_terminal_is_told_what_is_needed(home: HomeForTest, running: Running, place: str) -> None:
    """On every screen, at 60x20; q still leaves."""
    async with running(home, size=(60, 20)) as (app, pilot):
        await go(app, pilot, place)
        text = shown(app)
        assert "certmgr needs 80 columns and 20 rows." in text
        assert "This terminal has 60 columns and 20 rows." in text
        await pilot.press("q")
        await pilot.pause(0.1)
        assert app.return_code == 0


@pytest.mark.parametrize("place", [name for name, kind in SCREENS.items() if Scope.ROWS in kind.SCOPES])
async def test_arrows_and_letters_move_alike(home: HomeForTest, running: Running, place: str) -> None:
    """In every list that has rows: j and down, k and up, G and end, g and home."""
    async with running(home) as (app, pilot):
        await go(app, pilot, place)
        table = app.screen.query_one(RowList)
        for pair in (("j", "down"), ("k", "up"), ("G", "end"), ("g", "home")):
            seen = []
            for key in pair:
                await press(app, pilot, "g", "j" if len(table.view.rows) > 2 else "g", key)
                seen.append(table.view.cursor)
            assert seen[0] == seen[1], pair


async def test_the_mouse_does_what_keys_do(home: HomeForTest, running: Running) -> None:
    """A click moves the cursor, the wheel scrolls, a click on a key at the bottom gives its command."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "certificates")
        table = app.screen.query_one(RowList)
        await pilot.click(RowList, offset=(10, 4))
        await press(app, pilot)
        assert table.view.cursor == 3
        top = table.view.top
        table.post_message(MouseScrollDown(table, 10, 4, 0, 1, 0, shift=False, meta=False, ctrl=False))
        await press(app, pilot)
        assert table.view.top > top
        column = shown(app).splitlines()[-1].index("/ filter")
        await pilot.click(KeyBar, offset=(column, 0))
        await press(app, pilot)
        assert isinstance(app.focused, Input)


async def test_every_place_can_be_gone_to_by_name(home: HomeForTest, running: Running) -> None:
    """By its whole name in the dialog of `:`, and by its command in the palette."""
    async with running(home) as (app, pilot):
        for place in SCREENS:
            await press(app, pilot, "colon", *place, "enter")
            assert app.current_mode == place
        assert {f"go-{place}" for place in SCREENS} <= {command.id for command in in_scope(Scope.PLACES)}


async def test_wide_characters_stay_aligned(home: HomeForTest, running: Running) -> None:
    """A Chinese owner takes two cells a character, and what stands after it does not move."""
    async with running(home, size=(120, 40)) as (app, pilot):
        await go(app, pilot, "certificates")
        table = app.screen.query_one(RowList)
        widths = {sum(segment.cell_length for segment in table.render_line(line)) for line in range(12)}
        assert widths == {table.size.width}
        rows = [line for line in shown(app).splitlines() if ".egov.internal" in line or "…" in line]
        assert any("网络中心" in line for line in rows)
