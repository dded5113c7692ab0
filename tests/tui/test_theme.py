"""The themes: every word can be read on what it stands on, and states differ for every eye."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import press, shown
from tests.tui.vision import EYES, contrast, distance
from tui.present import Ink
from tui.theme import BACKGROUNDS, PALETTES, on_accent, theme_name
from tui.widgets.banner import Banner
from tui.widgets.row_list import RowList

READABLE = 4.5
"""WCAG 1.4.3, AA, for text of the usual size."""
DISTINCT = 20.0
"""For most eyes; ten times what can just be seen."""
DISTINCT_FOR_ALL = 18.0
STATES = (Ink.VALID, Ink.DUE, Ink.EXPIRED, Ink.REVOKING, Ink.REVOKED, Ink.PENDING, Ink.HELD)
"""Those whose words mean different things; superseded is drawn as revoked is, both are over."""
STYLES = Path(__file__).parents[2] / "tui" / "styles.tcss"


@pytest.mark.parametrize("name", PALETTES)
def test_every_ink_reads_on_every_background(name: str) -> None:
    """4.5:1 at least, the row under the cursor and the banner of an overdue request included."""
    palette = PALETTES[name]
    poor = {
        (ink.value, ground): round(contrast(colour, below), 2)
        for ink, colour in palette.inks().items()
        for ground, below in palette.backgrounds().items()
        if contrast(colour, below) < READABLE
    }
    assert poor == {}
    assert set(palette.inks()) == set(Ink)


@pytest.mark.parametrize("name", PALETTES)
def test_states_have_colours_that_differ(name: str) -> None:
    """In every theme, for most eyes."""
    inks = PALETTES[name].inks()
    alike = [(a.value, b.value) for a, b in combinations(STATES, 2) if distance(inks[a], inks[b]) < DISTINCT]
    assert alike == []


@pytest.mark.parametrize("eyes", EYES)
def test_one_theme_serves_eyes_that_do_not_tell_red_from_green(eyes: str | None) -> None:
    """Simulated deuteranopia and protanopia: no two states fall together."""
    inks = PALETTES["colour-blind"].inks()
    near = {
        (a.value, b.value): round(distance(inks[a], inks[b], eyes=eyes))
        for a, b in combinations(STATES, 2)
        if distance(inks[a], inks[b], eyes=eyes) < DISTINCT_FOR_ALL
    }
    assert near == {}


def test_the_simulation_can_tell() -> None:
    """Red and green of one lightness are far apart for most eyes, and close for these."""
    assert distance("#c04040", "#608000") > 2 * distance("#c04040", "#608000", eyes="deuteranopia")
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", ["#000000", "#7a1f2b", "#777777", "#2fafff", "#ffe000", "#ffffff"])
def test_a_name_reads_on_any_accent(colour: str) -> None:
    """Black or white, whichever reads better: one of them always does."""
    ink, _on, ground, _bold = on_accent(colour).split()
    assert contrast(ink.lower(), ground.lower()) >= READABLE


def test_the_style_sheet_names_no_colour_of_its_own() -> None:
    """A colour that stands there would be the same in every theme."""
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)", STYLES.read_text(encoding="utf-8")) == []


async def test_a_theme_is_chosen_in_the_palette(home: HomeForTest, running: Running) -> None:
    """Everything is drawn anew in it, the banner too."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "ctrl+p")
        await press(app, pilot, *"themelight")
        await pilot.pause(0.3)
        await press(app, pilot, "enter")
        assert app.theme == theme_name("light")
        assert "The theme is light" in shown(app)
        light = PALETTES["light"]
        table = app.screen.query_one(RowList)
        assert table.styles.background == Color.parse(light.background)
        assert app.screen.query_one(Banner).styles.background == Color.parse(light.overdue)
        inks = {
            segment.style.color.get_truecolor().hex
            for segment in table.render_line(1)
            if segment.style is not None and segment.style.color is not None
        }
        assert inks <= set(light.inks().values())


async def test_the_configured_theme_is_shown(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[tui] theme; with NO_COLOR no theme is."""
    object.__setattr__(home.workspace.config.tui, "theme", "colour-blind")
    async with running(home) as (app, _pilot):
        assert app.theme == theme_name("colour-blind")
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(home) as (app, pilot):
        await app.run_action("theme('light')")
        await press(app, pilot)
        assert app.theme == "ansi-dark"
        assert "NO_COLOR is set" in shown(app)


def test_backgrounds_have_names() -> None:
    """Those that the style sheet uses."""
    text = STYLES.read_text(encoding="utf-8")
    assert [name for name in BACKGROUNDS if f"${name}" not in text] == []
