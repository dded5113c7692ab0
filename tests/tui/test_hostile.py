"""Hostile data: nothing in it is carried out, and nothing of it reaches the terminal raw (UX 0.4)."""

import unicodedata

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding
from certmgr.queries.certificates import resolve
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL, poison
from tests.tui.hostile_home import poison_everything
from tests.tui.screens import press, settle, shown
from tui.commands import in_scope
from tui.dialogs.revoke import RevokeDialog
from tui.present import width_of
from tui.screens.catalogue import SCREENS
from tui.views import Row

pytestmark = pytest.mark.no_cover  # it would take twice as long, and runs what others run
UNSAFE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
GATEWAY = "gateway.hub.egov.internal"
"""The first of the list."""


def clean(text: str) -> bool:
    """Return whether a screen holds no character that acts on a terminal; its line breaks are its own."""
    return not [sign for sign in text.replace("\n", "") if unicodedata.category(sign) in UNSAFE]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 45)], ids=str)
async def test_hostile_facts_are_shown_as_text(home: HomeForTest, running: Running, size: tuple[int, int]) -> None:
    """In list, pane and detail: markup stays markup, controls are written out, columns stay where they are."""
    poison(home, resolve(home.workspace, GATEWAY).id)
    async with running(home, size=size) as (app, pilot):
        await settle(app, pilot)
        assert clean(shown(app))
        await press(app, pilot, "enter")
        text = shown(app)
        assert clean(text)
        assert "[@click=app.quit]gotcha[/]" in text
        assert "\\x1b]0;owned\\x07" in text.replace("\n", "").replace(" ", "")
        await press(app, pilot, "G")
        assert clean(shown(app))
        assert app.is_running


@pytest.mark.parametrize("ascii_only", [False, True], ids=["signs", "ascii"])
@pytest.mark.parametrize("place", SCREENS)
async def test_no_screen_shows_hostile_data_raw(
    home: HomeForTest,
    running: Running,
    place: str,
    ascii_only: bool,  # noqa: FBT001 - an example
) -> None:
    """On every screen, on what its rows open, and in the dialogs of its keys: text, one line each, and no more."""
    poison_everything(home, GATEWAY)
    async with running(home, size=(160, 45), ascii_only=ascii_only) as (app, pilot):

        async def check() -> None:
            await settle(app, pilot)
            text = shown(app)
            assert clean(text)
            assert text.isascii() or not ascii_only
            assert all(width_of(line) <= 160 for line in text.splitlines())
            assert app.is_running
            assert not app._exit

        await app.run_action(f"app.go('{place}')")
        await check()
        assert app.current_mode == place
        screen = app.screen
        for command in in_scope(*getattr(screen, "SCOPES", ())):
            if command.typed:
                continue
            await screen.run_action(command.action)
            await check()
            for _dialog in range(3):
                if app.screen is not screen:
                    await press(app, pilot, "escape")
            # Some lead to another place.
            await app.run_action(f"app.go('{place}')")
            assert app.screen is screen, command.id
        for row, line in enumerate(shown(app).splitlines()):
            if "gotcha" in line:
                await pilot.click(offset=(width_of(line[: line.index("gotcha")]) + 2, row))
                await check()
        await app.run_action(f"app.go('{place}')")


async def test_a_click_on_hostile_markup_does_nothing(home: HomeForTest, running: Running) -> None:
    """`[@click=...]` in a name is text: no action hangs on it."""
    poison(home, resolve(home.workspace, GATEWAY).id)
    async with running(home, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "enter")
        for row, line in enumerate(shown(app).splitlines()):
            if "gotcha" in line:
                await pilot.click(offset=(line.index("gotcha") + 2, row))
        await settle(app, pilot)
        assert app.is_running
        assert not app._exit


async def test_hostile_words_in_messages_are_text(home: HomeForTest, running: Running) -> None:
    """Toasts, errors with their reasons, the message log and the title of a dialog."""
    error = CertmgrError(ALL, hint=ALL, findings=[Finding(code=Code.REFUSED, message=f"because {ALL}")])
    async with running(home) as (app, pilot):
        app.say(ALL)
        await settle(app, pilot)
        assert clean(shown(app))
        app.trouble(error)
        await settle(app, pilot)
        assert clean(shown(app))
        assert "gotcha" in shown(app)
        await press(app, pilot, "escape", "exclamation_mark")
        assert clean(shown(app))
        assert "gotcha" in shown(app)


async def test_a_hostile_name_in_the_revocation_dialog_is_text(home: HomeForTest, running: Running) -> None:
    """The dialog's title, the name to type, and the purpose in the unlock dialog."""
    async with running(home) as (app, pilot):
        row = app.backend.certificates.row(resolve(home.workspace, GATEWAY).id)
        hostile = Row(**{**{name: getattr(row, name) for name in Row.__slots__}, "server": ALL, "serial": ALL})
        app.backend.close_thread()
        app.start_revocation(hostile)
        await settle(app, pilot)
        assert isinstance(app.screen, RevokeDialog)
        assert clean(shown(app))
        assert "gotcha" in shown(app)


async def test_what_is_pasted_is_not_sent_back_raw(home: HomeForTest, running: Running) -> None:
    """A field shows what is typed into it; the last net takes out what would act on the terminal."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "slash")
        app.focused.value = f"x{ALL}"  # type: ignore[union-attr] # the field of the filter
        await settle(app, pilot)
        assert clean(shown(app))
