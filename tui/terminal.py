"""The terminal: what is asked of it, and how it is given back whatever happens.

The one module that touches what Textual 8.2 keeps private; the version is pinned for its sake.
"""

import asyncio
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rich.segment import Segment
from rich.text import Text
from textual import constants
from textual.app import App
from textual.await_remove import AwaitRemove
from textual.color import Color
from textual.dom import DOMNode
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event, Key
from textual.filter import LineFilter
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerFailed
from textual.worker_manager import WorkerManager

from certmgr.errors import UsageError
from tui import hangup
from tui.stylesheet import KeptStylesheet

_HOPELESS = frozenset({"", "dumb", "unknown"})
_RAW = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_MEANT = "certmgr_meant_for"
"""The attribute of a key event that holds what had the focus when it arrived."""
_LOG_FOLDER_MODE = 0o700
_LOG_MODE = 0o600
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def check_terminal(stdin: TextIO, stderr: TextIO, environment: Mapping[str, str]) -> None:
    """Return where an interface can be drawn (on standard error, as Textual does) and keys can be read.

    Raises UsageError otherwise: without a terminal Textual would never end, on a dumb one draw escapes.
    """
    hint = "certmgr list, show and revoke do the same as plain text."
    missing = [name for name, stream in (("input", stdin), ("error", stderr)) if not _is_terminal(stream)]
    if missing:
        raise UsageError(f"certmgr tui needs a terminal; standard {' and standard '.join(missing)} is none.", hint=hint)
    if (term := environment.get("TERM", "")) in _HOPELESS:
        raise UsageError(f"certmgr tui cannot draw on a terminal of type {term or 'unset'!r} (TERM).", hint=hint)


def _is_terminal(stream: TextIO | None) -> bool:
    """Return whether `stream` is open and a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def speaks_utf8(stream: TextIO) -> bool:
    """Return whether what is written to `stream` is encoded as UTF-8; where it is not, only ASCII is drawn."""
    return (stream.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"


def settle_environment() -> None:
    """Set what Textual reads from the environment.

    No Kitty keyboard protocol: a dropped ssh connection leaves it on and the shell gets junk for keys. An
    empty NO_COLOR means colour (no-color.org), Textual takes it for the opposite.
    """
    os.environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"
    vars(constants)["DISABLE_KITTY_KEY"] = True
    if os.environ.get("NO_COLOR") == "":
        del os.environ["NO_COLOR"]


class NothingRaw(LineFilter):
    """The last net: no control or direction character leaves for the terminal inside a piece of text.

    What the screens show has gone through present.safe_text; this also covers what is typed and pasted.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without such characters; they take no cell, so nothing moves."""
        del background
        if not any(_RAW.search(segment.text) for segment in segments if not segment.control):
            return segments
        return [
            segment if segment.control else Segment(_RAW.sub("", segment.text), segment.style, segment.control)
            for segment in segments
        ]


class WholeCells(ScrollBarRender):
    """A scroll bar of whole cells: no block characters, and reverse video where there is no colour."""

    VERTICAL_BARS = [" "]  # noqa: RUF012 - Textual's own


class Workers(WorkerManager):
    """What widgets have under way; one that goes begins nothing, for it would look for its parts in vain."""

    def add_worker(self, worker: Worker[Any], start: bool = True, exclusive: bool = True) -> None:  # noqa: FBT001, FBT002 - as the original
        """Take and start a worker; leave it alone where its widget goes."""
        if not worker.node._pruning:  # noqa: SLF001 - Textual tells nobody
            super().add_worker(worker, start, exclusive)

    def cancel_going(self) -> None:
        """End what widgets that go have under way."""
        for worker in [worker for worker in self if worker.node._pruning]:  # noqa: SLF001 - as above
            worker.cancel()


class GuardedApp(App[int]):
    """An application that leaves the terminal as it found it and tells no secret when it crashes."""

    def __init__(self, *, log_dir: Path | None, clock: Callable[[], datetime], ansi_color: bool | None = None) -> None:
        """Write crash reports into `log_dir`; None: nowhere."""
        super().__init__(ansi_color=ansi_color)
        self.stylesheet = KeptStylesheet(variables=self.get_css_variables())
        ScrollBar.renderer = WholeCells
        self._workers: Workers = Workers(self)
        self._filters.append(NothingRaw())
        self._log_dir = log_dir
        self._crash_clock = clock

    def guard(self) -> None:
        """Take the signals that end a program, and repaint after the shell's `fg`; called once the application runs."""
        if not self.is_headless and threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in SIGNALS:
                loop.add_signal_handler(number, self._leave, number)
            hangup.watch(sys.stdin.fileno(), lambda: loop.call_soon_threadsafe(self._leave, signal.SIGHUP))
        self.app_resume_signal.subscribe(self, self._repaint, immediate=True)

    def _leave(self, number: signal.Signals) -> None:
        """End as a process ended by `number` does, but with the terminal restored."""
        self.exit(return_code=128 + number)

    def _repaint(self, _resumed: object) -> None:
        """Draw everything anew: after `fg` Textual leaves the screen blank."""
        self.call_later(self.screen.refresh, layout=True)

    async def on_event(self, event: Event) -> None:
        """Give a field what was typed quickly after the key that opened it.

        Keys go to the widget that has the focus when they arrive, and come back here where it has no use for them. By
        then a field may have the focus, and what was typed for it is no command of the list.
        """
        if isinstance(event, Key):
            meant, now = getattr(event, _MEANT, None), self.focused
            if not event.is_forwarded:
                setattr(event, _MEANT, now)
            elif isinstance(now, Input) and meant is not None and meant is not now:
                again = Key(event.key, event.character)
                setattr(again, _MEANT, now)
                now._forward_event(again)  # noqa: SLF001 - as the screen does with every key
                return
        await super().on_event(event)

    def take_mouse(self, *, on: bool) -> None:
        """Take the mouse from the terminal, or leave it to it."""
        driver = self._driver
        if isinstance(driver, LinuxDriver):
            # Each does nothing while the driver believes that the mouse is not its own.
            driver._mouse = True  # noqa: SLF001 - Textual decides this at the start only
            (driver._enable_mouse_support if on else driver._disable_mouse_support)()  # noqa: SLF001 - as above
            driver._mouse = on  # noqa: SLF001 - as above

    def _set_pointer_shape(self, shape: str) -> None:
        """Leave the mouse pointer alone: the sequence is Kitty's own, and other terminals may show it."""

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        """Have widgets go, and at once, not after their parts, end what they have under way."""
        going = super()._prune(*nodes, parent=parent)
        self._workers.cancel_going()
        return going

    async def _shutdown(self) -> None:
        """End what is under way, then all the rest."""
        self.workers.cancel_all()
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """End with code 1; an error that draws itself is not given the chance, it may draw what it holds."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fatal_error()

    def _fatal_error(self) -> None:
        """Write the traceback without local variables to an owner-only file and one line to the user."""
        self.panic()

    def panic(self, *renderables: object) -> None:
        """End with one line for the user; `renderables`, which may hold local variables, are not printed."""
        del renderables
        error = self._exception or sys.exc_info()[1]
        report = write_crash(error, self._log_dir, self._crash_clock()) if error is not None else None
        where = f" The report is in {report}." if report else ""
        self._return_code = 1
        self._exit_renderables[:] = [Text(f"certmgr tui stopped because of an internal error.{where}")]
        self._close_messages_no_wait()


def write_crash(error: BaseException | None, folder: Path | None, now: datetime) -> Path | None:
    """Append the traceback of `error`, its message left out, to crash.log in `folder`; returns the file.

    Only types and source lines are written: a message or a local variable may hold a passphrase or a key.
    None where there is no folder or it cannot be written.
    """
    if folder is None:
        return None
    lines = [f"{now:%Y-%m-%dT%H:%M:%SZ} certmgr tui\n"]
    while error is not None:
        if isinstance(error, WorkerFailed):
            error = error.error
        lines += [*traceback.format_tb(error.__traceback__), f"{type(error).__module__}.{type(error).__qualname__}\n"]
        error = error.__cause__ or error.__context__
    path = folder / "crash.log"
    try:
        folder.mkdir(mode=_LOG_FOLDER_MODE, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, _LOG_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError:
        return None
    return path


def plain_text(app: App[Any]) -> str:
    """Return what is on screen as lines of plain text without trailing spaces."""
    strips = app.screen._compositor.render_strips()  # noqa: SLF001 - Textual has no public way
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
