"""Run the transcript of a page in one shell session that can hurt nobody.

The session has a home of its own, shown as /home/admin in its output, and begins in `~/certmgr` with a copy of the
repository's `examples/`. Its PATH begins with this environment's `certmgr`. Proxies that answer nobody keep clients
away from anything but loopback. Its standard input is empty, its umask a reader's (022), its language C.UTF-8, its time
zone UTC.
"""

import os
import selectors
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.docs.matching import matches
from tests.docs.transcripts import Step

SHOWN_HOME = "/home/admin"
REPOSITORY = Path(__file__).resolve().parents[2]


class PageError(AssertionError):
    """A command of a page does not do what the page says; the message shows both."""


class SessionEndedError(PageError):
    """The shell has ended or hangs: no further command of the page can be run."""


class Session:
    """A running shell; made by `open_session`."""

    def __init__(self, shell: "subprocess.Popen[str]", folder: Path) -> None:
        self._shell = shell
        self._folder = folder
        self._status = 0
        self._steps = 0

    @property
    def _output_file(self) -> Path:
        return self._folder / f"output-{self._steps}"

    def run(self, step: Step, *, timeout_s: float) -> None:
        """Run one command and compare; raises PageError when it prints or returns something else or takes too long."""
        status = self._execute(step, timeout_s=timeout_s)
        output = self._output()
        if status != 0 and not step.may_fail:
            raise PageError(_report(step, output, f"status {status}; the page would show it with `echo $?`"))
        if not matches(step.expected, output):
            raise PageError(_report(step, output, "prints something else than the page says"))

    def _execute(self, step: Step, *, timeout_s: float) -> int:
        # Files of its own for each step: a server in the background goes on writing to those it was started with.
        self._steps += 1
        command = self._folder / f"step-{self._steps}"
        command.write_text(step.command + "\n")
        # Sourced, so that `cd` and variables last; `$?` is at first the status of the step before.
        order = f"(exit {self._status}); . {command} </dev/null >{self._output_file} 2>&1; echo $?"
        stdin = self._shell.stdin
        if stdin is None:
            raise PageError("the shell has no standard input")
        try:
            stdin.write(order + "\n")
            stdin.flush()
            answer = self._answer(timeout_s)
        except BrokenPipeError:
            answer = ""
        except TimeoutError:
            raise SessionEndedError(_report(step, self._output(), f"not done after {timeout_s:g} s")) from None
        if not answer:
            raise SessionEndedError(_report(step, self._output(), "ends the shell session"))
        self._status = int(answer)
        return self._status

    def _answer(self, timeout_s: float) -> str:
        """Return the line in which the shell reports a status, or nothing where the shell has ended."""
        stdout = self._shell.stdout
        if stdout is None:
            raise PageError("the shell has no standard output")
        deadline = time.monotonic() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if selector.select(left):
                    return stdout.readline().strip()
        raise TimeoutError

    def _output(self) -> tuple[str, ...]:
        text = self._output_file.read_bytes().decode(errors="backslashreplace") if self._output_file.exists() else ""
        return tuple(text.replace(str(self._folder / "home"), SHOWN_HOME).splitlines())


@contextmanager
def open_session(folder: Path) -> Iterator[Session]:
    """Yield a session that lives in the empty `folder`; at the end everything that it started is ended."""
    start = folder / "home" / "certmgr"
    start.mkdir(parents=True)
    if (REPOSITORY / "examples").is_dir():
        shutil.copytree(REPOSITORY / "examples", start / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    # tmp_path holds no blank and no quote: pytest makes it of letters, digits and dashes.
    shell = subprocess.Popen(
        ["bash", "--noprofile", "--norc"],
        cwd=start,
        env=_environment(folder / "home"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        start_new_session=True,
        umask=0o022,
    )
    try:
        yield Session(shell, folder)
    finally:
        # The session is a process group: servers that the page started in the background end with it.
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.communicate()


def run_steps(steps: tuple[Step, ...], folder: Path, *, timeout_s: float = 60) -> None:
    """Run the steps of a page in `folder`; raises PageError with every step that is not as the page says."""
    problems = []
    with open_session(folder) as session:
        for step in steps:
            try:
                session.run(step, timeout_s=timeout_s)
            except SessionEndedError as problem:
                problems.append(str(problem))
                break
            except PageError as problem:
                problems.append(str(problem))
    if problems:
        raise PageError("\n".join(problems))


def _environment(home: Path) -> dict[str, str]:
    dead_proxy = "http://127.0.0.1:9"
    return {
        "PATH": os.pathsep.join(
            (sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")
        ),
        "HOME": str(home),
        "USER": "admin",
        "LOGNAME": "admin",
        "SHELL": "/bin/bash",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "COLUMNS": "120",
        "http_proxy": dead_proxy,
        "https_proxy": dead_proxy,
        "all_proxy": dead_proxy,
        "no_proxy": "localhost,127.0.0.1,::1",
    }


def _report(step: Step, output: tuple[str, ...], problem: str) -> str:
    indent = "\n    "
    return "\n".join(
        (
            f"line {step.line}: {problem}",
            f"  command:{indent}{step.command.replace(chr(10), indent)}",
            f"  the page says:{indent}{indent.join(step.expected) or '(nothing)'}",
            f"  it printed:{indent}{indent.join(output) or '(nothing)'}",
        )
    )
