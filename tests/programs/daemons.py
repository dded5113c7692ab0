"""Daemons as real processes: what they tell systemd, what they say, how they end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.docs.sandbox import REPOSITORY
from tests.home import HomeForTest

PATIENCE_S = 30
DRIVER = REPOSITORY / "tests" / "programs" / "daemon_driver.py"


class Daemon:
    """A running daemon, and the socket on which it tells how it is."""

    def __init__(self, process: "subprocess.Popen[bytes]", channel: socket.socket, said: Path) -> None:
        self.process = process
        self._channel = channel
        self._said = said
        self.states: list[str] = []

    def wait_for_state(self, beginning: str, *, times: int = 1) -> str:
        """Return the state that begins so, once it was told `times` more times."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for state in self._channel.recv(4096).decode().split("\n"):
                self.states.append(state)
                times -= state.startswith(beginning)
                if times == 0:
                    return state
        raise AssertionError(f"{beginning} was not told: {self.states}")

    def states_within(self, seconds: float) -> list[str]:
        """Return what is told in the next `seconds`."""
        found: list[str] = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._channel.settimeout(left)
            with suppress(TimeoutError):
                found += self._channel.recv(4096).decode().split("\n")
        self._channel.settimeout(PATIENCE_S)
        return found

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self._said.read_text(encoding="utf-8")

    def wait_for(self, words: str, *, times: int = 1) -> None:
        """Return when it has said the words that often."""
        wait_until(lambda: self.said.count(words) >= times, f"{words!r} was not said: ", lambda: self.said)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal and return the exit code, negative for a signal that ended it."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def wait_until(done: Callable[[], bool], what: str, facts: Callable[[], str] = str) -> None:
    """Return when `done()` holds; raises AssertionError with `what` and the facts after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}{facts()}")
        time.sleep(0.02)


@contextmanager
def started(home: HomeForTest, *, watchdog_s: float = 0, **settings: object) -> Iterator[Daemon]:
    """Yield a daemon on the home; with settings, one under the driver. It does not outlive the block."""
    folder = Path(home.path.parent)
    serial = len(list(folder.glob("daemon-*")))
    said = folder / f"daemon-{serial}"
    said.touch()
    command = [sys.executable, "-m", "certmgr", "--home", str(home.path), "daemon", "run"]
    if settings:
        command = [sys.executable, str(DRIVER), str(home.path), json.dumps(settings)]
    # An abstract name: a path may be longer than a socket's may be.
    address = f"certmgr-test-{os.getpid()}-{id(said)}-{serial}"
    environment = os.environ | {"NOTIFY_SOCKET": f"@{address}", "PYTHONPATH": str(REPOSITORY)}
    if watchdog_s:
        environment["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, said.open("ab") as log:
        channel.bind(f"\0{address}")
        channel.settimeout(PATIENCE_S)
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stderr=log, cwd=folder) as process:
            try:
                yield Daemon(process, channel, said)
            finally:
                if process.poll() is None:
                    process.kill()
