"""Real processes for the tests of faults: started from one that has everything loaded, and reporting line by line.

The process that they are forked from never opens a store: a connection that lives through a fork damages it.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

_LOADED = [
    "certmgr.cli.issue",
    "certmgr.custody.slots",
    "certmgr.operations.check",
    "certmgr.operations.inventory",
    "certmgr.operations.setup",
    "certmgr.pki.inspect",
    "sqlite_utils",
    "tests.faults.acts",
]
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(_LOADED)
_PATIENCE_S = 60

Act = Callable[..., None]
"""A function of `acts`: it takes its reports, the home's folder and its own arguments."""


class Reports:
    """The child's end: one line for each thing that happened, handed to the kernel before it goes on."""

    def __init__(self, connection: Connection, gate: Connection) -> None:
        """Keep the connections open: the first one's descriptor is what is written to."""
        self._connection = connection
        self._gate = gate

    def __call__(self, *words: object) -> None:
        """Write one line; less than PIPE_BUF, so it arrives whole or not at all."""
        os.write(self._connection.fileno(), (" ".join(map(str, words)) + "\n").encode())

    def wait(self) -> None:
        """Stand still until the parent says `go`."""
        self._gate.recv_bytes()


class Child:
    """The parent's end: a process, and the lines that it reported."""

    def __init__(self, act: Act, folder: Path, *, arguments: tuple[object, ...] = (), gate: bool = False) -> None:
        """Start `act(reports, folder, *arguments)` in a process; with `gate` it waits there until `go`."""
        self.lines: list[list[str]] = []
        self._rest = b""
        self._reading, writing = _FORKS.Pipe(duplex=False)
        waiting, self._opening = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(
            target=_run, args=(act, writing, waiting, folder, arguments), kwargs={"gate": gate}
        )
        self._process.start()
        writing.close()
        waiting.close()

    def go(self) -> None:
        """Let it go on that waits."""
        self._opening.send_bytes(b"go")

    def reports(self) -> Iterator[list[str]]:
        """Yield each line, as words, when it arrives; ends with the process."""
        while chunk := os.read(self._reading.fileno(), 1 << 16):
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            for line in whole:
                self.lines.append(line.decode().split(" "))
                yield self.lines[-1]

    def wait_for(self, *words: str) -> None:
        """Return when a line that begins with `words` has arrived."""
        assert any(line[: len(words)] == list(words) for line in self.reports()), f"no {words} in {self.lines}"

    def kill(self) -> None:
        """Kill it as kill -9 does, wherever it is, and read what it had reported."""
        self._process.kill()
        self.finish()

    def finish(self) -> int:
        """Read all that is left and return the exit code, negative for a signal."""
        for _ in self.reports():
            pass
        self._process.join(_PATIENCE_S)
        code = self._process.exitcode
        assert code is not None, f"still running after {_PATIENCE_S} seconds: {self.lines}"
        return code

    def close(self) -> None:
        """Leave no process behind."""
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join(_PATIENCE_S)
        self._process.close()
        self._reading.close()
        self._opening.close()


@contextmanager
def started(act: Act, folder: Path, *arguments: object) -> Iterator[Child]:
    """Yield a running child; it does not outlive the block."""
    child = Child(act, folder, arguments=arguments)
    try:
        yield child
    finally:
        child.close()


def run(act: Act, folder: Path, *arguments: object) -> list[list[str]]:
    """Run a child to its end and return what it reported; raises AssertionError where it failed."""
    with started(act, folder, *arguments) as child:
        code = child.finish()
        assert code == 0, f"exit {code}: {child.lines}"
        return child.lines


def run_at_once(acts: list[tuple[Act, Path, tuple[object, ...]]]) -> list[list[list[str]]]:
    """Run children that begin at the same moment; return what each reported, in order."""
    with at_once(acts) as children:
        codes = [child.finish() for child in children]
        assert codes == [0] * len(acts), [child.lines for child in children]
        return [child.lines for child in children]


@contextmanager
def at_once(acts: list[tuple[Act, Path, tuple[object, ...]]]) -> Iterator[list[Child]]:
    """Yield children that were let go at the same moment."""
    with ExitStack() as stack:
        children = []
        for act, folder, arguments in acts:
            child = Child(act, folder, arguments=arguments, gate=True)
            stack.callback(child.close)
            children.append(child)
        for child in children:
            child.wait_for("ready")
        for child in children:
            child.go()
        yield children


def _run(  # noqa: PLR0913 - all that a process is started with
    act: Act, connection: Connection, waiting: Connection, folder: Path, arguments: tuple[object, ...], *, gate: bool
) -> None:
    os.umask(0o077)
    reports = Reports(connection, waiting)
    reports("ready")
    if gate:
        reports.wait()
    act(reports, folder, *arguments)


def pause(seconds: float) -> None:
    """Wait a moment, exactly: sleeping is too coarse below a millisecond."""
    until = time.perf_counter() + seconds
    if seconds > 0.002:
        time.sleep(seconds - 0.001)
    while time.perf_counter() < until:
        pass
