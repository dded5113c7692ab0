"""Campaigns: what is picked, what counts as done, what closes them (R5.2)."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from certmgr import filters
from certmgr.codes import Code
from certmgr.commitments import Kind, Status
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.models.campaigns import Campaign, Outcome
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Cause
from certmgr.operations import campaigns, certificates, check, revocations
from certmgr.queries import campaigns as queries
from certmgr.queries import certificates as certificate_queries
from certmgr.store import campaigns as stored
from certmgr.store import commitments
from tests.clock import START, FakeClock
from tests.home import HomeForTest

NAMES = ("a.egov.internal", "b.egov.internal", "c.egov.internal")
DEADLINE = date(2026, 12, 31)
DUE_AT = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
"""24:00 of the deadline in Berlin."""


def announce(home: HomeForTest, name: str = "leave-p256", filter_text: str = "", day: date = DEADLINE) -> Campaign:
    """Announce a campaign as the administrator."""
    return campaigns.create(
        home.workspace, home.person(), name=name, reason="P-256 is given up", deadline=day, filter_text=filter_text
    )


def issue_three(home: HomeForTest) -> list[CertificateId]:
    """Issue a certificate for each of NAMES; return their ids."""
    machine = home.machine()
    return [home.issue(name, machine, owner="Unit A").id for name in NAMES]


def renew(home: HomeForTest, certificate: CertificateId) -> None:
    """Renew a certificate as the machine."""
    found = certificate_queries.detail(home.workspace, certificate).certificate
    certificates.renew(home.workspace, home.machine(), found)


def hold(home: HomeForTest, certificate: CertificateId, name: str) -> None:
    """Suspend a certificate."""
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=certificate,
        cause=Cause.SUSPENDED,
        confirm=name,
        evidence="order 7 of the supervisor",
    )


def retire(home: HomeForTest, server: str) -> None:
    """Take a server out of service."""
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("UPDATE server SET retired_at = ? WHERE name = ?", (tx.now.strftime("%Y-%m-%dT%H:%M:%SZ"), server))
        tx.record("server.retired", "server:1", {})


def left(home: HomeForTest, name: str = "leave-p256") -> list[str]:
    """Return the servers that are left of a campaign, in its order."""
    return [one.certificate.server for one in queries.find(home.workspace, name).progress.left]


def journal_length(home: HomeForTest) -> int:
    """Return how many entries the journal has."""
    with home.workspace.store().read() as snapshot:
        (row,) = snapshot.rows("SELECT count(*) FROM journal")
    return int(row[0])


def test_r5_2_a_campaign_picks_what_matches_now_and_is_due_at_the_end_of_its_last_day(
    home: HomeForTest, clock: FakeClock
) -> None:
    """R5.2: members are fixed, later certificates do not join; the promise is due at 24:00 local of the deadline."""
    issue_three(home)
    made = announce(home, filter_text="owner:unit !server:b.egov.internal")
    assert (made.deadline, made.last_day(home.workspace.zone)) == (DUE_AT, DEADLINE)
    clock.advance(hours=1)
    home.issue("d.egov.internal", owner="Unit A")
    assert left(home) == ["a.egov.internal", "c.egov.internal"]
    state = queries.find(home.workspace, "leave-p256")
    assert state.commitment is not None
    assert (state.commitment.kind, state.commitment.due_at) == (Kind.FINISH_CAMPAIGN, DUE_AT)
    assert state.status is Status.OPEN
    clock.now = DUE_AT + timedelta(seconds=1)
    assert queries.find(home.workspace, "leave-p256").status is Status.BREACHED


def test_r5_2_what_needs_no_renewal_is_no_member(home: HomeForTest, clock: FakeClock) -> None:
    """R5.2: revoked, replaced and expired certificates, and those of retired servers, are not picked; a held one is."""
    first, second, third = issue_three(home)
    revocations.revoke(
        home.workspace, home.person(), certificate=first, cause=Cause.NO_LONGER_NEEDED, confirm="a.egov.internal"
    )
    hold(home, second, "b.egov.internal")
    certificates.renew(
        home.workspace,
        home.machine(),
        certificate_queries.detail(home.workspace, third).certificate,
        force=True,
        reason="test",
    )
    home.issue("short.egov.internal", days=1)
    home.issue("gone.egov.internal")
    retire(home, "gone.egov.internal")
    clock.advance(days=2)
    announce(home)
    with home.workspace.store().read() as snapshot:
        (campaign,) = stored.all(snapshot)
        members = [one.certificate for one in stored.members(snapshot, campaign.id)]
    assert [one.id for one in members if one.server != "c.egov.internal"] == [second]
    assert [one.replaces_id for one in members if one.server == "c.egov.internal"] == [third]


def test_r5_2_within_a_campaign_a_renewal_needs_no_force(home: HomeForTest) -> None:
    """R5.2, R5.1: the window is opened early for members alone, and only while the campaign is open."""
    first, second, third = issue_three(home)
    announce(home, filter_text="!server:c.egov.internal")
    renew(home, first)
    with pytest.raises(RefusedError) as caught:
        renew(home, third)
    assert caught.value.code is Code.RENEWAL_EARLY
    campaigns.close(home.workspace, home.person(), name="leave-p256", confirm="leave-p256")
    with pytest.raises(RefusedError) as caught:
        renew(home, second)
    assert caught.value.code is Code.RENEWAL_EARLY


def test_r5_2_a_campaign_renews_nothing_that_may_not_be_renewed(home: HomeForTest, clock: FakeClock) -> None:
    """R5.1: a member that has a successor, or has expired, is not renewed again."""
    first, second, _ = issue_three(home)
    announce(home)
    renew(home, first)
    with pytest.raises(RefusedError):
        renew(home, first)
    clock.now = certificate_queries.detail(home.workspace, second).certificate.not_after + timedelta(seconds=1)
    with pytest.raises(RefusedError):
        renew(home, second)


def test_r5_2_progress_counts_to_zero_by_what_became_of_each(home: HomeForTest, clock: FakeClock) -> None:
    """R5.2: replaced, revoked, expired, retired: each is done; what is left comes with the soonest expiry first."""
    home.issue("late.egov.internal", days=300)
    short = home.issue("short.egov.internal", days=20).id
    issue_three(home)
    announce(home, day=date(2027, 6, 30))
    assert left(home)[:2] == ["short.egov.internal", "late.egov.internal"]
    ids = {one.server: one.id for one in certificate_queries.every(home.workspace)}
    clock.advance(hours=1)
    renew(home, ids["a.egov.internal"])
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=ids["b.egov.internal"],
        cause=Cause.NO_LONGER_NEEDED,
        confirm="b.egov.internal",
    )
    retire(home, "c.egov.internal")
    clock.now = certificate_queries.detail(home.workspace, short).certificate.not_after
    assert left(home) == ["short.egov.internal", "late.egov.internal"]
    clock.advance(timedelta(seconds=1))
    progress = queries.find(home.workspace, "leave-p256").progress
    assert progress.done == dict.fromkeys(Outcome, 1)
    assert (progress.members, len(progress.left), progress.finished_at) == (5, 1, None)
    renew(home, ids["late.egov.internal"])
    assert left(home) == []


def test_r5_2_the_last_member_closes_the_campaign_and_keeps_its_promise(home: HomeForTest, clock: FakeClock) -> None:
    """R5.2: check's step closes it once, and the promise is met when the last one was renewed, not when it is seen."""
    ids = issue_three(home)
    announce(home)
    machine = home.machine()
    for one in ids[:2]:
        renew(home, one)
    assert list(campaigns.pending(home.workspace)) == []
    assert list(campaigns.due(home.workspace, machine)) == []
    clock.now = DUE_AT - timedelta(minutes=10)
    renew(home, ids[2])
    clock.now = DUE_AT + timedelta(days=2)
    (announced,) = campaigns.pending(home.workspace)
    assert "leave-p256" in announced.what
    (step,) = campaigns.due(home.workspace, machine)
    assert (step.done, step.what) == (True, "Closed the campaign leave-p256: nothing is left of it.")
    state = queries.find(home.workspace, "leave-p256")
    assert state.campaign.closed_at == clock.now
    assert state.commitment is not None
    assert state.commitment.met_at == DUE_AT - timedelta(minutes=10)
    assert state.status is Status.MET
    before = journal_length(home)
    assert list(campaigns.due(home.workspace, machine)) == []
    assert journal_length(home) == before


def test_r5_2_a_breach_in_the_journal_stays_one(home: HomeForTest, clock: FakeClock) -> None:
    """R5.2: a promise whose breach was journalled is not met backwards."""
    (first, *others) = issue_three(home)
    announce(home)
    for one in others:
        renew(home, one)
    clock.now = DUE_AT - timedelta(minutes=1)
    renew(home, first)
    clock.now = DUE_AT + timedelta(hours=1)
    with home.workspace.store().write(home.machine().actor) as tx:
        (promise,) = commitments.open_of(tx, Kind.FINISH_CAMPAIGN)
        commitments.record_escalation(tx, promise, commitments.BREACHED)
    assert len(list(campaigns.due(home.workspace, home.machine()))) == 1
    state = queries.find(home.workspace, "leave-p256")
    assert state.status is Status.BREACHED
    assert state.commitment is not None
    assert state.commitment.met_at == clock.now


def test_r5_2_giving_a_campaign_up_needs_its_name_typed(home: HomeForTest) -> None:
    """R5.2, N7: without the name it is refused and stays open; a wrong one is usage; the promise is void then."""
    issue_three(home)
    announce(home)
    person = home.person()
    with pytest.raises(RefusedError) as refused:
        campaigns.close(home.workspace, person, name="leave-p256")
    assert refused.value.code is Code.CAMPAIGN_LEFT
    assert "--confirm leave-p256" in (refused.value.hint or "")
    with pytest.raises(UsageError) as wrong:
        campaigns.close(home.workspace, person, name="leave-p256", confirm="leave")
    assert wrong.value.code is Code.CONFIRMATION
    assert queries.find(home.workspace, "leave-p256").status is Status.OPEN
    campaigns.close(home.workspace, person, name="leave-p256", confirm="leave-p256")
    assert queries.find(home.workspace, "leave-p256").status is Status.VOID
    assert queries.every(home.workspace) == ()
    with pytest.raises(RefusedError) as closed:
        campaigns.close(home.workspace, person, name="leave-p256", confirm="leave-p256")
    assert closed.value.code is Code.CAMPAIGN_CLOSED


def test_r5_2_a_finished_campaign_is_closed_without_a_name(home: HomeForTest) -> None:
    """R5.2: nothing is given up, so nothing is typed; the promise is met."""
    for one in issue_three(home):
        if one == 1:
            announce(home, filter_text="server:a.egov.internal")
    renew(home, CertificateId(1))
    campaigns.close(home.workspace, home.person(), name="leave-p256")
    assert queries.find(home.workspace, "leave-p256").status is Status.MET


def test_r5_2_a_refused_campaign_tells_every_reason_and_changes_nothing(home: HomeForTest) -> None:
    """R5.2: a taken name, a day that has passed and an empty pick are told at once; one journal entry, no row."""
    issue_three(home)
    announce(home)
    before = journal_length(home)
    with pytest.raises(RefusedError) as caught:
        announce(home, filter_text="server:nobody", day=START.date() - timedelta(days=1))
    assert {one.code for one in caught.value.findings} == {
        Code.CAMPAIGN_NAME,
        Code.CAMPAIGN_DEADLINE,
        Code.CAMPAIGN_EMPTY,
    }
    assert journal_length(home) == before + 1
    assert len(queries.every(home.workspace, closed=True)) == 1


@pytest.mark.parametrize(
    "wrong", [{"name": "Leave RSA"}, {"name": ""}, {"reason": "  "}, {"filter_text": "state:nonsense"}]
)
def test_r5_2_what_is_not_of_the_form_is_usage_and_recorded_nowhere(home: HomeForTest, wrong: dict[str, str]) -> None:
    """DETAILS 52: exit 2, nothing recorded."""
    issue_three(home)
    before = journal_length(home)
    facts = {"name": "x", "reason": "y", **wrong}
    with pytest.raises(UsageError):
        campaigns.create(home.workspace, home.person(), deadline=DEADLINE, **facts)
    assert journal_length(home) == before


def test_r5_2_a_deadline_of_today_is_not_over(home: HomeForTest) -> None:
    """R5.2: it ends at midnight."""
    issue_three(home)
    assert announce(home, day=START.date()).deadline > START


def test_r5_2_the_machine_announces_nothing(home: HomeForTest) -> None:
    """R5.2: to require a renewal is a person's decision."""
    issue_three(home)
    with pytest.raises(RefusedError) as caught:
        campaigns.create(home.workspace, home.machine(), name="x", reason="y", deadline=DEADLINE)
    assert caught.value.code is Code.ROLE
    with pytest.raises(NotFoundError):
        queries.find(home.workspace, "x")


def test_r5_2_a_rehearsal_lists_the_members_and_records_nothing(home: HomeForTest) -> None:
    """DETAILS 21: the verdict of the real thing, and not a trace of it."""
    issue_three(home)
    before = journal_length(home)
    found = campaigns.rehearse(
        home.workspace, name="x", reason="y", deadline=DEADLINE, filter_text="server:b.egov.internal"
    )
    assert [one.server for one in found] == ["b.egov.internal"]
    with pytest.raises(RefusedError):
        campaigns.rehearse(home.workspace, name="x", reason="y", deadline=date(2026, 1, 1))
    assert journal_length(home) == before


def test_r5_2_what_check_renews_by_itself_is_what_is_left_of_servers_that_are_set_to_renew(home: HomeForTest) -> None:
    """R5.2, N4: auto_renew off, replaced, held: left out; a member of two campaigns comes once."""
    ids = issue_three(home)
    home.issue("d.egov.internal")
    announce(home)
    announce(home, "second", filter_text="server:a.egov.internal,b.egov.internal")
    renew(home, ids[2])
    hold(home, CertificateId(4), "d.egov.internal")
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change("UPDATE server SET auto_renew = 0 WHERE name = 'b.egov.internal'")
        tx.record("server.changed", "server:2", {})
    with home.workspace.store().read() as snapshot:
        assert [one.server for one in stored.open_members(snapshot)] == ["a.egov.internal"]


def test_r5_2_check_renews_the_members_by_itself_and_closes_the_campaign(home: HomeForTest, clock: FakeClock) -> None:
    """R5.2: within the configured spread of the announcement, long before the window; others are left alone."""
    ids = issue_three(home)
    announce(home, filter_text="!server:c.egov.internal")
    clock.advance(home.workspace.config.renewal.spread)
    said = [step.what for step in check.check(home.workspace, home.machine())]
    for name in ("a", "b"):
        assert any(what.startswith(f"Renewed {name}.egov.internal") for what in said)
    assert "Closed the campaign leave-p256: nothing is left of it." in said
    assert certificate_queries.detail(home.workspace, ids[2]).certificate.replaced_by_id is None
    assert queries.find(home.workspace, "leave-p256").status is Status.MET
    assert [step.what for step in check.check(home.workspace, home.machine()) if "Renewed" in step.what] == []


def test_r5_2_a_failed_renewal_of_a_member_waits_for_its_next_try(home: HomeForTest, clock: FakeClock) -> None:
    """R5.2: the back-off of any other renewal; what cannot be renewed is named, and the campaign goes on."""
    issue_three(home)
    announce(home, filter_text="server:a.egov.internal")
    clock.advance(home.workspace.config.renewal.spread)
    # Its files cannot be put where a file stands.
    (home.out / "a.egov.internal").rename(home.out.parent / "away")
    (home.out / "a.egov.internal").touch()
    for _ in range(2):
        (step,) = [one for one in check.check(home.workspace, home.machine()) if "could not be renewed" in one.what]
        assert "once" in step.what
    assert left(home) == ["a.egov.internal"]


def test_r7_1_the_journal_holds_no_name_reason_or_filter_of_a_campaign(home: HomeForTest) -> None:
    """R7.1: ids, counts and digests only."""
    issue_three(home)
    announce(home, filter_text='owner:"Unit A"')
    with home.workspace.store().read() as snapshot:
        rows = snapshot.rows("SELECT action, object, data FROM journal WHERE object LIKE 'campaign:%'")
    ((action, about, data),) = rows
    assert (action, about) == ("campaign.created", "campaign:1")
    assert set(json.loads(data)) == {"deadline", "members", "members_sha256"}
    assert filters.parse_filter(queries.find(home.workspace, "leave-p256").campaign.filter).terms
