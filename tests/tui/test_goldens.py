"""Whole screens as plain text, at the three sizes that people have."""

import pytest
from textual.pilot import Pilot

from certmgr.pki import build
from tests.home import HomeForTest
from tests.tui.conftest import SERIAL_DIGITS, Running
from tests.tui.screens import eventually, masked, matches_golden, press, shown
from tui.app import CertmgrApp
from tui.dialogs.unlock import UnlockDialog

SIZES = [(80, 24), (120, 40), (160, 45)]
WAY = (("list", ()), ("detail", ("j", "j", "j", "enter")), ("revoke", ("escape", "x", "2")))
"""Three views and the keys that lead from one to the next."""


async def differing(app: CertmgrApp, pilot: Pilot[int], home: HomeForTest, kind: str) -> list[str]:
    """Return which of the views are not as they are kept."""
    found = []
    for view, keys in WAY:
        await press(app, pilot, *keys)
        if not matches_golden(f"{view}-{kind}", masked(shown(app), home)):
            found.append(view)
    return found


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens_are_as_they_were(home: HomeForTest, running: Running, size: tuple[int, int]) -> None:
    """List, detail and revocation dialog look as they did when somebody last looked at them."""
    async with running(home, size=size) as (app, pilot):
        assert await differing(app, pilot, home, f"{size[0]}x{size[1]}") == []


async def test_screens_in_ascii_are_as_they_were(home: HomeForTest, running: Running) -> None:
    """With --ascii the same screens hold ASCII alone, whatever the data holds."""
    async with running(home, ascii_only=True) as (app, pilot):
        assert await differing(app, pilot, home, "ascii") == []
        assert shown(app).isascii()


async def test_screens_without_colour_say_the_same(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR nothing is lost: every word and sign stands where it stands in colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(home) as (app, pilot):
        assert await differing(app, pilot, home, "plain") == []


@pytest.mark.parametrize("name", ["place", "unlock"])
async def test_dialogs_of_every_screen_are_as_they_were(home: HomeForTest, running: Running, name: str) -> None:
    """Where to go, and who acts."""
    async with running(home) as (app, pilot):
        if name == "place":
            await press(app, pilot, "colon")
        else:
            app.push_screen(UnlockDialog("revoke portal.hub.egov.internal"))
            await press(app, pilot)
            await eventually(app, pilot, "administrator")
        assert matches_golden(f"{name}-80x24", masked(shown(app), home))


def test_every_serial_of_a_home_has_one_length() -> None:
    """A mask keeps the length of what it hides, so a shorter serial would be another screen."""
    assert {len(build.make_serial()) for _ in range(2000)} == {SERIAL_DIGITS}
