"""A program on a terminal of its own, answered as a person would."""

import os
import pty
import re
import select
import signal
import sys
import time
from pathlib import Path
from typing import Self

DEADLINE_S = 30


class Terminal:
    """`certmgr` on a pseudo-terminal of 80 columns; use it in a `with` block."""

    def __init__(self, home: Path, *words: str) -> None:
        self._words = ["--home", str(home), *words]
        self.screen = ""
        self._answered = 0

    def __enter__(self) -> Self:
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.environ["COLUMNS"] = "80"
            os.execv(sys.executable, [sys.executable, "-m", "certmgr", *self._words])  # noqa: S606 - the child's own image
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def expect(self, pattern: str) -> None:
        """Read until the screen shows `pattern` after what was expected before."""
        deadline = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.screen[self._answered :])):
            assert time.monotonic() < deadline, f"{pattern!r} is not in {self.screen!r}"
            self._read(deadline)
        self._answered += found.end()

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._descriptor, (text + "\n").encode())

    def press(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._descriptor, key)

    def leave(self) -> int:
        """Wait for the end; return the exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self._read(deadline):
            pass
        if time.monotonic() >= deadline:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))
        try:
            data = os.read(self._descriptor, 4096) if ready else b""
        except OSError:
            # Linux says EIO when the program is gone.
            return False
        self.screen += data.decode(errors="replace")
        return bool(data)
