"""Make the pictures of the interface in docs/pictures, in the dark and in the light theme: `python -m docs.pictures`.

What they show is made for it in /tmp/egov, which must not be there: the certificates that the tests look at, in every
state, at a moment that stands still. Needs rsvg-convert, the DejaVu fonts and, for Chinese names, a font that has them.
"""

import asyncio
import contextlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.clock import START, FakeClock
from tests.home import HomeForTest, make_home
from tests.reviewing import wish, with_reviewers
from tests.tui.conftest import fill
from tests.tui.furnished import furnish
from tests.tui.queue import apply
from tui.app import CertmgrApp
from tui.backend import Backend
from tui.theme import theme_name

PICTURES_FOLDER = Path(__file__).resolve().parent / "pictures"
EXAMPLE = Path("/tmp/egov")  # noqa: S108 - the pictures name it; it must not be there before
THEMES = ("dark", "light")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is shown, and how one gets there."""

    place: str
    size: tuple[int, int]
    keys: tuple[str, ...] = ()


PICTURES = {
    "dashboard": Picture(place="dashboard", size=(120, 36)),
    "list": Picture(place="certificates", size=(160, 40), keys=("j", "j")),
    "detail": Picture(place="certificates", size=(100, 42), keys=("j", "j", "enter")),
    "revoke": Picture(place="certificates", size=(120, 36), keys=("j", "j", "x", "2")),
    "applications": Picture(place="applications", size=(120, 30)),
}
CELL = 12.2
"""The width of a cell in Rich's SVG, in pixels."""
DEJAVU = 1204 / 2000
"""The advance of DejaVu Sans Mono, in em: with it the font size is chosen, since librsvg ignores textLength."""
SETTLE_S = 1.5
ZOOM = "0.75"


def example(folder: Path) -> HomeForTest:
    """Return a home under `folder` with certificates in every state, and with applications that wait."""
    clock = FakeClock(START - timedelta(days=396))
    home = make_home(folder, clock=clock)
    with contextlib.chdir(folder):
        fill(home, clock)
        clock.now = START - timedelta(days=2, hours=3)
        furnish(home)
        home = with_reviewers(home)
        apply(home, "carl", wish(name="intake.egov.internal", ip=("10.1.2.3",)))
        apply(home, "admin", wish("guarded", "own.egov.internal", owner="Registry", purpose="Civil status"))
        clock.now = START - timedelta(minutes=40)
        apply(home, "alice", wish("guarded", "guarded.egov.internal", owner="网络中心", purpose="Mail relay"))
    clock.now = START
    return home


async def draw(home: HomeForTest, picture: Picture, theme: str) -> str:
    """Return a picture as SVG."""
    app = CertmgrApp(Backend(home.workspace))
    try:
        async with app.run_test(size=picture.size) as pilot:
            app.theme = theme_name(theme)
            await app.run_action(f"app.go('{picture.place}')")
            await pilot.pause(SETTLE_S)
            await pilot.press(*picture.keys)
            await pilot.pause(SETTLE_S)
            return app.export_screenshot(title="certmgr tui")
    finally:
        app.finish()


def for_librsvg(svg: str) -> str:
    """Return the SVG so that librsvg keeps every character in its cell and loads no font from the network."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    svg = svg.replace("font-size: 20px", f"font-size: {CELL / DEJAVU:.3f}px")
    return re.sub(r'(<text [^>]*?)x="([^"]*)"([^>]*>)((?:&#160;)+)', _moved, svg)


def _moved(found: re.Match[str]) -> str:
    """Return a text element without the spaces at its beginning, which librsvg drops, moved by their width."""
    spaces = found[4].count("&#160;")
    return f'{found[1]}x="{float(found[2]) + spaces * CELL:.1f}"{found[3]}'


def main() -> None:
    """Write every picture as PNG."""
    EXAMPLE.mkdir(mode=0o700)
    try:
        home = example(EXAMPLE)
        for name, picture in PICTURES.items():
            for theme in THEMES:
                svg = for_librsvg(asyncio.run(draw(home, picture, theme)))
                target = PICTURES_FOLDER / f"{name}-{theme}.png"
                subprocess.run(
                    ["rsvg-convert", "--zoom", ZOOM, "--output", str(target)], input=svg.encode(), check=True
                )
                print(target)
    finally:
        shutil.rmtree(EXAMPLE)


if __name__ == "__main__":
    main()
