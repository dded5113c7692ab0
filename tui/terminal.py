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
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rich.segment import Segment
from rich.text import Text
from textual import constants
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.await_remove import AwaitRemove
from textual.color import Color
from textual.dom import DOMNode
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widget import Widget
from textual.worker import Worker, WorkerFailed, WorkerState
from textual.worker_manager import WorkerManager

from certmgr.errors import UsageError
from tui import hangup
from tui.stylesheet import KeptStylesheet
from tui.typed_ahead import TypedAhead

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

_HOPELESS = frozenset({"", "dumb", "unknown"})
_RAW = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_ESC = "\x1b"
_BEGIN = ("[", "O")
"""What follows esc in the sequences of keys; of one that Textual does not know, esc is no key."""
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
    vars(linux_driver)["XTermParser"] = EscapeKept
    if os.environ.get("NO_COLOR") == "":
        del os.environ["NO_COLOR"]


class EscapeKept(XTermParser):
    """Reads keys; esc is not lost where another key follows within a tenth of a second.

    A terminal sends the same for that and for the other key with alt. Textual takes the latter, and knows no alt with
    signs and enter: esc that was to cancel a dialog would be left out, and enter carry it out.
    """

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:  # noqa: FBT001, FBT002 - as the original
        """Return the keys; where `sequence` came after esc and gives no key with alt, esc is the first of them."""
        keys = tuple(super()._sequence_to_key_events(sequence, alt))
        is_alt = any(one.key.startswith("alt+") for one in keys)
        return keys if not alt or is_alt or sequence in _BEGIN else (Key("escape", _ESC), *keys)


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
        self.typed_ahead = TypedAhead(self, handled=self.handled, awaits=self.awaits)
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

    def handled(self) -> bool:
        """Tell whether every message has been handled, and all that is on screen has its place and size."""
        screen = self.screen if self.screen_stack else None
        if screen is not None and (screen._layout_required or screen._scroll_required or screen._callbacks):  # noqa: SLF001 - nobody tells
            return False
        pumps: Iterable[MessagePump] = (self, *(screen.walk_children(with_self=True) if screen else ()))
        return not any(pump.message_queue_size or pump._next_callbacks for pump in pumps)  # noqa: SLF001 - as above

    def awaits(self) -> bool:
        """Tell whether something is being read or carried out that a key has asked for: here, what is to begin."""
        return any(worker.state is WorkerState.PENDING for worker in self._workers)

    async def on_event(self, event: Event) -> None:
        """Handle each key and paste when what the one before it does has been done."""
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            if self.typed_ahead.holds(event):
                return
            if isinstance(event, Key) and self._is_esc_before(event):
                self.typed_ahead.instead(Key("escape", _ESC), Key(event.character or "", event.character))
                return
        await super().on_event(event)

    def _is_esc_before(self, event: Key) -> bool:
        """Tell whether what came as a key with alt is esc and that key: with alt it does nothing here."""
        return event.key.startswith("alt+") and event.is_printable and event.key not in self.screen.active_bindings

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
