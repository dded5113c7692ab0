"""The units, the cron line and the snippets of examples/ are what their programs accept and do."""

import re

import pytest

from certmgr.cli.root import root
from tests.docs.sandbox import REPOSITORY

EXAMPLES = REPOSITORY / "examples"


def test_the_timer_makes_up_for_a_missed_run() -> None:
    """DETAILS 31: every 15 minutes, jitter, Persistent; and exit 3, a person is needed, is no failed unit."""
    timer = (EXAMPLES / "systemd" / "certmgr-check.timer").read_text(encoding="utf-8").splitlines()
    assert {"OnCalendar=*:0/15", "RandomizedDelaySec=30", "Persistent=true"} <= set(timer)
    service = (EXAMPLES / "systemd" / "certmgr-check.service").read_text(encoding="utf-8").splitlines()
    assert {"SuccessExitStatus=3", "UMask=0077", "User=certmgr"} <= set(service)


def test_cron_runs_a_command_that_exists() -> None:
    """The line is that of cron.d: five fields, the user, the command; the command takes these words."""
    text = (EXAMPLES / "cron" / "certmgr").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\*.*$", text, flags=re.MULTILINE)
    assert line.split()[:6] == ["*/15", "*", "*", "*", "*", "certmgr"]
    program, verb, *options = line.split()[6:]
    assert program == "certmgr"
    command = root.get_command(root.make_context("certmgr", [verb], resilient_parsing=True), verb)
    assert command is not None
    assert command.make_context(verb, options).params["quiet"] is True


@pytest.mark.parametrize("place", ["nginx/certmgr-public.conf", "apache/certmgr-public.conf"])
def test_the_snippets_serve_one_folder_under_two_types(place: str) -> None:
    """Both web servers are told the same: the folder of the service's ReadWritePaths, and the two media types."""
    text = (EXAMPLES / place).read_text(encoding="utf-8")
    service = (EXAMPLES / "systemd" / "certmgr-check.service").read_text(encoding="utf-8")
    assert "/srv/certmgr-public" in text
    assert re.search(r"^ReadWritePaths=.*-/srv/certmgr-public\b", service, flags=re.MULTILINE)
    assert "application/pkix-crl" in text
    assert "application/pkix-cert" in text


def test_every_file_of_the_folder_is_explained() -> None:
    """The page of the folder names each file in it."""
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = [path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*") if path.is_file()]
    unnamed = [
        str(path) for path in files if path.suffix != ".pyc" and str(path) not in page and path.name != "README.md"
    ]
    assert unnamed == []
