"""Opening a store: what is refused, with which exit code, and that it costs little."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from certmgr import __version__
from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError, LockedError, NotFoundError
from certmgr.store import driver, journal
from certmgr.store.connection import Store, open_store
from certmgr.store.migrations import SCHEMA_VERSION
from tests.clock import FakeClock
from tests.store.given import ALICE, new_store

NOBODY = 65534


def test_a_new_store_is_its_owners_alone(tmp_path: Path, clock: FakeClock) -> None:
    """Database, WAL and index are 0600 whatever the umask is; a folder made for it is 0700 (DETAILS 54)."""
    before = os.umask(0)
    try:
        store = open_store(tmp_path / "home" / "certmgr.db", clock=clock, create=True)
        with store.write(ALICE) as tx:
            tx.record("a.b", "c:1", {})
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert modes == {"certmgr.db": 0o600, "certmgr.db-wal": 0o600, "certmgr.db-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_a_store_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path, clock: FakeClock) -> None:
    """Only `init` makes one; exit 5."""
    with pytest.raises(NotFoundError, match="There is no store") as caught:
        open_store(tmp_path / "certmgr.db", clock=clock)
    assert caught.value.exit_code == 5
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_damaged_not_new(tmp_path: Path, clock: FakeClock) -> None:
    """A store cut to nothing is not quietly begun anew; exit 7."""
    path = tmp_path / "certmgr.db"
    path.touch(mode=0o600)
    with pytest.raises(IntegrityError, match="is empty") as caught:
        open_store(path, clock=clock)
    assert caught.value.exit_code == 7
    assert path.stat().st_size == 0


def test_a_symbolic_link_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    """A link could lead anywhere."""
    new_store(tmp_path, clock).close()
    (tmp_path / "link.db").symlink_to(tmp_path / "certmgr.db")
    with pytest.raises(LockedError, match="not a plain file"):
        open_store(tmp_path / "link.db", clock=clock)


def test_another_programs_database_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    """A SQLite file without our mark is not touched; exit 7."""
    path = tmp_path / "certmgr.db"
    path.touch(mode=0o600)
    other = driver.connect(path, busy_timeout_s=1)
    other.execute("CREATE TABLE buddies (name TEXT)")
    other.close()
    for create in (False, True):
        with pytest.raises(IntegrityError, match="is not a certmgr store"):
            open_store(path, clock=clock, create=create)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    """Exit 7, in one sentence, the file as it was."""
    path = tmp_path / "certmgr.db"
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\n" * 100)
    with pytest.raises(IntegrityError, match="not a database") as caught:
        open_store(path, clock=clock)
    assert caught.value.exit_code == 7
    assert path.read_bytes().startswith(b"-----BEGIN")


def test_a_damaged_page_is_reported_when_it_is_read(tmp_path: Path, clock: FakeClock) -> None:
    """Opening reads little; the first query that meets the damage says so; exit 7."""
    store = new_store(tmp_path, clock)
    with store.write(ALICE) as tx:
        for number in range(200):
            tx.record("a.b", f"c:{number}", {"text": "x" * 100})
    root = store.db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'journal'").fetchone()[0]
    size = store.db.execute("PRAGMA page_size").fetchone()[0]
    store.close()
    path = tmp_path / "certmgr.db"
    held = bytearray(path.read_bytes())
    held[(root - 1) * size : root * size] = b"\xa5" * size
    path.write_bytes(held)
    store = open_store(path, clock=clock)
    with pytest.raises(IntegrityError, match="damaged") as caught, store.read() as snapshot:
        list(journal.entries(snapshot))
    assert (caught.value.exit_code, caught.value.code) == (7, Code.STORE_DAMAGED)
    store.close()


def test_a_newer_schema_is_refused_naming_both_versions(empty: Store, clock: FakeClock) -> None:
    """An older program does not touch what it does not know; exit 1 (DETAILS 33)."""
    newer = SCHEMA_VERSION + 3
    with empty.gate() as db:
        db.execute(f"PRAGMA user_version = {newer}")
    with pytest.raises(CertmgrError) as caught:
        open_store(empty.path, clock=clock)
    assert (caught.value.exit_code, caught.value.code) == (1, Code.STORE_NEWER)
    assert f"schema version {newer}" in caught.value.message
    assert f"up to {SCHEMA_VERSION}" in caught.value.message
    assert __version__ in caught.value.message


def test_an_old_sqlite_is_refused_with_a_hint() -> None:
    """Before 3.51.3 two writers can damage a WAL database (ARCHITECTURE 3)."""
    with pytest.raises(CertmgrError, match=r"3\.40\.1 is too old") as caught:
        driver.check_version((3, 40, 1))
    assert "pysqlite3" in str(caught.value.hint)
    driver.check_version((3, 51, 3))


def test_opening_reads_no_table(empty: Store, clock: FakeClock) -> None:
    """What opening costs does not grow with the store: it looks at the header and checks nothing."""
    seen: list[str] = []

    connect = driver.connect

    def watched(path: Path, **options: object) -> object:
        connection = connect(path, **options)  # type: ignore[arg-type]  # handed on as they came
        connection.set_trace_callback(seen.append)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver, "connect", watched)
        open_store(empty.path, clock=clock).close()
    assert seen
    assert [statement for statement in seen if not statement.upper().startswith("PRAGMA")] == []
    assert not any("_check" in statement and "cell_size_check" not in statement for statement in seen)


def test_importing_the_connection_does_not_import_sqlite_utils() -> None:
    """A command that never opens the store does not pay for the library."""
    import subprocess
    import sys

    code = "import sys, certmgr.store.connection; sys.exit('sqlite_utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def foreign(clock: FakeClock) -> Iterator[Path]:
    """Yield a folder with a store, both owned by a user who is not root (root may do everything)."""
    folder = Path(mkdtemp(prefix="certmgr-test-"))
    store = new_store(folder, clock)
    with store.write(ALICE) as tx:
        tx.record("a.b", "c:1", {})
    store.close()
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
    yield folder
    folder.chmod(0o700)
    rmtree(folder)


def as_plain_user(work: Callable[[], None]) -> tuple[int, str]:
    """Run `work` in a child that is not root; return the exit code and the message of the error that it meets."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status, message = 0, ""
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            work()
        except CertmgrError as error:
            status, message = error.exit_code, error.message
        except BaseException as error:  # noqa: BLE001 - the child ends here whatever it met
            status, message = 99, repr(error)
        os.write(writer, message.encode())
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as answer:
        message = answer.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), message


def test_a_file_that_may_not_be_read_is_denied(foreign: Path, clock: FakeClock) -> None:
    """Exit 6: no permission."""
    (foreign / "certmgr.db").chmod(0o000)
    status, message = as_plain_user(lambda: open_store(foreign / "certmgr.db", clock=clock).close())
    assert status == 6, message
    assert "cannot be opened" in message


def test_a_read_only_file_is_read_and_not_written(foreign: Path, clock: FakeClock) -> None:
    """Exit 6 for a write; nothing was changed."""
    (foreign / "certmgr.db").chmod(0o400)

    def work() -> None:
        store = open_store(foreign / "certmgr.db", clock=clock)
        with store.read() as snapshot:
            assert journal.last(snapshot) is not None
        with store.write(ALICE) as tx:
            tx.record("a.b", "c:2", {})

    status, message = as_plain_user(work)
    assert status == 6, message
    assert "readonly" in message


def test_a_read_only_folder_is_denied(foreign: Path, clock: FakeClock) -> None:
    """A WAL cannot be made there; exit 6 and the reason."""
    foreign.chmod(0o500)

    def work() -> None:
        store = open_store(foreign / "certmgr.db", clock=clock)
        with store.write(ALICE) as tx:
            tx.record("a.b", "c:2", {})

    status, message = as_plain_user(work)
    assert status == 6, message


def test_a_folder_that_may_not_be_entered_is_denied(foreign: Path, clock: FakeClock) -> None:
    """Exit 6, not a traceback."""
    foreign.chmod(0o000)
    status, message = as_plain_user(lambda: open_store(foreign / "certmgr.db", clock=clock).close())
    assert status == 6, message
    assert "Permission denied" in message


def test_a_home_in_a_folder_that_may_not_be_written_cannot_be_made(foreign: Path, clock: FakeClock) -> None:
    """`init` says why; exit 6."""
    foreign.chmod(0o500)
    path = foreign / "home" / "certmgr.db"
    status, message = as_plain_user(lambda: open_store(path, clock=clock, create=True).close())
    assert status == 6, message


def test_a_store_that_was_moved_away_is_no_longer_current(tmp_path: Path, clock: FakeClock) -> None:
    """SQLite would go on with the file that it holds open; nor is a restored one the same. In use it stays current."""
    store = new_store(tmp_path, clock)
    path = store.path
    assert store.is_current
    with store.read():
        path.rename(tmp_path / "away.db")
        assert store.is_current
    replaced = [store.is_current]
    path.write_bytes((tmp_path / "away.db").read_bytes())
    replaced.append(store.is_current)
    assert replaced == [False, False]
    store.close()
