"""Dates and times as people type them. Pure."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from certmgr.lifecycle import day_start

FORM = "2026-11-21, or with a time: 2026-11-21T09:00"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_moment(text: str) -> datetime | None:
    """Return the time that `text` writes, UTC where it names no zone; None for no text. Raises ValueError."""
    if not text.strip():
        return None
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parse_until(text: str, zone: ZoneInfo) -> datetime | None:
    """Return as `parse_moment`; a date alone means 24:00 of that day in `zone`. Raises ValueError."""
    found = parse_moment(text)
    if found is None or not _DAY.fullmatch(text.strip()):
        return found
    return day_start(found.date(), 1, zone)
