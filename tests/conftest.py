"""What every test stands on: its own home, a private umask, a clock that stands still, and an honest summary."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.clock import FakeClock
from tests.home import HomeForTest, copy_home, make_home

# The same examples on every machine and in every run; `--hypothesis-profile=thorough` looks further.
settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", max_examples=2000, deadline=None, database=None)
settings.load_profile("quick")


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that shows 2026-11-21 09:00 UTC until the test moves it."""
    return FakeClock()


@pytest.fixture(scope="session")
def home_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home made once for the session, at the time at which every test begins; never opened."""
    folder = tmp_path_factory.mktemp("template") / "made"
    make_home(folder, clock=FakeClock()).workspace.close()
    return folder


@pytest.fixture
def home(home_template: Path, tmp_path: Path, clock: FakeClock) -> Iterator[HomeForTest]:
    """Return a home of the test's own, with a root CA, an issuing CA, an administrator and a machine."""
    made = copy_home(home_template, tmp_path / "place", clock=clock)
    yield made
    made.workspace.close()


@pytest.fixture(scope="session")
def live_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home made once for the session, now: for tests that run certmgr as a program."""
    folder = tmp_path_factory.mktemp("live") / "made"
    make_home(folder).workspace.close()
    return folder


@pytest.fixture
def live_home(live_template: Path, tmp_path: Path) -> Iterator[HomeForTest]:
    """Return a home of the test's own on the system's clock, as a program sees it."""
    made = copy_home(live_template, tmp_path / "place")
    yield made
    made.workspace.close()


@pytest.fixture(scope="session", autouse=True)
def _umask() -> Iterator[None]:
    """Files are born private in tests as they are in the program."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test sees the home, the settings or the language of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("CERTMGR_", "XDG_", "LC_")) and name != "CERTMGR_REQUIRE_PROGRAMS":
                patch.delenv(name)
        for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "CREDENTIALS_DIRECTORY"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("user")))
        patch.setenv("LANG", "C.UTF-8")
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each program that was not found, and how many tests waited for it."""
    missing: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        # A skip is told as (file, line, reason).
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        found = re.search(r"program not found: (\S+)", reason)
        if found:
            missing[found[1]] += 1
    if missing:
        terminalreporter.section("programs that were not found")
        for program, tests in sorted(missing.items()):
            terminalreporter.line(f"{program}: {tests} {'test' if tests == 1 else 'tests'} not run")
