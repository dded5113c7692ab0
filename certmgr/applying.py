"""Put an application on record: what `application submit` and the gate of `issue` share (R1.2, R2.1, R3.2)."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import approvals
from certmgr.codes import Code
from certmgr.config import Config
from certmgr.errors import Finding, RefusedError, ReviewError, Severity
from certmgr.intake import Accepted
from certmgr.models.applications import Application, ApplicationState, Evidence, EvidenceKind
from certmgr.models.certificates import Order, ServerId
from certmgr.store import applications, servers
from certmgr.store.applications import ApplicationRow

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction


def needed(accepted: Accepted, config: Config) -> int:
    """Return how many approvals the order needs; 0: policy approves it on the spot."""
    return approvals.needed(accepted.order, accepted.profile, config.application.automatic_zones)


def digest_of(accepted: Accepted) -> str:
    """Return the digest of what an approval of the order binds (DETAILS 22)."""
    spki = accepted.key.spki_sha256 if accepted.key else None
    return approvals.content_digest(accepted.order, accepted.profile, spki)


def record(  # noqa: PLR0913 - the facts of an application, by keyword
    tx: "Transaction",
    config: Config,
    accepted: Accepted,
    *,
    evidence: Sequence[tuple[EvidenceKind, str]] = (),
    destination: Path | None,
    additional: bool = False,
) -> Application:
    """Record the application of the actor, submitted now, with what was found and what was stated about it.

    The caller has refused a second one (`check_open`). A new server comes on record with its contact; what is on
    record of another one stays until a certificate is issued.
    """
    order = accepted.order
    server_id = _ensure_server(tx, order)
    digest, count = digest_of(accepted), needed(accepted, config)
    stated = [(kind, text.strip()) for kind, text in evidence]
    identity = applications.add(
        tx,
        ApplicationRow(
            server_id=server_id,
            profile=accepted.profile.name,
            dns=order.dns,
            ip=tuple(str(one) for one in order.ip),
            key_type=None if order.csr else order.key_type,
            days=order.days,
            owner=order.owner,
            purpose=order.purpose,
            note=order.note,
            evidence=tuple(
                Evidence(kind=kind, text=text, at=tx.now, by=tx.actor.name)
                for kind, text in [*_found(order, config), *stated]
            ),
            csr=order.csr,
            spki_sha256=accepted.key.spki_sha256 if accepted.key else None,
            digest=digest,
            needed=count,
            destination=str(destination) if destination else None,
            additional=additional,
            requested_by=tx.actor.name,
            expires_at=tx.now + config.application.lifetime,
        ),
    )
    tx.record(
        "application.submitted",
        f"application:{identity}",
        {
            "server": int(server_id),
            "profile": accepted.profile.name,
            "digest": digest,
            "needed": count,
            "evidence": [kind.value for kind, _ in stated],
        },
    )
    return applications.get(tx, identity)


def _ensure_server(tx: "Transaction", order: Order) -> ServerId:
    known = servers.find_by_name(tx, order.server)
    if known is None:
        return servers.ensure(
            tx,
            name=order.server,
            owner=order.owner,
            purpose=order.purpose,
            contact=order.contact,
            recorded_ip=order.recorded_ip,
        )
    if order.contact and not servers.contact(tx, known.id):
        servers.ensure(tx, name=known.name, owner=known.owner, purpose=known.purpose, contact=order.contact)
    return known.id


def _found(order: Order, config: Config) -> list[tuple[EvidenceKind, str]]:
    """Return what the program verified by itself: in which zone each name lies, and whose key the CSR's is."""
    zones = config.zones.declared
    found: list[tuple[EvidenceKind, str]] = []
    for name in order.dns:
        base = "." + name.removeprefix("*.")
        zone = max((one for one in zones.dns if base.endswith("." + one)), key=len, default="")
        found.append((EvidenceKind.ZONE, f"{name} lies in the zone {zone}"))
    for address in order.ip:
        network = next((str(one) for one in zones.networks if address in one), "")
        found.append((EvidenceKind.ZONE, f"{address} lies in the network {network}"))
    if order.csr is not None:
        found.append((EvidenceKind.KEY, "the CSR is signed with the key that it names"))
    return found


def check_open(snapshot: "Snapshot", server: str, now: datetime) -> tuple[Finding, ...]:
    """Return why no further application for the server is recorded: one that is open."""
    return tuple(
        Finding(
            code=Code.APPLICATION_OPEN,
            field="server",
            value=server,
            message=f"The application {one.id} for {server} is {one.state(now)} already.",
        )
        for one in applications.open_for_server(snapshot, server, now)
    )


def find_or_record(
    tx: "Transaction", config: Config, accepted: Accepted, *, destination: Path | None, additional: bool = False
) -> Application:
    """Return the open application for the same content, else record one: asking twice does not make two.

    Raises RefusedError where an application for the server with other content is open.
    """
    digest = digest_of(accepted)
    for one in applications.open_for_server(tx, accepted.order.server, tx.now):
        if one.digest == digest:
            return one
    if found := check_open(tx, accepted.order.server, tx.now):
        raise open_already(found)
    return record(tx, config, accepted, destination=destination, additional=additional)


def open_already(findings: Sequence[Finding]) -> RefusedError:
    """Return the refusal of a further application for a server."""
    return RefusedError(
        findings[0].message,
        hint="See `certmgr application list`; the applicant withdraws it with `certmgr application withdraw ID`.",
        findings=findings,
        code=Code.APPLICATION_OPEN,
    )


def contact_notice(snapshot: "Snapshot", order: Order) -> tuple[Finding, ...]:
    """Return the notice that a server on record keeps its contact: a change of facts has a verb of its own (R1.2)."""
    server = servers.find_by_name(snapshot, order.server)
    if server is None or not order.contact or servers.contact(snapshot, server.id) in {"", order.contact}:
        return ()
    message = f"The contact of {order.server} stays as it is on record; `certmgr server edit` changes it."
    return (Finding(code=Code.APPLICATION_CONTACT, severity=Severity.NOTICE, field="contact", message=message),)


def waiting(application: Application, now: datetime) -> ReviewError:
    """Return the answer to whoever asked for a certificate that reviewers decide on: exit 3 (DETAILS 22)."""
    if application.state(now) is ApplicationState.APPROVED:
        return ReviewError(
            f"The application {application.id} for {application.server} is approved; its certificate is to be issued.",
            application=application.id,
            hint=f"certmgr issue --application {application.id}",
        )
    left = application.needed - len(application.approvals)
    return ReviewError(
        f"The application {application.id} for {application.server} waits for {left} "
        f"{'reviewer' if left == 1 else 'reviewers'}, until {application.expires_at:%Y-%m-%d %H:%M} UTC.",
        application=application.id,
        hint=f"Another person decides: certmgr --as NAME application approve {application.id} --reason TEXT",
    )
