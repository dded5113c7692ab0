"""Revocation: a request with a clock, its verification, its carrying out, its publication (R1.6, R6.1, R6.2).

`revoke` is all of that at once for somebody who may verify; each step alone is what `check` goes on with after a
crash or a failed publication.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from certmgr import lifecycle, publication
from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError, UsageError
from certmgr.models.certificates import Certificate, CertificateId, Stage
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, CrlEntry, Reason, RequestState, Revocation, RevocationId
from certmgr.pki import crl
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, crls, keys, revocations
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What came of a revocation."""

    revocation: Revocation
    certificate: Certificate
    others: tuple[Revocation, ...] = ()
    """The requests for every other certificate with the same key (R1.6)."""
    crl_number: int | None = None
    published: bool = False
    problem: str | None = None
    """Why relying parties cannot see it yet; the request stays open and counts down."""


def revoke(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    cause: Cause,
    confirm: str,
    note: str = "",
    compromised_since: datetime | None = None,
) -> Revoked:
    """Request, verify, carry out and publish a revocation, as far as the actor may go.

    `confirm` is the typed name of the server. The machine only requests: verification is a person's word. A failed
    publication is told in the answer, not raised. Raises UsageError for a wrong name, RefusedError for a
    certificate that cannot be revoked for that cause.
    """
    opened = request(
        workspace,
        session,
        certificate=certificate,
        cause=cause,
        confirm=confirm,
        note=note,
        compromised_since=compromised_since,
    )
    if not session.allows(Permission.VERIFY_REVOCATION):
        return _answer(workspace, opened, None, "the request waits for a person to verify it")
    for one in opened:
        verify(workspace, session, one.id)
    carry_out(workspace, session, [one.id for one in opened])
    published, problem = publish_for(workspace, session, opened)
    return _answer(workspace, opened, published, problem)


def publish_for(
    workspace: Workspace, session: Session, opened: Sequence[Revocation]
) -> tuple[publication.Published | None, str | None]:
    """Publish the CRLs that the carried out requests are on; return the last publication and what went wrong."""
    store = workspace.store()
    with store.read() as snapshot:
        ids = dict.fromkeys(revocations.issuer_of(snapshot, one.id) for one in opened)
        issuers = [authorities.get(snapshot, identity) for identity in ids]
    published = None
    problems: list[str] = []
    for authority in issuers:
        try:
            published = publication.publish(
                store, session.actor, session.signer(authority), authority, workspace.config
            )
            problems += [item.message for item in published.problems]
        except CertmgrError as problem:
            problems.append(problem.message)
    return published, " ".join(problems) or None


def _answer(
    workspace: Workspace,
    opened: Sequence[Revocation],
    published: publication.Published | None,
    problem: str | None,
) -> Revoked:
    with workspace.store().read() as snapshot:
        first, *others = [revocations.get(snapshot, one.id) for one in opened]
        if first.certificate_id is None:
            raise AssertionError(first.id)
        subject = certificates.get(snapshot, first.certificate_id)
    return Revoked(
        revocation=first,
        certificate=subject,
        others=tuple(others),
        crl_number=published.number if published else None,
        published=bool(published and published.seen),
        problem=problem,
    )


def request(  # noqa: PLR0913 - the facts of a request, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    cause: Cause,
    confirm: str,
    note: str = "",
    compromised_since: datetime | None = None,
) -> tuple[Revocation, ...]:
    """Record a request and start its clock; with a compromised key, one for every certificate of that key (R1.6)."""
    session.require(Permission.REQUEST_REVOCATION)
    with (
        journalled_refusal(workspace, session, "revocation.refused", f"certificate:{certificate}"),
        workspace.store().write(session.actor) as tx,
    ):
        subject = certificates.get(tx, certificate)
        _confirm(subject, confirm)
        _refuse_twice(tx, subject, cause, tx.now)
        ids = []
        for one in _closure(tx, subject, cause):
            identity = revocations.add(
                tx,
                certificate_id=one.id,
                authority_id=one.authority_id,
                cause=cause,
                note=note,
                requested_by=session.actor.name,
                verify_due_at=tx.now + workspace.config.revocation.verify_within,
                compromised_since=compromised_since,
            )
            tx.record(
                "revocation.requested",
                f"revocation:{identity}",
                {"certificate": int(one.id), "cause": str(cause), "confirmed": one.id == subject.id},
            )
            ids.append(identity)
        return tuple(revocations.get(tx, identity) for identity in ids)


def rehearse(workspace: Workspace, *, certificate: CertificateId, cause: Cause) -> tuple[Certificate, ...]:
    """Return what a revocation for that cause would revoke, the certificate first; records nothing.

    Raises as `request` does for a certificate that cannot be revoked for that cause.
    """
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        _refuse_twice(snapshot, subject, cause, workspace.now())
        return tuple(_closure(snapshot, subject, cause))


def _confirm(certificate: Certificate, typed: str) -> None:
    if typed != certificate.server:
        raise UsageError(
            f"The typed name {typed[:80]!r} is not the name of the server, {certificate.server}.",
            hint=f"Type {certificate.server} to revoke its certificate.",
            code=Code.CONFIRMATION,
        )


def _refuse_twice(snapshot: "Snapshot", certificate: Certificate, cause: Cause, now: datetime) -> None:
    """Refuse what is revoked already, but for an upgrade to key compromise (DETAILS 28)."""
    if any(
        one.closed_at is None and one.revoked_at is None
        for one in revocations.for_certificate(snapshot, certificate.id)
    ):
        raise RefusedError(
            f"A revocation request for {certificate.server} (serial {certificate.serial}) is open already.",
            hint="See `certmgr revocation list`.",
            code=Code.REVOCATION_TWICE,
        )
    action = lifecycle.Action.HOLD if cause is Cause.SUSPENDED else lifecycle.Action.REVOKE
    lifecycle.require_transition(certificate, action, now=now, cause=cause)


def _closure(snapshot: "Snapshot", certificate: Certificate, cause: Cause) -> list[Certificate]:
    """Return the certificate, and with a compromised key every other one of that key not yet revoked for it."""
    if cause is not Cause.KEY_COMPROMISE:
        return [certificate]
    siblings = certificates.by_spki(snapshot, certificate.spki_sha256)
    others = [
        one
        for one in siblings
        if one.id != certificate.id and one.stage is Stage.ISSUED and one.cause != Cause.KEY_COMPROMISE
    ]
    return [certificate, *others]


def verify(workspace: Workspace, session: Session, revocation: RevocationId) -> Revocation:
    """Record that a person vouches for the request; its 24 hours to publication begin (R6.1)."""
    session.require(Permission.VERIFY_REVOCATION)
    with (
        journalled_refusal(workspace, session, "revocation.refused", f"revocation:{revocation}"),
        workspace.store().write(session.actor) as tx,
    ):
        _require_received(revocations.get(tx, revocation))
        revocations.set_verified(
            tx, revocation, by=session.actor.name, due_at=tx.now + workspace.config.revocation.publish_within
        )
        tx.record("revocation.verified", f"revocation:{revocation}", {"by": session.actor.name})
        return revocations.get(tx, revocation)


def _require_received(found: Revocation) -> None:
    if found.state is not RequestState.RECEIVED:
        raise RefusedError(
            f"The revocation request {found.id} is {found.state}, so there is nothing to verify.",
            hint="See `certmgr revocation list --all`.",
            code=Code.REVOCATION_STATE,
        )


def rehearse_fulfil(workspace: Workspace, revocation: RevocationId) -> Revocation:
    """Return the request that `fulfil` would carry out; records nothing. Raises as `verify` does."""
    with workspace.store().read() as snapshot:
        found = revocations.get(snapshot, revocation)
    _require_received(found)
    return found


def fulfil(workspace: Workspace, session: Session, revocation: RevocationId) -> Revoked:
    """Verify a recorded request, carry it out and publish the CRL; what `revoke` does after its request.

    A failed publication is told in the answer, not raised. Raises as `verify` does.
    """
    session.require(Permission.CARRY_OUT_REVOCATION)
    opened = [verify(workspace, session, revocation)]
    carry_out(workspace, session, [revocation])
    published, problem = publish_for(workspace, session, opened)
    return _answer(workspace, opened, published, problem)


def carry_out(workspace: Workspace, session: Session, ids: Sequence[RevocationId]) -> None:
    """Revoke in the store what verified requests name; the next CRL carries it. One carried out is passed over."""
    session.require(Permission.CARRY_OUT_REVOCATION)
    for identity in ids:
        with workspace.store().write(session.actor) as tx:
            found = revocations.get(tx, identity)
            if found.state is RequestState.VERIFIED:
                _revoke(tx, found)


def _revoke(tx: "Transaction", request_: Revocation) -> None:
    """Mark the certificate, put its entry on the next CRL, block a compromised key: one transaction."""
    if request_.certificate_id is None:
        raise AssertionError(request_.id)
    subject = certificates.get(tx, request_.certificate_id)
    cause = request_.cause
    reason = lifecycle.REASONS[cause]
    # A revoked certificate that turns out compromised keeps its date and changes its reason (DETAILS 28).
    at = tx.now.replace(microsecond=0)
    entry = CrlEntry(
        serial=subject.serial,
        revoked_at=subject.revoked_at or at,
        reason=reason,
        invalidity_date=request_.compromised_since,
    )
    if reason is Reason.CERTIFICATE_HOLD:
        certificates.set_held(tx, subject.id, at)
    else:
        certificates.set_revoked(tx, subject.id, entry.revoked_at, cause)
    expired = subject.not_after < tx.now and subject.revoked_at is None
    if not expired:
        crls.put_entry(
            tx,
            subject.authority_id,
            subject.serial,
            crl.entry_der(entry),
            revoked_at=entry.revoked_at,
            not_after=subject.not_after,
        )
    revocations.set_revoked(tx, request_.id, at)
    tx.record(
        "certificate.held" if reason is Reason.CERTIFICATE_HOLD else "certificate.revoked",
        f"certificate:{subject.id}",
        {"serial": str(subject.serial), "cause": str(cause), "reason": int(reason), "revocation": int(request_.id)},
    )
    if cause is Cause.KEY_COMPROMISE:
        keys.block(tx, subject.spki_sha256, cause)
        tx.record("key.blocked", f"certificate:{subject.id}", {"spki_sha256": subject.spki_sha256})


def release(
    workspace: Workspace, session: Session, *, certificate: CertificateId, confirm: str, note: str = ""
) -> tuple[publication.Published | None, str | None]:
    """Lift the hold of a certificate and publish the CRL without it (R6.2(9)); return what came of publishing."""
    session.require(Permission.VERIFY_REVOCATION)
    store = workspace.store()
    with (
        journalled_refusal(workspace, session, "release.refused", f"certificate:{certificate}"),
        store.write(session.actor) as tx,
    ):
        subject = certificates.get(tx, certificate)
        _confirm(subject, confirm)
        require_held(subject)
        certificates.clear_held(tx, certificate)
        crls.remove_entry(tx, subject.authority_id, subject.serial)
        tx.record(publication.RELEASED, f"certificate:{certificate}", {"noted": bool(note)})
        authority = authorities.get(tx, subject.authority_id)
    try:
        published = publication.publish(store, session.actor, session.signer(authority), authority, workspace.config)
    except CertmgrError as problem:
        return None, problem.message
    return published, " ".join(item.message for item in published.problems) or None


def require_held(certificate: Certificate) -> None:
    """Raise RefusedError where the certificate is not held, so that there is nothing to release."""
    if certificate.held_at is None or certificate.revoked_at is not None:
        raise RefusedError(
            f"The certificate {certificate.serial} of {certificate.server} is not held.",
            hint=f"See `certmgr show {certificate.server}`.",
            code=Code.REVOCATION_STATE,
        )
