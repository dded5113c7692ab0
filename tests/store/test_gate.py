"""The write gate: one way to change anything, and no change without an entry (ARCHITECTURE 3, 7)."""

import threading
from datetime import timedelta

import pytest

from certmgr import journal as journal_format
from certmgr.errors import CertmgrError, NotFoundError
from certmgr.store import journal, meta, operators
from certmgr.store.connection import Store, UnrecordedChangeError, open_store
from tests.clock import START, FakeClock
from tests.store.given import ALICE


def content(store: Store) -> list[str]:
    """Return every row of every table as text."""
    with store.read() as snapshot:
        names = [name for (name,) in snapshot.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        return [f"{name}: {row}" for name in names for row in snapshot.rows(f'SELECT * FROM "{name}"')]  # noqa: S608 - the schema's names


def test_a_change_and_its_entry_are_committed_together(empty: Store) -> None:
    """What the transaction did is there afterwards, with the entry."""
    with empty.write(ALICE) as tx:
        meta.set(tx, "policy", "one")
        tx.record("policy.changed", "policy:1", {"digest": "one"})
    with empty.read() as snapshot:
        assert meta.get(snapshot, "policy") == "one"
        assert [entry.action for entry in journal.entries(snapshot)] == ["policy.changed"]


def test_a_change_without_an_entry_is_refused_and_undone(empty: Store) -> None:
    """No entry, no change (ARCHITECTURE 7)."""
    before = content(empty)
    with (
        pytest.raises(UnrecordedChangeError, match="1 rows were changed without a journal entry"),
        empty.write(ALICE) as tx,
    ):
        meta.set(tx, "policy", "one")
    assert content(empty) == before


def test_a_change_by_sqlite_utils_without_an_entry_is_refused_too(empty: Store) -> None:
    """It does not matter by which way a row came."""
    with pytest.raises(UnrecordedChangeError), empty.write(ALICE) as tx:
        tx.table("meta").insert({"name": "a", "value": "b"})
    with empty.read() as snapshot:
        assert meta.get(snapshot, "a") is None


def test_a_transaction_that_changes_nothing_needs_no_entry(empty: Store) -> None:
    """A look inside the gate is no change."""
    with empty.write(ALICE) as tx:
        assert meta.get(tx, "policy") is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, ValueError])
def test_any_exception_rolls_back(empty: Store, error: type[BaseException]) -> None:
    """Also those that are no Exception: an interrupt leaves nothing behind."""
    before = content(empty)
    with pytest.raises(error), empty.write(ALICE) as tx:  # noqa: PT012 - a transaction and what it does
        meta.set(tx, "policy", "one")
        tx.record("policy.changed", "policy:1", {})
        raise error
    assert content(empty) == before
    assert not empty.db.conn.in_transaction


def test_the_gate_opens_again_after_an_exception(empty: Store) -> None:
    """A failed write does not close the gate."""
    with pytest.raises(KeyboardInterrupt), empty.write(ALICE):
        raise KeyboardInterrupt
    with empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
    with empty.read() as snapshot:
        assert journal.last(snapshot) is not None


def test_nothing_can_be_written_outside_the_gate(empty: Store) -> None:
    """Outside the gate the connection is read-only, whatever a caller tries."""
    with pytest.raises(Exception, match="readonly"):
        empty.db.execute("INSERT INTO meta VALUES ('a', 'b')")
    with pytest.raises(CertmgrError, match="readonly"), empty.read() as snapshot:
        snapshot.db.execute("INSERT INTO meta VALUES ('a', 'b')")
    with empty.write(ALICE):
        pass
    with pytest.raises(Exception, match="readonly"):
        empty.db.execute("INSERT INTO meta VALUES ('a', 'b')")


def test_a_read_inside_a_write_sees_the_write(empty: Store) -> None:
    """A query called inside a transaction does not open another one."""
    with empty.write(ALICE) as tx:
        meta.set(tx, "policy", "one")
        with empty.read() as snapshot:
            assert meta.get(snapshot, "policy") == "one"
        tx.record("policy.changed", "policy:1", {})


def test_a_write_inside_a_read_is_an_error_of_the_program(empty: Store) -> None:
    """It could deadlock, so that it is refused at once."""
    with empty.read(), pytest.raises(RuntimeError, match="inside a read"), empty.write(ALICE):
        pass


def test_a_snapshot_does_not_move_while_it_is_open(empty: Store, clock: FakeClock) -> None:
    """What another connection writes meanwhile is seen by the next snapshot."""
    other = open_store(empty.path, clock=clock)
    with empty.read() as snapshot:
        assert meta.get(snapshot, "policy") is None
        with other.write(ALICE) as tx:
            meta.set(tx, "policy", "one")
            tx.record("policy.changed", "policy:1", {})
        assert meta.get(snapshot, "policy") is None
    with empty.read() as snapshot:
        assert meta.get(snapshot, "policy") == "one"
    other.close()


def test_a_store_does_not_cross_threads(empty: Store) -> None:
    """One connection a thread; misuse raises instead of mixing transactions."""
    raised: list[Exception] = []

    def use() -> None:
        try:
            with empty.read():
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            raised.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert "thread" in str(raised[0])


def test_a_misspelt_table_is_an_error(empty: Store) -> None:
    """sqlite-utils would make the table silently."""
    with pytest.raises(KeyError), empty.write(ALICE) as tx:
        tx.table("opertor")


def test_a_change_of_a_row_that_is_not_there_is_not_found(empty: Store) -> None:
    """An UPDATE that hits nothing is no success."""
    with pytest.raises(NotFoundError, match="slot bob"), empty.write(ALICE) as tx:
        operators.remove(tx, "bob")


def test_entries_in_one_transaction_follow_each_other(empty: Store) -> None:
    """Number and hash go on inside the gate."""
    with empty.write(ALICE) as tx:
        first = tx.record("a.b", "c:1", {})
        second = tx.record("a.b", "c:2", {})
    with empty.write(ALICE) as tx:
        third = tx.record("a.b", "c:3", {})
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert (second.prev, third.prev) == (first.hash, second.hash)
    with empty.read() as snapshot:
        assert journal_format.verify(journal.entries(snapshot)) == ()


def test_the_time_inside_the_gate_is_the_clocks(empty: Store) -> None:
    """The clock is read inside the gate (DETAILS 23)."""
    with empty.write(ALICE) as tx:
        assert tx.now == START
        assert tx.clock_behind == 0
        assert tx.record("a.b", "c:1", {}).at == "2026-11-21T09:00:00.000000Z"


def test_a_clock_that_went_back_does_not_move_journal_time_back(empty: Store, clock: FakeClock) -> None:
    """Journal time is max(now, last entry), and the transaction says how far the clock is behind (DETAILS 23)."""
    with empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
    clock.advance(minutes=-6)
    with empty.write(ALICE) as tx:
        assert tx.now == START
        assert tx.clock_behind == 360
        tx.record("a.b", "c:2", {})
    with empty.read() as snapshot:
        assert journal_format.verify(journal.entries(snapshot)) == ()


def test_an_accepted_clock_moves_journal_time_back(empty: Store, clock: FakeClock) -> None:
    """The way out of an entry of a wrong year; the chain verifies (DETAILS 23)."""
    clock.advance(days=365)
    with empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
    clock.advance(days=-365)
    with empty.write(ALICE, accept_clock=True) as tx:
        assert tx.now == START
        tx.record("clock.accepted", "store:1", {})
    with empty.write(ALICE) as tx:
        assert tx.now == START
        assert tx.clock_behind == 0
        tx.record("a.b", "c:2", {})
    with empty.read() as snapshot:
        assert journal_format.verify(journal.entries(snapshot)) == ()


def test_accepting_the_clock_is_journalled_before_anything_else(empty: Store) -> None:
    """Time may go back at that entry and at no other."""
    with pytest.raises(UnrecordedChangeError), empty.write(ALICE, accept_clock=True) as tx:
        tx.record("a.b", "c:1", {})


def test_a_mark_needs_no_entry(empty: Store) -> None:
    """The time of the last check is no record of anything."""
    with empty.write(ALICE) as tx:
        meta.mark(tx, "checked", "2026-11-21T09:00:00Z")
    with empty.read() as snapshot:
        assert meta.get(snapshot, "checked") == "2026-11-21T09:00:00Z"
        assert journal.last(snapshot) is None


def test_a_mark_does_not_let_another_change_pass(empty: Store) -> None:
    """Only what the mark changed is exempt."""
    with pytest.raises(UnrecordedChangeError), empty.write(ALICE) as tx:  # noqa: PT012 - a transaction and what it does
        meta.mark(tx, "checked", "now")
        meta.set(tx, "policy", "one")


def test_data_that_has_no_canonical_form_is_refused(empty: Store) -> None:
    """A float has more than one text form, so the journal takes none (DETAILS 48)."""
    with pytest.raises(TypeError, match="float"), empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {"share": 0.5})  # type: ignore[dict-item]  # what the test is about


def test_connections_are_set_up_as_decided(empty: Store) -> None:
    """WAL, FULL, foreign keys, deleted content overwritten, triggers that REPLACE fires, too (ARCHITECTURE 3)."""

    def pragma(name: str) -> object:
        return empty.db.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1
    assert pragma("secure_delete") == 1
    assert pragma("recursive_triggers") == 1
    assert pragma("trusted_schema") == 0


def test_foreign_keys_hold(empty: Store) -> None:
    """A row cannot refer to nothing; the refusal is ours, not the driver's."""
    with pytest.raises(CertmgrError, match="FOREIGN KEY"), empty.write(ALICE) as tx:  # noqa: PT012 - a transaction and what it does
        tx.table("contact").insert(
            {"server_id": 99, "value": "x", "salt": "0" * 32, "changed_at": "2026-11-21T09:00:00Z"}
        )
        tx.record("a.b", "c:1", {})


def test_time_moves_on_between_transactions(empty: Store, clock: FakeClock) -> None:
    """Each transaction reads the clock anew."""
    with empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
    clock.advance(timedelta(seconds=90))
    with empty.write(ALICE) as tx:
        assert tx.now == START + timedelta(seconds=90)
