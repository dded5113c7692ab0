"""A home with certificates in every state, made once and copied for each test, and the interface on it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from textual.actions import parse
from textual.dom import DOMNode
from textual.pilot import Pilot

from certmgr.intake import Wish
from certmgr.models.revocations import Cause
from certmgr.models.serials import Serial
from certmgr.operations import certificates, revocations
from certmgr.pki import build
from certmgr.queries.certificates import resolve
from tests.clock import START, FakeClock
from tests.home import HomeForTest, copy_home, make_home
from tests.tui.carried_out import CARRIED_OUT, ON_A_TERMINAL
from tests.tui.owners import OWNERS
from tests.tui.screens import settle
from tui import app as interface
from tui import typed_ahead
from tui.app import CertmgrApp
from tui.backend import Backend
from tui.commands import COMMANDS, Command
from tui.dialogs import issue as issue_dialog
from tui.keymap import Keymap
from tui.screens import certificates as list_screen
from tui.widgets import filter_bar

AGES = {
    # name: (days ago, days of life, owner)
    "archive.hub": (395, 90, "Archive"),
    "gateway.hub": (372, 365, "网络中心"),
    "portal.hub": (360, 365, "Citizens' office"),
    "database.hub": (359, 365, "Registry"),
    "video-1.district-1": (340, 365, "District point 1"),
    "switch-1.district-1": (339, 365, "District point 1"),
    "mail.hub": (351, 365, "网络中心"),
    "printer.district-2": (120, 365, "District point 2"),
    "video-1.district-2": (100, 365, "District point 2"),
    "video-1.district-3": (90, 365, "District point 3"),
    "switch-1.district-3": (80, 365, "District point 3"),
    "console.machine-room": (60, 365, "Machine room"),
    "backup.machine-room": (50, 365, "Machine room"),
    "directory.hub": (40, 365, "Registry"),
    "long-host-name-of-a-second-level-platform.platform-10": (20, 365, "Platform 10"),
}
"""Under egov.internal."""
SERVERS = 24
"""Further servers, so that the list is longer than a small screen."""
SERIAL_DIGITS = 40
OVERDUE, OPEN = "switch-1.district-3", "video-1.district-2"


@pytest.fixture(scope="session", autouse=True)
def _serials_of_one_length() -> Iterator[None]:
    """Every serial is as long as most are; one in 128 is shorter, and would move what stands after it."""
    drawn = build.make_serial

    def make_serial() -> Serial:
        return next(serial for _ in count() if len(serial := drawn()) == SERIAL_DIGITS)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "make_serial", make_serial)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a home that no test changes."""
    folder = tmp_path_factory.mktemp("tui") / "template"
    clock = FakeClock(START - timedelta(days=396))
    home = make_home(folder, clock=clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fill(home, clock)
    home.workspace.close()
    return folder


def fill(home: HomeForTest, clock: FakeClock) -> None:
    """Issue, renew and revoke in the order of time."""
    machine, person = home.machine(), home.person()

    def issue(name: str, owner: str, days: int) -> None:
        full = f"{name}.egov.internal"
        wish = Wish(dns=(full,), owner=owner, purpose="TLS on the intranet", days=days)
        certificates.issue(home.workspace, machine, wish, destination=Path("out"))

    def revoke(name: str, cause: Cause) -> None:
        found = resolve(home.workspace, f"{name}.egov.internal")
        revocations.revoke(
            home.workspace, person, certificate=found.id, cause=cause, confirm=found.server, evidence="as it was told"
        )

    for name, (ago, days, owner) in sorted(AGES.items(), key=lambda item: -item[1][0]):
        clock.now = START - timedelta(days=ago)
        issue(name, owner, days)
    for number in range(SERVERS):
        clock.now = START - timedelta(days=19, minutes=-number)
        issue(f"node-{number:02d}.unit-{number % 9 + 1}", f"Unit {number % 9 + 1}", 365)
    clock.now = START - timedelta(days=15)
    certificates.renew(home.workspace, machine, resolve(home.workspace, "mail.hub.egov.internal"))
    clock.now = START - timedelta(days=3)
    revoke("printer.district-2", Cause.NO_LONGER_NEEDED)
    revoke("video-1.district-3", Cause.SUSPENDED)
    home.public.rename(home.public.with_name("away"))
    home.public.write_text("Nothing can be published here.")
    clock.now = START - timedelta(hours=26, minutes=5)
    revoke(OVERDUE, Cause.KEY_LOST)
    clock.now = START - timedelta(hours=20, minutes=50)
    revoke(OPEN, Cause.INFORMATION_CHANGED)
    home.public.unlink()
    home.public.with_name("away").rename(home.public)


@pytest.fixture
def home(template: Path, tmp_path: Path, clock: FakeClock) -> Iterator[HomeForTest]:
    """Return a copy of the filled home; the clock shows 2026-11-21 09:00 UTC."""
    copied = copy_home(template, tmp_path / "copy", clock=clock)
    yield copied
    copied.workspace.close()


@pytest.fixture
def empty_home(tmp_path: Path, clock: FakeClock) -> Iterator[HomeForTest]:
    """Return a home without certificates."""
    made = make_home(tmp_path / "empty", clock=clock)
    yield made
    made.workspace.close()


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is delivered into a folder that is named without its place goes into the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody types here: what waits for a rest waits a hundredth of a second."""
    monkeypatch.setattr(list_screen, "REST_S", 0.01)
    monkeypatch.setattr(filter_bar, "DEBOUNCE_S", 0.01)
    monkeypatch.setattr(issue_dialog, "DEBOUNCE_S", 0.01)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys wait longer for what the ones before them lead to: a slow machine does not change what a test finds."""
    monkeypatch.setattr(interface, "PATIENCE_S", 2.0)
    monkeypatch.setattr(typed_ahead, "STUCK_S", 20.0)


@pytest.fixture(autouse=True)
def _gives_its_commands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that stands for commands (tests.tui.carried_out) gives each of them where it belongs."""
    here = (request.path.stem, getattr(request.node, "originalname", ""))
    wanted = [
        one for one in COMMANDS if CARRIED_OUT.get(one.id) == here and here[0] not in ON_A_TERMINAL and not one.typed
    ]
    given: list[tuple[DOMNode, str, tuple[object, ...]]] = []
    dispatch = CertmgrApp._dispatch_action

    async def noted(app: CertmgrApp, namespace: DOMNode, action_name: str, params: tuple[object, ...]) -> bool:
        given.append((namespace, action_name, tuple(params)))
        return await dispatch(app, namespace, action_name, params)

    monkeypatch.setattr(CertmgrApp, "_dispatch_action", noted)
    yield
    missing = [one.id for one in wanted if not any(_is(one, *act) for act in given)]
    assert missing == [], "this test is said to give these commands"


def _is(command: Command, namespace: DOMNode, action: str, params: tuple[object, ...]) -> bool:
    """Tell whether an action is that of a command, on something that the command's scope belongs to."""
    _, name, given = parse(command.action)
    owners = OWNERS[command.scope]
    return (name, tuple(given)) == (action, params) and isinstance(namespace, owners)


Running = Callable[..., AbstractAsyncContextManager[tuple[CertmgrApp, Pilot[int]]]]


@pytest.fixture
def running() -> Running:
    """Return how the interface is run on a home, without a terminal."""

    @asynccontextmanager
    async def run(  # noqa: PLR0913 - an argument for each way in which a session may differ
        home: HomeForTest,
        *,
        size: tuple[int, int] = (80, 24),
        read_only: bool = False,
        ascii_only: bool = False,
        keymap: Keymap | None = None,
        memory_file: Path | None = None,
        mouse: bool = True,
    ) -> AsyncIterator[tuple[CertmgrApp, Pilot[int]]]:
        app = CertmgrApp(
            Backend(home.workspace),
            read_only=read_only,
            ascii_only=ascii_only,
            keymap=keymap,
            memory_file=memory_file,
            mouse=mouse,
        )
        try:
            async with app.run_test(size=size, notifications=True) as pilot:
                await settle(app, pilot)
                yield app, pilot
        finally:
            app.finish()

    return run
