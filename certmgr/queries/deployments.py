"""Deployments as they are asked for: what each has, what it should have, and how the attempts at it went."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from certmgr.models.certificates import Certificate, ServerId
from certmgr.models.servers import Deployment, Server
from certmgr.records import dataclass
from certmgr.store import attempts, certificates, deployments, servers
from certmgr.store.attempts import Attempt
from certmgr.store.connection import Snapshot
from certmgr.workspace import Workspace


class Standing(StrEnum):
    """Where a deployment stands; derived."""

    IDLE = "idle"
    """Its server has no certificate to serve, or is out of service."""
    WAITING = "waiting"
    """The newest certificate is not installed yet."""
    FAILED = "failed"
    """It could not be installed; it is tried again."""
    NOT_SERVING = "not-serving"
    """It is installed, and its endpoint was not seen serving it."""
    INSTALLED = "installed"
    """It is installed; no endpoint is looked at."""
    SERVING = "serving"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentState:
    """All that is known of one deployment."""

    deployment: Deployment
    standing: Standing
    wanted: Certificate | None
    """What it is to have; None: its server has none to serve."""
    held: Certificate | None
    """What it has on record."""
    installs: Attempt | None
    looks: Attempt | None

    @property
    def problem(self) -> str:
        """Why the last attempt failed; empty where nothing is wrong."""
        if self.standing is Standing.FAILED and self.installs:
            return self.installs.problem
        return self.looks.problem if self.standing is Standing.NOT_SERVING and self.looks else ""


def every(workspace: Workspace, server: str | None = None) -> tuple[DeploymentState, ...]:
    """Return every deployment that was not removed, or those of one server; by server, the oldest first."""
    with workspace.store().read() as snapshot:
        found = deployments.all(snapshot) if server is None else _of(snapshot, server)
        retired = servers.retired_among(snapshot, sorted({one.server for one in found}))
        return tuple(_state(workspace, snapshot, one, in_service=one.server not in retired) for one in found)


def standings(snapshot: Snapshot, found: Sequence[Server], now: datetime) -> Mapping[ServerId, tuple[Standing, ...]]:
    """Return where each deployment of these servers stands, by server, the oldest deployment first."""
    retired = {one.id for one in found if one.retired_at is not None}
    held: dict[ServerId, list[Standing]] = {}
    for one, wanted in deployments.for_servers(snapshot, [server.id for server in found], now):
        in_service = one.server_id not in retired
        standing = _standing(one, wanted if in_service else None, attempts.get(snapshot, one.subject))
        held.setdefault(one.server_id, []).append(standing)
    return {server: tuple(those) for server, those in held.items()}


def _of(snapshot: Snapshot, server: str) -> tuple[Deployment, ...]:
    found = servers.find_by_name(snapshot, server)
    return deployments.for_server(snapshot, found.id) if found else ()


def _state(workspace: Workspace, snapshot: Snapshot, one: Deployment, *, in_service: bool) -> DeploymentState:
    wanted = deployments.wanted(snapshot, one.id, workspace.now()) if in_service else None
    installs = attempts.get(snapshot, one.subject)
    return DeploymentState(
        deployment=one,
        standing=_standing(one, wanted, installs),
        wanted=None if wanted is None else certificates.get(snapshot, wanted),
        held=None if one.certificate_id is None else certificates.get(snapshot, one.certificate_id),
        installs=installs,
        looks=attempts.get(snapshot, f"probe:{one.id}"),
    )


def _standing(one: Deployment, wanted: int | None, installs: Attempt | None) -> Standing:
    if wanted is None:
        return Standing.IDLE
    if one.certificate_id != wanted:
        if one.installation is None:
            return Standing.NOT_SERVING
        return Standing.FAILED if installs is not None and installs.failures else Standing.WAITING
    if one.endpoint is None:
        return Standing.INSTALLED
    return Standing.NOT_SERVING if one.seen_at is None else Standing.SERVING
