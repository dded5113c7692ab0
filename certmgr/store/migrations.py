"""From an empty file to this version's schema, one migration a version, all inside the write gate (DETAILS 33).

Three processes that migrate at once do it once: the version is read again inside the gate. Before a store that holds
records is changed, a verified owner-only copy is put beside it. A migration may rebuild a table and thereby lose its
triggers; they are made again and compared before the commit.
"""

import os
from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certmgr import __version__
from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError
from certmgr.models.operators import Actor, Role
from certmgr.records import dataclass
from certmgr.store import driver, schema_2
from certmgr.store.schema import APPLICATION_ID, TABLE_SQL, TRIGGERS

if TYPE_CHECKING:
    from sqlite_utils import Database

    from certmgr.store.connection import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step from a schema version to the next."""

    version: int
    """The version that it leads to."""
    apply: Callable[["Database"], None]
    """What changes the schema; it runs inside the gate and neither begins nor ends a transaction."""


def _make_tables(db: "Database") -> None:
    for statement in TABLE_SQL.split(";\n"):
        db.execute(statement)


def _add_agreement(db: "Database") -> None:
    for statement in (schema_2.TABLE_SQL + schema_2.DATA_SQL).split(";\n"):
        db.execute(statement)


MIGRATIONS: Final = (Migration(version=1, apply=_make_tables), Migration(version=2, apply=_add_agreement))
SCHEMA_VERSION: Final = MIGRATIONS[-1].version


def check_versions(store: "Store", *, create: bool, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Return the schema version of the open store; 0 for a new one.

    Raises CertmgrError where it is newer than this program's (exit 1), IntegrityError where the file is another
    program's, or empty without `create` (exit 7).
    """
    application = store.connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = store.connection.execute("PRAGMA user_version").fetchone()[0]
    known = migrations[-1].version
    if application == APPLICATION_ID and version > known:
        raise CertmgrError(
            f"The store {store.path} has schema version {version}; certmgr {__version__} knows versions up to {known}.",
            hint="Use the newer certmgr, or restore the copy that it made before it changed the store.",
            code=Code.STORE_NEWER,
        )
    if application == APPLICATION_ID and version > 0:
        return version
    if application or version or store.connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise IntegrityError(f"{store.path} is not a certmgr store.", code=Code.STORE_DAMAGED)
    if not create:
        raise IntegrityError(
            f"The store {store.path} is empty.",
            hint="Restore it from a backup. Do not run `certmgr init` over an existing CA.",
            code=Code.STORE_DAMAGED,
        )
    return 0


def migrate(store: "Store", *, migrations: Sequence[Migration] = MIGRATIONS) -> Path | None:
    """Bring the store to the last of `migrations`; return the copy made before, None where there was nothing to copy.

    The change of a store with records is journalled as `store.migrated`. Raises as `Store.write` does, and
    IntegrityError where the copy or the result is not sound: nothing is changed then.
    """
    target = migrations[-1].version
    copy = None
    with store.gate():
        db = store.db
        found: int = db.execute("PRAGMA user_version").fetchone()[0]
        if found >= target:
            return None
        if found:
            copy = _copy(store, found)
        db.execute("PRAGMA defer_foreign_keys = ON")
        for migration in migrations:
            if migration.version > found:
                migration.apply(db)
        _make_triggers(db)
        _check_result(store)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {target}")
        if found:
            actor = Actor(name="certmgr", role=Role.MACHINE, os_uid=os.getuid())
            tx = store.transaction(actor)
            tx.record("store.migrated", f"store:{target}", {"from": found, "to": target})
    return copy


def missing_triggers(db: "Database | driver.Connection") -> tuple[str, ...]:
    """Return the names of the protecting triggers that are missing or changed, sorted."""
    held = dict(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall())
    return tuple(sorted(name for name, sql in TRIGGERS.items() if held.get(name) != sql))


def _make_triggers(db: "Database") -> None:
    for name in missing_triggers(db):
        db.execute(f"DROP TRIGGER IF EXISTS {name}")
        db.execute(TRIGGERS[name])


def _check_result(store: "Store") -> None:
    """Raise IntegrityError where the migrated schema lacks a trigger or STRICT, or breaks a foreign key."""
    db = store.db
    loose = [name for name, strict in db.execute("SELECT name, strict FROM pragma_table_list").fetchall() if not strict]
    ours = [name for name in loose if not name.startswith(("sqlite_", "certificate_search"))]
    broken = db.execute("PRAGMA foreign_key_check").fetchall()
    if missing_triggers(db) or ours or broken:
        raise IntegrityError(
            f"The store {store.path} could not be brought to a sound schema; nothing was changed.",
            hint="Restore it from a backup, or use the certmgr that wrote it.",
            code=Code.STORE_UNPROTECTED,
        )


def _copy(store: "Store", version: int) -> Path:
    """Put a verified, owner-only copy of the store beside it; return its path."""
    stamp = store.clock().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = store.path.with_name(f"{store.path.stem}-schema{version}-{stamp}.db")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise CertmgrError(
            f"The copy {path} that a migration needs cannot be made: {error.strerror}.", code=Code.STORE_FAILED
        ) from error
    try:
        write_copy(store.path, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def write_copy(source: Path, target: Path) -> None:
    """Write what is committed in `source` to the existing empty file `target`, and verify it.

    Consistent while other processes write. Raises IntegrityError where the copy is not sound.
    """
    with driver.translated(target):
        # A second connection: one that holds the write lock cannot be copied from.
        reader = driver.connect(source, busy_timeout_s=1.0, mode="ro")
        writer = driver.connect(target, busy_timeout_s=1.0)
        try:
            # In one snapshot, so that what others commit meanwhile is neither copied in part nor compared with.
            reader.execute("BEGIN")
            head = reader.execute("SELECT max(seq), hash FROM journal").fetchall()
            reader.backup(writer)
            writer.execute("PRAGMA synchronous = EXTRA")
            writer.execute("PRAGMA journal_mode = DELETE")
            verdict = writer.execute("PRAGMA integrity_check").fetchall()
            copied = writer.execute("SELECT max(seq), hash FROM journal").fetchall()
        finally:
            writer.close()
            reader.close()
    if verdict != [("ok",)] or copied != head:
        raise IntegrityError(f"The copy {target} of the store is not sound.", code=Code.STORE_DAMAGED)
    for name in (target, target.parent):
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
