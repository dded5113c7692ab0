"""What is told beside the end of a certificate: each kind from the records of other nouns (R5.2, R6.1, N2)."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from certmgr import commitments as clocks
from certmgr.intake import Wish
from certmgr.models.notices import Kind, NoticeState, Telling
from certmgr.models.revocations import Cause
from certmgr.operations import applications, campaigns, holds, revocations
from certmgr.queries import tellings
from certmgr.store import attempts, commitments
from certmgr.workspace import Workspace
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.noticing import CONTACT, OPERATOR, at, by_command, change, configure, recorded, run

NAME = "portal.egov.internal"


@pytest.fixture
def telling(home: HomeForTest, clock: FakeClock) -> Iterator[HomeForTest]:
    """Yield a home with a command, and a mail server that never answers: what is for whom stays on record."""
    made, _ = by_command(
        home,
        clock,
        to=(OPERATOR,),
        mail_from="certmgr@egov.internal",
        smtp_host="127.0.0.1",
        smtp_port=1,
        retry_for=timedelta(days=30),
    )
    assert run(made) == []
    yield made
    made.workspace.close()


def audiences(home: HomeForTest, kind: Kind) -> list[tuple[str, str]]:
    """Return threshold and audience of each notice of a kind that was not passed over, in the order of both."""
    found = [(one.threshold, one.audience) for one in recorded(home, kind) if one.data]
    return sorted(found)


def found(workspace: Workspace) -> tuple[Telling, ...]:
    """Return what is to be told now."""
    with workspace.store().read() as snapshot:
        return tellings.find(snapshot, workspace.config, now=workspace.now(), since=workspace.now())


def test_n8_a_ca_is_told_of_a_year_before_its_end(telling: HomeForTest, clock: FakeClock) -> None:
    """365, 180, 90 and 30 natural days; an issuing CA of 3 years, and its root not before its own time."""
    change(telling, "UPDATE crl SET next_update = '2037-01-01T00:00:00Z'")
    for day in ("2028-11-19", "2028-11-20", "2029-05-26", "2029-08-25", "2029-10-25", "2029-11-22"):
        clock.now = at(f"{day}T12:00:00Z")
        run(telling)
    told = [one for one in recorded(telling, Kind.AUTHORITY_EXPIRING) if one.audience == "operators"]
    assert [one.threshold for one in told] == ["365", "180", "90", "30"]
    assert {one.data["role"] for one in told} == {"issuing"}


def test_details_29_the_root_crl_is_told_of_from_60_days_before_its_end(telling: HomeForTest, clock: FakeClock) -> None:
    """And the next one anew: each CRL has an end of its own."""
    # It ends on 2027-05-20.
    for day in ("2027-03-20", "2027-03-21", "2027-05-14", "2027-05-21"):
        clock.now = at(f"{day}T12:00:00Z")
        run(telling)
    told = [one for one in recorded(telling, Kind.ROOT_CRL_ENDING) if one.audience == "operators" and one.data]
    assert [one.threshold for one in told] == ["60", "7", "0"]
    change(telling, "UPDATE crl SET number = number + 1")
    run(telling)
    assert len([one for one in recorded(telling, Kind.ROOT_CRL_ENDING) if one.threshold == "0"]) == 4


def test_r6_1_a_clock_is_told_of_at_50_75_and_90_percent_and_when_it_has_run_out(
    telling: HomeForTest, clock: FakeClock
) -> None:
    """R6.1: 12, 18 and 21.6 hours of 24, each once; then the breach."""
    telling.issue(NAME, contact=CONTACT)
    _open(telling, clocks.Kind.VERIFY_REVOCATION, "certificate:1", hours=24)
    told = []
    for minutes in range(0, 26 * 60, 30):
        run(telling)
        told += [(minutes / 60, one[0]) for one in audiences(telling, Kind.COMMITMENT_ESCALATED) if one[1] == "service"]
        clock.advance(minutes=30)
    firsts = {threshold: min(hour for hour, which in told if which == threshold) for _, threshold in told}
    assert firsts == {"50": 12.0, "75": 18.0, "90": 22.0}
    assert audiences(telling, Kind.COMMITMENT_ESCALATED) == [
        (percent, audience) for percent in ("50", "75", "90") for audience in ("operators", "service")
    ]
    assert audiences(telling, Kind.COMMITMENT_BREACHED) == [("breached", "operators"), ("breached", "service")]


def test_r6_1_a_breach_in_an_outage_is_told_even_when_the_thing_is_done(telling: HomeForTest, clock: FakeClock) -> None:
    """Nothing ran for two days; the first check carried it out too late before anybody was told."""
    identity = _open(telling, clocks.Kind.PUBLISH_REVOCATION, "revocation:1", hours=24)
    clock.advance(days=2)
    with telling.workspace.store().write(telling.machine().actor) as tx:
        commitments.meet(tx, identity)
        tx.record("test.changed", "test:1", {})
    run(telling)
    assert audiences(telling, Kind.COMMITMENT_BREACHED) == [("breached", "operators"), ("breached", "service")]
    assert audiences(telling, Kind.COMMITMENT_ESCALATED) == []


def test_n8_a_promise_that_is_kept_before_the_mail_got_out_is_not_mailed(
    telling: HomeForTest, clock: FakeClock
) -> None:
    """The mail server was down; what it would have said is no longer so."""
    identity = _open(telling, clocks.Kind.FOLLOW_CHANGE, "server:1", hours=48)
    clock.advance(hours=25)
    run(telling)
    with telling.workspace.store().write(telling.machine().actor) as tx:
        commitments.meet(tx, identity)
        tx.record("test.changed", "test:1", {})
    clock.advance(minutes=5)
    run(telling)
    states = {one.audience: one.state for one in recorded(telling, Kind.COMMITMENT_ESCALATED)}
    assert states == {"operators": NoticeState.COVERED, "service": NoticeState.SENT}


def test_r2_1_an_application_that_waits_is_told_to_those_who_decide(telling: HomeForTest, clock: FakeClock) -> None:
    """When it comes, and when 90 percent of its 7 days have passed; not after the decision."""
    toml = telling.path / "certmgr.toml"
    toml.write_text(toml.read_text().replace('approval = "automatic"', 'approval = "one"'))
    asking = configure(telling, clock)
    wish = Wish(dns=(NAME,), purpose="web", owner="ops")
    made = applications.submit(asking.workspace, asking.machine(), wish, destination=None).application
    run(asking)
    clock.advance(days=6, hours=12)
    run(asking)
    expected = [(one, audience) for one in ("90", "submitted") for audience in ("operators", "service")]
    assert audiences(asking, Kind.APPLICATION_WAITING) == expected
    applications.reject(asking.workspace, asking.person(), made.id, reason="no", confirm=NAME)
    assert [one.kind for one in found(asking.workspace)] == []
    asking.workspace.close()


@pytest.mark.parametrize(
    ("subject", "kind"), [("renewal:1", Kind.RENEWAL_FAILING), ("deployment:1", Kind.DEPLOYMENT_FAILING)]
)
def test_n8_what_fails_three_times_is_told_once_until_it_has_succeeded(
    telling: HomeForTest, clock: FakeClock, subject: str, kind: Kind
) -> None:
    """Then a new series is told of anew."""
    telling.issue(NAME)
    if kind is Kind.DEPLOYMENT_FAILING:
        change(
            telling,
            "INSERT INTO deployment (server_id, format, folder, created_at)"
            " VALUES (1, 'pem', '/etc/x', '2026-11-21T09:00:00Z')",
        )

    def fail(times: int) -> None:
        for _ in range(times):
            with telling.workspace.store().write(telling.machine().actor) as tx:
                attempts.failed(tx, subject, "the CA is not there")
            clock.advance(minutes=5)
            run(telling)

    fail(2)
    assert recorded(telling, kind) == []
    fail(3)
    assert [one.audience for one in recorded(telling, kind)] == ["operators", "service"]
    assert recorded(telling, kind)[0].data["server"] == NAME
    with telling.workspace.store().write(telling.machine().actor) as tx:
        attempts.succeeded(tx, subject)
    fail(3)
    assert len(recorded(telling, kind)) == 4


def test_r5_2_a_campaign_is_announced_and_those_who_are_left_are_reminded(
    telling: HomeForTest, clock: FakeClock
) -> None:
    """To the contact of each server that is left, and the count to the operators; at half and at 90 percent."""
    telling.issue("one.egov.internal", contact="one@egov.internal")
    telling.issue("two.egov.internal", contact="two@egov.internal")
    telling.issue("three.egov.internal", contact="")
    campaigns.create(
        telling.workspace, telling.person(), name="sha3", reason="A new hash.", deadline=date(2026, 12, 10)
    )
    run(telling)
    announced = recorded(telling, Kind.CAMPAIGN_ANNOUNCED)
    assert sorted(one.audience for one in announced) == ["operators", "server:1", "server:2", "service"]
    assert {one.audience: one.data["left"] for one in announced}["operators"] == 3
    change(telling, "UPDATE certificate SET revoked_at = '2026-11-22T00:00:00Z', cause = 'key-lost' WHERE id = 1")
    clock.now = at("2026-12-02T12:00:00Z")
    run(telling)
    expected = [("50", "operators"), ("50", "server:2"), ("50", "service")]
    assert audiences(telling, Kind.CAMPAIGN_REMINDER) == expected
    clock.now = at("2026-12-09T12:00:00Z")
    run(telling)
    assert audiences(telling, Kind.CAMPAIGN_REMINDER) == [
        *expected,
        *((("90", audience)) for audience in ("operators", "server:2", "service")),
    ]
    # The announcement that never got out is not sent beside the reminder.
    states = {one.audience: one.state for one in recorded(telling, Kind.CAMPAIGN_ANNOUNCED)}
    assert states["server:1"] is NoticeState.COVERED
    assert states["server:2"] is NoticeState.COVERED


def test_r6_1_a_request_is_told_to_those_who_verify_and_to_the_contact(telling: HomeForTest, clock: FakeClock) -> None:
    """Received, and done when relying parties can see it."""
    issued = telling.issue(NAME, contact=CONTACT)
    (request,) = revocations.request(
        telling.workspace, telling.machine(), certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME
    )
    run(telling)
    assert audiences(telling, Kind.REVOCATION_TO_VERIFY) == [("once", "operators"), ("once", "service")]
    assert audiences(telling, Kind.REVOCATION_RECEIVED) == [("once", "server:1"), ("once", "service")]
    clock.advance(hours=1)
    done = revocations.fulfil(telling.workspace, telling.person(), request.id)
    assert done.published
    run(telling)
    assert audiences(telling, Kind.REVOCATION_DONE) == [("once", "server:1"), ("once", "service")]
    states = {one.kind: one.state for one in recorded(telling) if one.audience != "service"}
    assert states[Kind.REVOCATION_TO_VERIFY] is NoticeState.COVERED
    assert states[Kind.REVOCATION_DONE] is NoticeState.WAITING


def test_r6_1_a_revocation_in_one_breath_is_told_once(telling: HomeForTest, clock: FakeClock) -> None:
    """Requested, verified and published before anybody looked: one notice, that it is done."""
    issued = telling.issue(NAME, contact=CONTACT)
    revocations.revoke(
        telling.workspace, telling.person(), certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME
    )
    clock.advance(hours=3)
    run(telling)
    assert {one.kind for one in recorded(telling)} == {Kind.REVOCATION_DONE}


def test_r6_1_a_request_that_came_to_nothing_is_told_to_those_who_knew_of_it(
    telling: HomeForTest, clock: FakeClock
) -> None:
    """The contact was told of the first one; nobody ever heard of the second."""
    issued = telling.issue(NAME, contact=CONTACT)
    other = telling.issue("other.egov.internal", contact=CONTACT)
    for number, one in enumerate((issued, other)):
        name = (NAME, "other.egov.internal")[number]
        (request,) = revocations.request(
            telling.workspace, telling.machine(), certificate=one.id, cause=Cause.NO_LONGER_NEEDED, confirm=name
        )
        if number == 0:
            run(telling)
        revocations.withdraw(telling.workspace, telling.machine(), request.id)
    clock.advance(minutes=5)
    run(telling)
    assert {one.object for one in recorded(telling, Kind.REVOCATION_CLOSED)} == {"revocation:1"}


def test_n2_a_hold_is_told_of_until_it_is_decided_and_when_it_is_released(
    telling: HomeForTest, clock: FakeClock
) -> None:
    """The contact hears of the suspension and of its end, the operators of the time that runs."""
    issued = telling.issue(NAME, contact=CONTACT)
    holds.hold(
        telling.workspace, telling.person(), certificate=issued.id, confirm=NAME, evidence="order 7 of the council"
    )
    run(telling)
    (one,) = (one for one in recorded(telling, Kind.REVOCATION_DONE) if one.audience == "server:1")
    assert one.data["cause"] == "suspended"
    clock.advance(days=16)
    run(telling)
    assert audiences(telling, Kind.HOLD_TO_DECIDE) == [("50", "operators"), ("50", "service")]
    released = holds.release(telling.workspace, telling.person(), certificate=issued.id, confirm=NAME)
    assert released.seen
    run(telling)
    assert audiences(telling, Kind.HOLD_RELEASED) == [("once", "server:1"), ("once", "service")]


def test_r6_2_a_replaced_key_is_nobody_s_news(telling: HomeForTest) -> None:
    """The end of every renewal, where policy revokes what was replaced, is no notice."""
    issued = telling.issue(NAME, contact=CONTACT)
    revocations.revoke(
        telling.workspace, telling.person(), certificate=issued.id, cause=Cause.KEY_REPLACED, confirm=NAME
    )
    run(telling)
    assert recorded(telling) == []


def _open(home: HomeForTest, kind: clocks.Kind, about: str, *, hours: float) -> clocks.CommitmentId:
    """Record a promise, as the operation that makes it does."""
    with home.workspace.store().write(home.machine().actor) as tx:
        identity = commitments.open_one(tx, kind, about, due_at=tx.now + timedelta(hours=hours))
        tx.record("commitment.opened", f"commitment:{identity}", {})
        return identity
