"""What can be done with a server from its list and its page."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from certmgr.models.servers import Endpoint
from certmgr.operations import deployment_places, servers
from certmgr.queries import servers as queries
from tests.home import HomeForTest
from tests.net.servers import serving
from tests.tui.conftest import Running
from tests.tui.furnished import PORTAL, change_facts
from tests.tui.revoking import unlock
from tests.tui.screens import eventually, go, masked, matches_golden, press, settle, shown, stands_on, told
from tui.app import CertmgrApp
from tui.dialogs.notice import NoticeDialog
from tui.dialogs.server import EditServerDialog
from tui.dialogs.typed import NameDialog, TextDialog
from tui.dialogs.unlock import UnlockDialog
from tui.screens.run import RunScreen
from tui.screens.servers import ServerPage, ServersScreen


async def at_portal(app: CertmgrApp, pilot: Pilot[int]) -> None:
    """Go to the list of servers, with the portal alone in it."""
    await go(app, pilot, "servers")
    await press(app, pilot, "slash", *"portal", "enter")


def record(home: HomeForTest) -> queries.ServerState:
    """Return the portal as it is on record."""
    found = queries.get(home.workspace, PORTAL)
    home.workspace.close()
    return found


async def test_facts_are_changed_and_the_promise_is_opened(home: HomeForTest, running: Running) -> None:
    """Owner and contact: the slot is asked for, the change recorded, and what follows from it said (R1.2)."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "E")
        assert stands_on(app, EditServerDialog)
        assert matches_golden("edit-server-80x24", masked(shown(app), home))
        app.screen.query_one("#owner", Input).value = "Portal team"
        app.screen.query_one("#contact", Input).value = "portal@egov.internal"
        await press(app, pilot, "enter")
        await unlock(app, pilot)
        await told(app, pilot, "changed owner, contact")
        assert "Portal team" in shown(app)
    found = record(home)
    assert (found.server.owner, found.contact) == ("Portal team", "portal@egov.internal")
    assert [one.met_at for one in found.commitments] == [None]


async def test_the_renewal_is_changed_by_the_button(home: HomeForTest, running: Running) -> None:
    """By hand and by itself; what is not different is not recorded."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "E", "enter")
        assert stands_on(app, EditServerDialog), "nothing is different yet, so enter does nothing"
        await press(app, pilot, "tab", "tab", "tab", "enter")
        assert "by hand" in shown(app)
        await press(app, pilot, "tab", "tab", "enter")
        await unlock(app, pilot)
        await told(app, pilot, "changed auto renew")
    assert record(home).server.auto_renew is False


async def test_a_change_by_somebody_else_is_not_overwritten(home: HomeForTest, running: Running) -> None:
    """The dialog shows what was; meanwhile a colleague changes the owner: the second to act is told, and loses none."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "E")
        app.screen.query_one("#owner", Input).value = "Mine"
        change_facts(home)
        home.workspace.close()
        await press(app, pilot, "enter")
        await unlock(app, pilot)
        await settle(app, pilot)
        assert stands_on(app, NoticeDialog)
        assert "changed by somebody else" in shown(app)
        assert "The owner has been changed meanwhile." in shown(app)
    assert record(home).server.owner == "Portal team"


async def test_esc_changes_nothing(home: HomeForTest, running: Running) -> None:
    """Not a word is recorded, and no slot is asked for."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        for key in ("E", "X"):
            await press(app, pilot, key, *"abc", "escape")
            assert stands_on(app, ServersScreen)
    assert not record(home).commitments
    assert record(home).server.retired_at is None


async def test_a_change_is_confirmed_with_a_reason(home: HomeForTest, running: Running) -> None:
    """The promise is kept by the word that no new certificate is needed (R1.2)."""
    change_facts(home)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "enter")
        assert stands_on(app, ServerPage)
        assert "to be followed up" in shown(app)
        await press(app, pilot, "c")
        assert stands_on(app, TextDialog)
        assert matches_golden("confirm-server-80x24", masked(shown(app), home))
        await press(app, pilot, "enter")
        assert stands_on(app, TextDialog), "a reason is needed"
        app.screen.query_one("#answer", Input).value = "The owner stands in no certificate"
        await press(app, pilot, "enter")
        await unlock(app, pilot)
        await told(app, pilot, "is followed up")
        assert "The owner stands in no certificate" in shown(app)
    assert record(home).commitments[0].met_at is not None


async def test_without_a_change_there_is_nothing_to_confirm(home: HomeForTest, running: Running) -> None:
    """It is said, and nobody is asked for anything."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "c")
        await told(app, pilot, "No change of")
        assert stands_on(app, ServersScreen)


async def test_a_server_is_retired_by_its_whole_name(home: HomeForTest, running: Running) -> None:
    """A wrong name does nothing, the right one retires it; what is still good is named."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "X")
        assert stands_on(app, NameDialog)
        assert matches_golden("retire-server-80x24", masked(shown(app), home))
        field = app.screen.query_one("#answer", Input)
        field.value = "portal"
        await press(app, pilot, "enter")
        assert stands_on(app, NameDialog)
        field.value = PORTAL
        await press(app, pilot, "enter")
        await unlock(app, pilot)
        await told(app, pilot, "is out of service. Still good")
        await eventually(app, pilot, "1 hidden: a shows them.")
        await press(app, pilot, "a")
        assert "retired" in shown(app)
        await press(app, pilot, "X")
        await told(app, pilot, "is out of service already")
    assert record(home).server.retired_at is not None


async def test_servers_are_sorted_and_found_by_owner(home: HomeForTest, running: Running) -> None:
    """S goes through the orders, S turns them round; words are looked for in name, owner and purpose."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "servers")
        await press(app, pilot, "s")
        assert "OWNER ↑" in shown(app)
        assert "Archive" in shown(app).splitlines()[3]
        await press(app, pilot, "S", "g")
        assert "OWNER ↓" in shown(app)
        assert "网络中心" in shown(app).splitlines()[3]
        await press(app, pilot, "slash", *"registry !database", "enter")
        lines = [line for line in shown(app).splitlines() if "Registry" in line]
        assert len(lines) == 1
        assert "directory.hub" in lines[0]


async def test_a_long_list_of_servers_is_read_in_pages(home: HomeForTest, running: Running) -> None:
    """From the first to the last and back, and the cursor stays on its server while others come."""
    session = home.machine()
    facts = servers.Facts(owner="Many", purpose="one of many")
    for number in range(450):
        servers.add(home.workspace, session, name=f"many-{number:03d}.egov.internal", facts=facts)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "servers")
        assert isinstance(app.screen, ServersScreen)
        await press(app, pilot, "G")
        assert "video-1.district-3" in shown(app)
        assert "489 of 489" in shown(app)
        seen: set[str] = set()
        for _ in range(60):
            await press(app, pilot, "pageup")
            seen |= set(re.findall(r"many-\d{3}\.egov\.internal", shown(app)))
        assert {f"many-{number:03d}.egov.internal" for number in range(450)} <= seen
        await press(app, pilot, "g")
        assert "1 of 489" in shown(app)


@contextmanager
def tls_server(folder: Path) -> Iterator[int]:
    """Serve the files in a folder over TLS; yield the port."""

    def answer(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
        with context.wrap_socket(connection, server_side=True):
            pass

    with serving(answer) as port:
        yield port


@pytest.fixture
def served(home: HomeForTest) -> Iterator[str]:
    """Return the name of a server whose endpoint serves its certificate, the first of the list."""
    name = "a.egov.internal"
    home.issue(name)
    with tls_server(home.out / name / "archive" / "1") as port:
        endpoint = Endpoint(host="127.0.0.1", port=port, sni=name)
        deployment_places.add(home.workspace, home.machine(), server=name, installation=None, endpoint=endpoint)
        home.workspace.close()
        yield name


async def test_verify_shows_what_is_served(home: HomeForTest, running: Running, served: str) -> None:
    """A real handshake, off the interface's thread; the page says whether all is well."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "servers")
        assert served in shown(app).splitlines()[3]
        await press(app, pilot, "v")
        assert stands_on(app, RunScreen)
        await eventually(app, pilot, "All serve the newest certificate, with its chain.")
        assert "127.0.0.1" in shown(app)
        await press(app, pilot, "escape", "enter")
        assert "not serving" in shown(app), "what is looked at by hand is not recorded"


async def test_verify_without_an_endpoint_says_how_to_add_one(home: HomeForTest, running: Running) -> None:
    """The reason and the next step, on the page."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "v")
        await eventually(app, pilot, "certmgr deploy add")


async def test_what_somebody_else_serves_is_told(home: HomeForTest, running: Running, served: str) -> None:
    """An endpoint that is gone: how many do not serve as they should."""
    name = "zz.egov.internal"
    home.issue(name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = Endpoint(host="127.0.0.1", port=free.getsockname()[1], sni=name)
        deployment_places.add(home.workspace, home.machine(), server=name, installation=None, endpoint=endpoint)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "servers")
        await press(app, pilot, "slash", *"zz.egov", "enter", "v")
        await eventually(app, pilot, "1 of 1 do not serve")
        assert "shows no certificate" in shown(app)
        assert served not in shown(app)


async def test_no_slot_no_change(home: HomeForTest, running: Running) -> None:
    """Who does not unlock changes nothing."""
    async with running(home) as (app, pilot):
        await at_portal(app, pilot)
        await press(app, pilot, "E")
        app.screen.query_one("#owner", Input).value = "Nobody"
        await press(app, pilot, "enter")
        assert stands_on(app, UnlockDialog)
        await press(app, pilot, "escape")
        assert stands_on(app, ServersScreen)
    assert record(home).server.owner == "Citizens' office"
