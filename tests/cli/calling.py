"""Running commands in the test's own process, as the script `certmgr` does."""

import json
from typing import Any

import pytest

from certmgr.cli import run
from tests.home import HomeForTest

NAME = "portal.egov.internal"


class Call:
    """Run a command on a home; keep what it printed."""

    def __init__(self, home: HomeForTest, capture: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capture = capture
        self.out = ""
        self.err = ""

    def __call__(self, *words: str, admin: bool = False) -> int:
        """Return the exit code of `certmgr WORDS`; no traceback ever reaches a user."""
        shared = ["--home", str(self.home.path)]
        if admin:
            shared += ["--as", "admin", "--passphrase-file", str(self.home.passphrase_file)]
        self._capture.readouterr()
        code = run([*shared, *words])
        self.out, self.err = self._capture.readouterr()
        assert "Traceback" not in self.err
        assert "does not know" not in self.err
        return code

    def issue(self, name: str = NAME, *words: str) -> None:
        """Issue a certificate for `name`."""
        facts = ("--purpose", "web", "--owner", "ops", "--out", str(self.home.out))
        assert self("issue", "--dns", name, *facts, *words) == 0

    @property
    def document(self) -> dict[str, Any]:
        """What was printed, as JSON."""
        found: dict[str, Any] = json.loads(self.out)
        return found
