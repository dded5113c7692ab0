"""Running a hook: an argument list, a bounded time, a clean environment."""

import os
import signal
import time
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError
from certmgr.net import hooks


def script(folder: Path, text: str, name: str = "hook") -> str:
    """Write a shell script and return its path."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def run(command: list[str], timeout_s: float = 20.0, **variables: str) -> hooks.Ran:
    """Run a hook."""
    return hooks.run(command, timeout_s=timeout_s, variables=variables)


def test_a_hook_sees_its_arguments_and_no_shell_reads_them(tmp_path: Path) -> None:
    """What would be special to a shell is a plain word."""
    ran = run([script(tmp_path, 'printf "%s|" "$@"'), "a b", "$HOME", "; echo no"])
    assert ran.succeeded
    assert ran.output == "a b|$HOME|; echo no|"


def test_a_hook_has_a_clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours but what it is told: a passphrase in a variable does not get there."""
    monkeypatch.setenv("CERTMGR_SECRET", "x")
    ran = run([script(tmp_path, "env | sort")], CERTMGR_SERVER="portal")
    names = {word.partition("=")[0] for word in ran.output.split()}
    # The shell adds PWD and its own.
    assert names - {"PWD", "OLDPWD", "SHLVL", "_"} == {"CERTMGR_SERVER", "LANG", "PATH"}


def test_a_hook_reads_nothing_and_starts_in_the_root_folder(tmp_path: Path) -> None:
    """Standard input is at its end; the folder of the caller is nobody's business; files are made as usual."""
    ran = run([script(tmp_path, "cat; pwd; umask")])
    assert ran.output == "/ 0022"


def test_a_hook_inherits_no_open_file(tmp_path: Path) -> None:
    """Neither the store nor a lock."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - os takes it by position
    try:
        ran = run([script(tmp_path, "ls /proc/self/fd | tr '\\n' ' '")])
    finally:
        os.close(descriptor)
    assert str(descriptor) not in ran.output.split()


def test_how_a_hook_ended_is_told(tmp_path: Path) -> None:
    """A code, a signal, and the last it said."""
    ran = run([script(tmp_path, "echo first; echo no such unit >&2; exit 3")])
    assert (ran.code, ran.how) == (3, "ended with 3: first no such unit")
    ran = run([script(tmp_path, "kill -KILL $$")])
    assert (ran.code, ran.how) == (-9, "was ended by signal 9")


def test_what_a_hook_says_is_bounded_and_printable(tmp_path: Path) -> None:
    """A megabyte does not get into a message, and neither does an escape sequence; its end is what is kept."""
    ran = run([script(tmp_path, "head -c 1000000 /dev/zero | tr '\\0' x; printf 'the end \\033[31m'")])
    assert ran.succeeded
    assert ran.output.endswith("the end \\x1b[31m")
    assert len(ran.output) < 400


def test_a_hook_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    """It and its children are gone, whatever signals they ignore."""
    pids = tmp_path / "pids"
    child = f"(trap '' TERM; sleep 60) & echo $! >> {pids}"
    text = f"trap '' TERM; {child}; echo $$ >> {pids}; echo waiting; sleep 60; sleep 60"
    started = time.monotonic()
    ran = run([script(tmp_path, text)], timeout_s=0.5)
    assert time.monotonic() - started < 10
    assert not ran.succeeded
    assert ran.code is None
    assert "did not end within" in ran.how
    assert "waiting" in ran.how
    for pid in map(int, pids.read_text().split()):
        assert _gone(pid)


def _gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_what_a_hook_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    """A daemon that keeps the pipe open does not hold the run, and lives on."""
    pid = tmp_path / "pid"
    started = time.monotonic()
    ran = run([script(tmp_path, f"sleep 30 & echo $! > {pid}; exit 0")])
    assert time.monotonic() - started < 5
    assert ran.succeeded
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_hook_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    """Missing, or not executable."""
    (tmp_path / "plain").write_text("x")
    for name, why in (("absent", "No such file"), ("plain", "Permission denied")):
        with pytest.raises(CertmgrError, match=why) as caught:
            run([str(tmp_path / name)])
        assert caught.value.code is Code.HOOK_FAILED


def test_root_trusts_a_hook_in_its_own_folder_only(tmp_path: Path) -> None:
    """In the folder, a plain file, owned by root and writable by nobody else; every reason is told."""
    folder = tmp_path / "hooks"
    folder.mkdir(mode=0o755)
    good = script(folder, "exit 0")
    if os.geteuid() == 0:
        hooks.require_trusted([good], folder, "that another host chose")
    elsewhere = script(tmp_path, "exit 0", "elsewhere")
    with pytest.raises(RefusedError, match=r"does not run .* that another host chose") as caught:
        hooks.require_trusted([elsewhere], folder, "that another host chose")
    assert caught.value.code is Code.HOOK_REFUSED
    link = folder / "link"
    link.symlink_to(elsewhere)
    Path(good).chmod(0o777)
    folder.chmod(0o777)
    for name in ("link", "hook", "absent"):
        with pytest.raises(RefusedError) as caught:
            hooks.require_trusted([str(folder / name)], folder, "that another host chose")
        assert len(caught.value.findings) == 2
