"""`certmgr daemon run`: its words, its exit codes, its end on a signal (the process itself: tests/programs)."""

import os
import signal
import threading
from pathlib import Path

from certmgr.cli import run
from tests.cli.calling import Call
from tests.programs.daemons import wait_until


def stop_when(call: Call, number: signal.Signals) -> threading.Thread:
    """Send this process the signal when the first check has ended."""
    stamp = call.home.path / "log" / "last-check"
    stamp.unlink(missing_ok=True)

    def wait() -> None:
        wait_until(stamp.exists, "no check ended")
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_it_says_what_it_does_on_standard_error_and_exits_0(call: Call) -> None:
    """Standard output is for data, and a daemon has none; the handlers of before are back at its end."""
    before = signal.getsignal(signal.SIGTERM)
    thread = stop_when(call, signal.SIGTERM)
    assert call("daemon", "run") == 0
    thread.join()
    assert call.out == ""
    assert call.err.splitlines() == [
        f"certmgr 0.1.0 is running on {call.home.path}: a check every 300 s.",
        "Stopped.",
    ]
    assert signal.getsignal(signal.SIGTERM) is before


def test_quiet_leaves_only_problems(call: Call) -> None:
    """Nothing to tell: nothing told."""
    thread = stop_when(call, signal.SIGINT)
    assert call("--quiet", "daemon", "run") == 0
    thread.join()
    assert (call.out, call.err) == ("", "")


def test_without_a_home_it_exits_5(tmp_path: Path) -> None:
    """As every command."""
    assert run(["--home", str(tmp_path / "nowhere"), "daemon", "run"]) == 5


def test_it_acts_as_a_machine_alone(call: Call) -> None:
    """A person's slot is opened by a passphrase, which a service has none of."""
    assert call("--as", "admin", "daemon", "run") == 6
    assert "admin" in call.err


def test_a_daemon_takes_no_other_words(call: Call) -> None:
    """Usage: exit 2."""
    assert call("daemon") == 2
    assert call("daemon", "walk") == 2
    assert call("daemon", "run", "now") == 2
