"""Revoking what somebody has marked: told in steps, decided as one, finished after it was cut off (R1.6)."""

import pytest

from certmgr import revocation_steps, revoking
from certmgr.codes import Code
from certmgr.errors import CertmgrError, UsageError
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Cause, RequestState
from certmgr.operations import bulk_revocations, revocations
from certmgr.operations.bulk_revocations import Selection
from certmgr.queries import revocations as queries
from certmgr.queries.certificates import resolve
from tests.home import HomeForTest

ASKED = revoking.Asked(cause=Cause.KEY_LOST, by="")


@pytest.fixture
def marked(home: HomeForTest) -> Selection:
    """Return five certificates, the last of which is revoked already, of seven."""
    names = [f"node-{number}.egov.internal" for number in range(7)]
    for name in names:
        home.issue(name)
    ids = tuple(_id(home, name) for name in names[:5])
    revocations.revoke(
        home.workspace, home.person(), certificate=ids[-1], cause=Cause.KEY_LOST, confirm="node-4.egov.internal"
    )
    return Selection(ids=ids)


def _id(home: HomeForTest, name: str) -> CertificateId:
    return resolve(home.workspace, name).id


def test_only_the_marked_ones_are_meant(home: HomeForTest, marked: Selection) -> None:
    """Neither more nor less, and each that is passed over has its reason."""
    found = bulk_revocations.find(home.workspace, marked, ASKED)
    assert [one.id for one in found.certificates] == list((marked.ids or ())[:4])
    ((passed, reason),) = found.passed_over
    assert passed.server == "node-4.egov.internal"
    assert "revoked already" in reason
    with pytest.raises(CertmgrError, match="No certificate"):
        bulk_revocations.find(home.workspace, Selection(ids=()), ASKED)


def test_every_step_is_told_after_it_is_on_record(
    home: HomeForTest, marked: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requested in batches, revoked in batches, published at the end."""
    monkeypatch.setattr(revocation_steps, "BATCH", 3)
    told = []
    for one in bulk_revocations.revoke(home.workspace, home.person(), marked, ASKED, confirm=4):
        states = [each.revocation.state for each in queries.queue(home.workspace).rows]
        told.append((one.requested, one.revoked, len(states)))
    assert told == [(3, 0, 3), (4, 0, 4), (4, 3, 4), (4, 4, 4), (4, 4, 0)]
    assert one.outcome is not None
    assert one.outcome.published
    assert len(one.outcome.others) == 3


def test_a_run_that_is_cut_off_is_finished_by_one_decision(home: HomeForTest, marked: Selection) -> None:
    """What was requested is one set; verifying one carries all of it out."""
    steps = bulk_revocations.revoke(home.workspace, home.person(), marked, ASKED, confirm=4)
    next(steps)
    del steps
    waiting = queries.queue(home.workspace).rows
    assert {one.revocation.state for one in waiting} == {RequestState.RECEIVED}
    done = revocations.fulfil(home.workspace, home.person(), waiting[-1].revocation.id)
    assert len(done.others) == 3
    assert queries.queue(home.workspace).rows == ()


def test_the_machine_only_asks(home: HomeForTest, marked: Selection) -> None:
    """Its requests wait for a person."""
    *_, last = bulk_revocations.revoke(home.workspace, home.machine(), marked, ASKED, confirm=4)
    assert last.outcome is not None
    assert (last.revoked, last.outcome.problem) == (0, "the requests wait for a person to verify them")


def test_another_number_revokes_nothing(home: HomeForTest, marked: Selection) -> None:
    """The number is that of what would be revoked, not of what is marked."""
    with pytest.raises(UsageError) as refused:
        list(bulk_revocations.revoke(home.workspace, home.person(), marked, ASKED, confirm=5))
    assert refused.value.code is Code.BULK_COUNT
    assert queries.queue(home.workspace).rows == ()
