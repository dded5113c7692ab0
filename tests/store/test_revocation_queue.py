"""The queue of revocation requests in pages: what is due first, what is over last, every request once."""

import pytest

from certmgr.commitments import Kind
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Cause
from certmgr.operations import holds, revocations
from certmgr.queries import revocations as queries
from certmgr.queries.certificates import resolve
from certmgr.store.revocation_queue import Queued, QueueOrder
from tests.clock import FakeClock
from tests.home import HomeForTest

NAMES = [f"node-{number}.egov.internal" for number in range(7)]


@pytest.fixture
def queue_home(home: HomeForTest, clock: FakeClock) -> HomeForTest:
    """Return a home with seven requests: done, held, closed, an open incident, three that wait."""
    for name in NAMES:
        home.issue(name)
    for name, cause in zip(NAMES, (*[Cause.KEY_LOST] * 6, Cause.KEY_COMPROMISE), strict=True):
        clock.advance(minutes=1)
        if name == NAMES[1]:
            holds.hold(home.workspace, home.person(), certificate=_id(home, name), confirm=name, evidence="an order")
        else:
            _ask(home, name, cause)
    found = {one.revocation.server: one.revocation.id for one in queries.queue(home.workspace).rows}
    revocations.fulfil(home.workspace, home.person(), found[NAMES[0]])
    revocations.reject(home.workspace, home.person(), found[NAMES[2]], reason="a mistake")
    revocations.fulfil(home.workspace, home.person(), found[NAMES[6]])
    return home


def _id(home: HomeForTest, name: str) -> CertificateId:
    return resolve(home.workspace, name).id


def _ask(home: HomeForTest, name: str, cause: Cause) -> None:
    revocations.request(
        home.workspace, home.machine(), certificate=_id(home, name), cause=cause, confirm=name, evidence="seen"
    )


def servers(rows: tuple[Queued, ...]) -> list[int]:
    """Return the numbers of the servers."""
    return [int(one.revocation.server[5]) for one in rows]


def test_what_is_due_comes_first_and_what_is_over_last(queue_home: HomeForTest) -> None:
    """The soonest due first; what is done or closed follows on request, the newest first."""
    waiting = queries.queue(queue_home.workspace)
    assert servers(waiting.rows) == [3, 4, 5, 6, 1]
    assert [one.kind for one in waiting.rows][2:] == [
        Kind.ACKNOWLEDGE_REVOCATION,
        Kind.REPORT_INCIDENT,
        Kind.DECIDE_HOLD,
    ]
    assert servers(queries.queue(queue_home.workspace, over=True).rows) == [3, 4, 5, 6, 1, 2, 0]
    assert (queries.count(queue_home.workspace), queries.count(queue_home.workspace, over=True)) == (5, 2)


@pytest.mark.parametrize("order", list(QueueOrder))
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_pages_hold_every_request_once(
    queue_home: HomeForTest, order: QueueOrder, *, descending: bool, size: int
) -> None:
    """Wherever a page ends: within what waits, at its edge, within what is over."""
    whole = queries.queue(queue_home.workspace, over=True, order=order, descending=descending)
    pages: list[Queued] = []
    complete = False
    while not complete:
        found = queries.queue(
            queue_home.workspace,
            over=True,
            order=order,
            descending=descending,
            after=pages[-1] if pages else None,
            limit=size,
        )
        pages += found.rows
        complete = found.complete
    assert servers(tuple(pages)) == servers(whole.rows)
    assert sorted(servers(tuple(pages))) == list(range(7))
    again = queries.queue(
        queue_home.workspace, over=True, order=order, descending=descending, after=pages[3], inclusive=True
    )
    assert servers(again.rows) == servers(tuple(pages[3:]))


def test_words_are_looked_for_in_what_is_on_record(queue_home: HomeForTest) -> None:
    """Server, cause, who asked, evidence and state; all of them, and none with an exclamation mark."""
    for words, expected in (
        (("NODE-4",), [4]),
        (("received",), [3, 4, 5]),
        (("received", "!node-4"), [3, 5]),
        (("held",), [1]),
        (("rejected",), [2]),
        (("an order",), [1]),
        (("key-compromise", "seen"), [6]),
        (("machine", "%"), []),
    ):
        found = queries.queue(queue_home.workspace, words=words, over=True)
        assert servers(found.rows) == expected, words


def test_a_missed_acknowledgement_gives_way_to_the_verification(queue_home: HomeForTest, clock: FakeClock) -> None:
    """It is broken for good; what comes next is the verification."""
    clock.advance(hours=2)
    first = queries.queue(queue_home.workspace, words=("received",)).rows[0]
    assert first.kind is Kind.VERIFY_REVOCATION
    assert first.due == first.revocation.verify_due_at


def test_one_is_found_by_its_number(queue_home: HomeForTest) -> None:
    """With what is due next about it."""
    for one in queries.queue(queue_home.workspace, over=True).rows:
        assert queries.queued(queue_home.workspace, one.revocation.id) == one
