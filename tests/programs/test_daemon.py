"""The daemon as a process: it starts, works, tells, stops, and harms nobody beside it (ARCHITECTURE 11, DETAILS 33)."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certmgr import issuance
from certmgr.daemon import JUMP, Pulse
from certmgr.files import held
from certmgr.models.certificates import Stage
from certmgr.models.revocations import Cause
from certmgr.operations import revocations
from certmgr.store import attempts, journal
from tests.docs.sandbox import REPOSITORY
from tests.faults.aftermath import every_certificate, settled, whole
from tests.home import HomeForTest
from tests.programs.daemons import Daemon, started, wait_until

NAME = "portal.egov.internal"
TURN = "STATUS=Last turn"


def interrupt(home: HomeForTest, name: str) -> None:
    """Leave an open intent behind, as a crash before the signature does."""

    def stop(*_: object) -> bytes:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuance, "sign", stop)
        with pytest.raises(KeyboardInterrupt):
            home.issue(name)


def verified(home: HomeForTest, name: str) -> None:
    """Leave a verified request behind that nobody has carried out."""
    issued = home.issue(name)
    person = home.person()
    (request,) = revocations.request(
        home.workspace, person, certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=name
    )
    revocations.verify(home.workspace, person, request.id)


def entries(home: HomeForTest) -> Counter[tuple[str, str]]:
    """Return how often each action stands in the journal for each object."""
    with home.workspace.store().read() as snapshot:
        return Counter((entry.action, entry.object) for entry in journal.entries(snapshot))


def said_once(words: str, *daemons: Daemon) -> bool:
    """Tell whether one of the daemons, and no more than one, said it, and once."""
    return sum(daemon.said.count(words) for daemon in daemons) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_checks_at_once_and_stops_on_a_signal(live_home: HomeForTest, number: signal.Signals) -> None:
    """READY when the jobs are set, a first check without waiting for its turn, exit 0."""
    interrupt(live_home, NAME)
    with started(live_home) as daemon:
        daemon.wait_for_state("READY=1")
        daemon.wait_for_state(TURN)
        assert f"of {NAME}." in daemon.said
        assert daemon.stop(number) == 0
        assert daemon.wait_for_state("STOPPING=1")
        assert daemon.said.endswith("Stopped.\n")
    assert [one.stage for one in settled(live_home)] == [Stage.ISSUED]


def test_it_feeds_the_watchdog_in_the_time_that_systemd_allows(live_home: HomeForTest) -> None:
    """Thrice in WATCHDOG_USEC: here, at least twice in a second and a half."""
    with started(live_home, watchdog_s=1.5) as daemon:
        daemon.wait_for_state("READY=1")
        assert daemon.states_within(1.6).count("WATCHDOG=1") >= 2


def test_a_job_that_hangs_gets_no_more_of_the_watchdog(live_home: HomeForTest, tmp_path: Path) -> None:
    """Systemd starts it again then; a job that goes on step by step is none that hangs."""
    log = str(tmp_path / "log")
    with started(live_home, watchdog_s=0.6, hung_s=0.3, steps=1, step_s=5, log=log) as daemon:
        daemon.wait_for("No step was done")
        assert "by: check." in daemon.said
        daemon.states_within(0.2)
        assert "WATCHDOG=1" not in daemon.states_within(0.5)


def test_sigterm_lets_the_running_step_finish_and_begins_no_other(live_home: HomeForTest, tmp_path: Path) -> None:
    """What is committed is told; what is left is due at the next start."""
    log = tmp_path / "log"
    with started(live_home, steps=5, log=str(log)) as daemon:
        wait_until(lambda: log.exists() and "begin 1" in log.read_text(), "the second step did not begin")
        assert daemon.stop() == 0
        assert log.read_text().split("\n")[-3:] == ["begin 1", "end 1", ""]
        assert "Step 1." in daemon.said
        assert "Stopped." in daemon.said


def test_r6_1_two_daemons_and_cron_do_each_thing_once(live_home: HomeForTest) -> None:
    """ARCHITECTURE 11: interrupted certificates, verified revocations and the CRL, each once, whoever does it."""
    for number in range(3):
        interrupt(live_home, f"open{number}.egov.internal")
        verified(live_home, f"left{number}.egov.internal")
    before = entries(live_home)
    cron = [sys.executable, "-m", "certmgr", "--home", str(live_home.path), "check", "--quiet"]
    with started(live_home, every_s=1) as first, started(live_home, every_s=1) as second:
        checks = [subprocess.Popen(cron, cwd=REPOSITORY) for _ in range(2)]
        assert [one.wait(60) for one in checks] == [0, 0]
        for daemon in (first, second):
            daemon.wait_for_state(TURN, times=2)
            assert daemon.stop() == 0
            assert "failed" not in daemon.said
            assert "Attention" not in daemon.said
    new = entries(live_home) - before
    assert set(new.values()) == {1}, new
    done = Counter(action for action, _ in new)
    assert {done["certificate.issued"], done["certificate.revoked"]} == {3}
    assert done["crl.signed"] == 1
    assert Counter(one.stage for one in settled(live_home)) == {Stage.ISSUED: 6}
    whole(live_home)


def test_r5_1_n4_two_daemons_renew_a_certificate_that_is_due_once(live_home: HomeForTest) -> None:
    """It gets one successor; the other daemon finds nothing to do."""
    issued = live_home.issue(NAME)
    days = (every_certificate(live_home)[0].renew_at - live_home.workspace.now()).days + 1.5
    with started(live_home, days=days, every_s=1) as first, started(live_home, days=days, every_s=1) as second:
        wait_until(lambda: said_once(f"Renewed {NAME}", first, second), "nobody renewed it")
        for daemon in (first, second):
            daemon.wait_for_state(TURN, times=2)
            assert daemon.stop() == 0
        assert said_once(f"Renewed {NAME}", first, second)
    assert [one.replaces_id for one in every_certificate(live_home)] == [None, issued.id]


@pytest.mark.parametrize("step", ["sign", "record_issued", "deliver"])
def test_n4_a_daemon_killed_in_a_renewal_finishes_it_when_it_is_started_again(
    live_home: HomeForTest, tmp_path: Path, step: str
) -> None:
    """SIGKILL anywhere between the intent and the files: one successor, its files in place, no attention."""
    live_home.issue(NAME)
    days = (every_certificate(live_home)[0].renew_at - live_home.workspace.now()).days + 1.5
    log = tmp_path / "log"
    with started(live_home, days=days, halt=step, log=str(log)) as daemon:
        wait_until(log.exists, "the renewal was not reached")
        assert daemon.stop(signal.SIGKILL) == -signal.SIGKILL
    with started(live_home, days=days) as daemon:
        daemon.wait_for_state(TURN)
        assert [line for line in daemon.said.splitlines() if line.startswith("Attention") and NAME in line] == []
        assert daemon.stop() == 0
    first, second = every_certificate(live_home)
    assert (second.replaces_id, second.stage) == (first.id, Stage.ISSUED)
    served = (live_home.out / NAME / "live" / "cert.pem").read_text()
    assert served == (live_home.out / NAME / "archive" / "2" / "cert.pem").read_text()


def test_details_33_a_daemon_beside_a_newer_schema_stops_cleanly_with_exit_1(live_home: HomeForTest) -> None:
    """It names both versions and changes nothing more."""
    with started(live_home, every_s=0.5) as daemon:
        daemon.wait_for_state(TURN)
        with live_home.workspace.store().gate() as connection:
            connection.execute("PRAGMA user_version = 99")
        assert daemon.process.wait(30) == 1
        assert "schema version 99" in daemon.said
        assert daemon.wait_for_state("STOPPING=1")


def test_a_changed_configuration_is_read_again(live_home: HomeForTest, tmp_path: Path) -> None:
    """At the next look or on SIGHUP, and a check follows at once; one that does not hold leaves the one before."""
    config, metrics = live_home.path / "certmgr.toml", tmp_path / "certmgr.prom"
    before = config.read_text()
    after = before.replace("[report]\n", f'[report]\nmetrics_file = "{metrics}"\n')
    with started(live_home, watchdog_s=0.6) as daemon:
        daemon.wait_for_state(TURN)
        config.write_text(after)
        daemon.wait_for("The configuration was read again.")
        wait_until(metrics.exists, "no check came after the configuration")
        config.write_text("[nonsense]\n")
        daemon.wait_for("The configuration before is still used.")
        assert "nonsense" in daemon.said
        metrics.unlink()
        config.write_text(after + "# corrected\n")
        wait_until(metrics.exists, "no check came after the correction")
        told = daemon.said.count("The configuration was read again.")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("The configuration was read again.", times=told + 1)
        assert daemon.stop() == 0


def test_a_job_that_fails_is_told_and_tried_again(live_home: HomeForTest) -> None:
    """Here the machine's key is gone for a while; the daemon goes on, and works when it is back."""
    away = live_home.machine_key.with_name("away")
    with started(live_home, every_s=0.5) as daemon:
        daemon.wait_for_state(TURN)
        live_home.machine_key.rename(away)
        daemon.wait_for("The job check failed and is tried again:")
        away.rename(live_home.machine_key)
        daemon.states_within(1)
        daemon.wait_for_state(TURN)
        assert daemon.stop() == 0


def test_an_unforeseen_error_of_one_part_stops_neither_the_others_nor_the_daemon(
    live_home: HomeForTest, tmp_path: Path
) -> None:
    """It is kept whole in the home's log, told in a sentence, and the next turn comes."""
    interrupt(live_home, NAME)
    settings = {"break": True}
    with started(live_home, every_s=1, log=str(tmp_path / "log"), **settings) as daemon:
        daemon.wait_for("The job check failed and is tried again:", times=2)
        assert "Attention: This part of the check stopped, broken: ZeroDivisionError" in daemon.said
        assert "Finished the interrupted certificate" in daemon.said
        assert daemon.stop() == 0
    assert "ZeroDivisionError" in (live_home.path / "log" / "crash.log").read_text()
    with live_home.workspace.store().read() as snapshot:
        failures = {one.subject: one.failures for one in attempts.all(snapshot, "job:")}
    assert failures["job:recovery"] == 0
    assert failures["job:broken"] >= 2
    assert failures["job:check"] >= 2


def test_a_check_by_somebody_else_is_left_alone_in_silence(live_home: HomeForTest) -> None:
    """Who holds the check's lock does what is due; that is no failure of the daemon."""
    with held(live_home.path / "log"), started(live_home, every_s=0.5, patience_s=0.1) as daemon:
        daemon.wait_for_state("READY=1")
        daemon.states_within(2)
        assert daemon.said.count("\n") == 1
        assert daemon.stop() == 0


def test_what_needs_a_person_is_told_once(live_home: HomeForTest) -> None:
    """Not again at every turn; the status says how much it is."""
    issued = live_home.issue(NAME)
    revocations.request(
        live_home.workspace, live_home.machine(), certificate=issued.id, cause=Cause.NO_LONGER_NEEDED, confirm=NAME
    )
    with started(live_home, every_s=0.5) as daemon:
        daemon.wait_for_state(TURN, times=4)
        attention = [line for line in daemon.said.splitlines() if line.startswith("Attention: ")]
        assert attention
        assert len(set(attention)) == len(attention)
        assert any("1 thing needs a person" in state for state in daemon.states)
        assert daemon.stop() == 0


def test_a_clock_that_jumps_is_told_and_a_check_follows(live_home: HomeForTest, tmp_path: Path) -> None:
    """A suspended machine, or a clock that was set: what came due meanwhile is done at once."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    with started(live_home, watchdog_s=0.6, offset_file=str(offset)) as daemon:
        daemon.wait_for_state(TURN)
        interrupt(live_home, NAME)
        offset.write_text("120")
        daemon.wait_for("The clock went 120 s ahead, or the machine slept")
        daemon.wait_for("Finished the interrupted certificate")
        offset.write_text("0")
        daemon.wait_for("The clock stood still or went back, by 120 s")
        assert daemon.stop() == 0


def test_a_daemon_that_could_do_nothing_does_not_become_ready(live_home: HomeForTest) -> None:
    """Without the machine's key: exit 5, the sentence, no READY."""
    live_home.machine_key.unlink()
    with started(live_home) as daemon:
        assert daemon.process.wait(30) == 5
        assert str(live_home.machine_key) in daemon.said
        assert daemon.states_within(0.1) == []


def test_a_clock_that_stands_still_or_creeps_is_a_jump_when_it_adds_up() -> None:
    """Each look alone shows less than the limit."""
    wall, monotonic = [datetime(2026, 11, 21, 9, tzinfo=UTC)], [1000.0]
    pulse = Pulse(lambda: wall[0], lambda: monotonic[0])
    found = []
    for _ in range(3):
        monotonic[0] += JUMP.total_seconds() / 2
        found.append(pulse.jump())
    assert found == [None, None, -1.5 * JUMP]
    wall[0] += timedelta(seconds=5)
    monotonic[0] += 5
    assert pulse.jump() is None
    wall[0] += timedelta(days=9)
    monotonic[0] += 30
    assert pulse.jump() == timedelta(days=9, seconds=-30)
    assert pulse.jump() is None
