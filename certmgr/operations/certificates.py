"""Issue and renew certificates (R3.2, R4.1, R5.1)."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import intake, issuance, lifecycle, policy
from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.models.certificates import Certificate, KeyOrigin, Order, Stage
from certmgr.models.operators import Permission
from certmgr.pki import export
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, keys
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from certmgr.store.connection import Snapshot, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a dry run shows: the bytes that would be signed, and what was noticed (DETAILS 21)."""

    order: Order
    tbs: bytes
    notices: tuple[Finding, ...]


def issue(
    workspace: Workspace,
    session: Session,
    wish: intake.Wish,
    *,
    destination: Path | None,
    additional: bool = False,
) -> issuance.Issued:
    """Issue one certificate and deliver its files under `destination`.

    Raises RefusedError or UsageError with every reason (journalled, nothing else changed), LockedError, and
    IntegrityError where a signature does not verify.
    """
    session.require(Permission.ISSUE)
    with journalled_refusal(workspace, session, "certificate.refused"):
        accepted, plan, _ = _accept(workspace, wish, requested_by=session.actor.name)

        def guard(tx: "Transaction") -> None:
            if not additional:
                refuse_second(tx, accepted.order.server, workspace.now())

        return _carry_out(workspace, session, accepted, plan, destination, guard)


def rehearse(workspace: Workspace, wish: intake.Wish, *, additional: bool = False) -> Rehearsal:
    """Return what `issue` would sign; unlocks, records and writes nothing. Raises as `issue` does."""
    accepted, plan, now = _accept(workspace, wish, requested_by="-")
    if not additional:
        with workspace.store().read() as snapshot:
            refuse_second(snapshot, accepted.order.server, now)
    prepared = issuance.prepare(accepted.order, accepted.profile, plan, now=now, destination=None)
    return Rehearsal(order=accepted.order, tbs=prepared.tbs, notices=accepted.notices + prepared.notices)


def _accept(
    workspace: Workspace, wish: intake.Wish, *, requested_by: str
) -> tuple[intake.Accepted, issuance.Plan, datetime]:
    now = workspace.now()
    with workspace.store().read() as snapshot:
        profile = workspace.config.profiles.get(wish.profile)
        authority = issuance.issuer_for(snapshot, profile.authority if profile else None)
        plan = issuance.make_plan(authority, workspace.config, requested_by=requested_by)
        accepted = intake.read(
            wish,
            workspace.config,
            issuer=plan.limits,
            now=now,
            key_uses=lambda spki: key_use(snapshot, spki, wish.server),
        )
    return accepted, plan, now


def key_use(snapshot: "Snapshot", spki_sha256: str, server: str | None) -> policy.KeyUse:
    """Return whether the key is blocked, and which other servers have a certificate for it (R1.6, R1.8)."""
    others = {name for name, _ in keys.uses(snapshot, spki_sha256) if name != server}
    return policy.KeyUse(blocked=keys.is_blocked(snapshot, spki_sha256), used_by=tuple(sorted(others)))


def renew(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    certificate: Certificate,
    *,
    destination: Path | None = None,
    csr: bytes | None = None,
    force: bool = False,
    reason: str = "",
) -> issuance.Issued:
    """Issue the successor of `certificate`, with a new key by default, to where it was delivered (R5.1, R1.8).

    Raises RefusedError outside the renewal window unless forced with a reason, and always after expiry or
    revocation: then it is a new application.
    """
    session.require(Permission.ISSUE)
    with journalled_refusal(workspace, session, "renewal.refused", f"certificate:{certificate.id}"):
        check_renewable(workspace, certificate, force=force, reason=reason)
        accepted, plan, _ = _accept(
            workspace, successor_wish(workspace, certificate, csr), requested_by=session.actor.name
        )
        order = successor_order(accepted.order, certificate, reason)

        def guard(tx: "Transaction") -> None:
            refuse_renewed(certificates.get(tx, certificate.id))

        return _carry_out(
            workspace,
            session,
            intake.Accepted(order=order, profile=accepted.profile, key=accepted.key, notices=accepted.notices),
            plan,
            destination or (Path(certificate.destination) if certificate.destination else None),
            guard,
        )


def rehearse_renewal(
    workspace: Workspace, certificate: Certificate, *, csr: bytes | None = None, force: bool = False, reason: str = ""
) -> Rehearsal:
    """Return what `renew` would sign; unlocks, records and writes nothing. Raises as `renew` does."""
    check_renewable(workspace, certificate, force=force, reason=reason)
    return rehearse(workspace, successor_wish(workspace, certificate, csr), additional=True)


def check_renewable(workspace: Workspace, certificate: Certificate, *, force: bool = False, reason: str = "") -> None:
    """Raise RefusedError where the certificate may not be renewed now (R5.1), UsageError for a bare --force.

    --force opens the window early; it renews nothing that has expired, is revoked or has a successor.
    """
    if force and not reason.strip():
        raise UsageError("--force needs a reason.", hint="Add --reason TEXT; the journal keeps it.")
    found = lifecycle.check_renewal(certificate, now=workspace.now(), zone=workspace.zone)
    if force:
        found = tuple(item for item in found if item.code is not Code.RENEWAL_EARLY)
    if not found:
        return
    early = found[0].code is Code.RENEWAL_EARLY
    raise RefusedError(
        found[0].message,
        hint="Wait until then, or use --force with --reason TEXT."
        if early
        else f"See `certmgr show {certificate.server}`; a new one is asked for with `certmgr issue`.",
        findings=found,
        code=found[0].code,
    )


def refuse_renewed(certificate: Certificate) -> None:
    """Raise RefusedError where the certificate has a successor already."""
    if certificate.replaced_by_id is not None:
        raise RefusedError(
            f"The certificate {certificate.serial} of {certificate.server} has been renewed already.",
            hint=f"See `certmgr show {certificate.server}`.",
            code=Code.NOT_RENEWABLE,
        )


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
    return intake.Wish(
        server=certificate.server,
        dns=certificate.dns,
        ip=certificate.ip,
        csr=csr,
        profile=certificate.profile,
        purpose=certificate.purpose,
        owner=certificate.owner,
        key_type=certificate.key_type if csr is None else None,
    )


def successor_order(order: Order, certificate: Certificate, reason: str) -> Order:
    """Return the order as the successor of `certificate`, with the reason of a forced renewal as its note."""
    from dataclasses import replace  # noqa: PLC0415 - start-up

    return replace(order, replaces=certificate.id, note=reason.strip())


def _carry_out(  # noqa: PLR0913, PLR0917 - the values of the five steps
    workspace: Workspace,
    session: Session,
    accepted: intake.Accepted,
    plan: issuance.Plan,
    destination: Path | None,
    guard: "Callable[[Transaction], None]",
) -> issuance.Issued:
    """Run the five steps for one certificate."""
    store = workspace.store()
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
