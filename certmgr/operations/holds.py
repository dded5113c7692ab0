"""Holds: a measure for a time, with a date by which it is decided, and a release with a clock of its own (N2, R6.2(9)).

A hold is a revocation request with the cause suspended, so it is recorded, verified and published like one.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from certmgr import publication, releasing, revoking
from certmgr import revocation_steps as steps
from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.errors import CertmgrError, Finding, RefusedError
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, HoldEnd, HoldTerms, Revocation
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import certificates, commitments, revocations
from certmgr.store.connection import Snapshot
from certmgr.workspace import Session, Workspace, journalled_refusal

USUAL_CAUSE: Final = Cause.FEES_UNPAID
"""For what a hold becomes a revocation by itself where nothing else was said (N2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What came of a release."""

    certificate: Certificate
    lifted: bool
    """False: the release was asked for, and waits for a person who may decide."""
    due: datetime | None
    """By when relying parties must see it; None: they do."""
    published: publication.Published | None = None
    problem: str | None = None
    """Why relying parties cannot see it yet."""

    @property
    def seen(self) -> bool:
        """Whether relying parties can see it."""
        return self.published is not None and self.published.seen and not self.problem


def hold(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    confirm: str,
    evidence: str,
    note: str = "",
    terms: HoldTerms | None = None,
) -> steps.Revoked:
    """Hold a certificate as far as the actor may go, and publish the CRL; as `revoke` does for other causes.

    `evidence` is the law, order or policy that asks for it; `terms` say by when it is decided and what becomes of it
    then, the configured time and a person by default. Raises as `revoke` does.
    """
    session.require(Permission.REQUEST_REVOCATION)
    asked = revoking.Asked(cause=Cause.SUSPENDED, by=session.actor.name, note=note, evidence=evidence, hold=terms)
    opened = steps.ask(workspace, session, certificate=certificate, asked=asked, confirm=confirm)
    ids = [one.id for one in opened]
    if not session.allows(Permission.VERIFY_REVOCATION):
        return steps.answer(workspace, ids, None, "the request waits for a person to verify it")
    steps.verify(workspace, session, ids[0], how=steps.PERSON)
    return steps.finish(workspace, session, ids)


def rehearse(
    workspace: Workspace, *, certificate: CertificateId, evidence: str, terms: HoldTerms | None = None
) -> Certificate:
    """Return the certificate that `hold` would hold; records nothing. Raises as `hold` does."""
    asked = revoking.Asked(cause=Cause.SUSPENDED, by="", evidence=evidence, hold=terms)
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        return steps.subjects_of(snapshot, workspace, subject, asked, also_line=False)[0]


def release(
    workspace: Workspace, session: Session, *, certificate: CertificateId, confirm: str, note: str = ""
) -> Released:
    """Lift a hold and publish the CRL without it; an actor who may not decide asks for it, with a clock of 48 hours.

    Raises UsageError for a wrong typed name, RefusedError where the certificate is not held.
    """
    session.require(Permission.REQUEST_REVOCATION)
    lifts = session.allows(Permission.VERIFY_REVOCATION)
    with (
        journalled_refusal(workspace, session, "release.refused", f"certificate:{certificate}"),
        workspace.store().write(session.actor) as tx,
    ):
        subject = certificates.get(tx, certificate)
        steps.require_name(subject, confirm)
        require_held(subject)
        due = releasing.ask_release(tx, workspace.config, certificate)
        if lifts:
            releasing.release(tx, subject, noted=bool(note))
    if not lifts:
        return Released(certificate=subject, lifted=False, due=due)
    published, problem = steps.publish(workspace, session, [subject.authority_id])
    done = Released(certificate=subject, lifted=True, due=None, published=published, problem=problem)
    return (
        done if done.seen else Released(certificate=subject, lifted=True, due=due, published=published, problem=problem)
    )


def require_held(certificate: Certificate) -> None:
    """Raise RefusedError where the certificate is not held, so that there is nothing to release."""
    if certificate.held_at is None or certificate.revoked_at is not None:
        message = f"The certificate {certificate.serial} of {certificate.server} is not held."
        raise RefusedError(
            message,
            hint=f"See `certmgr show {certificate.server}`.",
            findings=[Finding(code=Code.REVOCATION_STATE, field="state", message=message)],
            code=Code.REVOCATION_STATE,
        )


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """End the holds whose date has come, as was decided when they were made; name those that a person decides (N2).

    What is revoked or released is on the next CRL.
    """
    session.require(Permission.CARRY_OUT_REVOCATION)
    for subject, terms in _ended(workspace):
        if terms is None or terms.hold_then is HoldEnd.ASK:
            yield _undecided(subject)
            continue
        try:
            with workspace.store().write(session.actor) as tx:
                # Read again: a person may have decided meanwhile.
                found = certificates.get(tx, subject.id)
                if found.held_at is None or found.revoked_at is not None:
                    continue
                if terms.hold_then is HoldEnd.RELEASE:
                    releasing.ask_release(tx, workspace.config, subject.id)
                    releasing.release(tx, found)
                else:
                    cause = terms.hold_cause or USUAL_CAUSE
                    by = terms.verified_by or session.actor.name
                    how = f"decided with the hold, request {terms.id}"
                    identity = revoking.open_verified(
                        tx, workspace.config, subject.id, cause, by, how, evidence=terms.evidence
                    )
                    revoking.carry_out(tx, identity)
        except CertmgrError as problem:
            what = f"The hold of {subject.server} (serial {subject.serial}) could not be ended: {problem.message}"
            yield Step(what=what, done=False)
        else:
            verb = "Released" if terms.hold_then is HoldEnd.RELEASE else "Revoked"
            yield Step(what=f"{verb} {subject.server} (serial {subject.serial}): its hold ended.", done=True)
    yield from _asked_for(workspace)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would do; changes nothing."""
    for subject, terms in _ended(workspace):
        if terms is None or terms.hold_then is HoldEnd.ASK:
            yield _undecided(subject)
        else:
            verb = "release" if terms.hold_then is HoldEnd.RELEASE else "revoke"
            what = f"Would {verb} {subject.server} (serial {subject.serial}): its hold has ended."
            yield Step(what=what, done=True)
    yield from _asked_for(workspace)


def _asked_for(workspace: Workspace) -> Iterator[Step]:
    """Name every release that was asked for and waits for a person, from the beginning of its 48 hours (N2)."""
    with workspace.store().read() as snapshot:
        running = {one.object: one.due_at for one in commitments.open_of(snapshot, Kind.RELEASE_HOLD)}
        found = certificates.held(snapshot) if running else ()
    for subject in found:
        if due_at := running.get(f"certificate:{subject.id}"):
            what = (
                f"The release of {subject.server} (serial {subject.serial}) waits for a person, due at "
                f"{due_at:%Y-%m-%d %H:%M} UTC. Run: certmgr --as NAME release {subject.server}"
            )
            yield Step(what=what, done=False)


def _undecided(subject: Certificate) -> Step:
    until = f"{subject.hold_until:%Y-%m-%d %H:%M} UTC" if subject.hold_until else "now"
    what = (
        f"The hold of {subject.server} (serial {subject.serial}) was to be decided by {until}. "
        f"Run: certmgr release {subject.server}, or certmgr revoke {subject.server}"
    )
    return Step(what=what, done=False)


def _ended(workspace: Workspace) -> list[tuple[Certificate, Revocation | None]]:
    """Return every held certificate whose date has come, with the request that holds it."""
    with workspace.store().read() as snapshot:
        found = certificates.held(snapshot, until=workspace.now())
        return [(one, _request_of(snapshot, one)) for one in found]


def _request_of(snapshot: Snapshot, subject: Certificate) -> Revocation | None:
    requests = revocations.for_certificate(snapshot, subject.id)
    return next(
        (one for one in reversed(requests) if one.cause is Cause.SUSPENDED and one.revoked_at is not None), None
    )
