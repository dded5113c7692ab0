"""The interface on a pseudo-terminal that answers as modern ones do: frames are told apart, bytes are counted."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from select import select
from time import perf_counter
from types import TracebackType
from typing import Self

from tui import remembered
from tui.remembered import Memory

BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"
"""Around a frame, once the terminal has said that it knows these marks."""
_QUERY, _ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
PATIENCE_S = 30.0
FIRST_BYTE = b"\x1b[?1049h"
_REPOSITORY = Path(__file__).parents[1]
Wanted = Callable[[bytes], bool]


class Screen:
    """A running `certmgr tui`, what it draws and how long that takes."""

    def __init__(self, home: Path, *, size: tuple[int, int] = (80, 24)) -> None:
        """Start it on the home, on its list of certificates, with nothing else remembered."""
        state = home.parent / "state"
        environment = {**os.environ, "XDG_STATE_HOME": str(state), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        path = remembered.path_for(home, environment)
        if path is not None:
            remembered.save(path, Memory(place="certificates"))
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.begun = perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "certmgr", "--home", str(home), "tui"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=_REPOSITORY,
            start_new_session=True,
            env=environment,
        )
        os.close(slave)
        self.bytes = 0
        self._pending = b""
        self.tail = b""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def type(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def frame(self, wanted: Wanted, within_s: float) -> float | None:
        """Return when (perf_counter) the first frame that is wanted has come whole, None if none does in time."""
        end = perf_counter() + within_s
        while True:
            while (stop := self._pending.find(END)) >= 0:
                frame, self._pending = self._pending[:stop], self._pending[stop + len(END) :]
                if wanted(frame):
                    return perf_counter()
            if (left := end - perf_counter()) <= 0 or not self._read(left):
                return None

    def wait_for(self, text: bytes, within_s: float = PATIENCE_S) -> float:
        """Return when `text` was drawn, with or without marks around its frame; ends the benchmark where it is not."""
        end, seen = perf_counter() + within_s, self._pending
        while text not in seen:
            self._pending = b""
            if perf_counter() > end or not self._read(end - perf_counter()):
                sys.exit(f"{text!r} does not appear: {seen[-2000:]!r}")
            seen = seen[-200_000:] + self._pending
        return perf_counter()

    def quiet(self, seconds: float, at_most_s: float = PATIENCE_S) -> int:
        """Read until nothing has come for so long; return how many bytes came."""
        before, end = self.bytes, perf_counter() + at_most_s
        while perf_counter() < end and self._read(seconds):
            self._pending = b""
        return self.bytes - before

    def listen(self, seconds: float) -> int:
        """Read for so long; return how many bytes came."""
        before, end = self.bytes, perf_counter() + seconds
        while (left := end - perf_counter()) > 0:
            self._read(left)
            self._pending = b""
        return self.bytes - before

    def memory_kib(self) -> int:
        """Return how much memory of its own the program holds."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii")
        return sum(int(found) for found in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE))

    def _read(self, seconds: float) -> bool:
        """Take what comes within that time; False: nothing came."""
        if not select([self._master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:
            return False
        if _QUERY in piece:
            os.write(self._master, _ANSWER)
        self.bytes += len(piece)
        self._pending += piece
        self.tail = (self.tail + piece)[-20_000:]
        return bool(piece)
