"""Accepting and objecting from the interface (R3.3)."""

from datetime import timedelta
from pathlib import Path

import pytest

from certmgr.intake import Wish
from certmgr.models.acceptances import AcceptanceKind
from certmgr.operations import acceptance, certificates
from certmgr.queries.certificates import Detail, detail, resolve
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import poison
from tests.tui.queue import enter, press_act, put, write_csr
from tests.tui.screens import eventually, flat, masked, matches_golden, press, shown, stands_on, told
from tests.tui.test_hostile import clean
from tui.dialogs.acceptance import ObjectDialog
from tui.dialogs.base import Choice
from tui.screens.certificates import CertificatesScreen
from tui.widgets.pick import Pick

NEW = "intake.egov.internal"


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go under the folder that a session is started in."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def issued(home: HomeForTest) -> HomeForTest:
    """Return the filled home with one certificate that may still be objected to."""
    home.issue(NEW)
    return home


def known(home: HomeForTest, server: str = NEW) -> Detail:
    """Return what is on record of the server's oldest certificate."""
    line = detail(home.workspace, resolve(home.workspace, server).id).line
    return detail(home.workspace, line[-1].id)


async def test_r3_3_a_certificate_is_accepted(issued: HomeForTest, running: Running) -> None:
    """With a note; a second time it is said that it was."""
    async with running(issued) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "c")
        assert "an objection is heard until 2026-11-25 00:00 CET" in shown(app)
        await put(app, pilot, note="Checked by the web team")
        await press_act(app, pilot)
        await told(app, pilot, f"{NEW} is accepted, on 2026-11-21 by admin.")
        await press(app, pilot, "c")
        await told(app, pilot, "was accepted on 2026-11-21 by admin already")
        assert stands_on(app, CertificatesScreen)
    taken = known(issued).acceptance
    assert taken is not None
    assert (taken.kind, taken.note) == (AcceptanceKind.ACCEPTED, "Checked by the web team")


async def test_r3_3_an_objection_revokes_and_issues_again(issued: HomeForTest, running: Running) -> None:
    """Reason and typed name: the certificate is revoked, the CRL published, another takes its place."""
    async with running(issued) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "o")
        button = app.screen.query_one("#act", Choice)
        assert "this cannot be undone" in flat(app)
        for reason, name in (("", NEW), ("Wrong owner", ""), ("Wrong owner", "intake")):
            await put(app, pilot, reason=reason, name=name)
            assert button.disabled, (reason, name)
        await put(app, pilot, reason="Wrong owner", name=NEW)
        await press_act(app, pilot)
        await told(app, pilot, "its certificate revoked")
        assert "The certificate is revoked, and the CRL is published." in flat(app)
        assert "Issued in its place" in flat(app)
    old = known(issued)
    assert old.certificate.cause == "issued-in-error"
    assert len(old.line) == 2


async def test_an_objection_may_only_revoke(issued: HomeForTest, running: Running) -> None:
    """With the other choice nothing takes its place, and that is said before and after."""
    async with running(issued) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "o")
        app.screen.query_one("#again", Pick).focus()
        await press(app, pilot, "right")
        assert "Nothing takes its place." in flat(app)
        await put(app, pilot, reason="Wrong names", name=NEW)
        await press_act(app, pilot)
        await told(app, pilot, "its certificate revoked")
        assert "Nothing was issued in its place" in flat(app)
    assert len(known(issued).line) == 1


async def test_a_key_of_its_owner_needs_a_new_csr(home: HomeForTest, running: Running) -> None:
    """The dialog asks for it; the same key again is refused, and what was typed stays (R1.8)."""
    write_csr("next.csr", NEW)
    wish = Wish(dns=(NEW,), csr=write_csr("first.csr", NEW), owner="Mail team", purpose="Mail")
    certificates.issue(home.workspace, home.person(), wish, destination=None)
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "o")
        await put(app, pilot, reason="Wrong owner", name=NEW)
        assert "name the file of a new CSR, or only revoke it" in flat(app)
        await put(app, pilot, csr="first.csr")
        await press_act(app, pilot)
        await eventually(app, pilot, "Not done")
        await press(app, pilot, "escape")
        assert stands_on(app, ObjectDialog)
        assert known(home).certificate.revoked_at is None
        await put(app, pilot, csr="next.csr")
        await press_act(app, pilot)
        await told(app, pilot, "its certificate revoked")
    assert len(known(home).line) == 2


async def test_after_the_time_nobody_objects(issued: HomeForTest, running: Running, clock: FakeClock) -> None:
    """The refusal says why, and no dialog opens."""
    clock.now += timedelta(days=5)
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "o")
        await eventually(app, pilot, "counts as accepted")
        assert not stands_on(app, ObjectDialog)


async def test_accepted_meanwhile_the_objection_says_so(issued: HomeForTest, running: Running) -> None:
    """The subscriber accepts on the command line while the dialog is open: nothing is revoked."""
    async with running(issued) as (app, pilot):
        enter(app)
        await press(app, pilot, "G", "o")
        await put(app, pilot, reason="Wrong owner", name=NEW)
        acceptance.accept(issued.workspace, issued.machine(), certificate=known(issued).certificate.id)
        await press_act(app, pilot)
        await eventually(app, pilot, "it was accepted or objected to")
    assert known(issued).certificate.revoked_at is None


async def test_both_from_the_page_of_a_certificate(issued: HomeForTest, running: Running) -> None:
    """The same keys there."""
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "enter", "c")
        assert f"Accept    {NEW}" in shown(app)
        await press(app, pilot, "escape", "o")
        assert f"Object to {NEW}" in shown(app)


async def test_hostile_words_are_text(issued: HomeForTest, running: Running) -> None:
    """The purpose as a foreign store may hold it."""
    poison(issued, known(issued).certificate.id)
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G")
        for key in ("c", "o"):
            await press(app, pilot, key)
            assert clean(shown(app))
            assert "gotcha" in shown(app)
            await press(app, pilot, "escape")


async def test_the_dialogs_are_as_they_were(issued: HomeForTest, running: Running) -> None:
    """Both at 80x24."""
    async with running(issued) as (app, pilot):
        await press(app, pilot, "G", "c")
        assert matches_golden("accept", masked(shown(app), issued))
        await press(app, pilot, "escape", "o")
        assert matches_golden("object", masked(shown(app), issued))
