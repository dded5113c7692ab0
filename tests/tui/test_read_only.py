"""`--read-only`: everything can be seen, and nothing that writes can be reached."""

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import press, shown
from tui.app import CertmgrApp
from tui.commands import COMMANDS, WRITING, Command, in_scope
from tui.screens.catalogue import SCREENS
from tui.screens.frame import FrameScreen

WRITES = [command for command in COMMANDS if command.writes]


def _written(home: HomeForTest) -> int:
    """Return the number of the newest journal entry: everything that writes leaves one."""
    from certmgr.store import journal

    with home.workspace.store().read() as snapshot:
        entry = journal.last(snapshot)
    return entry.seq if entry else 0


async def _go(app: CertmgrApp, pilot: Pilot[int], place: str) -> FrameScreen:
    await app.run_action(f"app.go('{place}')")
    await press(app, pilot)
    assert isinstance(app.screen, FrameScreen)
    return app.screen


def test_there_are_commands_that_write() -> None:
    """The tests below look for something."""
    assert {"revoke", "revoke-this"} <= {command.id for command in WRITES}
    assert {command.action.split("(")[0].removeprefix("app.") for command in WRITES} == WRITING


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.writes], ids=lambda one: one.id)
def test_an_action_that_writes_writes_wherever_it_stands(command: Command) -> None:
    """A session is kept from an action by its name: no command that only looks may share it."""
    name = command.action.split("(")[0].removeprefix("app.")
    others = [one.id for one in COMMANDS if one.action.split("(")[0].removeprefix("app.") == name and not one.writes]
    assert others == []


@pytest.mark.parametrize("place", SCREENS)
async def test_no_key_of_a_screen_writes(home: HomeForTest, running: Running, place: str) -> None:
    """Every key of every command that writes is pressed: no dialog opens, and the journal has no new entry."""
    async with running(home, size=(100, 30), read_only=True) as (app, pilot):
        before = _written(home)
        screen = await _go(app, pilot, place)
        commands = [one for one in in_scope(*screen.SCOPES) if one.writes]
        live = {binding.binding.id for binding in app.screen.active_bindings.values() if binding.enabled}
        assert live.isdisjoint(one.id for one in WRITES)
        for command in commands:
            for key in command.keys:
                await press(app, pilot, key)
                assert app.screen is screen, command.id
        assert _written(home) == before


@pytest.mark.parametrize("place", SCREENS)
async def test_nothing_that_writes_is_offered(home: HomeForTest, running: Running, place: str) -> None:
    """Not by the keys at the bottom, not by the palette, not by the help; the top line says why."""
    async with running(home, size=(160, 45), read_only=True) as (app, pilot):
        screen = await _go(app, pilot, place)
        text = shown(app)
        assert "READ-ONLY" in text.splitlines()[0]
        offered = {command.title for command in app.get_system_commands(screen)}
        assert offered.isdisjoint(command.title for command in WRITES if command.palette)
        for command in in_scope(*screen.SCOPES):
            if command.writes and command.label:
                assert f" {command.label} " not in text.splitlines()[-1]


@pytest.mark.parametrize("place", SCREENS)
async def test_no_action_that_writes_is_carried_out(home: HomeForTest, running: Running, place: str) -> None:
    """By whatever way it is asked for: click, palette, a link in the text."""
    async with running(home, read_only=True) as (app, pilot):
        before = _written(home)
        screen = await _go(app, pilot, place)
        for command in WRITES:
            await screen.run_action(command.action)
            await press(app, pilot)
            assert not isinstance(app.screen, ModalScreen), command.id
        assert _written(home) == before


async def test_an_act_is_refused_in_words(home: HomeForTest, running: Running) -> None:
    """The last gate: what writes goes through it, whoever calls."""
    done: list[int] = []

    def write() -> int:
        done.append(1)
        return 1

    async with running(home, read_only=True) as (app, pilot):
        assert await app.act("do it", write) is None
        await press(app, pilot)
        assert done == []
        assert "This session is read-only" in shown(app)
