"""A page that is wrong makes its test fail, and says where; a page that is right passes and leaves nothing behind."""

import os
import time
from pathlib import Path

import pytest

from tests.docs.sandbox import PageError, run_steps
from tests.docs.transcripts import parse_page


def _run(block: str, folder: Path, *, timeout_s: float = 20) -> None:
    run_steps(parse_page(f"```console\n{block}\n```\n").steps, folder, timeout_s=timeout_s)


def test_one_session_keeps_its_state(tmp_path: Path) -> None:
    """Folder, variables and files of one command are there for the next."""
    _run(
        "$ mkdir ca && cd ca\n$ name=portal\n$ echo $name > file\n$ cat $PWD/file; pwd\nportal\n/home/admin/certmgr/ca",
        tmp_path,
    )


def test_both_streams_are_shown(tmp_path: Path) -> None:
    """A page shows what a terminal shows: standard error, too."""
    _run("$ echo out; echo err >&2\nout\nerr", tmp_path)


def test_a_page_sees_nothing_of_its_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is the sandbox's: another home, no settings, a usual umask, an empty standard input."""
    monkeypatch.setenv("CERTMGR_HOME", "/srv/ca")
    _run('$ echo "home ${CERTMGR_HOME:-none}, $HOME"\nhome none, /home/admin\n$ umask\n0022\n$ cat', tmp_path)


def test_the_programs_of_this_environment_come_first(tmp_path: Path) -> None:
    """`certmgr` on a page is the one under test."""
    _run('$ test "$(dirname $(command -v python))" = "$(python -c \'import sys; print(sys.prefix)\')/bin"', tmp_path)


def test_a_status_may_be_shown(tmp_path: Path) -> None:
    """A command that fails is followed by `echo $?`, which prints its status."""
    _run("$ (exit 4)\n$ echo $?\n4", tmp_path)


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("$ echo one\ntwo", "line 2: prints something else"),
        ("$ echo one", "line 2: prints something else"),
        ("$ true\none", "line 2: prints something else"),
        ("$ true\n$ echo one\none\n$ false", "line 5: status 1"),
        ("$ (exit 4)\n$ echo $?\n5", "line 3: prints something else"),
        ("$ no-such-program-anywhere\n...", "line 2: status 127"),
        ("$ echo 'unfinished\n...", "line 2: status"),
        ("$ exit 3", "line 2: ends the shell session"),
    ],
)
def test_a_wrong_page_fails_at_its_line(block: str, problem: str, tmp_path: Path) -> None:
    """Other output, missing output, a status that is not shown, an unknown program, a shell that ends."""
    with pytest.raises(PageError, match=problem):
        _run(block, tmp_path)


def test_every_wrong_step_is_told_at_once(tmp_path: Path) -> None:
    """The page goes on after a step that is not as it says, until its shell ends."""
    with pytest.raises(PageError) as caught:
        _run("$ echo one\ntwo\n$ echo three\nthree\n$ false\n$ exit\n$ echo four\nfive", tmp_path)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines() if line.startswith("line")] == [
        "line 2",
        "line 6",
        "line 7",
    ]


def test_a_failure_shows_both_sides(tmp_path: Path) -> None:
    """The message has the command, what the page says and what was printed."""
    with pytest.raises(PageError) as caught:
        _run("$ echo one\ntwo", tmp_path)
    assert [line.strip() for line in str(caught.value).splitlines()] == [
        "line 2: prints something else than the page says",
        "command:",
        "echo one",
        "the page says:",
        "two",
        "it printed:",
        "one",
    ]


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    """A step has a time limit; what it printed until then is in the message."""
    before = time.monotonic()
    with pytest.raises(PageError, match=r"line 2: not done after 0\.5 s(.|\n)*started"):
        _run("$ echo started; sleep 60", tmp_path, timeout_s=0.5)
    assert time.monotonic() - before < 30


def test_what_a_page_starts_ends_with_it(tmp_path: Path) -> None:
    """A server in the background does not outlive its page, and holds up no step."""
    _run("$ sleep 60 &\n$ echo $! > pid", tmp_path)
    pid = int((tmp_path / "home" / "certmgr" / "pid").read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":  # dead, and waiting for an init that a container may lack
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there")
