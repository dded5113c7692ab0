"""Dry runs: the verdict of the real thing, and not a trace of it (DETAILS 21)."""

import pytest

from certmgr import issuance
from certmgr.codes import Code
from certmgr.errors import RefusedError, UsageError
from certmgr.inventory_file import read_inventory
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.operations import check, holds, inventory, revocations
from certmgr.pki import csr, keys
from certmgr.queries import certificates as queries
from tests.clock import FakeClock
from tests.home import HomeForTest

NAME = "portal.egov.internal"


def journal_length(home: HomeForTest) -> int:
    """Return how many entries the journal has."""
    with home.workspace.store().read() as snapshot:
        row = snapshot.row("SELECT count(*) FROM journal")
    assert row is not None
    return int(row[0])


def due(home: HomeForTest) -> list[tuple[str, bool]]:
    """Return what a check would do; it records nothing."""
    before = journal_length(home)
    files = sorted(home.path.parent.rglob("*"))
    found = [(step.what, step.done) for step in check.pending(home.workspace)]
    assert journal_length(home) == before
    assert [path for path in sorted(home.path.parent.rglob("*")) if "certmgr.db" not in path.name] == [
        path for path in files if "certmgr.db" not in path.name
    ]
    return found


def test_nothing_is_due_in_a_new_home(home: HomeForTest) -> None:
    """As `check` itself finds."""
    assert due(home) == []
    assert list(check.check(home.workspace, home.machine())) == []


def test_what_is_due_is_what_check_does(home: HomeForTest, clock: FakeClock) -> None:
    """A renewal, a CRL, a verified revocation: each is announced, then done, then no longer due."""
    issued = home.issue(NAME)
    other = home.issue("other.egov.internal")
    person = home.person()
    (request,) = revocations.request(
        home.workspace, person, certificate=other.id, cause=Cause.KEY_LOST, confirm="other.egov.internal"
    )
    revocations.verify(home.workspace, person, request.id)
    clock.now = queries.detail(home.workspace, issued.id).certificate.renew_at + home.workspace.config.renewal.spread
    said = [what for what, done in due(home) if done]
    for words in ("Would carry out the revocation", "Would publish the CRL of issuing", f"Would renew {NAME}"):
        assert any(what.startswith(words) for what in said), words
    done = [step.what for step in check.check(home.workspace, home.machine()) if step.done]
    for words in ("Carried out the revocation", "Published the CRL of issuing", f"Renewed {NAME}"):
        assert any(what.startswith(words) for what in done), words
    assert [what for what, would in due(home) if would] == []


def test_an_interrupted_certificate_is_due(home: HomeForTest) -> None:
    """Finished while it is young, closed onto the CRL when it is old (DETAILS 16)."""

    def press(*_: object) -> bytes:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuance, "sign", press)
        with pytest.raises(KeyboardInterrupt):
            home.issue(NAME)
    ((what, done),) = due(home)
    assert what.startswith(f"Would finish {NAME}")
    assert done


def test_a_renewal_that_needs_its_owner_is_not_promised(home: HomeForTest, clock: FakeClock) -> None:
    """DETAILS 19: the key was made elsewhere, so a person is needed."""
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], NAME)
    issued = home.issue(NAME, csr=request)
    clock.now = queries.detail(home.workspace, issued.id).certificate.renew_at + home.workspace.config.renewal.spread
    (found,) = [(what, done) for what, done in due(home) if NAME in what]
    assert found[1] is False
    assert "needs a new CSR" in found[0]


def test_a_rehearsed_revocation_names_every_certificate_of_the_key(home: HomeForTest) -> None:
    """R1.6: with a compromised key its siblings go, too; with another cause they stay."""
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], NAME)
    first = home.issue(NAME, csr=request)
    second = home.issue(NAME, csr=request, additional=True)
    before = journal_length(home)
    whole = revocations.rehearse(
        home.workspace, certificate=first.id, cause=Cause.KEY_COMPROMISE, evidence="found in a backup"
    )
    assert [one.id for one in whole] == [first.id, second.id]
    alone = revocations.rehearse(home.workspace, certificate=first.id, cause=Cause.KEY_LOST)
    assert [one.id for one in alone] == [first.id]
    assert journal_length(home) == before


def test_a_rehearsed_revocation_is_refused_as_the_real_one(home: HomeForTest) -> None:
    """Twice, or with a CA's cause."""
    issued = home.issue(NAME)
    with pytest.raises(UsageError):
        revocations.rehearse(home.workspace, certificate=issued.id, cause=Cause.CA_COMPROMISE)
    revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    with pytest.raises(RefusedError):
        revocations.rehearse(home.workspace, certificate=issued.id, cause=Cause.KEY_LOST)


def test_only_what_is_held_can_be_released(home: HomeForTest) -> None:
    """A valid certificate is not held; a revoked one never comes back."""
    issued = home.issue(NAME)
    one = queries.detail(home.workspace, issued.id).certificate
    with pytest.raises(RefusedError) as caught:
        holds.require_held(one)
    assert caught.value.code is Code.REVOCATION_STATE
    holds.hold(home.workspace, home.person(), certificate=issued.id, confirm=NAME, evidence="an order")
    holds.require_held(queries.detail(home.workspace, issued.id).certificate)


def test_a_rehearsed_inventory_tells_what_would_become_of_every_line(home: HomeForTest) -> None:
    """Issued, skipped, refused: the same verdicts as the run itself, in the order of the lines; no key is written."""
    home.issue("served.egov.internal")
    lines = read_inventory(
        b"server,dns,ip,owner,contact,purpose\n"
        b"new,new.egov.internal,,ops,,web\n"
        b"served.egov.internal,served.egov.internal,,ops,,web\n"
        b"public,www.example.com,,ops,,web\n"
        b"new,other.egov.internal,,ops,,web\n",
        name="inventory.csv",
    )
    before = journal_length(home)
    places = sorted(home.out.rglob("*"))
    reports = inventory.rehearse_inventory(home.workspace, lines)
    assert [(report.number, report.outcome.value) for report in reports] == [
        (2, "issued"),
        (3, "skipped"),
        (4, "refused"),
        (5, "refused"),
    ]
    assert journal_length(home) == before
    assert sorted(home.out.rglob("*")) == places
    done = [
        report
        for batch in inventory.issue_inventory(home.workspace, home.machine(), lines, destination=home.out)
        for report in batch
    ]
    assert [report.outcome for report in done] == [report.outcome for report in reports]
