"""The certificate list: order, movement, filter, what is hidden, and what changes under it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from textual.events import MouseScrollDown, MouseScrollUp

from certmgr.intake import Wish
from certmgr.inventory_file import read_inventory
from certmgr.models.revocations import Cause
from certmgr.operations import certificates, inventory, revocations
from certmgr.patterns import too_slow
from certmgr.queries.certificates import resolve
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import eventually, press, settle, shown, type_text
from tui.app import CertmgrApp
from tui.screens.certificates import CertificatesScreen
from tui.viewport import KEEP
from tui.widgets.certificate_list import CertificateList
from tui.widgets.detail_pane import DetailPane
from tui.widgets.filter_bar import FilterBar
from tui.widgets.keybar import KeyBar

SLOW = r"/(?:\w|[a-z]|[.])+\s/"
"""It goes back twice for each letter of a name, none of which holds a space."""


def table(app: CertmgrApp) -> CertificateList:
    """Return the list."""
    return app.screen_stack[0].query_one(CertificateList)


def current(app: CertmgrApp) -> str:
    """Return the server under the cursor."""
    row = table(app).current
    assert row is not None
    return row.server


def names(app: CertmgrApp) -> list[str]:
    """Return the servers in memory, in their order."""
    return [row.server for row in table(app).view.rows]


def issue(home: HomeForTest, name: str, days: int) -> None:
    """Issue a certificate as another program does."""
    wish = Wish(dns=(name,), owner="Unit", purpose="TLS", days=days)
    certificates.issue(home.workspace, home.machine(), wish, destination=Path("out"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is issued is delivered under the test's folder."""
    monkeypatch.chdir(tmp_path)


async def test_the_first_to_expire_comes_first(home: HomeForTest, running: Running) -> None:
    """The list begins with what has to be acted on."""
    async with running(home) as (app, _pilot):
        ends = [row.not_after for row in table(app).view.rows]
        assert ends == sorted(ends)
        assert current(app) == "gateway.hub.egov.internal"


MOVES = (
    (("j", "j"), 2),
    (("down", "down", "k", "up"), 0),
    (("ctrl+d",), 10),
    (("ctrl+d", "ctrl+u"), 0),
    (("pagedown",), 19),
    (("G",), -1),
    (("end", "home"), 0),
    (("G", "g"), 0),
)


async def test_vim_keys_and_arrows_move_the_cursor(home: HomeForTest, running: Running) -> None:
    """Both sets of keys, by one, by half a page, by a page and to the ends."""
    async with running(home) as (app, pilot):
        for keys, line in MOVES:
            table(app).action_first()
            await press(app, pilot, *keys)
            assert current(app) == names(app)[line], keys


async def test_a_filter_is_applied_while_it_is_typed(home: HomeForTest, running: Running) -> None:
    """The rows follow the keys, and n of m is shown; enter keeps the filter, esc clears it."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        await type_text(app, pilot, "video")
        assert all("video" in name for name in names(app))
        assert "3 of 38" in shown(app)
        await press(app, pilot, "enter")
        await press(app, pilot, "j")
        assert current(app) == names(app)[1]
        await press(app, pilot, "escape")
        assert len(names(app)) == 38
        assert current(app) == "video-1.district-2.egov.internal"


async def test_the_filter_speaks_the_language_of_the_command_line(home: HomeForTest, running: Running) -> None:
    """state:due is what `certmgr list state:due` shows."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        await press(app, pilot, *"state", "colon", *"due")
        assert {row.state.value for row in table(app).view.rows} == {"due"}


async def test_esc_in_the_filter_line_leaves_and_clears_it(home: HomeForTest, running: Running) -> None:
    """Textual's field does not give the keys back by itself."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash", *"video", "escape")
        assert app.focused is table(app)
        assert len(names(app)) == 38


async def test_a_filter_that_cannot_be_understood_says_why(home: HomeForTest, running: Running) -> None:
    """The rows stay as they were while a term is incomplete."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        app.screen.query_one(FilterBar).field.value = "state:rotten"
        await settle(app, pilot)
        assert "rotten is not a state" in shown(app)
        assert len(names(app)) == 38


async def test_a_regular_expression_that_takes_too_long_says_so_and_the_next_key_goes_on(
    home: HomeForTest, running: Running
) -> None:
    """The rows stay, the keys go on, and a filter that is shorter by a sign is applied."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        field = app.screen.query_one(FilterBar).field
        field.value = SLOW
        await eventually(app, pilot, "takes too long on a name")
        assert len(names(app)) == 38
        field.value = f"{SLOW} "
        await press(app, pilot, "enter", "j")
        assert current(app) == names(app)[1]
        await press(app, pilot, "slash")
        field.value = "/video|!/"
        await eventually(app, pilot, "3 of 38")
        assert "takes too long" not in shown(app)


async def test_a_count_that_takes_too_long_says_so_in_the_filter_line(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page may be full before the name comes on which it takes too long."""
    async with running(home) as (app, pilot):
        source = type(app.backend.certificates)

        def refused(*_: object) -> None:
            raise too_slow()

        monkeypatch.setattr(source, "tally", refused)
        await press(app, pilot, "slash")
        app.screen.query_one(FilterBar).field.value = "/video|!/"
        await eventually(app, pilot, "takes too long on a name")
        assert all("video" in name for name in names(app))


async def test_no_command_fires_while_a_filter_is_typed(home: HomeForTest, running: Running) -> None:
    """X and q are letters there."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash", "x", "q")
        assert isinstance(app.screen, CertificatesScreen)
        assert "No certificate matches  xq" in shown(app)
        assert "esc clears the filter." in shown(app)


async def test_superseded_and_long_expired_ones_are_hidden_and_counted(home: HomeForTest, running: Running) -> None:
    """One key shows them, and their number is told."""
    async with running(home) as (app, pilot):
        assert "2 hidden" in shown(app)
        assert "archive.hub.egov.internal" not in names(app)
        await press(app, pilot, "a")
        assert "archive.hub.egov.internal" in names(app)
        assert "superseded" in shown(app)
        assert "hidden" not in shown(app)
        await press(app, pilot, "a")
        assert "archive.hub.egov.internal" not in names(app)


async def test_a_home_without_certificates_says_how_to_begin(empty_home: HomeForTest, running: Running) -> None:
    """The two commands that fill it."""
    async with running(empty_home) as (app, _pilot):
        assert "There are no certificates yet." in shown(app)
        assert "certmgr issue --from inventory.csv" in shown(app)


async def test_a_change_elsewhere_shows_and_the_cursor_stays(home: HomeForTest, running: Running) -> None:
    """What another program issues appears before the cursor's row, and the cursor stays on its certificate."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "j", "j")
        before = current(app)
        line = table(app).view.cursor - table(app).view.top
        issue(home, "early.hub.egov.internal", days=1)
        await eventually(app, pilot, "early.hub.egov.internal")
        await settle(app, pilot)
        assert names(app)[1] == "early.hub.egov.internal"
        assert current(app) == before
        assert table(app).view.cursor - table(app).view.top == min(line, table(app).view.cursor)
        assert "39" in shown(app).splitlines()[-1]


async def test_a_revocation_elsewhere_shows_in_list_and_banner(home: HomeForTest, running: Running) -> None:
    """The CLI and the interface look at one store."""
    async with running(home) as (app, pilot):
        found = resolve(home.workspace, "portal.hub.egov.internal")
        revocations.revoke(
            home.workspace, home.person(), certificate=found.id, cause=Cause.KEY_LOST, confirm=found.server
        )
        await eventually(app, pilot, "⊘ revoked   portal.hub.egov.internal")


async def test_states_follow_the_clock(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """A certificate expires without anything being written; a new reading says so."""
    async with running(home) as (app, pilot):
        assert "▲ due       portal.hub" in shown(app)
        clock.advance(timedelta(days=6))
        await press(app, pilot, "ctrl+r")
        app.clear_notifications()
        await eventually(app, pilot, "✗ expired   portal.hub")


async def test_enter_opens_the_certificate_and_esc_leads_back(home: HomeForTest, running: Running) -> None:
    """The detail has a screen of its own; the list is as it was left."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "enter")
        assert "NAMES" in shown(app)
        assert "portal.hub.egov.internal" in shown(app)
        await press(app, pilot, "escape")
        assert current(app) == "portal.hub.egov.internal"


async def test_the_mouse_does_what_the_keys_do(home: HomeForTest, running: Running) -> None:
    """A click moves the cursor, a second one opens, the wheel scrolls, a word of the bottom line is its key."""
    async with running(home) as (app, pilot):
        await pilot.click(CertificateList, offset=(20, 4))
        assert current(app) == names(app)[3]
        table(app).post_message(scroll(MouseScrollDown, table(app)))
        await settle(app, pilot)
        assert table(app).view.top == 3
        table(app).post_message(scroll(MouseScrollUp, table(app)))
        await settle(app, pilot)
        assert table(app).view.top == 0
        await pilot.click(CertificateList, offset=(20, 4))
        await settle(app, pilot)
        assert "NAMES" in shown(app)
        await pilot.click(KeyBar, offset=(shown(app).splitlines()[-1].index("back"), 0))
        await settle(app, pilot)
        assert isinstance(app.screen, CertificatesScreen)


def scroll(kind: type[MouseScrollDown | MouseScrollUp], widget: CertificateList) -> MouseScrollDown | MouseScrollUp:
    """Return a turn of the wheel over a widget."""
    return kind(widget=widget, x=5, y=5, delta_x=0, delta_y=1, button=0, shift=False, meta=False, ctrl=False)


async def test_the_detail_follows_the_cursor_where_there_is_room(home: HomeForTest, running: Running) -> None:
    """At 150 columns it stands beside the list; one key puts it away."""
    async with running(home, size=(150, 40)) as (app, pilot):
        pane = app.screen.query_one(DetailPane)
        for _ in range(3):
            await press(app, pilot, "j")
        await pilot.pause(0.05)
        await settle(app, pilot)
        assert pane.detail is not None
        assert pane.detail.certificate.server == current(app)
        await press(app, pilot, "full_stop")
        assert not pane.display


async def test_a_detail_shows_every_time_of_an_open_request(home: HomeForTest, running: Running) -> None:
    """Received, verified, to be published by when, revoked, signed: the way to relying parties (R6.1)."""
    async with running(home, size=(120, 50)) as (app, pilot):
        await press(app, pilot, "slash", *"switch")
        await press(app, pilot, "enter", "j", "enter")
        text = shown(app)
        assert "OPEN REVOCATION REQUEST" in text
        for label in ("Received", "Verified", "Publish by", "Revoked"):
            assert re.search(rf"^ +{label}  +2026-11-2", text, re.MULTILINE), label
        assert "OVERDUE 2h 05m" in text.split("OPEN REVOCATION REQUEST")[1]


@pytest.mark.parametrize("size", [(80, 24), (80, 20), (110, 30), (149, 40)], ids=str)
async def test_nothing_is_wider_than_the_terminal(home: HomeForTest, running: Running, size: tuple[int, int]) -> None:
    """No horizontal scroll bar, no line that is cut by the edge of the screen."""
    async with running(home, size=size) as (app, _pilot):
        assert not any(widget.show_horizontal_scrollbar for widget in app.screen.query("*"))
        assert all(len(line) <= size[0] for line in shown(app).splitlines())
        assert "NOT AFTER" in shown(app)


async def test_a_terminal_that_is_too_small_is_told_what_is_needed(home: HomeForTest, running: Running) -> None:
    """60x20 shows no half of a list, but what it takes; enlarged, the list is there."""
    async with running(home, size=(60, 20)) as (app, pilot):
        assert "certmgr needs 80 columns and 20 rows." in shown(app)
        assert "This terminal has 60 columns and 20 rows." in shown(app)
        assert "NOT AFTER" not in shown(app)
        await pilot.resize_terminal(80, 24)
        await settle(app, pilot)
        assert "NOT AFTER" in shown(app)


async def test_a_long_list_is_read_page_by_page(empty_home: HomeForTest, running: Running) -> None:
    """Memory holds a few pages; every row can be reached, and the place in the list is told."""
    lines = "\n".join(f"node-{number:04d},node-{number:04d}.egov.internal,,Unit,,TLS" for number in range(280))
    read = read_inventory(f"server,dns,ip,owner,contact,purpose\n{lines}\n".encode(), name="inventory.csv")
    batches = inventory.issue_inventory(empty_home.workspace, empty_home.machine(), read, destination=Path("out"))
    assert sum(len(batch) for batch in batches) == 280
    async with running(empty_home) as (app, pilot):
        assert "1 of 280" in shown(app)
        assert len(table(app).view.rows) == 200
        await press(app, pilot, "G")
        assert "280 of 280" in shown(app)
        assert current(app) == "node-0279"
        await press(app, pilot, "g")
        assert current(app) == "node-0000"
        for page in range(13):
            await press(app, pilot, "pagedown")
            assert current(app) == f"node-{(page + 1) * 19:04d}"
        assert len(table(app).view.rows) <= KEEP


async def test_a_store_that_disappears_is_told_and_ends_nothing(home: HomeForTest, running: Running) -> None:
    """What is shown stays; the reason is told once and kept in the message log."""
    async with running(home) as (app, pilot):
        app.reads._calls.put(None)  # a new thread, and with it a new connection
        app.reads._thread = None
        for path in home.path.glob("certmgr.db*"):
            path.rename(path.with_name(f"gone-{path.name}"))
        await press(app, pilot, "ctrl+r")
        await eventually(app, pilot, "There is no store at")
        assert "gateway.hub.egov.internal" in names(app)
        await press(app, pilot, "exclamation_mark")
        assert "There is no store at" in shown(app)
