"""The queue of revocation requests: what is due first, one request with its times, and every decision on it."""

from certmgr.custody.secrets import Secret
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, ClosedHow, RequestState, Revocation
from certmgr.operations import operators as operator_operations
from certmgr.operations import revocations
from certmgr.queries import revocations as queries
from tests.clock import FakeClock
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest
from tests.tui.conftest import OPEN, OVERDUE, Running
from tests.tui.hostile import ALL
from tests.tui.revoking import PORTAL, portal, unlock
from tests.tui.screens import eventually, masked, matches_golden, press, settle, shown, stands_on, told
from tests.tui.test_hostile import clean
from tui.app import CertmgrApp
from tui.dialogs.notice import NoticeDialog
from tui.dialogs.typed import TextDialog
from tui.dialogs.verify import VerifyDialog
from tui.screens.revocations import RequestScreen, RevocationsScreen
from tui.widgets.row_list import RowList


def ask(home: HomeForTest, *, cause: Cause = Cause.KEY_LOST, evidence: str = "", note: str = "") -> Revocation:
    """Record a request for the portal, as a machine does."""
    (found,) = revocations.request(
        home.workspace,
        home.machine(),
        certificate=portal(home).id,
        cause=cause,
        confirm=PORTAL,
        evidence=evidence,
        note=note,
    )
    return found


def now_of(home: HomeForTest, request: Revocation) -> Revocation:
    """Return the request as it is by now."""
    return queries.detail(home.workspace, request.id).revocation


def rows(app: CertmgrApp) -> list[str]:
    """Return the rows of the list as they are on screen."""
    return shown(app).splitlines()[3 : 3 + len(servers(app))]


def servers(app: CertmgrApp) -> list[str]:
    """Return the servers in the list, in its order."""
    return [row.server for row in app.screen.query_one(RowList).view.rows]


def flowing(app: CertmgrApp) -> str:
    """Return the dialog on top as one line of words, as a sentence that is broken over lines reads."""
    return " ".join(" ".join(max(line.split("│"), key=len) for line in shown(app).splitlines()).split())


def enter(app: CertmgrApp, name: str = "admin") -> None:
    """Unlock a slot without its dialog."""
    app.backend.enter(app.backend.unlock(name, PASSPHRASE))
    app.backend.close_thread()


async def test_the_queue_begins_with_what_is_overdue(home: HomeForTest, running: Running) -> None:
    """Then what is due next, holds to decide last; what is done is hidden until it is asked for (UX 1)."""
    async with running(home, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "R")
        assert stands_on(app, RevocationsScreen)
        first, second, third = rows(app)
        assert servers(app)[0].startswith(OVERDUE)
        assert "OVERDUE 2h" in first
        assert servers(app)[1].startswith(OPEN)
        assert "3h 10m" in second
        assert "held" in third
        assert "decide hold by 12-18" in third
        await press(app, pilot, "a")
        assert "⊘ done" in rows(app)[3]
        await press(app, pilot, "a")
        assert len(rows(app)) == 3


async def test_a_new_request_waits_for_its_acknowledgement_first(
    home: HomeForTest, running: Running, clock: FakeClock
) -> None:
    """The countdown is of what is due next: an hour to be seen, then the rest of 24 to be verified."""
    async with running(home, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "R")
        ask(home)
        await press(app, pilot, "ctrl+r")
        await eventually(app, pilot, "acknowledge by 11-21 10:00")
        assert servers(app)[1] == PORTAL
        assert "acknowledge portal" in shown(app).splitlines()[1]
        clock.advance(hours=2)
        await press(app, pilot, "ctrl+r")
        await eventually(app, pilot, "verify by 11-22 09:00")
        (line,) = [row for row in rows(app) if "portal" in row]
        assert "22h 00m" in line


async def test_the_queue_is_sorted_and_filtered(home: HomeForTest, running: Running) -> None:
    """By what is due, by receipt, by server, either way; every word of the filter stands somewhere in the request."""
    async with running(home, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "R", "a", "s")
        assert "held" in rows(app)[0] or "done" in rows(app)[0]
        await press(app, pilot, "s")
        assert servers(app)[0].startswith("printer")
        await press(app, pilot, "S")
        assert servers(app)[0].startswith("video-1.district-3")
        await press(app, pilot, "slash", *"key-lost", "enter")
        assert len(rows(app)) == 1
        await press(app, pilot, "escape", "slash", "exclamation_mark", *"done", "space", *"video", "enter")
        assert len(rows(app)) == 2
        await press(app, pilot, "escape", "slash", *"held", "enter")
        assert len(rows(app)) == 1


async def test_one_request_shows_every_time_of_its_way(home: HomeForTest, running: Running) -> None:
    """Six times and the seventh, where it was seen, what it rests on, what was promised, its history (R6.1)."""
    async with running(home, size=(120, 60)) as (app, pilot):
        await press(app, pilot, "R", "a", "G", "enter")
        assert stands_on(app, RequestScreen)
        text = shown(app)
        for word in ("Received", "Acknowledged", "Verified", "Revoked", "CRL signed", "Seen", "Unseen after"):
            assert word in text
        for word in ("as it was told", "DISTRIBUTION POINTS", "published by", "certificate.revoked by admin"):
            assert word in text
        await press(app, pilot, "c")
        assert "printer.district-2" in shown(app)
        assert "NAMES" in shown(app)


async def test_a_request_is_acknowledged_once(home: HomeForTest, running: Running) -> None:
    """Who comes second is told that it was done before."""
    request = ask(home)
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "R", "j", "o")
        await told(app, pilot, f"The request {request.id} for {PORTAL} is acknowledged.")
        assert now_of(home, request).acknowledged_at is not None
        await press(app, pilot, "o")
        await told(app, pilot, "was acknowledged before")


async def test_a_request_is_verified_carried_out_and_published(home: HomeForTest, running: Running) -> None:
    """Only with words for what that rests on; the dialog says what will be done before."""
    request = ask(home, cause=Cause.MISUSED, evidence="served at a partner's site", note="from the help desk")
    async with running(home) as (app, pilot):
        await press(app, pilot, "R", "j", "v")
        assert stands_on(app, VerifyDialog)
        for part in (PORTAL, "misused, on the CRL as privilegeWithdrawn (9)", "partner's site", "help desk", "machine"):
            assert part in shown(app)
        await press(app, pilot, "enter")
        assert stands_on(app, VerifyDialog)
        assert now_of(home, request).verified_at is None
        await press(app, pilot, *"called", "enter")
        await unlock(app, pilot)
        await told(app, pilot, f"{PORTAL} is revoked and the CRL is published")
    found = now_of(home, request)
    assert (found.state, found.verified_by, found.verified_how) == (RequestState.DONE, "admin", "called")


async def test_a_publishing_that_fails_leaves_a_verified_request_counting(home: HomeForTest, running: Running) -> None:
    """It is said, and the queue counts down its 24 hours (R6.1)."""
    request = ask(home)
    home.public.rename(home.public.with_name("away"))
    home.public.write_text("Nothing can be published here.")
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "R", "j", "v", *"known", "enter")
        await told(app, pilot, "The request stays open; 24h 00m left.")
        assert "Revocation not finished" in shown(app)
        await press(app, pilot, "escape")
        await eventually(app, pilot, "24h 00m")
    assert now_of(home, request).state is RequestState.REVOKED


async def test_a_request_is_rejected_and_withdrawn_with_a_reason(home: HomeForTest, running: Running) -> None:
    """Without words nothing is closed; the reason stays with the request."""
    for key, how in (("t", ClosedHow.REJECTED), ("w", ClosedHow.WITHDRAWN)):
        request = ask(home)
        async with running(home) as (app, pilot):
            enter(app)
            await press(app, pilot, "R", "j", key)
            assert stands_on(app, TextDialog)
            await press(app, pilot, "enter")
            assert stands_on(app, TextDialog)
            await press(app, pilot, *"mistaken", "enter")
            await told(app, pilot, f"is {how.value}")
            assert PORTAL not in servers(app)
        found = now_of(home, request)
        assert (found.closed_how, found.closing_reason) == (how, "mistaken")
    assert portal(home).revoked_at is None


async def test_the_incident_of_a_leaked_key_is_reported(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """It stays in the queue though it is published, until somebody says to whom it was reported (N10)."""
    request = ask(home, cause=Cause.KEY_COMPROMISE, evidence="found in a repository")
    revocations.fulfil(home.workspace, home.person(), request.id)
    async with running(home, size=(120, 40)) as (app, pilot):
        enter(app)
        await press(app, pilot, "R")
        (line,) = [row for row in rows(app) if "portal" in row]
        assert "report incident by 11-22 09:00" in line
        clock.advance(hours=13)
        await press(app, pilot, "ctrl+r")
        await eventually(app, pilot, "report incident portal")
        assert "report incident portal" in shown(app).splitlines()[1]
        while "portal" not in app.screen.table.current.server:  # type: ignore[attr-defined] # the queue's list
            await press(app, pilot, "j")
        await press(app, pilot, "I", *"security", "enter")
        await told(app, pilot, "is reported")
        assert PORTAL not in servers(app)
    assert now_of(home, request).reported_to == "security"


async def test_who_comes_second_is_told_what_changed(home: HomeForTest, running: Running) -> None:
    """Somebody else decides while the dialog is open: nothing is done twice, and it is said who did what."""
    request = ask(home)
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "R", "j", "v")
        revocations.reject(home.workspace, home.person(), request.id, reason="the owner knows nothing of it")
        await eventually(app, pilot, "Changed meanwhile: the request is rejected.")
        await press(app, pilot, *"called", "enter")
        assert stands_on(app, NoticeDialog)
        assert "is rejected already" in shown(app)
        assert "the owner knows nothing of it" in flowing(app)
        await press(app, pilot, "escape")
        assert stands_on(app, RevocationsScreen)
    assert now_of(home, request).verified_at is None
    assert portal(home).revoked_at is None


async def test_a_decided_request_opens_no_dialog(home: HomeForTest, running: Running) -> None:
    """What is decided already is said at once, with who and when."""
    async with running(home) as (app, pilot):
        for key in ("v", "t", "w"):
            await press(app, pilot, "R", key)
            assert stands_on(app, NoticeDialog), key
            assert "Verified by admin" in shown(app)
            await press(app, pilot, "escape")


async def test_two_interfaces_and_the_command_line_act_on_one_request(home: HomeForTest, running: Running) -> None:
    """Two dialogs are open on one request: one verifies, the other is told; the command line is told, too."""
    request = ask(home)
    async with running(home) as (one, first), running(home) as (other, second):
        for app, pilot in ((one, first), (other, second)):
            enter(app)
            await press(app, pilot, "R", "j", "v", *"called")
            assert stands_on(app, VerifyDialog)
        await press(one, first, "enter")
        await told(one, first, "is revoked and the CRL is published")
        await press(other, second, "enter")
        assert stands_on(other, NoticeDialog)
        assert "is done already" in shown(other)
        await press(other, second, "escape")
        await eventually(other, second, "No open revocation requests")
        assert PORTAL not in servers(other)
        home.workspace.close()
    done = home.run("revocation", "verify", str(request.id), as_admin=True)
    assert done.returncode == 4
    history = queries.detail(home.workspace, request.id).history
    assert [entry.action for entry in history].count("certificate.revoked") == 1


async def test_a_requester_may_withdraw_and_not_verify(home: HomeForTest, running: Running) -> None:
    """The role decides; the refusal names the roles that may."""
    operator_operations.add(
        home.workspace,
        home.person(),
        name="clerk",
        role=Role.REQUESTER,
        passphrase=Secret(PASSPHRASE.encode()),
        kdf=CHEAP_KDF,
    )
    request = ask(home)
    async with running(home) as (app, pilot):
        enter(app, "clerk")
        await press(app, pilot, "R", "j", "v", *"called", "enter")
        assert stands_on(app, NoticeDialog)
        assert "may not carry out revocation" in flowing(app)
    assert now_of(home, request).state is RequestState.RECEIVED


async def test_read_only_shows_the_queue_and_decides_nothing(home: HomeForTest, running: Running) -> None:
    """Every decision is out of reach."""
    async with running(home, read_only=True) as (app, pilot):
        await press(app, pilot, "R", "v", "t", "w", "o", "I", "U")
        assert stands_on(app, RevocationsScreen)
        assert "verify" not in shown(app).splitlines()[-1]


async def test_hostile_words_in_a_request_are_text(home: HomeForTest, running: Running) -> None:
    """In evidence, note, reasons and names: nothing acts, nothing reaches the terminal raw."""
    request = ask(home, cause=Cause.MISUSED, evidence=ALL, note=ALL)
    async with running(home, size=(160, 45)) as (app, pilot):
        enter(app)
        await press(app, pilot, "R", "j")
        await settle(app, pilot)
        assert clean(shown(app))
        await press(app, pilot, "enter")
        assert clean(shown(app))
        assert "gotcha" in shown(app)
        await press(app, pilot, "v")
        assert clean(shown(app))
        assert "gotcha" in shown(app)
        await press(app, pilot, "escape")
        revocations.reject(home.workspace, home.person(), request.id, reason=ALL)
        await press(app, pilot, "v")
        assert clean(shown(app))
        assert app.is_running


async def test_the_queue_is_as_it_was(home: HomeForTest, running: Running) -> None:
    """Queue, request and the dialog that verifies, at the smallest common size."""
    ask(home, cause=Cause.MISUSED, evidence="served at a partner's site on 20 November", note="from the help desk")
    async with running(home) as (app, pilot):
        await press(app, pilot, "R", "a")
        assert matches_golden("revocations-80x24", masked(shown(app), home))
        await press(app, pilot, "j", "v")
        assert matches_golden("verify-80x24", masked(shown(app), home))
        await press(app, pilot, "escape", "enter")
        assert matches_golden("request-80x24", masked(shown(app), home))
