"""A host fetches its certificates through a real sshd with the documented line of authorized_keys (DETAILS 32)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.operations import certificates, deployments
from certmgr.pki.export import pem
from certmgr.queries import deployments as queries
from certmgr.queries.deployments import Standing
from certmgr.store import certificates as stored
from tests.fetching import NAME, add, serve_command
from tests.home import HomeForTest
from tests.programs.ssh_server import SshServer, make_key, ssh_server
from tests.programs_found import require_program

OTHER = "mail.egov.internal"


@pytest.fixture
def server(live_home: HomeForTest, tmp_path: Path) -> Iterator[SshServer]:
    """Return an sshd on the CA's host that lets web1 and web2 fetch, each with a key of its own."""
    with ssh_server(tmp_path / "sshd") as running:
        for host in ("web1", "web2"):
            running.allow(host, serve_command(live_home, host))
        yield running


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folders of two servers, on two hosts."""
    found = (tmp_path / "tls1", tmp_path / "tls2")
    for path in found:
        path.mkdir(mode=0o755)
    return found


def fetch(
    server: SshServer, *words: str, key: str = "web1", known_hosts: str = "known_hosts"
) -> "subprocess.CompletedProcess[str]":
    """Run the command of the unit on the other host, which has no home."""
    options = [word for one in server.options(key, known_hosts) for word in ("--ssh-option", one)]
    command = [sys.executable, "-m", "certmgr", "--home", "/nonexistent", "deploy", "--due", "--from", server.address]
    return subprocess.run([*command, *options, *words], capture_output=True, text=True, timeout=120, check=False)


def test_a_host_fetches_what_is_its_own_over_ssh(
    live_home: HomeForTest, server: SshServer, folders: tuple[Path, Path]
) -> None:
    """Installed there, recorded here; the next run is silent; a renewal follows. Nothing of the other host's comes."""
    home = live_home
    issued = home.issue(NAME)
    home.issue(OTHER)
    add(home, folders[0], mode=0o640)
    add(home, folders[1], target="web2", name=OTHER)
    would = fetch(server, "--on", "web1", "--dry-run")
    assert (would.returncode, would.stdout) == (0, "")
    assert "Would install" in would.stderr
    done = fetch(server, "--on", "web1")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.startswith(f"Installed {NAME} (serial ")
    assert (folders[0] / "cert.pem").read_bytes() == pem(issued.der)
    assert (folders[0] / "privkey.pem").stat().st_mode & 0o777 == 0o640
    assert list(folders[1].iterdir()) == []
    assert [one.standing for one in queries.every(home.workspace)] == [Standing.WAITING, Standing.INSTALLED]
    assert list(deployments.due(home.workspace, home.machine())) == []
    again = fetch(server, "--on", "web1")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    with home.workspace.store().read() as snapshot:
        held = stored.for_server(snapshot, NAME)[0]
    renewed = certificates.renew(home.workspace, home.machine(), held, force=True, reason="test")
    assert fetch(server, "--on", "web1").returncode == 0
    assert (folders[0] / "cert.pem").read_bytes() == pem(renewed.der)


def test_sshd_decides_which_host_it_is(live_home: HomeForTest, server: SshServer, folders: tuple[Path, Path]) -> None:
    """Whatever the other side asks for: its key's line in authorized_keys names the host."""
    home = live_home
    home.issue(NAME)
    add(home, folders[0])
    refused = fetch(server, "--on", "web1", key="web2")
    assert refused.returncode == 4
    assert "answers for the host web2, not for web1" in refused.stderr
    assert fetch(server, key="web2").returncode == 0
    assert list(folders[0].iterdir()) == []
    options = [word for one in server.options("web2") for word in ("-o", one)]
    ssh = [require_program("ssh"), "-T", *options, "--", server.address]
    for words in (["cat", "/etc/passwd"], ["certmgr", "deploy", "serve", "web1"]):
        done = subprocess.run(
            [*ssh, *words], input='{"v": 1, "do": "list"}\n', capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout == '{"v": 1, "is": "list", "host": "web2", "count": 0}\n'


def test_each_way_in_which_ssh_fails_has_its_error(
    live_home: HomeForTest, server: SshServer, folders: tuple[Path, Path]
) -> None:
    """An unknown host key, a key that nobody allowed, a port that nobody listens at, a certmgr that is not there."""
    home = live_home
    home.issue(NAME)
    add(home, folders[0])
    (server.folder / "empty").touch()
    make_key(server.folder / "stranger")
    server.allow("misled", "/nonexistent/certmgr deploy serve web1")
    cases = {
        "Host key verification failed": fetch(server, known_hosts="empty"),
        "Permission denied": fetch(server, key="stranger"),
        "There is no certmgr on": fetch(server, key="misled"),
        "Connection refused": fetch(server, "--ssh-option", "HostName=127.0.0.2"),
    }
    for words, done in cases.items():
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert words in done.stderr
        assert server.address in done.stderr
        assert "Traceback" not in done.stderr
    assert "known_hosts" in cases["Host key verification failed"].stderr
    assert "authorized_keys" in cases["Permission denied"].stderr
    assert list(folders[0].iterdir()) == []
