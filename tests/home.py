"""A whole home for a test: real keys, real certificates, a real store; only the key derivation is cheap."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certmgr.config_text import render
from certmgr.custody.kdf import Kdf
from certmgr.custody.secrets import Secret
from certmgr.intake import Wish
from certmgr.issuance import Issued
from certmgr.operations import certificates
from certmgr.operations.setup import Setup, initialise
from certmgr.workspace import (
    MachineCredential,
    PersonCredential,
    Session,
    Workspace,
    open_workspace,
    unlock,
    utc_now,
)

PASSPHRASE = "correct horse battery staple"
CHEAP_KDF = Kdf(m_kib=8192, t=1, p=1)
ZONES = ("egov.internal",)
NETWORKS = ("10.0.0.0/8", "fd00::/8")
AT_TIME = Path(__file__).parent / "programs" / "at_time.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeForTest:
    """A home under a test's own folder."""

    path: Path
    workspace: Workspace
    public: Path
    machine_key: Path
    passphrase_file: Path
    out: Path

    def person(self, name: str = "admin") -> Session:
        """Return the administrator's session."""
        return unlock(self.workspace, PersonCredential(name=name, passphrase=Secret(PASSPHRASE.encode())))

    def machine(self) -> Session:
        """Return the machine's session."""
        return unlock(self.workspace, MachineCredential())

    def issue(self, name: str, session: Session | None = None, *, additional: bool = False, **wish: object) -> Issued:
        """Issue a certificate for one DNS name and return it."""
        facts: dict[str, object] = {"purpose": "test", "owner": "ops", **wish}
        return certificates.issue(
            self.workspace,
            session or self.machine(),
            Wish(dns=(name,), **facts),  # type: ignore[arg-type]  # the wish's own fields
            destination=self.out,
            additional=additional,
        )

    def run(self, *words: str, as_admin: bool = False, stdin: bytes = b"") -> "subprocess.CompletedProcess[str]":
        """Run `certmgr` as a program on this home, at the time that its clock shows."""
        clock = self.workspace.clock
        program = ["-m", "certmgr"] if clock is utc_now else [str(AT_TIME), clock().isoformat()]
        shared = ["--home", str(self.path)]
        if as_admin:
            shared += ["--as", "admin", "--passphrase-file", str(self.passphrase_file)]
        done = subprocess.run(
            [sys.executable, *program, *shared, *words],
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def config_for(folder: Path, **changes: object) -> str:
    """Return the configuration of a home under `folder`; `changes` are arguments of config_text.render."""
    facts: dict[str, object] = {
        "organisation": "Example",
        "timezone": "Europe/Berlin",
        "zones": ZONES,
        "networks": NETWORKS,
        "publish_directory": str(folder / "public"),
        "default_operator": "admin",
        "machine_key": str(folder / "machine" / "machine.key"),
        **changes,
    }
    return render(**facts)  # type: ignore[arg-type]  # the arguments of render


def make_home(
    folder: Path, *, clock: Callable[[], datetime] = utc_now, recovery: bool = False, **changes: object
) -> HomeForTest:
    """Make a home under `folder` as `init` does."""
    folder.mkdir(parents=True, exist_ok=True)
    initialise(
        Setup(
            home=folder / "home",
            config_text=config_for(folder, **changes),
            operator="admin",
            passphrase=Secret(PASSPHRASE.encode()),
            recovery=recovery,
            machine_key=folder / "machine" / "machine.key",
            kdf=CHEAP_KDF,
        ),
        clock=clock,
    )
    return open_home(folder, clock=clock)


def open_home(folder: Path, *, clock: Callable[[], datetime] = utc_now) -> HomeForTest:
    """Return the home that lies under `folder`."""
    passphrase_file = folder / "passphrase"
    if not passphrase_file.exists():
        passphrase_file.touch(0o600)
        passphrase_file.write_text(PASSPHRASE + "\n")
    return HomeForTest(
        path=folder / "home",
        workspace=open_workspace(folder / "home", clock=clock),
        public=folder / "public",
        machine_key=folder / "machine" / "machine.key",
        passphrase_file=passphrase_file,
        out=folder / "out",
    )


def copy_home(
    template: Path, folder: Path, *, clock: Callable[[], datetime] = utc_now, **changes: object
) -> HomeForTest:
    """Return a copy of the home under `template`, which no process may have open, with its own paths."""
    shutil.copytree(template, folder, symlinks=True)
    return reopen(folder, clock=clock, **changes)


def reopen(folder: Path, *, clock: Callable[[], datetime] = utc_now, **changes: object) -> HomeForTest:
    """Return the home under `folder` with another configuration; close the one before first."""
    (folder / "home" / "certmgr.toml").write_text(config_for(folder, **changes))
    return open_home(folder, clock=clock)
