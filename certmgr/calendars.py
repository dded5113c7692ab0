"""Working days and weekly windows, in the organisation's time zone (N4)."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from certmgr.records import dataclass

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SATURDAY: Final = 5
_WINDOW: Final = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours of some days of every week, local time; one that ends at or before its start ends on the next day."""

    days: frozenset[int]
    """0: Monday."""
    start: time
    end: time

    def covers(self, local: datetime) -> bool:
        """Tell whether the local moment lies in the window; its end does not."""
        at, today = local.time(), local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= at < self.end
        return (today in self.days and at >= self.start) or ((today - 1) % 7 in self.days and at < self.end)


def parse_window(text: str) -> Window:
    """Return the window that "mon-fri 08:00-18:00" or "sun 22:00-04:00" writes; raises ValueError."""
    match = _WINDOW.fullmatch(text.strip().lower())
    if match is None or match[1] not in DAYS or (match[2] or match[1]) not in DAYS:
        raise ValueError("it is not of the form mon-fri 08:00-18:00")
    first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
    days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
    return Window(days=days, start=time.fromisoformat(match[3]), end=time.fromisoformat(match[4]))


def is_day_off(day: date, holidays: Collection[date]) -> bool:
    """Tell whether nobody works on `day`: Saturday, Sunday, or a holiday."""
    return day.weekday() >= _SATURDAY or day in holidays


def working_end(start: datetime, end: datetime, zone: ZoneInfo, holidays: Collection[date]) -> datetime:
    """Return, in UTC, when what lives from `start` to `end` ends so that somebody is at work to notice (N4).

    `end` itself where its day in `zone` is a working day; else the same time of the last working day before it. Where
    less than half of the life would be left, it stays `end`.
    """
    local = end.astimezone(zone)
    day = local.date()
    while is_day_off(day, holidays):
        day -= timedelta(days=1)
    if day == local.date():
        return end
    moved = datetime.combine(day, local.timetz()).astimezone(UTC)
    return moved if moved - start >= (end - start) / 2 else end
