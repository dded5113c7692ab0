"""One registry of commands: keys, palette, footer, help and docs/keys.md."""

from collections import Counter
from pathlib import Path

import pytest

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.owners import OWNERS
from tests.tui.screens import press, shown
from tui.commands import COMMANDS, Scope, bindings, in_scope, keys_page
from tui.present import UNICODE
from tui.screens.catalogue import SCREENS
from tui.screens.detail import DetailScreen
from tui.screens.frame import FrameScreen
from tui.screens.pages import HelpScreen, help_lines
from tui.screens.revocations import RequestScreen


def test_the_page_of_keys_is_current() -> None:
    """docs/keys.md is what the registry says; `python docs/generate_keys.py` writes it."""
    page = Path(__file__).parents[2] / "docs" / "keys.md"
    assert page.read_text(encoding="utf-8") == keys_page()


def test_every_command_has_a_name_of_its_own() -> None:
    """A name is what a configuration gives other keys to."""
    assert [name for name, count in Counter(command.id for command in COMMANDS).items() if count > 1] == []


@pytest.mark.parametrize("screen", [*SCREENS.values(), DetailScreen, HelpScreen, RequestScreen])
def test_no_key_means_two_things_at_once(screen: type[FrameScreen]) -> None:
    """Keys of a screen, of movement and of everywhere are all active together."""
    scopes = (*screen.SCOPES, Scope.MOVEMENT, Scope.PLACES, Scope.EVERYWHERE)
    keys = Counter(key for command in in_scope(*scopes) for key in command.keys)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(
    ("scope", "owner"), [(scope, owner) for scope, owners in OWNERS.items() for owner in owners], ids=str
)
def test_every_key_does_something(scope: Scope, owner: type) -> None:
    """Each binding names an action that its owner has."""
    for binding in bindings(scope):
        action = binding.action.removeprefix("app.").split("(")[0]
        target = _app() if binding.action.startswith("app.") else owner
        assert callable(getattr(target, f"action_{action}", None)), binding


def _app() -> type:
    from tui.app import CertmgrApp

    return CertmgrApp


def test_the_help_names_every_command() -> None:
    """What can be done can be found."""
    text = "\n".join("".join(piece.text for piece in line) for line in help_lines(UNICODE))
    assert [command.title for command in COMMANDS if command.title not in text] == []


def test_nothing_destructive_lies_on_a_movement_key() -> None:
    """ctrl+d is half a page down, and what revokes is on no key that moves."""
    moves = {key for command in in_scope(Scope.MOVEMENT) for key in command.keys}
    assert {"ctrl+d", "ctrl+u", "j", "k", "g", "G"} <= moves
    assert all(moves.isdisjoint(command.keys) for command in COMMANDS if command.writes)


async def test_the_palette_offers_what_this_screen_can_do(home: HomeForTest, running: Running) -> None:
    """The registry's commands and none of Textual's own: its screenshot would write what is on screen to a file."""
    async with running(home) as (app, _pilot):
        titles = {command.title for command in app.get_system_commands(app.screen)}
        expected = {
            command.title
            for command in in_scope(Scope.LIST, Scope.ROWS, Scope.PLACES, Scope.EVERYWHERE)
            if command.palette
        }
        assert titles == expected
        assert not any("screenshot" in title.lower() for title in titles)


async def test_a_command_of_the_palette_is_carried_out(home: HomeForTest, running: Running) -> None:
    """Typing its name and pressing enter does what its key does."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "ctrl+p")
        await press(app, pilot, *"messages")
        await pilot.pause(0.3)
        await press(app, pilot, "enter")
        assert "Nothing has been said yet." in shown(app)


async def test_the_help_opens_and_closes(home: HomeForTest, running: Running) -> None:
    """? from the list, esc back to it."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "question_mark")
        assert "EVERYWHERE" in shown(app)
        top = shown(app)
        for there, back in (("j", "k"), ("ctrl+d", "ctrl+u"), ("pagedown", "pageup"), ("G", "g")):
            await press(app, pilot, there)
            assert shown(app) != top
            await press(app, pilot, back)
            assert shown(app) == top
        await press(app, pilot, "end")
        assert "STATES" in shown(app)
        await press(app, pilot, "escape")
        assert "NOT AFTER" in shown(app)
