"""Migrations: inside the gate, with a copy before, and the triggers there after."""

import os
import stat
from pathlib import Path

import pytest
from sqlite_utils import Database

from certmgr import journal as journal_format
from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError
from certmgr.store import journal
from certmgr.store.connection import Store, open_store
from certmgr.store.migrations import MIGRATIONS, SCHEMA_VERSION, Migration, migrate, missing_triggers, write_copy
from tests.clock import FakeClock
from tests.store.given import ALICE, intent, issue


def rebuild_journal(db: Database) -> None:
    """Rebuild the journal's table, as a migration that changes a column does: its triggers are lost."""
    db.table("journal").transform(rename={"os_uid": "os_uid"}, types={"v": int})


def add_column(db: Database) -> None:
    """Add a column, the common case."""
    db.execute("ALTER TABLE server ADD COLUMN site TEXT")


def fail(db: Database) -> None:
    """Change something, then fail."""
    db.execute("ALTER TABLE server ADD COLUMN room TEXT")
    raise RuntimeError("no")


def drop_strict(db: Database) -> None:
    """Make a table that is not STRICT."""
    db.execute("CREATE TABLE loose (a)")


def orphan(db: Database) -> None:
    """Leave a row that refers to nothing."""
    db.execute(
        "INSERT INTO contact (server_id, value, salt, changed_at) VALUES (99, 'x', ?, ?)",
        ("0" * 32, "2026-11-21T09:00:00Z"),
    )


def following(*steps: object) -> tuple[Migration, ...]:
    """Return this version's migrations with further ones."""
    return (
        *MIGRATIONS,
        *(
            Migration(version=SCHEMA_VERSION + number, apply=step)  # type: ignore[arg-type]  # a function above
            for number, step in enumerate(steps, 1)
        ),
    )


def test_a_new_store_has_this_versions_schema_and_every_trigger(empty: Store) -> None:
    """A fresh file is migrated like any other; there is nothing to copy."""
    assert empty.db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert missing_triggers(empty.db) == ()
    assert [path.name for path in empty.path.parent.glob("*schema*")] == []


def test_the_triggers_survive_a_migration_that_rebuilds_the_journal(store: Store) -> None:
    """A rebuilt table loses its triggers; they are made again and hold."""
    migrate(store, migrations=following(rebuild_journal))
    assert missing_triggers(store.db) == ()
    with pytest.raises(CertmgrError, match="append-only"), store.write(ALICE) as tx:
        tx.change("DELETE FROM journal WHERE seq = 1")
    with store.read() as snapshot:
        assert journal_format.verify(journal.entries(snapshot)) == ()


def test_a_migration_is_journalled(store: Store) -> None:
    """A change of state like any other."""
    migrate(store, migrations=following(add_column))
    with store.read() as snapshot:
        last = journal.last(snapshot)
    assert last is not None
    assert (last.action, last.data) == ("store.migrated", {"from": SCHEMA_VERSION, "to": SCHEMA_VERSION + 1})


def test_a_verified_private_copy_is_kept_before_a_migration(store: Store, clock: FakeClock) -> None:
    """The copy is the store as it was, 0600 whatever the umask is, and this program opens it (DETAILS 33)."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx))
    before = os.umask(0)
    try:
        copy = migrate(store, migrations=following(add_column))
    finally:
        os.umask(before)
    assert copy is not None
    assert copy.name == f"certmgr-schema{SCHEMA_VERSION}-20261121T090000Z.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not copy.with_name(copy.name + "-wal").exists()
    kept = open_store(copy, clock=clock)
    with kept.read() as snapshot:
        assert snapshot.rows("SELECT count(*) FROM certificate") == [(1,)]
        assert "site" not in {column.name for column in snapshot.db.table("server").columns}
    kept.close()


def test_a_migration_that_fails_changes_nothing(store: Store) -> None:
    """Version, tables and records are as before."""
    with pytest.raises(RuntimeError, match="no"):
        migrate(store, migrations=following(add_column, fail))
    assert store.db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert not {"site", "room"} & {column.name for column in store.db.table("server").columns}


@pytest.mark.parametrize("step", [drop_strict, orphan])
def test_a_migration_with_an_unsound_result_is_taken_back(store: Store, step: object) -> None:
    """A table that is not STRICT, a row that refers to nothing: exit 7, nothing changed."""
    with pytest.raises(IntegrityError) as caught:
        migrate(store, migrations=following(step))
    assert caught.value.code is Code.STORE_UNPROTECTED
    assert store.db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION


def test_a_migration_done_by_another_process_is_not_done_again(store: Store, clock: FakeClock) -> None:
    """The version is read again inside the gate."""
    other = open_store(store.path, clock=clock)
    assert migrate(store, migrations=following(add_column)) is not None
    assert migrate(other, migrations=following(add_column)) is None
    other.close()


def test_a_copy_is_not_written_over_a_file(store: Store) -> None:
    """A copy that is there already may be the only good one."""
    migrate(store, migrations=following(add_column))
    with store.gate() as db:
        db.execute("ALTER TABLE server DROP COLUMN site")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    with pytest.raises(CertmgrError, match="File exists"):
        migrate(store, migrations=following(add_column))


def test_a_copy_of_a_store_in_use_is_consistent(store: Store, tmp_path: Path, clock: FakeClock) -> None:
    """What is committed is in the copy, what is not is not, and the writer is not disturbed (N3)."""
    target = tmp_path / "copy.db"
    target.touch(mode=0o600)
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, number=0x7000))
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, number=0x7001))
        write_copy(store.path, target)
    copy = open_store(target, clock=clock)
    with copy.read() as snapshot:
        assert snapshot.rows("SELECT serial FROM certificate") == [("7000",)]
    copy.close()
