"""Every command of the registry has a test that carries it out; here are those that no other place tests."""

import importlib

import pytest
from textual.widgets import Input

from certmgr.models.certificates import State
from certmgr.models.revocations import Cause, ClosedHow
from certmgr.operations import revocations
from certmgr.queries.certificates import detail, resolve
from tests.home import HomeForTest
from tests.tui.carried_out import CARRIED_OUT
from tests.tui.conftest import Running
from tests.tui.queue import enter, go_to, here, press_act, put
from tests.tui.revoking import PORTAL, portal
from tests.tui.screens import press, settle, shown, stands_on, told
from tests.tui.test_revocations import ask, now_of
from tests.tui.test_revoke_more import HELD
from tui.commands import COMMANDS, Scope, in_scope
from tui.dialogs.hold import ReleaseDialog
from tui.screens.catalogue import SCREENS
from tui.screens.detail import DetailScreen
from tui.screens.revocations import RequestScreen
from tui.theme import theme_name

NEW = "intake.egov.internal"


def test_every_command_is_carried_out_by_a_test() -> None:
    """One that is new needs one; one that is gone is not named any more; and the tests are there."""
    assert {one.id for one in COMMANDS} == set(CARRIED_OUT)
    for command, (module, test) in CARRIED_OUT.items():
        found = importlib.import_module(f"tests.tui.{module}")
        assert callable(getattr(found, test, None)), command


@pytest.fixture
def issued(home: HomeForTest) -> HomeForTest:
    """Return the filled home with one certificate that may still be objected to."""
    home.issue(NEW)
    return home


async def test_on_the_page_of_a_certificate_it_is_done_as_in_the_list(issued: HomeForTest, running: Running) -> None:
    """It is accepted, and written in the form that a server wants."""
    async with running(issued) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "enter")
        assert stands_on(app, DetailScreen)
        await press(app, pilot, "c")
        await press_act(app, pilot)
        await told(app, pilot, f"{NEW} is accepted")
        before = here()
        await press(app, pilot, "e")
        await press_act(app, pilot)
        await told(app, pilot, f"Exported {NEW}")
        assert len(set(here()) - set(before)) == 1
    assert detail(issued.workspace, resolve(issued.workspace, NEW).id).acceptance is not None


async def test_an_objection_from_the_page(issued: HomeForTest, running: Running) -> None:
    """The certificate is revoked and another takes its place."""
    async with running(issued) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "enter", "o")
        await put(app, pilot, reason="Wrong owner", name=NEW)
        await press_act(app, pilot)
        await told(app, pilot, "its certificate revoked")
    line = detail(issued.workspace, resolve(issued.workspace, NEW).id).line
    assert [one.cause for one in line] == [None, "issued-in-error"]


async def test_a_hold_from_the_page_and_its_release(home: HomeForTest, running: Running) -> None:
    """Both by the name that is typed; afterwards it is as it was."""
    async with running(home) as (app, pilot):
        enter(app)
        await go_to(app, pilot, PORTAL)
        await press(app, pilot, "enter", "H", *"order")
        app.screen.query_one("#name", Input).value = PORTAL
        app.screen.query_one("#name", Input).focus()
        await press(app, pilot, "enter")
        await told(app, pilot, f"{PORTAL} is held until")
        assert portal(home).held_at is not None
        await press(app, pilot, "U")
        app.screen.query_one("#name", Input).value = PORTAL
        await press(app, pilot, "enter")
        await told(app, pilot, f"{PORTAL} is released")
    assert portal(home).held_at is None


async def test_holds_are_released_from_list_and_queue(home: HomeForTest, running: Running) -> None:
    """In the list by its filter, in the queue where it stands last."""
    for keys in (("slash", *"state:held", "enter", "U"), ("R", "G", "U")):
        async with running(home) as (app, pilot):
            enter(app)
            await press(app, pilot, *keys)
            assert stands_on(app, ReleaseDialog)
            app.screen.query_one("#name", Input).value = HELD
            await press(app, pilot, "enter")
            await told(app, pilot, f"{HELD} is released")
        found = resolve(home.workspace, HELD)
        assert detail(home.workspace, found.id).state is State.VALID
        revocations.revoke(
            home.workspace,
            home.person(),
            certificate=found.id,
            cause=Cause.SUSPENDED,
            confirm=HELD,
            evidence="an order",
        )


async def test_a_request_is_decided_on_its_page(home: HomeForTest, running: Running) -> None:
    """Acknowledged and rejected, withdrawn, verified; its certificate is a key away."""
    async with running(home) as (app, pilot):
        enter(app)
        for key, how in (("t", ClosedHow.REJECTED), ("w", ClosedHow.WITHDRAWN)):
            request = ask(home)
            await press(app, pilot, "R", "ctrl+r", "g", "j", "enter")
            assert stands_on(app, RequestScreen)
            await press(app, pilot, "o")
            await told(app, pilot, f"The request {request.id} for {PORTAL} is acknowledged.")
            await press(app, pilot, key, *"mistaken", "enter")
            await told(app, pilot, f"is {how.value}")
            assert now_of(home, request).closed_how is how
            assert now_of(home, request).acknowledged_at is not None
            await press(app, pilot, "escape")
        request = ask(home)
        await press(app, pilot, "R", "ctrl+r", "g", "j", "enter", "v", *"called", "enter")
        await told(app, pilot, f"{PORTAL} is revoked and the CRL is published")
        assert now_of(home, request).verified_how == "called"
        await press(app, pilot, "c")
        assert stands_on(app, DetailScreen)
        assert PORTAL in shown(app)


async def test_an_incident_and_a_release_from_the_page_of_a_request(home: HomeForTest, running: Running) -> None:
    """To whom a leaked key was reported; a hold that ends."""
    request = ask(home, cause=Cause.KEY_COMPROMISE, evidence="found in a repository")
    revocations.fulfil(home.workspace, home.person(), request.id)
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "R", "slash", *"portal", "enter", "enter")
        assert stands_on(app, RequestScreen)
        await press(app, pilot, "I", *"security", "enter")
        await told(app, pilot, "is reported")
        await press(app, pilot, "escape", "escape", "G", "enter", "U")
        assert stands_on(app, ReleaseDialog)
        app.screen.query_one("#name", Input).value = HELD
        await press(app, pilot, "enter")
        await told(app, pilot, f"{HELD} is released")
    assert now_of(home, request).reported_to == "security"
    assert detail(home.workspace, resolve(home.workspace, HELD).id).state is State.VALID


async def test_messages_are_shown(home: HomeForTest, running: Running) -> None:
    """What was said, the newest first."""
    async with running(home) as (app, pilot):
        app.say("first words")
        app.say("second words")
        await press(app, pilot, "exclamation_mark")
        text = shown(app)
        assert text.index("second words") < text.index("first words")


async def test_every_place_is_gone_to(home: HomeForTest, running: Running) -> None:
    """By its own command, and by the beginning of its name."""
    async with running(home) as (app, pilot):
        for command in in_scope(Scope.PLACES):
            if command.id == "go":
                continue
            await app.run_action(command.action)
            await settle(app, pilot)
            place = command.id.removeprefix("go-")
            assert type(app.screen) is SCREENS[place]
        await press(app, pilot, "colon", *"serv", "enter")
        assert stands_on(app, SCREENS["servers"])


async def test_the_blocks_of_the_dashboard(home: HomeForTest, running: Running) -> None:
    """Each key moves to another block, and the opposite one back to it."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        for there, back in (("tab", "shift+tab"), ("right", "left"), ("l", "h")):
            start = app.focused
            await press(app, pilot, there)
            assert app.focused is not start
            await press(app, pilot, back)
            assert app.focused is start


async def test_every_theme_is_put_on(home: HomeForTest, running: Running) -> None:
    """The one that is asked for is the one that is shown."""
    async with running(home) as (app, pilot):
        for name in ("light", "colour-blind", "dark"):
            await app.run_action(f"app.theme('{name}')")
            await settle(app, pilot)
            assert app.theme == theme_name(name)
