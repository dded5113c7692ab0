"""How often something failed, and when it is tried again."""

from datetime import timedelta

from certmgr.store import attempts
from certmgr.store.connection import Store
from tests.clock import START, FakeClock
from tests.store.given import ALICE


def test_failures_are_counted_and_wait_longer_each_time(empty: Store, clock: FakeClock) -> None:
    """5 minutes, 10, 20, until a success; none of it is a record of anything, so the journal stays as it is."""
    with empty.read() as snapshot:
        (before,) = snapshot.rows("SELECT count(*) FROM journal")
    for failures, minutes in ((1, 5), (2, 10), (3, 20)):
        with empty.write(ALICE) as tx:
            found = attempts.failed(tx, "deployment:3", "It \x1b[31mfailed.\nTwice.")
        assert (found.failures, found.next_at) == (failures, START + timedelta(minutes=minutes))
        assert attempts.is_waiting(found, clock.now)
        assert not attempts.is_waiting(found, START + timedelta(minutes=minutes))
    assert found.problem == "It \\x1b[31mfailed.\\nTwice."
    with empty.write(ALICE) as tx:
        attempts.succeeded(tx, "deployment:3")
    with empty.read() as snapshot:
        held = attempts.get(snapshot, "deployment:3")
        assert held is not None
        assert (held.failures, held.problem, held.next_at, held.succeeded_at) == (0, "", None, START)
        assert snapshot.rows("SELECT count(*) FROM journal") == [before]


def test_a_caller_may_say_when(empty: Store) -> None:
    """A blackout ends when it ends."""
    with empty.write(ALICE) as tx:
        found = attempts.failed(tx, "renewal:1", "x" * 5000, START + timedelta(days=2))
    assert (found.next_at, len(found.problem)) == (START + timedelta(days=2), 1000)


def test_attempts_are_found_by_the_beginning_of_their_subject(empty: Store) -> None:
    """And forgotten one by one."""
    with empty.write(ALICE) as tx:
        for subject in ("renewal:2", "renewal:1", "renewals:9", "job:check"):
            attempts.succeeded(tx, subject)
    with empty.read() as snapshot:
        assert [one.subject for one in attempts.all(snapshot, "renewal:")] == ["renewal:1", "renewal:2"]
        assert len(attempts.all(snapshot)) == 4
        assert attempts.get(snapshot, "absent:1") is None
        assert not attempts.is_waiting(None, START)
    with empty.write(ALICE) as tx:
        attempts.forget(tx, "renewal:1")
        attempts.forget(tx, "renewal:1")
        assert [one.subject for one in attempts.all(tx, "renewal:")] == ["renewal:2"]
