"""One certificate: its sections, what its endpoints show now, hostile and wide data in every field."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from certmgr.models.certificates import CertificateId
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.models.servers import Endpoint, Installation
from certmgr.operations import applications, certificates, deployment_places, revocations, servers
from certmgr.operations.servers import Facts
from certmgr.pki import csr, keys
from certmgr.queries.certificates import resolve
from certmgr.store import deployments
from tests.clock import START, FakeClock
from tests.home import HomeForTest
from tests.net.servers import serving
from tests.reviewing import submitted, wish, with_reviewers
from tests.tui.conftest import Running
from tests.tui.hostile import ALL
from tests.tui.hostile_home import poison_everything
from tests.tui.screens import eventually, press, settle, shown
from tests.tui.test_hostile import clean
from tui.app import CertmgrApp
from tui.backend import Backend
from tui.facts import Section, detail_sections
from tui.present import UNICODE, Ink, width_of
from tui.screens import detail as detail_screen
from tui.screens.detail import DetailScreen
from tui.values.detail import Look, Sight
from tui.widgets.detail_pane import DetailPane

PORTAL = "portal.hub.egov.internal"
SECTIONS = [
    "",
    "NAMES",
    "VALIDITY",
    "KEY AND NUMBERS",
    "CHAIN",
    "DEPLOYMENTS",
    "APPLICATION AND ACCEPTANCE",
    "HISTORY",
]


def identity(home: HomeForTest, name: str = PORTAL) -> CertificateId:
    """Return the certificate that the server should serve."""
    return resolve(home.workspace, name).id


def sections(
    home: HomeForTest, certificate: CertificateId, *, brief: bool = False, looks: dict[int, Look] | None = None
) -> dict[str, str]:
    """Return the text of each section, in their order."""
    backend = Backend(home.workspace)
    found = detail_sections(
        backend.details.of(certificate), width=100, now=START, glyphs=UNICODE, brief=brief, looks=looks or {}
    )
    return {one.title: _text(one) for one in found}


def _text(section: Section) -> str:
    return "\n".join("".join(piece.text for piece in line) for line in section.lines)


async def open_detail(app: CertmgrApp, pilot: Pilot[int], home: HomeForTest, name: str = PORTAL) -> DetailPane:
    """Open the page of a certificate."""
    app.open_detail(identity(home, name))
    await settle(app, pilot)
    assert isinstance(app.screen, DetailScreen)
    return app.screen.query_one(DetailPane)


def deploy(home: HomeForTest, folder: Path | None, port: int | None, name: str = PORTAL) -> int:
    """Record a deployment of the server and return its number."""
    made = deployment_places.add(
        home.workspace,
        home.machine(),
        server=name,
        installation=Installation(folder=str(folder)) if folder else None,
        endpoint=Endpoint(host="127.0.0.1", port=port, sni=name) if port else None,
    )
    return int(made.id)


@contextmanager
def tls_server(place: Path) -> Iterator[int]:
    """Serve the files in a folder; yield the port."""

    def answer(connection: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(place / "fullchain.pem", place / "privkey.pem")
        with context.wrap_socket(connection, server_side=True):
            pass

    with serving(answer) as port:
        yield port


def test_every_section_is_there(home: HomeForTest) -> None:
    """In the order in which they are asked for."""
    assert list(sections(home, identity(home))) == SECTIONS
    titles = list(sections(home, identity(home, "switch-1.district-3.egov.internal")))
    assert titles[1] == "OPEN REVOCATION REQUEST"
    assert "SUCCESSION" in sections(home, identity(home, "mail.hub.egov.internal"))


def test_the_key_names_every_other_certificate_that_has_it(home: HomeForTest) -> None:
    """A CSR that was used twice (R1.8)."""
    name = "twin.hub.egov.internal"
    asked = csr.make_csr(keys.make_key(KeyType.EC_P256), (name,), (), None)
    first = home.issue(name, csr=asked)
    home.issue(name, csr=asked, additional=True)
    found = sections(home, first.id)["KEY AND NUMBERS"]
    assert f"Same key      {name} " in found
    assert "from a CSR" in found
    assert "Key blocked   no" in found


def test_a_blocked_key_is_said_twice(home: HomeForTest) -> None:
    """Under the title, and in its section."""
    one = resolve(home.workspace, PORTAL)
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=one.id,
        cause=Cause.KEY_COMPROMISE,
        confirm=one.server,
        evidence="found",
    )
    found = sections(home, one.id)
    assert "Its key is blocked for good." in found[""]
    assert "Key blocked   for good" in found["KEY AND NUMBERS"]
    assert "Same key      no other certificate" in found["KEY AND NUMBERS"]
    assert "Evidence      found" in found["REVOCATION"]


def test_who_replaced_whom(home: HomeForTest) -> None:
    """The newest first, each with its state (R9.1)."""
    one = resolve(home.workspace, "mail.hub.egov.internal")
    newest = sections(home, one.id)["SUCCESSION"].splitlines()
    assert newest[0].startswith("● valid")
    assert newest[0].endswith("this one")
    assert newest[1].startswith("◇ superseded")
    assert newest[1].endswith("replaced by this one")
    assert one.replaces_id is not None
    assert "replaces this one" in sections(home, one.replaces_id)["SUCCESSION"]


def test_the_application_is_told_with_who_approved_it(home: HomeForTest) -> None:
    """Who asked, who decided and why, and how it was taken (R2.1, R3.3)."""
    reviewed = with_reviewers(home)
    made = submitted(reviewed, reviewed.person("carl"), wish("guarded", "new.egov.internal"))
    for name in ("alice", "bob"):
        applications.approve(
            reviewed.workspace,
            reviewed.person(name),
            made.id,
            reason=f"{name} called them",
            confirm=made.server,
            issue_now=False,
        )
    applications.issue(reviewed.workspace, reviewed.machine(), made.id)
    found = sections(reviewed, identity(reviewed, "new.egov.internal"))["APPLICATION AND ACCEPTANCE"]
    assert "from carl" in found
    assert "by alice: alice called them" in found
    assert "by bob: bob called them" in found
    assert "Acceptance    open until" in found
    reviewed.workspace.close()


def test_what_is_renewed_by_hand_says_so(home: HomeForTest) -> None:
    """Nobody waits for what does not come."""
    assert "by itself from" in sections(home, identity(home))["VALIDITY"]
    servers.edit(home.workspace, home.person(), name=PORTAL, facts=Facts(auto_renew=False))
    assert "by hand from" in sections(home, identity(home))["VALIDITY"]


def test_deployments_say_what_they_have_as_last_known(home: HomeForTest, tmp_path: Path) -> None:
    """Without a look at anything: waiting, and seen serving."""
    deploy(home, tmp_path / "tls", None)
    seen = deploy(home, None, 4433)
    with home.workspace.store().write(home.machine().actor) as tx:
        deployments.set_seen(tx, deployments.get(tx, seen).id, identity(home))  # type: ignore[arg-type]
        tx.record("deployment.seen", f"deployment:{seen}", {})
    found = sections(home, identity(home))["DEPLOYMENTS"]
    # A long path is broken.
    assert f"○waiting{tmp_path / 'tls'}" in "".join(found.split())
    assert "● serving  127.0.0.1:4433" in found
    assert "this certificate: seen serving 2026-11-21 09:00:00 UTC" in found
    assert "p looks at" in found


@pytest.mark.parametrize("sight", list(Sight))
def test_every_sight_has_its_words(home: HomeForTest, sight: Sight) -> None:
    """What an endpoint can show is told, with why it is wrong."""
    number = deploy(home, None, 4433)
    look = Look(place=number, sight=sight, at=START, serial="AB" * 20, subject=ALL, problems=(ALL,))
    found = sections(home, identity(home), looks={number: look})["DEPLOYMENTS"]
    assert " now " in found
    assert clean(found.replace("\n", ""))


def test_the_pane_tells_the_most_important_and_counts_the_rest(home: HomeForTest) -> None:
    """Names and history are cut, empty sections left out."""
    full, brief = sections(home, identity(home)), sections(home, identity(home), brief=True)
    assert "DEPLOYMENTS" not in brief
    assert "APPLICATION AND ACCEPTANCE" not in brief
    assert set(brief) <= set(full)
    for number in range(9):
        with home.workspace.store().write(home.machine().actor) as tx:
            tx.record(f"certificate.noted-{number}", f"certificate:{identity(home)}", {})
    brief = sections(home, identity(home), brief=True)
    assert brief["HISTORY"].splitlines()[-1] == "and 6 more"
    assert "noted-8 by machine" in brief["HISTORY"].splitlines()[0]


async def test_tab_and_brackets_jump_between_sections(home: HomeForTest, running: Running) -> None:
    """Round and round; the one that was jumped to stands out, and the bottom line says which it is."""
    async with running(home) as (app, pilot):
        pane = await open_detail(app, pilot, home)
        await press(app, pilot, "tab")
        assert "names, 2 of 8" in shown(app)
        assert shown(app).splitlines()[4].strip().startswith("NAMES")
        await press(app, pilot, "right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert "chain, 5 of 8" in shown(app)
        (heading,) = [line for line in pane.lines if line and line[0].text.startswith("CHAIN")]
        assert heading[0].ink is Ink.PLACE
        await press(app, pilot, "left_square_bracket")
        assert "key and numbers, 4 of 8" in shown(app)
        await press(app, pilot, "shift+tab", "shift+tab", "shift+tab", "shift+tab")
        assert "history, 8 of 8" in shown(app)
        await press(app, pilot, "tab")
        assert "facts, 1 of 8" in shown(app)
        assert pane.scroll_offset.y == 0


async def test_the_movement_keys_scroll(home: HomeForTest, running: Running) -> None:
    """As in a list."""
    async with running(home) as (app, pilot):
        await open_detail(app, pilot, home)
        top = shown(app)
        for there, back in (("j", "k"), ("ctrl+d", "ctrl+u"), ("pagedown", "pageup"), ("G", "g")):
            await press(app, pilot, there)
            assert shown(app) != top
            await press(app, pilot, back)
            assert shown(app) == top


async def test_a_look_shows_what_the_endpoints_serve_now(
    home: HomeForTest, running: Running, tmp_path: Path, clock: FakeClock
) -> None:
    """The current one, an old one, and a place where nobody answers; the store is not changed."""
    name = "look.egov.internal"
    certificates_folder = home.out / name / "live"
    home.issue(name)
    kept = tmp_path / "old"
    kept.mkdir()
    for file in ("fullchain.pem", "privkey.pem"):
        (kept / file).write_bytes((certificates_folder / file).read_bytes())
    clock.advance(days=1)
    certificates.renew(home.workspace, home.machine(), resolve(home.workspace, name), force=True, reason="test")
    with tls_server(certificates_folder) as new_port, tls_server(kept) as old_port, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        for port in (new_port, old_port, closed.getsockname()[1]):
            deploy(home, None, port, name)
        async with running(home, size=(120, 40)) as (app, pilot):
            await open_detail(app, pilot, home, name)
            await press(app, pilot, "p")
            await eventually(app, pilot, "now shows this certificate")
            await eventually(app, pilot, "now shows another certificate of the server's")
            await eventually(app, pilot, "now could not be reached")
            assert "not-serving" in shown(app)


async def test_a_look_ends_when_its_time_is_up(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has not answered by then is said to be silent, and every key works meanwhile."""
    monkeypatch.setattr(detail_screen, "LOOK_S", 0.2)
    ending = threading.Event()

    def answer(connection: socket.socket) -> None:
        del connection
        ending.wait(3)

    with serving(answer) as port:
        deploy(home, None, port)
        async with running(home, size=(120, 40)) as (app, pilot):
            await open_detail(app, pilot, home)
            await press(app, pilot, "p")
            await eventually(app, pilot, "now did not answer in time")
            await press(app, pilot, "escape")
            assert "NOT AFTER" in shown(app)
        ending.set()


async def test_without_an_endpoint_there_is_nothing_to_look_at(home: HomeForTest, running: Running) -> None:
    """It is said."""
    async with running(home) as (app, pilot):
        await open_detail(app, pilot, home)
        await press(app, pilot, "p")
        await eventually(app, pilot, "No endpoint of portal.hub.egov.internal is on record.")


async def test_a_countdown_draws_its_line_alone(
    home: HomeForTest, running: Running, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of an open request sends one line to the terminal when it ticks."""
    async with running(home) as (app, pilot):
        pane = await open_detail(app, pilot, home, "video-1.district-2.egov.internal")
        drawn: list[Region | None] = []
        refresh = DetailPane.refresh

        def spy(widget: DetailPane, *regions: Region, **options: bool) -> DetailPane:
            drawn.extend(regions or (None,))
            return refresh(widget, *regions, **options)

        monkeypatch.setattr(DetailPane, "refresh", spy)
        clock.advance(minutes=1)
        pane._draw()
        assert [region.height if region else 0 for region in drawn] == [1]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 45)], ids=str)
async def test_hostile_and_wide_data_is_text_on_every_page(
    home: HomeForTest, running: Running, size: tuple[int, int]
) -> None:
    """In every section of the page and in the pane: nothing raw, nothing wider than the screen."""
    poison_everything(home, "gateway.hub.egov.internal")
    async with running(home, size=size) as (app, pilot):
        await press(app, pilot, "enter")
        assert isinstance(app.screen, DetailScreen)
        for _ in range(12):
            said = shown(app)
            assert clean(said)
            assert max(map(width_of, said.splitlines())) <= size[0]
            await press(app, pilot, "pagedown")
        await press(app, pilot, "escape")
        assert clean(shown(app))
        assert app.is_running


def test_wide_characters_keep_the_labels_aligned(home: HomeForTest) -> None:
    """A value in Chinese that is broken goes on under its own beginning."""
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("UPDATE certificate SET purpose = ? WHERE id = ?", ("政务外网门户网站服务器证书" * 4, identity(home)))
        tx.record("certificate.poisoned", "certificate:1", {})
    backend = Backend(home.workspace)
    found = detail_sections(backend.details.of(identity(home)), width=58, now=START, glyphs=UNICODE)
    names = next(one for one in found if one.title == "NAMES")
    wide = [line for line in names.lines if "政" in line[1].text]
    assert len(wide) > 1
    assert {width_of(line[0].text) for line in wide} == {14}
    assert max(width_of("".join(piece.text for piece in line)) for line in names.lines) <= 58


async def test_a_certificate_that_is_gone_is_said(home: HomeForTest, running: Running) -> None:
    """The page of one that is not on record says so."""
    async with running(home) as (app, pilot):
        app.open_detail(CertificateId(9999))
        await settle(app, pilot)
        await eventually(app, pilot, "9999")


async def test_a_change_shows_and_the_place_stays(home: HomeForTest, running: Running) -> None:
    """What another program does to the certificate appears; what was scrolled to stays in sight."""
    async with running(home) as (app, pilot):
        pane = await open_detail(app, pilot, home)
        await press(app, pilot, "tab", "tab", "tab")
        before = pane.scroll_offset.y
        one = resolve(home.workspace, PORTAL)
        revocations.revoke(
            home.workspace,
            home.person(),
            certificate=one.id,
            cause=Cause.SUSPENDED,
            confirm=one.server,
            evidence="told",
        )
        await eventually(app, pilot, "key and numbers")
        for _ in range(200):
            if pane.detail is not None and pane.detail.certificate.held_at is not None:
                break
            await pilot.pause(0.02)
        assert pane.detail is not None
        assert pane.detail.certificate.held_at == START
        assert pane.scroll_offset.y >= before
