"""The figures of the reports: counts, percentiles, weeks."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from certmgr.records import dataclass
from certmgr.reporting.facts import ExpiryReport, KindFigures, Promise, Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """How many certificates end in a week."""

    monday: date
    count: int


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the percentile by nearest rank: the smallest value that `percent` of all do not exceed.

    Raises ValueError for no values, or a percentage outside 1 to 100.
    """
    if not values or not 1 <= percent <= 100:  # noqa: PLR2004 - percent
        raise ValueError(f"percentile {percent} of {len(values)} values")
    return sorted(values)[math.ceil(percent * len(values) / 100) - 1]


def spans(values: Sequence[float]) -> Spans | None:
    """Return the percentiles that the reports tell; None for no values."""
    if not values:
        return None
    return Spans(p50=percentile(values, 50), p95=percentile(values, 95), p100=percentile(values, 100))


def figures(kinds: Iterable[str], promises: Sequence[Promise]) -> tuple[KindFigures, ...]:
    """Return the figures of each kind, in the given order, those without a promise too."""
    return tuple(_figures(kind, [one for one in promises if one.kind == kind]) for kind in kinds)


def _figures(kind: str, promises: list[Promise]) -> KindFigures:
    count = Counter(one.status for one in promises)
    # A breach that goes on counts with the time that has run: leaving it out would flatter the figures.
    ended = [one for one in promises if one.status in {"met", "breached"}]
    return KindFigures(
        kind=kind,
        carried=sum(one.carried for one in promises),
        opened=sum(not one.carried for one in promises),
        met=count["met"],
        breached=count["breached"],
        breached_open=sum(
            one.status == "breached" and one.met_at is None and one.voided_at is None for one in promises
        ),
        open=count["open"],
        void=count["void"],
        seconds=spans([one.used.total_seconds() for one in ended]),
        percent=spans([one.used_percent for one in ended]),
        least_left=min((one.left for one in promises if one.left is not None), default=None),
    )


def weeks(report: ExpiryReport) -> tuple[Week, ...]:
    """Return every week from that of today to that of the last day looked at, Monday to Sunday, empty ones too."""
    count = Counter(_monday(one.expires_on) for one in report.rows)
    first, last = _monday(report.today), _monday(report.today + timedelta(days=report.days))
    mondays = [first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1)]
    return tuple(Week(monday=monday, count=count[monday]) for monday in mondays)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
