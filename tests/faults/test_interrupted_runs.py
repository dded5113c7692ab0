"""`certmgr issue --from` as a program, killed and run again (DETAILS 18)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from certmgr.models.certificates import Stage
from tests.faults import acts
from tests.faults.aftermath import settled, whole
from tests.faults.inventories import write_inventory
from tests.faults.processes import run
from tests.home import HomeForTest

LINES = 320
"""Enough for the run to take other processes to help."""


@contextmanager
def issuing(home: HomeForTest, inventory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Yield a running `certmgr issue --from`, in a process group of its own that does not outlive the block."""
    words = ["--home", str(home.path), "issue", "--from", str(inventory), "--out", str(home.out)]
    running = subprocess.Popen(
        [sys.executable, "-m", "certmgr", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


def members(group: int) -> list[int]:
    """Return the running processes of a group."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            state, _, its_group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(entry.name))
    return found


def wait_until_delivered(home: HomeForTest, count: int) -> None:
    """Return when so many servers have their folder."""
    deadline = time.monotonic() + 60
    while len(list(home.out.glob("*/live"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_for_keys(home: HomeForTest) -> None:
    """Return when the helpers are at work."""
    deadline = time.monotonic() + 60
    while not home.out.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_is_killed_again_and_again_gives_one_certificate_a_line(
    live_home: HomeForTest, tmp_path: Path
) -> None:
    """The same command, run until it ends, serves every line once; nothing of the killed runs stays open."""
    inventory = write_inventory(tmp_path / "inventory.csv", "line", LINES)
    rng = random.Random(20261121)  # noqa: S311 - no secret
    for _ in range(2):
        with issuing(live_home, inventory) as running:
            before = len(list(live_home.out.glob("*/live")))
            wait_until_delivered(live_home, min(before + rng.randint(1, 60), LINES))
            running.kill()
    with issuing(live_home, inventory) as running:
        _, told = running.communicate(timeout=60)
    assert running.returncode == 0, told
    found = settled(live_home)
    assert Counter(one.server for one in found) == {f"line{number}": 1 for number in range(LINES)}
    assert {one.stage for one in found} == {Stage.ISSUED}
    whole(live_home)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")
def test_no_process_stays_when_the_main_one_is_killed(live_home: HomeForTest, tmp_path: Path) -> None:
    """The helpers of a run end with it, kill -9 included."""
    inventory = write_inventory(tmp_path / "inventory.csv", "line", 2 * LINES)
    with issuing(live_home, inventory) as running:
        wait_until_delivered(live_home, 1)
        assert len(members(running.pid)) > 2
        running.kill()
        deadline = time.monotonic() + 10
        while members(running.pid):
            assert time.monotonic() < deadline, f"{members(running.pid)} are still there"
            time.sleep(0.05)


def test_a_helper_that_is_killed_stops_the_run_with_a_sentence(live_home: HomeForTest, tmp_path: Path) -> None:
    """Exit 1 and the next step; `check` finishes what was signed."""
    inventory = write_inventory(tmp_path / "inventory.csv", "line", 2 * LINES)
    with issuing(live_home, inventory) as running:
        wait_for_keys(live_home)
        os.kill(max(members(running.pid)), signal.SIGKILL)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 1
    assert b"Error: Stopped after " in told
    assert b"Next: " in told
    run(acts.check_once, tmp_path / "place")
    assert len(settled(live_home)) < 2 * LINES
    whole(live_home)
