"""Servers and what they serve, as JSON and as text."""

from typing import TYPE_CHECKING, Any

from certmgr import commitments, lifecycle
from certmgr.cli import printer
from certmgr.cli.certificate_json import moment

if TYPE_CHECKING:
    from certmgr.models.certificates import Certificate
    from certmgr.models.servers import Server
    from certmgr.queries.deployments import DeploymentState
    from certmgr.queries.servers import ServerState
    from certmgr.serving import Sight
    from certmgr.workspace import Workspace

SCHEMA = "certmgr.servers/1"
SIGHT_SCHEMA = "certmgr.served/1"
DEPLOYMENT_SCHEMA = "certmgr.deployments/1"


def as_json(one: "Server") -> dict[str, Any]:
    """Return the server as an element of `certmgr.servers/1`; absent is null."""
    return {
        "name": one.name,
        "owner": one.owner,
        "purpose": one.purpose,
        "recorded_ip": one.recorded_ip or None,
        "auto_renew": one.auto_renew,
        "created_at": moment(one.created_at),
        "retired_at": moment(one.retired_at),
        "id": one.id,
    }


def whole_json(found: "ServerState", workspace: "Workspace") -> dict[str, Any]:
    """Return the server with all that is on record about it."""
    now = workspace.now()
    return {
        **as_json(found.server),
        "contact": found.contact or None,
        "confirmation": found.confirmation or None,
        "certificates": [_certificate_json(one, workspace) for one in found.line],
        "deployments": [deployment_json(one) for one in found.deployments],
        "commitments": [
            {
                "id": one.id,
                "kind": one.kind,
                "status": commitments.status(one, now),
                "opened_at": moment(one.opened_at),
                "due_at": moment(one.due_at),
                "met_at": moment(one.met_at),
            }
            for one in found.commitments
        ],
    }


def _certificate_json(one: "Certificate", workspace: "Workspace") -> dict[str, Any]:
    now = workspace.now()
    return {
        "id": one.id,
        "serial": one.serial,
        "state": lifecycle.state_of(one, now),
        "flags": [str(flag) for flag in lifecycle.flags_of(one, now)],
        "not_before": moment(one.not_before),
        "not_after": moment(one.not_after),
        "replaces": one.replaces_id,
    }


def deployment_json(found: "DeploymentState") -> dict[str, Any]:
    """Return the deployment as an element of `certmgr.deployments/1`; absent is null."""
    one = found.deployment
    files, place = one.installation, one.endpoint
    return {
        "id": one.id,
        "server": one.server,
        "standing": found.standing,
        "folder": files.folder if files else None,
        "target": (files.target or None) if files else None,
        "format": files.format if files else None,
        "owner": (files.owner or None) if files else None,
        "group": (files.group or None) if files else None,
        "mode": f"{files.mode:04o}" if files else None,
        "hook": list(files.hook) if files else [],
        "hook_timeout_s": files.hook_timeout_s if files else None,
        "host": place.host if place else None,
        "port": place.port if place else None,
        "protocol": place.protocol if place else None,
        "sni": (place.sni or None) if place else None,
        "wanted": found.wanted.serial if found.wanted else None,
        "installed": found.held.serial if found.held else None,
        "installed_at": moment(one.installed_at),
        "seen_at": moment(one.seen_at),
        "problem": found.problem or None,
        "failures": found.installs.failures if found.installs else 0,
        "next_at": moment(found.installs.next_at) if found.installs else None,
    }


def sight_json(one: "Sight") -> dict[str, Any]:
    """Return what an endpoint showed as an element of `certmgr.served/1`; absent is null."""
    return {
        "host": one.endpoint.host,
        "port": one.endpoint.port,
        "protocol": one.endpoint.protocol,
        "sni": one.endpoint.sni or None,
        "served": one.served,
        "sha256": one.sha256,
        "serial": one.certificate.serial if one.certificate else None,
        "server": one.certificate.server if one.certificate else None,
        "subject": one.subject or None,
        "problems": list(one.problems),
    }


def sight_words(one: "Sight") -> str:
    """Return what an endpoint showed, in words."""
    if one.certificate is not None:
        return f"{one.certificate.server} serial {one.certificate.serial}"
    return one.subject or "-"


def row(one: "Server", newest: "Certificate | None", workspace: "Workspace") -> list[str]:
    """Return the cells of a server in a list."""
    return [
        one.name,
        "retired" if one.retired_at else "by itself" if one.auto_renew else "by hand",
        str(lifecycle.state_of(newest, workspace.now())) if newest else "none",
        f"{newest.not_after.astimezone(workspace.zone):%Y-%m-%d}" if newest else "-",
        one.owner or "-",
    ]


def print_whole(found: "ServerState", workspace: "Workspace") -> None:
    """Print all that is known of a server."""
    one, now, zone = found.server, workspace.now(), workspace.zone
    for label, value in (
        ("Server", one.name),
        ("Owner", one.owner or "-"),
        ("Purpose", one.purpose),
        ("Contact", found.contact or "-"),
        ("Address", one.recorded_ip or "-"),
        ("Renewal", row(one, None, workspace)[1]),
        ("Recorded", f"{one.created_at.astimezone(zone):%Y-%m-%d}"),
    ):
        printer.data(f"{label + ':':<12} {value}")
    if one.retired_at is not None:
        printer.data(f"Retired:     {one.retired_at.astimezone(zone):%Y-%m-%d}")
    if found.confirmation:
        printer.data(f"Confirmed:   {found.confirmation}")
    for promise in found.commitments:
        status = commitments.status(promise, now)
        printer.data(f"Promise:     {promise.kind}, {status}, due {promise.due_at.astimezone(zone):%Y-%m-%d %H:%M %Z}")
    printer.data("Certificates:")
    serials = {certificate.id: certificate.serial for certificate in found.line}
    for certificate in found.line:
        flags = "".join(f", {flag}" for flag in lifecycle.flags_of(certificate, now))
        until = f"{certificate.not_after.astimezone(zone):%Y-%m-%d}"
        replaces = f", replaces {serials.get(certificate.replaces_id, '-')}" if certificate.replaces_id else ""
        printer.data(f"  {certificate.serial}  {lifecycle.state_of(certificate, now)}{flags}, until {until}{replaces}")
    if found.deployments:
        printer.data("Deployments:")
    for deployment in found.deployments:
        printer.data(f"  {deployment.deployment.id}  {place_of(deployment)}  {deployment.standing}")
        if deployment.problem:
            printer.data(f"     {deployment.problem}")
    printer.data("History:")
    for entry in found.history:
        printer.data(f"  {entry.at[:19]}Z  {entry.action} by {entry.actor}")


def place_of(found: "DeploymentState") -> str:
    """Return where a deployment's files go and where they are seen."""
    one = found.deployment
    folder = str(one.installation) if one.installation else ""
    return " at ".join(part for part in (folder, str(one.endpoint) if one.endpoint else "") if part)
