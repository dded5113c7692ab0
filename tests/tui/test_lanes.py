"""Threads that read and act: what nobody waits for is broken off, what writes never is."""

import asyncio
from threading import Event, get_ident

import pytest

from tui.lanes import Lane


class Call:
    """A call that lasts until it is stopped or let go."""

    def __init__(self) -> None:
        self.began, self.stopped, self.let_go = Event(), Event(), Event()

    def __call__(self) -> str:
        """Last, and say how it ended."""
        self.began.set()
        while not self.stopped.is_set() and not self.let_go.wait(0.005):
            pass
        return "stopped" if self.stopped.is_set() else "done"


async def begin(lane: Lane, call: Call) -> "asyncio.Task[str]":
    """Have the call begun in the lane."""
    task = asyncio.create_task(lane.run(call))
    assert await asyncio.to_thread(call.began.wait, 5)
    return task


async def at_rest(lane: Lane) -> bool:
    """Wait until the lane has nothing to do; return whether it came to that."""
    for _ in range(1000):
        if not lane.busy:
            return True
        await asyncio.sleep(0.005)
    return False


async def test_a_call_whose_caller_has_gone_is_broken_off() -> None:
    """Another call gets the lane at once, and is not broken off itself."""
    first, second = Call(), Call()
    lane = Lane("test", at_end=lambda: None, stopper=lambda: first.stopped.set)
    task = await begin(lane, first)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(first.stopped.wait, 5)
    second.let_go.set()
    assert await lane.run(second) == "done"
    lane.close(5)


async def test_a_call_is_told_again_until_it_ends() -> None:
    """It may be between two statements when it is told first."""
    told, call = [], Call()

    def stop() -> None:
        told.append(get_ident())
        if len(told) == 3:
            call.stopped.set()

    lane = Lane("test", at_end=lambda: None, stopper=lambda: stop)
    task = await begin(lane, call)
    task.cancel()
    assert await at_rest(lane)
    assert len(told) == 3
    lane.close(5)


async def test_a_call_that_waits_for_its_turn_is_never_begun() -> None:
    """Its caller has gone before."""
    first, second = Call(), Call()
    lane = Lane("test", at_end=lambda: None, stopper=lambda: first.stopped.set)
    running = await begin(lane, first)
    waiting = asyncio.create_task(lane.run(second))
    await asyncio.sleep(0.02)
    waiting.cancel()
    await asyncio.sleep(0.02)
    assert not first.stopped.is_set()
    first.let_go.set()
    assert await running == "done"
    assert not second.began.is_set()
    lane.close(5)


async def test_what_writes_is_finished() -> None:
    """A lane without a way to break off lets a call end, whoever has gone."""
    call = Call()
    lane = Lane("test", at_end=lambda: None)
    task = await begin(lane, call)
    task.cancel()
    await asyncio.sleep(0.05)
    assert lane.busy
    call.let_go.set()
    assert await at_rest(lane)
    assert not call.stopped.is_set()
    lane.close(5)


async def test_closing_does_not_wait_for_a_search() -> None:
    """Leaving breaks off what is being read."""
    call, ended = Call(), Event()
    lane = Lane("test", at_end=ended.set, stopper=lambda: call.stopped.set)
    task = await begin(lane, call)
    lane.close(5)
    assert ended.is_set()
    task.cancel()
