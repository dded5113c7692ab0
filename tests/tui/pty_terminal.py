"""The program on a real terminal: a pseudo-terminal whose other end the test holds."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from time import monotonic

REPOSITORY = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from certmgr.workspace import open_workspace
from tests.clock import FakeClock
from tui.app import run
{before}
sys.exit(run(open_workspace(Path(sys.argv[1]), clock=FakeClock()), {options}))
"""
OPTIONS = {"read_only": False, "mouse": True, "ascii": None}
_PATIENCE_S = 20.0
ON, OFF = "h", "l"


_BREAK = rb"(?: |[^\n]*?(?:\n|\x1b\[\d+;\d+H)[^\n]*?)"
"""Between two words: a space, or the end of a line with what stands around the text."""


class Terminal:
    """A process on a pseudo-terminal, all that it has written, and the terminal's state."""

    def __init__(self, master: int, process: "subprocess.Popen[bytes]") -> None:
        self._master = master
        self.process = process
        self.output = b""
        self._rest = b""
        """What was read behind the text that was waited for last."""

    @property
    def text(self) -> str:
        """All that was written, as text."""
        return self.output.decode(errors="replace")

    def read(self, seconds: float) -> bytes:
        """Return what is written within `seconds`."""
        end, got = monotonic() + seconds, b""
        while (left := end - monotonic()) > 0:
            if select([self._master], [], [], left)[0]:
                try:
                    piece = os.read(self._master, 65536)
                except OSError:
                    break
                if not piece:
                    break
                got += piece
        self.output += got
        self._rest = b""
        return got

    def wait_for(self, text: str) -> None:
        """Read until `text` has been written after what was waited for, typed or read last."""
        self._wait_for(re.compile(re.escape(text.encode())))

    def wait_for_sentence(self, text: str) -> None:
        """Read until `text` has been written, in one line or broken over several, as a long path in it may have it."""
        self._wait_for(re.compile(_BREAK.join(re.escape(word) for word in text.encode().split())))

    def _wait_for(self, text: "re.Pattern[bytes]") -> None:
        end, seen = monotonic() + _PATIENCE_S, self._rest
        while not (found := text.search(seen)):
            if monotonic() > end:
                raise AssertionError(f"{text.pattern!r} does not appear in {seen[-3000:]!r}")
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended with {self.process.returncode}: {self.output[-3000:]!r}")
            seen += self.read(0.05)
        self._rest = seen[found.end() :]

    def quiet(self) -> None:
        """Read until nothing has been written for a while."""
        while self.read(0.25):
            pass

    def type(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())
        self._rest = b""

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a window does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    def vanish(self) -> None:
        """Be gone, as the other end of a connection that broke; the program is no child of the terminal."""
        os.close(self._master)
        self._master = os.open(os.devnull, os.O_RDONLY)

    @property
    def descriptor(self) -> int:
        """The end of the terminal that the test holds."""
        return self._master

    def end(self) -> int:
        """Return the exit code, and read what is left."""
        end = monotonic() + _PATIENCE_S
        while self.process.poll() is None:
            if monotonic() > end:
                raise AssertionError("the program does not end")
            self.read(0.05)
        self.read(0.2)
        return self.process.returncode

    def modes(self) -> dict[str, str]:
        """Return every private mode that was set or reset, with what was done to it last."""
        return dict(re.findall(r"\x1b\[\?(\d+)([hl])", self.text))

    def attributes(self) -> list[object]:
        """Return the terminal's line settings."""
        return termios.tcgetattr(self._master)

    def restored(self) -> bool:
        """Return whether the terminal is as a shell wants it: main screen, cursor, no mouse, no paste marks."""
        modes = self.modes()
        off = ("1049", "1000", "1003", "1006", "1004", "2004")
        return modes["25"] == ON and modes["7"] == ON and all(modes.get(mode, OFF) == OFF for mode in off)


@contextmanager
def on_terminal(
    home: Path,
    *,
    size: tuple[int, int] = (80, 24),
    before: str = "",
    environment: dict[str, str] | None = None,
    options: dict[str, bool] | None = None,
) -> Iterator[Terminal]:
    """Run the interface on a terminal of `size`; `before` is Python that runs first."""
    words = ", ".join(f"{name}={value}" for name, value in {**OPTIONS, **(options or {})}.items())
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(before=before, options=words), str(home)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=REPOSITORY,
        start_new_session=True,
        env={
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "XDG_STATE_HOME": str(home.parent / "state"),
            **(environment or {}),
        },
    )
    os.close(slave)
    terminal = Terminal(master, process)
    try:
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(terminal.descriptor)
