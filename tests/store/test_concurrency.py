"""Several processes at once, a busy gate, a full disk."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from certmgr import journal as journal_format
from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError
from certmgr.store import journal, meta
from certmgr.store.connection import Store, open_store
from tests.clock import FakeClock
from tests.store.given import ALICE, intent, issue

WRITER = Path(__file__).with_name("writer.py")
ROOT = Path(__file__).parents[2]


def write_at_once(path: Path, processes: int, count: int) -> list[tuple[int, str]]:
    """Run so many writers, begun together; return the exit code and standard error of each."""
    started = [
        subprocess.Popen(
            [sys.executable, str(WRITER), str(path), f"writer-{number}", str(count)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        )
        for number in range(processes)
    ]
    for one in started:
        assert one.stdin is not None
        one.stdin.write("x")
        one.stdin.flush()
    return [(one.returncode, errors) for one in started for _, errors in [one.communicate(timeout=100)]]


@pytest.mark.timeout(180)
def test_eight_processes_write_at_once_and_lose_nothing(empty: Store) -> None:
    """No error, no lost update, every entry there, the chain whole (ARCHITECTURE 3)."""
    results = write_at_once(empty.path, processes=8, count=50)
    assert results == [(0, "")] * 8
    with empty.read() as snapshot:
        assert meta.get(snapshot, "counter") == "400"
        entries = list(journal.entries(snapshot))
    assert [entry.seq for entry in entries] == list(range(1, 401))
    assert Counter(entry.actor for entry in entries) == {f"writer-{number}": 50 for number in range(8)}
    assert journal_format.verify(entries) == ()


@pytest.mark.timeout(120)
def test_a_store_made_by_four_processes_at_once_is_made_once(tmp_path: Path, clock: FakeClock) -> None:
    """Migrations run inside the gate: nobody fails, nobody does it twice (STYLE: facts measured)."""
    results = write_at_once(tmp_path / "certmgr.db", processes=4, count=1)
    assert results == [(0, "")] * 4
    store = open_store(tmp_path / "certmgr.db", clock=clock)
    with store.read() as snapshot:
        assert meta.get(snapshot, "counter") == "4"
    store.close()


def test_a_write_that_waits_too_long_is_told_so(empty: Store, clock: FakeClock) -> None:
    """Exit 6 after the busy timeout; the one who writes is not disturbed."""
    other = open_store(empty.path, clock=clock, busy_timeout_s=0.05)
    with empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
        with pytest.raises(LockedError, match="held by another process") as caught, other.write(ALICE):
            pass
    assert (caught.value.exit_code, caught.value.code) == (6, Code.STORE_BUSY)
    with other.write(ALICE) as tx:
        assert tx.record("a.b", "c:2", {}).seq == 2
    other.close()


def test_readers_do_not_wait_for_a_writer(empty: Store, clock: FakeClock) -> None:
    """A list works while a long write runs."""
    other = open_store(empty.path, clock=clock, busy_timeout_s=0.05)
    with empty.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
        with other.read() as snapshot:
            assert journal.last(snapshot) is None
    other.close()


def test_a_full_disk_is_told_and_nothing_is_lost(store: Store) -> None:
    """Exit 1 with its own code; what was acknowledged is there, what was not is not, and it goes on with room."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, number=0x7000))
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    # SQLite's own limit: the same error and the same way out as a full file system.
    store.db.execute(f"PRAGMA max_page_count = {pages + 4}")
    acknowledged = 1
    with pytest.raises(CertmgrError) as caught:  # noqa: PT012 - it is not known which write is the one
        for number in range(0x7001, 0x7100):
            with store.write(ALICE) as tx:
                issue(tx, intent(tx, number=number))
            acknowledged += 1
    assert (caught.value.exit_code, caught.value.code) == (1, Code.STORE_FULL)
    with store.read() as snapshot:
        assert snapshot.rows("SELECT count(*) FROM certificate") == [(acknowledged,)]
        assert snapshot.rows("PRAGMA integrity_check") == [("ok",)]
        assert journal_format.verify(journal.entries(snapshot)) == ()
    store.db.execute(f"PRAGMA max_page_count = {pages + 1000}")
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, number=0x8000))
