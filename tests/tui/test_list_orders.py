"""The certificate list: orders, marks, searches that take long."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot

from certmgr.queries.certificates import resolve
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import eventually, press, settle, shown, told, type_text
from tests.tui.test_list import current, issue, names, table
from tui.app import CertmgrApp
from tui.backend.certificates import Certificates
from tui.screens import listing, marks
from tui.screens.certificates import CertificatesScreen
from tui.views import Row
from tui.widgets.filter_bar import FilterBar

ORDERS: tuple[tuple[str, Callable[[Row], Any]], ...] = (
    ("NAME", lambda row: row.server),
    ("PROFILE", lambda row: row.profile),
    ("OWNER", lambda row: row.owner),
    ("KEY", lambda row: row.key),
    ("SERIAL", lambda row: row.serial),
    ("CREATED", lambda row: row.created),
    ("NOT AFTER", lambda row: row.not_after),
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is issued is delivered under the test's folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=str)
async def test_the_list_is_sorted_by_every_column(home: HomeForTest, running: Running, size: tuple[int, int]) -> None:
    """`s` goes from column to column, the heading has the arrow, and what is sorted by is always among the columns."""
    async with running(home, size=size) as (app, pilot):
        assert "NOT AFTER↑" in shown(app)
        for heading, key in ORDERS:
            await press(app, pilot, "s")
            rows = table(app).view.rows
            assert [key(row) for row in rows] == sorted(key(row) for row in rows), heading
            assert f"{heading}↑" in shown(app)
            assert shown(app).count("↑") == 1
            assert len(rows) == 38
        await press(app, pilot, "s", "S")
        rows = table(app).view.rows
        assert [row.server for row in rows] == sorted((row.server for row in rows), reverse=True)
        assert "NAME↓" in shown(app)


async def test_an_order_in_ascii_has_an_ascii_arrow(home: HomeForTest, running: Running) -> None:
    """`^` and `v`."""
    async with running(home, ascii_only=True) as (app, pilot):
        assert "NOT AFTER^" in shown(app)
        await press(app, pilot, "S")
        assert "NOT AFTERv" in shown(app)


async def test_the_cursor_stays_on_its_certificate_in_another_order(home: HomeForTest, running: Running) -> None:
    """Where somebody has chosen a row, it is that row; at the top of the list, the top."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "s")
        assert current(app) == names(app)[0]
        await press(app, pilot, "j", "j", "j")
        chosen = current(app)
        for _ in ORDERS:
            await press(app, pilot, "s")
            assert current(app) == chosen
            assert chosen[:12] in shown(app)
        await press(app, pilot, "S")
        assert current(app) == chosen


async def test_marks_belong_to_certificates(home: HomeForTest, running: Running) -> None:
    """They survive filter, order and a change elsewhere, and the note tells of those that the filter hides."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "space", "space", "j", "space")
        marked = set(table(app).marked)
        expected = {names(app)[place] for place in (0, 1, 3)}
        assert "3 marked, " in shown(app)
        await press(app, pilot, "s", "S")
        issue(home, "early.hub.egov.internal", days=1)
        await eventually(app, pilot, "39")
        await settle(app, pilot)
        assert table(app).marked == marked
        assert {row.server for row in table(app).view.rows if row.id in marked} == expected
        await press(app, pilot, "slash", *"gateway")
        assert "3 marked (2 filtered out), " in shown(app)
        await press(app, pilot, "escape")
        assert "3 marked, " in shown(app)
        assert len(app.screen.chosen()) == 3  # type: ignore[attr-defined]  # a list's screen
        await press(app, pilot, "escape")
        assert table(app).marked == frozenset()
        assert "marked" not in shown(app)


async def test_all_that_match_are_marked_at_once(home: HomeForTest, running: Running) -> None:
    """Not only what is in sight; the same key takes the marks away, and leaves others alone."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "space", "slash", *"video", "enter", "asterisk")
        videos = {row.id for row in table(app).view.rows}
        assert len(videos) == 3
        assert videos < table(app).marked
        assert "4 marked (1 filtered out), " in shown(app)
        await press(app, pilot, "asterisk")
        assert len(table(app).marked) == 1


async def test_too_many_are_not_marked(home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that marks a million would be one slip away from an act on a million."""
    monkeypatch.setattr(marks, "MOST", 10)
    async with running(home) as (app, pilot):
        await press(app, pilot, "asterisk")
        await told(app, pilot, "More than 10 match; nothing was marked.")
        assert table(app).marked == frozenset()


async def test_a_fingerprint_is_found_by_its_beginning(home: HomeForTest, running: Running) -> None:
    """As a browser shows it, with colons, and as a bare number."""
    digest = resolve(home.workspace, "portal.hub.egov.internal").sha256
    assert digest is not None
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        for text in (digest[:10], ":".join((digest[:2], digest[2:4], digest[4:6], digest[6:8])).upper()):
            app.screen.query_one(FilterBar).field.value = text
            await settle(app, pilot)
            assert names(app) == ["portal.hub.egov.internal"], text


async def test_a_state_that_is_asked_for_is_shown(home: HomeForTest, running: Running) -> None:
    """Superseded ones are hidden from who does not ask for them."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        await type_text(app, pilot, "mail")
        assert "1 hidden" in shown(app)
        app.screen.query_one(FilterBar).field.value = "state:superseded"
        await settle(app, pilot)
        assert names(app) == ["mail.hub.egov.internal"]
        app.screen.query_one(FilterBar).field.value = "state:expired"
        await settle(app, pilot)
        assert names(app) == ["archive.hub.egov.internal"] or "archive.hub.egov.internal" in names(app)
        assert "hidden" not in shown(app)


class Searching:
    """The list's reading, which lasts as long as the test wants while the filter holds a slash."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on, self.begun = Event(), 0
        self.broken_off = 0
        read = Certificates.around

        def around(certificates: Certificates, query: Any, anchor: Row | None) -> Any:  # noqa: ANN401 - as it is
            if "/" in query.filter_text:
                self.begun += 1
                self.wait(certificates)
            return read(certificates, query, anchor)

        monkeypatch.setattr(Certificates, "around", around)

    def wait(self, certificates: Certificates) -> None:
        """Search endlessly in the store until it may go on or is broken off."""
        store = certificates._workspace.store()
        store.connection.create_function("go_on", 1, lambda _number: self.go_on.wait(0.005))
        endless = (
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE NOT go_on(i)) SELECT max(i) FROM n"
        )
        try:
            store.connection.execute(endless).fetchall()
        except Exception:
            self.broken_off += 1
            raise


@pytest.fixture
def searching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Searching]:
    """Return a search that takes as long as the test wants."""
    monkeypatch.setattr(listing, "SLOW_S", 0.01)
    found = Searching(monkeypatch)
    yield found
    found.go_on.set()


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(1000):
        if holds():
            return
        await pilot.pause(0.01)
    raise AssertionError("it does not come to that")


async def filter_by(app: CertmgrApp, pilot: Pilot[int], text: str) -> None:
    """Write a filter without waiting for what it finds."""
    app.screen.query_one(FilterBar).field.value = text
    await pilot.pause(0.05)


async def test_a_search_that_takes_long_says_so_and_what_was_shown_stays(
    home: HomeForTest, running: Running, searching: Searching
) -> None:
    """The cursor moves meanwhile, the banner lives; what is found replaces what was shown."""
    async with running(home) as (app, pilot):
        await pilot.press("slash")
        await filter_by(app, pilot, "/video/")
        await eventually(app, pilot, "searching")
        assert len(names(app)) == 38
        await pilot.press("enter", "j", "j")
        await pilot.pause(0.05)
        assert current(app) == names(app)[2]
        searching.go_on.set()
        await settle(app, pilot)
        assert len(names(app)) == 3
        assert "searching" not in shown(app)
        assert "3 of 38" in shown(app)


async def test_the_next_key_breaks_off_the_search(home: HomeForTest, running: Running, searching: Searching) -> None:
    """Its statement is ended in the store, so that what is asked for next is not waited for behind it."""
    async with running(home) as (app, pilot):
        await pilot.press("slash")
        await filter_by(app, pilot, "/video/")
        await until(pilot, lambda: searching.begun == 1)
        await filter_by(app, pilot, "gateway")
        await until(pilot, lambda: searching.broken_off == 1)
        await settle(app, pilot)
        assert names(app) == ["gateway.hub.egov.internal"]
        assert not searching.go_on.is_set()


async def test_a_search_is_not_begun_anew_by_every_change(
    home: HomeForTest, running: Running, searching: Searching
) -> None:
    """With changes all the time it would never end; they are shown after it."""
    async with running(home) as (app, pilot):
        await pilot.press("slash")
        await filter_by(app, pilot, "/hub/")
        await until(pilot, lambda: searching.begun == 1)
        issue(home, "new.hub.egov.internal", days=100)
        app.store_signal.publish(False)  # noqa: FBT003 - what is published has no name
        await asyncio.sleep(0.1)
        assert searching.begun == 1
        assert searching.broken_off == 0
        searching.go_on.set()
        await until(pilot, lambda: "new.hub.egov.internal" in names(app))


async def test_leaving_does_not_wait_for_a_search(home: HomeForTest, running: Running, searching: Searching) -> None:
    """The program ends with a search under way."""
    async with running(home) as (app, pilot):
        await pilot.press("slash")
        await filter_by(app, pilot, "/video/")
        await until(pilot, lambda: searching.begun == 1)
    assert searching.broken_off == 1
    assert not app.lists.busy


async def test_what_is_read_last_does_not_look_for_a_list_that_went(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dialog that closes on the way out has the list read again, and its widgets go one by one meanwhile."""

    async def slowly(_bar: FilterBar) -> None:
        await asyncio.sleep(0.5)

    async with running(home) as (app, _):
        screen, cancel_all = app.screen, app.workers.cancel_all
        assert isinstance(screen, CertificatesScreen)
        monkeypatch.setattr(FilterBar, "on_unmount", slowly, raising=False)

        def late() -> None:
            cancel_all()
            screen.reload()

        monkeypatch.setattr(app.workers, "cancel_all", late)
    assert not [worker for worker in app.workers if worker.is_running]


async def test_counts_come_after_the_rows(home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """While they are counted the filter line says so, and the old counts are not said of the new rows."""
    monkeypatch.setattr(listing, "SLOW_S", 0.01)
    go_on = Event()
    tally = Certificates.tally

    def slowly(certificates: Certificates, query: Any) -> Any:  # noqa: ANN401 - as it is
        if query.filter_text:
            go_on.wait(10)
        return tally(certificates, query)

    async with running(home) as (app, pilot):
        monkeypatch.setattr(Certificates, "tally", slowly)
        await pilot.press("slash")
        await filter_by(app, pilot, "video")
        await eventually(app, pilot, "counting")
        assert len(names(app)) == 3
        assert "38" not in shown(app).splitlines()[-1]
        assert "1 of 3" in shown(app).splitlines()[-1]
        go_on.set()
        await settle(app, pilot)
        assert "3 of 38" in shown(app)


async def test_a_row_that_looks_the_same_is_not_drawn_again(home: HomeForTest, running: Running) -> None:
    """A move within the screen draws two lines, a mark one more, a reading without a change none."""
    async with running(home) as (app, pilot):
        drawn: list[int] = []
        widget = table(app)
        render = widget.render_line

        def counted(y: int) -> Any:  # noqa: ANN401 - as it is
            drawn.append(y)
            return render(y)

        widget.render_line = counted  # type: ignore[method-assign]  # to count
        await press(app, pilot, "j")
        assert sorted(drawn) == [1, 2]
        drawn.clear()
        await press(app, pilot, "space")
        assert sorted(set(drawn)) == [2, 3]
        drawn.clear()
        await press(app, pilot, "ctrl+r")
        assert drawn == []


async def test_days_and_orders_follow_a_change_of_the_clock(
    home: HomeForTest,
    running: Running,
    clock: Any,  # noqa: ANN401 - the fixture's
) -> None:
    """A line that was drawn once is drawn again when its certificate reads differently."""
    async with running(home) as (app, pilot):
        before = shown(app)
        clock.advance(timedelta(days=1))
        await press(app, pilot, "ctrl+r")
        assert shown(app) != before
