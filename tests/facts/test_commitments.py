"""Promises with a clock: natural days, working days, hours, thresholds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.commitments import (
    Commitment,
    CommitmentId,
    Kind,
    Status,
    crossed,
    hours_due,
    natural_days_due,
    status,
    thresholds,
    working_days_due,
)
from tests.facts.orders import NOW

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def promise(**changes: datetime) -> Commitment:
    """Return a commitment of 24 hours from NOW."""
    return Commitment(
        id=CommitmentId(1),
        kind=Kind.PUBLISH_REVOCATION,
        object="revocation:1",
        opened_at=NOW,
        due_at=NOW + 24 * HOUR,
        met_at=changes.get("met_at"),
        voided_at=changes.get("voided_at"),
    )


@pytest.mark.parametrize(
    ("changes", "after", "expected"),
    [
        ({}, 24 * HOUR, Status.OPEN),
        ({}, 24 * HOUR + timedelta(microseconds=1), Status.BREACHED),
        ({"met_at": NOW + 24 * HOUR}, 99 * HOUR, Status.MET),
        ({"met_at": NOW + 25 * HOUR}, 99 * HOUR, Status.BREACHED),
        ({"voided_at": NOW + HOUR}, 99 * HOUR, Status.VOID),
        ({"voided_at": NOW + 25 * HOUR}, 99 * HOUR, Status.BREACHED),
    ],
)
def test_a_commitment_is_open_met_breached_or_void(
    changes: dict[str, datetime], after: timedelta, expected: Status
) -> None:
    """Doing it late, or withdrawing it late, does not undo a breach."""
    assert status(promise(**changes), NOW + after) is expected


def test_r6_1_a_day_is_escalated_after_12_18_and_21_6_hours() -> None:
    """50, 75 and 90 percent of 24 h."""
    assert thresholds(NOW, NOW + 24 * HOUR) == (NOW + 12 * HOUR, NOW + 18 * HOUR, NOW + 21.6 * HOUR)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, ()),
        (11.9, ()),
        (12, (50,)),
        (20, (50, 75)),
        (24, (50, 75, 90)),
        (25, (50, 75, 90, 100)),
        (900, (50, 75, 90, 100)),
    ],
)
def test_r6_1_an_outage_loses_no_threshold(hours: float, expected: tuple[int, ...]) -> None:
    """What has been crossed is asked for, not what is crossed today (ARCHITECTURE 10)."""
    assert crossed(NOW, NOW + 24 * HOUR, NOW + hours * HOUR) == expected


def test_natural_days_end_at_midnight_of_the_organisation() -> None:
    """24:00 of the Nth day after the day on which it began, weekends included."""
    friday_evening = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    assert natural_days_due(friday_evening, 2, BERLIN) == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
    assert natural_days_due(friday_evening, 2, SHANGHAI) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def test_n4_working_days_leave_out_weekends_and_holidays() -> None:
    """5 working days from a Friday, with a holiday on Wednesday: the Monday after next."""
    friday = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    due = working_days_due(friday, 5, BERLIN, {date(2026, 11, 25)})
    assert due.astimezone(BERLIN) == datetime(2026, 12, 1, 0, 0, tzinfo=BERLIN)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    st.integers(0, 40),
    st.sets(st.dates(date(2026, 1, 1), date(2030, 6, 1)), max_size=30),
)
def test_n4_working_days_are_natural_days_without_those_that_do_not_count(
    start: datetime, days: int, holidays: set[date]
) -> None:
    """Exactly `days` working days lie between the day it began and the deadline, and the last is one."""
    last = working_days_due(start, days, BERLIN, holidays).astimezone(BERLIN).date() - timedelta(days=1)
    first = start.astimezone(BERLIN).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    counted = [day for day in between if day.weekday() < 5 and day not in holidays]
    assert len(counted) == days
    assert not days or counted[-1] == last


def test_hours_are_exact_hours() -> None:
    """24 hours over the end of summer time are 24 hours."""
    start = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    assert hours_due(start, 24) - start == timedelta(hours=24)
