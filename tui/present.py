"""How facts read on a screen: safe text, glyphs, states and countdowns. Pure, no terminal in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from rich.cells import cell_len, set_cell_size

from certmgr.models.certificates import State
from certmgr.printable import printable

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SECONDS_BELOW = timedelta(minutes=2)
"""Under this much time a countdown shows seconds; above, a ticking column only disturbs."""
URGENT_DAYS = 7


class Ink(StrEnum):
    """What a piece of text is, for colour; every one reads without colour too."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    LABEL = "label"
    HEADING = "heading"
    PENDING = "pending"
    REVOKED = "revoked"
    HELD = "held"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DUE = "due"
    VALID = "valid"
    REVOKING = "revoking"
    URGENT = "urgent"
    ALARM = "alarm"
    MARK = "mark"
    PLACE = "place"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of safe text in one ink."""

    text: str
    ink: Ink = Ink.PLAIN


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The signs that differ between a UTF-8 terminal and `--ascii`."""

    ascii_only: bool
    states: Mapping[Ink, str]
    ellipsis: str
    dot: str
    """Between two facts on one line."""
    bar: str
    """The vertical line beside a pane and at the head of a section."""
    thumb: str
    track: str
    branch: str
    rule: str
    arrow: str
    up: str
    down: str
    """Sorted so: the smallest first, the largest first."""
    mark: str
    """Before a marked row; one cell."""
    bar_full: str
    bar_empty: str
    """A cell of a progress bar: done, and left."""
    unlocked: str = ""
    """Before the name of the unlocked slot."""


UNICODE = Glyphs(
    ascii_only=False,
    states=MappingProxyType(
        {
            Ink.VALID: "●",
            Ink.DUE: "▲",
            Ink.EXPIRED: "✗",
            Ink.REVOKING: "◆",
            Ink.REVOKED: "⊘",
            Ink.PENDING: "○",
            Ink.HELD: "■",
            Ink.SUPERSEDED: "◇",
        }
    ),
    ellipsis="…",
    dot="·",
    bar="│",
    thumb="┃",
    track="│",
    branch="└─ ",
    rule="─",
    arrow="→",
    up="↑",
    down="↓",
    mark="▌",
    bar_full="█",
    bar_empty="░",
    unlocked="⚷ ",
)
ASCII = Glyphs(
    ascii_only=True,
    states=MappingProxyType(
        {
            Ink.VALID: "+",
            Ink.DUE: "!",
            Ink.EXPIRED: "x",
            Ink.REVOKING: "<",
            Ink.REVOKED: "-",
            Ink.PENDING: "?",
            Ink.HELD: "=",
            Ink.SUPERSEDED: "~",
        }
    ),
    ellipsis="~",
    dot="-",
    bar="|",
    thumb="#",
    track="|",
    branch="`- ",
    rule="-",
    arrow="->",
    up="^",
    down="v",
    mark="*",
    bar_full="#",
    bar_empty=".",
    unlocked="unlocked: ",
)


def safe_text(text: str, *, ascii_only: bool = False) -> str:
    r"""Return `text` with every character that could act on a terminal or on a reader's eye written out.

    Beyond what printable() escapes these are variation selectors, which change the width of the character
    before them, and with `ascii_only` everything that is not ASCII. What is returned takes exactly one
    line; markup in it stays text, because nothing here is ever parsed as such.
    """
    shown = printable(text)
    if shown.isascii():
        return shown
    return "".join(
        _escaped(sign) if _is_selector(sign) or (ascii_only and not sign.isascii()) else sign for sign in shown
    )


def _is_selector(sign: str) -> bool:
    """Return whether `sign` is a variation selector."""
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def _escaped(sign: str) -> str:
    """Return the escape of one character as Python writes it."""
    return sign.encode("unicode_escape").decode("ascii")


def width_of(text: str) -> int:
    """Return how many cells `text` takes; wide characters take two."""
    return cell_len(text)


def fit(text: str, width: int, glyphs: Glyphs, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells: padded, or cut with an ellipsis at its end."""
    length = cell_len(text)
    if length > width:
        kept = set_cell_size(text, max(width - cell_len(glyphs.ellipsis), 0)).rstrip() + glyphs.ellipsis
        return set_cell_size(kept, width)
    pad = " " * (width - length)
    return pad + text if right else text + pad


def ink_of(state: State, *, revoking: bool) -> Ink:
    """Return what a certificate looks like; an open revocation request stands before its state."""
    return Ink.REVOKING if revoking else Ink(state.value)


def state_piece(state: State, *, revoking: bool, glyphs: Glyphs) -> Piece:
    """Return glyph and word of a state in its ink: never a colour alone."""
    ink = ink_of(state, revoking=revoking)
    return Piece(f"{glyphs.states[ink]} {ink.value}", ink)


def days_ink(days: int, state: State) -> Ink:
    """Return the ink of the days left: absolute days, not a share of the lifetime."""
    if state in {State.REVOKED, State.SUPERSEDED, State.PENDING}:
        return Ink.DIM
    if days <= URGENT_DAYS:
        return Ink.URGENT
    return Ink.DUE if state is State.DUE else Ink.PLAIN


def countdown(due: datetime, now: datetime, *, short: bool = False) -> str:
    """Return the time from `now` until `due`, rounded down so that it never promises more than there is.

    `23h 41m`, `41m`, `1m 59s` and `59s` below two minutes, `OVERDUE 2h 05m` afterwards; `short` keeps
    what fits eleven cells (`OVERDUE 14h`).
    """
    left = due - now
    if left > timedelta(0):
        return _seconds(left) if left < SECONDS_BELOW else _span(left)
    late = now - due
    if late < MINUTE:
        return "OVERDUE"
    return f"OVERDUE {_span(late).split(' ')[0] if short else _span(late)}"


def _span(span: timedelta) -> str:
    """Return hours and minutes, days and hours from two days on."""
    minutes = span // MINUTE
    hours, minutes = divmod(minutes, 60)
    days, rest = divmod(hours, 24)
    if days >= 2:  # noqa: PLR2004 - two days are the unit's own limit
        return f"{days}d {rest:02d}h"
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m"


def _seconds(span: timedelta) -> str:
    """Return minutes and seconds."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes}m {seconds:02d}s" if minutes else f"{seconds}s"


def next_tick(dues: tuple[datetime, ...], now: datetime, *, slow_s: float = 30.0, fast_s: float = 1.0) -> float:
    """Return after how many seconds a countdown has to be drawn again.

    A second while any deadline is less than two minutes away; else half a minute, or the moment at which
    the nearest deadline comes that close.
    """
    left = [(due - now).total_seconds() for due in dues if due > now]
    nearest = min(left, default=float("inf"))
    limit = SECONDS_BELOW.total_seconds()
    return fast_s if nearest < limit else max(min(slow_s, nearest - limit), fast_s)


def day(moment: datetime) -> str:
    """Return the date of `moment` in its own zone: `2027-11-25`."""
    return f"{moment:%Y-%m-%d}"


def moment_utc(moment: datetime) -> str:
    """Return an aware UTC `moment` to the second: `2027-11-25 09:00:00 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def plural(number: int, noun: str) -> str:
    """Return `1 request`, `2 requests`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def common_name(subject: str) -> str:
    """Return the CN of a subject written as text (RFC 4514), or the whole of it where there is none."""
    found = [part.strip()[3:] for part in subject.split(",") if part.strip().upper().startswith("CN=")]
    return found[0] if found else subject


def joined(line: Line) -> Line:
    """Return the pieces with what is blank joined to its neighbour: a colour less is forty bytes less to send."""
    pieces: list[Piece] = []
    for piece in line:
        before = pieces[-1] if pieces else None
        if before is not None and (before.ink is piece.ink or not piece.text.strip(" ")):
            pieces[-1] = Piece(before.text + piece.text, before.ink)
        elif before is not None and not before.text.strip(" "):
            pieces[-1] = Piece(before.text + piece.text, piece.ink)
        else:
            pieces.append(piece)
    return tuple(pieces)
