"""What the banner says of the promises that are running: open revocation requests first (R6.1). Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from certmgr.commitments import PERCENTAGES, Kind, thresholds
from tui.present import Glyphs, Ink, Line, Piece, countdown, plural, safe_text, width_of

_OF_REQUESTS = frozenset({Kind.ACKNOWLEDGE_REVOCATION, Kind.VERIFY_REVOCATION, Kind.PUBLISH_REVOCATION})
_LONG = frozenset({Kind.DECIDE_HOLD, Kind.FINISH_CAMPAIGN})
"""Promises over weeks: they are named towards their end only."""
_WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.ACKNOWLEDGE_REVOCATION: "acknowledge",
        Kind.VERIFY_REVOCATION: "verify",
        Kind.PUBLISH_REVOCATION: "publish",
        Kind.RELEASE_HOLD: "release",
        Kind.DECIDE_HOLD: "decide hold",
        Kind.REPORT_INCIDENT: "report incident",
        Kind.FOLLOW_CHANGE: "follow change",
        Kind.FINISH_CAMPAIGN: "finish campaign",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One promise that is running."""

    kind: Kind
    server: str
    """Or the CA or the campaign that it is about."""
    about: str
    """`revocation:12`, as the journal names it."""
    opened: datetime
    due: datetime


def verb(kind: Kind) -> str:
    """Return what a promise waits for, as what somebody has to do."""
    return _WORDS[kind]


def clocks_of_requests(deadlines: Sequence[Deadline], now: datetime) -> tuple[Deadline, ...]:
    """Return the one clock of each open request, the one that ends first (or ended longest ago) first.

    A missed acknowledgement does not stand for the verification that comes after it.
    """
    first: dict[str, Deadline] = {}
    for one in sorted(deadlines, key=lambda one: (one.due, one.server)):
        missed = one.kind is Kind.ACKNOWLEDGE_REVOCATION and one.due <= now
        if one.kind in _OF_REQUESTS and not missed:
            first.setdefault(one.about, one)
    return tuple(first.values())


def others_at_risk(deadlines: Sequence[Deadline], now: datetime) -> tuple[Deadline, ...]:
    """Return the other promises that are broken or that half of the time has run for, the first due first.

    Those over weeks count from nine tenths on.
    """
    return tuple(
        one
        for one in sorted(deadlines, key=lambda one: (one.due, one.server))
        if one.kind not in _OF_REQUESTS
        and now >= thresholds(one.opened, one.due)[PERCENTAGES.index(90) if one.kind in _LONG else 0]
    )


def banner_line(deadlines: Sequence[Deadline], now: datetime, glyphs: Glyphs, *, width: int) -> Line:
    """Return the banner: how many requests are open, the overdue first, the next that is due, then other promises.

    Where `width` cells are not enough, the other promises are left out, the names are cut to their first label, then
    left out too; the count and the clocks of the requests never are.
    """
    clocks, others = clocks_of_requests(deadlines, now), others_at_risk(deadlines, now)
    if not clocks and not others:
        return (Piece(" No open revocation requests", Ink.DIM),)
    forms: tuple[Callable[[str], str], ...] = (str, lambda name: name.split(".")[0], lambda _name: "")
    if not clocks:
        lines = [
            (Piece(" No open revocation requests", Ink.DIM), *_others(others, now, glyphs, form)) for form in forms
        ]
    else:
        plain = [_line(clocks, now, glyphs, form) for form in forms]
        full = [(*line, *_others(others, now, glyphs, form)) for line, form in zip(plain, forms, strict=True)]
        # A whole name is worth less than another promise, no name at all is not.
        lines = [*full[:2], *plain]
    return next((line for line in lines if sum(width_of(piece.text) for piece in line) <= width), lines[-1])


def _line(clocks: Sequence[Deadline], now: datetime, glyphs: Glyphs, form: Callable[[str], str]) -> Line:
    """Return what is said of the requests, with the names in one form."""
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
        pieces.append(Piece(f"  {glyphs.dot}  " if late else "  ", Ink.DIM))
        pieces.append(Piece(f"{verb(coming[0].kind)}{_named(coming[0], glyphs, form)} in "))
        pieces.append(Piece(countdown(coming[0].due, now), Ink.REVOKING))
    return tuple(pieces)


def _others(others: Sequence[Deadline], now: datetime, glyphs: Glyphs, form: Callable[[str], str]) -> Line:
    """Return what is said of the other promises; nothing where there is none."""
    if not others:
        return ()
    first = others[0]
    late = first.due <= now
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    return (
        Piece(f"  {glyphs.dot}  ", Ink.DIM),
        Piece(f"{verb(first.kind)}{_named(first, glyphs, form)} {'' if late else 'in '}"),
        Piece(countdown(first.due, now), Ink.ALARM if late else Ink.DUE),
        Piece(more, Ink.DIM),
    )


def _named(clock: Deadline, glyphs: Glyphs, form: Callable[[str], str]) -> str:
    """Return the server's name in a form, safe, after a space; empty where the form leaves nothing."""
    name = safe_text(form(clock.server), ascii_only=glyphs.ascii_only)
    return f" {name}" if name else ""
