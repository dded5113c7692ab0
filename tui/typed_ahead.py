"""Keys that come faster than they are carried out: each waits until what the one before it does has been done.

Over a slow line, from a script that drives the terminal and from a quick hand many keys arrive at once. Each is meant
for what the one before it leads to: the rows of a filter, a dialog, another screen.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from textual.app import App
from textual.events import Event

STUCK_S = 2.0
"""How long keys wait at most: no fault of a widget locks the keyboard."""
_LOOK_S = 0.001


class TypedAhead:
    """Keys and pasted text, handled one by one in the order in which they came."""

    def __init__(self, app: App[Any], *, handled: Callable[[], bool], awaits: Callable[[], bool]) -> None:
        """Give those that had to wait to `app` again.

        `handled` tells whether every message has been handled, `awaits` whether something is still being read or
        carried out that is worth waiting for.
        """
        self._app, self._handled, self._awaits = app, handled, awaits
        self._waiting: deque[Event] = deque()
        self._giving = False
        """Whether what waits is being given out."""
        self._given = False
        """Whether the first that waits is on its way to the application."""
        self._unrest: float | None = None
        """Since when (monotonic seconds) there has been something to wait for, each time that it was looked at."""

    @property
    def busy(self) -> bool:
        """Whether any waits."""
        return bool(self._waiting)

    def holds(self, event: Event) -> bool:
        """Tell whether `event` has to wait; it is given to the application again."""
        if self._waiting and event is not self._waiting[0]:
            self._waiting.append(event)
            return True
        self._given = False
        if self._is_turn():
            if self._waiting:
                self._waiting.popleft()
            return False
        if not self._waiting:
            self._wait_for(event)
        return True

    def instead(self, *events: Event) -> None:
        """Have `events` come in place of the one whose turn it is."""
        self._wait_for(*events)

    def _wait_for(self, *events: Event) -> None:
        """Have `events` wait before all others, and begin to give out what waits."""
        self._waiting.extendleft(reversed(events))
        if not self._giving:
            self._giving = True
            self._app.run_worker(self._give_out(), group="keys")

    async def _give_out(self) -> None:
        """Give out what waits."""
        while self._waiting:
            if not self._given and self._is_turn():
                self._given = self._app.post_message(self._waiting[0])
            await asyncio.sleep(_LOOK_S)
        self._giving = False

    def _is_turn(self) -> bool:
        """Tell whether the next one can be handled."""
        now = monotonic()
        if self._handled() and not self._awaits():
            self._unrest = None
            return True
        if self._unrest is None:
            self._unrest = now
        return now - self._unrest > STUCK_S
