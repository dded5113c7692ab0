"""What certmgr publishes is served by nginx as the example says: right types, another uid (DETAILS 26)."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from certmgr.pki import crl
from tests.home import HomeForTest, make_home
from tests.programs_found import require_program

SNIPPET = Path(__file__).resolve().parents[2] / "examples" / "nginx" / "certmgr-public.conf"
SERVED_AS = "www-data"
TIMEOUT_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A home whose published folder nginx serves."""

    home: HomeForTest
    port: int
    workers: tuple[int, ...]
    """The process ids of those who answer."""

    def ask(self, path: str, method: str = "GET") -> tuple[int, str | None, bytes]:
        """Return status, Content-Type and body of one request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Serve the published folder of a home with nginx under the example's configuration."""
    nginx = require_program("nginx")
    # Outside pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="certmgr-published-"))
    folder.chmod(0o755)
    try:
        made = make_home(folder / "made")
        (folder / "made").chmod(0o755)
        (made.public / "notes.txt").write_text("not for everybody")
        (made.public / "notes.txt").chmod(0o644)
        port = _free_port()
        config = _configuration(folder, made.public, port)
        with subprocess.Popen([nginx, "-c", str(config), "-p", str(folder), "-e", "stderr"]) as process:
            try:
                _wait_for(port)
                # The kernel takes connections before there are workers: only an answer shows that one is there.
                Served(home=made, port=port, workers=()).ask("/")
                yield Served(home=made, port=port, workers=_children(process.pid))
            finally:
                process.terminate()
                process.wait(TIMEOUT_S)
        made.workspace.close()
    finally:
        shutil.rmtree(folder)


def _configuration(folder: Path, public: Path, port: int) -> Path:
    """Write an nginx.conf around the example, with its address and folder replaced."""
    site = SNIPPET.read_text(encoding="utf-8")
    for line, replacement in (
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("listen [::]:80;", ""),
        ("root /srv/certmgr-public;", f"root {public};"),
    ):
        assert line in site
        site = site.replace(line, replacement)
    user = f"user {SERVED_AS};" if os.geteuid() == 0 else ""
    places = "".join(f"{kind}_temp_path {folder}/temporary;" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/temporary; {places}\n{site}}}\n"
    )
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(port)


def _children(process: int) -> tuple[int, ...]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return tuple(int(child) for child in text.split())


@pytest.mark.parametrize(
    ("suffix", "kind"), [("crl", "application/pkix-crl"), ("cer", "application/pkix-cert")], ids=["crl", "cer"]
)
def test_everything_published_is_served_with_its_type(served: Served, suffix: str, kind: str) -> None:
    """RFC 5280 4.2.1.13 and RFC 2585: CRLs and CA certificates are DER under their own media types."""
    published = sorted(served.home.public.glob(f"*.{suffix}"))
    assert len(published) == 2
    for path in published:
        assert served.ask(f"/{path.name}") == (200, kind, path.read_bytes())


def test_another_user_serves_it(served: Served) -> None:
    """The web server needs no right in the home: where tests run as root, its workers are another user's."""
    if os.geteuid() != 0:
        pytest.skip("only root can start nginx for another user")
    expected = pwd.getpwnam(SERVED_AS).pw_uid
    assert served.workers
    assert {Path(f"/proc/{worker}").stat().st_uid for worker in served.workers} == {expected}
    secret = next((served.home.path / "keys").glob("*.json"))
    denied = subprocess.run(["cat", secret], user=expected, group=expected, capture_output=True, check=False)
    assert (denied.returncode, denied.stdout) == (1, b"")


def test_a_new_crl_is_served_at_once(served: Served) -> None:
    """R6.1: nothing between the folder and the client keeps an older CRL; each request sees the newest number."""
    (name,) = (path.name for path in served.home.public.glob("issuing-*.crl"))
    before = crl.read_number(served.ask(f"/{name}")[2])
    issued = served.home.issue("portal.egov.internal")
    done = served.home.run(
        *("revoke", "portal.egov.internal", "--cause", "key-lost", "--confirm", "portal.egov.internal"), as_admin=True
    )
    assert done.returncode == 0, done.stderr
    facts = crl.read_crl(served.ask(f"/{name}")[2])
    assert facts.number > before
    assert issued.prepared.spec.serial in {entry.serial for entry in facts.entries}


@pytest.mark.parametrize(
    "path", ["/", "/notes.txt", "/../home/certmgr.toml", "/%2e%2e/home/certmgr.toml", "/.hidden.crl"]
)
def test_nothing_else_is_served(served: Served, path: str) -> None:
    """Only CRLs and CA certificates leave the folder, whatever else comes to lie there."""
    assert served.ask(path)[0] in {400, 404}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_can_only_be_read(served: Served, method: str) -> None:
    """The published folder is read, never written, over HTTP."""
    (name,) = (path.name for path in served.home.public.glob("issuing-*.crl"))
    assert served.ask(f"/{name}", method)[0] == 403
