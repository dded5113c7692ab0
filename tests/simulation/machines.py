"""The servers that certificates are installed on: folders, hooks that fail or hang, and TLS endpoints (DETAILS 32)."""

import socket
import ssl
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from certmgr.models.servers import DeploymentId, Endpoint, Installation
from certmgr.operations import certificates, deployment_places, deployments
from tests.net.servers import serving
from tests.simulation.events import Event, HookFails
from tests.simulation.receivers import HOST

if TYPE_CHECKING:
    from tests.simulation.people import People
    from tests.simulation.world import World

COUNT: Final = 8
"""So many servers of the network have a deployment; the first ENDPOINTS of them are looked at, too."""
ENDPOINTS: Final = 3
HOOK_TIMEOUT_S: Final = 1
HOOK: Final = """#!/bin/sh
# Called with the folder of the installation, that of the running server and the file that says how it goes.
case "$(cat "$3" 2>/dev/null)" in
  fails) echo 'cannot reload' >&2; exit 1 ;;
  hangs) exec sleep 30 ;;
esac
cp "$1/privkey.pem" "$1/fullchain.pem" "$2/"
"""


class Machines:
    """What runs on the servers."""

    def __init__(self, world: "World", people: "People") -> None:
        """Make the folders and the hook, listen, and record the deployments."""
        self._world = world
        self._people = people
        self._base = world.folder / "machines"
        self.hooks = self._base / "hooks"
        self.hooks.mkdir(parents=True)
        self._hook = self.hooks / "reload"
        self._hook.write_text(HOOK)
        self._hook.chmod(0o755)
        self._seen: dict[str, tuple[int, ...]] = {}
        self.torn: list[str] = []
        """Hours in which the key and the certificate of a folder did not belong together."""
        self.failures = 0
        self._listeners = ExitStack()
        self.places: dict[str, DeploymentId] = {}
        for number, name in enumerate(world.network[:COUNT]):
            self.places[name] = self._place(name, listens=number < ENDPOINTS)
        world.hourly.append(self.deploy)
        world.closing.append(self._listeners.close)

    def folder(self, name: str) -> Path:
        """Return where the files of a server's deployment go."""
        return self._base / name / "installed"

    def _running(self, name: str) -> Path:
        return self._base / name / "running"

    def _place(self, name: str, *, listens: bool) -> DeploymentId:
        for folder in (self.folder(name), self._running(name)):
            folder.mkdir(parents=True)
        endpoint = None
        if listens:
            port = self._listeners.enter_context(serving(partial(self._answer, name)))
            endpoint = Endpoint(host=HOST, port=port, sni="")
        folder, mode = self.folder(name), self._base / name / "mode"
        hook = (str(self._hook), str(folder), str(self._running(name)), str(mode))
        made = deployment_places.add(
            self._people.workspace,
            self._people.session("officer"),
            server=name,
            installation=Installation(folder=str(folder), hook=hook, hook_timeout_s=HOOK_TIMEOUT_S),
            endpoint=endpoint,
        )
        return made.id

    def _answer(self, name: str, connection: socket.socket) -> None:
        """Shake hands with what the server has loaded; before its first certificate it serves nothing."""
        running = self._running(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with suppress(FileNotFoundError, ssl.SSLError, OSError):
            context.load_cert_chain(running / "fullchain.pem", running / "privkey.pem")
            connection.settimeout(5)
            with context.wrap_socket(connection, server_side=True) as spoken:
                spoken.recv(1)

    def act(self, event: Event) -> bool:
        """Let a hook fail when its server is renewed; tell whether it was this."""
        match event.what:
            case HookFails(place=place, lasts=lasts, hangs=hangs):
                name = self._world.network[place]
                mode = self._base / name / "mode"
                mode.write_text("hangs" if hangs else "fails")
                self._people.attempt(partial(self._renew, name), "renew for a hook")
                self._world.after(lasts, mode.unlink)
                self._world.ledger.acts["hook hangs" if hangs else "hook fails"] += 1
            case _:
                return False
        return True

    def _renew(self, name: str) -> None:
        live = self._people.live(name)
        if live is None or live.revoking:
            self._people.issue(name)
            return
        workspace, officer = self._people.workspace, self._people.session("officer")
        certificates.renew(workspace, officer, live, force=True, reason="a hook is tried")

    def deploy(self) -> None:
        """Run `deploy --due` as root's timer does, and look at the folders."""
        steps = deployments.deploy(self._people.workspace, deployments.deploying_actor(), hook_folder=self.hooks)
        self.failures += sum("could not be installed" in step.what for step in steps)
        for name in self.places:
            self._look(name)

    def _look(self, name: str) -> None:
        """Keep whether key and certificate of a folder belong together, where they are others than at the last look."""
        key, certificate = self.folder(name) / "privkey.pem", self.folder(name) / "cert.pem"
        try:
            states = (key.stat(), certificate.stat())
        except FileNotFoundError:
            return
        mark = tuple(number for one in states for number in (one.st_ino, one.st_mtime_ns))
        if self._seen.get(name) == mark:
            return
        self._seen[name] = mark
        wanted = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        held = load_pem_private_key(key.read_bytes(), None).public_key().public_bytes(*wanted)
        shown = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key().public_bytes(*wanted)
        if held != shown:
            self.torn.append(f"{name} at {self._world.clock.shows:%Y-%m-%d %H:%M}")
