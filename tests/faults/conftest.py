"""A home whose time is the system's, for tests with several processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import HomeForTest, copy_home, make_home


@pytest.fixture(scope="session")
def live_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home made now; never opened."""
    folder = tmp_path_factory.mktemp("live") / "made"
    make_home(folder).workspace.close()
    return folder


@pytest.fixture
def live_home(live_template: Path, tmp_path: Path) -> Iterator[HomeForTest]:
    """Return a home of the test's own under the system's clock; `live_home.path.parent` is its folder."""
    made = copy_home(live_template, tmp_path / "place")
    yield made
    made.workspace.close()
