"""Running a program after files were put in place: an argument list and no shell, a bounded time, a clean environment.

The program gets a process group of its own, nothing on standard input, and no variable of ours but those it is told.
"""

import os
import selectors
import signal
import stat
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError
from certmgr.printable import printable
from certmgr.records import dataclass

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GRACE_S: Final = 2.0
"""How long a program that is told to end has for it, before it is killed."""
KEPT: Final = 2000
"""How many octets of what it said last are kept for the message."""
_READ: Final = 65536
_SHOWN: Final = 300
_ROOT: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a program ended."""

    code: int | None
    """Its exit code, negative where a signal ended it; None: it was stopped because its time was up."""
    output: str
    """The last it said on standard output and standard error, printable, one line."""
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.code == 0

    @property
    def how(self) -> str:
        """How it ended, as the end of a sentence."""
        if self.code is None:
            ended = f"did not end within {self.seconds:.0f} seconds and was stopped"
        elif self.code < 0:
            ended = f"was ended by signal {-self.code}"
        else:
            ended = f"ended with {self.code}"
        return f"{ended}: {self.output}" if self.output else ended


def run(command: Sequence[str], *, timeout_s: float, variables: Mapping[str, str]) -> Ran:
    """Run `command` until it ends or `timeout_s` seconds have passed; then its whole process group is killed.

    Its environment is PATH, LANG and `variables`. Raises CertmgrError where it cannot be started.
    """
    started = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list from the record of a person's command, no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": PATH, "LANG": "C.UTF-8", **variables},
            umask=0o022,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CertmgrError(f"The hook {command[0]} cannot be started: {reason}.", code=Code.HOOK_FAILED) from error
    with process:
        if process.stdout is None:
            raise AssertionError(command)
        try:
            said = _listen(process, process.stdout, started + timeout_s)
        except BaseException:
            _kill(process)
            raise
        ended = process.poll() is not None
        if not ended:
            _stop(process)
        # What it left running keeps its own end of the pipe; nobody reads it any more.
        process.stdout.close()
    text = printable(" ".join(said.decode("utf-8", "replace").split()))
    shown = text if len(text) <= _SHOWN else "..." + text[-_SHOWN:]
    return Ran(code=process.returncode if ended else None, output=shown, seconds=time.monotonic() - started)


def _listen(process: subprocess.Popen[bytes], pipe: IO[bytes], deadline: float) -> bytes:
    """Return the end of what the program said, until it has ended or the time is up.

    What it left running in the background is not waited for, even where that still holds the pipe.
    """
    kept = b""
    descriptor = pipe.fileno()
    os.set_blocking(descriptor, False)
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        is_open = True
        while True:
            left = deadline - time.monotonic()
            over = process.poll() is not None or left <= 0
            if is_open:
                wait_s = 0.0 if over else min(left, 0.05)
                ready = bool(selector.select(wait_s))
                piece = _read(descriptor) if ready else None
                if piece:
                    kept = (kept + piece)[-KEPT:]
                    if not over:
                        continue
                if piece == b"":
                    selector.unregister(descriptor)
                    is_open = False
            elif not over:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=left)
            if over:
                return kept


def _read(descriptor: int) -> bytes | None:
    """Return what can be read now, nothing at the end of the stream; None: nothing is there yet."""
    try:
        return os.read(descriptor, _READ)
    except BlockingIOError:
        return None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Tell the whole process group to end, and kill it after a while."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=GRACE_S)
    _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Also where the program itself has ended: what it started may be in its group still.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def require_trusted(command: Sequence[str], folder: Path, whose: str) -> None:
    """Raise RefusedError, with every reason, unless the program lies in `folder` and only root can change either.

    A record that another user or another host can write must not choose what root runs; `whose` ends the sentence
    that says so ("for a home that belongs to another user").
    """
    program = Path(command[0])
    findings = []
    if program.parent != folder:
        findings.append(f"{printable(command[0])} does not lie in {folder}.")
    for path in (folder, program):
        try:
            found = path.lstat()
        except OSError as error:
            findings.append(f"{path} cannot be read: {error.strerror}.")
            continue
        kind = stat.S_ISDIR if path is folder else stat.S_ISREG
        if not kind(found.st_mode) or found.st_uid != _ROOT or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            what = "folder" if path is folder else "plain file"
            findings.append(f"{path} is not a {what} that only root can change.")
    if findings:
        raise RefusedError(
            f"root does not run the hook {printable(command[0])} {whose}.",
            hint=f"Put the program into {folder}, owned by root, and name that path with --hook.",
            findings=[Finding(code=Code.HOOK_REFUSED, message=one, field="hook") for one in findings],
            code=Code.HOOK_REFUSED,
        )
