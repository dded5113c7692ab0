"""What was replaced is revoked as key-replaced once its successor has taken over, where policy says so (R6.2)."""

from datetime import timedelta

import pytest

from certmgr.models.certificates import Certificate, State
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause, Reason
from certmgr.models.servers import DeploymentId, Endpoint, Installation, Protocol
from certmgr.operations import certificates, check, revocations
from certmgr.pki import csr, keys
from certmgr.queries import certificates as queries
from certmgr.store import deployments
from tests.clock import FakeClock
from tests.faults.aftermath import published_entries
from tests.home import HomeForTest
from tests.operations.configuring import Configured, configured

__all__ = ["configured"]

NAME = "portal.egov.internal"
OVERLAP = timedelta(days=7)


def replaced(home: HomeForTest, clock: FakeClock, **wish: object) -> tuple[Certificate, Certificate]:
    """Return a certificate and the successor that it got in its time."""
    first = queries.detail(home.workspace, home.issue(NAME, **wish).id).certificate  # type: ignore[arg-type]  # a wish's fields
    clock.now = first.renew_at
    second = certificates.renew(home.workspace, home.machine(), first)
    return first, queries.detail(home.workspace, second.id).certificate


def state(home: HomeForTest, one: Certificate) -> State:
    """Return the state of the certificate after a check."""
    list(check.check(home.workspace, home.machine()))
    return queries.detail(home.workspace, one.id).state


def place(home: HomeForTest, one: Certificate, *, endpoint: bool = True) -> DeploymentId:
    """Record a deployment of the server of `one`, with its files in place and seen serving."""
    with home.workspace.store().write(home.machine().actor) as tx:
        made = deployments.add(
            tx,
            one.server_id,
            installation=Installation(folder="/srv/certificates/portal"),
            endpoint=Endpoint(host="127.0.0.1", port=9, protocol=Protocol.TLS, sni="") if endpoint else None,
        )
        deployments.set_installed(tx, made, one.id)
        deployments.set_seen(tx, made, one.id)
        tx.record("deployment.added", f"deployment:{made}", {})
    return made


def test_r6_2_a_replaced_certificate_is_revoked_after_the_overlap_and_on_the_crl_of_that_check(
    configured: Configured, clock: FakeClock
) -> None:
    """Reason superseded (4), cause key-replaced; not a second before, and the successor stays."""
    home = configured(revoke_replaced="true")
    first, second = replaced(home, clock)
    clock.advance(OVERLAP - timedelta(seconds=1))
    assert state(home, first) is State.VALID
    clock.advance(timedelta(seconds=1))
    assert any("Would revoke the replaced" in step.what for step in check.pending(home.workspace))
    assert state(home, first) is State.REVOKED
    assert queries.detail(home.workspace, first.id).certificate.cause == Cause.KEY_REPLACED
    assert state(home, second) is State.VALID
    entries = {serial: entry.reason for serial, entry in published_entries(home).items()}
    assert entries == {str(first.serial): Reason.SUPERSEDED}


def test_r6_2_without_the_policy_it_is_only_superseded(home: HomeForTest, clock: FakeClock) -> None:
    """It ends by itself."""
    first, _ = replaced(home, clock)
    clock.advance(OVERLAP)
    assert state(home, first) is State.SUPERSEDED


def test_r6_2_an_endpoint_that_was_not_seen_with_the_new_one_keeps_the_old_one_good(
    configured: Configured, clock: FakeClock
) -> None:
    """Installed is not yet serving."""
    home = configured(revoke_replaced="true")
    first, second = replaced(home, clock)
    made = place(home, first)
    clock.advance(OVERLAP)
    assert state(home, first) is State.SUPERSEDED
    with home.workspace.store().write(home.machine().actor) as tx:
        deployments.set_installed(tx, made, second.id)
        tx.record("deployment.installed", f"deployment:{made}", {})
    assert state(home, first) is State.SUPERSEDED
    with home.workspace.store().write(home.machine().actor) as tx:
        deployments.set_seen(tx, made, second.id)
        tx.record("deployment.seen", f"deployment:{made}", {})
    assert state(home, first) is State.REVOKED


def test_r6_2_without_an_endpoint_the_files_in_place_are_enough(configured: Configured, clock: FakeClock) -> None:
    """There is nothing to see; files that are still the old ones would be those of a revoked certificate."""
    home = configured(revoke_replaced="true")
    first, second = replaced(home, clock)
    made = place(home, first, endpoint=False)
    clock.advance(OVERLAP)
    assert state(home, first) is State.SUPERSEDED
    with home.workspace.store().write(home.machine().actor) as tx:
        deployments.set_installed(tx, made, second.id)
        tx.record("deployment.installed", f"deployment:{made}", {})
    assert state(home, first) is State.REVOKED


def test_r6_2_a_successor_that_is_revoked_itself_takes_nothing_over(configured: Configured, clock: FakeClock) -> None:
    """The old one is the only good one then."""
    home = configured(revoke_replaced="true")
    first, second = replaced(home, clock)
    revocations.revoke(
        home.workspace, home.person(), certificate=second.id, cause=Cause.KEY_LOST, confirm=NAME, evidence="It is gone."
    )
    clock.advance(OVERLAP)
    assert state(home, first) is State.SUPERSEDED


def test_r6_2_a_successor_with_the_same_key_replaces_no_key(configured: Configured, clock: FakeClock) -> None:
    """The profile says `reuse_key`: key-replaced would be untrue."""
    configured("profile.server", reuse_key="true")
    home = configured(revoke_replaced="true")
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], NAME)
    first, second = replaced(home, clock, csr=request)
    assert first.spki_sha256 == second.spki_sha256
    clock.advance(OVERLAP)
    assert state(home, first) is State.SUPERSEDED


@pytest.mark.parametrize("cause", [Cause.SUSPENDED, Cause.NO_LONGER_NEEDED])
def test_r6_2_what_is_held_or_asked_to_be_revoked_is_decided_there(
    configured: Configured, clock: FakeClock, cause: Cause
) -> None:
    """Another request for it is open: this policy does not decide it."""
    home = configured(revoke_replaced="true")
    first, _ = replaced(home, clock)
    session = home.person() if cause is Cause.SUSPENDED else home.machine()
    act = revocations.revoke if cause is Cause.SUSPENDED else revocations.request
    act(home.workspace, session, certificate=first.id, cause=cause, confirm=NAME, evidence="The law says so.")
    clock.advance(OVERLAP)
    assert state(home, first) in {State.HELD, State.SUPERSEDED}


def test_r6_2_the_machine_says_by_what_it_was_decided(configured: Configured, clock: FakeClock) -> None:
    """DETAILS 3: the machine verifies none on its own; here the configuration has decided."""
    home = configured(revoke_replaced="true")
    first, _ = replaced(home, clock)
    clock.advance(OVERLAP)
    list(check.check(home.workspace, home.machine()))
    with home.workspace.store().read() as snapshot:
        row = snapshot.row("SELECT verified_how, verified_by FROM revocation WHERE certificate_id = ?", (first.id,))
    assert row == ("policy: renewal.revoke_replaced", "machine")
