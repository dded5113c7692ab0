"""Threads that do the slow work, so that the interface never waits for the store, Argon2 or a signature."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Lane:
    """One thread that carries out calls in the order in which they came.

    A connection belongs to the thread that opened it, so each lane has its own for as long as it lives. A
    call whose caller was cancelled before its turn is not carried out. The thread does not keep the
    process alive: what must not be cut off is waited for with `close`.
    """

    def __init__(self, name: str, *, at_end: Callable[[], None]) -> None:
        """Name the thread, which starts with the first call; `at_end` is the last thing that it does."""
        self._name = name
        self._at_end = at_end
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._open: set[Future[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether a call is waiting or being carried out."""
        return bool(self._open)

    async def run(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, or raise what it raises, once the thread has carried it out."""
        if self._thread is None:
            self._thread = Thread(target=self._work, name=f"certmgr-{self._name}", daemon=True)
            self._thread.start()
        future: Future[T] = Future()
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        self._calls.put((future, call))
        return await asyncio.wrap_future(future)

    def close(self, wait_s: float) -> None:
        """Take no more calls and wait at most `wait_s` seconds for those that were taken."""
        if self._thread is not None:
            self._calls.put(None)
            self._thread.join(wait_s)

    def _work(self) -> None:
        """Carry out calls until told to end."""
        while (job := self._calls.get()) is not None:
            future, call = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - handed to the caller whole
                future.set_exception(error)
        self._at_end()
