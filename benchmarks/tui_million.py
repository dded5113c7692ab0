"""The terminal interface over 1,000,000 certificates beside the same over 1,000, on a terminal, in one run.

Prints how long the first paint takes, how long keys take until they are drawn in a scripted session, by how much the
memory grows in it, and what is sent to the terminal. Exits 1 where a target is not reached.
"""

import argparse
import itertools
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.filling import FIRST, make_filled_home, request
from benchmarks.tui_terminal import FIRST_BYTE, Screen
from certmgr.models.certificates import CertificateId
from certmgr.store.connection import open_store
from certmgr.workspace import utc_now
from tui import theme

SOME = 1000
ROW = b"site-"
"""A part of every name."""
_RED, _GREEN, _BLUE = bytes.fromhex(theme.PALETTES[theme.DEFAULT].cursor.removeprefix("#"))
CURSOR = f"48;2;{_RED};{_GREEN};{_BLUE}m".encode()
"""The colour of the cursor's line."""
PAINT_RATIO, KEY_MS, GROWTH_MB = 1.5, 50.0, 20.0
IDLE_BYTES_S, MOVE_BYTES, SCROLL_BYTES = 500.0, 2000, 8000
HELD_S, TYPED_S = 0.033, 0.12
"""How long after the last key the next one comes: of a key that is held down, of somebody who types."""
LOST_S = 2.0
"""What is not drawn within this time is reported as lost."""
DOWN, PAGE_DOWN, PAGE_UP, HALF_DOWN = "j", "\x1b[6~", "\x1b[5~", "\x04"
ESC, ENTER = "\x1b", "\r"
UP, REVERSED = "↑".encode(), "↓".encode()
"""What the heading shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of the session, when it comes, and what must be drawn for it."""

    keys: str
    kind: str
    wait_s: float = TYPED_S
    drawn: bytes | None = CURSOR
    """None: nothing need be, and nothing is timed."""


@dataclass(slots=True, kw_only=True)
class Session:
    """What came of a scripted session."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        """Every key's."""
        return sorted(itertools.chain.from_iterable(self.milliseconds.values()))


def words(frame: bytes) -> bytes:
    """Return what a frame writes, without what places and colours it."""
    return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", frame)


def moves(keys: str, number: int, wait_s: float = HELD_S) -> list[Key]:
    """Return a key that moves the cursor, so many times."""
    return [Key(keys=keys, kind="move", wait_s=wait_s)] * number


def filtered(text: str) -> list[Key]:
    """Return `/`, a filter that is typed, and enter; every sign must be drawn."""
    signs = [Key(keys=sign, kind="filter", drawn=sign.encode()) for sign in text]
    return [Key(keys="/", kind="filter", drawn=b"/"), *signs, Key(keys=ENTER, kind="filter", drawn=None, wait_s=0.3)]


def script() -> list[Key]:
    """Return the keys of one round: about a minute."""
    leave = Key(keys=ESC, kind="esc", drawn=None, wait_s=0.4)
    order = Key(keys="s", kind="sort", wait_s=0.3, drawn=UP)
    return [
        *moves(DOWN, 40),
        *moves(PAGE_DOWN, 10, TYPED_S),
        *moves(HALF_DOWN, 5, TYPED_S),
        *moves("k", 30),
        *moves("G", 1, 0.3),
        *moves("k", 10),
        *moves(PAGE_UP, 5, TYPED_S),
        *moves("g", 1, 0.3),
        *filtered("node-00"),
        *moves(DOWN, 20),
        *moves(PAGE_DOWN, 5, TYPED_S),
        leave,
        # The whole store is searched, and each further key breaks that off; the cursor moves meanwhile. What matches is
        # a score of those that expire first, and in a million a score of those that expire last: less than a page.
        *filtered("/0(00|49).*7[37]1[.]site/"),
        *moves(DOWN, 10, TYPED_S),
        *moves("k", 5, TYPED_S),
        Key(keys="", kind="wait", drawn=None, wait_s=3.0),
        *moves(DOWN, 5, TYPED_S),
        leave,
        *moves(DOWN, 3),
        *itertools.chain.from_iterable([order, *moves(DOWN, 4)] for _ in range(7)),
        Key(keys="S", kind="sort", wait_s=0.3, drawn=REVERSED),
        *moves(DOWN, 10),
        Key(keys="S", kind="sort", wait_s=0.3, drawn=UP),
        *[Key(keys=" ", kind="mark") for _ in range(8)],
        *filtered("site-77"),
        *[Key(keys=" ", kind="mark") for _ in range(3)],
        leave,
        leave,
        *moves("g", 1, 0.3),
    ]


def first_paint(home: Path) -> tuple[float, float]:
    """Return the seconds from the start, and from the first byte drawn, to the first rows."""
    with Screen(home) as screen:
        begun = screen.wait_for(FIRST_BYTE)
        painted = screen.wait_for(ROW)
        screen.quiet(0.5)
        return painted - screen.begun, painted - begun


def run_session(screen: Screen, seconds: float) -> Session:
    """Type the script again and again for so long."""
    session, end = Session(), perf_counter() + seconds
    for key in _until(end):
        _type(screen, key, session)
    return session


def _until(end: float) -> Iterator[Key]:
    """Yield the keys of whole rounds until the time has come."""
    while perf_counter() < end:
        yield from script()


def _type(screen: Screen, key: Key, session: Session) -> None:
    """Type a key, wait for what must be drawn, then for the time at which the next key comes."""
    screen.frame(lambda _frame: False, 0)
    begun = perf_counter()
    screen.type(key.keys)
    if (wanted := key.drawn) is not None:
        drawn = screen.frame(lambda frame: wanted in (frame if wanted is CURSOR else words(frame)), LOST_S)
        if drawn is None:
            session.lost.append(repr(key.keys))
        else:
            session.milliseconds.setdefault(key.kind, []).append((drawn - begun) * 1000)
    if (left := begun + key.wait_s - perf_counter()) > 0:
        screen.listen(left)


def traffic(screen: Screen) -> tuple[int, int]:
    """Return the most bytes that a move within the screen sends, and one that scrolls."""
    screen.type("g")
    screen.quiet(1.0)
    counts = []
    for _ in range(40):
        screen.type(DOWN)
        counts.append(screen.quiet(0.4))
    return max(counts[:10]), max(counts[-10:])


def idle(screen: Screen, home: Path, seconds: float, certificate: int, *, overdue: int | None = None) -> float:
    """Return the bytes a second while nothing happens but a countdown that shows seconds.

    Where `overdue` is a certificate, a request for its revocation, whose time has passed, stands beside the countdown.
    """
    store = open_store(home / "certmgr.db", clock=utc_now)
    if overdue is not None:
        request(store, CertificateId(overdue), timedelta(hours=-2))
    request(store, CertificateId(certificate), timedelta(seconds=seconds + 60))
    store.close()
    screen.type("g")
    screen.quiet(1.5)
    sleep(3)
    screen.quiet(0.2, at_most_s=5)
    return screen.listen(seconds) / seconds


def main() -> int:
    """Make both stores, measure, report; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=300, help="how long the session is (300)")
    options.add_argument("--certificates", type=int, default=1_000_000, help="how many the large store has (1000000)")
    options.add_argument("--rounds", type=int, default=7, help="of the first paint (7)")
    options.add_argument(
        "--folder", type=Path, help="where the stores are made, with room for 4 GB; removed at the end"
    )
    options.add_argument("--homes", type=Path, nargs=2, help="use these homes, the small one first, and keep them")
    chosen = options.parse_args()
    if chosen.homes:
        small, large = chosen.homes
        return measure_homes(small, large, chosen)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        begun = perf_counter()
        small = make_filled_home(Path(folder) / "small", SOME)
        large = make_filled_home(Path(folder) / "large", chosen.certificates)
        size = (large / "certmgr.db").stat().st_size / 1e9
        print(f"{chosen.certificates:,} certificates made in {perf_counter() - begun:.0f} s, {size:.1f} GB\n")
        return measure_homes(small, large, chosen)


def measure_homes(small: Path, large: Path, chosen: argparse.Namespace) -> int:
    """Measure the interface on both homes and print what came of it; return the exit code."""
    verdicts: list[bool] = []

    def say(what: str, figure: str, target: str, *, reached: bool) -> None:
        verdicts.append(reached)
        print(f"{what:<70} {figure:>12}   {target:<14} {'' if reached else 'NOT REACHED'}", flush=True)

    paints: dict[Path, list[tuple[float, float]]] = {small: [], large: []}
    for number in range(chosen.rounds + 1):
        for home in (small, large):
            found = first_paint(home)
            if number:
                paints[home].append(found)
    for place, name in enumerate(("first paint, from the start of the program", "first paint, from the first byte")):
        few, many = (statistics.median(one[place] for one in paints[home]) for home in (small, large))
        what = f"{name}: {many * 1000:.0f} ms, {few * 1000:.0f} ms"
        say(what, f"{many / few:.2f} times", "at most 1.5", reached=many / few <= PAINT_RATIO)
    _measure_session(large, chosen.seconds, say)
    return 0 if all(verdicts) else 1


def _measure_session(home: Path, seconds: float, say: Callable[..., None]) -> None:
    """Measure keys, memory and traffic on one home."""
    with Screen(home) as screen:
        screen.wait_for(ROW)
        screen.quiet(1.0)
        memory = screen.memory_kib()
        within, scrolling = traffic(screen)
        session = run_session(screen, seconds)
        growth = (screen.memory_kib() - memory) / 1000
        say("a move within the screen, at most", f"{within} B", "under 2 kB", reached=within < MOVE_BYTES)
        say("a move that scrolls, at most", f"{scrolling} B", "under 8 kB", reached=scrolling < SCROLL_BYTES)
        sent = idle(screen, home, 30, FIRST + 11)
        say("idle, a countdown of seconds running", f"{sent:.0f} B/s", "under 0.5 kB/s", reached=sent < IDLE_BYTES_S)
        sent = idle(screen, home, 30, FIRST + 12, overdue=FIRST + 13)
        what = "idle, the same beside an overdue request"
        say(what, f"{sent:.0f} B/s", "under 0.5 kB/s", reached=sent < IDLE_BYTES_S)
    for kind, found in session.milliseconds.items():
        median, late = statistics.median(found), _percentile(sorted(found))
        say(f"{len(found)} keys, {kind}: median {median:.0f} ms", f"95 %: {late:.0f} ms", "", reached=True)
    every, late = session.all, _percentile(session.all)
    what = f"all {len(every)} keys in {seconds:.0f} s, slowest {every[-1]:.0f} ms"
    say(what, f"95 %: {late:.0f} ms", "at most 50 ms", reached=late <= KEY_MS)
    say("keys that were not drawn", f"{len(session.lost)}", "none", reached=not session.lost)
    if session.lost:
        print("   ", *session.lost[:40])
    say("growth of the memory in the session", f"{growth:.1f} MB", "under 20 MB", reached=growth < GROWTH_MB)


def _percentile(milliseconds: list[float]) -> float:
    """Return what 95 of 100 keys do not exceed."""
    return milliseconds[min(int(len(milliseconds) * 0.95), len(milliseconds) - 1)]


if __name__ == "__main__":
    sys.exit(main())
