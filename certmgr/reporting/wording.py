"""Times and spans as the reports write them."""

from datetime import datetime, timedelta

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86400


def utc(moment: datetime | None) -> str:
    """Return a moment as `2026-11-21 09:00` in UTC; a dash for None."""
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def iso(moment: datetime | None) -> str | None:
    """Return a moment as JSON and CSV have it: UTC, to the second, `Z`."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def span(value: timedelta | float | None) -> str:
    """Return a span, or seconds, as `3d 04h`, `23h 41m`, `41m` or `12s`; a dash for None."""
    if value is None:
        return "-"
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < _MINUTE_S:
        return f"{sign}{seconds}s"
    if seconds < _HOUR_S:
        return f"{sign}{seconds // _MINUTE_S}m"
    if seconds < _DAY_S:
        return f"{sign}{seconds // _HOUR_S}h {seconds % _HOUR_S // _MINUTE_S:02}m"
    return f"{sign}{seconds // _DAY_S}d {seconds % _DAY_S // _HOUR_S:02}h"


def percent(value: float | None) -> str:
    """Return a percentage with one decimal; a dash for None."""
    return "-" if value is None else f"{value:.1f}%"
