"""The tests' own tools do not lie: a skip for want of a program is named, and can be made a failure."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.clock import START, FakeClock
from tests.programs_found import find_program, require_program

REPOSITORY = Path(__file__).resolve().parents[1]

_NEEDY = """
from tests.programs_found import require_program

def test_one(): require_program("no-such-program")
def test_two(): require_program("no-such-program")
def test_other(): require_program("neither-this-one")
"""


def _run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_needy.py").write_text(_NEEDY)
    # A folder of its own for temporary files: in the shared one it would first delete what earlier runs have left.
    options = f"-p tests.conftest -p no:cacheprovider -n 2 --rootdir . --basetemp {folder / 'base'}"
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options.split(), "test_needy.py"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_summary_names_each_program_that_was_not_found(tmp_path: Path) -> None:
    """Every missing program stands in the summary with the number of tests that waited for it, xdist or not."""
    result = _run(tmp_path, CERTMGR_REQUIRE_PROGRAMS="")
    assert result.returncode == 0, result.stdout
    assert "neither-this-one: 1 test not run\nno-such-program: 2 tests not run\n" in result.stdout


def test_a_missing_program_can_be_made_a_failure(tmp_path: Path) -> None:
    """Under CERTMGR_REQUIRE_PROGRAMS=1 nothing is skipped for want of a program."""
    result = _run(tmp_path, CERTMGR_REQUIRE_PROGRAMS="1")
    assert result.returncode == 1, result.stdout
    assert "3 failed" in result.stdout
    assert "skipped" not in result.stdout


def test_a_program_that_is_there_is_found() -> None:
    """The path of a program can be run as it is."""
    shell = require_program("sh")
    assert shell == find_program("sh")
    assert subprocess.run([shell, "-c", "exit 7"], check=False).returncode == 7


def test_files_are_born_private(tmp_path: Path) -> None:
    """The umask of the tests is the program's: 077."""
    path = tmp_path / "file"
    path.touch()
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_test_sees_the_users_home() -> None:
    """HOME is a temporary folder, and no setting of whoever runs the tests gets in."""
    assert "pytest" in os.environ["HOME"]
    assert "CERTMGR_HOME" not in os.environ


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_nothing_leaves_the_machine(host: str) -> None:
    """A connection to anything but 127.0.0.1 and ::1 fails before a packet is sent."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client, pytest.raises(RuntimeError, match="connect"):
        client.connect((host, 9))


def test_the_clock_stands_still_until_it_is_moved(clock: FakeClock) -> None:
    """Two looks at the clock give one time; `advance` and `now` move it, in UTC."""
    assert (clock(), clock()) == (START, START)
    clock.advance(days=1, hours=2, minutes=-30)
    assert clock() == START + timedelta(days=1, hours=1, minutes=30)
    clock.now = datetime(2027, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert (clock(), clock().tzinfo) == (datetime(2027, 1, 1, tzinfo=UTC), UTC)


def test_a_clock_without_a_time_zone_is_refused(clock: FakeClock) -> None:
    """A naive time does not say which moment it is."""
    with pytest.raises(ValueError, match="no time zone"):
        clock.now = datetime(2027, 1, 1)  # noqa: DTZ001 - the naive time is the point
