"""certmgr deploy: add, list, remove, and --due, as a program and under another user id."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.calling import NAME, Call
from tests.docs.sandbox import REPOSITORY
from tests.fetching import as_ssh
from tests.home import HomeForTest

NOBODY = 65534
UNITS = REPOSITORY / "examples" / "systemd"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


def test_a_deployment_is_recorded_carried_out_and_listed(call: Call, folder: Path) -> None:
    """Add, --due, list; a second --due is silent."""
    call.issue()
    where = ("deploy", "add", NAME, "--folder", str(folder), "--mode", "0640", "--hook", "/bin/true", "--hook", "a b")
    assert call(*where, "--dry-run") == 0
    assert call("deploy", "list") == 0
    assert "No deployment" in call.err
    assert call(*where) == 0
    assert "certmgr deploy --due" in call.err
    assert call("deploy", "--due", "--dry-run") == 0
    assert "Would install" in call.err
    assert not (folder / "cert.pem").exists()
    assert call("deploy", "--due") == 0
    assert (folder / "privkey.pem").stat().st_mode & 0o777 == 0o640
    assert call("deploy", "list", "--json") == 0
    (one,) = call.document["deployments"]
    assert (one["standing"], one["mode"], one["hook"]) == ("installed", "0640", ["/bin/true", "a b"])
    assert call("deploy", "list", "--server", NAME) == 0
    assert call.out.split()[-4:-1] == ["installed", str(folder), one["installed_at"][:10]]
    assert call("deploy", "--due") == 0
    assert (call.out, call.err) == ("", "")
    assert call("deploy", "remove", "1", "--dry-run") == 0
    assert call("deploy", "remove", "1") == 0
    assert (folder / "cert.pem").exists()
    assert call("deploy", "remove", "1") == 5


def test_a_deployment_of_another_host_is_recorded_listed_and_fetched(
    live_home: HomeForTest, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its host is shown; what is recorded here is left to it, and its own certmgr fetches it (DETAILS 32)."""
    call = Call(live_home, capsys)
    call.issue()
    assert call("deploy", "add", NAME, "--on", "web1", "--folder", str(folder)) == 0
    assert "Next, on web1: certmgr deploy --due --from" in call.err
    assert call("deploy", "--due") == 0
    assert (call.out, call.err, list(folder.iterdir())) == ("", "", [])
    assert call("deploy", "list") == 0
    assert f"web1:{folder}" in call.out
    assert call("deploy", "list", "--json") == 0
    (one,) = call.document["deployments"]
    assert (one["target"], one["folder"], one["standing"]) == ("web1", str(folder), "waiting")
    assert call("server", "show", NAME) == 0
    assert f"web1:{folder}" in call.out
    call.home.workspace.close()
    route = ("--from", "certmgr@ca.egov.internal", "--ssh", as_ssh(call.home))
    assert call("deploy", "--due", *route, "--on", "web2", "--dry-run") == 4
    assert call("deploy", "--due", *route, "--on", "web1", "--dry-run") == 0
    assert "Would install" in call.err
    assert call("deploy", "--due", *route, "--on", "web1") == 0
    assert f"Installed {NAME}" in call.err
    assert (folder / "privkey.pem").exists()
    assert call("deploy", "list", "--json") == 0
    assert call.document["deployments"][0]["standing"] == "installed"
    assert call("deploy", "remove", "1") == 0
    assert f"the files in web1:{folder} stay" in call.err


def test_a_hook_that_fails_is_reported_and_tried_again(call: Call, folder: Path) -> None:
    """Exit 3 with the reason; then silence until its time has come, or with --retry at once."""
    call.issue()
    assert call("deploy", "add", NAME, "--folder", str(folder), "--hook", "/bin/false") == 0
    assert call("deploy", "--due") == 3
    assert "/bin/false ended with 1" in call.err
    assert call("deploy", "--due") == 0
    assert call("deploy", "list") == 0
    assert "failed" in call.out
    assert "/bin/false ended with 1" in call.err
    assert call("deploy", "--due", "--retry") == 3


def test_one_server_is_served_alone(call: Call, folder: Path, tmp_path: Path) -> None:
    """--server leaves the others alone, what failed of it is tried with --retry; an unknown one exits 5."""
    other = tmp_path / "other"
    other.mkdir()
    call.issue()
    call.home.issue("other.egov.internal")
    assert call("deploy", "add", NAME, "--folder", str(folder)) == 0
    assert call("deploy", "add", "other.egov.internal", "--folder", str(other)) == 0
    assert call("deploy", "--due", "--server", NAME, "--dry-run") == 0
    assert str(folder) in call.err
    assert str(other) not in call.err
    assert call("deploy", "--due", "--retry", "--server", NAME) == 0
    assert (folder / "privkey.pem").exists()
    assert list(other.iterdir()) == []
    assert call("deploy", "--due", "--server", "absent") == 5


def test_no_ca_key_and_no_slot_is_needed(call: Call, folder: Path) -> None:
    """DETAILS 32: without the folders of keys and slots, and without the machine's key file."""
    call.issue()
    assert call("deploy", "add", NAME, "--folder", str(folder)) == 0
    shutil.rmtree(call.home.path / "keys")
    shutil.rmtree(call.home.path / "operators")
    call.home.machine_key.unlink()
    assert call("deploy", "--due") == 0
    assert (folder / "privkey.pem").exists()
    assert call("journal", "show", "--limit", "1", "--json") in {0, 2}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", NAME], 2),
        (["add", NAME, "--hook", "/bin/true"], 2),
        (["add", NAME, "--folder", "relative"], 2),
        (["add", NAME, "--folder", "/etc/tls", "--mode", "0777"], 2),
        (["add", NAME, "--folder", "/etc/tls", "--mode", "rw"], 2),
        (["add", NAME, "--folder", "/etc/tls", "--hook", "reload"], 2),
        (["add", NAME, "--endpoint", "10.1.2.3:x"], 2),
        (["add", NAME, "--endpoint", "www.example.com"], 4),
        (["add", "absent", "--folder", "/etc/tls"], 5),
        (["remove", "7"], 5),
        (["add", NAME, "--on", "web1", "--endpoint", "10.1.2.3:443"], 2),
        (["add", NAME, "--on", "Web 1", "--folder", "/etc/tls"], 2),
        (["add", NAME, "--on", "", "--folder", "/etc/tls"], 2),
        (["serve", "Web 1"], 2),
        (["--from", "certmgr@ca"], 2),
        (["--due", "--on", "web1"], 2),
        (["--due", "--ssh", "/bin/true"], 2),
        (["--due", "--from", "-oProxyCommand=id"], 2),
        (["--due", "--from", "certmgr@ca", "--on", "Web 1"], 2),
        (["--due", "--from", "certmgr@ca", "--ssh", "/nonexistent/ssh"], 1),
        (["--from", "certmgr@ca", "list"], 2),
        (["--retry"], 2),
        (["--server", NAME], 2),
        (["--server", NAME, "list"], 2),
        (["--due", "--server", NAME, "--from", "certmgr@ca"], 2),
        (["--due", "list"], 2),
        (["sideways"], 2),
    ],
)
def test_what_does_not_hold_has_its_exit_code(call: Call, words: list[str], code: int) -> None:
    """Usage 2, refused 4, not found 5; nothing is recorded."""
    call.issue()
    assert call("deploy", *words) == code
    assert call("deploy", "list", "--json") == 0
    assert call.document["deployments"] == []


def test_without_words_the_help_is_shown(call: Call) -> None:
    """And nothing is installed."""
    assert call("deploy") == 0
    assert "--due" in call.out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works for another user")
def test_root_installs_from_another_users_home_and_leaves_nothing_of_its_own_there(
    live_home: HomeForTest, folder: Path
) -> None:
    """The CA under one uid, `deploy --due` as root: the files are root's, the store stays the other's (DETAILS 32)."""
    home = live_home
    trusted, told = folder.parent / "hooks", folder.parent / "told"
    trusted.mkdir(mode=0o755)
    hook = trusted / "hook"
    # While the store is open: what SQLite makes beside it has to be the other user's, too.
    hook.write_text(f"#!/bin/sh\nstat -c %u {home.path}/* > {told}\n")
    hook.chmod(0o755)
    home.issue(NAME)
    home.workspace.close()
    assert home.run("deploy", "add", NAME, "--folder", str(folder), "--hook", str(hook)).returncode == 0
    place = home.path.parent
    for path in (place, *place.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    refused = home.run("deploy", "--due")
    assert refused.returncode == 3
    assert "root does not run the hook" in refused.stderr
    done = home.run("deploy", "--due", "--retry", "--hook-folder", str(trusted))
    assert done.returncode == 0, done.stderr
    assert (folder / "privkey.pem").stat().st_uid == 0
    assert set(told.read_text().split()) == {str(NOBODY)}
    assert {path.lstat().st_uid for path in home.path.rglob("*")} == {NOBODY}
    assert home.run("list").returncode == 6


def test_the_units_are_sound() -> None:
    """systemd-analyze reads them; the service has no access to CA keys and slots."""
    text = (UNITS / "certmgr-deploy.service").read_text()
    assert "InaccessiblePaths=-/var/lib/certmgr/keys -/var/lib/certmgr/operators" in text
    assert "ExecStart=/usr/local/bin/certmgr --home /var/lib/certmgr --quiet deploy --due" in text
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("program not found: systemd-analyze")
    units = [str(UNITS / f"certmgr-deploy.{kind}") for kind in ("service", "timer")]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, timeout=60, check=False)
    complaints = [
        line for line in done.stderr.splitlines() if "certmgr-deploy" in line and "not executable" not in line
    ]
    assert complaints == []
