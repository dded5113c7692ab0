"""Handing a notice to a program: an argument list, the notice on standard input, a clean environment, a time limit."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Final

from certmgr.models.notices import Outcome, Verdict
from certmgr.printable import printable

TIMEOUT_S: Final = 30.0
ENVIRONMENT: Final = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""All that the program sees: no secret of the caller's environment gets through."""
_ANSWER_BYTES: Final = 1 << 10
_ANSWER_CHARACTERS: Final = 200


def hand_over(arguments: Sequence[str], document: bytes, *, timeout_s: float = TIMEOUT_S) -> Outcome:
    """Run the program with `document` on its standard input and return what became of it.

    Exit status 0 is success; anything else may pass. There is no shell. At the time limit the program and what it
    started are killed.
    """
    # Files, not pipes: what a child of the program keeps open, or does not read, holds up nothing.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(document)
        given.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the configuration names the program
                list(arguments),
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        except OSError as problem:
            return _failed(f"{arguments[0]} could not be started: {problem.strerror}", severed=True)
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return _failed(f"{arguments[0]} had not ended after {timeout_s:g} seconds", severed=True)
        finally:
            if process.returncode is None:
                _end(process)
        if status == 0:
            return Outcome(verdict=Verdict.SENT, answer="exit status 0")
        ending = f"was ended by signal {-status}" if status < 0 else f"left with exit status {status}"
        return _failed(f"{arguments[0]} {ending} {_last_words(said)}".strip())


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program with what it started, which is a session of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_words(said: IO[bytes]) -> str:
    """Return the end of what the program wrote to standard error."""
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _ANSWER_BYTES))
    words = " ".join(said.read(_ANSWER_BYTES).decode("utf-8", "replace").split())
    return printable(words)[-_ANSWER_CHARACTERS:]


def _failed(reason: str, *, severed: bool = False) -> Outcome:
    return Outcome(verdict=Verdict.AGAIN, answer=printable(reason), severed=severed)
