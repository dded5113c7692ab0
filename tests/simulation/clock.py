"""The clock of a simulated machine: true time, a fault of the clock, and the moment at which a program dies."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

TICK: Final = timedelta(milliseconds=1)
"""How far the time moves on with each look at the clock, so that steps have an order."""


class Killed(BaseException):
    """The program is gone, as after kill -9: nothing catches this but the simulation."""


class SimulatedClock:
    """What a workspace takes in place of the system's clock; `set` moves it, looking at it moves it a little."""

    def __init__(self, start: datetime) -> None:
        """Begin at `start`, aware, with a clock that goes right."""
        self.true = start.astimezone(UTC)
        """What the time really is."""
        self.error = timedelta(0)
        """By how much the machine's clock is ahead."""
        self.dies_in: int | None = None
        """After so many more looks at the clock the program is killed; None: it is not."""

    def __call__(self) -> datetime:
        """Return the time that the machine shows; raises Killed where the program dies here."""
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in <= 0:
                self.dies_in = None
                raise Killed
        self.true += TICK
        return self.true + self.error

    @property
    def shows(self) -> datetime:
        """What the machine shows; looking from outside moves nothing and kills nobody."""
        return self.true + self.error

    def set(self, true: datetime) -> None:
        """Let it be `true`, unless it is later already."""
        self.true = max(self.true, true)

    def die_now(self) -> None:
        """Kill the program at its next look at the clock; another thread may say so."""
        self.dies_in = 1


Now = Callable[[], datetime]
