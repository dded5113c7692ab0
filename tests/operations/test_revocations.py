"""Revocation: who may do what, what stands on the CRL, what stays open when publishing fails."""

from datetime import timedelta
from pathlib import Path

import pytest

from certmgr import publication
from certmgr.codes import Code
from certmgr.errors import IntegrityError, RefusedError, UsageError
from certmgr.issuance import Issued
from certmgr.models.certificates import State
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause, CrlEntry, Reason, RequestState
from certmgr.operations import check, holds, revocations
from certmgr.pki import crl, csr, keys
from certmgr.queries import certificates as queries
from certmgr.queries import revocations as requests
from certmgr.revocation_steps import Revoked
from certmgr.store import authorities
from tests.clock import FakeClock
from tests.home import HomeForTest, copy_home, reopen

NAME = "portal.egov.internal"


def revoke(home: HomeForTest, issued: Issued, cause: Cause) -> Revoked:
    """Revoke or hold a certificate as a person who may, with some evidence."""
    return revocations.revoke(
        home.workspace, home.person(), certificate=issued.id, cause=cause, confirm=NAME, evidence="as it was told"
    )


def published_entries(home: HomeForTest) -> dict[str, CrlEntry]:
    """Return the entries of the CRL file that relying parties fetch, by serial."""
    (path,) = home.public.glob("issuing-*.crl")
    return {str(entry.serial): entry for entry in crl.read_crl(path.read_bytes()).entries}


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (Cause.KEY_COMPROMISE, Reason.KEY_COMPROMISE),
        (Cause.KEY_LOST, Reason.SUPERSEDED),
        (Cause.KEY_REPLACED, Reason.SUPERSEDED),
        (Cause.INFORMATION_CHANGED, Reason.AFFILIATION_CHANGED),
        (Cause.NO_LONGER_NEEDED, Reason.CESSATION_OF_OPERATION),
        (Cause.FEES_UNPAID, Reason.PRIVILEGE_WITHDRAWN),
        (Cause.DUTY_BREACHED, Reason.PRIVILEGE_WITHDRAWN),
        (Cause.FALSE_APPLICATION, Reason.PRIVILEGE_WITHDRAWN),
        (Cause.MISUSED, Reason.PRIVILEGE_WITHDRAWN),
        (Cause.INTERNET_USE, Reason.PRIVILEGE_WITHDRAWN),
        (Cause.ISSUED_IN_ERROR, Reason.SUPERSEDED),
        (Cause.SUSPENDED, Reason.CERTIFICATE_HOLD),
    ],
)
def test_r6_2_each_cause_is_published_with_its_reason(home: HomeForTest, cause: Cause, reason: Reason) -> None:
    """R6.1, R6.2: the CRL is out before the operation returns, with the RFC 5280 reason of the cause."""
    issued = home.issue(NAME)
    done = revoke(home, issued, cause)
    assert done.published
    assert done.problem is None
    assert published_entries(home)[issued.prepared.spec.serial].reason is reason
    assert done.revocation.state is RequestState.DONE
    times = [
        done.revocation.received_at,
        done.revocation.verified_at,
        done.revocation.revoked_at,
        done.revocation.signed_at,
        done.revocation.published_at,
    ]
    assert None not in times
    assert times == sorted(times, key=lambda one: one or home.workspace.now())


def test_r6_1_the_machine_alone_only_records_a_request(home: HomeForTest) -> None:
    """A request is verified by a person; the machine's stays open with a 24-hour clock (DETAILS 3)."""
    issued = home.issue(NAME)
    done = revocations.revoke(home.workspace, home.machine(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert done.revocation.state is RequestState.RECEIVED
    assert done.revocation.verify_due_at - done.revocation.received_at == timedelta(hours=24)
    assert published_entries(home) == {}
    with pytest.raises(RefusedError):
        revocations.verify(home.workspace, home.machine(), done.revocation.id)


def test_r6_1_check_carries_a_verified_request_out_with_the_machine_alone(home: HomeForTest) -> None:
    """A verified request cannot be forgotten: cron's check revokes and publishes (R6.1)."""
    issued = home.issue(NAME)
    (request,) = revocations.request(
        home.workspace, home.machine(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME
    )
    revocations.verify(home.workspace, home.person(), request.id)
    steps = list(check.check(home.workspace, home.machine()))
    assert all(step.done for step in steps)
    assert issued.prepared.spec.serial in published_entries(home)
    assert requests.open_requests(home.workspace) == ()


def test_r1_6_a_compromised_key_takes_every_certificate_of_that_key_along(home: HomeForTest) -> None:
    """R1.6: the SPKI is blocked, the siblings are revoked in the same breath, the key is never certified again."""
    key = keys.make_key(KeyType.EC_P256)
    request = csr.make_csr(key, [NAME], [], None)
    first = home.issue(NAME, csr=request)
    second = home.issue(NAME, csr=request, server=NAME, additional=True)
    done = revocations.revoke(
        home.workspace,
        home.person(),
        certificate=first.id,
        cause=Cause.KEY_COMPROMISE,
        confirm=NAME,
        evidence="found in a public repository",
    )
    assert [other.serial for other in done.others] == [second.prepared.spec.serial]
    assert set(published_entries(home)) == {first.prepared.spec.serial, second.prepared.spec.serial}
    with pytest.raises(RefusedError) as caught:
        home.issue("other.egov.internal", csr=csr.make_csr(key, ["other.egov.internal"], [], None))
    assert Code.KEY_BLOCKED in {finding.code for finding in caught.value.findings}


def test_n7_a_wrong_typed_name_revokes_nothing(home: HomeForTest) -> None:
    """N7: the typed name is compared by the operation itself and the refusal is journalled."""
    issued = home.issue(NAME)
    with pytest.raises(UsageError) as caught:
        revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm="portal")
    assert caught.value.code is Code.CONFIRMATION
    assert requests.every(home.workspace) == ()


def test_a_revoked_certificate_only_changes_to_key_compromise(home: HomeForTest) -> None:
    """DETAILS 28: a second revocation is refused, but for a key that turns out compromised; its date stays."""
    issued = home.issue(NAME)
    revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    before = published_entries(home)[issued.prepared.spec.serial]
    with pytest.raises(RefusedError):
        revoke(home, issued, Cause.MISUSED)
    revoke(home, issued, Cause.KEY_COMPROMISE)
    after = published_entries(home)[issued.prepared.spec.serial]
    assert after.reason is Reason.KEY_COMPROMISE
    assert after.revoked_at == before.revoked_at


def test_details_29_ca_compromise_is_no_cause_for_a_leaf(home: HomeForTest) -> None:
    """DETAILS 29: exit 2 for a leaf."""
    issued = home.issue(NAME)
    with pytest.raises(UsageError):
        revocations.revoke(
            home.workspace, home.person(), certificate=issued.id, cause=Cause.CA_COMPROMISE, confirm=NAME
        )


def test_r6_2_9_a_hold_is_released_and_leaves_the_crl(home: HomeForTest) -> None:
    """R6.2(9): a hold stands on the CRL as certificateHold and is gone from it after the release."""
    issued = home.issue(NAME)
    revoke(home, issued, Cause.SUSPENDED)
    assert queries.detail(home.workspace, issued.id).state is State.HELD
    done = holds.release(home.workspace, home.person(), certificate=issued.id, confirm=NAME)
    assert (done.lifted, done.seen, done.problem, done.due) == (True, True, None, None)
    assert published_entries(home) == {}
    assert queries.detail(home.workspace, issued.id).state is State.VALID
    with pytest.raises(RefusedError):
        holds.release(home.workspace, home.person(), certificate=issued.id, confirm=NAME)


def test_r6_1_a_failed_publication_leaves_the_request_open_and_check_names_it_until_it_is_out(
    home_template: Path, tmp_path: Path, clock: FakeClock
) -> None:
    """ARCHITECTURE 8: the clock stops when relying parties can see it, not when a row changes."""
    home = copy_home(home_template, tmp_path / "place", clock=clock, fetch_urls=("http://127.0.0.1:9/",))
    issued = home.issue(NAME)
    done = revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert not done.published
    assert done.problem
    (open_request,) = requests.open_requests(home.workspace)
    assert open_request.state is RequestState.REVOKED
    clock.advance(hours=13)
    told = [step.what for step in check.check(home.workspace, home.machine()) if not step.done]
    assert any("50 percent" in line for line in told)
    clock.advance(hours=12)
    told = [step.what for step in check.check(home.workspace, home.machine()) if not step.done]
    assert any(line.startswith("OVERDUE") for line in told)
    home.workspace.close()
    mended = reopen(tmp_path / "place", clock=clock)
    list(check.check(mended.workspace, mended.machine()))
    assert requests.open_requests(mended.workspace) == ()
    mended.workspace.close()


def test_a_store_from_an_old_copy_brings_no_revoked_serial_back(home: HomeForTest) -> None:
    """R1.7: a CRL that leaves out what the published one says is not signed (exit 7)."""
    issued = home.issue(NAME)
    home.workspace.close()
    old = (home.path / "certmgr.db").read_bytes()
    revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    home.workspace.close()
    (home.path / "certmgr.db").write_bytes(old)
    with home.workspace.store().read() as snapshot:
        issuing = authorities.current_issuing(snapshot)
    session = home.person()
    with pytest.raises(IntegrityError):
        publication.publish(
            home.workspace.store(), session.actor, session.signer(issuing), issuing, home.workspace.config
        )
    assert issued.prepared.spec.serial in published_entries(home)
