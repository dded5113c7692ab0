"""The expiry report as a calendar (RFC 5545): all-day events that hold no alarm."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from certmgr.printable import printable
from certmgr.reporting.facts import Expiry, ExpiryReport

_FOLD: Final = 75
"""Octets in a line at most, without its end (RFC 5545 3.1)."""
_SPECIAL: Final = re.compile(r"[\\;,]")
_EMPTY: Final = (
    *("BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000"),
    *("TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE"),
)
"""A calendar has one component at least (RFC 5545 3.6); this one says nothing."""


def expiry(report: ExpiryReport) -> str:
    """Return two events for each certificate: the day its renewal window opens, and the day on which it ends.

    An event keeps its UID from one report to the next, so that a calendar replaces what it has.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//certmgr//certificate expiry//EN",
        "CALSCALE:GREGORIAN",
        *(line for one in report.rows for line in _events(one, report.made_at)),
        *(() if report.rows else _EMPTY),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _events(one: Expiry, made_at: datetime) -> Iterator[str]:
    facts = f"Serial {one.serial}, issued by {one.authority}. Owner: {one.owner or '-'}."
    opens = f"{one.server}: the renewal window opens"
    yield from _event(f"{one.serial}-window", one.window_on, opens, f"It ends on {one.expires_on}. {facts}", made_at)
    ends = f"{one.server}: the certificate expires"
    yield from _event(f"{one.serial}-expiry", one.expires_on, ends, facts, made_at)


def _event(uid: str, day: date, summary: str, description: str, made_at: datetime) -> tuple[str, ...]:
    return (
        "BEGIN:VEVENT",
        f"UID:{uid.lower()}@certmgr",
        f"DTSTAMP:{made_at:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(summary)}",
        f"DESCRIPTION:{escaped(description)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def escaped(text: str) -> str:
    """Return text as a TEXT value has it (RFC 5545 3.3.11); control characters come as their code."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", printable(text))


def folded(line: str) -> str:
    """Return a content line folded to 75 octets, no character divided (RFC 5545 3.1)."""
    parts, part, size = [], "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > _FOLD:
            parts.append(part)
            # The space that begins a continued line counts.
            part, size = " ", 1
        part, size = part + char, size + octets
    return "\r\n".join((*parts, part))
