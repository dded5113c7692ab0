"""Where the certificates of servers are installed, and where they are seen; the entries are the caller's."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from certmgr.errors import NotFoundError
from certmgr.models.certificates import CertificateId, ServerId
from certmgr.models.servers import Deployment, DeploymentId, Endpoint, Format, Installation, Protocol
from certmgr.records import dataclass
from certmgr.store.columns import dump, moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction

_COLUMNS: Final = (
    "d.id, d.server_id, s.name, d.folder, d.target, d.format, d.file_owner, d.file_group, d.mode, d.hook,"
    " d.hook_timeout_s, d.host, d.port, d.protocol, d.sni, d.certificate_id, d.installed_at, d.seen_at,"
    " d.removed_at, d.created_at"
)
_TABLES: Final = "deployment d JOIN server s ON s.id = d.server_id"
_SELECT: Final = f"SELECT {_COLUMNS} FROM {_TABLES}"  # noqa: S608 - constants
_WANTED: Final = (
    "(SELECT max(c.id) FROM certificate c WHERE c.server_id = d.server_id AND c.stage = 'issued'"
    " AND c.revoked_at IS NULL AND c.held_at IS NULL AND c.not_after >= :now"
    " AND (c.superseded_at IS NULL OR c.superseded_at > :now))"
)
"""The certificate that a server is to serve: the newest that is neither held, revoked, expired nor superseded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A deployment and the certificate that it is to have."""

    deployment: Deployment
    wanted: CertificateId

    @property
    def uninstalled(self) -> bool:
        """Whether its files are to be put in place by us, and are not the wanted certificate's."""
        return self.deployment.installation is not None and self.deployment.certificate_id != self.wanted

    @property
    def unseen(self) -> bool:
        """Whether its endpoint was not seen serving the wanted certificate."""
        one = self.deployment
        return one.endpoint is not None and (one.certificate_id != self.wanted or one.seen_at is None)


def add(
    tx: Transaction, server: ServerId, *, installation: Installation | None, endpoint: Endpoint | None
) -> DeploymentId:
    """Record a deployment of the server. Raises CertmgrError where one of another place has the folder already."""
    files = installation or Installation(folder="")
    table = tx.table("deployment").insert(
        {
            "server_id": server,
            "folder": files.folder,
            "target": files.target,
            "format": files.format.value,
            "file_owner": files.owner,
            "file_group": files.group,
            "mode": files.mode,
            "hook": dump(list(files.hook)),
            "hook_timeout_s": files.hook_timeout_s,
            "host": endpoint.host if endpoint else "",
            "port": endpoint.port if endpoint else None,
            "protocol": (endpoint.protocol if endpoint else Protocol.TLS).value,
            "sni": endpoint.sni if endpoint else "",
            "created_at": text_of(tx.now),
        }
    )
    return DeploymentId(int(table.last_pk))  # type: ignore[arg-type]  # the table's key is one whole number


def remove(tx: Transaction, deployment: DeploymentId) -> None:
    """Record that nothing is installed there any more. Raises NotFoundError where that is so already."""
    tx.change_one(
        f"deployment {deployment}",
        "UPDATE deployment SET removed_at = ? WHERE id = ? AND removed_at IS NULL",
        (text_of(tx.now), deployment),
    )


def set_installed(tx: Transaction, deployment: DeploymentId, certificate: CertificateId) -> None:
    """Record that the certificate's files are in place now; it has not been seen serving yet. Raises NotFoundError."""
    tx.change_one(
        f"deployment {deployment}",
        "UPDATE deployment SET certificate_id = ?, installed_at = ?, seen_at = NULL WHERE id = ?",
        (certificate, text_of(tx.now), deployment),
    )


def set_seen(tx: Transaction, deployment: DeploymentId, certificate: CertificateId) -> None:
    """Record that the certificate was seen serving now. Raises NotFoundError."""
    tx.change_one(
        f"deployment {deployment}",
        "UPDATE deployment SET certificate_id = ?, seen_at = ? WHERE id = ?",
        (certificate, text_of(tx.now), deployment),
    )


def get(snapshot: Snapshot, deployment: DeploymentId) -> Deployment:
    """Return the deployment, a removed one too. Raises NotFoundError."""
    found = _find(snapshot, "d.id = ?", (deployment,))
    if not found:
        raise NotFoundError(f"There is no deployment {deployment} on record.", hint="See `certmgr deploy list`.")
    return found[0]


def all(snapshot: Snapshot) -> tuple[Deployment, ...]:  # noqa: A001 - read as deployments.all(...)
    """Return every deployment that was not removed, by server."""
    return _find(snapshot, "d.removed_at IS NULL ORDER BY s.name, d.id")


def for_server(snapshot: Snapshot, server: ServerId) -> tuple[Deployment, ...]:
    """Return the server's deployments that were not removed, the oldest first."""
    return _find(snapshot, "d.server_id = ? AND d.removed_at IS NULL ORDER BY d.id", (server,))


def for_servers(
    snapshot: Snapshot, servers: Sequence[ServerId], now: datetime
) -> tuple[tuple[Deployment, CertificateId | None], ...]:
    """Return the deployments of the servers that were not removed, the oldest first, each with what it is to have."""
    rows = snapshot.rows(
        f"SELECT {_COLUMNS}, {_WANTED} FROM {_TABLES} WHERE d.removed_at IS NULL"  # noqa: S608 - constants
        " AND d.server_id IN (SELECT value FROM json_each(:servers)) ORDER BY d.id",
        {"now": text_of(now), "servers": json.dumps([*servers])},
    )
    return tuple((_deployment(row[:-1]), None if row[-1] is None else CertificateId(row[-1])) for row in rows)


def in_folder(snapshot: Snapshot, target: str, folder: str) -> Deployment | None:
    """Return the deployment whose files go into `folder` of the host `target` (empty: this one), or None."""
    found = _find(snapshot, "d.target = ? AND d.folder = ? AND d.removed_at IS NULL", (target, folder))
    return found[0] if found else None


def wanted(snapshot: Snapshot, deployment: DeploymentId, now: datetime) -> CertificateId | None:
    """Return the certificate that the deployment is to have at `now`; None: its server has none to serve."""
    row = snapshot.row(
        f"SELECT {_WANTED} FROM deployment d WHERE d.id = :id",  # noqa: S608 - constants
        {"now": text_of(now), "id": deployment},
    )
    return None if row is None or row[0] is None else CertificateId(row[0])


def assigned(snapshot: Snapshot, now: datetime) -> tuple[Assigned, ...]:
    """Return every deployment of a server in service that has a certificate to serve, the oldest first."""
    return _assigned(snapshot, now, "wanted IS NOT NULL")


def waiting(snapshot: Snapshot, now: datetime) -> tuple[Assigned, ...]:
    """Return those of `assigned` that on record lack their certificate, or were not seen serving it."""
    lacking = "wanted IS NOT NULL AND (certificate_id IS NOT wanted OR (host <> '' AND seen_at IS NULL))"
    return _assigned(snapshot, now, lacking)


def _assigned(snapshot: Snapshot, now: datetime, where: str) -> tuple[Assigned, ...]:
    sql = (
        f"SELECT * FROM (SELECT {_COLUMNS}, {_WANTED} AS wanted FROM {_TABLES}"  # noqa: S608 - constants
        f" WHERE d.removed_at IS NULL AND s.retired_at IS NULL) WHERE {where} ORDER BY id"
    )
    rows = snapshot.rows(sql, {"now": text_of(now)})
    return tuple(Assigned(deployment=_deployment(row[:-1]), wanted=CertificateId(row[-1])) for row in rows)


def _find(snapshot: Snapshot, where: str, parameters: Parameters = ()) -> tuple[Deployment, ...]:
    return tuple(_deployment(row) for row in snapshot.rows(f"{_SELECT} WHERE {where}", parameters))


def _deployment(row: Row) -> Deployment:
    return Deployment(
        id=DeploymentId(row[0]),
        server_id=ServerId(row[1]),
        server=row[2],
        installation=_installation(row[3:11]),
        endpoint=Endpoint(host=row[11], port=row[12], protocol=Protocol(row[13]), sni=row[14]) if row[11] else None,
        certificate_id=None if row[15] is None else CertificateId(row[15]),
        installed_at=moment_of(row[16]),
        seen_at=moment_of(row[17]),
        removed_at=moment_of(row[18]),
        created_at=moment_of(row[19]),
    )


def _installation(row: Sequence[object]) -> Installation | None:
    folder, target, form, owner, group, mode, hook, timeout = row
    if not folder:
        return None
    return Installation(
        folder=str(folder),
        target=str(target),
        format=Format(str(form)),
        owner=str(owner),
        group=str(group),
        mode=int(str(mode)),
        hook=tuple(json.loads(str(hook))),
        hook_timeout_s=int(str(timeout)),
    )
