"""What tests do with applications: a home with reviewers, and some that wait."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from certmgr.intake import Wish
from certmgr.models.applications import Application, ApplicationId
from certmgr.models.keys import KeyType
from certmgr.operations import applications as operations
from certmgr.pki import csr, keys
from certmgr.queries import applications
from tests.clock import FakeClock
from tests.home import PASSPHRASE, HomeForTest
from tests.reviewing import wish, with_reviewers
from tests.tui.screens import settle
from tui.app import CertmgrApp
from tui.dialogs.base import Choice
from tui.widgets.row_list import RowList

NAME = "intake.egov.internal"
GUARDED = "guarded.egov.internal"
OWN = "own.egov.internal"


@pytest.fixture
def reviewed(home: HomeForTest) -> Iterator[HomeForTest]:
    """Return the filled home with the officers alice and bob, the requester carl, and profiles that ask for them."""
    made = with_reviewers(home)
    yield made
    made.workspace.close()


@pytest.fixture
def waiting(reviewed: HomeForTest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> HomeForTest:
    """Return that home with three applications: carl's, alice's that needs two, and the administrator's own."""
    monkeypatch.chdir(reviewed.path.parent)
    apply(reviewed, "carl", wish(name=NAME, ip=("10.1.2.3",), contact="web@egov.internal"))
    apply(reviewed, "admin", wish("guarded", OWN, owner="Registry"))
    clock.now += timedelta(days=2, hours=3)
    apply(reviewed, "alice", wish("guarded", GUARDED, owner="网络中心"))
    clock.now += timedelta(minutes=40)
    return reviewed


def apply(home: HomeForTest, who: str, asked: Wish) -> None:
    """Submit an application; the files are to go to `out`, which is the same on every machine."""
    operations.submit(home.workspace, home.person(who), asked, destination=Path("out"))


def by_number(home: HomeForTest, number: int) -> Application:
    """Return the application with this number as it is on record."""
    return applications.get(home.workspace, ApplicationId(number))


def content(path: str | Path) -> bytes:
    """Return what a file holds."""
    return Path(path).read_bytes()


def here() -> list[str]:
    """Return the names in the folder that the session was started in."""
    return [path.name for path in Path().iterdir()]


def mode(path: str | Path) -> int:
    """Return the permissions of a file."""
    return Path(path).stat().st_mode & 0o777


def write_file(path: str, data: bytes) -> bytes:
    """Write a file and return what it holds."""
    Path(path).write_bytes(data)
    return data


def write_csr(path: str, name: str) -> bytes:
    """Write the request of an owner who has made a key of their own, and return it."""
    key = keys.make_key(KeyType.EC_P256)
    return write_file(path, csr.make_csr(key, [name], [], None))


async def go_to(app: CertmgrApp, pilot: Pilot[int], server: str) -> None:
    """Put the cursor of the list on the row of a server."""
    table = app.screen.query_one(RowList)
    place = next(index for index, row in enumerate(table.view.rows) if row.server == server)
    table.action_move(place - table.view.cursor)
    await settle(app, pilot)


def enter(app: CertmgrApp, name: str = "admin") -> None:
    """Unlock a slot."""
    app.backend.enter(app.backend.unlock(name, PASSPHRASE))


async def press_act(app: CertmgrApp, pilot: Pilot[int]) -> None:
    """Press the button that stands for the act."""
    app.screen.query_one("#act", Choice).action_press()
    await settle(app, pilot)


async def put(app: CertmgrApp, pilot: Pilot[int], **fields: str) -> None:
    """Type into the fields of a form."""
    for name, text in fields.items():
        app.screen.query_one(f"#{name}", Input).value = text
    await settle(app, pilot)
