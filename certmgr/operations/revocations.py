"""Revocation: a request with a clock, its decision, its carrying out, its publication (R1.6, R6.1, R6.2).

`revoke` is all of that at once for somebody who may verify; each step alone is what `check` goes on with after a
crash or a failed publication.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from certmgr import revocation_steps as steps
from certmgr import revoking
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError, UsageError
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, ClosedHow, HoldTerms, RequestState, Revocation, RevocationId
from certmgr.models.steps import Step
from certmgr.revocation_steps import Revoked
from certmgr.store import certificates, revocations
from certmgr.workspace import Session, Workspace, journalled_refusal


def revoke(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    cause: Cause,
    confirm: str,
    note: str = "",
    evidence: str = "",
    compromised_since: datetime | None = None,
    hold: HoldTerms | None = None,
    also_line: bool = False,
) -> Revoked:
    """Request, verify, carry out and publish a revocation, as far as the actor may go.

    `confirm` is the typed name of the server, `evidence` what the cause needs (certmgr.evidence), `hold` the date of a
    hold; `also_line` takes the predecessors and successors along. The machine only requests: verification is a
    person's word. A failed publication is told in the answer, not raised. Raises UsageError for a wrong name,
    RefusedError with every reason for a certificate that cannot be revoked for that cause.
    """
    opened = request(
        workspace,
        session,
        certificate=certificate,
        cause=cause,
        confirm=confirm,
        note=note,
        evidence=evidence,
        compromised_since=compromised_since,
        hold=hold,
        also_line=also_line,
    )
    ids = [one.id for one in opened]
    if not session.allows(Permission.VERIFY_REVOCATION):
        return steps.answer(workspace, ids, None, "the request waits for a person to verify it")
    steps.verify(workspace, session, ids[0], how=steps.PERSON)
    return steps.finish(workspace, session, ids)


def request(  # noqa: PLR0913 - the facts of a request, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    cause: Cause,
    confirm: str,
    note: str = "",
    evidence: str = "",
    compromised_since: datetime | None = None,
    hold: HoldTerms | None = None,
    also_line: bool = False,
) -> tuple[Revocation, ...]:
    """Record a request and start its clocks; with a compromised key, one for every certificate of that key (R1.6).

    Raises as `revoke` does.
    """
    session.require(Permission.REQUEST_REVOCATION)
    asked = revoking.Asked(
        cause=cause,
        by=session.actor.name,
        note=note,
        evidence=evidence,
        compromised_since=compromised_since,
        hold=hold,
    )
    return steps.ask(workspace, session, certificate=certificate, asked=asked, confirm=confirm, also_line=also_line)


def rehearse(  # noqa: PLR0913 - the facts of a request, by keyword
    workspace: Workspace,
    *,
    certificate: CertificateId,
    cause: Cause,
    evidence: str = "",
    compromised_since: datetime | None = None,
    proved: bool = False,
    hold: HoldTerms | None = None,
    also_line: bool = False,
) -> tuple[Certificate, ...]:
    """Return what a revocation for that cause would revoke, the certificate first; records nothing.

    Raises as `request` does for a certificate that cannot be revoked for that cause.
    """
    asked = revoking.Asked(
        cause=cause, by="", evidence=evidence, compromised_since=compromised_since, proved=proved, hold=hold
    )
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        return tuple(steps.subjects_of(snapshot, workspace, subject, asked, also_line=also_line))


def acknowledge(workspace: Workspace, session: Session, revocation: RevocationId) -> tuple[Revocation, ...]:
    """Record that a person has seen the request, with all that are decided with it; the first of its clocks ends.

    Raises NotFoundError, and RefusedError where it is decided already. A second time changes nothing.
    """
    session.require(Permission.VERIFY_REVOCATION)
    with (
        journalled_refusal(workspace, session, steps.REFUSED, f"revocation:{revocation}"),
        workspace.store().write(session.actor) as tx,
    ):
        found = revoking.together(tx, revocation)
        revoking.require_undecided(found)
        revoking.acknowledge(tx, [one.id for one in found])
        return tuple(revocations.get(tx, one.id) for one in found)


def verify(
    workspace: Workspace, session: Session, revocation: RevocationId, *, how: str = steps.PERSON
) -> tuple[Revocation, ...]:
    """Record that a person vouches for the request; its 24 hours to publication begin (R6.1).

    All that are decided with it are verified with it. `how` says what the word rests on. Raises NotFoundError, and
    RefusedError where it is decided already.
    """
    session.require(Permission.VERIFY_REVOCATION)
    return steps.verify(workspace, session, revocation, how=how)


def fulfil(workspace: Workspace, session: Session, revocation: RevocationId, *, how: str = steps.PERSON) -> Revoked:
    """Verify a recorded request, carry it out and publish the CRL; what `revoke` does after its request.

    A failed publication is told in the answer, not raised. Raises as `verify` does.
    """
    session.require(Permission.CARRY_OUT_REVOCATION)
    return steps.finish(workspace, session, [one.id for one in verify(workspace, session, revocation, how=how)])


def rehearse_decision(workspace: Workspace, revocation: RevocationId) -> tuple[Revocation, ...]:
    """Return the requests that a decision on this one would be about; records nothing. Raises as `verify` does."""
    with workspace.store().read() as snapshot:
        found = revoking.together(snapshot, revocation)
    revoking.require_undecided(found)
    return found


def reject(workspace: Workspace, session: Session, revocation: RevocationId, *, reason: str) -> tuple[Revocation, ...]:
    """Close the request, with all that are decided with it, as not genuine or not grounded; the reason is kept.

    Raises NotFoundError, UsageError without a reason, RefusedError where it is decided already.
    """
    session.require(Permission.VERIFY_REVOCATION)
    if not reason.strip():
        raise UsageError("A rejection needs a reason.", hint="Add --reason TEXT.")
    return _close(workspace, session, revocation, ClosedHow.REJECTED, reason)


def withdraw(
    workspace: Workspace, session: Session, revocation: RevocationId, *, reason: str = ""
) -> tuple[Revocation, ...]:
    """Close the request, with all that are decided with it, for whoever asked for it, or who may verify it.

    Raises NotFoundError, and RefusedError for anybody else, or where it is decided already.
    """
    session.require(Permission.REQUEST_REVOCATION)
    return _close(workspace, session, revocation, ClosedHow.WITHDRAWN, reason)


def _close(
    workspace: Workspace, session: Session, revocation: RevocationId, how: ClosedHow, reason: str
) -> tuple[Revocation, ...]:
    with (
        journalled_refusal(workspace, session, steps.REFUSED, f"revocation:{revocation}"),
        workspace.store().write(session.actor) as tx,
    ):
        found = revoking.together(tx, revocation)
        revoking.require_undecided(found)
        stranger = any(one.requested_by != session.actor.name for one in found)
        if how is ClosedHow.WITHDRAWN and stranger and not session.allows(Permission.VERIFY_REVOCATION):
            message = f"The revocation request {revocation} was asked for by {found[0].requested_by}."
            raise RefusedError(
                message,
                hint="Whoever asked for it withdraws it; an administrator or officer may do so too.",
                findings=[Finding(code=Code.REVOCATION_RIGHT, message=message)],
                code=Code.REVOCATION_RIGHT,
            )
        ids = [one.id for one in found]
        revoking.close(tx, ids, by=session.actor.name, how=how, reason=reason.strip())
        return tuple(revocations.get(tx, identity) for identity in ids)


def carry_out(workspace: Workspace, session: Session, ids: Sequence[RevocationId]) -> None:
    """Revoke in the store what verified requests name; the next CRL carries it. One carried out is passed over."""
    session.require(Permission.CARRY_OUT_REVOCATION)
    steps.carry_out(workspace, session, ids)


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Carry out every verified request, so that it cannot be forgotten (R6.1); the next publication carries it."""
    session.require(Permission.CARRY_OUT_REVOCATION)
    for one in _verified(workspace):
        try:
            steps.carry_out(workspace, session, [one.id])
        except CertmgrError as problem:
            what = f"The revocation {one.id} of {one.server} could not be carried out: {problem.message}"
            yield Step(what=what, done=False)
        else:
            yield Step(what=f"Carried out the revocation {one.id} of {one.server} ({one.cause}).", done=True)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield which verified requests `due` would carry out; changes nothing."""
    for one in _verified(workspace):
        yield Step(what=f"Would carry out the revocation {one.id} of {one.server} ({one.cause}).", done=True)


def _verified(workspace: Workspace) -> list[Revocation]:
    """Return the verified requests about certificates; a CA's is carried out where it is verified."""
    with workspace.store().read() as snapshot:
        waiting = revocations.open(snapshot)
    return [one for one in waiting if one.state is RequestState.VERIFIED and one.certificate_id is not None]
