"""What the banner says of the open revocation requests (R6.1). Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from certmgr.models.revocations import Revocation
from tui.present import Glyphs, Ink, Line, Piece, countdown, plural, safe_text, width_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The clock of one open request: to be verified first, to be published afterwards."""

    server: str
    due: datetime
    verified: bool


def deadlines(requests: Sequence[Revocation]) -> tuple[Deadline, ...]:
    """Return the clocks of the open requests, the one that ends first (or ended longest ago) first."""
    clocks = (
        Deadline(server=one.server, due=one.due_at or one.verify_due_at, verified=one.due_at is not None)
        for one in requests
        if one.published_at is None and one.closed_at is None
    )
    return tuple(sorted(clocks, key=lambda clock: (clock.due, clock.server)))


def banner_line(clocks: Sequence[Deadline], now: datetime, glyphs: Glyphs, *, width: int) -> Line:
    """Return the banner: how many are open, the overdue first, then the next that is due.

    Where `width` cells are not enough, the names are cut to their first label, then left out; the count and the
    clocks never are.
    """
    if not clocks:
        return (Piece(" No open revocation requests", Ink.DIM),)
    forms: tuple[Callable[[str], str], ...] = (str, lambda name: name.split(".")[0], lambda _name: "")
    lines = [_line(clocks, now, glyphs, form) for form in forms]
    return next((line for line in lines if sum(width_of(piece.text) for piece in line) <= width), lines[-1])


def _line(clocks: Sequence[Deadline], now: datetime, glyphs: Glyphs, form: Callable[[str], str]) -> Line:
    """Return the banner with the names in one form."""
    late = [clock for clock in clocks if clock.due <= now]
    coming = [clock for clock in clocks if clock.due > now]
    pieces = [
        Piece(f" {glyphs.states[Ink.REVOKING]} ", Ink.REVOKING),
        Piece(f"{plural(len(clocks), 'revocation')} open", Ink.STRONG),
    ]
    if late:
        pieces.append(Piece(f"  {countdown(late[0].due, now)}", Ink.ALARM))
        pieces.append(Piece(_named(late[0], glyphs, form)))
        if len(late) > 1:
            pieces.append(Piece(f" and {len(late) - 1} more", Ink.ALARM))
    if coming:
        verb = "publish" if coming[0].verified else "verify"
        pieces.append(Piece(f"  {glyphs.dot}  " if late else "  ", Ink.DIM))
        pieces.append(Piece(f"{verb}{_named(coming[0], glyphs, form)} in "))
        pieces.append(Piece(countdown(coming[0].due, now), Ink.REVOKING))
    return tuple(pieces)


def _named(clock: Deadline, glyphs: Glyphs, form: Callable[[str], str]) -> str:
    """Return the server's name in a form, safe, after a space; empty where the form leaves nothing."""
    name = safe_text(form(clock.server), ascii_only=glyphs.ascii_only)
    return f" {name}" if name else ""
