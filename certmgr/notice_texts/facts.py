"""What the texts of notices are made from, fit for a subject line and a terminal."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from certmgr.lifecycle import days_left
from certmgr.models.journal import JSON
from certmgr.printable import printable

_MOST_CHARACTERS: Final = 500


class Text(NamedTuple):
    """One notice in words."""

    subject: str
    """One line."""
    body: str
    """Lines, each ended by a line feed."""


class Facts:
    """The data of one notice, at the time at which it is told, in the organisation's zone."""

    def __init__(self, data: Mapping[str, JSON], *, now: datetime, zone: ZoneInfo, organisation: str) -> None:
        self._data = data
        self._now = now
        self._zone = zone
        self.organisation = printable(organisation)

    def __getitem__(self, name: str) -> str:
        """Return a fact as one printable line of bounded length. Raises KeyError."""
        return printable(str(self._data[name]))[:_MOST_CHARACTERS]

    def sentence(self, name: str, stop: str = ".") -> str:
        """Return a fact as the end of a sentence, which somebody else may have ended already. Raises KeyError."""
        text = self[name]
        return text if text.endswith((".", "\u3002")) else text + stop

    def number(self, name: str) -> int:
        """Return a whole number. Raises KeyError, or ValueError for what is none."""
        return int(str(self._data[name]))

    def moment(self, name: str) -> str:
        """Return a time in the organisation's zone: `2026-12-20 23:59 CET`. Raises KeyError, or ValueError."""
        return f"{self._at(name):%Y-%m-%d %H:%M %Z}"

    def day(self, name: str) -> str:
        """Return a day in the organisation's zone, or the day that the fact is: `2026-12-20`."""
        text = str(self._data[name])
        return date.fromisoformat(text).isoformat() if len(text) == len("2026-12-20") else f"{self._at(name):%Y-%m-%d}"

    def days_left(self, name: str) -> int:
        """Return the natural days from today to the day of a time; negative after it."""
        return days_left(self._at(name), self._now, self._zone)

    def has_passed(self, name: str) -> bool:
        """Tell whether a time lies in the past."""
        return self._at(name) < self._now

    def _at(self, name: str) -> datetime:
        return datetime.fromisoformat(str(self._data[name])).astimezone(self._zone)
