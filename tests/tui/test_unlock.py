"""Unlocking a slot in the interface, and how long it stays so."""

from threading import Event

import pytest
from textual.widgets import Input

from certmgr.models.certificates import CertificateId
from certmgr.workspace import Session
from tests.home import PASSPHRASE, HomeForTest
from tests.tui.conftest import Running
from tests.tui.revoking import PORTAL, fill, open_dialog, portal, unlock
from tests.tui.screens import eventually, press, settle, shown, told
from tui.screens.certificates import CertificatesScreen
from tui.values.revocations import Ask
from tui.views import Outcome


async def test_a_second_revocation_needs_no_second_passphrase(home: HomeForTest, running: Running) -> None:
    """The slot stays unlocked while somebody is there."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await told(app, pilot, "is revoked and the CRL is published")


async def test_the_slot_is_locked_again_when_nobody_is_there(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes without a key, and the passphrase is asked for anew; a key counts as presence."""
    now = [0.0]
    async with running(home) as (app, pilot):
        monkeypatch.setattr(app.backend.core, "_monotonic", lambda: now[0])
        idle = app.backend.core.idle.total_seconds()
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        now[0] = idle - 1
        await press(app, pilot, "j")
        now[0] += idle - 1
        assert app.backend.lock_if_idle() is False
        now[0] += 1
        await told(app, pilot, "The slot admin is locked again: 10 minutes without a key.")
        assert app.backend.unlocked is None


async def test_a_key_locks_the_slot_at_once(home: HomeForTest, running: Running) -> None:
    """ctrl+l, before one leaves the desk."""
    async with running(home) as (app, pilot):
        app.backend.enter(app.backend.unlock("admin", PASSPHRASE))
        await press(app, pilot, "ctrl+l")
        assert app.backend.unlocked is None
        assert "The slot admin is locked." in shown(app)


async def test_the_dialog_says_at_once_who_acts(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot that was just unlocked, while the revocation is being carried out."""
    async with running(home) as (app, pilot):
        go_on, revoke = Event(), app.backend.revoking.revoke

        def waits(certificate: CertificateId, ask: Ask, *, confirm: str) -> Outcome:
            go_on.wait(20)
            return revoke(certificate, ask, confirm=confirm)

        monkeypatch.setattr(app.backend.revoking, "revoke", waits)
        await open_dialog(app, pilot)
        await fill(app, pilot)
        assert "A slot is asked for." in shown(app)
        await press(app, pilot, "enter")
        app.screen.query_one("#passphrase", Input).value = PASSPHRASE
        await pilot.press("enter")
        await eventually(app, pilot, "admin revokes it.")
        assert app.acts.busy
        go_on.set()
        await told(app, pilot, "is revoked and the CRL is published")


async def test_a_wrong_passphrase_is_told_and_asked_for_again(home: HomeForTest, running: Running) -> None:
    """It names the slot, revokes nothing, and leaves the field empty."""
    async with running(home) as (app, pilot):
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await unlock(app, pilot, "not the passphrase")
        assert "admin" in shown(app)
        assert "rong passphrase" in shown(app)
        assert app.screen.query_one("#passphrase", Input).value == ""
        await unlock(app, pilot)
        await told(app, pilot, "is revoked and the CRL is published")


async def test_cancelling_while_the_slot_is_unlocked_leaves_it_locked(
    home: HomeForTest, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key derivation cannot be stopped, but what it gives is thrown away."""
    begun, go_on = Event(), Event()
    async with running(home) as (app, pilot):
        derive = app.backend.unlock

        def slow(name: str, passphrase: str) -> Session:
            begun.set()
            go_on.wait(10)
            return derive(name, passphrase)

        monkeypatch.setattr(app.backend, "unlock", slow)
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        app.screen.query_one("#passphrase", Input).value = PASSPHRASE
        await pilot.press("enter")
        assert begun.wait(10)
        await pilot.press("escape")
        go_on.set()
        await settle(app, pilot)
        assert app.backend.unlocked is None
        assert "Nothing was done: no slot was unlocked." in shown(app)
    assert portal(home).revoked_at is None


async def test_cancelling_the_passphrase_keeps_the_dialog(home: HomeForTest, running: Running) -> None:
    """Nothing is revoked, and what was filled in is still there."""
    async with running(home) as (app, pilot):
        await open_dialog(app, pilot)
        await fill(app, pilot)
        await press(app, pilot, "enter")
        await press(app, pilot, "escape")
        assert "Nothing was done: no slot was unlocked." in shown(app)
        assert app.screen.query_one("#name", Input).value == PORTAL
        await press(app, pilot, "escape")
        assert isinstance(app.screen, CertificatesScreen)
    assert portal(home).revoked_at is None
