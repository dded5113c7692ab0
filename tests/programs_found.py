"""The other programs that tests talk to: openssl, certtool, keytool, nginx, curl, strace and so on.

Where one is not installed its tests are skipped and the summary names it; with CERTMGR_REQUIRE_PROGRAMS=1, as in
`.ci/run`, each such skip is a failure.
"""

import os
import shutil

import pytest

ELSEWHERE = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/share/easy-rsa")
"""Where Debian keeps nginx and easyrsa: not on every user's PATH."""


def find_program(name: str) -> str | None:
    """Return the path of the program `name`, or None where it is not installed."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *ELSEWHERE)))


def require_program(name: str) -> str:
    """Return the path of the program `name`; skip the test, or fail it under CERTMGR_REQUIRE_PROGRAMS=1, without it."""
    path = find_program(name)
    if path is not None:
        return path
    # The summary in conftest.py reads these words.
    reason = f"program not found: {name}"
    if os.environ.get("CERTMGR_REQUIRE_PROGRAMS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
