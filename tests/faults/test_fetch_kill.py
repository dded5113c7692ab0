"""Kill -9 of a host that fetches, at any step: its server never finds half of anything (DETAILS 32)."""

import os
import signal
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certmgr.net import hooks, install
from certmgr.net.ssh import Peer
from certmgr.operations import certificates, deployment_fetching, deployment_places
from certmgr.pki.export import pem
from certmgr.queries import deployments as queries
from certmgr.queries.deployments import Standing
from certmgr.store import certificates as stored
from tests.faults.aftermath import whole
from tests.faults.processes import Reports, started
from tests.fetching import NAME, add, as_ssh, fetch, needs_root, route, trusted_hook
from tests.home import HomeForTest

FILES = ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


def fetch_until(reports: Reports, folder: Path, ssh: str, step: int) -> None:
    """Fetch what is due, and die by kill -9 before the step of that number."""
    calls = 0

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes
            nonlocal calls
            calls += 1
            if calls == step:
                reports("killed", named.get("do", name))
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*words, **named)

        return call

    for place, name in (
        (install, "create"),
        (install, "_lead"),
        (install, "settle"),
        (hooks, "run"),
        (Peer, "ask"),
    ):
        setattr(place, name, counted(name, getattr(place, name)))
    for one in deployment_fetching.fetch(route(ssh), hook_folder=folder / "hooks"):
        assert one.done, one.what
    reports("done", calls)


def found(folder: Path) -> bytes | None:
    """Return the certificate that a server finds, after a look at whether all its files fit; None: there is none."""
    held = {name for name in FILES if (folder / name).exists()}
    assert held in (set(), set(FILES)), held
    if not held:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
    return (folder / "cert.pem").read_bytes()


def newest(home: HomeForTest) -> bytes:
    """Return the newest certificate of the server, PEM."""
    with home.workspace.store().read() as snapshot:
        return pem(stored.der(snapshot, stored.for_server(snapshot, NAME)[0].id))


@needs_root
@pytest.mark.parametrize("first", [True, False], ids=["first", "renewal"])
def test_whatever_step_kill_9_interrupts_the_next_run_does_the_rest(
    live_home: HomeForTest, folder: Path, *, first: bool
) -> None:
    """Between the files and the hook, the hook and the report, the report and its answer; nothing is half."""
    home = live_home
    home.issue(NAME)
    place = home.path.parent
    served = folder.parent / "served"
    hook = trusted_hook(place / "hooks", f"cat {folder}/cert.pem > {served}; echo ran >> {served}.runs")
    add(home, folder, hook=hook)
    ssh = as_ssh(home)
    if not first:
        assert all(step.done for step in fetch(ssh, place / "hooks"))
    step, names = 0, []
    while True:
        step += 1
        assert step < 40
        if not first:
            with home.workspace.store().read() as snapshot:
                held = stored.for_server(snapshot, NAME)[0]
            certificates.renew(home.workspace, home.machine(), held, force=True, reason="test")
        before = found(folder)
        Path(f"{served}.runs").unlink(missing_ok=True)
        with started(fetch_until, place, ssh, step) as child:
            code = child.finish()
            last = child.lines[-1]
        assert found(folder) in {before, newest(home)}
        steps = fetch(ssh, place / "hooks")
        assert all(one.done for one in steps)
        assert found(folder) == newest(home) == served.read_bytes()
        (one,) = queries.every(home.workspace)
        assert one.standing is Standing.INSTALLED
        assert not install.is_unsettled(str(folder))
        whole(home)
        if last[0] == "done":
            assert code == 0
            break
        assert (code, last[0]) == (-signal.SIGKILL, "killed")
        names.append(last[1])
        if last[1] == "installed":
            # Between the installation and its confirmation: it is only confirmed, and the hook has run once.
            assert [step.what.split()[0] for step in steps] == ["Confirmed"]
            assert Path(f"{served}.runs").read_text() == "ran\n"
        if first:
            _start_over(home, folder)
    assert set(names) >= {"list", "fetch", "create", "_lead", "run", "settle", "installed"}


def _start_over(home: HomeForTest, folder: Path) -> None:
    """Make the next installation a first one again."""
    (one,) = queries.every(home.workspace)
    files = one.deployment.installation
    assert files is not None
    deployment_places.remove(home.workspace, home.machine(), deployment=one.deployment.id)
    with install.opened(str(folder)) as place:
        (place.hidden / install.CURRENT).unlink()
        install.settle(place)
    deployment_places.add(home.workspace, home.machine(), server=NAME, installation=files, endpoint=None)
