"""A check as a whole: its order, one part's failure, its silence, its speed, its lock, what it writes for others."""

import re
import stat
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError, RefusedError
from certmgr.files import held
from certmgr.models.revocations import Cause
from certmgr.models.steps import Step
from certmgr.operations import check, revocations
from certmgr.queries import certificates as queries
from certmgr.store import attempts
from certmgr.workspace import Session, Workspace
from tests.clock import FakeClock
from tests.docs.sandbox import REPOSITORY
from tests.faults.aftermath import published_entries
from tests.home import HomeForTest
from tests.operations.configuring import Configured, configured

__all__ = ["configured"]

NAME = "portal.egov.internal"
IDLE_S = 0.02
"""DETAILS 61."""


def run(home: HomeForTest) -> list[Step]:
    """Return what a check of the machine does."""
    return list(check.check(home.workspace, home.machine()))


def jobs(home: HomeForTest) -> dict[str, attempts.Attempt]:
    """Return how the check and its parts went last, by name."""
    with home.workspace.store().read() as snapshot:
        return {one.subject.removeprefix("job:"): one for one in attempts.all(snapshot, "job:")}


def part(name: str, problem: Exception) -> check.Part:
    """Return a part that yields a step and then fails."""

    def due(_workspace: Workspace, _session: Session) -> Iterator[Step]:
        yield Step(what=f"{name} began.", done=True)
        raise problem

    def pending(_workspace: Workspace) -> Iterator[Step]:
        raise problem
        yield Step(what=name, done=True)  # type: ignore[unreachable]  # it makes this a generator

    return check.Part(name=name, due=due, pending=pending)


def test_the_parts_come_in_the_order_that_a_crash_cannot_spoil() -> None:
    """ARCHITECTURE 11: what a crash left, what ends certificates, the CRLs, what makes new ones, what tells of it."""
    names = [one.name for one in check.PARTS]
    order = ["recovery", "revocations", "holds", "replacements", "crls", "applications", "renewals", "commitments"]
    assert [name for name in names if name in order] == order
    assert names.index("commitments") < names.index("notices")
    assert len(set(names)) == len(names)
    assert {one.name for one in check.CLOCKS} < set(names)


def test_the_page_names_every_part_in_its_order() -> None:
    """docs/operation.md: what a metric or a message calls `job` is explained there."""
    page = (REPOSITORY / "docs" / "operation.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z, ]+) \| ", page.partition("| part |")[2].partition("\n\n")[0], flags=re.MULTILINE)
    assert [name for row in rows for name in row.split(", ")] == [one.name for one in check.PARTS]


def test_details_61_an_idle_check_takes_at_most_20_ms(home: HomeForTest) -> None:
    """In process, the best of some: another process may be at work on this machine."""
    for number in range(10):
        home.issue(f"host{number}.egov.internal")
    session = home.machine()
    list(check.check(home.workspace, session))
    took = []
    for _ in range(10):
        begun = time.perf_counter()
        steps = list(check.check(home.workspace, session))
        took.append(time.perf_counter() - begun)
        assert steps == []
    assert min(took) <= IDLE_S, took


def test_an_idle_check_leaves_the_journal_as_it_is(home: HomeForTest) -> None:
    """When a job last succeeded is no record of anything."""
    run(home)
    with home.workspace.store().read() as snapshot:
        before = snapshot.row("SELECT count(*) FROM journal")
    assert run(home) == []
    with home.workspace.store().read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM journal") == before


@pytest.mark.parametrize(
    "problem", [CertmgrError("The paper is out."), OSError(5, "Input/output error", "disk"), ZeroDivisionError()]
)
def test_one_part_that_fails_stops_no_other(
    home: HomeForTest, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """It is told; what nobody foresaw is raised after the last part; the others are done. A full disk is foreseen."""
    issued = home.issue(NAME)
    person = home.person()
    (request,) = revocations.request(
        home.workspace, person, certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME
    )
    revocations.verify(home.workspace, person, request.id)
    monkeypatch.setattr(check, "PARTS", (part("broken", problem), *check.PARTS))
    steps: list[Step] = []
    with nullcontext() if isinstance(problem, (CertmgrError, OSError)) else pytest.raises(type(problem)):
        for step in check.check(home.workspace, home.machine()):
            steps.append(step)  # noqa: PERF402 - what came before the error counts
    told = [step.what for step in steps if not step.done]
    words = {CertmgrError: "The paper is out.", OSError: "disk: Input/output error"}.get(type(problem), "ZeroDivision")
    assert any(what.startswith(f"This part of the check stopped, broken: {words}") for what in told)
    assert steps[0] == Step(what="broken began.", done=True)
    assert str(issued.prepared.spec.serial) in published_entries(home)
    assert jobs(home)["broken"].failures == 1
    assert jobs(home)["check"].failures == 1
    assert jobs(home)["crls"].failures == 0


def test_a_dry_run_tells_of_a_part_that_fails_and_goes_on(home: HomeForTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the check itself."""
    monkeypatch.setattr(check, "PARTS", (part("broken", CertmgrError("The paper is out.")), *check.PARTS))
    (step,) = check.pending(home.workspace)
    assert step == Step(what="This part of the check stopped, broken: The paper is out.", done=False)


def test_when_each_part_last_succeeded_is_kept(home: HomeForTest, clock: FakeClock) -> None:
    """A failure keeps the time of the last success."""
    run(home)
    first = clock.now
    assert {name for name in jobs(home) if name != "check"} == {one.name for one in check.PARTS}
    assert {one.succeeded_at for one in jobs(home).values()} == {first}
    clock.advance(minutes=15)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "PARTS", (part("crls", CertmgrError("No.")),))
        run(home)
    assert (jobs(home)["crls"].succeeded_at, jobs(home)["crls"].failures) == (first, 1)
    assert (jobs(home)["renewals"].succeeded_at, jobs(home)["renewals"].failures) == (first, 0)


def test_a_check_beside_another_says_that_one_is_running(home: HomeForTest) -> None:
    """Exit 6 with a code of its own, by which the daemon knows to be silent; nothing was done."""
    with held(home.path / "log"), pytest.raises(LockedError) as refusal:
        list(check.check(home.workspace, home.machine(), patience_s=0))
    assert refusal.value.code is Code.CHECK_RUNNING
    assert jobs(home) == {}


def test_an_auditor_does_nothing_of_it(home: HomeForTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not issue and revoke may not check."""
    session = home.machine()
    monkeypatch.setattr(Session, "allows", lambda _session, permission: permission.value == "publish")
    with pytest.raises(RefusedError):
        list(check.check(home.workspace, session))


def test_r6_1_the_clocks_carry_out_and_publish_and_leave_the_rest(home: HomeForTest, clock: FakeClock) -> None:
    """What the daemon does each minute: a verified request is out; a renewal that is due waits for the check."""
    issued = home.issue(NAME)
    other = home.issue("other.egov.internal")
    clock.now = queries.detail(home.workspace, other.id).certificate.renew_at + home.workspace.config.renewal.spread
    person = home.person()
    (request,) = revocations.request(
        home.workspace, person, certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME
    )
    revocations.verify(home.workspace, person, request.id)
    done = [step.what for step in check.clocks(home.workspace, home.machine()) if step.done]
    assert done[0].startswith("Carried out the revocation")
    assert done[1].startswith("Published the CRL of issuing")
    assert not any("Renewed" in what for what in done)
    assert set(published_entries(home)) == {str(issued.prepared.spec.serial)}
    assert set(jobs(home)) == {"clocks"}


def test_the_metrics_are_written_after_each_check_for_everybody_to_read(
    configured: Configured, clock: FakeClock, tmp_path: Path
) -> None:
    """Mode 0644, replaced in one step, with the times of this very check."""
    file = tmp_path / "certmgr.prom"
    home = configured("report", metrics_file=f'"{file}"')
    run(home)
    first = file.stat()
    assert stat.S_IMODE(first.st_mode) == 0o644
    assert (
        f'certmgr_job_last_success_timestamp_seconds{{job="check"}} {int(clock.now.timestamp())}\n' in file.read_text()
    )
    clock.advance(minutes=15)
    run(home)
    assert file.stat().st_ino != first.st_ino
    assert list(tmp_path.glob(".*")) == []


def test_metrics_that_cannot_be_written_are_told_and_everything_else_is_done(
    configured: Configured, tmp_path: Path
) -> None:
    """The folder is missing: a person is needed, the stamp is there."""
    home = configured("report", metrics_file=f'"{tmp_path}/nowhere/certmgr.prom"')
    (step,) = run(home)
    assert not step.done
    assert "nowhere" in step.what
    assert (home.path / "log" / "last-check").exists()
    assert jobs(home)["check"].failures == 0


def test_r5_1_a_check_that_stops_anywhere_is_finished_by_the_next(home: HomeForTest, clock: FakeClock) -> None:
    """As a stopped daemon leaves it: closed after the first step, then the second and so on; all is done once."""
    for number in range(4):
        home.issue(f"host{number}.egov.internal")
    clock.now = queries.detail(home.workspace, 1).certificate.renew_at + timedelta(days=1)  # type: ignore[arg-type]  # an id
    for count in range(1, 6):
        steps = check.check(home.workspace, home.machine())
        assert len(list(islice(steps, count))) > 0
        steps.close()
    replaced = [one.replaces_id for one in queries.every(home.workspace) if one.replaces_id]
    assert sorted(replaced) == [1, 2, 3, 4]
