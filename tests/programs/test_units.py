"""The units of examples/systemd: systemd itself accepts each, and what they start are commands that exist."""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from certmgr import daemon
from certmgr.cli.root import root
from tests.docs.sandbox import REPOSITORY
from tests.programs_found import require_program

FOLDER = REPOSITORY / "examples" / "systemd"
UNITS = tuple(sorted(path.name for path in FOLDER.iterdir()))
SERVICES = tuple(name for name in UNITS if name.endswith(".service"))
AS_ROOT = ("certmgr-deploy.service", "certmgr-fetch.service")
"""What writes into the folders of other services, and holds no key of the CA."""
INSTALLED = "/usr/local/bin/certmgr"
EXPOSURE = 20
"""The most that `systemd-analyze security` may say of a unit that holds a CA's key: 2.0 of 10."""


def lines(unit: str) -> list[str]:
    """Return the settings of a unit."""
    found = (FOLDER / unit).read_text(encoding="utf-8").splitlines()
    return [line for line in found if line and not line.startswith(("#", "["))]


def values(unit: str, setting: str) -> list[str]:
    """Return what a unit says under the setting."""
    return [line.partition("=")[2] for line in lines(unit) if line.partition("=")[0] == setting]


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_accepts_the_unit(unit: str, tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing; the program that is started is the one of this environment."""
    systemd_analyze = require_program("systemd-analyze")
    here = str(Path(sysconfig.get_path("scripts")) / "certmgr")
    for name in UNITS:
        text = (FOLDER / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(INSTALLED, here))
    done = subprocess.run([systemd_analyze, "verify", tmp_path / unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [name for name in SERVICES if name not in AS_ROOT])
def test_a_unit_with_the_key_is_confined(unit: str) -> None:
    """No capability, a read-only system, a filter of system calls: systemd's own measure is at most 2.0."""
    systemd_analyze = require_program("systemd-analyze")
    done = subprocess.run(
        [systemd_analyze, "security", "--offline=true", f"--threshold={EXPOSURE}", FOLDER / unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert values(unit, "LoadCredential") == ["machine.key:/etc/certmgr/machine.key"]
    assert values(unit, "User") == ["certmgr"]
    assert values(unit, "UMask") == ["0077"]


def test_what_runs_as_root_cannot_reach_a_key_of_the_ca() -> None:
    """DETAILS 32: it installs and reloads, and the folders of keys and slots are not there for it."""
    hidden = " ".join(values("certmgr-deploy.service", "InaccessiblePaths")).split()
    assert {"-/var/lib/certmgr/keys", "-/var/lib/certmgr/operators", "-/etc/certmgr/machine.key"} <= set(hidden)
    hidden = " ".join(values("certmgr-fetch.service", "InaccessiblePaths")).split()
    assert {"-/var/lib/certmgr", "-/etc/certmgr/machine.key"} <= set(hidden)
    assert [values(unit, "LoadCredential") for unit in AS_ROOT] == [[], []]


def test_the_daemon_and_the_check_are_confined_alike() -> None:
    """They do the same work: what one of them may not do, the other may not, either."""
    own = {"Description", "Type", "NotifyAccess", "ExecStart", "ExecReload", "WatchdogSec", "Restart", "RestartSec"}
    own |= {"TimeoutStopSec", "TimeoutStartSec", "SuccessExitStatus", "WantedBy"}
    shared = [
        {line for line in lines(unit) if line.partition("=")[0] not in own} for unit in SERVICES[:1] + SERVICES[-1:]
    ]
    assert SERVICES[0] == "certmgr-check.service"
    assert SERVICES[-1] == "certmgr.service"
    assert shared[0] == shared[1]


def test_the_watchdog_waits_longer_than_the_daemon_takes_to_feed_it() -> None:
    """Three missed heartbeats and more; readiness and life are told by the daemon's own process."""
    assert values("certmgr.service", "Type") == ["notify"]
    assert values("certmgr.service", "NotifyAccess") == ["main"]
    (seconds,) = values("certmgr.service", "WatchdogSec")
    assert int(seconds) >= 3 * daemon.HEARTBEAT_S
    assert values("certmgr.service", "Restart") == ["on-failure"]


@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_starts_a_command_that_exists(unit: str) -> None:
    """The words after the program are a command line that certmgr takes."""
    (command,) = values(unit, "ExecStart")
    program, *words = command.split()
    assert program == INSTALLED
    context = root.make_context("certmgr", list(words), resilient_parsing=True)
    _, words, _ = root.make_parser(context).parse_args(list(words))
    name, found, rest = root.resolve_command(context, words)
    assert found is not None
    if rest and not rest[0].startswith("-"):
        assert hasattr(found, "resolve_command")
        name, found, rest = found.resolve_command(context, rest)
        assert found is not None
    found.make_context(name, rest)


def test_every_documented_page_of_a_unit_is_there() -> None:
    """`systemctl help` opens a page of docs/."""
    for unit in SERVICES:
        for place in values(unit, "Documentation"):
            page = re.fullmatch(r"file:/opt/certmgr/(docs/[a-z-]+\.md)", place)
            assert page is not None
            assert (REPOSITORY / page[1]).is_file(), place
