"""The one SQLite of the process: the driver, its version floor, its errors as ours.

Two SQLite libraries in one process drop each other's locks and lose commits (DETAILS 46), so the driver is imported
here and nowhere else. Versions before 3.51.3 can corrupt a WAL database with two writers (ARCHITECTURE 3).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pysqlite3 import dbapi2

from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError, LockedError

MINIMUM: Final = (3, 51, 3)

Connection = Any
"""A driver's connection; the driver ships no types."""
Error: Final = dbapi2.Error


class _Connection(dbapi2.Connection):  # type: ignore[misc]  # the driver ships no types
    """A connection that keeps what a function of ours raised inside a statement, of which SQLite says only that."""

    raised: BaseException | None = None


class BrokenOffError(Exception):
    """Another thread has broken off what was being read (`Store.break_off`); whoever asked for it has gone."""


def check_version(found: tuple[int, ...] = dbapi2.sqlite_version_info) -> None:
    """Raise CertmgrError where the SQLite library is older than MINIMUM (exit 1)."""
    if found >= MINIMUM:
        return
    raise CertmgrError(
        f"SQLite {'.'.join(map(str, found))} is too old: before {'.'.join(map(str, MINIMUM))} two writers can damage a"
        " store.",
        hint="Install the locked dependencies again; the package pysqlite3 brings its own SQLite.",
        code=Code.STORE_SQLITE,
    )


def connect(path: Path, *, busy_timeout_s: float, mode: str = "rw") -> Connection:
    """Return a connection to an existing database file; transactions are begun by the caller alone.

    It belongs to the thread that made it. Raises the driver's errors: use inside `translated`.
    """
    uri = f"file:{quote(str(path))}?mode={mode}"
    return dbapi2.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None, factory=_Connection)


@contextmanager
def translated(path: Path, connection: Connection = None) -> Iterator[None]:
    """Turn the driver's errors inside the block into domain errors that name the store at `path`.

    Busy or denied: LockedError (exit 6). Damaged: IntegrityError (exit 7). Full and all else: CertmgrError (exit 1).
    Broken off by `Store.break_off`: BrokenOffError, which nobody is told. What one of our own functions raised inside
    a statement of `connection` and left in its `raised`: that.
    """
    try:
        yield
    except Error as error:
        if connection is not None and (raised := connection.raised) is not None:
            connection.raised = None
            raise raised from error
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise BrokenOffError from error
        raise _domain_error(path, error) from error


def _domain_error(path: Path, error: Exception) -> CertmgrError:
    name = str(getattr(error, "sqlite_errorname", ""))
    words = str(error)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LockedError(
            f"The store {path} is held by another process.",
            hint="Another certmgr command is writing; try again when it is done.",
            code=Code.STORE_BUSY,
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in words:
        return IntegrityError(
            f"The store {path} is damaged: {words}.",
            hint="Restore it from a backup; keep the damaged file.",
            code=Code.STORE_DAMAGED,
        )
    if name.startswith("SQLITE_FULL"):
        return CertmgrError(
            f"There is no room left to write the store {path}; nothing was changed.",
            hint="Make room on the disk and run the command again.",
            code=Code.STORE_FULL,
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return LockedError(
            f"The store {path} cannot be opened or written: {words}.",
            hint="Run the command as the user who owns the home, on a file system that is not read-only.",
            code=Code.STORE_DENIED,
        )
    if name.startswith("SQLITE_CONSTRAINT"):
        return CertmgrError(
            f"The store refused what contradicts its records ({words}); nothing was changed.", code=Code.STORE_CONFLICT
        )
    return CertmgrError(f"The store {path} failed: {words}; nothing was changed.", code=Code.STORE_FAILED)
