"""What a test does with a screen: wait until it is at rest, read it, compare it with the one that is kept."""

import asyncio
import os
import re
from pathlib import Path
from time import monotonic

from textual.pilot import Pilot
from textual.worker import Worker

from tests.home import HomeForTest
from tui.app import CertmgrApp
from tui.screens.listing import ListScreen
from tui.terminal import plain_text

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "UPDATE_GOLDEN"
"""Set it to write what is shown as what is kept, and read the difference before it is committed."""
_READING = {"follow", "rows", "counts", "more", "marks", "detail", "policy", "profiles"}
_REST_S = 0.04
_PATIENCE_S = 20.0


async def settle(app: CertmgrApp, pilot: Pilot[int]) -> None:
    """Wait until no thread has work, every message is handled and no timer of a hundredth of a second can run."""
    lanes = (app.lists, app.reads, app.marks, app.counts, app.looks, app.acts)
    end, quiet_since = monotonic() + _PATIENCE_S, monotonic()
    while monotonic() - quiet_since < _REST_S:
        # A slow machine may not have begun what the last key asks for, so a pause belongs to the rest.
        await pilot.pause()
        await asyncio.sleep(0.005)
        to_read = isinstance(app.screen, ListScreen) and app.screen.is_to_read
        if (
            to_read
            or app.typed_ahead.busy
            or any(lane.busy for lane in lanes)
            or any(_is_reading(worker) for worker in app.workers)
        ):
            quiet_since = monotonic()
            if quiet_since > end:
                raise AssertionError("the interface does not come to rest")
    await pilot.pause()


def _is_reading(worker: Worker[object]) -> bool:
    # Others wait for a person: a dialog is a worker, too.
    return worker.group in _READING and not worker.is_finished


async def press(app: CertmgrApp, pilot: Pilot[int], *keys: str) -> None:
    """Press keys and wait for what they do."""
    await pilot.press(*keys)
    await settle(app, pilot)


async def go(app: CertmgrApp, pilot: Pilot[int], place: str) -> None:
    """Go to a screen by its name and wait for what it shows."""
    await app.action_go(place)
    await settle(app, pilot)


async def type_text(app: CertmgrApp, pilot: Pilot[int], text: str) -> None:
    """Type text into the field that has the focus."""
    await press(app, pilot, *("full_stop" if sign == "." else "minus" if sign == "-" else sign for sign in text))


async def eventually(app: CertmgrApp, pilot: Pilot[int], text: str) -> None:
    """Wait until `text` is on screen, in one line or, as a long path before it may have it, over several."""
    end = monotonic() + _PATIENCE_S
    while text not in shown(app) and text not in flat(app):
        if monotonic() > end:
            raise AssertionError(f"{text!r} does not appear on:\n{shown(app)}")
        await pilot.pause(0.02)


async def told(app: CertmgrApp, pilot: Pilot[int], text: str) -> None:
    """Wait until the message log holds `text`, and until what it tells of is on screen."""
    end = monotonic() + _PATIENCE_S
    while not any(text in "".join(piece.text for piece in line) for line in app.messages):
        if monotonic() > end:
            raise AssertionError(f"{text!r} is not among {app.messages}")
        await pilot.pause(0.02)
    await settle(app, pilot)


def shown(app: CertmgrApp) -> str:
    """Return the screen as plain text."""
    return plain_text(app)


def flat(app: CertmgrApp) -> str:
    """Return what is on screen as one line, without the frames of dialogs: for sentences that are wrapped."""
    lines = []
    for line in shown(app).splitlines():
        _, *inner, _ = parts if len(parts := line.split("│")) > 1 else ("", line, "")
        lines.append(" ".join(inner) if inner else line)
    return " ".join(" ".join(lines).split())


def masked(text: str, home: HomeForTest) -> str:
    """Return the screen with what differs from run to run masked: numbers from chance, and where the home lies."""
    first, *others = text.splitlines()
    place = first.find(str(home.path)) if str(home.path) in first else first.rfind("  ") + 2
    first = f"{first[:place].rstrip()}  HOME"
    body = re.sub(r"\b[0-9A-Fa-f]{12,}\b", lambda found: "#" * len(found[0]), "\n".join(others))
    return f"{first}\n{body}\n"


def matches_golden(name: str, text: str) -> bool:
    """Return whether `text` is the screen that is kept as `name`; with UPDATE_GOLDEN, keep it."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    kept = path.read_text(encoding="utf-8")
    if kept != text:
        print(f"--- kept as {path.name}\n{kept}\n--- shown\n{text}")  # noqa: T201 - what a failing test tells
    return kept == text


def stands_on(app: CertmgrApp, screen: type) -> bool:
    """Tell whether the screen or dialog on top is one of that kind."""
    return isinstance(app.screen, screen)
