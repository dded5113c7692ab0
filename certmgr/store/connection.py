"""One connection to the store: snapshots for reading, one gate for writing (ARCHITECTURE 3, 7).

Outside the gate the connection is read-only, so that no write can get past it. Inside, the transaction is IMMEDIATE,
the clock is read once (DETAILS 23), and leaving with changes but without a journal entry rolls everything back.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from certmgr import journal
from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError, NotFoundError
from certmgr.models.journal import JSON, Entry
from certmgr.models.operators import Actor
from certmgr.store import driver, schema, schema_2

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.db import Table

BUSY_TIMEOUT_S: Final = 10.0
"""How long a write waits for another process's."""
_RETRY_S: Final = 0.01
_PRAGMAS: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA temp_store = MEMORY",
    # 16 MB: a run over a network changes the same pages of the indexes with every hundred certificates.
    "PRAGMA wal_autocheckpoint = 4000",
)

Row = tuple[Any, ...]
Parameters = Sequence[object] | Mapping[str, object]


class UnrecordedChangeError(RuntimeError):
    """A transaction changed something and journalled nothing: an error of the program, and nothing was changed."""


class Snapshot:
    """A consistent view of the store; what other processes write meanwhile is not seen."""

    def __init__(self, connection: driver.Connection, path: Path) -> None:
        """Keep the connection and the file's path, for messages."""
        self.connection = connection
        self.path = path

    @property
    def db(self) -> "Database":
        """The same connection for sqlite-utils, which is imported here: most commands do without it."""
        return _database(self.connection)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows of a query."""
        found: list[Row] = self.connection.execute(sql, parameters).fetchall()
        return found

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row of a query, or None."""
        found: Row | None = self.connection.execute(sql, parameters).fetchone()
        return found

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """Yield the rows of a query, read as they are consumed: while the snapshot is open."""
        yield from self.connection.execute(sql, parameters)


class Transaction(Snapshot):
    """What happens inside the write gate; it sees its own writes."""

    def __init__(
        self, connection: driver.Connection, path: Path, actor: Actor, clock_time: datetime, *, accept_clock: bool
    ) -> None:
        """Read the last journal entry and settle the time."""
        super().__init__(connection, path)
        self.actor = actor
        last = self.row("SELECT seq, at, hash FROM journal ORDER BY seq DESC LIMIT 1")
        self._seq: int = last[0] if last else 0
        self._prev: str = last[2] if last else journal.FIRST_PREV
        last_at = journal.read_moment(last[1]) if last else clock_time
        self.now: datetime = clock_time if accept_clock else max(clock_time, last_at)
        """The time of everything in this transaction: the clock's, or the last entry's where that is later."""
        self.clock_behind: float = max(0.0, (last_at - clock_time).total_seconds())
        """How many seconds the clock stands before the newest journal entry; 0 when it does not."""
        self._accept_clock = accept_clock
        self._recorded = 0
        self._start: int = connection.total_changes
        self._exempt = 0

    def record(self, action: str, object: str, data: Mapping[str, JSON] | None = None) -> Entry:  # noqa: A002
        """Append a journal entry and return it.

        `action` is `noun.verb`, `object` is `kind:id`, `data` holds ids, codes and digests only (DETAILS 34, 48).
        Raises TypeError or ValueError for data without a canonical form.
        """
        (entry,) = self.record_many([(action, object, data or {})])
        return entry

    def record_many(self, items: Sequence[journal.Item]) -> list[Entry]:
        """Append an entry for each of `items` (action, object, data) and return them in order; as `record`."""
        if not items:
            return []
        if self._accept_clock and not self._recorded and items[0][0] != journal.CLOCK_ACCEPTED:
            raise UnrecordedChangeError(f"{items[0][0]} comes before {journal.CLOCK_ACCEPTED}")
        made = list(journal.make_entries(items, seq=self._seq + 1, at=self.now, actor=self.actor, prev=self._prev))
        self.change_many(
            "INSERT INTO journal (seq, at, actor, os_uid, login_uid, action, object, data, prev, hash, v)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    one.seq,
                    one.at,
                    one.actor,
                    one.os_uid,
                    one.login_uid,
                    one.action,
                    one.object,
                    data,
                    one.prev,
                    one.hash,
                    one.v,
                )
                for one, data in made
            ],
        )
        entries = [entry for entry, _ in made]
        self._seq, self._prev = entries[-1].seq, entries[-1].hash
        self._recorded += len(entries)
        return entries

    def table(self, name: str) -> "Table":
        """Return the sqlite-utils table; raises KeyError for a name that the schema does not have."""
        if name not in schema.TABLES and name not in schema_2.TABLES:
            raise KeyError(name)
        return self.db.table(name)

    def change(self, sql: str, parameters: Parameters = ()) -> int:
        """Carry out a statement that changes rows; return how many."""
        changed: int = self.connection.execute(sql, parameters).rowcount
        return changed

    def change_one(self, what: str, sql: str, parameters: Parameters) -> None:
        """Carry out a statement that changes one row; raises NotFoundError naming `what` where there is none."""
        if self.change(sql, parameters) != 1:
            raise NotFoundError(f"There is no {what} on record.")

    def change_many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Carry out one statement for each of `rows`: half the cost of the library's `insert_all`.

        Raises CertmgrError where one of them changed no row or more than one.
        """
        cursor = self.connection.executemany(sql, rows)
        if cursor.rowcount not in {len(rows), -1}:
            raise CertmgrError(
                f"{len(rows)} rows were to be changed and {cursor.rowcount} were; nothing was changed.",
                code=Code.STORE_CONFLICT,
            )

    @contextmanager
    def unjournalled(self) -> Iterator[None]:
        """Let what the block changes pass without an entry: leases and marks, which are no record of anything."""
        before = self.connection.total_changes
        try:
            yield
        finally:
            self._exempt += self.connection.total_changes - before

    def require_recorded(self) -> None:
        """Raise UnrecordedChangeError where something was changed and nothing was journalled (ARCHITECTURE 7)."""
        changed = self.connection.total_changes - self._start - self._exempt
        if changed and not self._recorded:
            raise UnrecordedChangeError(f"{changed} rows were changed without a journal entry")


class Store:
    """A connection to the store; it belongs to one thread."""

    def __init__(self, connection: driver.Connection, path: Path, clock: Callable[[], datetime]) -> None:
        """Keep an open connection; `open_store` makes one."""
        self.connection = connection
        self.path = path
        self.clock = clock
        self.waiting_since: float | None = None
        """Since when (monotonic seconds) its thread waits to write; other threads may read it. None: it does not."""
        self._open: Snapshot | None = None
        self._file = _identity(path)

    @property
    def is_current(self) -> bool:
        """Whether the path still names the file that was opened; one that is in use counts as current.

        SQLite goes on reading and writing a file that was moved away, deleted or replaced by a restored one.
        """
        return self._open is not None or _identity(self.path) == self._file

    @property
    def db(self) -> "Database":
        """The same connection for sqlite-utils, which is imported here."""
        return _database(self.connection)

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """Yield a snapshot. Inside another snapshot or transaction of this store: that one."""
        if self._open is not None:
            yield self._open
            return
        with driver.translated(self.path, self.connection):
            try:
                self.connection.execute("BEGIN")
                self._open = Snapshot(self.connection, self.path)
                yield self._open
            finally:
                self._open = None
                self._roll_back()

    @contextmanager
    def write(self, actor: Actor, *, accept_clock: bool = False) -> Iterator[Transaction]:
        """Yield a transaction that is alone in writing, commit it at the end, roll back on any exception.

        With `accept_clock` the clock's time holds even before the last entry's, and the first entry is
        `clock.accepted` (DETAILS 23). Raises LockedError when another process writes for longer than the busy
        timeout or the file may not be written, IntegrityError for a damaged file, CertmgrError when there is no
        room, UnrecordedChangeError for changes without an entry.
        """
        with self.gate():
            tx = self.transaction(actor, accept_clock=accept_clock)
            self._open = tx
            yield tx
            tx.require_recorded()

    @contextmanager
    def gate(self) -> Iterator[driver.Connection]:
        """Hold the write lock: commit at the end, roll back on any exception. For `write` and migrations only."""
        if self._open is not None:
            raise RuntimeError("a write does not begin inside a read or another write")
        with driver.translated(self.path, self.connection):
            try:
                self.connection.execute("PRAGMA query_only = OFF")
                self._take_turn()
                yield self.connection
                self.connection.execute("COMMIT")
            finally:
                # KeyboardInterrupt and SystemExit leave through here too; after a commit there is nothing to undo.
                self._open = None
                self._roll_back()
                self.connection.execute("PRAGMA query_only = ON")

    def _take_turn(self) -> None:
        """Begin to write, once no other process does."""
        self.waiting_since = time.monotonic()
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        finally:
            self.waiting_since = None

    def _roll_back(self) -> None:
        # An error of SQLite's own may have ended the transaction already.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def transaction(self, actor: Actor, *, accept_clock: bool = False) -> Transaction:
        """Return the transaction of an open gate; the clock is read here, inside it (DETAILS 23)."""
        return Transaction(self.connection, self.path, actor, self.clock().astimezone(UTC), accept_clock=accept_clock)

    def break_off(self) -> None:
        """End the statement that the store's thread is carrying out; its `read` raises driver.BrokenOffError.

        The only method that another thread may call, and only while the store is open. Between two statements it does
        nothing, so who wants a reading ended calls it until that has ended. A write is rolled back like after any
        error; the program breaks off none.
        """
        self.connection.interrupt()

    def close(self) -> None:
        """Close the connection; the store is not used afterwards."""
        with driver.translated(self.path):
            self.connection.close()


def open_store(
    path: Path,
    *,
    clock: Callable[[], datetime],
    create: bool = False,
    busy_timeout_s: float = BUSY_TIMEOUT_S,
    cache_kib: int | None = None,
) -> Store:
    """Open the store at `path`, made (owner-only) and brought to this version's schema where that is needed.

    `cache_kib` is how many KiB of it the connection keeps in memory; None: as SQLite does.
    Raises NotFoundError where there is none and `create` is off; LockedError, IntegrityError or CertmgrError as
    `Store.write` does, and CertmgrError for a store of a newer certmgr, naming both versions (DETAILS 33).
    """
    from certmgr.store import migrations  # noqa: PLC0415 - the circle: a migration runs inside the gate

    driver.check_version()
    _require_file(path, create=create)
    with driver.translated(path):
        connection = driver.connect(path, busy_timeout_s=busy_timeout_s)
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            store = Store(connection, path, clock)
            version = migrations.check_versions(store, create=create)
            _require_wal(connection, busy_timeout_s)
            if cache_kib is not None:
                connection.execute(f"PRAGMA cache_size = -{cache_kib}")
            connection.execute("PRAGMA query_only = ON")
            if version < migrations.SCHEMA_VERSION:
                migrations.migrate(store)
        except BaseException:
            connection.close()
            raise
    return store


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at `path` from any other; None where there is none to be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _require_file(path: Path, *, create: bool) -> None:
    """Make an empty owner-only file where one is to be made; refuse what is not a plain file."""
    try:
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                # Made here, not by SQLite, so that no other user can open it in between. No connection is open yet:
                # closing a descriptor of an open database would drop its locks (DETAILS 46).
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        found = path.lstat()
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no store at {path}.",
            hint="Make a home with `certmgr init`, or restore certmgr.db from a backup.",
            code=Code.STORE_MISSING,
        ) from None
    except PermissionError as error:
        raise _denied(path, error.strerror) from error
    except OSError as error:
        raise CertmgrError(f"The store {path} cannot be made: {error.strerror}.", code=Code.STORE_FAILED) from error
    if not stat.S_ISREG(found.st_mode):
        raise _denied(path, "it is not a plain file")


def _denied(path: Path, why: str | None) -> LockedError:
    return LockedError(
        f"The store {path} cannot be opened: {why}.",
        hint="Run the command as the user who owns the home.",
        code=Code.STORE_DENIED,
    )


def _database(connection: driver.Connection) -> "Database":
    from sqlite_utils import Database  # noqa: PLC0415 - 70 ms (docs/decisions/start-up.md)

    return Database(connection, recursive_triggers=False, execute_plugins=False, strict=True)


def _require_wal(connection: driver.Connection, busy_timeout_s: float) -> None:
    """Put the file into WAL mode; two processes that do so at once are told `locked`, so it is tried again."""
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except driver.Error:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return
