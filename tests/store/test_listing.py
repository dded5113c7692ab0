"""The list: sorted, by pages, each starting where the last one ended (DETAILS 60)."""

import random
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certmgr.filters import parse_filter
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.store import certificates, filtering, listing
from certmgr.store.connection import Snapshot, Store, Transaction
from certmgr.store.listing import Cursor, Sort, SortColumn
from tests.clock import START
from tests.store.given import ALICE, intent, issue, undone

KEYS = {
    SortColumn.EXPIRES: lambda one: one.not_after,
    SortColumn.SERVER: lambda one: one.server,
    SortColumn.PROFILE: lambda one: one.profile,
    SortColumn.OWNER: lambda one: one.owner,
    SortColumn.KEY: lambda one: one.key_type.value,
    SortColumn.SERIAL: lambda one: one.serial,
    SortColumn.CREATED: lambda one: one.created_at,
}


@pytest.fixture
def listed(store: Store) -> Store:
    """Return a store with 60 certificates of which many share each value that a list is sorted by."""
    shuffled = list(range(60))
    random.Random(7).shuffle(shuffled)  # noqa: S311 - an order, no secret
    with store.write(ALICE) as tx:
        issue(
            tx,
            *(
                intent(
                    tx,
                    f"s{number % 13}.egov.internal",
                    number=0x7000 + number,
                    profile=f"profile-{number % 3}",
                    owner=f"Unit {number % 4}",
                    key_type=(KeyType.EC_P256, KeyType.RSA_3072)[number % 5 == 0],
                    days=300 + number % 7,
                )
                for number in shuffled
            ),
        )
    return store


def pages(snapshot: Snapshot, sort: Sort, limit: int, text: str = "") -> list[Certificate]:
    """Return the whole list, read by pages."""
    rows: list[Certificate] = []
    after: Cursor | None = None
    while True:
        page = listing.page(snapshot, parse_filter(text), now=START, sort=sort, after=after, limit=limit)
        assert len(page.rows) <= limit
        rows += page.rows
        after = page.next
        if after is None:
            return rows
        assert page.rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    column=st.sampled_from(SortColumn),
    descending=st.booleans(),
    limit=st.integers(1, 61),
    text=st.sampled_from(["", "profile:profile-1", "s1", "!s1", "egov", "owner:unit days<303", "/s[0-3]/ state:valid"]),
)
def test_pages_join_to_the_whole_list(
    listed: Store,
    column: SortColumn,
    descending: bool,  # noqa: FBT001 - given by hypothesis
    limit: int,
    text: str,
) -> None:
    """Whatever the order, the size of a page and the filter: each once, none left out, sorted, equal ones by age."""
    with listed.read() as snapshot:
        everything = list(listing.iterate(snapshot, parse_filter(text), now=START))
        found = pages(snapshot, Sort(column=column, descending=descending), limit, text)
    expected = sorted(everything, key=lambda one: (KEYS[column](one), one.id), reverse=descending)
    assert found == expected


def test_a_page_goes_on_from_any_certificate(listed: Store) -> None:
    """A list that is drawn again starts at the certificate that the cursor stood on, forwards and backwards."""
    with listed.read() as snapshot:
        everything = list(listing.iterate(snapshot, now=START))
        middle = everything[30]
        for column in SortColumn:
            cursor = listing.cursor_at(middle, column)
            after = listing.page(snapshot, now=START, sort=Sort(column=column), after=cursor, limit=100).rows
            before = listing.page(
                snapshot, now=START, sort=Sort(column=column, descending=True), after=cursor, limit=100
            ).rows
            assert len(after) + len(before) == 59
            assert middle not in after + before


def test_a_page_can_be_reached_by_number(listed: Store) -> None:
    """For a scroll bar; it costs what it leaves out."""
    with listed.read() as snapshot:
        everything = list(listing.iterate(snapshot, now=START))
        assert list(listing.page(snapshot, now=START, offset=40, limit=5).rows) == everything[40:45]


def test_the_last_page_has_no_next(listed: Store) -> None:
    """Also when it is exactly full."""
    with listed.read() as snapshot:
        assert listing.page(snapshot, now=START, limit=60).next is None
        assert listing.page(snapshot, now=START, limit=59).next is not None
        assert listing.page(snapshot, now=START, limit=0).rows == ()


def test_a_count_stops_where_it_is_told_to(listed: Store) -> None:
    """`10,000+` costs no more than 10,000 (DETAILS 60)."""
    with listed.read() as snapshot:
        assert listing.count(snapshot, now=START) == 60
        assert listing.count(snapshot, now=START, stop_at=25) == 25


def test_a_list_is_read_as_it_is_consumed(listed: Store) -> None:
    """A million certificates do not stand in memory: the first is there before the last is read."""
    with listed.read() as snapshot:
        rows = listing.iterate(snapshot, now=START)
        first = next(rows)
        assert first.not_after <= next(rows).not_after
        assert first.not_after == START + timedelta(days=300, seconds=-1)


@pytest.mark.parametrize(
    ("column", "index"),
    [
        (SortColumn.EXPIRES, "certificate_not_after"),
        (SortColumn.SERVER, "sqlite_autoindex_server_1"),
        (SortColumn.PROFILE, "certificate_by_profile"),
        (SortColumn.OWNER, "certificate_by_owner"),
        (SortColumn.KEY, "certificate_by_key"),
        (SortColumn.SERIAL, "certificate_by_serial"),
        (SortColumn.CREATED, "certificate_by_created"),
    ],
)
@pytest.mark.parametrize("text", ["", "!state:superseded days>=-30"])
def test_every_order_comes_from_an_index(
    listed: Store, column: SortColumn, index: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page sorts the whole list: the plan names the index and no temporary sorting, whatever is hidden."""
    monkeypatch.setattr(filtering, "FEW", 0)
    statements: list[str] = []
    wanted = parse_filter(text)
    with listed.read() as snapshot:
        snapshot.connection.set_trace_callback(statements.append)
        cursor = listing.page(snapshot, wanted, now=START, sort=Sort(column=column), limit=10).next
        listing.page(snapshot, wanted, now=START, sort=Sort(column=column), after=cursor, limit=30)
        snapshot.connection.set_trace_callback(None)
        asked = [statement for statement in statements if "ORDER BY" in statement]
        plans = [[row[3] for row in snapshot.rows(f"EXPLAIN QUERY PLAN {statement}")] for statement in asked]
    assert len(plans) >= 2, "the first page, the rows equal to the cursor, those beyond it where the page is not full"
    for plan in plans:
        assert any(index in step for step in plan), plan
        assert not any(re.search("TEMP B-TREE FOR .*ORDER BY$", step) for step in plan), plan


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    column=st.sampled_from(SortColumn),
    descending=st.booleans(),
    limit=st.integers(1, 20),
    changes=st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["hold", "revoke", "add"])), max_size=8),
)
def test_a_walk_visits_everything_once_while_others_write(
    listed: Store,
    column: SortColumn,
    descending: bool,  # noqa: FBT001 - given by hypothesis
    limit: int,
    changes: list[tuple[int, str]],
) -> None:
    """Between two pages certificates are added, held and revoked: what was there before is visited once, in order."""
    sort = Sort(column=column, descending=descending)
    after: Cursor | None = None
    visited: list[Certificate] = []
    with undone(listed) as tx:
        before = {one.id for one in listing.iterate(tx, now=START)}
        while True:
            page = listing.page(tx, now=START, sort=sort, after=after, limit=limit)
            visited += page.rows
            if (after := page.next) is None:
                break
            if changes:
                _change(tx, *changes.pop())
    ids = [one.id for one in visited]
    keys = [(KEYS[column](one), one.id) for one in visited]
    assert len(ids) == len(set(ids))
    assert before <= set(ids)
    assert keys == sorted(keys, reverse=descending)


def _change(tx: Transaction, number: int, what: str) -> None:
    """Change one of the 60, or add a certificate that stands next to others."""
    one = CertificateId(number)
    if what == "hold":
        certificates.set_held(tx, one, tx.now)
    elif what == "revoke":
        certificates.set_revoked(tx, one, tx.now, Cause.MISUSED)
    else:
        taken = len(list(listing.iterate(tx, now=START)))
        issue(tx, intent(tx, f"s{number % 13}.egov.internal", number=0x9000 + taken, days=300 + number % 7))


def test_the_few_that_a_filter_names_are_sorted_by_themselves(listed: Store) -> None:
    """A name that one server has is not looked for in the order of a million: the query starts from its rows."""
    statements: list[str] = []
    with listed.read() as snapshot:
        snapshot.connection.set_trace_callback(statements.append)
        found = listing.page(
            snapshot, parse_filter("server:s4.egov.internal"), now=START, sort=Sort(column=SortColumn.KEY)
        )
        snapshot.connection.set_trace_callback(None)
        plan = [row[3] for row in snapshot.rows(f"EXPLAIN QUERY PLAN {statements[-1]}")]
    assert {one.server for one in found.rows} == {"s4.egov.internal"}
    assert not any("certificate_by_key" in step for step in plan), plan


def test_numbers_are_those_of_what_a_filter_lets_through(listed: Store) -> None:
    """For marks; no more than are asked for."""
    with listed.read() as snapshot:
        expected = {one.id for one in listing.iterate(snapshot, parse_filter("s1"), now=START)}
        assert set(listing.numbers(snapshot, parse_filter("s1"), now=START, limit=100)) == expected
        assert len(listing.numbers(snapshot, now=START, limit=7)) == 7


def test_a_page_starts_after_a_cursor_or_at_an_offset(listed: Store) -> None:
    """Both at once would mean neither."""
    with listed.read() as snapshot:
        cursor = listing.page(snapshot, now=START, limit=1).next
        with pytest.raises(ValueError, match="cursor or at an offset"):
            listing.page(snapshot, now=START, after=cursor, offset=3)
