"""What a revocation takes along, who may only ask, holds, many at once, and a CA."""

import re
from datetime import timedelta

from textual.widgets import Input, OptionList

from certmgr.custody.secrets import Secret
from certmgr.models.certificates import Certificate, State
from certmgr.models.keys import KeyType
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, HoldEnd
from certmgr.operations import certificates, holds, revocations
from certmgr.operations import operators as operator_operations
from certmgr.pki import csr, keys
from certmgr.queries import authorities
from certmgr.queries import revocations as queries
from certmgr.queries.certificates import detail, resolve
from certmgr.store import commitments
from certmgr.store.certificate_rows import find
from tests.clock import FakeClock
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest
from tests.tui.conftest import Running
from tests.tui.hostile import ALL
from tests.tui.revoking import PORTAL, portal, unlock
from tests.tui.screens import eventually, go, masked, matches_golden, press, settle, shown, stands_on, told
from tests.tui.test_hostile import clean
from tests.tui.test_revocations import enter, flowing
from tui.backend.certificates import Certificates
from tui.backend.core import Core
from tui.dialogs.base import Choice
from tui.dialogs.hold import HoldDialog, ReleaseDialog
from tui.dialogs.notice import NoticeDialog
from tui.dialogs.revoke import RevokeDialog
from tui.dialogs.revoke_authority import RevokeAuthorityDialog
from tui.dialogs.revoke_many import BulkDialog
from tui.dialogs.unlock import UnlockDialog
from tui.screens.certificates import CertificatesScreen
from tui.widgets.fields import Switch
from tui.widgets.pick import Pick

HELD = "video-1.district-3.egov.internal"


SHARED = "shared.hub.egov.internal"


def share_key(home: HomeForTest, number: int) -> list[Certificate]:
    """Issue certificates of one server for one key, as from one CSR; they are the first to expire."""
    wish = csr.make_csr(keys.make_key(KeyType.EC_P256), [SHARED], [], None)
    for index in range(number):
        home.issue(SHARED, csr=wish, days=3 + index, additional=index > 0)
    with home.workspace.store().read() as snapshot:
        return sorted(find(snapshot, "s.name = ?", (SHARED,)), key=lambda one: one.id)


def clerk(home: HomeForTest) -> None:
    """Add a slot that may only ask."""
    operator_operations.add(
        home.workspace,
        home.person(),
        name="clerk",
        role=Role.REQUESTER,
        passphrase=Secret(PASSPHRASE.encode()),
        kdf=CHEAP_KDF,
    )


async def test_a_leaked_key_takes_its_certificates_along(home: HomeForTest, running: Running) -> None:
    """They are named before, and revoked with it; another cause says that it leaves them (R1.6)."""
    shared = share_key(home, 3)
    first, *others = shared
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "x", "1")
        for one in others:
            assert f"{one.serial[:8]} due" in flowing(app) or f"{one.serial[:8]} valid" in flowing(app)
        assert "Revoked with it, same key:" in flowing(app)
        await press(app, pilot, "shift+tab", "2")
        assert "Left as they are, same key:" in flowing(app)
        await press(app, pilot, "shift+tab", "1")
        app.screen.query_one("#evidence", Input).value = "found in a public repository"
        app.screen.query_one("#name", Input).value = SHARED
        await press(app, pilot, "enter")
        await told(app, pilot, f"{SHARED} with 2 others is revoked and the CRL is published")
    causes = {detail(home.workspace, one.id).certificate.cause for one in (first, *others)}
    assert causes == {Cause.KEY_COMPROMISE.value}


async def test_the_rest_of_the_line_is_shown_and_decided(home: HomeForTest, running: Running) -> None:
    """Predecessors and successors with other keys: left alone, or taken along (R1.6, R9.1)."""
    first = portal(home)
    certificates.renew(home.workspace, home.machine(), first)
    newest = resolve(home.workspace, PORTAL)
    assert newest.id != first.id
    row = Certificates(Core(home.workspace)).row(first.id)
    async with running(home) as (app, pilot):
        enter(app)
        app.start_revocation(row)
        await settle(app, pilot)
        await press(app, pilot, "2")
        assert not app.screen.query_one("#line", Switch).display
        await press(app, pilot, "shift+tab", "1")
        assert f"[ ] Take other keys of this server along: {newest.serial[:8]} valid" in shown(app)
        app.screen.query_one("#line", Switch).focus()
        await press(app, pilot, "space")
        assert "[x] Take other keys" in shown(app)
        app.screen.query_one("#evidence", Input).value = "found in a public repository"
        app.screen.query_one("#name", Input).value = PORTAL
        app.screen.query_one("#name", Input).focus()
        await press(app, pilot, "enter")
        await told(app, pilot, "with 1 other is revoked")
    assert detail(home.workspace, newest.id).state is State.REVOKED


async def test_since_when_a_key_leaked_stands_for_the_words(home: HomeForTest, running: Running) -> None:
    """A date is evidence enough for key-compromise; what is no date is said at once."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "x", "1")
        app.screen.query_one("#name", Input).value = PORTAL
        app.screen.query_one("#since", Input).value = "last Tuesday"
        await press(app, pilot, "enter")
        assert stands_on(app, RevokeDialog)
        assert "Since when: 2026-11-21" in shown(app)
        app.screen.query_one("#since", Input).value = "2026-11-20"
        await press(app, pilot, "enter")
        await told(app, pilot, "is revoked and the CRL is published")
    (request,) = detail(home.workspace, portal(home).id).revocations
    assert request.compromised_since is not None
    assert f"{request.compromised_since:%Y-%m-%d %H:%M}" == "2026-11-20 00:00"


async def test_who_may_only_ask_is_told_before(home: HomeForTest, running: Running) -> None:
    """The slot is unlocked, the dialog says that it becomes a request, and only another enter sends it."""
    clerk(home)
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "x", "2")
        assert "A slot is asked for. Publish by 2026-11-22 09:00 UTC." in shown(app)
        app.screen.query_one("#name", Input).value = PORTAL
        await press(app, pilot, "enter")
        assert stands_on(app, UnlockDialog)
        slots = app.screen.query_one("#slots", OptionList)
        prompts = [str(slots.get_option_at_index(index).prompt) for index in range(slots.option_count)]
        slots.highlighted = next(index for index, prompt in enumerate(prompts) if "clerk" in prompt)
        await unlock(app, pilot)
        assert stands_on(app, RevokeDialog)
        assert "clerk may only ask. Verify by 2026-11-22 09:00 UTC." in shown(app)
        assert "[ Ask for it ]" in shown(app)
        assert detail(home.workspace, portal(home).id).revocations == ()
        await press(app, pilot, "enter")
        await told(app, pilot, "waits for a person to verify it")
    (request,) = detail(home.workspace, portal(home).id).revocations
    assert (request.requested_by, request.verified_at) == ("clerk", None)


async def test_a_certificate_is_held_until_a_date(home: HomeForTest, running: Running) -> None:
    """Evidence, date, what becomes of it then, and the name (N2)."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "H")
        assert stands_on(app, HoldDialog)
        await press(app, pilot, "enter")
        assert "Say what it rests on." in shown(app)
        await press(app, pilot, *"order")
        app.screen.query_one("#name", Input).value = PORTAL
        app.screen.query_one("#until", Input).value = "soon"
        await settle(app, pilot)
        assert app.screen.query_one("#act", Choice).disabled
        app.screen.query_one("#until", Input).value = "2026-12-05"
        app.screen.query_one("#then", Pick).focus()
        await press(app, pilot, "right")
        assert "privilegeWithdrawn (9)" in shown(app)
        app.screen.query_one("#name", Input).focus()
        await press(app, pilot, "enter")
        await told(app, pilot, f"{PORTAL} is held until 2026-12-05 23:00 UTC and the CRL is published")
    (request,) = detail(home.workspace, portal(home).id).revocations
    assert (request.hold_then, request.hold_cause) == (HoldEnd.REVOKE, Cause.FEES_UNPAID)


async def test_a_hold_that_is_too_long_keeps_what_was_typed(home: HomeForTest, running: Running) -> None:
    """The refusal is shown above the dialog, which goes on."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "H", *"order")
        app.screen.query_one("#until", Input).value = "2027-11-05"
        app.screen.query_one("#name", Input).value = PORTAL
        await press(app, pilot, "enter")
        assert stands_on(app, NoticeDialog)
        await press(app, pilot, "escape")
        assert stands_on(app, HoldDialog)
        assert app.screen.query_one("#evidence", Input).value == "order"
    assert detail(home.workspace, portal(home).id).state is State.DUE


async def test_a_hold_is_released_from_list_detail_and_queue(home: HomeForTest, running: Running) -> None:
    """The name is typed; the CRL without the serial is published; what is not held says so."""
    held = ("slash", *"state:held", "enter")
    for way in ((*held, "U"), (*held, "enter", "U"), ("R", "G", "U")):
        async with running(home) as (app, pilot):
            enter(app)
            await press(app, pilot, "U")
            await told(app, pilot, "is not held")
            await press(app, pilot, *way)
            assert stands_on(app, ReleaseDialog), way
            await press(app, pilot, "enter")
            assert stands_on(app, ReleaseDialog)
            await press(app, pilot, "escape")
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "R", "G", "U")
        app.screen.query_one("#name", Input).value = HELD
        await press(app, pilot, "enter")
        await told(app, pilot, f"{HELD} is released and the CRL without it is published")
    assert detail(home.workspace, resolve(home.workspace, HELD).id).state is State.VALID


async def test_a_release_that_waits_runs_for_48_hours(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """Who may not decide asks for it; the banner names it when half of the time has passed (N2)."""
    clerk(home)
    async with running(home, size=(120, 40)) as (app, pilot):
        enter(app, "clerk")
        await press(app, pilot, "R", "G", "U")
        assert "clerk may only ask. Decide by 2026-11-23 09:00 UTC." in shown(app)
        app.screen.query_one("#name", Input).value = HELD
        await press(app, pilot, "enter")
        await told(app, pilot, "the release waits for a person who may decide. 2d 00h left.")
        await press(app, pilot, "escape")
        await eventually(app, pilot, "release by 11-23 09:00")
        clock.advance(hours=25)
        await press(app, pilot, "ctrl+r")
        await eventually(app, pilot, "release video-1 in 23h 00m")
    with home.workspace.store().read() as snapshot:
        found = resolve(home.workspace, HELD)
        open_ = [one.kind.value for one in commitments.open(snapshot) if one.object == f"certificate:{found.id}"]
    assert "release-hold" in open_


async def test_the_marked_certificates_are_revoked_together(home: HomeForTest, running: Running) -> None:
    """Names, those that the filter hides, what is passed over and why, their number typed (R1.6, UX 1)."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "space", "space", "space", "slash", *"database", "enter", "x")
        assert stands_on(app, BulkDialog)
        text = flowing(app)
        assert "3 marked certificates" in text
        assert "2 filtered out: gateway.hub.egov.internal and 1 more" in text
        await press(app, pilot, "9", "enter")
        assert "Say what it rests on." in shown(app)
        await press(app, pilot, *"seen", "enter")
        assert stands_on(app, BulkDialog)
        text = flowing(app)
        assert "Revokes 2 certificates" in text
        assert "But not 1 certificate gateway.hub.egov.internal, expired" in text
        for number in ("", "3", "02"):
            app.screen.query_one("#number", Input).value = number
            await press(app, pilot, "enter")
            assert stands_on(app, BulkDialog), number
        app.screen.query_one("#number", Input).value = "2"
        await press(app, pilot, "enter")
        await told(app, pilot, "2 certificates are revoked and the CRL is published")
        assert not app.screen.query_one("CertificateList").marked  # type: ignore[attr-defined] # the list's own
    for name in (PORTAL, "database.hub.egov.internal"):
        assert resolve(home.workspace, name).cause == Cause.MISUSED.value


async def test_many_change_while_the_dialog_is_open(home: HomeForTest, running: Running) -> None:
    """One of them is revoked elsewhere: the number is another, nothing is done, and it is said."""
    async with running(home) as (app, pilot):
        enter(app)
        await press(app, pilot, "j", "space", "space", "x", "2")
        app.screen.query_one("#number", Input).value = "2"
        await settle(app, pilot)
        found = portal(home)
        revocations.revoke(
            home.workspace, home.person(), certificate=found.id, cause=Cause.KEY_LOST, confirm=found.server
        )
        await press(app, pilot, "enter")
        assert stands_on(app, NoticeDialog)
        assert "1 certificates would be revoked, and 2 is confirmed." in flowing(app)
    assert resolve(home.workspace, "database.hub.egov.internal").revoked_at is None


async def test_many_are_asked_for_by_who_may_only_ask(home: HomeForTest, running: Running) -> None:
    """One set of requests, which one decision carries out."""
    clerk(home)
    async with running(home) as (app, pilot):
        enter(app, "clerk")
        await press(app, pilot, "j", "space", "space", "x", "2", "2", "enter")
        await told(app, pilot, "2 certificates: the requests wait for a person to verify them.")
    (first,) = detail(home.workspace, portal(home).id).revocations
    assert len(queries.detail(home.workspace, first.id).together) == 1


async def test_a_ca_is_revoked_by_two_names(home: HomeForTest, running: Running) -> None:
    """Evidence, its short name, the organisation's name; what depends on it is counted (DETAILS 29)."""
    (issuing,) = [one for one in authorities.every(home.workspace) if one.role.value == "issuing"]
    async with running(home) as (app, pilot):
        enter(app)
        await go(app, pilot, "authorities")
        await press(app, pilot, "j", "x")
        assert stands_on(app, RevokeAuthorityDialog)
        text = flowing(app)
        assert "live certificates: refused where the root's CRL is read" in text
        assert "found a successor: there is no other issuing CA yet" in text
        steps = (("#evidence", "key file on a public server"), ("#slug", issuing.slug), ("#organisation", "Example"))
        for field, value in steps:
            assert app.screen.query_one("#act", Choice).disabled
            await press(app, pilot, "enter")
            assert stands_on(app, RevokeAuthorityDialog)
            app.screen.query_one(field, Input).value = value
            await settle(app, pilot)
        await press(app, pilot, "enter")
        await told(app, pilot, f"The CA {issuing.slug} is revoked and the root's CRL is published")
        assert "its servers issued anew" in flowing(app)
        await press(app, pilot, "escape")
        app.push_screen(RevokeAuthorityDialog(issuing.slug))
        await settle(app, pilot)
        assert f"{issuing.slug} is revoked already." in flowing(app)
        assert app.screen.query_one("#act", Choice).disabled


async def test_a_root_is_not_revoked(home: HomeForTest, running: Running) -> None:
    """It is taken out of the trust stores instead, and the dialog says so."""
    (root,) = [one for one in authorities.every(home.workspace) if one.role.value == "root"]
    async with running(home) as (app, pilot):
        app.push_screen(RevokeAuthorityDialog(root.slug))
        await settle(app, pilot)
        assert "taken out of the trust stores instead" in flowing(app)
        await press(app, pilot, *"nobody", "enter")
        assert stands_on(app, RevokeAuthorityDialog)


async def test_the_line_of_keystrokes_is_short(home: HomeForTest, running: Running) -> None:
    """Beside the typed name: x, the cause, enter, and the passphrase's enter."""
    async with running(home) as (app, pilot):
        await press(app, pilot, "j")
        strokes = ["x", "2", *("full_stop" if sign == "." else sign for sign in PORTAL), "enter"]
        await press(app, pilot, *strokes)
        await unlock(app, pilot)
        await told(app, pilot, "is revoked and the CRL is published")
        assert len(strokes) + 1 - len(PORTAL) < 10
        assert stands_on(app, CertificatesScreen)


async def test_hostile_names_in_the_dialogs_are_text(home: HomeForTest, running: Running) -> None:
    """In the dialog of many, of a hold and of a release."""
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("UPDATE server SET name = ? WHERE name = ?", (ALL, PORTAL))
        tx.change("UPDATE server SET name = ? WHERE name = ?", (f"{ALL}2", HELD))
        tx.record("server.poisoned", "server:1", {})
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "H")
        assert stands_on(app, HoldDialog)
        assert clean(shown(app))
        assert "gotcha" in shown(app)
        await press(app, pilot, "escape", "space", "space", "x", "2")
        assert stands_on(app, BulkDialog)
        assert clean(shown(app))
        await press(app, pilot, "escape", "R", "G", "U")
        assert stands_on(app, ReleaseDialog)
        assert clean(shown(app))
        assert app.is_running


async def test_the_dialogs_are_as_they_were(home: HomeForTest, running: Running) -> None:
    """Hold, release, many and a CA at the smallest common size."""
    share_key(home, 2)
    async with running(home) as (app, pilot):
        await press(app, pilot, "j", "H")
        assert matches_golden("hold-80x24", masked(shown(app), home))
        await press(app, pilot, "escape", "R", "G", "U")
        assert matches_golden("release-80x24", masked(shown(app), home))
        await press(app, pilot, "escape", "C", "g", "space", "space", "space", "x", "1", *"seen")
        assert matches_golden("revoke-many-80x24", masked(shown(app), home))
        await press(app, pilot, "escape")
        app.push_screen(RevokeAuthorityDialog("issuing-2025-1"))
        await settle(app, pilot)
        assert matches_golden("revoke-authority-80x24", masked(shown(app), home))
        await press(app, pilot, "escape", "escape", "g", "j", "x", "1")
        text = re.sub(r"\b[0-9A-F]{8}\b", "#" * 8, masked(shown(app), home))
        assert matches_golden("revoke-leaked-80x24", text)


async def test_a_hold_of_a_year_ago_is_not_in_the_way(home: HomeForTest, running: Running, clock: FakeClock) -> None:
    """Held, released and held again: one line in the queue, the newest."""
    found = resolve(home.workspace, HELD)
    holds.release(home.workspace, home.person(), certificate=found.id, confirm=HELD)
    clock.advance(timedelta(hours=1))
    again = holds.hold(home.workspace, home.person(), certificate=found.id, confirm=HELD, evidence="again")
    waiting = [one for one in queries.queue(home.workspace).rows if one.revocation.server == HELD]
    assert [one.revocation.id for one in waiting] == [again.revocation.id]
    async with running(home) as (app, pilot):
        await press(app, pilot, "R", "a")
        assert len([row for row in app.screen.query_one("TableList").view.rows if row.server == HELD]) == 2  # type: ignore[attr-defined] # the list's own
