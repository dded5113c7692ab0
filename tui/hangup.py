"""A terminal that is gone: a connection that broke, a window that was closed, without a signal for it.

Textual goes on reading such a terminal, which answers at once and always with nothing; and its writer ends with an
error and leaves the interface waiting for it. So the end is noticed here, by the word of the kernel, and acted on.
"""

import os
import select
import threading
import time
from collections.abc import Callable

BACKSTOP_S = 40.0
"""After so long the process is ended however far it has come; what was being carried out had 30 seconds."""
HUNG_UP = 129
"""The exit code of a process that SIGHUP ends."""


def watch(descriptor: int, leave: Callable[[], object]) -> None:
    """Call `leave`, from a thread of its own, once the terminal behind `descriptor` is gone.

    Input and output lead nowhere from then on. Nothing is asked of the terminal before, and no time is spent waiting.
    """
    threading.Thread(target=_wait, args=(descriptor, leave), name="certmgr-hangup", daemon=True).start()


def _wait(descriptor: int, leave: Callable[[], object]) -> None:
    poll = select.poll()
    # Nothing is waited for; that the other end is gone is told in any case.
    poll.register(descriptor, 0)
    if not any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
        return
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    leave()
    time.sleep(BACKSTOP_S)
    os._exit(HUNG_UP)
