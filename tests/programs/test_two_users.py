"""The CA under one user, `deploy --due` as root, files for a third one: each with its own, and root off the CA's keys.

DETAILS 30 and 32, with three real user ids; only root can act as all of them.
"""

import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from certmgr.models.keys import KeyType
from certmgr.pki import keys
from tests.docs.sandbox import REPOSITORY
from tests.home import HomeForTest, make_home
from tests.programs_found import require_program

NAME = "portal.egov.internal"
CA_USER = 65534
"""Who owns the home; nobody else is needed to have that number."""
SERVER_USER = "daemon"
"""Who reads the files; on every system."""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for three users")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host with a home of the CA's user, a folder that a server reads, and a folder of hooks that is root's."""

    folder: Path
    home: HomeForTest
    python: str
    """What the CA's user runs."""

    @property
    def tls(self) -> Path:
        """Where the files go."""
        return self.folder / "tls"

    @property
    def hooks(self) -> Path:
        """Root's own hooks."""
        return self.folder / "hooks"

    def as_ca(self, *words: str) -> str:
        """Run certmgr as the CA's user; return what it printed."""
        done = self._run(words, user=CA_USER, group=CA_USER)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def deploy(self, *words: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
        """Run `deploy --due` as root, as the unit does; `before` starts it."""
        return self._run(("deploy", "--due", "--hook-folder", str(self.hooks), *words), before=before)

    def _run(
        self, words: tuple[str, ...], *, before: tuple[str, ...] = (), user: int | None = None, group: int | None = None
    ) -> "subprocess.CompletedProcess[str]":
        python = sys.executable if user is None else self.python
        command = [*before, python, "-m", "certmgr", "--home", str(self.home.path), *words]
        return subprocess.run(
            command,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            env={**_environment(), "HOME": str(self.folder / "ca")},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def owners(self) -> set[int]:
        """Return whose the files of the home, the keys and the certificates are."""
        place = self.home.path.parent
        return {path.lstat().st_uid for path in (place, *place.rglob("*"))}


def _interpreter() -> str:
    """Return a Python of this version that another user may run, with the libraries of this one; skips without."""
    major, minor = sys.version_info[:2]
    for program in (sys.executable, f"/usr/bin/python{major}.{minor}"):
        command = [program, "-c", "import certmgr.cli.root, cryptography.x509, pysqlite3"]
        with suppress(PermissionError, FileNotFoundError):
            done = subprocess.run(
                command,
                user=CA_USER,
                group=CA_USER,
                extra_groups=[],
                env=_environment(),
                cwd="/",
                capture_output=True,
                check=False,
            )
            if done.returncode == 0:
                return program
    pytest.skip("another user cannot run Python where it lies")


def _environment() -> dict[str, str]:
    path = os.pathsep.join((str(REPOSITORY), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def host() -> Iterator[Host]:
    """Return such a host with a certificate issued by the CA's own process."""
    # Outside pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="certmgr-users-"))
    folder.chmod(0o755)
    try:
        home = make_home(folder / "ca")
        home.workspace.close()
        for name in ("tls", "hooks"):
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
        place = home.path.parent
        for path in (place, *place.rglob("*")):
            os.chown(path, CA_USER, CA_USER, follow_symlinks=False)
        made = Host(folder=folder, home=home, python=_interpreter())
        issue(made, NAME)
        yield made
    finally:
        shutil.rmtree(folder)


def issue(host: Host, name: str) -> None:
    """Issue a certificate as the CA's user."""
    facts = ("--purpose", "Staff portal", "--owner", "Web team", "--out", str(host.home.out))
    host.as_ca("issue", "--dns", name, *facts)


def hook(host: Host) -> tuple[str, Path]:
    """Return a hook of root's that tells whose files of the store are there while it runs, and where it tells it."""
    path, told = host.hooks / "reload", host.folder / "told"
    path.write_text(f"#!/bin/sh\nid -u > {told}\nstat -c '%u %n' {host.home.path}/certmgr.db* >> {told}\n")
    path.chmod(0o755)
    return str(path), told


def test_the_files_are_the_servers_the_store_stays_the_cas_and_root_opens_no_key_of_the_ca(host: Host) -> None:
    """Issued by one user, installed by root, owned by a third; afterwards the CA's user goes on as before."""
    strace = require_program("strace")
    program, told = hook(host)
    where = ("--folder", str(host.tls), "--owner", SERVER_USER, "--group", "daemon", "--mode", "0640")
    host.as_ca("deploy", "add", NAME, *where, "--hook", program)
    trace = host.folder / "trace"
    tracing = (strace, "-f", "-y", "-e", "trace=open,openat,openat2", "-o", str(trace))
    done = host.deploy(before=tracing)
    assert done.returncode == 0, done.stderr
    owner = pwd.getpwnam(SERVER_USER)
    for name, mode in (("privkey.pem", 0o640), ("cert.pem", 0o644), ("chain.pem", 0o644), ("fullchain.pem", 0o644)):
        found = (host.tls / name).stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (owner.pw_uid, mode), name
    assert (host.tls / "privkey.pem").stat().st_gid == owner.pw_gid
    assert (host.tls / ".certmgr").stat().st_uid == 0
    uid, *lines = told.read_text().splitlines()
    assert uid == "0"
    assert {line.split()[0] for line in lines} == {str(CA_USER)}
    assert {line.rpartition("/")[2] for line in lines} >= {"certmgr.db", "certmgr.db-wal", "certmgr.db-shm"}
    assert host.owners() == {CA_USER}
    opened = set(re.findall(r'open(?:at2?)?\([^"]*"([^"]+)"', trace.read_text()))
    assert any(path.endswith("/certmgr.db") for path in opened)
    assert any(path.endswith("privkey.pem") and path.startswith(str(host.home.out)) for path in opened)
    home = host.home
    kept = (str(home.path / "keys"), str(home.path / "operators"), str(home.machine_key))
    assert [path for path in opened if path.startswith(kept)] == []
    issue(host, "mail.egov.internal")
    host.as_ca("renew", NAME, "--force", "--reason", "test")
    assert host.deploy().returncode == 0
    assert host.owners() == {CA_USER}
    assert " installed " in host.as_ca("deploy", "list")
    host.as_ca("journal", "verify")


def test_whoever_writes_the_home_cannot_choose_what_root_runs_or_where_it_writes(host: Host) -> None:
    """Hooks outside root's folder and folders of others are refused; the journal names root, the store is the CA's."""
    own = host.home.path.parent / "hook"
    own.write_text(f"#!/bin/sh\ntouch {host.folder}/ran\n")
    own.chmod(0o755)
    theirs = host.folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, pwd.getpwnam(SERVER_USER).pw_uid, -1)
    for folder, words in ((host.tls, str(own)), (host.home.out, ""), (theirs, "")):
        host.as_ca("deploy", "add", NAME, "--folder", str(folder), *(("--hook", words) if words else ()))
    done = host.deploy()
    assert done.returncode == 3
    assert "root does not run the hook" in done.stderr
    assert done.stderr.count("belongs to the user with uid") >= 2
    assert not (host.folder / "ran").exists()
    assert not (host.tls / "cert.pem").exists()
    assert list(theirs.iterdir()) == []
    assert "failed" in host.as_ca("deploy", "list")
    assert '"os_uid": 0' in host.as_ca("journal", "list", "--json")


def test_a_key_that_the_ca_user_swaps_is_not_installed(host: Host) -> None:
    """Root reads what it installs from a folder of that user: only the certificate's own key in a plain file."""
    host.as_ca("deploy", "add", NAME, "--folder", str(host.tls))
    (delivered,) = (host.home.out / NAME / "archive").rglob("privkey.pem")
    secret = host.folder / "secret"
    secret.write_bytes(keys.private_pem(keys.make_key(KeyType.EC_P256)))
    secret.chmod(0o600)
    delivered.unlink()
    delivered.symlink_to(secret)
    assert host.deploy().returncode == 3
    delivered.unlink()
    os.link(secret, delivered)
    assert host.deploy("--retry").returncode == 3
    assert not (host.tls / "privkey.pem").exists()
