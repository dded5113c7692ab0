"""Keys that come all at once: each does what it does where it comes alone, and none is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from threading import Event
from time import sleep

import pytest
from textual.events import Key

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.revoking import PORTAL
from tests.tui.screens import eventually, masked, press, settle, shown, stands_on, told
from tests.tui.test_list import current, issue, names, table
from tests.tui.test_revocations import ask, enter, now_of
from tui import app as interface
from tui import typed_ahead
from tui.app import CertmgrApp
from tui.backend import certificates
from tui.lanes import Lane
from tui.screens.certificates import CertificatesScreen
from tui.screens.detail import DetailScreen
from tui.screens.pages import HelpScreen

BURSTS = (
    "j j enter",
    "s j enter",
    "S j enter",
    "a j j enter",
    "G k enter",
    "R j enter",
    "slash p o r t a l enter enter",
    "slash v i d e o enter j x",
    "slash v i d e o enter M j j M",
    "asterisk r",
    "slash n o d e enter space j j M x",
    "colon s e r v enter j j enter",
    "colon j o u r enter j j enter",
    "D A R j enter j j",
)
SLOW_S = 0.03


@pytest.fixture
def slow_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whatever is read take its time."""
    at_once = Lane._carry_out

    def slowly(lane: Lane, future: Future[object], call: Callable[[], object]) -> object:
        sleep(SLOW_S)
        return at_once(lane, future, call)

    monkeypatch.setattr(Lane, "_carry_out", slowly)


@asynccontextmanager
async def held(lane: Lane, *, aside: bool) -> AsyncIterator[Event]:
    """Have a call last in the lane until the event is set."""
    let_go = Event()
    call = asyncio.create_task(lane.run(let_go.wait, aside=aside))
    try:
        yield let_go
    finally:
        let_go.set()
        await call


def type_at_once(app: CertmgrApp, *keys: str) -> None:
    """Have keys arrive before the first of them is handled."""
    for key in keys:
        app.post_message(Key(key, "\r" if key == "enter" else key if len(key) == 1 else None))


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until `is_so()`."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not come to that")


@pytest.mark.usefixtures("slow_store")
@pytest.mark.parametrize("keys", BURSTS)
async def test_keys_at_once_do_what_they_do_one_by_one(home: HomeForTest, running: Running, keys: str) -> None:
    """Whatever they lead to: rows of another order, a filter, a dialog, another screen."""
    seen = []
    for at_once in (False, True):
        async with running(home, size=(100, 30)) as (app, pilot):
            if at_once:
                type_at_once(app, *keys.split())
            else:
                for key in keys.split():
                    await press(app, pilot, key)
            await settle(app, pilot)
            seen.append((type(app.screen), masked(shown(app), home)))
    assert seen[0] == seen[1]


@pytest.mark.usefixtures("slow_store")
async def test_what_is_read_again_is_read_before_the_next_key(home: HomeForTest, running: Running) -> None:
    """Something has changed elsewhere, and somebody has the list read again and goes to its top."""
    async with running(home) as (app, pilot):
        await settle(app, pilot)
        await press(app, pilot, "j")
        issue(home, "early.hub.egov.internal", days=1)
        home.workspace.close()
        type_at_once(app, "ctrl+r", "g", "j", "enter")
        await settle(app, pilot)
        assert stands_on(app, DetailScreen)
        assert "early.hub.egov.internal" in shown(app)


async def test_a_decision_is_typed_at_once(home: HomeForTest, running: Running) -> None:
    """The key that opens the dialog, the reason and what carries it out."""
    request = ask(home)
    async with running(home) as (app, pilot):
        enter(app)
        type_at_once(app, "R", "j", "t", *"mistaken", "enter")
        await told(app, pilot, f"The request {request.id} for {PORTAL} is rejected.")
    assert now_of(home, request).closing_reason == "mistaken"


async def test_keys_wait_for_an_act_and_not_for_ever(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes longer than that holds no key up."""
    async with running(home) as (app, pilot):
        async with held(app.acts, aside=False) as let_go:
            with monkeypatch.context() as patch:
                patch.setattr(interface, "PATIENCE_S", 3600.0)
                patch.setattr(typed_ahead, "STUCK_S", 3600.0)
                type_at_once(app, "j")
                await pilot.pause(0.1)
                assert current(app) == names(app)[0]
                assert app.typed_ahead.busy
                let_go.set()
                await settle(app, pilot)
                assert current(app) == names(app)[1]
        async with held(app.acts, aside=False) as let_go:
            type_at_once(app, "j", "j")
            await until(lambda: current(app) == names(app)[3])
            assert app.acts.busy
            let_go.set()
        await settle(app, pilot)


async def test_no_widget_that_is_stuck_locks_the_keyboard(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its messages are not waited for, either, once it takes too long."""
    monkeypatch.setattr(typed_ahead, "STUCK_S", 0.05)
    async with running(home) as (app, pilot):
        go_on, stuck = asyncio.Event(), app.screen.query_one("KeyBar")
        for _ in range(2):
            stuck.call_later(go_on.wait)
        type_at_once(app, "question_mark")
        await until(lambda: stands_on(app, HelpScreen))
        go_on.set()
        await settle(app, pilot)


async def test_the_cursor_that_moves_while_the_list_is_read_again_stays_where_it_is(
    home: HomeForTest, running: Running
) -> None:
    """Something changes elsewhere, the list is read, and meanwhile somebody goes on to another row."""
    async with running(home) as (app, pilot):
        async with held(app.lists, aside=True) as let_go:
            issue(home, "early.hub.egov.internal", days=1)
            screen = app.screen
            assert isinstance(screen, CertificatesScreen)
            await until(lambda: screen._reading is not None)
            await pilot.press("j", "j")
            chosen = current(app)
            let_go.set()
        await eventually(app, pilot, "4 of 39")
        await settle(app, pilot)
        assert names(app)[1] == "early.hub.egov.internal"
        assert current(app) == chosen == names(app)[3]


async def test_where_it_has_left_what_was_read_that_is_read_around_it(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far from where it was when reading began."""
    monkeypatch.setattr(certificates, "PAGE", 5)
    async with running(home) as (app, pilot):
        await settle(app, pilot)
        assert len(names(app)) == 38
        async with held(app.lists, aside=True) as let_go:
            issue(home, "early.hub.egov.internal", days=1)
            screen = app.screen
            assert isinstance(screen, CertificatesScreen)
            await until(lambda: screen._reading is not None)
            await pilot.press(*"jjjjjjjjjjjj")
            chosen = current(app)
            let_go.set()
        await eventually(app, pilot, "14 of 39")
        await settle(app, pilot)
        assert current(app) == chosen
        assert table(app).view.position == 14
