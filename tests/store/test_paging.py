"""Pages of servers, notices and journal entries: by index, in every order, in both directions, filtered by words."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from certmgr.commitments import Kind as Promised
from certmgr.models.certificates import ServerId
from certmgr.models.notices import Channel, Kind, NoticeId
from certmgr.store import journal, notices, server_listing, servers
from certmgr.store.commitments import open_one
from certmgr.store.connection import Snapshot, Store
from certmgr.store.notices import Key
from certmgr.store.server_listing import Place, ServerSort
from certmgr.store.words import where_words
from tests.clock import START
from tests.store.given import ALICE

if TYPE_CHECKING:
    from collections.abc import Callable

OWNERS = ("Registry", "archive", "Registry", "Zone_1", "100%", "Registry", "archive", "Zone_1")


@pytest.fixture
def listed(store: Store) -> Store:
    """Return a store with eight servers of four owners, the seventh out of service."""
    with store.write(ALICE) as tx:
        for number, owner in enumerate(OWNERS):
            servers.ensure(tx, name=f"host-{9 - number}", owner=owner, purpose=f"purpose {number}")
        servers.set_retired(tx, ServerId(7), retired=True)
        tx.record("server.retired", "server:7", {})
    return store


def walk(snapshot: Snapshot, *, sort: ServerSort, descending: bool, limit: int = 3) -> list[str]:
    """Return every server in service, read in pages that each begin where the last one ended."""
    found: list[str] = []
    place = None
    while rows := server_listing.page(snapshot, sort=sort, descending=descending, beyond=place, limit=limit):
        found += [one.name for one in rows]
        place = Place(id=rows[-1].id, name=rows[-1].name, owner=rows[-1].owner)
    return found


@pytest.mark.parametrize("sort", ServerSort)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_servers_add_up_to_the_list(listed: Store, sort: ServerSort, *, descending: bool) -> None:
    """No server is missed and none comes twice, also among those of one owner; the order is the one asked for."""
    keys: dict[ServerSort, Callable[[tuple[int, str, str]], object]] = {
        ServerSort.NAME: lambda one: one[1],
        ServerSort.OWNER: lambda one: (one[2], one[1]),
        ServerSort.RECORDED: lambda one: one[0],
    }
    every = [(number + 1, f"host-{9 - number}", owner) for number, owner in enumerate(OWNERS) if number != 6]
    expected = [name for _, name, _ in sorted(every, key=keys[sort], reverse=descending)]  # type: ignore[arg-type]
    with listed.read() as snapshot:
        assert walk(snapshot, sort=sort, descending=descending) == expected


@pytest.mark.parametrize("sort", ServerSort)
def test_an_index_leads_to_a_page_of_servers(listed: Store, sort: ServerSort) -> None:
    """No order is made by sorting, so that a page of a million costs the same wherever it starts."""
    orders = {"server": "name", "owner": "owner, name", "recorded": "id"}
    columns = orders[sort.value]
    marks = ", ".join("?" * (columns.count(",") + 1))
    sql = f"{servers.SELECT} WHERE 1 AND retired_at IS NULL AND ({columns}) > ({marks}) ORDER BY {columns} LIMIT 3"
    with listed.read() as snapshot:
        plan = " ".join(row[3] for row in snapshot.rows(f"EXPLAIN QUERY PLAN {sql}", ("a",) * (columns.count(",") + 1)))
    assert "SEARCH server" in plan
    assert "TEMP B-TREE" not in plan


def test_a_page_may_begin_with_where_it_starts(listed: Store) -> None:
    """`inclusive` holds the row itself, which is how a list is read around its cursor."""
    place = Place(id=ServerId(3), name="host-7", owner="Registry")
    with listed.read() as snapshot:
        first = server_listing.page(snapshot, beyond=place, inclusive=True, limit=1)
        after = server_listing.page(snapshot, beyond=place, limit=1)
    assert [one.name for one in (*first, *after)] == ["host-7", "host-8"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("registry", {"host-9", "host-7", "host-4"}),
        ("REGISTRY 7", {"host-7"}),
        ("!registry !zone", {"host-8", "host-5"}),
        ("zone_1", {"host-6", "host-2"}),
        ("e_1", {"host-6", "host-2"}),
        ("100%", {"host-5"}),
        ("%", {"host-5"}),
        ("_", {"host-6", "host-2"}),
        ("\\", set()),
        ("!", {"host-9", "host-8", "host-7", "host-6", "host-5", "host-4", "host-2"}),
    ],
)
def test_words_of_a_filter_stand_for_themselves(listed: Store, text: str, expected: set[str]) -> None:
    """Every word must occur, one after `!` must not; what LIKE takes for a pattern is an ordinary sign."""
    with listed.read() as snapshot:
        assert {one.name for one in server_listing.page(snapshot, text)} == expected
        assert server_listing.count(snapshot, text, retired=False) == len(expected)


def test_too_many_words_are_left_out() -> None:
    """A pasted page makes a statement of bounded size."""
    assert len(where_words("name", "x " * 1000).values) == 20
    assert len(str(where_words("name", "x" * 1000).values[0])) == 202


def test_servers_are_counted_as_they_are_listed(listed: Store) -> None:
    """In service, out of service, and no further than asked for."""
    with listed.read() as snapshot:
        assert server_listing.count(snapshot, retired=False) == 7
        assert server_listing.count(snapshot, retired=True) == 1
        assert server_listing.count(snapshot) == 8
        assert server_listing.count(snapshot, stop_at=3) == 3


def test_open_changes_are_found_for_a_page(listed: Store) -> None:
    """The first due of each server; what was kept is none."""
    with listed.write(ALICE) as tx:
        for days in (3, 2):
            opened = open_one(tx, Promised.FOLLOW_CHANGE, "server:1", due_at=START + timedelta(days=days))
            tx.record("commitment.opened", f"commitment:{opened}", {})
    with listed.read() as snapshot:
        assert server_listing.open_changes(snapshot, [ServerId(1), ServerId(2)]) == {1: START + timedelta(days=2)}
        assert server_listing.open_changes(snapshot, [ServerId(2)]) == {}


def test_a_server_is_found_by_its_number(listed: Store) -> None:
    """As the list names it."""
    with listed.read() as snapshot:
        assert servers.get(snapshot, ServerId(3)).name == "host-7"


@pytest.fixture
def told(store: Store) -> Store:
    """Return a store with six notices, the third covered."""
    with store.write(ALICE) as tx:
        for number in range(1, 7):
            key = Key(Kind.CERTIFICATE_EXPIRING, f"certificate:{number}", "7", "operators", Channel.MAIL)
            identity = notices.add(tx, key, {"server": f"host-{number}"}, covered=number == 3)
            tx.record("notice.recorded", f"notice:{identity}", {})
        notices.set_sent(tx, NoticeId(1), result="250 ok")
        notices.set_given_up(tx, NoticeId(2), result="550 no")
    return store


def test_pages_of_notices_add_up_to_the_list(told: Store) -> None:
    """The newest first or the oldest, covered ones only where asked for."""
    with told.read() as snapshot:
        first = notices.page(snapshot, limit=2)
        rest = notices.page(snapshot, beyond=first[-1].id, limit=9)
        assert [one.id for one in (*first, *rest)] == [6, 5, 4, 2, 1]
        assert [one.id for one in notices.page(snapshot, covered=True, oldest_first=True)] == [1, 2, 3, 4, 5, 6]
        around = notices.page(snapshot, beyond=NoticeId(4), inclusive=True, oldest_first=True, limit=2)
        assert [one.id for one in around] == [4, 5]


def test_notices_are_found_by_state_and_by_what_they_tell(told: Store) -> None:
    """The words of the list: waiting, sent, given-up, covered, and whatever a notice holds."""
    with told.read() as snapshot:
        assert [one.id for one in notices.page(snapshot, "given-up")] == [2]
        assert [one.id for one in notices.page(snapshot, "sent")] == [1]
        assert [one.id for one in notices.page(snapshot, "covered", covered=True)] == [3]
        assert [one.id for one in notices.page(snapshot, "host-5 waiting")] == [5]
        assert notices.count(snapshot, "waiting", covered=False) == 3
        assert notices.count(snapshot, covered=True) == 1
        assert notices.count(snapshot) == 6


def test_the_journal_is_searched_by_words_and_by_object(told: Store) -> None:
    """Newest first; `notice:1` is that object and not notice:10, and an index leads to it."""
    with told.write(ALICE) as tx:
        tx.record("notice.recorded", "notice:10", {})
    with told.read() as snapshot:
        assert [one.object for one in journal.search(snapshot, "notice:1")] == ["notice:1"]
        assert {one.action for one in journal.search(snapshot, "ca.made !authority:1")} == {"ca.made"}
        assert journal.count(snapshot, "alice") == journal.count(snapshot)
        assert journal.count(snapshot, "notice.recorded", stop_at=4) == 4
        last = journal.last(snapshot)
        assert last is not None
        newest = journal.search(snapshot, limit=2)
        assert [one.seq for one in newest] == [last.seq, last.seq - 1]
        older = journal.search(snapshot, beyond=newest[-1].seq, limit=1)
        assert older[0].seq == last.seq - 2
        assert journal.search(snapshot, beyond=last.seq, oldest_first=True, inclusive=True)[0].seq == last.seq
