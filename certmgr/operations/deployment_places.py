"""Where a server's certificate goes and where it is seen: recorded by people, carried out by `deployments`."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from certmgr import deployment_forms, names, serving
from certmgr.codes import Code
from certmgr.errors import Finding, NotFoundError, RefusedError, UsageError
from certmgr.models.operators import Permission
from certmgr.models.servers import Deployment, DeploymentId, Endpoint, Installation, Server
from certmgr.store import attempts, deployments, servers
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot


def add(
    workspace: Workspace,
    session: Session,
    *,
    server: str,
    installation: Installation | None,
    endpoint: Endpoint | None,
) -> Deployment:
    """Record where certificates of `server` go, where they are seen, or both; nothing is installed yet.

    Raises NotFoundError for an unknown server, UsageError or RefusedError with every reason.
    """
    session.require(Permission.MANAGE_SERVERS)
    with (
        journalled_refusal(workspace, session, "deployment.refused", "deployment:0"),
        workspace.store().write(session.actor) as tx,
    ):
        held = _checked(workspace, tx, server, installation, endpoint)
        identity = deployments.add(tx, held.id, installation=installation, endpoint=endpoint)
        data = {"server": int(held.id), "installs": installation is not None, "probes": endpoint is not None}
        tx.record("deployment.added", f"deployment:{identity}", {**data})
        return deployments.get(tx, identity)


def rehearse_add(
    workspace: Workspace, *, server: str, installation: Installation | None, endpoint: Endpoint | None
) -> Server:
    """Check what `add` would record and return its server; records nothing. Raises as `add` does."""
    with workspace.store().read() as snapshot:
        return _checked(workspace, snapshot, server, installation, endpoint)


def remove(workspace: Workspace, session: Session, *, deployment: DeploymentId) -> Deployment:
    """Record that nothing is installed there any more and return what was; its files stay. Raises NotFoundError."""
    session.require(Permission.MANAGE_SERVERS)
    with workspace.store().write(session.actor) as tx:
        held = deployments.get(tx, deployment)
        deployments.remove(tx, deployment)
        attempts.forget(tx, held.subject)
        attempts.forget(tx, f"probe:{deployment}")
        tx.record("deployment.removed", held.subject, {})
        return held


def rehearse_remove(workspace: Workspace, *, deployment: DeploymentId) -> Deployment:
    """Return what `remove` would remove; records nothing. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        held = deployments.get(snapshot, deployment)
    if held.removed_at is not None:
        raise NotFoundError(f"The deployment {deployment} was removed on {held.removed_at:%Y-%m-%d}.")
    return held


def _checked(
    workspace: Workspace,
    snapshot: "Snapshot",
    server: str,
    installation: Installation | None,
    endpoint: Endpoint | None,
) -> Server:
    """Return the server; raises unless the deployment can be recorded."""
    held = servers.find_by_name(snapshot, server)
    if held is None:
        raise NotFoundError(
            f"There is no server {names.shown(server)!r} on record.",
            hint="Add it with `certmgr server add`, or issue a certificate for it.",
        )
    wrong = [*_endpoint_findings(endpoint)]
    if installation is not None:
        wrong = [*deployment_forms.installation_findings(installation, workspace.home), *wrong]
    if installation is None and endpoint is None:
        message = "A deployment needs a folder to install into, an endpoint to look at, or both."
        wrong.append(deployment_forms.finding(message, "folder"))
    if wrong:
        raise UsageError(wrong[0].message, findings=wrong, hint="See `certmgr help deploy add`.")
    refused = [*_refusals(workspace, snapshot, held, installation, endpoint)]
    if refused:
        raise RefusedError(
            refused[0].message,
            findings=refused,
            hint="See `certmgr deploy list` and `certmgr config show`.",
            code=refused[0].code,
        )
    return held


def _endpoint_findings(endpoint: Endpoint | None) -> Iterator[Finding]:
    """Yield what is wrong with the form of an endpoint."""
    if endpoint is None:
        return
    if _address(endpoint.host) is None and endpoint.host != serving.LOCAL:
        yield from names.check_dns_name(endpoint.host)[1]
    if not 0 < endpoint.port < 1 << 16:
        yield deployment_forms.finding(f"{endpoint.port} is not a port.", "endpoint")
    if endpoint.sni:
        yield from names.check_dns_name(endpoint.sni)[1]


def _refusals(
    workspace: Workspace,
    snapshot: "Snapshot",
    server: Server,
    installation: Installation | None,
    endpoint: Endpoint | None,
) -> Iterator[Finding]:
    """Yield what stands against a deployment that is of the right form."""
    if server.retired_at is not None:
        message = f"The server {server.name} is out of service since {server.retired_at:%Y-%m-%d}."
        yield Finding(code=Code.SERVER_RETIRED, message=message, field="server", value=server.name)
    taken = deployments.in_folder(snapshot, installation.target, installation.folder) if installation else None
    if installation is not None and taken is not None:
        message = f"The folder {installation} is that of deployment {taken.id}, {taken.server}."
        yield Finding(code=Code.DEPLOYMENT_FOLDER_TAKEN, message=message, field="folder")
    if endpoint is not None and not serving.is_within_reach(workspace.config, endpoint.host):
        message = f"{names.shown(endpoint.host)} lies in no configured zone or network, so it is not looked at (R1.3)."
        code = Code.ADDRESS_OUTSIDE if _address(endpoint.host) else Code.NAME_OUTSIDE
        yield Finding(code=code, message=message, field="endpoint", value=endpoint.host)


def _address(host: str) -> names.Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
