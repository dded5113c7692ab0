"""Marks over a stretch of a list: from the last mark to the cursor, by what is listed, across pages."""

from pathlib import Path

import pytest

from certmgr.inventory_file import read_inventory
from certmgr.operations import inventory
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import eventually, go, press, settle, shown, told
from tests.tui.test_list import current, issue, names, table
from tui.screens import marks
from tui.widgets.row_list import RowList


def many(home: HomeForTest, number: int) -> None:
    """Issue certificates for so many nodes, all of which end on one day."""
    lines = "\n".join(f"node-{one:04d},node-{one:04d}.egov.internal,,Unit,,TLS" for one in range(number))
    read = read_inventory(f"server,dns,ip,owner,contact,purpose\n{lines}\n".encode(), name="inventory.csv")
    done = inventory.issue_inventory(home.workspace, home.machine(), read, destination=Path("out"))
    assert sum(len(batch) for batch in done) == number


@pytest.mark.parametrize("key", ["M", "ctrl+@"])
async def test_a_stretch_is_marked_across_pages(empty_home: HomeForTest, running: Running, key: str) -> None:
    """From the last mark to the cursor, whichever comes first, though most of it is not in memory."""
    many(empty_home, 650)
    async with running(empty_home) as (app, pilot):
        await press(app, pilot, "j", "j", "space", "G", "k", key)
        assert "node-0648" in current(app)
        assert not any(row.server == "node-0002" for row in table(app).view.rows), "the mark is not in memory"
        assert "647 marked, " in shown(app)
        await press(app, pilot, "escape", "space", "g", key)
        assert "1 of 650" in shown(app)
        assert "649 marked, " in shown(app)


async def test_a_stretch_goes_on_from_where_the_last_one_ended(home: HomeForTest, running: Running) -> None:
    """Both ends belong to it, in the order in which the list is shown; what was marked before stays."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "j", "j", "j", "space", "k", "k", "k", "M")
        assert {row.server for row in table(app).view.rows if row.id in table(app).marked} == set(names(app)[2:5])
        await press(app, pilot, "g", "M")
        assert {row.server for row in table(app).view.rows if row.id in table(app).marked} == set(names(app)[:5])


async def test_a_stretch_belongs_to_certificates_not_to_rows(home: HomeForTest, running: Running) -> None:
    """Its first end is the certificate that was marked, wherever another order or a change elsewhere puts it."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "space")
        (first,) = table(app).marked
        issue(home, "early.hub.egov.internal", days=1)
        await eventually(app, pilot, "early.hub")
        await settle(app, pilot)
        await press(app, pilot, "s", "g", "j", "M")
        rows = table(app).view.rows
        place = next(index for index, row in enumerate(rows) if row.id == first)
        assert place > 1
        assert table(app).marked == {row.id for row in rows[1 : place + 1]}


async def test_without_a_first_end_nothing_is_marked(home: HomeForTest, running: Running) -> None:
    """No mark yet, one that was taken away, one that the filter hides: each is said."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "M")
        await told(app, pilot, "Mark one end first")
        await press(app, pilot, "space", "k", "space", "j", "j", "M")
        assert table(app).marked == frozenset()
        await press(app, pilot, "g", "space", "slash", *"video", "enter", "j", "M")
        await told(app, pilot, "What was marked last is not in this list; nothing was marked.")
        assert len(table(app).marked) == 1


async def test_a_stretch_has_a_bound(home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as one key may mark; marks from before count."""
    monkeypatch.setattr(marks, "MOST", 10)
    async with running(home) as (app, pilot):
        await press(app, pilot, "space", *("j",) * 9, "M")
        await told(app, pilot, "These would be more than 10 marks; nothing was marked.")
        assert len(table(app).marked) == 1
        await press(app, pilot, "k", "M")
        assert len(table(app).marked) == 10
        await press(app, pilot, "j", "M")
        assert len(table(app).marked) == 10


async def test_tables_mark_stretches_too(home: HomeForTest, running: Running) -> None:
    """A list that is read in pages by another key, and one that is read whole."""
    async with running(home) as (app, pilot):
        for place in ("servers", "authorities"):
            await go(app, pilot, place)
            await press(app, pilot, "g", "space", "G", "M")
            rows = app.screen.query_one(RowList)
            assert len(rows.view.rows) > 1
            assert rows.marked == {row.id for row in rows.view.rows}
