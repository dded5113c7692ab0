"""Two interfaces and the command line act on one certificate: one does it, the others are told."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from certmgr.models.operators import Actor, Role
from certmgr.queries.certificates import detail, resolve
from certmgr.store import journal
from tests.home import HomeForTest
from tests.tui.conftest import Running
from tests.tui.queue import NAME, by_number, enter, go_to, put, reviewed, waiting
from tests.tui.revoking import PORTAL
from tests.tui.screens import eventually, flat, press, settle, shown, stands_on
from tui.app import CertmgrApp
from tui.dialogs.notice import NoticeDialog

pytestmark = pytest.mark.no_cover  # it would take twice as long, and runs what others run
__all__ = ["reviewed", "waiting"]
NEW = "intake-2.egov.internal"
ALICE = Actor(name="alice", role=Role.ADMINISTRATOR, os_uid=0)
PATIENCE_S = 25.0

Prepare = Callable[[CertmgrApp, Pilot[int]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act: how it is prepared so that one key does it, what says that it was done, and what is left of it."""

    name: str
    prepare: Prepare
    done: str
    """What the one who does it is told."""
    changed: str
    """What the second one is told."""
    words: tuple[str, ...]
    """The same on the command line."""
    action: str
    """In the journal."""
    rows: Callable[[HomeForTest], int]
    """How many records it has left."""
    again: int = 4
    """The exit code of the command line where it was done already; 0: it tells by whom and when."""


async def _revoke(app: CertmgrApp, pilot: Pilot[int]) -> None:
    await go_to(app, pilot, PORTAL)
    await press(app, pilot, "x", "2")
    app.screen.query_one("#name", Input).value = PORTAL
    await settle(app, pilot)


async def _hold(app: CertmgrApp, pilot: Pilot[int]) -> None:
    await go_to(app, pilot, PORTAL)
    await press(app, pilot, "H", *"order")
    app.screen.query_one("#name", Input).value = PORTAL
    app.screen.query_one("#name", Input).focus()
    await settle(app, pilot)


async def _renew(app: CertmgrApp, pilot: Pilot[int]) -> None:
    await go_to(app, pilot, PORTAL)
    await press(app, pilot, "r")
    assert app.focused is app.screen.query_one("#act")


async def _approve(app: CertmgrApp, pilot: Pilot[int]) -> None:
    await press(app, pilot, "A", "p")
    await put(app, pilot, reason="Ticket 4711", name=NAME)
    app.screen.query_one("#act").focus()
    await settle(app, pilot)


async def _accept(app: CertmgrApp, pilot: Pilot[int]) -> None:
    await go_to(app, pilot, NEW)
    await press(app, pilot, "c")
    await put(app, pilot, note="Checked")
    app.screen.query_one("#act").focus()
    await settle(app, pilot)


def _requests(home: HomeForTest) -> int:
    return len(detail(home.workspace, resolve(home.workspace, PORTAL).id).revocations)


ACTS = (
    Act(
        name="revoke",
        prepare=_revoke,
        done="is revoked and the CRL is published",
        changed="revoked already",
        words=("revoke", PORTAL, "--cause", "key-lost", "--confirm", PORTAL),
        action="certificate.revoked",
        rows=_requests,
    ),
    Act(
        name="hold",
        prepare=_hold,
        done="is held until",
        changed="it is suspended",
        words=("hold", PORTAL, "--evidence", "an order", "--confirm", PORTAL),
        action="certificate.held",
        rows=_requests,
    ),
    Act(
        name="renew",
        prepare=_renew,
        done=f"Renewed: Issued {PORTAL}",
        changed="it was renewed",
        words=("renew", PORTAL),
        action="certificate.issued",
        rows=lambda home: len(detail(home.workspace, resolve(home.workspace, PORTAL).id).line) - 1,
    ),
    Act(
        name="approve",
        prepare=_approve,
        done=f"Issued {NAME}",
        changed="has changed since",
        words=("application", "approve", "1", "--reason", "Ticket", "--confirm", NAME),
        action="application.approved",
        rows=lambda home: len(by_number(home, 1).decisions),
    ),
    Act(
        name="accept",
        prepare=_accept,
        done=f"{NEW} is accepted",
        changed="it was accepted",
        words=("accept", NEW),
        action="certificate.accepted",
        rows=lambda home: int(detail(home.workspace, resolve(home.workspace, NEW).id).acceptance is not None),
        again=0,
    ),
)


def entries(home: HomeForTest, action: str) -> int:
    """Return how many entries of the journal say so."""
    with home.workspace.store().read() as snapshot:
        found = [entry.action for entry in journal.entries(snapshot)]
    home.workspace.close()
    return found.count(action)


def said(app: CertmgrApp) -> str:
    """Return all that this session was told."""
    return " ".join("".join(piece.text for piece in line) for line in app.messages)


async def ended(act: Act, *sides: tuple[CertmgrApp, Pilot[int]]) -> list[bool]:
    """Wait until each has done it or was told that it was not done; return which have done it."""
    end = monotonic() + PATIENCE_S
    for app, pilot in sides:
        while act.done not in said(app) and not (stands_on(app, NoticeDialog) and "Not done" in shown(app)):
            if monotonic() > end:
                raise AssertionError(f"{said(app)}\n{shown(app)}")
            await pilot.pause(0.02)
    return [act.done in said(app) for app, _ in sides]


@pytest.fixture
def shared(waiting: HomeForTest) -> HomeForTest:
    """Return a home with everything that these acts are about."""
    waiting.issue(NEW)
    waiting.workspace.close()
    return waiting


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
async def test_the_second_is_told_what_changed(shared: HomeForTest, running: Running, act: Act) -> None:
    """Both dialogs are open; one acts; the other, and then the command line, are told, and nothing is done twice."""
    before, rows = entries(shared, act.action), act.rows(shared)
    async with running(shared) as (one, first), running(shared) as (other, second):
        for app, pilot in ((one, first), (other, second)):
            enter(app)
            await act.prepare(app, pilot)
        await press(one, first, "enter")
        assert await ended(act, (one, first)) == [True]
        await press(other, second, "enter")
        await eventually(other, second, "Not done")
        assert act.changed in flat(other), flat(other)
        assert act.done not in said(other)
    shared.workspace.close()
    assert shared.run(*act.words, as_admin=True).returncode == act.again
    assert entries(shared, act.action) - before == 1
    assert act.rows(shared) - rows == 1


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
async def test_all_at_once_it_is_done_once(shared: HomeForTest, running: Running, act: Act) -> None:
    """Two interfaces and a command begin while the store is locked: whoever comes first does it, and nobody else."""
    before, rows = entries(shared, act.action), act.rows(shared)
    async with running(shared) as (one, first), running(shared) as (other, second):
        sides = ((one, first), (other, second))
        for app, pilot in sides:
            enter(app)
            await act.prepare(app, pilot)
        with shared.workspace.store().write(ALICE):
            command = asyncio.create_task(asyncio.to_thread(shared.run, *act.words, as_admin=True))
            for _, pilot in sides:
                await pilot.press("enter")
            end = monotonic() + PATIENCE_S
            while any(app.backend.waits_since() is None for app, _ in sides):
                assert monotonic() < end, [shown(app) for app, _ in sides]
                await asyncio.sleep(0.01)
        did = await ended(act, *sides)
        done = await command
    shared.workspace.close()
    assert done.returncode in {0, act.again}, done.stderr
    if act.again:
        assert sum(did) + (done.returncode == 0) == 1, (did, done.stderr)
    assert entries(shared, act.action) - before == 1
    assert act.rows(shared) - rows == 1
