"""Other processes that share the work of a long run. They hold no CA key and no connection to the store."""

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

from certmgr.errors import CertmgrError

MOST = 2
"""More of them wait for each other's file systems."""
_GARBAGE_FROM = 100_000
_NICE = 5
"""The process that signs and records is what all of them wait for: it goes first where cores are few."""
_A = TypeVar("_A")
_T = TypeVar("_T")


class Workers:
    """A pool of processes, or none: then the work is done here and now."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        """Keep the pool; `workers` makes one."""
        self._pool = pool

    def submit(self, function: Callable[[_A], _T], argument: _A) -> "Future[_T]":
        """Begin `function(argument)`, a module's function; what it raises is raised by `result_of`."""
        future: Future[_T] = Future()
        try:
            if self._pool is not None:
                return self._pool.submit(function, argument)
            future.set_result(function(argument))
        except Exception as problem:  # noqa: BLE001 - as a pool does: raised where the result is asked for
            future.set_exception(problem)
        return future


@contextmanager
def workers(*, wanted: bool) -> Iterator[Workers]:
    """Yield workers, which end with the block; without `wanted`, those that are none."""
    if not wanted:
        yield Workers(None)
        return
    # Spawned, not forked: a connection to the store does not live through a fork, and the CA key stays here.
    pool = ProcessPoolExecutor(
        max_workers=min(MOST, os.cpu_count() or 1), mp_context=get_context("spawn"), initializer=_begin
    )
    try:
        yield Workers(pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def result_of(future: "Future[_T]") -> _T:
    """Return what a worker made; raises what its function raised, CertmgrError where the worker itself was ended."""
    try:
        return future.result()
    except BrokenExecutor as problem:
        raise CertmgrError(
            "A helper process of this run was ended from outside.",
            hint="See the system's log for why (memory?), and run the same command again; nothing is done twice.",
        ) from problem


def _begin() -> None:
    """Begin as a worker: files are born private, and it ends with the process that it works for."""
    os.umask(0o077)
    os.nice(_NICE)
    gc.set_threshold(_GARBAGE_FROM)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # Left alone it would wait for work for ever when the main process is killed.
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
