"""The page of something that takes a while: its end stays in sight unless somebody reads further up."""

from collections.abc import Callable, Sequence
from threading import Event

import pytest
from textual.screen import Screen

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import eventually, press, settle, shown
from tui.present import Ink, Line, Piece
from tui.screens.run import Job, RunScreen
from tui.widgets.scroll_text import ScrollText

PATIENCE_S = 20.0


def line(text: str) -> Line:
    """Return a line."""
    return (Piece(text, Ink.VALID),)


class LongJob(Job):
    """Waits, tells more than fits on a screen, waits again, and ends."""

    place = "Long"

    def __init__(self) -> None:
        """Wait until `begin` is set, and then until `go` is."""
        self.begin, self.go = Event(), Event()

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell lines, and how it ended."""
        del passing
        assert self.begin.wait(PATIENCE_S)
        for number in range(60):
            tell(line(f"step {number}"))
        assert self.go.wait(PATIENCE_S)
        return (line("this is the end"),)


async def test_an_end_that_comes_while_the_text_is_laid_out_is_in_sight(home: HomeForTest, running: Running) -> None:
    """What was told has its place but is not scrolled to yet when the end comes: that is no reader who scrolled up."""
    ended: list[int] = []
    async with running(home) as (app, pilot):
        job = LongJob()
        app.push_screen(screen := RunScreen(job))
        await pilot.pause()
        text = screen.query_one(ScrollText)

        def laid_out(_: Screen[object]) -> None:
            if text.max_scroll_y > text.scroll_offset.y and not ended:
                ended.append(text.scroll_offset.y)
                screen._end((line("told in that moment"),))

        screen.screen_layout_refresh_signal.subscribe(screen, laid_out, immediate=True)
        job.begin.set()
        try:
            await eventually(app, pilot, "told in that moment")
        finally:
            job.go.set()
        await eventually(app, pilot, "this is the end")
    assert ended == [0]


@pytest.mark.parametrize(
    ("keys", "follows"), [(["k"], False), (["k", "G"], True), (["g", "G"], True), (["ctrl+u"], False), ([], True)]
)
async def test_who_reads_further_up_stays_there(
    home: HomeForTest, running: Running, keys: list[str], *, follows: bool
) -> None:
    """And who goes to the end again follows it."""
    async with running(home) as (app, pilot):
        job = LongJob()
        job.begin.set()
        app.push_screen(RunScreen(job))
        await eventually(app, pilot, "step 59")
        await pilot.press(*keys)
        await pilot.pause()
        then = shown(app)
        job.go.set()
        await settle(app, pilot)
        if follows:
            await eventually(app, pilot, "this is the end")
        else:
            assert shown(app) == then
            await press(app, pilot, "G")
            assert "this is the end" in shown(app)
