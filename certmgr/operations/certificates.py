"""Issue and renew certificates (R3.2, R4.1, R5.1)."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import applying, intake, issuance, issuing, lifecycle
from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.models.certificates import Certificate, Order
from certmgr.models.operators import Permission
from certmgr.records import dataclass
from certmgr.store import campaigns, certificates
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What a dry run shows: the bytes that would be signed, and what was noticed (DETAILS 21)."""

    order: Order
    tbs: bytes
    notices: tuple[Finding, ...]
    needed: int
    """How many approvals it needs before it is issued; 0: policy approves it on the spot."""
    not_before: datetime
    not_after: datetime


def issue(
    workspace: Workspace,
    session: Session,
    wish: intake.Wish,
    *,
    destination: Path | None,
    additional: bool = False,
) -> issuance.Issued:
    """Issue one certificate and deliver its files under `destination`: an application that policy approves.

    Where its profile asks for reviewers the application is recorded, and ReviewError says so (R2.1, DETAILS 22).
    Raises RefusedError or UsageError with every reason (journalled, nothing else changed), LockedError, and
    IntegrityError where a signature does not verify.
    """
    session.require(Permission.APPLY)
    with journalled_refusal(workspace, session, "certificate.refused"):
        judged = issuing.judge(workspace, wish, requested_by=session.actor.name)

        def guard(tx: "Transaction") -> None:
            if not additional:
                issuing.refuse_second(tx, judged.accepted.order.server, workspace.now())

        if applying.needed(judged.accepted, workspace.config) == 0:
            session.require(Permission.ISSUE)
            return issuing.carry_out(workspace, session, judged, destination=destination, guard=guard)
        with workspace.store().write(session.actor) as tx:
            guard(tx)
            application = applying.find_or_record(
                tx, workspace.config, judged.accepted, destination=destination, additional=additional
            )
    raise applying.waiting(application, workspace.now())


def rehearse(workspace: Workspace, wish: intake.Wish, *, additional: bool = False) -> Rehearsal:
    """Return what `issue` would sign; unlocks, records and writes nothing. Raises as `issue` does."""
    judged = issuing.judge(workspace, wish, requested_by="-")
    accepted = judged.accepted
    if not additional:
        with workspace.store().read() as snapshot:
            issuing.refuse_second(snapshot, accepted.order.server, judged.now)
    prepared = issuance.prepare(accepted.order, accepted.profile, judged.plan, now=judged.now, destination=None)
    return Rehearsal(
        order=accepted.order,
        tbs=prepared.tbs,
        notices=accepted.notices + prepared.notices,
        needed=applying.needed(accepted, workspace.config),
        not_before=prepared.spec.not_before,
        not_after=prepared.spec.not_after,
    )


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
        wish = issuing.successor_wish(workspace, certificate, csr)
        judged = issuing.judge(workspace, wish, requested_by=session.actor.name)
        order = replace(judged.accepted.order, replaces=certificate.id, note=reason.strip())

        def guard(tx: "Transaction") -> None:
            refuse_renewed(certificates.get(tx, certificate.id))

        return issuing.carry_out(
            workspace,
            session,
            replace(judged, accepted=replace(judged.accepted, order=order)),
            destination=destination or (Path(certificate.destination) if certificate.destination else None),
            guard=guard,
        )


def rehearse_renewal(
    workspace: Workspace, certificate: Certificate, *, csr: bytes | None = None, force: bool = False, reason: str = ""
) -> Rehearsal:
    """Return what `renew` would sign; unlocks, records and writes nothing. Raises as `renew` does."""
    check_renewable(workspace, certificate, force=force, reason=reason)
    return rehearse(workspace, issuing.successor_wish(workspace, certificate, csr), additional=True)


def check_renewable(workspace: Workspace, certificate: Certificate, *, force: bool = False, reason: str = "") -> None:
    """Raise RefusedError where the certificate may not be renewed now (R5.1), UsageError for a bare --force.

    --force opens the window early, and so does an open campaign that the certificate is in (R5.2); neither renews what
    has expired, is revoked or has a successor.
    """
    if force and not reason.strip():
        raise UsageError("--force needs a reason.", hint="Add --reason TEXT; the journal keeps it.")
    found = lifecycle.check_renewal(certificate, now=workspace.now(), zone=workspace.zone)
    if force or (found and _in_campaign(workspace, certificate)):
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


def _in_campaign(workspace: Workspace, certificate: Certificate) -> bool:
    with workspace.store().read() as snapshot:
        return campaigns.covers(snapshot, certificate.id)


def refuse_renewed(certificate: Certificate) -> None:
    """Raise RefusedError where the certificate has a successor already."""
    if certificate.replaced_by_id is not None:
        raise RefusedError(
            f"The certificate {certificate.serial} of {certificate.server} has been renewed already.",
            hint=f"See `certmgr show {certificate.server}`.",
            code=Code.NOT_RENEWABLE,
        )
