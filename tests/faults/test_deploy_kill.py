"""kill -9 at any step of an installation, and in its hook: a server never finds half of anything (DETAILS 32)."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from certmgr.models.servers import Installation
from certmgr.net import hooks, install
from certmgr.operations import certificates, deployment_places, deployments
from certmgr.pki.export import pem
from certmgr.queries import deployments as queries
from certmgr.queries.deployments import Standing
from certmgr.store import attempts
from certmgr.store import certificates as stored
from certmgr.store.connection import Store
from tests.faults.aftermath import whole
from tests.faults.processes import Reports, started
from tests.home import HomeForTest, open_home

NAME = "portal.egov.internal"
FILES = ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


def deploy_until(reports: Reports, folder: Path, step: int) -> None:
    """Install what is due, and die by kill -9 before the step of that number."""
    home = open_home(folder)
    home.workspace.store()
    calls = 0

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes
            nonlocal calls
            calls += 1
            if calls == step:
                reports("killed", name)
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*words, **named)

        return call

    for place, name in (
        (install, "sync_folder"),
        (install, "create"),
        (install, "_lead"),
        (install, "settle"),
        (hooks, "run"),
        (attempts, "succeeded"),
        (Store, "gate"),
    ):
        setattr(place, name, counted(name, getattr(place, name)))
    for one in deployments.deploy(home.workspace, deployments.deploying_actor()):
        assert one.done, one.what
    reports("done", calls)


def prepared(home: HomeForTest, folder: Path) -> None:
    """Issue a certificate and record where it goes, with a hook that reads what it finds."""
    home.issue(NAME)
    hook = folder.parent / "hook"
    hook.write_text(f"#!/bin/sh\nset -e\ncat {folder}/privkey.pem {folder}/fullchain.pem > {folder.parent}/served\n")
    hook.chmod(0o700)
    files = Installation(folder=str(folder), hook=(str(hook),))
    deployment_places.add(home.workspace, home.machine(), server=NAME, installation=files, endpoint=None)


def found(folder: Path) -> dict[str, bytes]:
    """Return what a server finds; some files and not the others would be half of something."""
    held = {}
    for name in FILES:
        with suppress(FileNotFoundError):
            held[name] = (folder / name).read_bytes()
    assert set(held) in (set(), set(FILES)), set(held)
    if held:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
        assert held["fullchain.pem"] == held["cert.pem"] + held["chain.pem"]
    return held


def newest(home: HomeForTest) -> bytes:
    """Return the newest certificate of the server, PEM."""
    with home.workspace.store().read() as snapshot:
        return pem(stored.der(snapshot, stored.for_server(snapshot, NAME)[0].id))


def settled(home: HomeForTest, folder: Path) -> None:
    """One more run: the newest certificate is in force and on record, the hook has seen it, nothing else is left."""
    assert all(step.done for step in deployments.deploy(home.workspace, deployments.deploying_actor()))
    held = found(folder)
    assert held["cert.pem"] == newest(home)
    assert (folder.parent / "served").read_bytes() == held["privkey.pem"] + held["fullchain.pem"]
    (one,) = queries.every(home.workspace)
    assert one.standing is Standing.INSTALLED
    assert not install.is_unsettled(str(folder))
    assert sum(1 for path in (folder / install.HIDDEN).iterdir() if not path.is_symlink()) == 1
    whole(home)


@pytest.mark.parametrize("first", [True, False], ids=["first", "renewal"])
def test_whatever_step_kill_9_interrupts_a_server_finds_one_whole_set(
    live_home: HomeForTest, folder: Path, *, first: bool
) -> None:
    """Before each step of a first installation, and of a later one; the next run does the rest."""
    home = live_home
    prepared(home, folder)
    if not first:
        settled(home, folder)
    step, names = 0, set()
    while True:
        step += 1
        assert step < 60
        if not first:
            with home.workspace.store().read() as snapshot:
                held = stored.for_server(snapshot, NAME)[0]
            certificates.renew(home.workspace, home.machine(), held, force=True, reason="test")
        before = found(folder)
        with started(deploy_until, home.path.parent, step) as child:
            code = child.finish()
            last = child.lines[-1]
        after = found(folder)
        assert not after or after == before or after["cert.pem"] == newest(home)
        if not first:
            assert after
        settled(home, folder)
        if last[0] == "done":
            assert code == 0
            break
        assert (code, last[0]) == (-signal.SIGKILL, "killed")
        names.add(last[1])
        if first:
            _start_over(home, folder)
    assert names >= {"sync_folder", "create", "_lead", "run", "gate", "succeeded", "settle"}


def _start_over(home: HomeForTest, folder: Path) -> None:
    """Make the next installation a first one again."""
    (one,) = queries.every(home.workspace)
    files = one.deployment.installation
    deployment_places.remove(home.workspace, home.machine(), deployment=one.deployment.id)
    subprocess.run(["rm", "-rf", *(str(path) for path in folder.iterdir())], check=True)
    deployment_places.add(home.workspace, home.machine(), server=NAME, installation=files, endpoint=None)


def test_a_run_that_is_killed_by_its_own_hook_is_made_up_for(live_home: HomeForTest, folder: Path) -> None:
    """The program as cron runs it, killed from outside while the hook is at work."""
    home = live_home
    prepared(home, folder)
    settled(home, folder)
    with home.workspace.store().read() as snapshot:
        held = stored.for_server(snapshot, NAME)[0]
    certificates.renew(home.workspace, home.machine(), held, force=True, reason="test")
    hook, kept = folder.parent / "hook", (folder.parent / "hook").read_text()
    hook.write_text("#!/bin/sh\nkill -9 $PPID\n")
    command = [sys.executable, "-m", "certmgr", "--home", str(home.path), "deploy", "--due"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == -signal.SIGKILL
    assert found(folder)["cert.pem"] == newest(home)
    assert install.is_unsettled(str(folder))
    hook.write_text(kept)
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    settled(home, folder)
