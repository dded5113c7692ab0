"""What can be done from the tables of notices, campaigns, the journal, CAs and the doctor; and the check."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from certmgr.files import held
from certmgr.models.notices import NoticeState
from certmgr.operations import servers
from certmgr.queries import campaigns as campaign_queries
from certmgr.queries import notices as notice_queries
from certmgr.store import journal
from certmgr.workspace import machine_key_file
from tests import noticing
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.furnished import BACKUP, announce, furnish, tell
from tests.tui.hostile import ALL
from tests.tui.revoking import unlock
from tests.tui.screens import eventually, go, masked, matches_golden, press, settle, shown, stands_on, told
from tests.tui.test_hostile import clean
from tests.tui.test_tables import settled
from tui.app import CertmgrApp
from tui.dialogs.authority_export import AuthorityExportDialog
from tui.dialogs.notice import NoticeDialog
from tui.dialogs.revoke_authority import RevokeAuthorityDialog
from tui.dialogs.typed import ConfirmDialog, NameDialog
from tui.dialogs.unlock import UnlockDialog
from tui.screens.facts import FactsScreen
from tui.screens.run import RunScreen
from tui.widgets.filter_bar import FilterInput


async def test_notices_that_failed_are_tried_again(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """The marked ones, at once: the course is shown, the answer is on record."""
    home, _ = noticing.by_command(home, clock)
    ids = tell(home)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "notices")
        await settle(app, pilot)
        await press(app, pilot, "space", "t")
        assert stands_on(app, UnlockDialog)
        await unlock(app, pilot)
        await eventually(app, pilot, "All were sent.")
        assert stands_on(app, RunScreen)
        await press(app, pilot, "escape")
        assert "sent" in shown(app).splitlines()[3]
    assert notice_queries.get(home.workspace, ids[3]).state is NoticeState.SENT
    home.workspace.close()


async def test_a_notice_that_was_sent_is_not_sent_again(home: HomeForTest, running: Running) -> None:
    """Each reason is shown, and nothing is changed."""
    ids = tell(home)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "notices")
        await settle(app, pilot)
        await press(app, pilot, "j", "j", "enter", "t")
        await unlock(app, pilot)
        await eventually(app, pilot, f"The notice {ids[0]} is sent.")
        assert stands_on(app, NoticeDialog)
        await press(app, pilot, "escape")
        assert "It was not carried out." in shown(app)


async def test_a_test_notice_tells_what_the_other_side_answers(
    home: HomeForTest, running: Running, clock: FakeClock
) -> None:
    """It goes out by every channel, needs no slot and is not recorded."""
    home, log = noticing.by_command(home, clock)
    async with running(home) as (app, pilot):
        await go(app, pilot, "notices")
        await press(app, pilot, "T")
        await eventually(app, pilot, "The test was taken everywhere.")
        assert "command: sent" in shown(app)
    assert "test" in log.read_text()
    assert notice_queries.every(home.workspace) == ()
    home.workspace.close()


async def test_a_test_without_a_channel_says_where_one_is_configured(home: HomeForTest, running: Running) -> None:
    """The reason and the next step, on the page."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "notices")
        await press(app, pilot, "T")
        await eventually(app, pilot, "No channel is configured.")
        assert "[notices]" in shown(app)


async def test_covered_notices_are_hidden_until_asked_for(home: HomeForTest, running: Running) -> None:
    """They were never to be sent; the page says why."""
    tell(home)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "notices")
        await settle(app, pilot)
        assert "1 of 3, 1 hidden" in shown(app)
        await press(app, pilot, "a", "j", "enter")
        assert "A later notice tells more" in shown(app)


async def test_a_campaign_is_given_up_by_its_whole_name(home: HomeForTest, running: Running) -> None:
    """While members are left: who is left stands on its page, and the promise becomes void."""
    announce(home)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "campaigns")
        await press(app, pilot, "j", "enter")
        assert "LEFT (7)" in shown(app)
        assert "node-03.unit-4.egov.internal" in shown(app)
        await press(app, pilot, "X")
        assert stands_on(app, NameDialog)
        await press(app, pilot, "escape", "escape", "X")
        assert matches_golden("close-campaign-80x24", masked(shown(app), home))
        app.screen.query_one("#answer", Input).value = "new-rack"
        await press(app, pilot, "enter")
        assert stands_on(app, NameDialog)
        app.screen.query_one("#answer", Input).value = "new-racks"
        await press(app, pilot, "enter")
        await unlock(app, pilot)
        await told(app, pilot, "The campaign new-racks is closed.")
        assert "1 hidden" in shown(app)
    found = campaign_queries.find(home.workspace, "new-racks")
    assert found.campaign.closed_at is not None
    assert found.commitment is not None
    assert found.commitment.voided_at is not None
    home.workspace.close()


async def test_a_finished_campaign_is_closed_without_typing(home: HomeForTest, running: Running) -> None:
    """Nothing is lost, so enter on the button is enough; the focus does not begin on it."""
    announce(home)
    servers.retire(home.workspace, home.person(), name=BACKUP, confirm=BACKUP)
    home.workspace.close()
    async with running(home) as (app, pilot):
        await go(app, pilot, "campaigns")
        await settle(app, pilot)
        assert "100%" in shown(app).splitlines()[3]
        await press(app, pilot, "X")
        assert stands_on(app, ConfirmDialog)
        await press(app, pilot, "enter")
        assert not stands_on(app, ConfirmDialog)
        assert "finished" in shown(app)
        await press(app, pilot, "X", "tab", "enter")
        await unlock(app, pilot)
        await told(app, pilot, "The campaign before-winter is closed.")


async def test_the_journal_is_searched_and_an_entry_shown_whole(home: HomeForTest, running: Running) -> None:
    """Newest first; words of actor, action and object; the entry with its hash and the one before it."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "journal")
        await search(app, pilot, "crl.signed !authority:1")
        lines = [line for line in shown(app).splitlines()[3:-2] if line.strip(" │┃")]
        assert lines
        assert all("crl.signed" in line for line in lines)
        await press(app, pilot, "escape")
        await search(app, pilot, "certificate:3")
        await press(app, pilot, "G", "enter")
        assert "certificate:3" in shown(app)
        with home.workspace.store().read() as snapshot:
            entry = journal.for_objects(snapshot, "certificate:3")[0]
        home.workspace.close()
        assert entry.hash[:32] in shown(app)
        assert entry.prev[:32] in shown(app)
        assert "it follows from the entry before it" in shown(app)


async def test_the_whole_journal_is_proved(home: HomeForTest, running: Running) -> None:
    """How many entries, and the hash that is worth keeping."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "journal")
        await press(app, pilot, "v")
        await eventually(app, pilot, "The journal is whole: 193 entries.")
        with home.workspace.store().read() as snapshot:
            last = journal.last(snapshot)
        home.workspace.close()
        assert last is not None
        assert last.hash in shown(app)
        await press(app, pilot, "escape")
        assert "ENTRY" in shown(app)


def tamper(home: HomeForTest) -> None:
    """Change an entry, as somebody does who can write the file."""
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("DROP TRIGGER journal_no_update")
        tx.change("UPDATE journal SET actor = ? WHERE seq = 192", (ALL,))
        tx.record("journal.tampered", "journal:192", {})
    home.workspace.close()


async def search(app: CertmgrApp, pilot: Pilot[int], text: str) -> None:
    """Filter the list."""
    await press(app, pilot, "slash")
    app.screen.query_one(FilterInput).value = text
    await press(app, pilot, "enter")


async def test_a_journal_that_was_changed_is_found_out(home: HomeForTest, running: Running) -> None:
    """Each finding, and what to do; the entry's own page says so, too."""
    tamper(home)
    async with running(home) as (app, pilot):
        await go(app, pilot, "journal")
        await settle(app, pilot)
        await press(app, pilot, "v")
        await eventually(app, pilot, "The journal is not whole: 1 finding.")
        assert "entry 192 was changed" in shown(app)
        await press(app, pilot, "escape", "j", "j", "enter")
        assert "it does not match its hash" in shown(app)
        assert clean(shown(app))


async def test_leaving_the_proof_ends_it(home: HomeForTest, running: Running) -> None:
    """Nobody waits for the rest: the lane is free for the next."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "journal")
        await press(app, pilot, "v", "escape", "v", "escape", "v")
        await eventually(app, pilot, "The journal is whole")


async def test_the_crl_is_published_from_the_list(home: HomeForTest, running: Running) -> None:
    """Signed, put in place, fetched back; the list shows the new number."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "authorities")
        await press(app, pilot, "j", "p")
        await unlock(app, pilot)
        await eventually(app, pilot, "Relying parties can see it.")
        assert "issuing-2025-1  CRL number" in shown(app)
        await press(app, pilot, "escape")
        line = next(line for line in shown(app).splitlines() if "issuing-2025-1" in line)
        assert "3d 00h" in line
        await press(app, pilot, "k", "p")
        await eventually(app, pilot, "root-2025  CRL number")


async def test_a_crl_that_cannot_be_published_is_told(home: HomeForTest, running: Running) -> None:
    """Why, and that the check goes on trying."""
    home.public.rename(home.public.with_name("away"))
    home.public.write_text("Nothing can be published here.")
    async with running(home) as (app, pilot):
        await go(app, pilot, "authorities")
        await press(app, pilot, "j", "enter", "p")
        await unlock(app, pilot)
        await eventually(app, pilot, "Relying parties cannot see the new CRL of issuing-2025-1.")


async def test_the_root_is_exported_as_text_and_as_a_file(home: HomeForTest, running: Running, tmp_path: Path) -> None:
    """PEM with its fingerprint, the commands for a system, and a new file; a file that is there is not replaced."""
    async with running(home, size=(80, 60)) as (app, pilot):
        await go(app, pilot, "authorities")
        await press(app, pilot, "e")
        assert stands_on(app, AuthorityExportDialog)
        await press(app, pilot, "enter")
        assert stands_on(app, FactsScreen)
        assert "-----END CERTIFICATE-----" in shown(app)
        await press(app, pilot, "escape", "e", *["down"] * 4, "enter")
        assert "update-ca-certificates" in shown(app)
        await press(app, pilot, "escape")
        target = tmp_path / "chain.pem"
        for text in ("Wrote", "is there already"):
            await press(app, pilot, "e")
            app.screen.query_one("#what", OptionList).highlighted = 2
            app.screen.query_one("#path", Input).value = str(target)
            await press(app, pilot, "tab", "enter")
            await eventually(app, pilot, text)
            await press(app, pilot, "escape")
        assert target.read_text().count("BEGIN CERTIFICATE") == 2


async def test_a_read_only_session_shows_exports_and_writes_none(home: HomeForTest, running: Running) -> None:
    """The field for the file is closed, and it is said why."""
    async with running(home, read_only=True) as (app, pilot):
        await go(app, pilot, "authorities")
        await press(app, pilot, "e")
        assert app.screen.query_one("#path", Input).disabled
        assert matches_golden("export-ca-80x24", masked(shown(app), home))


async def test_x_opens_the_dialog_for_a_ca(home: HomeForTest, running: Running) -> None:
    """That of an issuing CA; a root is not revoked but taken out of the trust stores."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "authorities")
        await press(app, pilot, "x")
        await told(app, pilot, "A root cannot be revoked")
        await press(app, pilot, "j", "x")
        assert stands_on(app, RevokeAuthorityDialog)


async def test_the_home_is_examined_line_by_line(home: HomeForTest, running: Running) -> None:
    """The worst first; enter shows the next step, and v examines again: what was repaired is gone."""
    async with running(home) as (app, pilot):
        await go(app, pilot, "doctor")
        await eventually(app, pilot, "1 of 18")
        rows = shown(app).splitlines()[3:-1]
        words = [line.split()[1] for line in rows if line.strip()]
        assert words == sorted(words)
        assert words[0] == "attention"
        await press(app, pilot, "slash", *"check has never", "enter", "enter")
        assert "See whether cron or the timer still runs it." in shown(app)
        log = home.path / "log"
        (log / "last-check").write_text(home.workspace.now().isoformat() + "\n")
        await press(app, pilot, "v")
        await eventually(app, pilot, "No finding matches")


async def test_a_damaged_record_is_the_worst(home: HomeForTest, running: Running) -> None:
    """It stands first, in the words of damage, and the page says that nothing is to be changed."""
    tamper(home)
    async with running(home) as (app, pilot):
        await go(app, pilot, "doctor")
        await eventually(app, pilot, "1 of 18")
        assert "✗ damaged" in shown(app).splitlines()[3]
        await press(app, pilot, "g", "enter")
        assert "Change nothing here." in shown(app)
        assert clean(shown(app))


async def test_the_check_runs_as_the_machine(home: HomeForTest, running: Running) -> None:
    """From the palette, without a slot: its steps are shown, and the store says that it ran."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "ctrl+p", *"run the check")
        await pilot.pause(0.3)
        await press(app, pilot, "enter")
        await eventually(app, pilot, "The check has ended:")
        assert stands_on(app, RunScreen)
        await press(app, pilot, "g")
        assert matches_golden("check-80x24", settled(shown(app), home))
    assert (home.path / "log" / "last-check").exists()


async def test_without_the_machines_key_the_check_asks_for_a_slot(home: HomeForTest, running: Running) -> None:
    """A person may run it; who does not unlock does nothing."""
    machine_key_file(home.workspace.config).unlink()
    async with running(home) as (app, pilot):
        app.action_run_check()
        await settle(app, pilot)
        assert stands_on(app, UnlockDialog)
        await press(app, pilot, "escape")
        await eventually(app, pilot, "It was not carried out.")
        await press(app, pilot, "escape")
        app.action_run_check()
        await settle(app, pilot)
        await unlock(app, pilot)
        await eventually(app, pilot, "The check has ended:")


async def test_a_check_that_is_left_goes_on_and_is_told(home: HomeForTest, running: Running) -> None:
    """What writes is not cut off with its page."""
    async with running(home) as (app, pilot):
        with held(home.path / "log"):
            app.action_run_check()
            await pilot.pause()
            assert stands_on(app, RunScreen)
            assert "Doing all that is due" in shown(app)
            await pilot.press("escape")
            assert app.acts.busy
        await told(app, pilot, "The check has ended:")
        assert (home.path / "log" / "last-check").exists()


async def test_hostile_steps_are_text(home: HomeForTest, running: Running) -> None:
    """What a check says of hostile records is shown as text."""
    furnish(home)
    home.workspace.close()
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("UPDATE server SET name = ? || name", (ALL,))
        tx.record("server.poisoned", "server:1", {})
    home.workspace.close()
    async with running(home) as (app, pilot):
        app.action_run_check()
        await eventually(app, pilot, "The check has ended:")
        for _ in range(10):
            assert clean(shown(app))
            await press(app, pilot, "ctrl+u")
        assert app.is_running
