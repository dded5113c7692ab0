"""Renewing from the interface: one, one too early, several, and one whose owner holds the key."""

from pathlib import Path

import pytest

from certmgr.intake import Wish
from certmgr.models.certificates import Certificate
from certmgr.operations import certificates
from certmgr.queries.certificates import detail, resolve
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import poison
from tests.tui.queue import enter, go_to, press_act, put, write_csr
from tests.tui.screens import eventually, flat, masked, matches_golden, press, settle, shown, stands_on, told
from tests.tui.test_hostile import clean
from tui.dialogs.base import Choice
from tui.dialogs.renew import RenewDialog
from tui.screens.certificates import CertificatesScreen

PORTAL = "portal.hub.egov.internal"
DIRECTORY = "directory.hub.egov.internal"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was delivered to `out` goes there again, under the test's own folder."""
    monkeypatch.chdir(tmp_path)


def line(home: HomeForTest, server: str) -> tuple[Certificate, ...]:
    """Return every certificate of a server, the newest first."""
    return detail(home.workspace, resolve(home.workspace, server).id).line


async def test_r5_1_inside_the_window_it_is_renewed_after_a_short_confirmation(
    home: HomeForTest, running: Running
) -> None:
    """Two keys and the slot: the successor is issued to where the certificate was delivered."""
    before = resolve(home.workspace, PORTAL)
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "r")
        assert "5 days left" in shown(app)
        assert app.focused is app.screen.query_one("#act")
        await press(app, pilot, "enter")
        await told(app, pilot, f"Renewed: Issued {PORTAL}")
    newest = resolve(home.workspace, PORTAL)
    assert newest.replaces_id == before.id
    assert newest.spki_sha256 != before.spki_sha256


async def test_r5_1_outside_the_window_it_needs_a_reason(home: HomeForTest, running: Running) -> None:
    """The dialog says from when on it would be allowed; the journal keeps the reason."""
    async with running(home) as (app, pilot):
        enter(app)
        await go_to(app, pilot, DIRECTORY)
        await press(app, pilot, "r")
        assert "Too early: it may be renewed from 2027-09-12 00:00 CEST on." in shown(app)
        assert app.screen.query_one("#act", Choice).disabled
        await put(app, pilot, reason="The algorithm is to be replaced")
        await press_act(app, pilot)
        await told(app, pilot, f"Renewed: Issued {DIRECTORY}")
    assert resolve(home.workspace, DIRECTORY).note == "The algorithm is to be replaced"


async def test_what_cannot_be_renewed_says_why(home: HomeForTest, running: Running) -> None:
    """An expired one is a new application; the dialog offers nothing."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "g", "r")
        assert "cannot be renewed" in flat(app)
        assert "i asks for a new certificate" in flat(app)
        assert app.screen.query_one("#act", Choice).disabled
        await press(app, pilot, "n")
        assert stands_on(app, CertificatesScreen)


async def test_several_are_renewed_each_with_its_result(home: HomeForTest, running: Running) -> None:
    """Marked ones: what can be is renewed, what cannot is named with the reason; nothing stops the others."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "space", "space", "space")
        await go_to(app, pilot, DIRECTORY)
        await press(app, pilot, "space", "r")
        text = flat(app)
        assert "Renew 4 certificates" in text
        assert "2 certificates will be renewed, 2 left out." in text
        await press_act(app, pilot)
        await told(app, pilot, "2 of 2 renewed.")
        text = flat(app)
        assert "expired" in text or "cannot be renewed" in text
        assert "Too early" in text
        await press(app, pilot, "escape")
        assert stands_on(app, CertificatesScreen)
    assert [len(line(home, name)) for name in (PORTAL, "database.hub.egov.internal", DIRECTORY)] == [2, 2, 1]


async def test_with_a_reason_the_early_ones_of_several_are_renewed_too(home: HomeForTest, running: Running) -> None:
    """One reason for all of them."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "space")
        await go_to(app, pilot, DIRECTORY)
        await press(app, pilot, "space", "r")
        assert "1 certificate will be renewed, 1 left out." in flat(app)
        await put(app, pilot, reason="Campaign")
        assert "2 certificates will be renewed." in flat(app)
        await press_act(app, pilot)
        await told(app, pilot, "2 of 2 renewed.")
    assert len(line(home, DIRECTORY)) == 2


async def test_a_key_that_its_owner_holds_needs_a_csr(home: HomeForTest, running: Running) -> None:
    """The dialog says what is needed and takes its path; a bad one changes nothing and loses nothing."""
    name = "owned.egov.internal"
    wish = Wish(dns=(name,), csr=write_csr("first.csr", name), owner="Mail team", purpose="Mail", days=20)
    certificates.issue(home.workspace, home.person(), wish, destination=None)
    write_csr("next.csr", name)
    async with running(home) as (app, pilot):
        enter(app)
        await go_to(app, pilot, name)
        await press(app, pilot, "r")
        assert "Its owner holds the key: a new CSR is needed." in shown(app)
        assert app.screen.query_one("#act", Choice).disabled
        await put(app, pilot, csr="absent.csr")
        await press_act(app, pilot)
        await eventually(app, pilot, "cannot be read")
        await press(app, pilot, "escape")
        assert stands_on(app, RenewDialog)
        await put(app, pilot, csr="next.csr")
        await press_act(app, pilot)
        await told(app, pilot, f"Renewed: Issued {name}")
    assert len(line(home, name)) == 2


async def test_renewed_meanwhile_it_says_so_and_does_nothing(home: HomeForTest, running: Running) -> None:
    """The command line was faster: the second to act is told, and there is one successor."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "r")
        certificates.renew(home.workspace, home.machine(), resolve(home.workspace, PORTAL))
        await press(app, pilot, "enter")
        await eventually(app, pilot, "it was renewed")
    assert len(line(home, PORTAL)) == 2


async def test_it_is_renewed_from_its_own_page(home: HomeForTest, running: Running) -> None:
    """The same key on the page of one certificate."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "enter", "r", "enter")
        await told(app, pilot, f"Renewed: Issued {PORTAL}")


async def test_a_read_only_session_renews_and_exports_nothing(home: HomeForTest, running: Running) -> None:
    """Neither do its other keys open anything."""
    async with running(home, read_only=True) as (app, pilot):
        await press(app, pilot, "j", "r", "e", "c", "o")
        assert stands_on(app, CertificatesScreen)


async def test_hostile_words_in_the_dialogs_are_text(home: HomeForTest, running: Running) -> None:
    """Destination and purpose as a foreign store may hold them."""
    poison(home, resolve(home.workspace, PORTAL).id)
    async with running(home) as (app, pilot):
        for key in ("r", "e"):
            await press(app, pilot, "g", "j", key)
            await settle(app, pilot)
            assert clean(shown(app))
            await press(app, pilot, "escape")
        await press(app, pilot, "asterisk", "r")
        assert clean(shown(app))


async def test_the_dialogs_are_as_they_were(home: HomeForTest, running: Running) -> None:
    """One, one too early, and several, at 80x24."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "r")
        assert matches_golden("renew", masked(shown(app), home))
        await press(app, pilot, "escape")
        await go_to(app, pilot, DIRECTORY)
        await press(app, pilot, "r")
        assert matches_golden("renew-early", masked(shown(app), home))
        await press(app, pilot, "escape", "asterisk", "r")
        assert matches_golden("renew-many", masked(shown(app), home))
