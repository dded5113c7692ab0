"""Servers as they are asked for: one with its whole line of certificates, all of them, and what they serve (R9.1)."""

from certmgr import lifecycle, serving
from certmgr.codes import Code
from certmgr.commitments import Commitment
from certmgr.errors import NotFoundError, RefusedError
from certmgr.models.certificates import Certificate
from certmgr.models.journal import Entry
from certmgr.models.servers import Endpoint, Server
from certmgr.names import shown
from certmgr.queries import deployments
from certmgr.queries.deployments import DeploymentState
from certmgr.records import dataclass
from certmgr.store import certificates, commitments, journal, servers
from certmgr.store import deployments as stored_deployments
from certmgr.store.connection import Snapshot
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """All that is known of one server."""

    server: Server
    contact: str
    confirmation: str
    """Why the last change of facts needed no new certificate (R1.2)."""
    line: tuple[Certificate, ...]
    """Every certificate of it, the newest first (R9.1)."""
    newest: Certificate | None
    """The newest of them that it may serve; None: none."""
    commitments: tuple[Commitment, ...]
    deployments: tuple[DeploymentState, ...]
    history: tuple[Entry, ...]


def get(workspace: Workspace, name: str) -> ServerState:
    """Return everything on record about the server of that name. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        server = _find(snapshot, name)
        line = certificates.for_server(snapshot, name)
        return ServerState(
            server=server,
            contact=servers.contact(snapshot, server.id),
            confirmation=servers.confirmation(snapshot, server.id),
            line=line,
            newest=_newest(workspace, line),
            commitments=commitments.for_object(snapshot, f"server:{server.id}"),
            deployments=deployments.every(workspace, name),
            history=journal.for_objects(snapshot, f"server:{server.id}"),
        )


def every(workspace: Workspace, *, retired: bool = False) -> tuple[tuple[Server, Certificate | None], ...]:
    """Return every server by name, with the newest certificate that it may serve; with `retired`, all ever recorded."""
    with workspace.store().read() as snapshot:
        found = [one for one in servers.all(snapshot) if retired or one.retired_at is None]
        newest = certificates.live_for_servers(snapshot, [one.name for one in found], workspace.now())
    return tuple((one, newest.get(one.name)) for one in found)


def verify(workspace: Workspace, name: str, *, endpoint: Endpoint | None = None) -> tuple[serving.Sight, ...]:
    """Look at each endpoint of the server, or at the given one, and return what each shows; records nothing.

    Raises NotFoundError where there is no such server, or no endpoint to look at; RefusedError for a given one in no
    configured zone or network.
    """
    if endpoint is not None and not serving.is_within_reach(workspace.config, endpoint.host):
        message = f"{shown(endpoint.host)} lies in no configured zone or network, so it is not looked at (R1.3)."
        raise RefusedError(message, hint="See `certmgr config show`.", code=Code.NAME_OUTSIDE)
    with workspace.store().read() as snapshot:
        server = _find(snapshot, name)
        newest = _newest(workspace, certificates.for_server(snapshot, name))
        recorded = [one.endpoint for one in stored_deployments.for_server(snapshot, server.id) if one.endpoint]
    places = [endpoint] if endpoint else recorded
    if not places:
        raise NotFoundError(
            f"No endpoint of {name} is on record.",
            hint=f"Add one with `certmgr deploy add {name} --endpoint HOST:PORT`, or give --endpoint HOST:PORT.",
        )
    return tuple(serving.look(workspace, one, newest.id if newest else None) for one in places)


def _find(snapshot: Snapshot, name: str) -> Server:
    found = servers.find_by_name(snapshot, name)
    if found is None:
        raise NotFoundError(f"There is no server {shown(name)!r} on record.", hint="See `certmgr server list`.")
    return found


def _newest(workspace: Workspace, line: tuple[Certificate, ...]) -> Certificate | None:
    now = workspace.now()
    return next((one for one in line if lifecycle.state_of(one, now) in lifecycle.SERVABLE), None)
