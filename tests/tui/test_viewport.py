"""The part of a list that is in memory, and the cursor in it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from certmgr.models.certificates import CertificateId, State
from tui.viewport import AHEAD, KEEP, PAGE, Side, Viewport
from tui.views import Around, Page, Row

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def rows(numbers: Sequence[int]) -> tuple[Row, ...]:
    """Return rows whose ids are `numbers`."""
    return tuple(
        Row(
            id=CertificateId(number),
            server=f"node-{number}",
            serial=f"{number:040X}",
            state=State.VALID,
            revoking=False,
            days=number,
            not_after=NOW + timedelta(days=number),
            created=NOW,
            profile="server",
            owner="",
            key="ec-p256",
        )
        for number in numbers
    )


def view_of(numbers: Sequence[int], *, height: int = 10, at_start: bool = True, at_end: bool = True) -> Viewport[Row]:
    """Return a view that shows rows."""
    view: Viewport[Row] = Viewport()
    view.resize(height)
    view.replace(Around(rows=rows(numbers), at_start=at_start, at_end=at_end), anchor=None, first=0)
    return view


def current(view: Viewport[Row]) -> int:
    """Return the id under the cursor."""
    assert view.current is not None
    return view.current.id


def test_the_cursor_stays_on_its_certificate_when_rows_come_before_it() -> None:
    """The cursor belongs to a certificate, not to a line; on screen it does not move either."""
    view = view_of(range(10, 50))
    view.move(15)
    line = view.cursor - view.top
    view.replace(Around(rows=rows(range(50)), at_start=True, at_end=True), anchor=CertificateId(25), first=0)
    assert current(view) == 25
    assert view.cursor - view.top == line


def test_the_cursor_goes_to_the_next_row_when_its_certificate_is_gone() -> None:
    """What followed it takes its place; never a row from somewhere else."""
    view = view_of(range(20))
    view.move(8)
    view.replace(Around(rows=rows([0, 1, 2, 9, 10, 11]), at_start=True, at_end=True), anchor=CertificateId(8), first=0)
    assert current(view) == 9


def test_the_cursor_goes_to_the_row_before_when_nothing_follows() -> None:
    """At the end of the list the neighbour is the one before."""
    view = view_of(range(5))
    view.move(4)
    view.replace(Around(rows=rows([0, 1, 2]), at_start=True, at_end=True), anchor=CertificateId(4), first=0)
    assert current(view) == 2


def test_a_list_that_loses_every_row_has_no_current_one() -> None:
    """An empty list is a list."""
    view = view_of(range(5))
    view.replace(Around(rows=(), at_start=True, at_end=True), anchor=CertificateId(4), first=0)
    assert view.current is None
    assert view.position is None


def test_movement_stops_at_the_ends() -> None:
    """The cursor is always on a row, and that row on screen."""
    view = view_of(range(30))
    for delta, expected in ((-5, 0), (100, 29), (-1, 28), (-100, 0)):
        view.move(delta)
        assert current(view) == expected
        assert view.cursor in view.visible()


def test_moving_within_the_screen_does_not_scroll() -> None:
    """Only what changes is drawn."""
    view = view_of(range(30))
    assert view.move(9) is False
    assert view.move(1) is True


def test_scrolling_takes_the_cursor_along_only_at_the_edge() -> None:
    """The wheel moves the lines."""
    view = view_of(range(30))
    view.move(5)
    view.scroll(3)
    assert (view.top, current(view)) == (3, 5)
    view.scroll(3)
    assert (view.top, current(view)) == (6, 6)


def test_more_rows_are_wanted_before_they_are_needed() -> None:
    """A page ahead of the screen, at either side, and not where the list ends."""
    view = view_of(range(PAGE), at_end=False)
    assert view.wants() is None
    view.move(PAGE - AHEAD)
    assert view.wants() is Side.AFTER
    view.extend(Page(rows=rows(range(PAGE, 2 * PAGE)), complete=True), Side.AFTER)
    assert view.wants() is None
    assert len(view.rows) == 2 * PAGE


def test_rows_far_from_the_cursor_are_forgotten() -> None:
    """However far one scrolls, memory holds a few pages; the place in the list stays known."""
    view = view_of(range(PAGE), at_end=False)
    for page in range(1, 20):
        view.move(PAGE)
        view.extend(Page(rows=rows(range(page * PAGE, (page + 1) * PAGE)), complete=False), Side.AFTER)
    assert len(view.rows) <= KEEP
    assert view.at_start is False
    assert view.position == current(view) + 1
    first = view.rows[0].id
    view.move(-len(view.rows))
    assert view.wants() is Side.BEFORE
    view.extend(Page(rows=rows(range(first - PAGE, first)), complete=False), Side.BEFORE)
    assert current(view) == first
    assert view.position == first + 1


def test_a_page_that_overlaps_adds_no_row_twice() -> None:
    """A row that moved between two readings is shown once."""
    view = view_of(range(10), at_end=False)
    view.extend(Page(rows=rows(range(8, 14)), complete=True), Side.AFTER)
    assert [row.id for row in view.rows] == list(range(14))
