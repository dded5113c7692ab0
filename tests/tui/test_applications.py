"""The review queue: who waits for whom, one application with everything verified, and the decisions on it."""

from datetime import timedelta

from certmgr.models.applications import ApplicationState
from certmgr.operations import applications
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.reviewing import actions, submitted, wish
from tests.tui.conftest import Running
from tests.tui.hostile import ALL
from tests.tui.queue import GUARDED, NAME, OWN, by_number, enter, go_to, press_act, put, reviewed, waiting
from tests.tui.screens import eventually, flat, masked, matches_golden, press, settle, shown, stands_on, told
from tests.tui.test_hostile import clean
from tui.dialogs.base import Choice
from tui.dialogs.decide import DecideDialog
from tui.dialogs.notice import NoticeDialog
from tui.screens.applications import ApplicationScreen, ApplicationsScreen

__all__ = ["reviewed", "waiting"]


def order(text: str) -> list[str]:
    """Return the servers of the queue in the order in which they stand on the screen."""
    return sorted((name for name in (NAME, OWN, GUARDED) if name in text), key=text.index)


async def test_those_that_wait_for_me_stand_first(waiting: HomeForTest, running: Running) -> None:
    """The administrator's own is last, whatever its age; of the others the first to expire is first."""
    async with running(waiting) as (app, pilot):
        await press(app, pilot, "A")
        text = shown(app)
        assert order(text) == [NAME, GUARDED, OWN]
        lines = {name: next(line for line in text.splitlines() if name in line) for name in (NAME, GUARDED, OWN)}
        assert "for you" in lines[NAME]
        assert "0 of 1" in lines[NAME]
        assert "4d 20h" in lines[NAME]
        assert "51h" not in lines[NAME]
        assert "2d" in lines[NAME]
        assert "waiting" in lines[OWN]


async def test_names_beside_the_server_are_told_and_the_servers_own_is_not(
    waiting: HomeForTest, running: Running
) -> None:
    """How many more and which; one that asks for nothing but its server says so."""
    async with running(waiting, size=(140, 40)) as (app, pilot):
        await press(app, pilot, "A")
        lines = {
            name: line
            for line in shown(app).splitlines()
            for name in (NAME, OWN, GUARDED)
            if name in line and "open" not in line
        }
        assert "+1 10.1.2.3" in lines[NAME]
        assert " -  " in lines[OWN]
        assert [line.count(name) for name, line in lines.items()] == [1, 1, 1]


async def test_for_whom_they_wait_follows_the_slot(waiting: HomeForTest, running: Running) -> None:
    """Alice's own waits for others; the one that she may decide on waits for her."""
    async with running(waiting) as (app, pilot):
        enter(app, "alice")
        await press(app, pilot, "A")
        lines = {name: next(line for line in shown(app).splitlines() if name in line) for name in (GUARDED, OWN)}
        assert "waiting" in lines[GUARDED]
        assert "for you" in lines[OWN]


async def test_what_is_over_is_hidden_until_it_is_asked_for(waiting: HomeForTest, running: Running) -> None:
    """`a` shows rejected ones too, and the note counts them before."""
    number = by_number(waiting, 1).id
    applications.reject(waiting.workspace, waiting.person("alice"), number, reason="No such server", confirm=NAME)
    async with running(waiting) as (app, pilot):
        await press(app, pilot, "A")
        assert NAME not in shown(app)
        assert "1 hidden" in shown(app)
        await press(app, pilot, "a")
        assert "rejected" in shown(app)
        await press(app, pilot, "slash")
        await press(app, pilot, *"rejected")
        await eventually(app, pilot, "1 of 1")
        assert NAME in shown(app)


async def test_r3_2_the_page_shows_what_was_verified(waiting: HomeForTest, running: Running) -> None:
    """How, when and by whom; who has decided; what happened."""
    number = by_number(waiting, 3).id
    applications.approve(waiting.workspace, waiting.person("bob"), number, reason="Ticket 4711", confirm=GUARDED)
    async with running(waiting, size=(120, 40)) as (app, pilot):
        await press(app, pilot, "A", "j", "enter")
        assert stands_on(app, ApplicationScreen)
        text = shown(app)
        assert f"Application 3: {GUARDED}" in text
        assert f"{GUARDED} lies in the zone egov.internal (alice, 2026-11-23 13:00 CET)" in text
        assert "by bob, 2026-11-23 13:40 CET: Ticket 4711" in text
        assert "application.approved by bob" in text
        await press(app, pilot, "escape")
        assert stands_on(app, ApplicationsScreen)


async def test_approving_with_the_last_approval_issues(waiting: HomeForTest, running: Running) -> None:
    """R2.1: reason, typed name, slot: the certificate is issued, and where its files are is said."""
    async with running(waiting) as (app, pilot):
        enter(app)
        await press(app, pilot, "A", "p")
        assert stands_on(app, DecideDialog)
        await put(app, pilot, reason="Ticket 4711", name=NAME)
        await press(app, pilot, "tab", "tab", "tab", "enter")
        await told(app, pilot, f"Issued {NAME}: serial")
        assert stands_on(app, NoticeDialog)
        assert f"out/{NAME}/live" in flat(app)
    found = by_number(waiting, 1)
    assert found.state(waiting.workspace.now()) is ApplicationState.ISSUED
    assert [(one.by, one.reason) for one in found.decisions] == [("admin", "Ticket 4711")]


async def test_one_of_two_approvals_says_who_is_missing(waiting: HomeForTest, running: Running) -> None:
    """Nothing is issued yet; the next person's word is said to be needed."""
    async with running(waiting) as (app, pilot):
        enter(app)
        await press(app, pilot, "A", "j", "p")
        assert "It then still needs one person." in shown(app)
        await put(app, pilot, reason="Fine", name=GUARDED)
        await press_act(app, pilot)
        await told(app, pilot, "The application 3")
        assert "It waits for one person to approve it" in shown(app)
    assert by_number(waiting, 3).certificate_id is None


async def test_four_eyes_the_same_slot_and_the_applicant_are_refused(waiting: HomeForTest, running: Running) -> None:
    """R2.1: with the reason on screen, what was typed still there, and nothing recorded but the refusal."""
    number = by_number(waiting, 3).id
    applications.approve(waiting.workspace, waiting.person(), number, reason="Once", confirm=GUARDED)
    async with running(waiting) as (app, pilot):
        enter(app)
        await press(app, pilot, "A")
        for server, why in ((OWN, "own; somebody else"), (GUARDED, "has decided on the application 3")):
            await go_to(app, pilot, server)
            await press(app, pilot, "p")
            await put(app, pilot, reason="Twice", name=server)
            await press_act(app, pilot)
            await eventually(app, pilot, "Not done")
            assert why in flat(app)
            await press(app, pilot, "escape")
            assert stands_on(app, DecideDialog)
            assert app.screen.typed("reason") == "Twice"  # type: ignore[attr-defined]
            await press(app, pilot, "escape")
    assert len(by_number(waiting, 3).decisions) == 1
    assert by_number(waiting, 2).decisions == ()


async def test_rejecting_needs_a_reason_and_the_name(waiting: HomeForTest, running: Running) -> None:
    """The button is off until both are there; then it ends the application."""
    async with running(waiting, size=(120, 40)) as (app, pilot):
        enter(app)
        await press(app, pilot, "A", "enter", "t")
        button = app.screen.query_one("#act", Choice)
        for reason, name in (("", ""), ("No", ""), ("", NAME), ("No", NAME.upper())):
            await put(app, pilot, reason=reason, name=name)
            assert button.disabled, (reason, name)
        await put(app, pilot, reason="No such server", name=NAME)
        await press_act(app, pilot)
        await told(app, pilot, "is rejected")
        await press(app, pilot, "escape")
        await eventually(app, pilot, "No such server")
    assert by_number(waiting, 1).state(waiting.workspace.now()) is ApplicationState.REJECTED


async def test_one_s_own_is_withdrawn(waiting: HomeForTest, running: Running) -> None:
    """Another's is refused with the reason, and stays."""
    async with running(waiting) as (app, pilot):
        enter(app)
        await press(app, pilot, "A", "w")
        assert app.focused is app.screen.query_one("#cancel")
        await press_act(app, pilot)
        await eventually(app, pilot, "is carl's")
        await press(app, pilot, "escape", "escape", "j", "j", "w")
        await press_act(app, pilot)
        await told(app, pilot, "is withdrawn")
    assert by_number(waiting, 2).withdrawn_at is not None
    assert by_number(waiting, 1).withdrawn_at is None


async def test_decided_meanwhile_it_says_what_changed_and_does_nothing(waiting: HomeForTest, running: Running) -> None:
    """Another person approves while the dialog is open: nothing is done twice, and the dialog says by whom."""
    async with running(waiting) as (app, pilot):
        enter(app)
        await press(app, pilot, "A", "p")
        await put(app, pilot, reason="Ticket 4711", name=NAME)
        number = by_number(waiting, 1).id
        applications.approve(waiting.workspace, waiting.person("bob"), number, reason="Mine first", confirm=NAME)
        await press_act(app, pilot)
        await eventually(app, pilot, "has changed since")
        text = flat(app)
        assert "approved by bob" in text
        assert "Mine first" in text
        assert "It is issued now." in text
    assert actions(waiting, "application:1").count("application.approved") == 1
    assert [one.by for one in by_number(waiting, 1).decisions] == ["bob"]


async def test_what_is_approved_and_was_left_is_issued(waiting: HomeForTest, running: Running) -> None:
    """The same key issues it; policy is asked again."""
    number = by_number(waiting, 1).id
    applications.approve(waiting.workspace, waiting.person("bob"), number, reason="Fine", confirm=NAME, issue_now=False)
    async with running(waiting) as (app, pilot):
        enter(app)
        await press(app, pilot, "A")
        await go_to(app, pilot, NAME)
        await press(app, pilot, "p")
        assert "Issue     application 1" in shown(app)
        await press_act(app, pilot)
        await told(app, pilot, f"Issued {NAME}")


async def test_without_a_slot_it_is_unlocked_for_the_decision(waiting: HomeForTest, running: Running) -> None:
    """The unlock step says for what; esc there decides nothing and keeps what was typed."""
    async with running(waiting) as (app, pilot):
        await press(app, pilot, "A", "p")
        await put(app, pilot, reason="Ticket 4711", name=NAME)
        await press_act(app, pilot)
        await eventually(app, pilot, "Unlock to approve application 1")
        await press(app, pilot, "escape")
        assert stands_on(app, DecideDialog)
        assert "Nothing was done." in shown(app)
    assert by_number(waiting, 1).decisions == ()


async def test_a_read_only_session_decides_nothing(waiting: HomeForTest, running: Running) -> None:
    """The keys do nothing, and the page can still be read."""
    async with running(waiting, read_only=True) as (app, pilot):
        await press(app, pilot, "A", "p", "t", "w", "i")
        assert stands_on(app, ApplicationsScreen)
        await press(app, pilot, "enter")
        assert stands_on(app, ApplicationScreen)


async def test_an_expired_one_is_over(waiting: HomeForTest, running: Running, clock: FakeClock) -> None:
    """After seven days it waits for nobody."""
    clock.now += timedelta(days=6)
    async with running(waiting) as (app, pilot):
        await press(app, pilot, "A")
        assert order(shown(app)) == [GUARDED]
        await press(app, pilot, "a")
        assert "expired" in shown(app)


async def test_the_screens_are_as_they_were(waiting: HomeForTest, running: Running) -> None:
    """Queue, page and the dialog for a decision at 80x24."""
    async with running(waiting) as (app, pilot):
        for name, keys in (("queue", "A"), ("application", "enter"), ("approve", "p"), ("withdraw", "w")):
            if name == "withdraw":
                await press(app, pilot, "escape")
            await press(app, pilot, keys)
            assert matches_golden(name, masked(shown(app), waiting))


async def test_hostile_words_in_an_application_are_text(reviewed: HomeForTest, running: Running) -> None:
    """Unit and purpose as a stranger may write them: in the queue, on the page and in the dialog."""
    submitted(reviewed, reviewed.person("carl"), wish(name=NAME, owner=ALL, purpose=ALL, contact=ALL, note=ALL))
    for size in ((80, 24), (160, 45)):
        async with running(reviewed, size=size) as (app, pilot):
            await press(app, pilot, "A")
            await settle(app, pilot)
            assert clean(shown(app))
            assert "gotcha" in shown(app) or size == (80, 24)
            await press(app, pilot, "enter")
            assert clean(shown(app))
            assert "gotcha" in shown(app)
            await press(app, pilot, "p")
            assert clean(shown(app))
            assert app.is_running
