"""Looking for a text where text is read: certificates, pages of facts, help; from match to match."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import go, press, shown, stands_on
from tui.app import CertmgrApp
from tui.present import Ink, Line, Piece
from tui.screens.detail import DetailScreen
from tui.screens.journal import EntryPage
from tui.screens.pages import HelpScreen
from tui.search import Spot, spots, with_spot
from tui.widgets.filter_bar import FilterBar
from tui.widgets.searched import Searched


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written outside the test's folder."""
    monkeypatch.chdir(tmp_path)


def pane(app: CertmgrApp) -> Searched:
    """Return the text that is read."""
    return next(one for one in app.screen.walk_children() if isinstance(one, Searched))


def found(app: CertmgrApp) -> list[str]:
    """Return what is drawn in the ink of what was found."""
    lines = pane(app)._lines  # type: ignore[attr-defined]  # of every kind of it
    return [piece.text for line in lines for piece in line if piece.ink is Ink.FOUND]


async def search(app: CertmgrApp, pilot: Pilot[int], text: str) -> None:
    """Type `/`, the text, and enter."""
    await press(app, pilot, "slash")
    app.screen.query_one(FilterBar).field.value = text
    await press(app, pilot, "enter")


LINES: tuple[Line, ...] = (
    (Piece("Name  ", Ink.LABEL), Piece("[b]a.egov[/b]")),
    (),
    (Piece("EG"), Piece("OV again: egov", Ink.STRONG)),
)


def test_every_place_is_found_in_any_case_across_inks() -> None:
    """From the top on, several on a line."""
    assert spots(LINES, "egov") == (
        Spot(line=0, start=11, end=15),
        Spot(line=2, start=0, end=4),
        Spot(line=2, start=12, end=16),
    )
    assert spots(LINES, "") == ()


@pytest.mark.parametrize("text", ["[b]", ".*", "(", "\\", "a+"])
def test_what_is_looked_for_is_text(text: str) -> None:
    """No sign of it has a meaning of its own."""
    assert len(spots(((Piece(f"x{text}x"),),), text)) == 1
    assert spots(((Piece("aaa"),),), text) == ()


def test_a_match_is_inked_and_the_lines_say_what_they_said() -> None:
    """A match that lies in two inks takes a part of each."""
    lit = with_spot(LINES, spots(LINES, "egov")[1])
    assert ["".join(piece.text for piece in line) for line in lit] == [
        "".join(piece.text for piece in line) for line in LINES
    ]
    assert [piece for piece in lit[2] if piece.ink is Ink.FOUND] == [Piece("EG", Ink.FOUND), Piece("OV", Ink.FOUND)]
    assert lit[2][-1] == Piece(" again: egov", Ink.STRONG)


async def test_a_certificate_is_searched_from_match_to_match_and_round(home: HomeForTest, running: Running) -> None:
    """Its keys go on and back, the match is seen and inked, esc ends the search and then leaves."""
    async with running(home, size=(80, 24)) as (app, pilot):
        await press(app, pilot, "enter")
        assert stands_on(app, DetailScreen)
        await search(app, pilot, "EGOV")
        assert found(app) == ["egov"]
        total = pane(app).matches[1]
        assert total > 1
        assert f"1 of {total}  ·  n next, N previous, esc ends" in shown(app)
        await press(app, pilot, "N")
        assert f"{total} of {total}" in shown(app)
        text = pane(app)
        assert 0 <= text._spots[-1].line - text.scroll_offset.y < text.size.height
        await press(app, pilot, "n")
        assert f"1 of {total}" in shown(app)
        await press(app, pilot, "escape")
        assert stands_on(app, DetailScreen)
        assert found(app) == []
        await press(app, pilot, "escape")
        assert not stands_on(app, DetailScreen)


async def test_a_page_of_facts_and_the_help_are_searched(home: HomeForTest, running: Running) -> None:
    """What is not there is said; the keys of the search do no harm without one."""
    async with running(home, size=(80, 24)) as (app, pilot):
        await go(app, pilot, "journal")
        await press(app, pilot, "enter", "n", "N")
        assert stands_on(app, EntryPage)
        await search(app, pilot, "hash")
        assert [one.lower() for one in found(app)] == ["hash"]
        await search(app, pilot, "[b]nowhere")
        assert "not found" in shown(app)
        assert "[b]nowhere" in shown(app)
        assert found(app) == []
        await press(app, pilot, "escape", "question_mark")
        assert stands_on(app, HelpScreen)
        await search(app, pilot, "superseded")
        assert found(app) == ["superseded"]
        await press(app, pilot, "N")
        assert "◇ superseded" in shown(app)
