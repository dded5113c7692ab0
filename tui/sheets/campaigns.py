"""What the page of a campaign says. Pure."""

from datetime import datetime

from certmgr.commitments import Status
from certmgr.models.campaigns import Outcome
from tui.present import Glyphs, Ink, Piece, day, plural
from tui.sheets.words import due_piece, history, local
from tui.values.campaigns import CampaignDetail
from tui.values.sheets import Fact, Note, Section, Sheet

BAR = 20
SHOWN_LEFT = 500
"""So many of those that are left are named; `certmgr campaign show` names all."""


def bar(done: int, members: int, width: int, glyphs: Glyphs) -> str:
    """Return how far a campaign has come as a bar of `width` cells; full only when nothing is left."""
    if not members:
        return glyphs.bar_full * width
    full = done * width // members
    return glyphs.bar_full * full + glyphs.bar_empty * (width - full)


def campaign_sheet(detail: CampaignDetail, now: datetime, glyphs: Glyphs) -> Sheet:
    """Return everything that is known of a campaign, first what is left of it."""
    one, progress = detail.campaign, detail.progress
    left = len(progress.left)
    counts = ", ".join(f"{progress.done[outcome]:,} {outcome.value}" for outcome in Outcome if progress.done[outcome])
    done = progress.members - left
    shown = [
        Note(
            f"{member.certificate.server}  until {day(member.certificate.not_after.astimezone(detail.zone))}",
            start=f"{member.certificate.serial[:16]}  ",
        )
        for member in progress.left[:SHOWN_LEFT]
    ]
    if left > SHOWN_LEFT:
        shown.append(Note(f"and {left - SHOWN_LEFT:,} more", Ink.DIM))
    return Sheet(
        title=one.name,
        under=_under(detail, now, glyphs),
        facts=(
            Fact("Progress", f"{bar(done, progress.members, BAR, glyphs)}  {done:,} of {progress.members:,} done"),
            Fact("Done", counts),
            Fact("Reason", one.reason),
            Fact("Due", f"until the end of {detail.last_day}"),
            Fact("Picked by", one.filter or "every live certificate"),
            Fact("Announced", f"{local(one.created_at, detail.zone)} by {one.created_by}"),
            Fact("Closed", local(one.closed_at, detail.zone) if one.closed_at else ""),
        ),
        sections=(Section(f"LEFT ({left:,})", tuple(shown)), Section("HISTORY", history(detail.history))),
    )


def _under(detail: CampaignDetail, now: datetime, glyphs: Glyphs) -> tuple[Piece, ...]:
    one = detail.campaign
    left = len(detail.progress.left)
    if one.closed_at is not None:
        state = Piece(f"{glyphs.states[Ink.SUPERSEDED]} closed", Ink.SUPERSEDED)
        return (state, Piece(f"{plural(left, 'member')} left", Ink.DIM))
    if not left:
        return (Piece(f"{glyphs.states[Ink.VALID]} nothing is left", Ink.VALID),)
    pieces = [Piece(f"{plural(left, 'member')} left", Ink.DUE), due_piece(one.deadline, now, before="due ")]
    if detail.status is Status.BREACHED:
        pieces.append(Piece("breached", Ink.ALARM))
    return tuple(pieces)
