"""Revoking from the interface: asked for, typed, unlocked, carried out, and impossible by accident."""

from concurrent.futures import Future
from datetime import timedelta

from textual.widgets import Input

from certmgr.custody.secrets import Secret
from certmgr.models.certificates import State
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause
from certmgr.operations import operators as operator_operations
from certmgr.operations import revocations
from certmgr.queries.certificates import detail
from tests.clock import FakeClock
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest
from tests.tui.conftest import Running
from tests.tui.revoking import PORTAL, actions, fill, open_dialog, portal, unlock
from tests.tui.screens import eventually, press, settle, shown, stands_on, told
from tui.dialogs.base import Choice
from tui.dialogs.notice import NoticeDialog
from tui.dialogs.revoke import RevokeDialog
from tui.screens.certificates import CertificatesScreen
from tui.widgets.causes import CauseList
from tui.wording import CAUSES


async def test_a_certificate_is_revoked_from_the_list(home: HomeForTest, running: Running) -> None:
    """Cause, name, passphrase: then it is revoked, the CRL is published, and the result is said (R6.1)."""
    async with running(home) as (app, pilot):
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await unlock(app, pilot)
        await told(app, pilot, f"{PORTAL} is revoked and the CRL is published")
        await eventually(app, pilot, "⊘ revoked")
        await press(app, pilot, "exclamation_mark")
        assert "is revoked and the CRL is published" in shown(app)
    found = portal(home)
    assert found.cause == Cause.KEY_LOST.value
    assert actions(home)[-3:] == ["revocation.requested", "revocation.verified", "certificate.revoked"]


async def test_esc_and_n_cancel(home: HomeForTest, running: Running) -> None:
    """Wherever the focus is, but n is a letter while a name is typed; nothing is recorded."""
    before = actions(home)
    async with running(home) as (app, pilot):
        for keys in (("escape",), ("n",), ("2", "escape"), ("tab", "tab", "n")):
            await press(app, pilot, "x")
            assert stands_on(app, RevokeDialog)
            await press(app, pilot, *keys)
            assert stands_on(app, CertificatesScreen), keys
    assert actions(home) == before


async def test_the_focus_is_never_on_what_destroys(home: HomeForTest, running: Running) -> None:
    """It begins in the list of causes, where nothing is chosen or highlighted; enter there revokes nothing."""
    async with running(home) as (app, pilot):
        dialog = await open_dialog(app, pilot)
        causes = dialog.query_one(CauseList)
        assert app.focused is causes
        assert causes.highlighted is None
        await press(app, pilot, "enter", "enter")
        assert "Choose a cause." in shown(app)
        await fill(app, pilot, name="")
        assert not isinstance(app.focused, Choice)


async def test_the_buttons_do_what_they_say(home: HomeForTest, running: Running) -> None:
    """Reached with tab and pressed with space or enter, or clicked."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await press(app, pilot, "j", "x")
        await pilot.click("#cancel")
        await settle(app, pilot)
        assert stands_on(app, CertificatesScreen)
        await press(app, pilot, "x")
        await fill(app, pilot)
        await press(app, pilot, "tab", "space")
        assert stands_on(app, CertificatesScreen)
        assert portal(home).revoked_at is None
        await press(app, pilot, "x")
        await fill(app, pilot)
        await press(app, pilot, "tab", "tab", "enter")
        await told(app, pilot, "is revoked and the CRL is published")


async def test_a_certificate_is_revoked_from_its_detail(home: HomeForTest, running: Running) -> None:
    """The same dialog, for the certificate that is read; the detail then says what became of it."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await press(app, pilot, "j", "enter", "x")
        assert stands_on(app, RevokeDialog)
        assert f"Revoke    {PORTAL}" in shown(app)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await told(app, pilot, "is revoked and the CRL is published")
        await eventually(app, pilot, "⊘ revoked")
        await eventually(app, pilot, "REVOCATION")


async def test_the_name_must_be_typed_whole(home: HomeForTest, running: Running) -> None:
    """Anything but the server's name leaves the button off and enter without effect (N7)."""
    async with running(home) as (app, pilot):
        dialog = await open_dialog(app, pilot)
        await press(app, pilot, "2")
        for name in ("", "portal", f"{PORTAL}.", PORTAL.upper(), "database.hub.egov.internal"):
            dialog.query_one("#name", Input).value = name
            await press(app, pilot, "enter")
            assert dialog.query_one("#act", Choice).disabled, name
            assert app.screen is dialog, name


async def test_r6_2_a_cause_that_needs_evidence_asks_for_it(home: HomeForTest, running: Running) -> None:
    """Without the words enter does nothing; with them they stand with the request."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        dialog = await open_dialog(app, pilot)
        await press(app, pilot, "2")
        assert not dialog.query_one("#evidence", Input).display
        await press(app, pilot, "shift+tab", "9")
        assert app.focused is dialog.query_one("#evidence", Input)
        dialog.query_one("#name", Input).value = PORTAL
        await press(app, pilot, "enter")
        assert app.screen is dialog
        assert dialog.query_one("#act", Choice).disabled
        assert "What was found, where and when" in shown(app)
        assert "Say what it rests on." in shown(app)
        dialog.query_one("#evidence", Input).value = "served at a partner's site"
        await press(app, pilot, "enter")
        await told(app, pilot, "is revoked and the CRL is published")
    (request,) = detail(home.workspace, portal(home).id).revocations
    assert (request.cause, request.evidence) == (Cause.MISUSED, "served at a partner's site")


async def test_a_name_without_a_cause_revokes_nothing(home: HomeForTest, running: Running) -> None:
    """The cause is a choice that nobody makes for the user."""
    async with running(home) as (app, pilot):
        dialog = await open_dialog(app, pilot)
        dialog.query_one("#name", Input).value = PORTAL
        dialog.query_one("#name", Input).focus()
        await press(app, pilot, "enter")
        assert app.screen is dialog
        assert app.focused is dialog.query_one(CauseList)
        assert dialog.query_one("#act", Choice).disabled


async def test_every_cause_is_offered_with_its_reason(home: HomeForTest, running: Running) -> None:
    """All of the agreement's causes but that of a CA, each with what RFC 5280 calls it."""
    async with running(home, size=(120, 40)) as (app, pilot):
        await open_dialog(app, pilot)
        text = shown(app)
        assert {words.cause for words in CAUSES} == set(Cause) - {Cause.CA_COMPROMISE}
        for words in CAUSES:
            assert words.cause.value in text
        assert "keyCompromise (1)" in text
        assert "certificateHold (6)" in text
        await press(app, pilot, "down", "down", "down")
        assert CAUSES[2].means in shown(app)
        assert CAUSES[2].does in shown(app)


async def test_the_dialog_keeps_its_certificate(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """Whatever the list behind it shows by then, what was chosen when it opened is revoked."""
    async with running(home) as (app, pilot):
        dialog = await open_dialog(app, pilot)
        serial = portal(home).serial
        clock.advance(timedelta(days=6))
        await eventually(app, pilot, PORTAL)
        app.screen_stack[0].query_one("CertificateList").action_last()  # type: ignore[attr-defined] # the list moves on
        await settle(app, pilot)
        assert app.screen is dialog
        assert serial in shown(app)
        assert PORTAL in shown(app)


async def test_what_changed_meanwhile_is_told(home: HomeForTest, running: Running) -> None:
    """Somebody else was faster: the operation refuses, the reason stays on screen until it is dismissed."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await open_dialog(app, pilot)
        await fill(app, pilot)
        found = portal(home)
        revocations.revoke(
            home.workspace,
            home.person(),
            certificate=found.id,
            cause=Cause.MISUSED,
            confirm=found.server,
            evidence="seen elsewhere",
        )
        await press(app, pilot, "enter")
        assert isinstance(app.screen, NoticeDialog)
        assert "Not done" in shown(app)
        assert "revoked already" in shown(app)
        await press(app, pilot, "escape")
    assert portal(home).cause == Cause.MISUSED.value


async def test_a_failed_publication_leaves_the_request_open_and_counting(
    home: HomeForTest, running: Running, clock: FakeClock
) -> None:
    """The promise is published, not signed: the banner counts down from 24 hours on every screen (R6.1)."""
    home.public.rename(home.public.with_name("away"))
    home.public.write_text("Nothing can be published here.")
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        assert "2 revocations open" in shown(app)
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await told(app, pilot, "The request stays open; 24h 00m left.")
        assert "Revocation not finished" in shown(app)
        await eventually(app, pilot, "3 revocations open")
        await press(app, pilot, "escape")
        await press(app, pilot, "slash", *"portal")
        await press(app, pilot, "enter")
        assert "◆ revoking" in shown(app)
        clock.advance(hours=23, minutes=30)
        await press(app, pilot, "ctrl+r")
        assert "OVERDUE" in shown(app).splitlines()[1]
        assert "30m" in shown(app)
        await press(app, pilot, "enter")
        assert "3 revocations open" in shown(app)
        assert "Publish by" in shown(app)
        clock.advance(hours=1)
        await press(app, pilot, "ctrl+r")
        assert "and 2 more" in shown(app).splitlines()[1]
    assert portal(home).revoking


async def test_who_may_only_ask_leaves_a_request_to_verify(home: HomeForTest, running: Running) -> None:
    """A requester's request is open until somebody verifies it, and the banner says so."""
    operator_operations.add(
        home.workspace,
        home.person(),
        name="clerk",
        role=Role.REQUESTER,
        passphrase=Secret(PASSPHRASE.encode()),
        kdf=CHEAP_KDF,
    )
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("clerk", PASSPHRASE))
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await told(app, pilot, "waits for a person to verify it")
        await press(app, pilot, "escape")
        await eventually(app, pilot, "3 revocations open")
    assert portal(home).revoked_at is None


async def test_a_suspension_is_a_hold(home: HomeForTest, running: Running) -> None:
    """Suspended puts the certificate on hold, which can be released (R6.2(9))."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await open_dialog(app, pilot)
        app.screen.query_one(CauseList).highlighted = 10
        await fill(app, pilot, key="enter")
        app.screen.query_one("#evidence", Input).value = "order of the network authority"
        await press(app, pilot, "enter")
        await eventually(app, pilot, "■ held      portal")
    assert detail(home.workspace, portal(home).id).state is State.HELD


async def test_read_only_offers_no_revocation(home: HomeForTest, running: Running) -> None:
    """--read-only: no key, no word in the footer, no entry in the palette; the header says so."""
    async with running(home, read_only=True) as (app, pilot):
        await press(app, pilot, "x")
        assert stands_on(app, CertificatesScreen)
        assert "READ-ONLY" in shown(app)
        assert "revoke" not in shown(app).splitlines()[-1]
        assert not any("Revoke" in command.title for command in app.get_system_commands(app.screen))
        await press(app, pilot, "enter", "x")
        assert not stands_on(app, RevokeDialog)


async def test_the_banner_stays_above_a_dialog(home: HomeForTest, running: Running) -> None:
    """It cannot be covered, and it is not dimmed: the dialog has its own."""
    async with running(home) as (app, pilot):
        await open_dialog(app, pilot)
        assert "2 revocations open  OVERDUE 2h 05m" in shown(app).splitlines()[1]


async def test_a_dialog_fits_the_smallest_terminal(home: HomeForTest, running: Running) -> None:
    """At 80x20 every part of the revocation dialog is on screen."""
    async with running(home, size=(80, 20)) as (app, pilot):
        await open_dialog(app, pilot)
        text = shown(app)
        for part in ("Revoke    portal", "Serial", "State", "key-compromise", "Type the server's name", "[ Revoke ]"):
            assert part in text
        await fill(app, pilot)
        assert "Enter revokes." in shown(app)


async def test_leaving_waits_for_a_revocation_that_is_being_carried_out(home: HomeForTest, running: Running) -> None:
    """Q does not cut off a change half-way."""
    async with running(home) as (app, pilot):
        app.acts._open.add(Future())
        await pilot.press("q")
        await pilot.pause(0.05)
        assert "A change is being carried out" in shown(app)
        app.acts._open.clear()
        await pilot.press("q")
        assert app.return_code == 0
