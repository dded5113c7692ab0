"""Working days and weekly windows (N4)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from certmgr.calendars import is_day_off, parse_window

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment", "inside"),
    [
        ("mon-fri 08:00-18:00", "2026-11-20 08:00", True),
        ("mon-fri 08:00-18:00", "2026-11-20 17:59", True),
        ("mon-fri 08:00-18:00", "2026-11-20 18:00", False),
        ("mon-fri 08:00-18:00", "2026-11-21 12:00", False),
        ("fri 22:00-04:00", "2026-11-20 23:00", True),
        ("fri 22:00-04:00", "2026-11-21 03:59", True),
        ("fri 22:00-04:00", "2026-11-20 03:00", False),
        ("sun 22:00-04:00", "2026-11-23 01:00", True),
        ("sat-mon 00:00-00:00", "2026-11-22 13:00", True),
        ("sat-mon 00:00-00:00", "2026-11-25 13:00", False),
    ],
)
def test_n4_a_weekly_window_covers_its_hours_in_local_time(text: str, moment: str, inside: bool) -> None:  # noqa: FBT001 - a row
    """The start belongs to the window and the end does not; one over midnight belongs to the day it begins on."""
    assert parse_window(text).covers(datetime.fromisoformat(moment).replace(tzinfo=BERLIN)) is inside


@pytest.mark.parametrize("text", ["", "mon", "mon-fri", "mon-fry 08:00-18:00", "mon 8-18", "mon 24:00-25:00"])
def test_what_is_no_window_is_refused(text: str) -> None:
    """A window that is misread would renew at the wrong time, or never."""
    with pytest.raises(ValueError, match=r"form|hour"):
        parse_window(text)


def test_n4_weekends_and_holidays_are_days_off() -> None:
    """The 2026-11-20 is a Friday."""
    assert not is_day_off(date(2026, 11, 20), ())
    assert is_day_off(date(2026, 11, 20), {date(2026, 11, 20)})
    assert is_day_off(date(2026, 11, 21), ())
    assert is_day_off(date(2026, 11, 22), ())
