"""Words that the pages of facts share. Pure."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from certmgr.models.journal import Entry
from tui.present import Ink, Piece, countdown
from tui.values.sheets import Note

AGO_MINUTES = 60
AGO_HOURS = 48


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment to the minute in the organisation's zone: `2026-11-21 10:00 CET`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def due_piece(due: datetime, now: datetime, *, before: str = "") -> Piece:
    """Return what is left until `due`, in its ink: `due in 3h 20m`, `OVERDUE 2h 05m`."""
    if due <= now:
        return Piece(f"{before}{countdown(due, now)}", Ink.ALARM)
    return Piece(f"{before}in {countdown(due, now)}", Ink.REVOKING)


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was: `5 min ago`, `3 h ago`, `12 days ago`."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < AGO_MINUTES:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < AGO_HOURS else f"{hours // 24} days ago"


def history(entries: Iterable[Entry]) -> tuple[Note, ...]:
    """Return the journal's entries about something, the newest first."""
    newest_first = sorted(entries, key=lambda one: -one.seq)
    return tuple(
        Note(f"{one.action} by {one.actor}", start=f"{one.at[:19].replace('T', ' ')}  ") for one in newest_first
    )
