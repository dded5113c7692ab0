"""Servers: facts, their changes, their end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certmgr import issuing
from certmgr.codes import Code
from certmgr.commitments import Kind, Status, status
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.operations import certificates, servers
from certmgr.operations.servers import Facts
from certmgr.queries import servers as queries
from certmgr.store import certificates as stored
from certmgr.store import journal
from tests.clock import FakeClock
from tests.home import HomeForTest

NAME = "portal.egov.internal"
FULL = Facts(owner="Web team", purpose="Staff portal", contact="jane@egov.internal", recorded_ip="10.1.2.3")


def promises(home: HomeForTest, name: str = NAME) -> list[Status]:
    """Return where each promise to follow a change of the server stands."""
    found = queries.get(home.workspace, name).commitments
    assert {one.kind for one in found} <= {Kind.FOLLOW_CHANGE}
    return [status(one, home.workspace.now()) for one in found]


def entries(home: HomeForTest) -> list[str]:
    """Return the actions of the journal, in order."""
    with home.workspace.store().read() as snapshot:
        return [row[0] for row in snapshot.rows("SELECT action FROM journal ORDER BY seq")]


def test_r1_2_a_server_is_recorded_with_its_facts(home: HomeForTest) -> None:
    """Owner, purpose, contact, address, renewal; the journal has no word of the contact (R7.1)."""
    servers.add(home.workspace, home.machine(), name=NAME, facts=replace(FULL, auto_renew=False))
    found = queries.get(home.workspace, NAME)
    assert (found.server.owner, found.server.purpose, found.server.recorded_ip) == (
        "Web team",
        "Staff portal",
        "10.1.2.3",
    )
    assert found.contact == "jane@egov.internal"
    assert not found.server.auto_renew
    with home.workspace.store().read() as snapshot:
        text = " ".join(row[0] for row in snapshot.rows("SELECT data FROM journal"))
    assert "jane" not in text
    assert "Web team" not in text


def test_r1_2_every_fact_that_is_wrong_is_named(home: HomeForTest) -> None:
    """Name, purpose, owner and address at once; nothing is recorded but the refusal."""
    wrong = Facts(owner=" ", purpose="", contact="a\nb", recorded_ip="10.1.2.3 ten")
    with pytest.raises(UsageError) as caught:
        servers.add(home.workspace, home.machine(), name="Bad Name", facts=wrong)
    codes = [one.code for one in caught.value.findings]
    assert codes == [
        Code.SERVER_NAME,
        Code.SERVER_FACTS,
        Code.PURPOSE_MISSING,
        Code.SERVER_FACTS,
        Code.ADDRESS_FORM,
    ]
    assert entries(home)[-1] == "server.refused"
    assert queries.every(home.workspace) == ()


def test_a_name_in_service_is_not_added_twice(home: HomeForTest) -> None:
    """Exit 4, with the way to change it."""
    servers.add(home.workspace, home.machine(), name=NAME, facts=FULL)
    with pytest.raises(RefusedError, match="on record already") as caught:
        servers.add(home.workspace, home.machine(), name=NAME, facts=FULL)
    assert caught.value.code is Code.SERVER_KNOWN


def test_r1_2_a_change_of_facts_opens_two_natural_days(home: HomeForTest) -> None:
    """To 24:00 of the second day in the organisation's zone, Europe/Berlin."""
    home.issue(NAME)
    edited = servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="Portal team"))
    assert edited.changed == ("owner",)
    assert edited.follow_up
    (promise,) = queries.get(home.workspace, NAME).commitments
    assert promise.due_at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert promises(home) == [Status.OPEN]


def test_r1_2_a_second_change_is_followed_with_the_first(home: HomeForTest, clock: FakeClock) -> None:
    """It does not move the deadline."""
    home.issue(NAME)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="A"))
    clock.advance(days=1)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(purpose="B"))
    assert promises(home) == [Status.OPEN]


@pytest.mark.parametrize("facts", [Facts(contact="new@egov.internal"), Facts(auto_renew=False), Facts(owner="ops")])
def test_r1_2_who_is_told_and_how_it_is_renewed_are_no_facts_of_the_certificate(
    home: HomeForTest, facts: Facts
) -> None:
    """Contact and renewal open nothing, and neither does a fact that stays as it is."""
    home.issue(NAME)
    assert not servers.edit(home.workspace, home.machine(), name=NAME, facts=facts).follow_up
    assert promises(home) == []


def test_r1_2_without_a_live_certificate_there_is_nothing_to_follow(home: HomeForTest) -> None:
    """A server that was added only."""
    servers.add(home.workspace, home.machine(), name=NAME, facts=FULL)
    assert not servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="B")).follow_up
    assert promises(home) == []


def test_r1_2_a_certificate_issued_afterwards_keeps_the_promise(home: HomeForTest, clock: FakeClock) -> None:
    """In the transaction that records it; the renewal carries the new facts and does not bring back the old ones."""
    issued = home.issue(NAME)
    clock.advance(days=1)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="Portal team"))
    clock.advance(hours=1)
    with home.workspace.store().read() as snapshot:
        old = stored.get(snapshot, issued.id)
    certificates.renew(home.workspace, home.machine(), old, force=True, reason="new owner")
    assert promises(home) == [Status.MET]
    found = queries.get(home.workspace, NAME)
    assert found.server.owner == "Portal team"
    assert [one.owner for one in found.line] == ["Portal team", "ops"]
    assert found.line[0].replaces_id == found.line[1].id


def test_r1_2_a_late_certificate_breaches_the_promise(home: HomeForTest, clock: FakeClock) -> None:
    """The breach stays."""
    issued = home.issue(NAME)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="B"))
    clock.advance(days=3)
    with home.workspace.store().read() as snapshot:
        old = stored.get(snapshot, issued.id)
    certificates.renew(home.workspace, home.machine(), old, force=True, reason="late")
    assert promises(home) == [Status.BREACHED]
    assert "commitment.breached" in entries(home)


def test_r1_2_a_confirmation_keeps_the_promise_and_its_reason_stays_out_of_the_journal(home: HomeForTest) -> None:
    """The certificate does not name what changed; a second confirmation has nothing to confirm."""
    home.issue(NAME)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="B"))
    servers.confirm(home.workspace, home.machine(), name=NAME, reason="Owners stand in no certificate")
    assert promises(home) == [Status.MET]
    assert queries.get(home.workspace, NAME).confirmation == "Owners stand in no certificate"
    with home.workspace.store().read() as snapshot:
        assert not [row for row in snapshot.rows("SELECT data FROM journal") if "Owners stand" in row[0]]
    with pytest.raises(RefusedError, match="No change"):
        servers.confirm(home.workspace, home.machine(), name=NAME, reason="again")
    with pytest.raises(UsageError):
        servers.confirm(home.workspace, home.machine(), name=NAME, reason=" ")


def test_r1_8_a_retired_server_gets_nothing_any_more(home: HomeForTest) -> None:
    """Its live certificates are named; issue and renew are refused; open promises are void."""
    issued = home.issue(NAME)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="B"))
    (left,) = servers.retire(home.workspace, home.machine(), name=NAME, confirm=NAME)
    assert left.id == issued.id
    assert promises(home) == [Status.VOID]
    for act in (
        lambda: home.issue(NAME, additional=True),
        lambda: certificates.renew(home.workspace, home.machine(), left, force=True, reason="x"),
        lambda: issuing.judge(home.workspace, issuing.successor_wish(home.workspace, left, None), requested_by="-"),
        lambda: servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(owner="C")),
        lambda: servers.retire(home.workspace, home.machine(), name=NAME, confirm=NAME),
    ):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.code is Code.SERVER_RETIRED
    assert queries.every(home.workspace) == ()
    assert [one.name for one, _ in queries.every(home.workspace, retired=True)] == [NAME]


def test_n4_a_retired_server_and_one_that_is_renewed_by_hand_are_not_due(home: HomeForTest, clock: FakeClock) -> None:
    """Nothing is renewed by itself for them."""
    home.issue(NAME)
    home.issue("db1.egov.internal")
    home.issue("db2.egov.internal")
    servers.retire(home.workspace, home.machine(), name=NAME, confirm=NAME)
    servers.edit(home.workspace, home.machine(), name="db1.egov.internal", facts=Facts(auto_renew=False))
    clock.advance(timedelta(days=340))
    with home.workspace.store().read() as snapshot:
        assert [one.server for one in stored.due(snapshot, clock.now)] == ["db2.egov.internal"]


def test_n7_retiring_wants_the_typed_name(home: HomeForTest) -> None:
    """Exit 2, and the server stays in service."""
    home.issue(NAME)
    with pytest.raises(UsageError) as caught:
        servers.retire(home.workspace, home.machine(), name=NAME, confirm="portal")
    assert caught.value.code is Code.CONFIRMATION
    assert queries.get(home.workspace, NAME).server.retired_at is None


def test_a_retired_server_comes_back_with_new_facts(home: HomeForTest) -> None:
    """It keeps its line of certificates (R9.1)."""
    home.issue(NAME)
    servers.retire(home.workspace, home.machine(), name=NAME, confirm=NAME)
    servers.add(home.workspace, home.machine(), name=NAME, facts=FULL)
    found = queries.get(home.workspace, NAME)
    assert (found.server.retired_at, found.server.owner, len(found.line)) == (None, "Web team", 1)
    home.issue(NAME, additional=True)


def test_a_rehearsal_records_nothing(home: HomeForTest) -> None:
    """The same verdicts, and not an entry more."""
    home.issue(NAME)
    before = entries(home)
    servers.rehearse_add(home.workspace, name="db1", facts=FULL)
    assert servers.rehearse_edit(home.workspace, name=NAME, facts=Facts(owner="B")).follow_up
    assert len(servers.rehearse_retire(home.workspace, name=NAME)) == 1
    with pytest.raises(RefusedError):
        servers.rehearse_confirm(home.workspace, name=NAME, reason="x")
    with pytest.raises(NotFoundError):
        servers.rehearse_edit(home.workspace, name="absent", facts=Facts())
    assert entries(home) == before


def test_who_may_not_manage_servers_is_refused(home: HomeForTest) -> None:
    """A requester applies; it records no servers."""
    session = home.machine()
    session.actor = replace(session.actor, role=next(role for role in type(session.actor.role) if role == "requester"))
    with pytest.raises(RefusedError) as caught:
        servers.add(home.workspace, session, name=NAME, facts=FULL)
    assert caught.value.code is Code.ROLE


def test_the_history_of_a_server_is_in_the_journal(home: HomeForTest) -> None:
    """Each act is one entry about it."""
    servers.add(home.workspace, home.machine(), name=NAME, facts=FULL)
    servers.edit(home.workspace, home.machine(), name=NAME, facts=Facts(contact=""))
    servers.retire(home.workspace, home.machine(), name=NAME, confirm=NAME)
    found = queries.get(home.workspace, NAME)
    assert [one.action for one in found.history] == ["server.recorded", "server.changed", "server.retired"]
    assert found.contact == ""
    with home.workspace.store().read() as snapshot:
        assert journal.for_objects(snapshot, f"server:{found.server.id}") == found.history
