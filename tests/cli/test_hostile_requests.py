"""Hostile requests through the whole command line: the exit code, every reason, and nothing changed (R2.1, R2.2)."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.cli import run
from certmgr.errors import CertmgrError
from certmgr.intake import Wish
from certmgr.operations import certificates
from certmgr.printable import printable
from certmgr.store import journal
from tests.home import HomeForTest, make_home
from tests.pki.hostile_csrs import HostileCase, cases

SHOWN = 50
"""So many reasons are printed, the others counted."""

NAMES: dict[str, tuple[str, ...]] = {
    "public name": ("--dns", "www.example.com"),
    "public suffix": ("--dns", "co.uk"),
    "name like the zone": ("--dns", "notegov.internal"),
    "bare host name": ("--dns", "localhost"),
    "wildcard": ("--dns", "*.egov.internal"),
    "address as a name": ("--dns", "10.1.2.3"),
    "escape sequence": ("--dns", "\x1b[2J\x1b]0;owned\x07.egov.internal"),
    "line end": ("--dns", "app.egov.internal\nDNS:www.example.com"),
    "right-to-left mark": ("--dns", "app\u202e.egov.internal"),
    "mixed scripts": ("--dns", "\u0430pp.egov.internal"),
    "mixed scripts as an A-label": ("--dns", "xn--pp-7lc.egov.internal"),
    "not UTF-8": ("--dns", "\udcff.egov.internal"),
    "path": ("--dns", "../../etc/x.egov.internal"),
    "SQL": ("--dns", "x';DROP TABLE certificate;--.egov.internal"),
    "markup": ("--dns", "[bold]x[/bold].egov.internal"),
    "long label": ("--dns", f"{'a' * 64}.egov.internal"),
    "long name": ("--dns", f"{'a.' * 200}egov.internal"),
    "empty name": ("--dns", ""),
    "name given twice": ("--dns", "app.egov.internal", "--dns", "app.egov.internal", "--dns", "www.example.com"),
    "101 names": tuple(word for number in range(101) for word in ("--dns", f"a{number}.egov.internal")),
    "300 public names": tuple(word for number in range(300) for word in ("--dns", f"a{number}.example.com")),
    "public IPv4 address": ("--dns", "app.egov.internal", "--ip", "8.8.8.8"),
    "public IPv6 address": ("--dns", "app.egov.internal", "--ip", "2001:4860:4860::8888"),
    "mapped address": ("--dns", "app.egov.internal", "--ip", "::ffff:10.0.0.1"),
    "NAT64 address": ("--dns", "app.egov.internal", "--ip", "64:ff9b::a00:1"),
    "scoped address": ("--dns", "app.egov.internal", "--ip", "fe80::1%eth0"),
    "octal address": ("--dns", "app.egov.internal", "--ip", "010.1.2.3"),
    "short address": ("--dns", "app.egov.internal", "--ip", "10.1"),
    "network": ("--dns", "app.egov.internal", "--ip", "10.0.0.0/8"),
    "no address at all": ("--dns", "app.egov.internal", "--ip", "a\x00b"),
    "name as an address": ("--ip", "app.egov.internal"),
    "everything at once": ("--dns", "www.example.com", "--dns", "a b.egov.internal", "--ip", "8.8.8.8", "--ip", "x"),
    "server name": ("../../etc/cron.d/x", "--dns", "app.egov.internal"),
    "unknown profile": ("--dns", "app.egov.internal", "--profile", "no\x1b[2Jne"),
    "days": ("--dns", "app.egov.internal", "--days", "100000"),
    "negative days": ("--dns", "app.egov.internal", "--days", "-1"),
}


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeForTest]:
    """Return one home for all the refusals, with a certificate on record; since nothing changes it, one is enough."""
    home = make_home(tmp_path_factory.mktemp("refusing") / "place")
    home.issue("good.egov.internal")
    yield home
    home.workspace.close()


def words_of(home: HomeForTest, *request: str) -> list[str]:
    """Return the command line of a request."""
    shared = ["--home", str(home.path), "issue", "--purpose", "test", "--owner", "ops", "--out", str(home.out)]
    return [*shared, *request]


class Unchanged:
    """What may not change by a refusal: every row of every table but the journal, and every file but the store's."""

    def __init__(self, home: HomeForTest) -> None:
        self._home = home
        self._rows = self._read_rows()
        self._files = self._read_files()
        self._entries = self._last_entry()

    def check(self) -> None:
        """All is as it was, and the journal has one entry more, which refuses and tells no name."""
        assert self._read_rows() == self._rows
        assert self._read_files() == self._files
        assert self._last_entry() == self._entries + 1
        with self._home.workspace.store().read() as snapshot:
            entry = journal.last(snapshot)
        assert entry is not None
        assert entry.action == "certificate.refused"
        assert set(entry.data) == {"codes", "count", "exit"}

    def _read_rows(self) -> dict[str, str]:
        with self._home.workspace.store().read() as snapshot:
            tables = [name for (name,) in snapshot.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                table: hashlib.sha256(repr(snapshot.rows(f'SELECT * FROM "{table}"')).encode()).hexdigest()  # noqa: S608
                for table in tables
                if table != "journal"
            }

    def _read_files(self) -> dict[str, str]:
        folder = self._home.path.parent
        return {str(path.relative_to(folder)): _digest(path) for path in folder.rglob("*")}

    def _last_entry(self) -> int:
        with self._home.workspace.store().read() as snapshot:
            entry = journal.last(snapshot)
        return entry.seq if entry else 0


def _digest(path: Path) -> str:
    # Opening the store's own files would drop SQLite's locks; its rows are compared instead.
    if path.is_dir() or path.is_symlink() or path.name.startswith("certmgr.db"):
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def reasons_for(home: HomeForTest, wish: Wish) -> CertmgrError:
    """Return the error, with every reason, that a rehearsal of the wish ends with."""
    with pytest.raises(CertmgrError) as caught:
        certificates.rehearse(home.workspace, wish)
    return caught.value


def check_told(told: str, problem: CertmgrError) -> None:
    """Every reason stands there, one line each, in words fit for a terminal; and the next step."""
    assert told.startswith("Error: ")
    assert "Traceback" not in told
    assert "met an error that it does not know" not in told
    assert not [char for char in told if not char.isprintable() and char != "\n"]
    assert not any("\u202a" <= char <= "\u202e" for char in told)
    lines = told.splitlines()
    reasons = [item for item in problem.findings if item.message != problem.message]
    shown = [line for line in lines if line.startswith("  - ")]
    assert len(shown) == min(len(reasons), SHOWN) + (len(reasons) > SHOWN)
    for line, item in zip(shown, reasons[:SHOWN], strict=False):
        assert line == f"  - {printable(item.message)} [{item.code}]"
    if problem.hint:
        assert lines[-1].startswith("Next: ")


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_r2_1_a_hostile_csr_changes_nothing(
    refusing: HomeForTest, tmp_path: Path, case: HostileCase, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its exit code, every reason on standard error, one journal entry, no row, no file."""
    path = tmp_path / "request.csr"
    path.write_bytes(case.data)
    before = Unchanged(refusing)
    assert run(words_of(refusing, "--csr", str(path))) == case.expected_exit
    said = capsys.readouterr()
    assert said.out == ""
    before.check()
    check_told(said.err, reasons_for(refusing, Wish(csr=case.data[: (1 << 20) + 1], purpose="test", owner="ops")))
    for word in case.words:
        assert word.lower() in said.err.lower()
    assert not [line for line in case.data.splitlines() if len(line) > 40 and line.decode("latin-1") in said.err]


@pytest.mark.parametrize("name", NAMES)
def test_r2_2_a_hostile_name_changes_nothing(
    refusing: HomeForTest, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same for names and addresses given as options."""
    words = NAMES[name]
    before = Unchanged(refusing)
    assert run(words_of(refusing, *words)) in {2, 4}
    said = capsys.readouterr()
    assert said.out == ""
    before.check()
    check_told(said.err, reasons_for(refusing, wish_of(words)))


def wish_of(words: tuple[str, ...]) -> Wish:
    """Return what the words ask for, read without the command line."""
    server, rest = (None, words) if words[0].startswith("--") else (words[0], words[1:])
    given = list(zip(rest[::2], rest[1::2], strict=True))
    days = [int(text) for option, text in given if option == "--days"]
    return Wish(
        server=server,
        dns=tuple(text for option, text in given if option == "--dns"),
        ip=tuple(text for option, text in given if option == "--ip"),
        profile=next((text for option, text in given if option == "--profile"), "server"),
        days=days[0] if days else None,
        purpose="test",
        owner="ops",
    )


def test_the_home_of_the_refusals_still_issues(refusing: HomeForTest) -> None:
    """The same command line with an honest name succeeds: it was the names that were refused."""
    assert run(words_of(refusing, "--dns", "honest.egov.internal")) == 0
    assert (refusing.out / "honest.egov.internal" / "live" / "cert.pem").exists()


@pytest.mark.parametrize("name", ["truncated DER", "private key", "public name beside an internal one"])
def test_r2_1_the_program_itself_refuses_a_hostile_csr(refusing: HomeForTest, name: str) -> None:
    """As a process of its own, with the request on standard input."""
    (case,) = [case for case in cases() if case.name == name]
    before = Unchanged(refusing)
    done = refusing.run(*words_of(refusing, "--csr", "-")[2:], stdin=case.data)
    assert (done.returncode, done.stdout) == (case.expected_exit, "")
    before.check()
    check_told(done.stderr, reasons_for(refusing, Wish(csr=case.data, purpose="test", owner="ops")))


def test_r2_2_the_program_itself_refuses_a_name_of_octets_that_are_no_text(refusing: HomeForTest) -> None:
    """Arguments are bytes; what is not UTF-8 is refused like any other name, and shown escaped."""
    words = [sys.executable, "-m", "certmgr", *words_of(refusing, "--dns")]
    before = Unchanged(refusing)
    done = subprocess.run(
        [*map(os.fsencode, words), b"\xff\xfe.egov.internal"], capture_output=True, check=False, timeout=60
    )
    assert done.returncode in {2, 4}
    before.check()
    assert done.stderr.isascii()
    assert b"Traceback" not in done.stderr
