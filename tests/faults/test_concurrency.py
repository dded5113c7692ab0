"""Several processes at once on one home: nothing is lost, nothing is done twice (R6.1, R1.1, N5)."""

import threading
from collections import Counter
from pathlib import Path

from certmgr.errors import RefusedError
from certmgr.models.certificates import Stage
from certmgr.models.revocations import CrlFacts
from certmgr.pki import crl
from certmgr.store import journal
from tests.faults import acts
from tests.faults.aftermath import every_certificate, published_entries, settled, whole
from tests.faults.processes import Act, at_once, run, run_at_once, started
from tests.home import HomeForTest

PROCESSES = 8
EACH = 25


def names(process: int, count: int = EACH) -> tuple[str, ...]:
    """Return the servers of one process."""
    return tuple(f"app{number}.p{process}.egov.internal" for number in range(count))


def folder_of(home: HomeForTest) -> Path:
    """Return what a child is given to find the home."""
    return home.path.parent


def words(lines: list[list[str]], first: str) -> list[list[str]]:
    """Return the reports of one kind."""
    return [line for line in lines if line[0] == first]


def test_eight_processes_issue_at_once(live_home: HomeForTest) -> None:
    """Every serial is distinct, nobody fails, the journal's chain is whole."""
    folder = folder_of(live_home)
    results = run_at_once([(acts.issue_many, folder, names(process)) for process in range(PROCESSES)])
    serials = [line[1] for lines in results for line in words(lines, "issued")]
    assert [words(lines, "error") for lines in results] == [[]] * PROCESSES
    assert len(set(serials)) == len(serials) == PROCESSES * EACH
    assert sorted(serials) == sorted(one.serial for one in settled(live_home))
    whole(live_home)


def test_one_server_gets_one_certificate_however_many_ask_at_once(live_home: HomeForTest) -> None:
    """DETAILS 51: a server that has one gets no second."""
    folder = folder_of(live_home)
    results = run_at_once([(acts.issue_many, folder, ("portal.egov.internal",)) for _ in range(4)])
    answers = Counter(line[0] for lines in results for line in lines)
    assert (answers["issued"], answers["error"]) == (1, 3)
    assert len(settled(live_home)) == 1


class Watcher(threading.Thread):
    """A relying party that fetches the CRL again and again, and notes what it must never see."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._ended = threading.Event()
        self.looks: list[CrlFacts] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        """Read the file until told to stop; a CRL that takes something back is noted."""
        last = b""
        while not self._ended.is_set():
            content = self._path.read_bytes()
            if content != last:
                last = content
                self._compare(crl.read_crl(content))

    def _compare(self, now: CrlFacts) -> None:
        if self.looks:
            before = self.looks[-1]
            if now.number <= before.number:
                self.wrong.append(f"the number fell from {before.number} to {now.number}")
            if now.this_update < before.this_update:
                self.wrong.append(f"thisUpdate fell from {before.this_update} to {now.this_update}")
            if gone := {one.serial for one in before.entries} - {one.serial for one in now.entries}:
                self.wrong.append(f"{len(gone)} serials disappeared")
        self.looks.append(now)

    def stop(self) -> None:
        """Look for the last time."""
        self._ended.set()
        self.join()


def test_r6_1_eight_processes_revoke_at_once_and_the_published_crl_never_goes_back(live_home: HomeForTest) -> None:
    """DETAILS 25: the number never falls, no serial disappears, thisUpdate never falls, every request is done."""
    folder, count = folder_of(live_home), 5
    run_at_once([(acts.issue_many, folder, names(process, count)) for process in range(PROCESSES)])
    (path,) = live_home.public.glob("issuing-*.crl")
    watcher = Watcher(path)
    watcher.start()
    try:
        revoking: list[tuple[Act, Path, tuple[object, ...]]] = [
            (acts.revoke_many, folder, names(process, count)) for process in range(PROCESSES)
        ]
        *results, _ = run_at_once([*revoking, (acts.check_many, folder, (10,))])
    finally:
        watcher.stop()
    assert watcher.wrong == []
    assert len(watcher.looks) > PROCESSES
    assert {tuple(line[3:]) for lines in results for line in words(lines, "revoked")} == {("True", "None")}
    assert set(published_entries(live_home)) == {one.serial for one in every_certificate(live_home)}
    whole(live_home)


def test_r5_1_two_processes_renew_one_certificate_and_it_gets_one_successor(live_home: HomeForTest) -> None:
    """The second is refused, and what is delivered is the successor."""
    folder = folder_of(live_home)
    ((_, serial),) = words(run(acts.issue_many, folder, "portal.egov.internal"), "issued")
    results = run_at_once([(acts.renew, folder, (serial,))] * 2)
    answers = sorted(line[0] for lines in results for line in lines if line[0] in {"issued", "error"})
    assert answers == ["error", "issued"]
    (refusal,) = [line for lines in results for line in words(lines, "error")]
    assert int(refusal[1]) == RefusedError.exit_code
    first, second = settled(live_home)
    assert (second.replaces_id, first.replaced_by_id) == (first.id, second.id)


def interrupted(folder: Path, step: str, name: str) -> None:
    """Leave behind what a process killed before the function `step` of `issuance` leaves."""
    with started(acts.issue_halted, folder, step, name) as child:
        child.wait_for("halted")
        child.kill()


def counted_entries(home: HomeForTest) -> Counter[tuple[str, str]]:
    """Return how often each action stands in the journal for each object."""
    with home.workspace.store().read() as snapshot:
        return Counter((entry.action, entry.object) for entry in journal.entries(snapshot))


def test_check_running_twice_at_once_does_nothing_twice(live_home: HomeForTest) -> None:
    """ARCHITECTURE 11: cron and a person at the same minute finish, revoke, publish and renew each thing once."""
    folder = folder_of(live_home)
    for number in range(3):
        interrupted(folder, "record_issued", f"record{number}.egov.internal")
        interrupted(folder, "deliver", f"deliver{number}.egov.internal")
    before = counted_entries(live_home)
    results = run_at_once([(acts.check_once, folder, ())] * 2)
    assert [words(lines, "open") for lines in results] == [[], []]
    done = [line[1:] for lines in results for line in words(lines, "did")]
    assert len(done) == len({tuple(line) for line in done}) >= 6
    new = counted_entries(live_home) - before
    assert set(new.values()) == {1}, new
    assert all(one.stage is Stage.ISSUED for one in settled(live_home))
    whole(live_home)


def test_check_running_twice_at_once_renews_and_publishes_once(live_home: HomeForTest) -> None:
    """A renewal that is due gets one successor, and a CRL that is due one new number."""
    folder = folder_of(live_home)
    run(acts.issue_many, folder, *names(0, 3))
    # A day more than renewals are spread over, whatever the hour.
    days = (every_certificate(live_home)[-1].renew_at - live_home.workspace.now()).days + 2
    run_at_once([(acts.check_once, folder, (days,))] * 2)
    found = every_certificate(live_home)
    assert sorted(one.replaces_id for one in found if one.replaces_id) == [one.id for one in found[:3]]
    actions = Counter(action for action, _ in counted_entries(live_home).elements())
    # The home was made with one for the root and one for the issuing CA.
    assert actions["crl.signed"] == 2 + 1
    assert actions["renewal.refused"] == 0


def test_check_all_the_time_disturbs_no_issuance(live_home: HomeForTest) -> None:
    """Four processes issue while two run check again and again: no error, nothing abandoned."""
    folder = folder_of(live_home)
    children: list[tuple[Act, Path, tuple[object, ...]]] = [
        (acts.issue_many, folder, names(process, 10)) for process in range(4)
    ]
    with at_once([*children, *[(acts.check_many, folder, (15,))] * 2]) as running:
        codes = [child.finish() for child in running]
    assert codes == [0] * len(running), [child.lines for child in running]
    assert [line for child in running for line in words(child.lines, "error") + words(child.lines, "open")] == []
    assert [one.stage for one in settled(live_home)] == [Stage.ISSUED] * 40
