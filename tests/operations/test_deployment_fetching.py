"""A host that fetches its certificates: installed as on the CA's own, and wary of what it is told (DETAILS 32)."""

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from certmgr import installing
from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError
from certmgr.models.certificates import Certificate
from certmgr.models.servers import Format
from certmgr.net import install
from certmgr.operations import certificates, deployment_fetching
from certmgr.pki import keys
from certmgr.pki.export import pem
from certmgr.queries import deployments as queries
from certmgr.queries.deployments import Standing
from certmgr.store import certificates as stored
from tests.fetching import (
    ADDRESS,
    HOST,
    NAME,
    add,
    as_ssh,
    fetch,
    needs_root,
    program,
    route,
    serve_command,
    trusted_hook,
)
from tests.home import HomeForTest

Message = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """Return the folder of hooks."""
    return tmp_path / "hooks"


def newest(home: HomeForTest) -> Certificate:
    """Return the newest certificate of the server."""
    with home.workspace.store().read() as snapshot:
        return stored.for_server(snapshot, NAME)[0]


def standing(home: HomeForTest) -> Standing:
    """Return where the server's one deployment stands."""
    (one,) = queries.every(home.workspace, NAME)
    return one.standing


def actions(home: HomeForTest) -> list[str]:
    """Return what happened with deployments, but for their addition."""
    with home.workspace.store().read() as snapshot:
        rows = snapshot.rows("SELECT action FROM journal WHERE object GLOB 'deployment:*' ORDER BY seq")
        return [row[0].removeprefix("deployment.") for row in rows][1:]


def test_what_is_due_is_fetched_installed_and_recorded(live_home: HomeForTest, folder: Path, hooks: Path) -> None:
    """Whole files with their modes; a rehearsal before it changes nothing, and a second run has nothing to do."""
    home = live_home
    issued = home.issue(NAME)
    add(home, folder, mode=0o640)
    ssh = as_ssh(home)
    (would,) = deployment_fetching.rehearse(route(ssh))
    assert would.what.startswith(f"Would install {NAME} (serial ")
    assert list(folder.iterdir()) == []
    assert actions(home) == []
    (step,) = fetch(ssh, hooks)
    assert step.what == f"Installed {NAME} (serial {newest(home).serial}) into {folder}."
    assert (folder / "cert.pem").read_bytes() == pem(issued.der)
    assert (folder / "fullchain.pem").read_bytes() == pem(issued.der) + (folder / "chain.pem").read_bytes()
    key = folder / "privkey.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o640
    assert keys.spki_sha256(keys.public_spki(keys.load_private(key.read_bytes()))) == issued.prepared.spki_sha256
    assert standing(home) is Standing.INSTALLED
    assert actions(home) == ["fetched", "installed"]
    assert fetch(ssh, hooks) == []
    assert list(deployment_fetching.rehearse(route(ssh))) == []
    assert actions(home) == ["fetched", "installed"]
    certificates.renew(home.workspace, home.machine(), newest(home), force=True, reason="test")
    assert [step.done for step in fetch(ssh, hooks)] == [True]
    assert key.read_bytes() != b""
    assert not install.is_unsettled(str(folder))


@pytest.mark.parametrize("form", [Format.DER, Format.COMBINED])
def test_each_format_is_the_one_of_an_installation_here(
    live_home: HomeForTest, folder: Path, hooks: Path, form: Format
) -> None:
    """The same files as where the CA's host installs itself."""
    home = live_home
    home.issue(NAME)
    here = folder.parent / "here"
    here.mkdir(mode=0o755)
    add(home, folder, format=form)
    one = add(home, here, target="", format=form)
    assert one.installation is not None
    fetch(as_ssh(home), hooks)
    actor = home.machine().actor
    installing.bring(home.workspace, actor, one, one.installation, newest(home))
    contents = [
        {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()} for place in (folder, here)
    ]
    assert contents[0] == contents[1]
    assert contents[0]


def test_the_key_is_neither_in_the_arguments_nor_in_the_environment_of_ssh(
    live_home: HomeForTest, folder: Path, hooks: Path
) -> None:
    """It gets BatchMode, no terminal, an end of options before the address, and nothing secret."""
    home = live_home
    home.issue(NAME)
    add(home, folder)
    fetch(as_ssh(home), hooks)
    saw = (folder.parent / "place" / "ssh-saw").read_text()
    words = saw.splitlines()
    at = words.index("--")
    assert words[0] == "-T"
    assert words[at + 1 : at + 6] == [ADDRESS, "certmgr", "deploy", "serve", HOST]
    assert "BatchMode=yes" in words[:at]
    body = (folder / "privkey.pem").read_text().splitlines()[1]
    assert body not in saw
    assert "PRIVATE" not in saw


@needs_root
def test_a_hook_runs_only_from_the_folder_that_is_roots(live_home: HomeForTest, folder: Path, hooks: Path) -> None:
    """What another host chose is refused elsewhere, before any key is asked for; in the folder it runs once."""
    home = live_home
    home.issue(NAME)
    told = folder.parent / "told"
    words = trusted_hook(hooks, f'echo "$CERTMGR_SERVER $CERTMGR_FOLDER $CERTMGR_RESTORED $1" >> {told}')
    add(home, folder, hook=(*words, "nginx"))
    ssh = as_ssh(home)
    (step,) = fetch(ssh, folder.parent / "elsewhere")
    assert not step.done
    assert "root does not run the hook" in step.what
    assert "that another host chose" in step.what
    assert actions(home) == ["failed"]
    assert fetch(ssh, hooks) == []
    (step,) = fetch(ssh, hooks, retry=True)
    assert step.done
    fetch(ssh, hooks, retry=True)
    assert told.read_text() == f"{NAME} {folder} 0 nginx\n"
    assert actions(home) == ["failed", "fetched", "installed"]


@needs_root
def test_a_hook_that_fails_brings_the_files_from_before_back(live_home: HomeForTest, folder: Path, hooks: Path) -> None:
    """And its words are on record where the CA is."""
    home = live_home
    home.issue(NAME)
    broken = folder.parent / "broken"
    add(home, folder, hook=trusted_hook(hooks, f"test ! -e {broken} || {{ echo no nginx; exit 3; }}"))
    ssh = as_ssh(home)
    fetch(ssh, hooks)
    before = (folder / "cert.pem").read_bytes()
    certificates.renew(home.workspace, home.machine(), newest(home), force=True, reason="test")
    broken.touch()
    (step,) = fetch(ssh, hooks)
    assert "ended with 3: no nginx" in step.what
    assert (folder / "cert.pem").read_bytes() == before
    (one,) = queries.every(home.workspace)
    assert one.standing is Standing.FAILED
    assert "no nginx. The files from before are in place again, and the hook failed for them, too." in one.problem
    broken.unlink()
    assert [step.done for step in fetch(ssh, hooks, retry=True)] == [True]
    assert standing(home) is Standing.INSTALLED


CUT_OFF = """\
#!{python}
import subprocess, sys
child = subprocess.Popen({command!r}.split(), stdin=subprocess.PIPE, stdout=sys.stdout)
for line in sys.stdin.buffer:
    if b'"do": "installed"' in line:
        break
    child.stdin.write(line)
    child.stdin.flush()
child.stdin.close()
child.wait()
"""


@needs_root
def test_what_was_installed_and_not_confirmed_is_only_confirmed(
    live_home: HomeForTest, folder: Path, hooks: Path
) -> None:
    """The connection ends before the report: the next run fetches no key and runs no hook."""
    home = live_home
    home.issue(NAME)
    told = folder.parent / "told"
    add(home, folder, hook=trusted_hook(hooks, f"echo ran >> {told}"))
    cut = program(folder.parent, CUT_OFF.format(python=sys.executable, command=serve_command(home)), "cut-off")
    with pytest.raises(CertmgrError, match="broke off") as caught:
        fetch(cut, hooks)
    assert caught.value.code is Code.DEPLOY_PROTOCOL
    assert "confirmed then" in str(caught.value.hint)
    assert (folder / "privkey.pem").exists()
    assert standing(home) is Standing.WAITING
    (would,) = deployment_fetching.rehearse(route(as_ssh(home)))
    assert would.what.startswith("Would confirm")
    (step,) = fetch(as_ssh(home), hooks)
    assert step.what == f"Confirmed {NAME} (serial {newest(home).serial}) in {folder}, installed before."
    assert standing(home) is Standing.INSTALLED
    assert told.read_text() == "ran\n"
    assert actions(home) == ["fetched", "installed"]


def test_a_folder_that_cannot_be_trusted_is_refused_before_the_key_is_asked_for(
    live_home: HomeForTest, folder: Path, hooks: Path
) -> None:
    """As where the CA's host installs; the refusal is on record there."""
    home = live_home
    home.issue(NAME)
    add(home, folder / "absent")
    folder.chmod(0o777)
    add(home, folder)
    steps = fetch(as_ssh(home), hooks)
    assert [step.done for step in steps] == [False, False]
    assert "cannot be used" in steps[0].what
    assert "can be written by others" in steps[1].what
    assert "fetched" not in actions(home)
    assert {one.standing for one in queries.every(home.workspace)} == {Standing.FAILED}


def test_two_runs_at_once_do_it_once(live_home: HomeForTest, folder: Path, hooks: Path) -> None:
    """A folder that another run is at is left to it, and no failure is on record."""
    home = live_home
    home.issue(NAME)
    add(home, folder)
    with install.opened(str(folder)):
        assert fetch(as_ssh(home), hooks) == []
    assert actions(home) == []


def test_an_answer_for_another_host_is_refused_where_this_one_was_named(
    live_home: HomeForTest, folder: Path, hooks: Path
) -> None:
    """With --on; without it the forced command has the last word."""
    home = live_home
    home.issue(NAME)
    add(home, folder, target="web2")
    ssh = as_ssh(home, "web2")
    with pytest.raises(RefusedError, match="answers for the host web2, not for web1"):
        fetch(ssh, hooks, strict=True)
    assert [step.done for step in fetch(ssh, hooks)] == [True]
