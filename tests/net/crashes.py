"""Ending a process for good before its n-th change of the file system."""

import os
import sys
from collections.abc import Callable

CHANGES = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link", "os.rmdir", "os.chmod"})
"""The audit events of Python that come before a change; `open` counts when it writes."""
KILLED = 137
FAILED = 1


def crash_before(change: int, step: Callable[[], object]) -> bool:
    """Run `step` in a child process that ends, as by kill -9, before its n-th change; tell whether it got that far.

    Raises AssertionError when `step` fails by itself.
    """
    child = os.fork()
    if child == 0:
        _run(change, step)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, KILLED}, f"the step failed before change {change}"
    return status == KILLED


def _run(change: int, step: Callable[[], object]) -> None:
    left = change

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event not in CHANGES:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        left -= 1
        if left == 0:
            os._exit(KILLED)

    try:
        sys.addaudithook(count)
        step()
    except BaseException:  # noqa: BLE001 - the parent process reports it
        os._exit(FAILED)
    os._exit(0)
