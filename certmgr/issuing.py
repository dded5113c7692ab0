"""From a wish to one certificate on record, its files in place: what every operation that issues one shares.

`judge` asks policy, `carry_out` runs the five steps of `issuance`. What has to be true of the records at that moment
is the caller's `guard`, and what else belongs to the same moment is `also`: both run in the transaction that records
the intent, so that a crash leaves either all of it or nothing.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import intake, issuance, issuance_plan, policy
from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError
from certmgr.models.certificates import Certificate, CertificateId, KeyOrigin, Stage
from certmgr.pki import export
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, keys, servers
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction

Guard = Callable[["Transaction"], None]
Also = Callable[["Transaction", CertificateId], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A wish that policy allows, and the plan under which its certificate would be made."""

    accepted: intake.Accepted
    plan: issuance_plan.Plan
    now: datetime
    """When policy was asked."""


def judge(workspace: Workspace, wish: intake.Wish, *, requested_by: str) -> Judged:
    """Return the order that `wish` makes, with the issuer that its profile names.

    Raises UsageError or RefusedError with every finding, NotFoundError where there is no issuing CA.
    """
    now = workspace.now()
    with workspace.store().read() as snapshot:
        profile = workspace.config.profiles.get(wish.profile)
        authority = issuance_plan.issuer_for(snapshot, profile.authority if profile else None)
        plan = issuance_plan.make_plan(authority, workspace.config, requested_by=requested_by)
        accepted = intake.read(
            wish,
            workspace.config,
            issuer=plan.limits,
            now=now,
            key_uses=lambda spki: key_use(snapshot, spki, wish.server),
        )
        refuse_retired(snapshot, accepted.order.server)
    return Judged(accepted=accepted, plan=plan, now=now)


def key_use(snapshot: "Snapshot", spki_sha256: str, server: str | None) -> policy.KeyUse:
    """Return whether the key is blocked, and which other servers have a certificate for it (R1.6, R1.8)."""
    others = {name for name, _ in keys.uses(snapshot, spki_sha256) if name != server}
    return policy.KeyUse(blocked=keys.is_blocked(snapshot, spki_sha256), used_by=tuple(sorted(others)))


def carry_out(  # noqa: PLR0913 - the values of the five steps
    workspace: Workspace,
    session: Session,
    judged: Judged,
    *,
    destination: Path | None,
    guard: Guard,
    also: Also | None = None,
) -> issuance.Issued:
    """Run the five steps for one certificate; return it with the folder of its files.

    Raises what `guard` and `also` raise (nothing is left behind then), LockedError where the CA key does not open,
    IntegrityError where a signature does not verify.
    """
    store, accepted, plan = workspace.store(), judged.accepted, judged.plan
    with store.read() as snapshot:
        authority = authorities.get(snapshot, plan.authority_id)
    signer = session.signer(authority)
    with issuance.in_progress(workspace.home):
        prepared = issuance.prepare(
            accepted.order, accepted.profile, plan, now=workspace.now(), destination=destination
        )
        try:
            with store.write(session.actor) as tx:
                guard(tx)
                (identity,) = issuance.record_intents(tx, plan, [prepared])
                if also is not None:
                    also(tx, identity)
        except BaseException:
            issuance.discard([prepared])
            raise
        issued = issuance.Issued(id=identity, prepared=prepared, der=issuance.sign(signer, plan.issuer, prepared.tbs))
        with store.write(session.actor) as tx:
            issuance.record_issued(tx, plan, [issued])
        delivered = issuance.deliver(issued, export.pem(authority.certificate))
        with store.write(session.actor) as tx:
            certificates.set_delivered(tx, [identity])
    return delivered


def successor_wish(workspace: Workspace, certificate: Certificate, csr: bytes | None) -> intake.Wish:
    """Return the wish for the successor: the same facts, a new key; raises RefusedError where a CSR is needed."""
    profile = workspace.config.profiles.get(certificate.profile)
    if csr is None and certificate.key_origin is KeyOrigin.CSR:
        if profile is None or not profile.reuse_key:
            raise RefusedError(
                f"The key of {certificate.server} was made by its owner, "
                f"so its renewal needs a new CSR from {certificate.owner or 'the owner'}.",
                hint=f"certmgr renew {certificate.server} --csr FILE",
                code=Code.NEEDS_CSR,
            )
        with workspace.store().read() as snapshot:
            csr = certificates.csr(snapshot, certificate.id)
    with workspace.store().read() as snapshot:
        # Not what the certificate was granted on: the facts may have changed since (R1.2).
        server = servers.find_by_name(snapshot, certificate.server)
    return intake.Wish(
        server=certificate.server,
        dns=certificate.dns,
        ip=certificate.ip,
        csr=csr,
        profile=certificate.profile,
        purpose=server.purpose if server else certificate.purpose,
        owner=server.owner if server else certificate.owner,
        key_type=certificate.key_type if csr is None else None,
    )


def refuse_retired(snapshot: "Snapshot", name: str) -> None:
    """Raise RefusedError where the server is out of service: nothing is issued or renewed for it (R1.8)."""
    server = servers.find_by_name(snapshot, name)
    if server is not None and server.retired_at is not None:
        message = f"The server {name} is out of service since {server.retired_at:%Y-%m-%d}."
        raise RefusedError(
            message,
            hint=f"If it is back, say so with `certmgr server add {name} --owner OWNER --purpose PURPOSE`.",
            findings=[Finding(code=Code.SERVER_RETIRED, message=message, field="server", value=name)],
            code=Code.SERVER_RETIRED,
        )


def refuse_second(snapshot: "Snapshot", server: str, now: datetime) -> None:
    """Raise RefusedError where the server has a live certificate, or one is being made for it (DETAILS 51)."""
    live = certificates.live_for_server(snapshot, server, now, intents=True)
    if live:
        raise already_issued(server, live[0])


def already_issued(server: str, live: Certificate) -> RefusedError:
    """Return the refusal of a second certificate for a server."""
    if live.stage is Stage.INTENT:
        return RefusedError(
            f"A certificate for {server} is being made already (serial {live.serial}).",
            hint="Wait for the command that makes it; if that was cut off, `certmgr check` finishes its work.",
            code=Code.ALREADY_ISSUED,
        )
    return RefusedError(
        f"The server {server} has a certificate until {live.not_after:%Y-%m-%d} (serial {live.serial}).",
        hint=f"Renew it with `certmgr renew {server}`, or add another with --additional.",
        code=Code.ALREADY_ISSUED,
    )
