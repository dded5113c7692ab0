"""Styles are parsed once, and again when the colours change."""

import pytest
from textual.css import parse as css_parser
from textual.css import stylesheet

from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.screens import settle
from tui.screens.catalogue import SCREENS
from tui.theme import theme_name


async def test_a_place_that_is_visited_first_parses_its_own_styles_only(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No source is parsed twice, however many places are gone to; a theme parses all of them once more."""
    parsed: list[object] = []
    parse = css_parser.parse

    def watched(scope: str, css: str, read_from: object, *rest: object, **options: object) -> object:
        parsed.append((read_from, scope))
        return parse(scope, css, read_from, *rest, **options)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(stylesheet, "parse", watched)
    async with running(home) as (app, pilot):
        await settle(app, pilot)
        parsed.clear()
        for place in SCREENS:
            await app.action_go(place)
            await settle(app, pilot)
        assert len(parsed) == len(set(parsed))
        assert len(parsed) < len(app.stylesheet.source)
        parsed.clear()
        before = app.screen.styles.background
        app.theme = theme_name("light")
        await settle(app, pilot)
        assert app.screen.styles.background != before
        assert len(parsed) == len(app.stylesheet.source)
