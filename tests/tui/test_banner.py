"""The banner, and what rings: promises by what is due, each threshold once."""

from datetime import datetime, timedelta

import pytest

from certmgr.commitments import Kind
from certmgr.config_sections import TuiSettings
from certmgr.models.revocations import Cause
from certmgr.operations import revocations
from tests.clock import START, FakeClock
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL
from tests.tui.revoking import PORTAL, portal
from tests.tui.screens import press, shown, told
from tests.tui.test_hostile import clean
from tui.app import CertmgrApp
from tui.banner import Deadline, banner_line
from tui.present import ASCII, UNICODE
from tui.watching import Watch


def deadline(  # noqa: PLR0913 - the facts of a promise
    hours: float,
    *,
    kind: Kind = Kind.PUBLISH_REVOCATION,
    server: str = "portal.hub",
    about: str = "",
    span: float = 24,
    now: datetime = START,
) -> Deadline:
    """Return a promise that is due in so many hours and was given `span` hours before that."""
    due = now + timedelta(hours=hours)
    return Deadline(
        kind=kind, server=server, about=about or f"revocation:{server}", opened=due - timedelta(hours=span), due=due
    )


def text(*deadlines: Deadline, width: int = 120) -> str:
    """Return the banner as plain text."""
    return "".join(piece.text for piece in banner_line(deadlines, START, UNICODE, width=width))


def test_the_overdue_stand_first() -> None:
    """Then what is due next; all are counted."""
    line = text(deadline(5), deadline(-2, server="late.hub"), deadline(-1, server="later.hub"))
    assert line == " ◆ 3 revocations open  OVERDUE 2h 00m late.hub and 1 more  ·  publish portal.hub in 5h 00m"


def test_what_is_due_next_is_named_by_what_has_to_be_done() -> None:
    """To be seen first; a missed acknowledgement gives way to the verification that comes after it."""
    verify = deadline(20, kind=Kind.VERIFY_REVOCATION)
    assert "acknowledge portal.hub in 30m" in text(deadline(0.5, kind=Kind.ACKNOWLEDGE_REVOCATION, span=1), verify)
    missed = text(deadline(-0.5, kind=Kind.ACKNOWLEDGE_REVOCATION, span=1), verify)
    assert missed == " ◆ 1 revocation open  verify portal.hub in 20h 00m"


@pytest.mark.parametrize(
    ("hours", "named"), [(25, False), (24, True), (-1, True)], ids=["before half", "half", "broken"]
)
def test_other_promises_are_named_when_half_of_their_time_has_passed(hours: float, *, named: bool) -> None:
    """A release, an incident to report; beside the requests where there is room, alone where none is open."""
    release = deadline(hours, kind=Kind.RELEASE_HOLD, about="certificate:1", span=48)
    assert ("release portal.hub" in text(release)) is named
    assert text(release).startswith(" No open revocation requests")
    assert ("release portal.hub" in text(release, deadline(5))) is named


def test_promises_over_weeks_are_named_towards_their_end() -> None:
    """A hold to be decided in a week disturbs nobody."""
    month = 30 * 24
    assert "decide hold" not in text(deadline(100, kind=Kind.DECIDE_HOLD, span=month))
    assert "decide hold portal.hub in 2d 22h" in text(deadline(70, kind=Kind.DECIDE_HOLD, span=month))


def test_where_room_is_short_the_clocks_of_requests_stay() -> None:
    """Names are cut, other promises left out, names left out; the count and the clocks are not."""
    clocks = (
        deadline(-2, server="a-long-name-of-a-server.district-1.egov.internal"),
        deadline(5, server="another-long-name.district-2.egov.internal"),
        deadline(3, kind=Kind.RELEASE_HOLD, server="third.district-3.egov.internal", span=48),
    )
    assert "release third.district-3.egov.internal in 3h 00m" in text(*clocks, width=240)
    assert "release third in 3h 00m" in text(*clocks, width=130)
    short = text(*clocks, width=80)
    assert "release" not in short
    assert len(short) <= 80
    assert "2 revocations open  OVERDUE 2h 00m" in text(*clocks, width=40)


def test_hostile_names_in_the_banner_are_text() -> None:
    """Whatever a server is called."""
    line = "".join(piece.text for piece in banner_line((deadline(5, server=ALL),), START, ASCII, width=4000))
    assert clean(line)
    assert line.isascii()


def test_each_threshold_is_told_once() -> None:
    """50, 75 and 90 percent and the breach; those of one kind together, and of one promise only the highest."""
    watch = Watch(START)
    first, second = deadline(24), deadline(24, server="mail.hub")
    watch.take((first, second))
    assert watch.crossed(START + timedelta(hours=11)) == ()
    (half,) = watch.crossed(START + timedelta(hours=12))
    assert half.text == "50 percent of the time has passed: publish mail.hub and 1 other."
    assert watch.crossed(START + timedelta(hours=13)) == ()
    watch.take((first,))
    (later,) = watch.crossed(START + timedelta(hours=22))
    assert later.text == "90 percent of the time has passed: publish portal.hub."
    (end,) = watch.crossed(START + timedelta(hours=24))
    assert end.text == "OVERDUE: publish portal.hub. The time has run out."
    assert watch.crossed(START + timedelta(hours=30)) == ()


def test_what_was_crossed_before_the_watch_began_is_not_told() -> None:
    """A session that begins with overdue requests shows them and does not ring."""
    watch = Watch(START)
    watch.take((deadline(-2), deadline(5)))
    assert watch.crossed(START + timedelta(hours=1)) == ()


@pytest.mark.parametrize("rings", [True, False], ids=["bell", "no bell"])
async def test_a_threshold_rings_where_it_is_configured(
    home: HomeForTest, running: Running, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, *, rings: bool
) -> None:
    """Once each, and the message log keeps a line whether it rings or not."""
    rung: list[CertmgrApp] = []

    def bell(app: CertmgrApp) -> None:
        rung.append(app)

    monkeypatch.setattr(CertmgrApp, "bell", bell)
    object.__setattr__(home.workspace.config, "tui", TuiSettings(bell=rings))
    revocations.request(
        home.workspace,
        home.machine(),
        certificate=portal(home).id,
        cause=Cause.KEY_LOST,
        confirm=PORTAL,
    )
    async with running(home, size=(120, 40)) as (app, pilot):
        assert rung == []
        clock.advance(minutes=31)
        await told(app, pilot, f"50 percent of the time has passed: acknowledge {PORTAL}.")
        assert len(rung) == int(rings)
        clock.advance(minutes=1)
        await pilot.pause(1.2)
        assert len(rung) == int(rings)
        clock.advance(hours=3)
        await told(app, pilot, "OVERDUE: ")
        await press(app, pilot, "exclamation_mark")
        assert "OVERDUE: publish video-1.district-2" in shown(app)
