"""Make the pictures of the interface in docs/pictures from the certificates of a home: `python docs/pictures.py HOME`.

Run by hand, after `make demo` for instance. Needs rsvg-convert, the DejaVu fonts and, for Chinese names, a font that
has them. The home is only read.
"""

import argparse
import asyncio
import re
import subprocess
from pathlib import Path

from certmgr.workspace import open_workspace
from tui.app import CertmgrApp
from tui.backend import Backend

FOLDER = Path(__file__).resolve().parent / "pictures"
SIZE = {"list": (160, 40), "detail": (100, 42), "revoke": (120, 36)}
KEYS = {"list": ("j", "j"), "detail": ("j", "j", "enter"), "revoke": ("j", "j", "x", "2")}
CELL = 12.2
"""The width of a cell in Rich's SVG, in pixels."""
DEJAVU = 1204 / 2000
"""The advance of DejaVu Sans Mono, in em: with it the font size is chosen, since librsvg ignores textLength."""
SETTLE_S = 1.0
ZOOM = "0.75"


async def draw(home: Path, name: str) -> str:
    """Return the picture called `name` as SVG."""
    app = CertmgrApp(Backend(open_workspace(home)))
    try:
        async with app.run_test(size=SIZE[name]) as pilot:
            await pilot.pause(SETTLE_S)
            await pilot.press(*KEYS[name])
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
    parser = argparse.ArgumentParser(description="Make docs/pictures from the certificates of a home.")
    parser.add_argument("home", type=Path)
    home = parser.parse_args().home.resolve()
    FOLDER.mkdir(exist_ok=True)
    for name in KEYS:
        svg = for_librsvg(asyncio.run(draw(home, name)))
        target = FOLDER / f"{name}.png"
        subprocess.run(["rsvg-convert", "--zoom", ZOOM, "--output", str(target)], input=svg.encode(), check=True)
        print(target)


if __name__ == "__main__":
    main()
