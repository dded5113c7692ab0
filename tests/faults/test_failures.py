"""The outside world fails: no room, no permission, something in the way, a store that is held (N5)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.cli import run as run_words
from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError, RefusedError
from certmgr.inventory_file import read_inventory
from certmgr.models.certificates import Stage
from certmgr.models.revocations import Cause, RequestState
from certmgr.operations import check, inventory, revocations
from certmgr.queries import revocations as requests
from certmgr.store.connection import BUSY_TIMEOUT_S, open_store
from tests.clock import FakeClock
from tests.faults import acts
from tests.faults.aftermath import every_certificate, published_entries, settled, whole
from tests.faults.inventories import write_inventory
from tests.faults.processes import run, started
from tests.home import HomeForTest

NAME = "portal.egov.internal"
BEFORE_THE_SIGNATURE = ("prepare", "record_intents")
AFTER_THE_SIGNATURE = ("record_issued", "deliver")


def files(folder: Path) -> set[str]:
    """Return every file and link below `folder`, by its path."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


@pytest.mark.parametrize("step", BEFORE_THE_SIGNATURE)
def test_without_room_before_the_signature_nothing_is_left(live_home: HomeForTest, tmp_path: Path, step: str) -> None:
    """Exit 1; no half-written key, no intent, and the same request succeeds when there is room."""
    folder = tmp_path / "place"
    before = files(folder)
    (error,) = run(acts.issue_without_room, folder, step, NAME)[1:]
    assert error[:2] == ["error", "1"]
    assert files(folder) - before <= {"home/issuing.lock", "home/certmgr.db-wal", "home/certmgr.db-shm"}
    assert every_certificate(live_home) == ()
    assert run(acts.issue_many, folder, NAME)[-1][0] == "issued"
    assert len(settled(live_home)) == 1
    whole(live_home)


@pytest.mark.parametrize("step", AFTER_THE_SIGNATURE)
def test_without_room_after_the_signature_check_finishes_later(
    live_home: HomeForTest, tmp_path: Path, step: str
) -> None:
    """Exit 1 and nothing lost: what was signed is on record or is signed again, then delivered."""
    folder = tmp_path / "place"
    (error,) = run(acts.issue_without_room, folder, step, NAME)[1:]
    assert error[:2] == ["error", "1"]
    assert [line[0] for line in run(acts.check_once, folder)] == ["ready", "did", "done"]
    (one,) = settled(live_home)
    assert one.stage is Stage.ISSUED
    whole(live_home)


def test_a_destination_that_may_not_be_written_is_told(live_home: HomeForTest, tmp_path: Path) -> None:
    """Exit 6: no permission; nothing is recorded, and the sentence names the folder."""
    live_home.out.mkdir(mode=0o500)
    (error,) = run(acts.issue_as_nobody_special, tmp_path / "place", NAME)[1:]
    assert error[:3] == ["error", "6", Code.FILE_NOT_PERMITTED]
    assert str(live_home.out) in " ".join(error)
    assert every_certificate(live_home) == ()


@pytest.mark.parametrize("foreign", ["live", "archive", "archive/mine", "privkey.pem", ""])
def test_foreign_files_in_the_way_are_refused_and_kept(home: HomeForTest, foreign: str) -> None:
    """DETAILS 17: exit 4, nothing recorded but the refusal, the file stays what it is."""
    place = home.out / NAME / foreign
    place.parent.mkdir(parents=True)
    place.write_text("somebody's own")
    before = files(home.out)
    with pytest.raises(RefusedError) as caught:
        home.issue(NAME)
    assert str(home.out / NAME) in " ".join(finding.message for finding in caught.value.findings)
    assert files(home.out) == before
    assert place.read_text() == "somebody's own"
    assert every_certificate(home) == ()


def test_a_foreign_line_of_an_inventory_stops_no_other(home: HomeForTest, tmp_path: Path) -> None:
    """A line that is refused for what stands in its way is reported; the others are served."""
    lines = read_inventory(write_inventory(tmp_path / "i.csv", "line", 3).read_bytes(), name="i.csv")
    (home.out / "line1").mkdir(parents=True)
    (home.out / "line1" / "live").write_text("somebody's own")
    batches = list(inventory.issue_inventory(home.workspace, home.machine(), lines, destination=home.out))
    assert [one.outcome for batch in batches for one in batch] == ["issued", "refused", "issued"]
    assert len(settled(home)) == 2


def test_what_comes_into_the_way_after_the_signature_is_named_until_it_is_gone(
    live_home: HomeForTest, tmp_path: Path
) -> None:
    """The certificate is on record; `check` names the obstacle and delivers when it has been moved away."""
    folder, obstacle = tmp_path / "place", live_home.out / NAME / "live"
    with started(acts.issue_halted, folder, "deliver", NAME) as child:
        child.wait_for("halted")
        obstacle.write_text("somebody's own")
        child.go()
        child.finish()
    assert child.lines[-1][:2] == ["error", "4"]
    lines = run(acts.check_once, folder)
    assert [line[0] for line in lines] == ["ready", "open", "done"]
    assert str(obstacle) in " ".join(lines[1])
    obstacle.unlink()
    assert [line[0] for line in run(acts.check_once, folder)] == ["ready", "did", "done"]
    assert len(settled(live_home)) == 1


@pytest.fixture
def impatient(home: HomeForTest, clock: FakeClock) -> Iterator[HomeForTest]:
    """Return a home whose store waits a moment only, while another connection holds it."""
    holder = open_store(home.workspace.database, clock=clock)
    home.workspace.store().close()
    home.workspace._thread.store = open_store(home.workspace.database, clock=clock, busy_timeout_s=0.1)
    with holder.gate():
        yield home
    holder.close()


def test_a_held_store_makes_issue_give_up_without_a_trace(impatient: HomeForTest) -> None:
    """Exit 6; the key that was made is gone again."""
    with pytest.raises(LockedError) as caught:
        impatient.issue(NAME)
    assert caught.value.code is Code.STORE_BUSY
    assert caught.value.hint
    assert files(impatient.out) == set()


def test_a_held_store_makes_an_inventory_give_up_without_a_trace(impatient: HomeForTest, tmp_path: Path) -> None:
    """Exit 6; no key of the batch that was prepared, or of those behind it, stays."""
    lines = read_inventory(write_inventory(tmp_path / "i.csv", "line", 250).read_bytes(), name="i.csv")
    with pytest.raises(LockedError):
        list(inventory.issue_inventory(impatient.workspace, impatient.machine(), lines, destination=impatient.out))
    assert files(impatient.out) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "--dns", NAME, "--purpose", "test", "--owner", "ops"),
        ("revoke", "given.egov.internal", "--cause", "key-lost", "--confirm", "given.egov.internal"),
        ("renew", "given.egov.internal", "--force", "--reason", "test"),
    ],
    ids=lambda words: words[0],
)
def test_a_command_that_finds_the_store_held_exits_6(
    live_home: HomeForTest, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, the next step, and no change."""
    live_home.issue("given.egov.internal")
    defaults = open_store.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "busy_timeout_s", 0.1)
    before = every_certificate(live_home)
    with live_home.workspace.store().gate():
        assert run_words(["--home", str(live_home.path), *words]) == 6
    told = capsys.readouterr().err
    assert "held by another process" in told
    assert "Next: " in told
    assert every_certificate(live_home) == before


def test_a_command_waits_for_a_store_that_is_held_for_a_moment(live_home: HomeForTest, tmp_path: Path) -> None:
    """Ten seconds are given; a store that is let go in that time is no error."""
    assert BUSY_TIMEOUT_S == 10
    with started(acts.issue_many, tmp_path / "place", NAME) as child:
        with live_home.workspace.store().gate():
            child.wait_for("ready")
            time.sleep(1)
            assert child.lines == [["ready"]]
        assert child.finish() == 0
        assert child.lines[-1][0] == "issued"


ONLY_THE_LAST_RECORD = (
    "CREATE TRIGGER fault BEFORE UPDATE OF der ON certificate BEGIN SELECT RAISE(ABORT, 'the disk said no'); END"
)


def put_fault(home: HomeForTest, sql: str) -> None:
    """Change the schema behind the program's back."""
    with home.workspace.store().gate() as db:
        db.execute(sql)


def test_a_record_that_fails_after_the_signature_is_made_up_for_by_check(home: HomeForTest) -> None:
    """The signature exists and the certificate is not on record: the same one is made again."""
    put_fault(home, ONLY_THE_LAST_RECORD)
    with pytest.raises(CertmgrError, match="the disk said no"):
        home.issue(NAME)
    assert [one.stage for one in every_certificate(home)] == [Stage.INTENT]
    put_fault(home, "DROP TRIGGER fault")
    (step,) = check.check(home.workspace, home.machine())
    assert step.done
    (one,) = settled(home)
    assert one.stage is Stage.ISSUED
    whole(home)


def test_a_record_that_goes_on_failing_ends_on_the_crl(home: HomeForTest, clock: FakeClock) -> None:
    """What cannot be recorded for an hour is revoked by its serial, which has been on record since the intent."""
    put_fault(home, ONLY_THE_LAST_RECORD)
    with pytest.raises(CertmgrError):
        home.issue(NAME)
    (step,) = check.check(home.workspace, home.machine())
    assert not step.done
    clock.advance(hours=2)
    assert all(step.done for step in check.check(home.workspace, home.machine()))
    (one,) = every_certificate(home)
    assert one.cause == Cause.ISSUED_IN_ERROR
    assert one.serial in published_entries(home)


def test_one_intent_that_cannot_be_finished_keeps_check_from_nothing_else(home: HomeForTest) -> None:
    """Every step is tried, whatever became of the others: the revocation that waits is carried out and published."""
    other = home.issue("other.egov.internal")
    (request,) = revocations.request(
        home.workspace, home.person(), certificate=other.id, cause=Cause.KEY_LOST, confirm="other.egov.internal"
    )
    revocations.verify(home.workspace, home.person(), request.id)
    put_fault(home, ONLY_THE_LAST_RECORD)
    with pytest.raises(CertmgrError):
        home.issue(NAME)
    steps = list(check.check(home.workspace, home.machine()))
    assert [step.done for step in steps] == [False, True, True], steps
    assert NAME in steps[0].what
    assert other.prepared.spec.serial in published_entries(home)


def test_r6_1_a_publication_folder_that_fails_keeps_the_request_open_until_check_publishes(
    home: HomeForTest, clock: FakeClock
) -> None:
    """The clock stops when relying parties can see it; a file where the folder should be is no publication."""
    issued = home.issue(NAME)
    away = home.public.rename(home.public.with_name("away"))
    home.public.write_text("a file")
    done = revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert (done.published, done.revocation.state) == (False, RequestState.REVOKED)
    assert str(home.public) in (done.problem or "")
    clock.advance(hours=13)
    told = " ".join(step.what for step in check.check(home.workspace, home.machine()) if not step.done)
    assert "50 percent of its time is used" in told
    clock.advance(hours=12)
    told = " ".join(step.what for step in check.check(home.workspace, home.machine()) if not step.done)
    assert "OVERDUE" in told
    home.public.unlink()
    away.rename(home.public)
    assert all(step.done for step in check.check(home.workspace, home.machine()))
    assert requests.open_requests(home.workspace) == ()
    assert issued.prepared.spec.serial in published_entries(home)
