"""Servers as they are asked for: one with its whole line of certificates, all of them, and what they serve (R9.1)."""

from datetime import datetime

from certmgr import lifecycle, serving
from certmgr.codes import Code
from certmgr.commitments import Commitment
from certmgr.errors import NotFoundError, RefusedError
from certmgr.models.certificates import Certificate, ServerId
from certmgr.models.journal import Entry
from certmgr.models.servers import Endpoint, Server
from certmgr.names import shown
from certmgr.queries import deployments
from certmgr.queries.deployments import DeploymentState, Standing
from certmgr.records import dataclass
from certmgr.store import certificates, commitments, journal, server_listing, servers
from certmgr.store import deployments as stored_deployments
from certmgr.store.connection import Snapshot
from certmgr.store.server_listing import Place, ServerSort
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLine:
    """One server of a list."""

    server: Server
    newest: Certificate | None
    """The newest certificate that it may serve; where there is none, the newest of all; None: none was ever issued."""
    standings: tuple[Standing, ...]
    """Where each of its deployments stands."""
    change_due: datetime | None
    """Until when a change of its facts is to be followed up (R1.2); None: no change waits."""


def page(  # noqa: PLR0913 - the options of a list, by keyword
    workspace: Workspace,
    filter_text: str = "",
    *,
    retired: bool = False,
    sort: str = ServerSort.NAME,
    descending: bool = False,
    beyond: Place | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> tuple[ServerLine, ...]:
    """Return a page of the list of servers, as certmgr.store.server_listing.page."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        found = server_listing.page(
            snapshot,
            filter_text,
            retired=retired,
            sort=ServerSort(sort),
            descending=descending,
            beyond=beyond,
            inclusive=inclusive,
            limit=limit,
        )
        ids = [one.id for one in found]
        newest = server_listing.newest(snapshot, ids, now)
        due = server_listing.open_changes(snapshot, ids)
        standings = deployments.standings(snapshot, found, now)
    return tuple(
        ServerLine(
            server=one, newest=newest.get(one.name), standings=standings.get(one.id, ()), change_due=due.get(one.id)
        )
        for one in found
    )


def count(workspace: Workspace, filter_text: str = "", *, retired: bool | None = None, stop_at: int = 10_000) -> int:
    """Return how many servers match, as certmgr.store.server_listing.count."""
    with workspace.store().read() as snapshot:
        return server_listing.count(snapshot, filter_text, retired=retired, stop_at=stop_at)


def name_of(workspace: Workspace, server: ServerId) -> str:
    """Return the name of the server. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        return servers.get(snapshot, server).name


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
