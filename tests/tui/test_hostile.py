"""Hostile data: nothing in it is carried out, and nothing of it reaches the terminal raw (UX 0.4)."""

import unicodedata

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding
from certmgr.queries.certificates import resolve
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL, poison
from tests.tui.screens import press, settle, shown
from tui.dialogs.revoke import RevokeDialog
from tui.views import Row

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
