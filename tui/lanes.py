"""Threads that do the slow work, so that the interface never waits for the store, Argon2 or a signature."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")
Stop = Callable[[], None]
AGAIN_S = 0.02
"""How often a call that is to be broken off is told so: it may just be between two statements."""


class Lane:
    """One thread that carries out calls in the order in which they came.

    A connection belongs to the thread that opened it, so each lane has its own for as long as it lives. A call whose
    caller was cancelled before its turn is not carried out; one that is being carried out is broken off where the lane
    knows how. The thread does not keep the process alive: what must not be cut off is waited for with `close`.
    """

    def __init__(
        self,
        name: str,
        *,
        at_end: Callable[[], None],
        before_each: Callable[[], None] | None = None,
        stopper: Callable[[], Stop] | None = None,
    ) -> None:
        """Name the thread, which starts with the first call; `at_end` is the last thing that it does.

        `before_each` is called in the thread before every call, and must not fail.
        `stopper` is asked in the thread, before a call, for what breaks that call off; it is called in another thread.
        None: what was begun is finished, as everything must be that writes.
        """
        self._name = name
        self._at_end = at_end
        self._before_each = before_each
        self._stopper = stopper
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._open: set[Future[Any]] = set()
        self._awaited: dict[Future[Any], float] = {}
        self._lock = Lock()
        self._running: tuple[Future[Any], Stop] | None = None

    @property
    def busy(self) -> bool:
        """Whether a call is waiting or being carried out."""
        return bool(self._open)

    def awaited_for(self, seconds: float) -> bool:
        """Tell whether anybody waits for a call, for less than so many seconds, or has yet to take up its result."""
        earliest = monotonic() - seconds
        return any(begun > earliest for begun in self._awaited.values())

    async def run(self, call: Callable[[], T], *, aside: bool = False) -> T:
        """Return what `call` returns, or raise what it raises, once the thread has carried it out.

        `aside`: what is shown beside; no key has to wait for it.
        """
        if self._thread is None:
            self._thread = Thread(target=self._work, name=f"certmgr-{self._name}", daemon=True)
            self._thread.start()
        future: Future[T] = Future()
        self._open.add(future)
        future.add_done_callback(self._open.discard)
        self._calls.put((future, call))
        if not aside:
            self._awaited[future] = monotonic()
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._break_off(future)
            raise
        finally:
            self._awaited.pop(future, None)

    def close(self, wait_s: float) -> None:
        """Take no more calls and wait at most `wait_s` seconds for those that were taken."""
        if self._thread is None:
            return
        self._calls.put(None)
        for future in tuple(self._open):
            if self._stopper is not None and not future.cancel():
                self._stop(future)
        self._thread.join(wait_s)

    def _break_off(self, future: Future[Any]) -> None:
        """Break off a call whose caller has gone, now and until it has ended."""
        if self._stopper is not None and not future.done():
            self._stop(future)
            asyncio.get_running_loop().call_later(AGAIN_S, self._break_off, future)

    def _stop(self, future: Future[Any]) -> None:
        """Break off a call if it is the one that is being carried out: never the one after it."""
        with self._lock:
            if self._running is not None and self._running[0] is future:
                self._running[1]()

    def _work(self) -> None:
        """Carry out calls until told to end."""
        while (job := self._calls.get()) is not None:
            future, call = job
            if not future.set_running_or_notify_cancel():
                continue
            if self._before_each is not None:
                self._before_each()
            try:
                future.set_result(self._carry_out(future, call))
            except BaseException as error:  # noqa: BLE001 - handed to the caller whole
                future.set_exception(error)
        self._at_end()

    def _carry_out(self, future: Future[Any], call: Callable[[], T]) -> T:
        """Return what the call returns; while it lasts, it can be broken off."""
        if self._stopper is None:
            return call()
        stop = self._stopper()
        with self._lock:
            self._running = (future, stop)
        try:
            return call()
        finally:
            with self._lock:
                self._running = None
