"""The blocks of the dashboard as lines of text. Pure.

Each begins with its heading and a verdict: what is well reads calm, what is not stands out by a sign, a word and its
ink. Only what there is room for is said, the most urgent first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from certmgr.commitments import Kind
from tui.histogram import histogram_lines
from tui.present import Glyphs, Ink, Line, Piece, countdown, day, fit, plural, safe_text, width_of
from tui.values.dashboard import Block, Board

if TYPE_CHECKING:
    from certmgr.models.applications import Application
    from certmgr.queries.overview import AuthorityHealth, Due, Job, Overview
    from certmgr.store.overview import Failing

_WIDE = 50
_FULL = 70
"""From so many cells on a block says times, and what is to be done, in full."""
_GAP = 3
"""Cells between two counts."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_FAR_H = 48
WHAT_TO_DO: dict[Kind, tuple[str, str]] = {
    Kind.VERIFY_REVOCATION: ("verify", "verify or reject"),
    Kind.PUBLISH_REVOCATION: ("publish", "publish the CRL"),
    Kind.ACKNOWLEDGE_REVOCATION: ("answer", "acknowledge"),
    Kind.RELEASE_HOLD: ("release", "publish its release"),
    Kind.DECIDE_HOLD: ("decide", "release or revoke"),
    Kind.REPORT_INCIDENT: ("report", "report the incident"),
    Kind.FOLLOW_CHANGE: ("reissue", "reissue or confirm"),
    Kind.FINISH_CAMPAIGN: ("renew", "renew its members"),
}
"""What is to be done to keep a promise, short and in full."""
_LISTS = {
    "none": Ink.EXPIRED,
    "ended": Ink.EXPIRED,
    "behind": Ink.EXPIRED,
    "not seen": Ink.EXPIRED,
    "stale": Ink.DUE,
    "ending": Ink.DUE,
    "in time": Ink.VALID,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """How a block is drawn."""

    width: int
    height: int
    """Lines, the heading among them."""
    now: datetime
    zone: ZoneInfo
    glyphs: Glyphs

    @property
    def room(self) -> int:
        """Cells between the margins."""
        return self.width - 2

    def safe(self, text: str) -> str:
        """Return text that may come from outside as it may be shown."""
        return safe_text(text, ascii_only=self.glyphs.ascii_only)

    def sign(self, ink: Ink) -> Piece:
        """Return the sign that stands for an ink."""
        return Piece(f"{self.glyphs.states.get(ink, self.glyphs.dot)} ", ink)


Verdict = tuple[Ink, str]
"""The ink, whose sign comes with it, and the words."""


def block_lines(block: Block, board: Board, frame: Frame, *, selected: bool = False) -> tuple[Line, ...]:
    """Return a block in at most `frame.height` lines of at most `frame.width` cells; every text in it is safe."""
    verdict, lines = _BLOCKS[block](board, frame)
    kept = list(lines[: frame.height - 1])
    if len(lines) > len(kept) > 0:
        kept[-1] = (Piece(f"and {len(lines) - len(kept) + 1:,} more", Ink.DIM),)
    return (_heading(block, verdict, frame, selected=selected), *(_cut((Piece(" "), *line), frame) for line in kept))


def _cut(line: Line, frame: Frame) -> Line:
    """Return a line in at most the block's width, without spaces at its end."""
    pieces: list[Piece] = []
    left = frame.width - 1
    for piece in line:
        taken = width_of(piece.text)
        pieces.append(piece if taken <= left else Piece(fit(piece.text, left, frame.glyphs), piece.ink))
        left -= min(taken, left)
    while pieces and not pieces[-1].text.strip():
        pieces.pop()
    if pieces:
        pieces[-1] = Piece(pieces[-1].text.rstrip(), pieces[-1].ink)
    return tuple(pieces)


def dues(board: Board) -> tuple[datetime, ...]:
    """Return the deadlines that are counted down to."""
    return tuple(one.commitment.due_at for one in board.overview.promises) if board.overview else ()


def span(seconds: float) -> str:
    """Return a stretch of time in its largest unit, rounded down: `12m`, `5h`, `3d`; `0m` under a minute."""
    if seconds < _HOUR_S:
        return f"{int(max(seconds, 0)) // _MINUTE_S}m"
    return f"{int(seconds) // _HOUR_S}h" if seconds < _FAR_H * _HOUR_S else f"{int(seconds) // _DAY_S}d"


def _heading(block: Block, verdict: Verdict | None, frame: Frame, *, selected: bool) -> Line:
    """Return the heading: a mark where it is selected, its name, a rule, and how things stand."""
    ink, words = verdict or (Ink.DIM, "")
    calm = ink in {Ink.VALID, Ink.DIM}
    words = fit(words, min(width_of(words), max(frame.width - width_of(block.value) - 6, 0)), frame.glyphs)
    said = (frame.sign(ink), Piece(words, Ink.DIM if calm else ink)) if words else ()
    taken = width_of(block.value) + 3 + sum(width_of(piece.text) for piece in said) + (1 if said else 0)
    rule = frame.glyphs.rule * max(frame.width - taken, 0)
    return (
        Piece(frame.glyphs.mark if selected else " ", Ink.MARK),
        Piece(block.value, Ink.PLACE if selected else Ink.HEADING),
        Piece(f" {rule}{' ' if said else ''}", Ink.HEADING),
        *said,
    )


Lines = Sequence[Line]


def _reading() -> tuple[Verdict | None, Lines]:
    return None, ((Piece("Reading", Ink.DIM),),)


def _promises(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if (overview := board.overview) is None:
        return _reading()
    if not overview.open_promises:
        return (Ink.VALID, "none open"), ((Piece("Nothing is due to anybody.", Ink.DIM),),)
    verdict = (
        (Ink.EXPIRED, f"{overview.overdue_promises:,} of {overview.open_promises:,} overdue")
        if overview.overdue_promises
        else (Ink.REVOKING, f"{overview.open_promises:,} open")
    )
    if frame.room < _FULL and 2 * overview.open_promises < frame.height:
        return verdict, [line for one in overview.promises for line in _promise_in_two(one, frame)]
    lines = [_promise(one, frame) for one in overview.promises]
    # Those that were not read are counted: the last line says how many there are.
    return verdict, [*lines, *[()] * (overview.open_promises - len(lines))]


def _promise(one: "Due", frame: Frame) -> Line:
    late = one.commitment.due_at <= frame.now
    wide = frame.room >= _WIDE
    clock = countdown(one.commitment.due_at, frame.now, short=not wide)
    full = frame.room >= _FULL
    todo = WHAT_TO_DO[one.commitment.kind][full]
    start = f"{fit(clock, 16 if wide else 11, frame.glyphs)} "
    verb = f"{fit(todo, 20 if full else 8, frame.glyphs)} "
    room = frame.room - width_of(start) - width_of(verb) - 2
    return (
        frame.sign(Ink.EXPIRED if late else Ink.REVOKING),
        Piece(start, Ink.ALARM if late else Ink.REVOKING),
        Piece(verb),
        Piece(fit(frame.safe(one.subject), room, frame.glyphs), Ink.STRONG),
    )


def _promise_in_two(one: "Due", frame: Frame) -> Lines:
    """Return a promise in two lines: the clock and what is to be done, and whom it is about in full."""
    late = one.commitment.due_at <= frame.now
    clock = fit(countdown(one.commitment.due_at, frame.now), 15, frame.glyphs)
    subject = fit(frame.safe(one.subject), frame.room - 2, frame.glyphs)
    return (
        (
            frame.sign(Ink.EXPIRED if late else Ink.REVOKING),
            Piece(f"{clock} ", Ink.ALARM if late else Ink.REVOKING),
            Piece(WHAT_TO_DO[one.commitment.kind][frame.room >= _WIDE]),
        ),
        (Piece("  "), Piece(subject, Ink.STRONG)),
    )


def _expiry(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if (found := board.endings) is None:
        return _reading()
    ends = found.all
    ink = Ink.EXPIRED if ends.overdue or found.expired else Ink.DUE if ends.waiting else Ink.VALID
    if found.expired and not found.total:
        verdict = (ink, f"{found.expired:,} expired")
    else:
        verdict = (ink, f"{found.total:,} end{'s' if found.total == 1 else ''} in {found.days} days")
    return verdict, histogram_lines(found, width=frame.room, height=frame.height - 1, glyphs=frame.glyphs)


def _authorities(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if (overview := board.overview) is None:
        return _reading()
    if not overview.authorities:
        return (Ink.DUE, "no CA"), ((Piece("There is no CA yet.", Ink.DIM),),)
    troubled = sum(not one.well for one in overview.authorities)
    ended = any(one.crl is not None and _LISTS[one.crl.value] is Ink.EXPIRED for one in overview.authorities)
    verdict = (
        (Ink.VALID, "in order")
        if not troubled
        else (Ink.EXPIRED if ended else Ink.DUE, f"{troubled} {'CA needs' if troubled == 1 else 'CAs need'} you")
    )
    return verdict, [line for one in overview.authorities for line in _authority(one, frame)]


def _authority(one: "AuthorityHealth", frame: Frame) -> Lines:
    """Return a CA in two lines: how long it lives, and how its CRL stands."""
    end = f"{'ended' if one.ended else 'until'} {day(one.not_after.astimezone(frame.zone))}"
    successor = ", needs a successor" if one.ending and frame.room >= _WIDE else ""
    ink = Ink.VALID if one.well else Ink.EXPIRED if one.crl and _LISTS[one.crl.value] is Ink.EXPIRED else Ink.DUE
    retired = " retired," if one.retired else ""
    tail = f"{retired} {end}{successor}"
    name = fit(frame.safe(one.slug), max(frame.room - 2 - width_of(tail), 8), frame.glyphs)
    first = (
        frame.sign(ink),
        Piece(name, Ink.STRONG),
        Piece(tail, Ink.DUE if one.ending else Ink.DIM),
    )
    if one.crl is None:
        return (first, (Piece("  its CRL is signed elsewhere", Ink.DIM),)) if not one.ended else (first,)
    calm = _LISTS[one.crl.value] is Ink.VALID
    said = [Piece("  CRL ", Ink.DIM), Piece(one.crl.value, Ink.DIM if calm else _LISTS[one.crl.value])]
    if one.this_update and one.next_update:
        age, left = (frame.now - one.this_update).total_seconds(), (one.next_update - frame.now).total_seconds()
        ends = f"{span(left)} left" if left >= 0 else f"ended {span(-left)} ago"
        said.append(Piece(f", {span(age)} old, {ends}", Ink.DIM))
    if one.points:
        said.append(Piece(f", seen {one.seen}/{one.points}", Ink.DIM if one.seen == one.points else Ink.EXPIRED))
    return first, tuple(said)


def _jobs(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if (overview := board.overview) is None:
        return _reading()
    failed, late = sum(bool(job.failures) for job in overview.jobs), sum(job.late for job in overview.jobs)
    if failed:
        verdict = (Ink.EXPIRED, f"{plural(failed, 'job')} failed")
    else:
        verdict = (Ink.DUE, f"{plural(late, 'job')} late") if late else (Ink.VALID, "in order")
    return verdict, [_job(job, frame) for job in overview.jobs]


def _job(job: "Job", frame: Frame) -> Line:
    ago = None if job.succeeded_at is None else f"{span((frame.now - job.succeeded_at).total_seconds())} ago"
    if job.failures:
        ink, words = Ink.EXPIRED, f"failed {plural(job.failures, 'time')}: {job.problem}"
    elif job.late:
        ink, words = Ink.DUE, f"late, last {ago}" if ago else "never ran"
    else:
        ink, words = (Ink.VALID, ago) if ago else (Ink.PENDING, "none on record")
    calm = ink in {Ink.VALID, Ink.PENDING}
    name = f"{fit(frame.safe(job.name), 14, frame.glyphs)} "
    return (
        frame.sign(ink),
        Piece(name),
        Piece(fit(frame.safe(words), frame.room - 17, frame.glyphs), Ink.DIM if calm else ink),
    )


def _waiting(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if (overview := board.overview) is None:
        return _reading()
    unverified = sum(one.verified_at is None for one in board.requests)
    lines: list[Line] = []
    if board.requests:
        more = f", {unverified:,} to verify" if unverified else ""
        words = f"{plural(len(board.requests), 'revocation request')}{more}"
        lines.append((frame.sign(Ink.REVOKING), Piece(fit(words, frame.room - 2, frame.glyphs))))
    if overview.unaccepted:
        words = f"{plural(overview.unaccepted, 'certificate')} may be objected to"
        lines.append((frame.sign(Ink.PENDING), Piece(fit(words, frame.room - 2, frame.glyphs), Ink.DIM)))
    lines += [_application(one, frame) for one in overview.applications]
    # What enter leads to stands first.
    open_ones = ((len(overview.applications), "application"), (len(board.requests), "request"))
    words = ", ".join(plural(number, noun) for number, noun in open_ones if number)
    if not lines:
        return (Ink.VALID, "nothing"), ((Piece("No request and no application is open.", Ink.DIM),),)
    return ((Ink.PENDING, words) if words else (Ink.VALID, "nothing")), lines


def _application(one: "Application", frame: Frame) -> Line:
    approvals = f" {len(one.approvals)}/{one.needed} approved"
    lapses = f", lapses in {span((one.expires_at - frame.now).total_seconds())}"
    tail = f" applied,{approvals}{lapses}" if frame.room >= _WIDE else approvals
    name = fit(frame.safe(one.server), frame.room - 2 - width_of(tail), frame.glyphs)
    return frame.sign(Ink.PENDING), Piece(name, Ink.STRONG), Piece(tail, Ink.DIM)


def _failures(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if (overview := board.overview) is None:
        return _reading()
    lines = [line for line in (_notices(overview, frame),) if line]
    in_two = len(lines) + 2 * overview.failing_number < frame.height
    lines += [line for one in overview.failing for line in _failing(one, frame, in_two=in_two)]
    lines += [()] * (overview.failing_number - len(overview.failing))
    if not lines:
        return (Ink.VALID, "none"), ((Piece("Nothing has failed.", Ink.DIM),),)
    failed_notices = overview.notices_trying + overview.notices_given_up
    words = [plural(overview.failing_number, "task")] if overview.failing_number else []
    words += [plural(failed_notices, "notice")] if failed_notices else []
    return (Ink.EXPIRED, ", ".join(words)), lines


def _notices(overview: "Overview", frame: Frame) -> Line:
    """Return what became of notices that failed; empty where none did."""
    parts = []
    if overview.notices_given_up:
        parts.append(f"{overview.notices_given_up:,} given up")
    if overview.notices_trying:
        parts.append(f"{overview.notices_trying:,} tried again")
    if not parts:
        return ()
    return frame.sign(Ink.EXPIRED), Piece(fit(f"notices: {', '.join(parts)}", frame.room - 2, frame.glyphs))


_FAILED = {"renewal": "renewal", "deployment": "install", "probe": "look at"}


def _failing(one: "Failing", frame: Frame, *, in_two: bool) -> Lines:
    """Return what fails and why, in one line, or the reason in a line of its own."""
    kind = one.subject.partition(":")[0]
    what = f"{_FAILED.get(kind, kind)} {frame.safe(one.server or one.subject)}"
    why = frame.safe(one.problem)
    sign, room = frame.sign(Ink.EXPIRED), frame.room - 2
    if in_two:
        return (sign, Piece(fit(what, room, frame.glyphs))), (Piece(f"  {fit(why, room, frame.glyphs)}", Ink.DIM),)
    return ((sign, Piece(fit(f"{what}: {why}", room, frame.glyphs))),)


def _certificates(board: Board, frame: Frame) -> tuple[Verdict | None, Lines]:
    if not board.states:
        return _reading()
    lines: list[list[Piece]] = [[]]
    for word, count in board.states.items():
        if not count.number and word != Ink.VALID.value:
            continue
        ink = Ink(word)
        cell = (frame.sign(ink), Piece(f"{count} {word}{' ' * _GAP}", ink))
        if sum(width_of(piece.text) for piece in (*lines[-1], *cell)) > frame.room + _GAP and lines[-1]:
            lines.append([])
        lines[-1] += cell
    return None, [tuple(line) for line in lines]


_BLOCKS: dict[Block, Callable[[Board, Frame], tuple[Verdict | None, Lines]]] = {
    Block.PROMISES: _promises,
    Block.EXPIRY: _expiry,
    Block.AUTHORITIES: _authorities,
    Block.JOBS: _jobs,
    Block.WAITING: _waiting,
    Block.FAILURES: _failures,
    Block.CERTIFICATES: _certificates,
}
