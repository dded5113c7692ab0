"""A home with other values in its configuration file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.home import HomeForTest, open_home

Configured = Callable[..., HomeForTest]


@pytest.fixture
def configured(home: HomeForTest, tmp_path: Path, clock: FakeClock) -> Iterator[Configured]:
    """Return a function that gives the home with other values in its file: `spread="1h"` under [renewal]."""
    made: list[HomeForTest] = [home]

    def open_with(section: str = "renewal", **values: str) -> HomeForTest:
        made[-1].workspace.close()
        path = home.path / "certmgr.toml"
        lines = path.read_text().splitlines()
        at = lines.index(f"[{section}]") + 1
        end = next(i for i in range(at, len(lines) + 1) if i == len(lines) or lines[i].startswith("["))
        for name, value in values.items():
            (place,) = [i for i in range(at, end) if lines[i].lstrip("# ").startswith(f"{name} =")]
            lines[place] = f"{name} = {value}"
        path.write_text("\n".join(lines) + "\n")
        made.append(open_home(tmp_path / "place", clock=clock))
        return made[-1]

    yield open_with
    for one in made:
        one.workspace.close()
