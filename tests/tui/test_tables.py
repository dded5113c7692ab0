"""What all tables have: they look as they did, hold hostile data, say what would fill them, and hide what writes."""

import os
from pathlib import Path

import pytest

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.furnished import PORTAL, furnish
from tests.tui.hostile import ALL
from tests.tui.screens import go, masked, matches_golden, press, settle, shown
from tests.tui.test_hostile import clean
from tui.commands import COMMANDS, Scope
from tui.screens.catalogue import SCREENS
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.run import RunScreen
from tui.widgets.facts_pane import FactsPane

TABLES = ("servers", "notices", "campaigns", "journal", "authorities")
SIZES = [(80, 24), (120, 40), (160, 45)]


@pytest.mark.parametrize("place", [*TABLES, "doctor"])
async def test_tables_are_as_they_were(home: HomeForTest, running: Running, place: str) -> None:
    """Each list and the page of its first row look as they did when somebody last looked at them."""
    furnish(home)
    async with running(home) as (app, pilot):
        await go(app, pilot, place)
        same = [matches_golden(f"{place}-80x24", settled(shown(app), home))]
        await press(app, pilot, "enter")
        same.append(matches_golden(f"{place}-page-80x24", settled(shown(app), home)))
        assert all(same)


def settled(text: str, home: HomeForTest) -> str:
    """Return a screen with what differs from machine to machine masked: paths, versions, the uid."""
    text = masked(text, home).replace(str(home.path.parent), "HOME")
    keep = []
    for line in text.splitlines():
        if any(word in line for word in ("SQLite", "machine's key file", "asked:", "pytest-of", "/HOME")):
            keep.append(line[:14].rstrip() + " ...")
            continue
        keep.append(line.replace(f"System uid    {os.getuid()},", "System uid    UID,"))
    return "\n".join(keep) + "\n"


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("place", TABLES)
async def test_hostile_facts_in_tables_are_text(
    home: HomeForTest, running: Running, place: str, size: tuple[int, int]
) -> None:
    """In list, pane and page: markup stays markup, controls are written out, columns stay where they are."""
    furnish(home)
    poison(home)
    async with running(home, size=size) as (app, pilot):
        await go(app, pilot, place)
        if place == "servers":
            await press(app, pilot, "a")
        assert clean(shown(app))
        assert all(len(line) <= size[0] for line in shown(app).splitlines())
        await press(app, pilot, "enter")
        assert isinstance(app.screen, FactsScreen)
        assert clean(shown(app))
        if place != "authorities":
            assert "[@click=app.quit]gotcha[/]" in shown(app).replace("\n", "").replace("  ", "")
        await press(app, pilot, "G")
        assert clean(shown(app))
        assert app.is_running


def poison(home: HomeForTest) -> None:
    """Put hostile text into every field that these tables show, past every check, as a foreign store may hold it."""
    from certmgr.models.operators import Actor, Role

    home.workspace.close()
    with home.workspace.store().write(Actor(name=ALL, role=Role.ADMINISTRATOR, os_uid=0)) as tx:
        tx.change("UPDATE server SET owner = ?, purpose = ?, recorded_ip = ?, confirmation = ?", (ALL,) * 4)
        tx.change("UPDATE server SET name = ? || name", (ALL,))
        tx.change("UPDATE contact SET value = ?", (ALL,))
        tx.change("UPDATE deployment SET host = ?, folder = '/' || ? || id WHERE host <> ''", (ALL, ALL))
        tx.change("UPDATE attempt SET problem = ?", (ALL,))
        tx.change(
            "UPDATE notice SET result = ?, threshold = threshold || ?, audience = ?,"
            " data = json_object('server', ?, ?, ?)",
            (ALL, ALL, ALL, ALL, ALL, ALL),
        )
        tx.change("UPDATE campaign SET name = id || ?, reason = ?, filter = ?, created_by = ?", (ALL, ALL, ALL, ALL))
        tx.record(f"certificate.{ALL}", f"certificate:{ALL}", {ALL: ALL, "list": [ALL], "text": ALL})


@pytest.mark.parametrize("place", ["servers", "campaigns"])
async def test_a_click_on_hostile_markup_in_a_page_does_nothing(
    home: HomeForTest, running: Running, place: str
) -> None:
    """`[@click=...]` in a fact is text: no action hangs on it."""
    furnish(home)
    poison(home)
    async with running(home, size=(120, 40)) as (app, pilot):
        await go(app, pilot, place)
        await press(app, pilot, "enter")
        for row, line in enumerate(shown(app).splitlines()):
            if "gotcha" in line:
                await pilot.click(offset=(line.index("gotcha") + 2, row))
        await settle(app, pilot)
        assert app.is_running
        assert not app._exit


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("servers", "certmgr server add NAME"),
        ("notices", "[notices] of certmgr.toml"),
        ("campaigns", "certmgr campaign create NAME"),
        ("applications", "i applies for a certificate."),
    ],
)
async def test_an_empty_table_says_what_would_fill_it(
    empty_home: HomeForTest, running: Running, place: str, text: str
) -> None:
    """Not a blank screen: the first steps, as they are typed."""
    async with running(empty_home) as (app, pilot):
        await go(app, pilot, place)
        assert text in shown(app)
        assert all(len(line) <= app.size.width - 4 for line in app.screen.nothing().split("\n"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("place", TABLES)
async def test_a_filter_that_finds_nothing_says_how_it_is_cleared(
    home: HomeForTest, running: Running, place: str
) -> None:
    """The filter is named, and esc brings the rows back."""
    furnish(home)
    async with running(home) as (app, pilot):
        await go(app, pilot, place)
        before = shown(app).splitlines()[3]
        await press(app, pilot, "slash", *"zzzz", "enter")
        assert "matches  zzzz" in shown(app)
        assert "esc clears the filter" in shown(app)
        await press(app, pilot, "escape")
        assert shown(app).splitlines()[3] == before


@pytest.mark.parametrize("place", TABLES)
async def test_a_store_that_cannot_be_read_is_named(home: HomeForTest, running: Running, place: str) -> None:
    """The list says why there is nothing; nothing crashes."""
    database = Path(home.path) / "certmgr.db"
    async with running(home) as (app, pilot):
        for lane in (app.lists, app.reads, app.counts):
            await lane.run(app.backend.close_thread)
        database.rename(database.with_suffix(".away"))
        await go(app, pilot, place)
        assert "certmgr.db" in shown(app)
        assert app.is_running
        database.with_suffix(".away").rename(database)


@pytest.mark.parametrize("place", [*TABLES, "doctor"])
async def test_a_read_only_session_offers_nothing_that_writes(home: HomeForTest, running: Running, place: str) -> None:
    """Neither by key nor in the palette."""
    furnish(home)
    async with running(home, read_only=True) as (app, pilot):
        await go(app, pilot, place)
        assert isinstance(app.screen, FrameScreen)
        scopes = {*app.screen.SCOPES, Scope.EVERYWHERE}
        writing = [one for one in COMMANDS if one.writes and one.scope in scopes]
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert not offered & {one.title for one in writing}
        before = type(app.screen)
        for one in writing:
            if one.keys:
                await press(app, pilot, one.keys[0])
                assert type(app.screen) is before
        app.action_run_check()
        await settle(app, pilot)
        assert not isinstance(app.screen, RunScreen)


@pytest.mark.parametrize("place", TABLES)
async def test_facts_stand_beside_a_wide_list_and_follow_the_cursor(
    home: HomeForTest, running: Running, place: str
) -> None:
    """From 150 columns on; below, the page has them."""
    furnish(home)
    async with running(home, size=(160, 45)) as (app, pilot):
        await go(app, pilot, place)
        await pilot.pause(0.2)
        await settle(app, pilot)
        pane = app.screen.query_one(FactsPane)
        assert pane.display
        first = str(pane.query_one("Static").render())
        assert first.strip()
        await press(app, pilot, "j")
        await pilot.pause(0.2)
        await settle(app, pilot)
        assert str(pane.query_one("Static").render()) != first
        await pilot.resize_terminal(120, 40)
        await settle(app, pilot)
        assert not pane.display


@pytest.mark.parametrize("place", TABLES)
async def test_no_table_needs_more_than_80_columns(home: HomeForTest, running: Running, place: str) -> None:
    """Every heading is whole, and the last column ends within the screen, also at the width of no column change."""
    furnish(home)
    async with running(home) as (app, pilot):
        await go(app, pilot, place)
        for width in (80, 91, 92, 111, 118, 149):
            await pilot.resize_terminal(width, 24)
            await settle(app, pilot)
            heading = shown(app).splitlines()[2]
            assert len(heading) <= width
            assert "…" not in heading


async def test_what_changes_elsewhere_shows_on_a_page(home: HomeForTest, running: Running) -> None:
    """A page follows the store as the lists do."""
    from tests.tui.furnished import change_facts

    async with running(home) as (app, pilot):
        await go(app, pilot, "servers")
        await press(app, pilot, "slash", *"portal", "enter", "enter")
        assert "Citizens' office" in shown(app)
        change_facts(home, PORTAL)
        home.workspace.close()
        await press(app, pilot, "ctrl+r")
        await settle(app, pilot)
        assert "Portal team" in shown(app)


def test_every_place_of_the_tables_is_in_the_catalogue() -> None:
    """What the tests above walk through is what there is."""
    assert {*TABLES, "doctor"} <= set(SCREENS)
