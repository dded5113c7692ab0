"""Characters that take two cells: every column starts at the same cell in each row, on every screen."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from certmgr.models.operators import Actor, Role
from tests.home import HomeForTest
from tests.reviewing import wish, with_reviewers
from tests.tui.conftest import Running
from tests.tui.furnished import furnish
from tests.tui.queue import apply
from tests.tui.screens import go, press, shown
from tui.present import Line, width_of
from tui.screens.table import GAP, MARGIN, TableList
from tui.widgets.certificate_list import CertificateList
from tui.widgets.detail_pane import DetailPane
from tui.widgets.facts_pane import FactsPane
from tui.widgets.header import Header
from tui.widgets.row_list import RowList

pytestmark = pytest.mark.no_cover  # it would take twice as long, and runs what others run
SIZES = [(80, 24), (140, 40), (160, 45)]
EVEN = "网络中心第一机房运行值班组网络中心第一机房运行值班组"
WORDS = (EVEN, f"A{EVEN}", "plain")
"""At even cells, at odd ones, and none."""
FREE = {
    "server": ("owner", "purpose"),
    "certificate": ("owner", "purpose", "note", "requested_by"),
    "revocation": ("note", "requested_by", "evidence"),
    "campaign": ("reason",),
    "notice": ("result",),
}
TABLES = ("certificates", "applications", "revocations", "servers", "notices", "campaigns", "journal")


@pytest.fixture
def wide(home: HomeForTest) -> HomeForTest:
    """Return a home with something in every table, its free words in turn wide from the first cell, wide and plain."""
    furnish(home)
    reviewed = with_reviewers(home)
    for number, word in enumerate(WORDS):
        asked = wish(name=f"new-{number}.egov.internal", ip=(f"10.1.2.{number}",), owner=word, purpose=word)
        apply(reviewed, "carl", asked)
    with reviewed.workspace.store().write(Actor(name=EVEN, role=Role.OFFICER, os_uid=1000)) as tx:
        tx.change("DROP TRIGGER certificate_fixed")
        tx.change("DROP TRIGGER IF EXISTS revocation_fixed")
        for table, columns in FREE.items():
            for column in columns:
                for rest, word in enumerate(WORDS):
                    sql = f"UPDATE {table} SET {column} = ? WHERE id % 3 = ?"  # noqa: S608 - names from above
                    tx.change(sql, (word, rest))
        tx.record("server.widened", "server:1", {"网络": WORDS[0], "owner": WORDS[1]})
    return reviewed


def cells(text: str) -> list[str]:
    """Return what stands in each cell: a wide character in its first, nothing in its second."""
    return [part for sign in text for part in (sign, *[""] * (width_of(sign) - 1))]


def text_of(line: Line) -> str:
    """Return a line as text."""
    return "".join(piece.text for piece in line)


def column_widths(table: RowList[Any]) -> list[int]:
    """Return how many cells each column has."""
    if isinstance(table, TableList):
        return [width for _column, width in table._fitting()]
    assert isinstance(table, CertificateList)
    return [column.width for column in table._columns]


def misplaced(lines: Iterable[str], spans: list[tuple[int, int]], width: int) -> list[str]:
    """Return the lines that are not as wide as the table, or hold something between its columns."""
    found = []
    for line in lines:
        taken = cells(line)
        between = [cell for (_, end), (start, _) in pairwise(spans) for cell in taken[end:start]]
        # The second cell of a wide character is empty: it must not be the first of a column or of a gap.
        halves = [taken[at] for span in spans for at in span if at < len(taken)]
        if len(taken) != width or any(cell != " " for cell in between) or "" in halves:
            found.append(line)
    return found


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("place", TABLES)
async def test_columns_start_at_the_same_cell_in_each_row(
    wide: HomeForTest, running: Running, place: str, size: tuple[int, int]
) -> None:
    """Whatever stands before them; the pane beside them, too."""
    async with running(wide, size=size) as (app, pilot):
        await go(app, pilot, place)
        table = app.screen.query_one(RowList)
        lines = [text_of(table.line(row)) for row in table.view.rows]
        assert any("网" in line for line in lines) or size[0] != 140
        spans, at = [], MARGIN
        for taken in column_widths(table):
            spans.append((at, at + taken))
            at += taken + GAP
        assert misplaced(lines, spans, table.size.width) == []
        drawn = shown(app).splitlines()
        assert max(map(width_of, drawn)) <= size[0]
        if size[0] >= 150:
            at = table.size.width
            assert {cells(line.ljust(size[0]))[at] for line in drawn[2:-1]} == {"▏"}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("place", TABLES)
async def test_facts_on_a_page_stand_in_one_column(
    wide: HomeForTest, running: Running, place: str, size: tuple[int, int]
) -> None:
    """Values begin behind the labels, what is long goes on below them, and no line is wider than its place."""
    async with running(wide, size=size) as (app, pilot):
        await go(app, pilot, place)
        await press(app, pilot, "enter")
        drawn = shown(app).splitlines()
        assert max(map(width_of, drawn)) <= size[0]
        pane: DetailPane | FactsPane
        if place == "certificates":
            pane = app.screen.query_one(DetailPane)
            lines = pane.lines
        else:
            pane = app.screen.query_one(FactsPane)
            lines = pane._drawn
        labels = [line[0] for line in lines if len(line) > 1 and line[0].ink.value == "label"]
        assert labels
        assert {width_of(piece.text) for piece in labels} == {14}
        assert max(width_of(text_of(line)) for line in lines) <= pane.scrollable_content_region.width


@pytest.mark.parametrize("width", [80, 81, 100])
async def test_a_home_with_a_wide_path_leaves_the_top_line_its_width(
    home: HomeForTest, running: Running, width: int
) -> None:
    """Its end is shown, as much of it as there is room for."""
    async with running(home, size=(width, 24)) as (app, _pilot):
        header = app.screen.query_one(Header)
        assert header.head is not None
        header.head = replace(header.head, home=f"/{EVEN}{EVEN}/home")
        line = header.render().plain
        assert width_of(line) <= width
        assert line.rstrip().endswith("/home")
