"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""When every test begins, unless it says otherwise."""


class FakeClock:
    """A callable that returns `now`; what a workspace takes in place of the system's clock."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time that the clock shows, aware and in UTC."""
        return self._now

    @property
    def now(self) -> datetime:
        """The time that the clock shows, aware and in UTC."""
        return self._now

    @now.setter
    def now(self, value: datetime) -> None:
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: it does not say which moment it is")
        self._now = value.astimezone(UTC)

    def advance(
        self, step: timedelta = timedelta(0), *, days: float = 0, hours: float = 0, minutes: float = 0
    ) -> datetime:
        """Move the clock by `step` and the given days, hours and minutes (back, if negative); return the new time."""
        self.now += step + timedelta(days=days, hours=hours, minutes=minutes)
        return self._now
