"""Commands on a home of the test's own."""

import pytest

from tests.cli.calling import Call
from tests.home import HomeForTest


@pytest.fixture
def call(live_home: HomeForTest, capfd: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs one command on a home with a root, an issuing CA, an administrator and a machine."""
    return Call(live_home, capfd)
