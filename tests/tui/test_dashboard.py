"""The dashboard: what needs somebody stands out, what is well is calm, and each block leads to where it is seen to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from textual.geometry import Region

from certmgr.commitments import Commitment, CommitmentId, Kind
from certmgr.operations import backups, check
from certmgr.queries import certificates
from certmgr.queries.overview import Endings, Overview, Stretch
from certmgr.store import attempts
from certmgr.store.overview import Ends, Failing
from tests.clock import START, FakeClock
from tests.home import HomeForTest
from tests.reviewing import submitted, wish, with_reviewers
from tests.tui.conftest import Running
from tests.tui.furnished import furnish
from tests.tui.hostile import ALL
from tests.tui.hostile_home import poison_everything
from tests.tui.screens import eventually, masked, matches_golden, press, settle, shown
from tests.tui.test_hostile import clean
from tui.board import WHAT_TO_DO, Frame, block_lines, span
from tui.board_targets import target
from tui.histogram import histogram_lines
from tui.present import ASCII, UNICODE, Glyphs, Ink, Line, Piece, width_of
from tui.screens.certificates import CertificatesScreen
from tui.screens.dashboard import DashboardScreen
from tui.values.dashboard import Block, Board, Target
from tui.views import Count
from tui.widgets.board_block import BoardBlock
from tui.widgets.line_view import changed_cells

SIZES = [(80, 24), (120, 40), (160, 45)]


def frame(*, width: int = 39, height: int = 8, glyphs: Glyphs = UNICODE) -> Frame:
    """Return how a block is drawn in a test."""
    return Frame(width, height, START, ZoneInfo("Europe/Berlin"), glyphs)


def board(home: HomeForTest) -> Board:
    """Return what the dashboard of a home shows."""
    from tui.backend import Backend

    backend = Backend(home.workspace)
    return Board(
        overview=backend.dashboard.overview(),
        endings=backend.dashboard.endings(),
        states=backend.dashboard.states(),
        requests=backend.open_requests(),
    )


def text(lines: tuple[Line, ...]) -> list[str]:
    """Return lines as text."""
    return ["".join(piece.text for piece in line) for line in lines]


def verdict(block: Block, shown_board: Board) -> tuple[str, Ink]:
    """Return the words at the end of a block's heading, and their ink."""
    heading = block_lines(block, shown_board, frame())[0]
    return heading[-1].text, heading[-1].ink


def selected(app: object) -> Block:
    """Return which block is selected."""
    screen = app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, DashboardScreen)
    return screen.selected.block


async def test_the_dashboard_looks_as_it_did(home: HomeForTest, running: Running) -> None:
    """At 80x24, with overdue promises, CRLs in trouble and a check that never ran."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        assert matches_golden("dashboard-80x24", masked(shown(app), home))


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_everything_fits_without_scrolling(home: HomeForTest, running: Running, size: tuple[int, int]) -> None:
    """Every block is on screen, and none is taller or wider than its place."""
    furnish(home)
    async with running(home, size=size) as (app, pilot):
        await press(app, pilot, "D")
        lines = shown(app).splitlines()
        assert len(lines) <= size[1]
        assert max(map(width_of, lines)) <= size[0]
        assert [block for block in Block if block.value not in shown(app)] == []
        assert [one.id for one in app.screen.query(BoardBlock) if one.max_scroll_y or one.max_scroll_x] == []


async def test_trouble_stands_out_by_sign_and_word(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """An overdue request, an ended CRL, a failed job: red, and readable without red."""
    with home.workspace.store().write(home.machine().actor) as tx:
        attempts.failed(tx, "job:notices", "the relay is away")
    clock.advance(hours=1)
    found = board(home)
    assert verdict(Block.PROMISES, found) == ("1 of 3 overdue", Ink.EXPIRED)
    assert verdict(Block.AUTHORITIES, found) == ("2 CAs need you", Ink.EXPIRED)
    assert verdict(Block.JOBS, found) == ("1 job failed", Ink.EXPIRED)
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        said = shown(app)
        for words in (
            "✗ 1 of 3 overdue",
            "✗ OVERDUE 3h",
            "CRL ended",
            "✗ notices",
            "failed 1 time",
            "✗ 2 CAs need you",
        ):
            assert words in said, words


async def test_a_home_that_is_well_reads_calm(empty_home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """Nothing is red, orange or shouted; each block says that it is in order."""
    list(check.check(empty_home.workspace, empty_home.machine()))
    backups.back_up(empty_home.workspace, empty_home.person(), empty_home.path.parent / "backup.tar")
    clock.advance(minutes=12)
    found = board(empty_home)
    for block in Block:
        for line in block_lines(block, found, frame(height=20)):
            assert {piece.ink for piece in line} <= {
                Ink.VALID,
                Ink.DIM,
                Ink.HEADING,
                Ink.MARK,
                Ink.PLAIN,
                Ink.STRONG,
                Ink.LABEL,
            }
    async with running(empty_home) as (app, pilot):
        await press(app, pilot, "D")
        said = shown(app)
        for words in (
            "● none open",
            "● 0 end in 90 days",
            "● in order",
            "● nothing",
            "● none",
            "● check          12m ago",
        ):
            assert words in said, words


async def test_it_says_the_same_in_ascii_and_without_colour(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word stays; ASCII holds nothing but ASCII."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        coloured = masked(shown(app), home)
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        assert masked(shown(app), home) == coloured
    async with running(home, ascii_only=True) as (app, pilot):
        await press(app, pilot, "D")
        assert shown(app).isascii()
        assert "x 1 of 3 overdue" in shown(app)


@pytest.mark.parametrize(
    ("size", "keys", "expected"),
    [
        ((80, 24), ("tab",), Block.EXPIRY),
        ((80, 24), ("shift+tab",), Block.CERTIFICATES),
        ((80, 24), ("tab",) * len(Block), Block.PROMISES),
        ((80, 24), ("right",), Block.EXPIRY),
        ((80, 24), ("l", "h"), Block.PROMISES),
        ((80, 24), ("down",), Block.AUTHORITIES),
        ((80, 24), ("j", "j", "k"), Block.AUTHORITIES),
        ((80, 24), ("G",), Block.CERTIFICATES),
        ((80, 24), ("G", "g"), Block.PROMISES),
        ((160, 45), ("down",), Block.JOBS),
        ((160, 45), ("right", "right"), Block.AUTHORITIES),
    ],
)
async def test_keys_go_from_block_to_block(
    home: HomeForTest, running: Running, size: tuple[int, int], keys: tuple[str, ...], expected: Block
) -> None:
    """In the order of tab, and by the arrows as the blocks lie."""
    async with running(home, size=size) as (app, pilot):
        await press(app, pilot, "D")
        assert selected(app) is Block.PROMISES
        await press(app, pilot, *keys)
        assert selected(app) is expected
        assert f"▌{expected.value}" in shown(app)


async def test_enter_leads_to_the_list_with_the_filter_that_fits(home: HomeForTest, running: Running) -> None:
    """What ends within 90 days; esc shows all of them again."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D", "tab", "enter")
        assert isinstance(app.screen, CertificatesScreen)
        await eventually(app, pilot, "/ days>=0 days<=90")
        await settle(app, pilot)
        assert app.screen.query_now.filter_text == "days>=0 days<=90 state:valid,due,held"
        assert {row.server.split(".")[0] for row in app.screen.table.view.rows} == {
            "portal",
            "database",
            "video-1",
            "switch-1",
        }
        await press(app, pilot, "escape")
        assert app.screen.query_now.filter_text == ""


@pytest.mark.parametrize("block", list(Block))
async def test_each_block_leads_somewhere(home: HomeForTest, running: Running, block: Block) -> None:
    """Enter on it goes to the screen that it names."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D", *["tab"] * list(Block).index(block))
        there = target(block, app.screen.board)  # type: ignore[attr-defined]
        await press(app, pilot, "enter")
        assert app.current_mode == there.place


async def test_a_click_selects_and_a_second_one_opens(home: HomeForTest, running: Running) -> None:
    """As in the lists."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        await pilot.click("#block-certificates")
        await settle(app, pilot)
        assert selected(app) is Block.CERTIFICATES
        await pilot.click("#block-certificates")
        await settle(app, pilot)
        assert app.current_mode == "certificates"


def test_what_waits_and_what_fails_lead_to_it(home: HomeForTest) -> None:
    """An application before a request, a request before an objection; notices and renewals to their lists."""
    found = board(home)
    assert target(Block.WAITING, found).place == "revocations"
    assert found.overview is not None
    quiet = replace(found, requests=(), overview=replace(found.overview, unaccepted=3))
    assert target(Block.WAITING, quiet).filter_text == "state:unaccepted"
    assert target(Block.WAITING, replace(quiet, overview=replace(found.overview, unaccepted=0))).place == "applications"
    failing = replace(found.overview, failing=(Failing("renewal:3", "a", 2, "no"),))
    named = replace(failing, failing_number=1)
    assert target(Block.FAILURES, replace(found, overview=named)).filter_text == "server:a"
    # Not all of them were read, so a filter cannot name them.
    assert target(Block.FAILURES, replace(found, overview=replace(named, failing_number=9))).filter_text == "state:due"
    installs = replace(named, failing=(Failing("deployment:3", "a.hub", 2, "no"),))
    assert target(Block.FAILURES, replace(found, overview=installs)) == Target(place="servers", filter_text="a.hub")
    given_up = replace(found, overview=replace(found.overview, notices_given_up=1))
    assert target(Block.FAILURES, given_up) == Target(place="notices", filter_text="given-up")
    assert verdict(Block.FAILURES, given_up)[0] == "1 notice"


@pytest.mark.parametrize(
    ("kind", "there"),
    [
        (Kind.VERIFY_REVOCATION, Target(place="revocations")),
        (Kind.DECIDE_HOLD, Target(place="certificates", filter_text="state:held")),
        (Kind.FOLLOW_CHANGE, Target(place="servers", filter_text="portal")),
        (Kind.FINISH_CAMPAIGN, Target(place="campaigns")),
    ],
    ids=str,
)
def test_promises_lead_to_where_the_first_of_them_is_kept(kind: Kind, there: Target) -> None:
    """A hold is no revocation request."""
    crowded = _crowded("portal")
    assert crowded.overview is not None
    promises = tuple(one for one in crowded.overview.promises if one.commitment.kind is kind)
    assert target(Block.PROMISES, replace(crowded, overview=replace(crowded.overview, promises=promises))) == there


async def test_the_numbers_of_expiry_are_those_of_the_lists(home: HomeForTest, running: Running) -> None:
    """What the heading counts is what enter shows; what has expired is counted apart."""
    found = board(home)
    assert verdict(Block.EXPIRY, found) == ("4 end in 90 days", Ink.EXPIRED)
    lines = text(block_lines(Block.EXPIRY, found, frame()))
    assert " ✗ 4 overdue for renewal" in lines
    assert " 1 expired in the last 30 days" in lines
    async with running(home) as (app, pilot):
        await press(app, pilot, "D", "tab", "enter")
        await eventually(app, pilot, "4 of 38")
    assert found.endings is not None
    nothing = Stretch(first=date(2026, 11, 16), ends=Ends(0, 0, 0, 0))
    over = replace(found, endings=replace(found.endings, weeks=(nothing,), months=(nothing,)))
    assert verdict(Block.EXPIRY, over) == ("1 expired", Ink.EXPIRED)
    there = target(Block.EXPIRY, over)
    assert certificates.count(home.workspace, there.filter_text) == 1


async def test_it_is_live(home: HomeForTest, running: Running) -> None:
    """What another program does shows, and the selection stays."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D", "tab", "tab", "tab")
        list(check.check(home.workspace, home.machine()))
        await eventually(app, pilot, "check          0m ago")
        await eventually(app, pilot, "No open revocation requests")
        assert selected(app) is Block.JOBS


async def test_an_open_application_is_told_with_its_approvals(home: HomeForTest, running: Running) -> None:
    """How many of how many, and when it lapses."""
    reviewed = with_reviewers(home)
    submitted(reviewed, reviewed.person("carl"), wish("guarded", "new.egov.internal"))
    try:
        async with running(reviewed, size=(120, 40)) as (app, pilot):
            await press(app, pilot, "D")
            assert "new.egov.internal" in shown(app)
            assert "applied, 0/2 approved, lapses in" in shown(app)
    finally:
        reviewed.workspace.close()


async def test_a_countdown_draws_its_line_alone(
    home: HomeForTest, running: Running, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that read differently, and none of the others, are sent to the terminal when it ticks."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        drawn: list[tuple[str | None, Region | None]] = []
        refresh = BoardBlock.refresh

        def spy(block: BoardBlock, *regions: Region, **options: bool) -> BoardBlock:
            drawn.extend((block.id, region) for region in regions or (None,))
            return refresh(block, *regions, **options)

        monkeypatch.setattr(BoardBlock, "refresh", spy)
        clock.advance(minutes=1)
        app.screen._tick()  # type: ignore[attr-defined]
        # The CRL of the issuing CA ends at this very minute.
        assert {(name, region.height if region else 0) for name, region in drawn} == {
            ("block-promises", 1),
            ("block-authorities", 1),
        }
        assert len(drawn) <= 4


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_hostile_data_is_text_in_every_block(home: HomeForTest, running: Running, size: tuple[int, int]) -> None:
    """Names, problems and subjects from a foreign store: nothing raw, nothing carried out."""
    poison_everything(home, "gateway.hub.egov.internal")
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("UPDATE server SET name = name || ?", (ALL,))
        tx.record("server.poisoned", "server:1", {})
        attempts.failed(tx, "renewal:1", ALL)
        attempts.failed(tx, "job:notices", ALL)
    async with running(home, size=size) as (app, pilot):
        await press(app, pilot, "D")
        said = shown(app)
        assert clean(said)
        assert max(map(width_of, said.splitlines())) <= size[0]
        assert app.is_running


def _crowded(name: str) -> Board:
    """Return a board with many of everything, all called `name`."""
    promises = tuple(
        Commitment(
            id=CommitmentId(number),
            kind=kind,
            object="server:1",
            opened_at=START,
            due_at=START + timedelta(hours=number - 3),
        )
        for number, kind in enumerate(Kind)
    )
    from certmgr.queries.overview import AuthorityHealth, Due, Job, ListStanding

    authority = AuthorityHealth(
        slug=name,
        root=False,
        retired=True,
        not_after=START,
        ending=True,
        ended=True,
        crl=ListStanding.NOT_SEEN,
        number=1,
        this_update=START - timedelta(hours=30),
        next_update=START + timedelta(hours=42),
        seen=1,
        points=2,
    )
    week = Stretch(first=date(2026, 11, 16), ends=Ends(1, 20_000, 3, 4))
    return Board(
        overview=Overview(
            promises=tuple(Due(commitment=one, subject=name) for one in promises),
            open_promises=len(promises) + 100,
            overdue_promises=4,
            authorities=(authority,) * 5,
            jobs=(Job(name=name, succeeded_at=None, failures=3, problem=name),) * 12,
            applications=(),
            unaccepted=12_345,
            failing=(Failing("deployment:1", name, 3, name),) * 40,
            failing_number=4000,
            notices_trying=2,
            notices_given_up=1,
        ),
        endings=Endings(days=90, weeks=(week,) * 14, months=(week,) * 4, expired=7),
        states={ink.value: Count(number=10_000, capped=True) for ink in UNICODE.states},
    )


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize(
    "name", ["网络中心.egov.internal", "a" * 200, ALL, ""], ids=["wide", "long", "hostile", "empty"]
)
@pytest.mark.parametrize(("width", "height"), [(39, 8), (39, 4), (52, 18), (79, 12), (78, 3)])
def test_no_line_of_a_block_is_wider_than_its_place(name: str, width: int, height: int, glyphs: Glyphs) -> None:
    """Wide characters count twice, long names are cut, many things are counted; the block keeps its height."""
    crowded = _crowded(name)
    for block in Block:
        lines = text(block_lines(block, crowded, frame(width=width, height=height, glyphs=glyphs), selected=True))
        assert len(lines) <= height, block
        assert max(map(width_of, lines)) <= width, block
        assert clean("".join(lines)), block
        if glyphs.ascii_only:
            assert "".join(lines).isascii(), block


def test_what_there_is_no_room_for_is_counted() -> None:
    """The last line says how many more there are, those that were not read among them."""
    lines = text(block_lines(Block.PROMISES, _crowded("portal"), frame(height=5)))
    assert len(lines) == 5
    assert lines[-1].strip() == f"and {len(Kind) + 100 - 3} more"


def test_every_promise_says_what_is_to_be_done() -> None:
    """A kind without words would be a hole in the dashboard."""
    assert set(WHAT_TO_DO) == set(Kind)


def test_a_bar_shows_every_kind_that_it_counts() -> None:
    """One of 20,000 has a cell of its own; the numbers are exact; the legend names the signs."""
    found = _crowded("portal").endings
    assert found is not None
    lines = text(histogram_lines(found, width=37, height=6, glyphs=UNICODE))
    assert lines[0].startswith("2026-11 █▒")
    assert "▲" in lines[0]
    assert "✗" in lines[0]
    assert lines[0].endswith(" 20,008")
    assert lines[4].startswith("█ 14 by itself  ▒ 280,000 by hand")
    weekly = text(histogram_lines(found, width=37, height=18, glyphs=UNICODE))
    assert len(weekly) == 18
    assert weekly[0].startswith("11-16")
    assert weekly[-3:] == ["▲ 42 by hand, now", "✗ 56 overdue for renewal", "7 expired in the last 30 days"]


def test_weeks_in_which_nothing_ends_are_one_line() -> None:
    """An empty line a week would say nothing twelve times."""
    weeks = tuple(
        Stretch(first=date(2026, 11, 16) + timedelta(weeks=number), ends=Ends(number == 3, 0, 0, 0))
        for number in range(14)
    )
    found = Endings(days=90, weeks=weeks, months=weeks[:1], expired=0)
    lines = text(histogram_lines(found, width=37, height=6, glyphs=UNICODE))
    assert [" ".join(line.split()) for line in lines] == [
        "11-16 nothing for 3 weeks 0",
        "12-07 █ 1",
        "12-14 nothing for 10 weeks 0",
        "█ 1 by itself",
    ]


def test_a_few_certificates_take_a_cell_each() -> None:
    """Two are two cells, not a whole line."""
    week = Stretch(first=date(2026, 11, 16), ends=Ends(2, 0, 0, 0))
    found = Endings(days=90, weeks=(week,), months=(week,), expired=0)
    assert text(histogram_lines(found, width=37, height=6, glyphs=ASCII))[0] == f"{'11-16':<8}{'##':<22} {'2':>6}"


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0m"), (59, "0m"), (3599, "59m"), (3600, "1h"), (47 * 3600, "47h"), (172800, "2d")]
)
def test_a_span_is_told_in_its_largest_unit(seconds: int, said: str) -> None:
    """Rounded down, so that nothing reads longer than it is."""
    assert span(seconds) == said


async def test_an_unreadable_store_is_said_and_what_is_shown_stays(home: HomeForTest, running: Running) -> None:
    """The facts stay on screen."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "D")
        before = shown(app)
        (home.path / "certmgr.db").rename(home.path / "away.db")
        try:
            app.backend.core.workspace.close()
            await press(app, pilot, "ctrl+r")
            assert "PROMISES" in shown(app)
            assert before.splitlines()[3] in shown(app)
        finally:
            (home.path / "away.db").rename(home.path / "certmgr.db")


def test_times_are_told_in_the_organisations_days() -> None:
    """A CA that ends at 23:30 UTC ends on the next day in Berlin."""
    crowded = _crowded("portal")
    assert crowded.overview is not None
    late = replace(crowded.overview.authorities[0], not_after=datetime(2027, 1, 1, 23, 30, tzinfo=UTC), ended=False)
    found = replace(crowded, overview=replace(crowded.overview, authorities=(late,)))
    assert "until 2027-01-02" in text(block_lines(Block.AUTHORITIES, found, frame()))[1]


@pytest.mark.parametrize(
    ("old", "new", "cells"),
    [
        (("a ", "1m 02s", " b"), ("a ", "1m 01s", " b"), (2, 6)),
        (("a ", "1m", " b"), ("a ", "59s", " b"), (2, 0)),
        (("a",), ("a", "b"), (1, 0)),
        (("网络", "1"), ("网络", "2"), (4, 1)),
    ],
)
def test_only_the_cells_that_differ_are_drawn(
    old: tuple[str, ...], new: tuple[str, ...], cells: tuple[int, int]
) -> None:
    """A second that ticks costs its own cells; where the widths differ, the line from there on."""
    assert changed_cells(tuple(map(Piece, old)), tuple(map(Piece, new))) == cells


def test_why_something_fails_has_a_line_of_its_own_where_there_is_room() -> None:
    """Else it stands behind the name, cut."""
    crowded = _crowded("portal")
    assert crowded.overview is not None
    one = Failing("deployment:1", "portal.hub", 3, "the hook ended with 1")
    found = replace(crowded, overview=replace(crowded.overview, failing=(one,), failing_number=1))
    roomy = text(block_lines(Block.FAILURES, found, frame(height=8)))
    assert [line.strip() for line in roomy[2:]] == ["✗ install portal.hub", "the hook ended with 1"]
    assert len(text(block_lines(Block.FAILURES, found, frame(height=3)))) == 3
