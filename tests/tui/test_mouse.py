"""The mouse: headings sort, rows are chosen and opened, the wheel scrolls; left to the terminal it does nothing.

Events go to the application as the terminal's driver sends them, so that what it makes of them is tested, too.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from textual.events import MouseDown, MouseEvent, MouseScrollDown, MouseScrollUp, MouseUp
from textual.pilot import Pilot

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.furnished import furnish
from tests.tui.screens import go, press, settle, shown, stands_on
from tui.app import CertmgrApp
from tui.screens.certificates import CertificatesScreen
from tui.screens.detail import DetailScreen
from tui.screens.frame import WIDE_COLUMNS
from tui.screens.listing import ListScreen
from tui.views import Row
from tui.widgets.row_list import RowList


async def send(app: CertmgrApp, pilot: Pilot[int], column: int, line: int, *kinds: type[MouseEvent]) -> None:
    """Send events of the mouse at a cell of the screen, as the driver does."""
    for kind in kinds:
        delta = {MouseScrollDown: 1, MouseScrollUp: -1}.get(kind, 0)
        event = kind(
            None, column, line, 0, delta, 1, shift=False, meta=False, ctrl=False, screen_x=column, screen_y=line
        )
        app.post_message(event)
    await settle(app, pilot)


async def click(app: CertmgrApp, pilot: Pilot[int], column: int, line: int) -> None:
    """Click a cell of the screen."""
    await send(app, pilot, column, line, MouseDown, MouseUp)


async def click_heading(app: CertmgrApp, pilot: Pilot[int], title: str) -> None:
    """Click the heading that reads so."""
    table = app.screen.query_one(RowList)
    heading = shown(app).splitlines()[table.region.y]
    await click(app, pilot, heading.index(title) + len(title) - 1, table.region.y)


def cell(app: CertmgrApp, line: int) -> str:
    """Return a line of the list, from 1."""
    return shown(app).splitlines()[app.screen.query_one(RowList).region.y + line]


BY_COLUMN: Mapping[str, Callable[[Row], Any]] = {
    "NAME": lambda row: row.server,
    "DAYS": lambda row: row.not_after,
    "NOT AFTER": lambda row: row.not_after,
    "PROFILE": lambda row: row.profile,
    "OWNER": lambda row: row.owner,
    "KEY": lambda row: row.key,
    "SERIAL": lambda row: row.serial,
}


@pytest.mark.parametrize("width", [80, 160])
async def test_a_click_on_a_heading_sorts_and_another_turns_it_round(
    home: HomeForTest, running: Running, width: int
) -> None:
    """R8.1: every column that there is an order for, where it stands at this width."""
    async with running(home, size=(width, 40)) as (app, pilot):
        table = app.screen.query_one(RowList)
        if width >= WIDE_COLUMNS:
            await press(app, pilot, "full_stop")
        sorted_by = set()
        for title, key in BY_COLUMN.items():
            if title not in shown(app).splitlines()[table.region.y]:
                assert width < WIDE_COLUMNS, title
                continue
            await click_heading(app, pilot, "PROFILE" if title != "PROFILE" else "NAME")
            await click_heading(app, pilot, title)
            sorted_by.add(title)
            values = [key(row) for row in table.view.rows]
            assert values == sorted(values), title
            await click_heading(app, pilot, title)
            assert [key(row) for row in table.view.rows] == sorted(values, reverse=True), title
        assert {"NAME", "NOT AFTER", "PROFILE"} <= sorted_by


async def test_a_heading_without_an_order_changes_nothing(home: HomeForTest, running: Running) -> None:
    """There is no order by state, nor one at the margin; the cursor stays."""
    async with running(home) as (app, pilot):
        before = shown(app)
        await click_heading(app, pilot, "STATE")
        await click(app, pilot, 0, app.screen.query_one(RowList).region.y)
        assert shown(app) == before


async def test_the_cursor_stays_on_its_certificate(home: HomeForTest, running: Running) -> None:
    """Another order moves the rows, not what is chosen; the order is the one that s and S go on from."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "j", "j")
        table = app.screen.query_one(RowList)
        chosen = table.current
        assert chosen is not None
        await click_heading(app, pilot, "NAME")
        assert "NAME↑" in shown(app)
        assert table.current is not None
        assert table.current.id == chosen.id
        await press(app, pilot, "S")
        assert "NAME↓" in shown(app)


async def test_tables_sort_by_their_headings(home: HomeForTest, running: Running) -> None:
    """Every other list has it, too."""
    furnish(home)
    home.workspace.close()
    async with running(home, size=(120, 40)) as (app, pilot):
        await go(app, pilot, "servers")
        assert isinstance(app.screen, ListScreen)
        await click_heading(app, pilot, "OWNER")
        assert "OWNER ↑" in shown(app)
        assert "Archive" in cell(app, 1)
        await click_heading(app, pilot, "OWNER")
        await press(app, pilot, "g")
        assert "OWNER ↓" in shown(app)
        assert "网络中心" in cell(app, 1)


async def test_rows_are_chosen_opened_and_scrolled(home: HomeForTest, running: Running) -> None:
    """A click moves the cursor, one on its row opens it, the wheel scrolls both ways."""
    async with running(home) as (app, pilot):
        table = app.screen.query_one(RowList)
        line = table.region.y + 4
        await click(app, pilot, 20, line)
        assert table.view.cursor == 3
        await send(app, pilot, 20, line, MouseScrollDown)
        assert table.view.top == 3
        await send(app, pilot, 20, line, MouseScrollUp)
        assert table.view.top == 0
        await click(app, pilot, 20, table.region.y + table.view.cursor - table.view.top + 1)
        assert stands_on(app, DetailScreen)


async def test_a_mouse_that_is_left_to_the_terminal_does_nothing(home: HomeForTest, running: Running) -> None:
    """`mouse = false`: neither heading nor row nor wheel nor key line; the command takes it again."""
    async with running(home, mouse=False) as (app, pilot):
        before = shown(app)
        table = app.screen.query_one(RowList)
        await click_heading(app, pilot, "NAME")
        await click(app, pilot, 20, table.region.y + 4)
        await click(app, pilot, 20, table.region.y + 1)
        await send(app, pilot, 20, table.region.y + 4, MouseScrollDown)
        await click(app, pilot, before.splitlines()[-1].index("/ filter"), app.size.height - 1)
        assert shown(app) == before
        assert stands_on(app, CertificatesScreen)
        await app.run_action("app.mouse")
        app.clear_notifications()
        await click_heading(app, pilot, "NAME")
        assert "NAME↑" in shown(app)
