"""What happens to an error that nobody foresaw: whole into an owner-only log, one sentence to the user."""

import os
import tempfile
import traceback
from pathlib import Path

from certmgr.codes import Code
from certmgr.errors import CertmgrError
from certmgr.workspace import find_home


def log_crash(problem: BaseException, arguments: list[str]) -> CertmgrError:
    """Append the traceback, without local variables, to the home's log and return what the user is told."""
    flag = next((arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == "--home"), None)
    text = f"certmgr {' '.join(arguments[:2])}\n{''.join(traceback.format_exception(problem))}\n"
    log = _append(find_home(flag) / "log" / "crash.log", text) or _new_file(text)
    return CertmgrError(
        f"certmgr met an error that it does not know: {type(problem).__name__}.",
        hint=f"The details are in {log}. Run `certmgr doctor`, and report the problem with that text.",
        code=Code.UNEXPECTED,
    )


def _append(log: Path, text: str) -> Path | None:
    """Append to the home's log; None where that cannot be."""
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(text)
    return log


def _new_file(text: str) -> Path:
    """Write a new owner-only file among the temporary ones."""
    descriptor, name = tempfile.mkstemp(prefix="certmgr-crash-", suffix=".log")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
