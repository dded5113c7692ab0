"""A real sshd on loopback, with a configuration, keys and authorized_keys of its own."""

import os
import pwd
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.docs.sandbox import REPOSITORY
from tests.programs_found import require_program

EXAMPLE = REPOSITORY / "examples" / "ssh" / "authorized_keys"
_COMMAND, _KEY = "certmgr --home /var/lib/certmgr deploy serve web1", "ssh-ed25519 AAAA... root@web1"
TIMEOUT_S = 20
_SEPARATION = Path("/run/sshd")
"""Where sshd, started as root, shuts in the part of it that has not authenticated anybody yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshServer:
    """A running sshd."""

    folder: Path
    port: int
    user: str

    @property
    def address(self) -> str:
        """USER@HOST."""
        return f"{self.user}@127.0.0.1"

    def options(self, key: str, known_hosts: str = "known_hosts") -> tuple[str, ...]:
        """Return what ssh gets after -o to come here with the key of that name, and with nothing else."""
        return (
            f"Port={self.port}",
            f"IdentityFile={self.folder / key}",
            "IdentitiesOnly=yes",
            f"UserKnownHostsFile={self.folder / known_hosts}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
        )

    def allow(self, key: str, command: str) -> None:
        """Make a key and let it run `command` alone, as the documented line of authorized_keys does."""
        make_key(self.folder / key)
        public = (self.folder / f"{key}.pub").read_text().strip()
        line = EXAMPLE.read_text(encoding="utf-8").splitlines()[-1]
        for shown, real in ((_COMMAND, command), (_KEY, public)):
            assert shown in line
            line = line.replace(shown, real)
        with (self.folder / "authorized_keys").open("a") as file:
            file.write(line + "\n")


def make_key(path: Path) -> None:
    """Make an Ed25519 key without a passphrase."""
    program = require_program("ssh-keygen")
    subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=TIMEOUT_S)


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Serve as the user of this process, and yield it; skips by name where sshd or ssh is not installed."""
    program = require_program("sshd")
    require_program("ssh")
    folder.mkdir(mode=0o700)
    make_key(folder / "host_key")
    (folder / "authorized_keys").touch(0o600)
    port = _free_port()
    public = (folder / "host_key.pub").read_text().strip()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized_keys\n"
        f"PidFile {folder}/pid\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\n"
        "AuthenticationMethods publickey\n"
    )
    made = _make_separation()
    try:
        with subprocess.Popen([program, "-D", "-E", str(folder / "log"), "-f", str(config)]) as process:
            try:
                _wait_for(port, process)
                yield SshServer(folder=folder, port=port, user=pwd.getpwuid(os.geteuid()).pw_name)
            finally:
                process.terminate()
                process.wait(TIMEOUT_S)
    finally:
        if made:
            with suppress(OSError):
                _SEPARATION.rmdir()


def _make_separation() -> bool:
    """Make the folder that the system's own start of sshd makes; return whether it was not there."""
    if os.geteuid() != 0 or _SEPARATION.exists():
        return False
    _SEPARATION.mkdir(mode=0o755)
    _SEPARATION.chmod(0o755)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"sshd does not answer (exit {process.poll()})")
