"""The journal in the store: append-only for whoever has the database in hand by way of SQL."""

import pytest

from certmgr.errors import CertmgrError
from certmgr.store import journal
from certmgr.store.connection import Store
from tests.store.given import ALICE


@pytest.fixture
def written(empty: Store) -> Store:
    """Return a store with five entries about two objects."""
    with empty.write(ALICE) as tx:
        for number in range(1, 6):
            tx.record("a.b", f"certificate:{number % 2}", {"number": number})
    return empty


COLUMNS = "at, actor, os_uid, login_uid, action, object, data, prev, hash, v FROM journal WHERE seq = 5"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET actor = 'mallory' WHERE seq = 2",
        "UPDATE journal SET hash = prev",
        "DELETE FROM journal WHERE seq = 5",
        "DELETE FROM journal",
        "REPLACE INTO journal SELECT * FROM journal WHERE seq = 2",
        f"INSERT INTO journal SELECT 0, {COLUMNS}",
        f"INSERT INTO journal SELECT 6, {COLUMNS}",
        f"INSERT INTO journal SELECT 8, {COLUMNS}",
    ],
)
def test_entries_cannot_be_changed_removed_or_put_in_between(written: Store, sql: str) -> None:
    """The triggers refuse it; the refusal is ours, and nothing was changed."""
    with written.read() as snapshot:
        before = tuple(journal.entries(snapshot))
    with pytest.raises(CertmgrError, match=r"append-only|follows the last one"), written.write(ALICE) as tx:
        tx.change(sql)
    with written.read() as snapshot:
        assert tuple(journal.entries(snapshot)) == before


def test_entries_come_in_order_from_any_number_on(written: Store) -> None:
    """An export goes on where the last one ended."""
    with written.read() as snapshot:
        assert [entry.seq for entry in journal.entries(snapshot)] == [1, 2, 3, 4, 5]
        assert [entry.seq for entry in journal.entries(snapshot, after=3)] == [4, 5]


def test_a_page_of_the_journal_is_newest_first(written: Store) -> None:
    """What a person looks at."""
    with written.read() as snapshot:
        assert [entry.seq for entry in journal.page(snapshot, limit=2)] == [5, 4]
        assert [entry.seq for entry in journal.page(snapshot, before=4)] == [3, 2, 1]


def test_the_history_of_objects_is_their_entries(written: Store) -> None:
    """Of one or several."""
    with written.read() as snapshot:
        assert [entry.seq for entry in journal.for_objects(snapshot, "certificate:1")] == [1, 3, 5]
        assert len(journal.for_objects(snapshot, "certificate:1", "certificate:0")) == 5
        assert journal.for_objects(snapshot) == ()


def test_one_entry_is_found_by_number(written: Store) -> None:
    """Or is not there."""
    with written.read() as snapshot:
        found = journal.get(snapshot, 2)
        assert found is not None
        assert found.data == {"number": 2}
        assert journal.get(snapshot, 9) is None


def test_the_last_entry_of_an_empty_journal_is_none(empty: Store) -> None:
    """Before `init` has written."""
    with empty.read() as snapshot:
        assert journal.last(snapshot) is None
