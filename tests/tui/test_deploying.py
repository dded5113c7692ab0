"""What is due for a server is installed from its list and its page, and what failed is tried again."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from certmgr.models.servers import Installation
from certmgr.operations import deployment_places, deployments
from certmgr.queries import deployments as queries
from certmgr.queries.deployments import DeploymentState, Standing
from certmgr.store import journal
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.queue import enter
from tests.tui.screens import eventually, go, press, shown, stands_on, told
from tui.app import CertmgrApp
from tui.screens.run import RunScreen
from tui.screens.servers import ServerPage, ServersScreen

NAME = "a.egov.internal"
OTHER = "b.egov.internal"


@pytest.fixture
def folder(home: HomeForTest, tmp_path: Path) -> Path:
    """Return the folder that the first server of the list reads; nothing is installed in it."""
    home.issue(NAME)
    path = tmp_path / "tls"
    path.mkdir()
    return path


def add(home: HomeForTest, folder: Path | str, hook: str = "", *, server: str = NAME, target: str = "") -> None:
    """Record a deployment into `folder`, with a hook that is this shell script."""
    words: tuple[str, ...] = ()
    if hook:
        program = home.path.parent / "hook"
        program.write_text(f"#!/bin/sh\n{hook}\n")
        program.chmod(0o700)
        words = (str(program),)
    place = Installation(folder=str(folder), hook=words, target=target)
    deployment_places.add(home.workspace, home.machine(), server=server, installation=place, endpoint=None)
    home.workspace.close()


def state(home: HomeForTest, server: str = NAME) -> DeploymentState:
    """Return how the server's one deployment stands."""
    (one,) = queries.every(home.workspace, server)
    home.workspace.close()
    return one


def entries(home: HomeForTest) -> list[tuple[str, str]]:
    """Return what the journal says of deployments and who did it, the oldest first."""
    with home.workspace.store().read() as snapshot:
        found = [(one.action, one.actor) for one in journal.for_objects(snapshot, "deployment:1")]
    home.workspace.close()
    return found


def files(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return [path.name for path in folder.iterdir()]


async def install(app: CertmgrApp, pilot: Pilot[int]) -> None:
    """Go to the first server of the list and install for it."""
    await go(app, pilot, "servers")
    assert NAME in shown(app).splitlines()[3]
    await press(app, pilot, "t")
    assert stands_on(app, RunScreen)


async def test_what_failed_and_waits_is_tried_now(home: HomeForTest, running: Running, folder: Path) -> None:
    """The hook failed, so that the next try is minutes away: t tries at once, and says how it ended."""
    ready = folder.parent / "ready"
    add(home, folder, f"test -e {ready} || {{ echo 'not ready'; exit 1; }}")
    (failed,) = deployments.deploy(home.workspace, deployments.deploying_actor())
    assert not failed.done
    assert list(deployments.deploy(home.workspace, deployments.deploying_actor())) == [], "it waits for its time"
    home.workspace.close()
    async with running(home) as (app, pilot):
        await install(app, pilot)
        await eventually(app, pilot, "1 of 1 step failed, and will be tried again later.")
        assert "not ready" in " ".join(shown(app).split())
        assert not (folder / "privkey.pem").exists()
        ready.touch()
        await press(app, pilot, "escape", "t")
        await eventually(app, pilot, f"{NAME}: 1 step done.")
        assert f"Installed {NAME}" in shown(app)
        await press(app, pilot, "escape", "enter")
        assert stands_on(app, ServerPage)
        await eventually(app, pilot, "installed")
        await press(app, pilot, "t")
        await eventually(app, pilot, f"Nothing is to be installed for {NAME}.")
    assert (folder / "privkey.pem").exists()
    assert state(home).standing is Standing.INSTALLED
    assert [one for one, _ in entries(home)].count("deployment.installed") == 1


async def test_the_unlocked_slot_is_named(home: HomeForTest, running: Running, folder: Path) -> None:
    """No key of the CA is opened, so nobody is asked; who has unlocked a slot stands in the journal."""
    add(home, folder)
    async with running(home) as (app, pilot):
        enter(app)
        await install(app, pilot)
        await eventually(app, pilot, "1 step done")
    assert ("deployment.installed", "admin") in entries(home)


async def test_other_servers_are_left_alone(home: HomeForTest, running: Running, folder: Path, tmp_path: Path) -> None:
    """The act is about the server under the cursor."""
    other = tmp_path / "other"
    other.mkdir()
    home.issue(OTHER)
    add(home, folder)
    add(home, other, server=OTHER)
    async with running(home) as (app, pilot):
        await install(app, pilot)
        await eventually(app, pilot, "1 step done")
    assert files(other) == []
    assert state(home, OTHER).standing is Standing.WAITING


async def test_what_can_only_fail_here_is_not_tried(home: HomeForTest, running: Running) -> None:
    """A folder of somebody else, one of another host: it is said who can, and no failure puts off their next try."""
    home.issue(NAME)
    home.issue(OTHER)
    add(home, "/nonexistent/tls")
    add(home, "/etc/nginx/tls", server=OTHER, target="web1")
    async with running(home, size=(120, 40)) as (app, pilot):
        await install(app, pilot)
        await eventually(app, pilot, "this user may not write into /nonexistent/tls")
        assert f"certmgr deploy --due --retry --server {NAME}" in " ".join(shown(app).split())
        assert f"{NAME}: nothing was tried." in shown(app)
        await press(app, pilot, "escape", "j", "t")
        await eventually(app, pilot, "has no deployment; certmgr deploy add records one.")
        await press(app, pilot, "escape", "j", "t")
        await eventually(app, pilot, "is fetched by web1")
    for server in (NAME, OTHER):
        assert state(home, server).installs is None


async def test_an_installation_that_is_left_goes_on_and_is_told(
    home: HomeForTest, running: Running, folder: Path
) -> None:
    """The hook takes its time: the interface takes keys meanwhile, is not left before the end, and says it then."""
    go_on = folder.parent / "go-on"
    add(home, folder, f"while ! test -e {go_on}; do sleep 0.05; done")
    async with running(home) as (app, pilot):
        await go(app, pilot, "servers")
        await pilot.press("t", "escape")
        await eventually(app, pilot, "DEPLOYED")
        await pilot.press("j", "q")
        await eventually(app, pilot, "A change is being carried")
        assert stands_on(app, ServersScreen)
        go_on.touch()
        await told(app, pilot, f"{NAME}: 1 step done.")
    assert state(home).standing is Standing.INSTALLED


async def test_read_only_installs_nothing(home: HomeForTest, running: Running, folder: Path) -> None:
    """Neither from the list nor from the page."""
    add(home, folder)
    async with running(home, read_only=True) as (app, pilot):
        await go(app, pilot, "servers")
        await press(app, pilot, "t")
        assert stands_on(app, ServersScreen)
        await press(app, pilot, "enter", "t")
        assert stands_on(app, ServerPage)
    assert files(folder) == []
