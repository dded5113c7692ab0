"""A host that fetches its certificates from another: a program that stands for ssh, and routes over it."""

import os
import sys
from pathlib import Path

import pytest

from certmgr.models.servers import Deployment, Installation
from certmgr.models.steps import Step
from certmgr.net.ssh import Route
from certmgr.operations import deployment_fetching, deployment_places
from tests.home import HomeForTest

NAME = "portal.egov.internal"
HOST = "web1"
ADDRESS = "certmgr@ca.egov.internal"

_STAND_IN = """\
#!/bin/sh
# What ssh gets is {kept}; what it would run on the other host is run here, as its forced command.
printf '%s\\n' "$@" > {kept}
env >> {kept}
exec {command}
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="hooks for another host are root's")


def program(folder: Path, text: str, name: str = "as-ssh") -> str:
    """Write a program that stands for ssh and return its path."""
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def serve_command(home: HomeForTest, host: str = HOST) -> str:
    """Return the forced command of that host's line in authorized_keys."""
    return f"{sys.executable} -m certmgr --home {home.path} deploy serve {host}"


def as_ssh(home: HomeForTest, host: str = HOST) -> str:
    """Return a program that stands for ssh: it keeps what it was given in `ssh-saw` and serves the host."""
    folder = home.path.parent
    return program(folder, _STAND_IN.format(kept=folder / "ssh-saw", command=serve_command(home, host)))


def route(ssh: str, host: str = HOST) -> Route:
    """Return the way to the CA's host through a program that stands for ssh."""
    return Route(address=ADDRESS, host=host, program=ssh)


def add(home: HomeForTest, folder: Path, *, target: str = HOST, name: str = NAME, **settings: object) -> Deployment:
    """Record a deployment into a folder of the other host."""
    files = Installation(folder=str(folder), target=target, **settings)  # type: ignore[arg-type]  # its fields
    return deployment_places.add(home.workspace, home.machine(), server=name, installation=files, endpoint=None)


def fetch(ssh: str, hook_folder: Path, *, retry: bool = False, strict: bool = False) -> list[Step]:
    """Do what `certmgr deploy --due --from` does on the other host."""
    return list(deployment_fetching.fetch(route(ssh), hook_folder=hook_folder, retry=retry, strict=strict))


def trusted_hook(folder: Path, text: str) -> tuple[str, ...]:
    """Write a hook into `folder`, which is made, and return its words."""
    folder.mkdir(mode=0o755, exist_ok=True)
    path = folder / "hook"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return (str(path),)
