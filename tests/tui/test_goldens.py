"""Whole screens as plain text, at the three sizes that people have."""

import pytest

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import masked, matches_golden, press, shown

SIZES = [(80, 24), (120, 40), (160, 45)]
VIEWS = {
    "list": (),
    "detail": ("j", "j", "j", "enter"),
    "revoke": ("j", "j", "j", "x", "2"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", VIEWS)
async def test_a_screen_is_as_it_was(home: HomeForTest, running: Running, view: str, size: tuple[int, int]) -> None:
    """List, detail and revocation dialog look as they did when somebody last looked at them."""
    async with running(home, size=size) as (app, pilot):
        await press(app, pilot, *VIEWS[view])
        assert matches_golden(f"{view}-{size[0]}x{size[1]}", masked(shown(app), home))


@pytest.mark.parametrize("view", VIEWS)
async def test_a_screen_in_ascii_is_as_it_was(home: HomeForTest, running: Running, view: str) -> None:
    """With --ascii the same screens hold ASCII alone, whatever the data holds."""
    async with running(home, ascii_only=True) as (app, pilot):
        await press(app, pilot, *VIEWS[view])
        assert shown(app).isascii()
        assert matches_golden(f"{view}-ascii", masked(shown(app), home))


@pytest.mark.parametrize("view", VIEWS)
async def test_a_screen_without_colour_says_the_same(
    home: HomeForTest, running: Running, view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With NO_COLOR nothing is lost: every word and sign stands where it stands in colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(home) as (app, pilot):
        await press(app, pilot, *VIEWS[view])
        assert matches_golden(f"{view}-plain", masked(shown(app), home))
