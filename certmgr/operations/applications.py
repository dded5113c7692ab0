"""Applications: submit, decide, withdraw, issue what is approved (R1.2, R2.1, R3.2, N7, DETAILS 22).

A decision is signed with the reviewer's own slot and binds the content; the certificate is issued through the same
steps as any other, and only for what was approved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import applying, intake, issuance, issuing
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError, UsageError
from certmgr.models.applications import (
    Application,
    ApplicationId,
    ApplicationState,
    Decision,
    EvidenceKind,
    Verdict,
)
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.queries import applications as queries
from certmgr.records import dataclass
from certmgr.store import applications, attempts, operators
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.models.certificates import CertificateId
    from certmgr.store.connection import Snapshot, Transaction

REFUSED = "application.refused"
SHOWN = 10
"""How many waiting applications a check names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of submitting, or of a decision."""

    application: Application
    issued: issuance.Issued | None = None
    notices: tuple[Finding, ...] = ()


def submit(  # noqa: PLR0913 - the facts of an application, by keyword
    workspace: Workspace,
    session: Session,
    wish: intake.Wish,
    *,
    evidence: Sequence[tuple[EvidenceKind, str]] = (),
    destination: Path | None,
    additional: bool = False,
) -> Outcome:
    """Record an application; one that policy approves on the spot is issued at once by whoever may issue.

    Raises UsageError or RefusedError with every reason, policy's and the records' (journalled, nothing else changed).
    """
    session.require(Permission.APPLY)
    with journalled_refusal(workspace, session, REFUSED, "application:0"):
        judged = check_submission(workspace, wish, additional=additional, requested_by=session.actor.name)
        order = judged.accepted.order
        with workspace.store().write(session.actor) as tx:
            notices = judged.accepted.notices + applying.contact_notice(tx, order)
            _refuse_beside(tx, order.server, tx.now, additional=additional)
            found = applying.record(
                tx,
                workspace.config,
                judged.accepted,
                evidence=evidence,
                destination=destination,
                additional=additional,
            )
    if found.state(workspace.now()) is ApplicationState.APPROVED and session.allows(Permission.ISSUE):
        return replace(_issued(workspace, session, found.id), notices=notices)
    return Outcome(application=found, notices=notices)


def check_submission(
    workspace: Workspace, wish: intake.Wish, *, additional: bool = False, requested_by: str = "-"
) -> issuing.Judged:
    """Return what policy allows of the wish; raises with every reason against an application. Records nothing."""
    now = workspace.now()
    judged, problem = None, None
    try:
        judged = issuing.judge(workspace, wish, requested_by=requested_by)
    except RefusedError as refusal:
        problem = refusal
    server = judged.accepted.order.server if judged else wish.server or (wish.dns[0] if wish.dns else "")
    with workspace.store().read() as snapshot:
        try:
            _refuse_beside(snapshot, server, now, additional=additional)
        except RefusedError as refusal:
            if problem is None:
                raise
            own = refusal.findings or (Finding(code=refusal.code, field="server", message=refusal.message),)
            raise RefusedError(
                problem.message, hint=problem.hint, findings=(*problem.findings, *own), code=problem.code
            ) from None
    if judged is None:
        raise problem or AssertionError(server)
    return judged


def _refuse_beside(snapshot: "Snapshot", server: str, now: "datetime", *, additional: bool) -> None:
    """Raise RefusedError where the server has a live certificate or an open application."""
    if not additional:
        issuing.refuse_second(snapshot, server, now)
    if waiting := applying.check_open(snapshot, server, now):
        raise applying.open_already(waiting)


def approve(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    application: ApplicationId,
    *,
    reason: str,
    confirm: str,
    issue_now: bool = True,
) -> Outcome:
    """Approve an application; with the last approval that it needs the certificate is issued, unless told otherwise.

    `confirm` is the typed name of the server (N7). Raises RefusedError with every reason (journalled, nothing changed)
    for one's own application, a second decision, and what is decided, withdrawn or expired. Where the approval is on
    record and the certificate cannot be issued, the error says so.
    """
    found = _decide(workspace, session, application, Verdict.APPROVED, reason=reason, confirm=confirm)
    if not issue_now or found.state(workspace.now()) is not ApplicationState.APPROVED:
        return Outcome(application=found)
    try:
        return _issued(workspace, session, application)
    except CertmgrError as problem:
        raise type(problem)(
            f"The approval of application {application} is on record, but nothing could be issued: {problem.message}",
            hint=problem.hint,
            findings=problem.findings,
            code=problem.code,
        ) from problem


def reject(workspace: Workspace, session: Session, application: ApplicationId, *, reason: str, confirm: str) -> Outcome:
    """Reject an application, which ends it; raises as `approve` does."""
    found = _decide(workspace, session, application, Verdict.REJECTED, reason=reason, confirm=confirm)
    return Outcome(application=found)


def check_decision(workspace: Workspace, application: ApplicationId, *, reviewer: str | None = None) -> Application:
    """Return the application that a reviewer would decide on; raises as `approve` does. Records nothing."""
    with workspace.store().read() as snapshot:
        found = applications.get(snapshot, application)
    _refuse(_against_decision(found, reviewer, workspace.now()), found)
    return found


def _decide(  # noqa: PLR0913 - the facts of a decision
    workspace: Workspace,
    session: Session,
    application: ApplicationId,
    verdict: Verdict,
    *,
    reason: str,
    confirm: str,
) -> Application:
    session.require(Permission.DECIDE_APPLICATION)
    with (
        journalled_refusal(workspace, session, REFUSED, f"application:{application}"),
        workspace.store().write(session.actor) as tx,
    ):
        found = applications.get(tx, application)
        _require_reason(reason)
        if confirm != found.server:
            raise UsageError(
                f"The typed name {confirm[:80]!r} is not the name of the server, {found.server}.",
                hint=f"Type {found.server} to decide on its application.",
                code=Code.CONFIRMATION,
            )
        _refuse(_against_decision(found, session.actor.name, tx.now), found)
        at = tx.now.replace(microsecond=0)
        unsigned = Decision(
            verdict=verdict, by=session.actor.name, reason=reason.strip(), digest=found.digest, signature=b"", at=at
        )
        signature = session.slot.sign(queries.message_of(found, unsigned))
        applications.add_decision(tx, application, replace(unsigned, signature=signature))
        tx.record(
            f"application.{verdict}",
            f"application:{application}",
            {"digest": found.digest, "signature": signature.hex()},
        )
        return applications.get(tx, application)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise UsageError("A decision needs a reason.", hint="Add --reason TEXT.", code=Code.APPLICATION_REASON)


def _against_decision(found: Application, reviewer: str | None, now: "datetime") -> list[Finding]:
    """Return why the reviewer may not decide on the application now."""
    findings = []
    state = found.state(now)
    if state is not ApplicationState.SUBMITTED:
        message = f"The application {found.id} for {found.server} is {state} already, so there is nothing to decide."
        findings.append(_finding(Code.APPLICATION_STATE, message, "state", state.value))
    if reviewer is not None and reviewer == found.requested_by:
        message = f"The application {found.id} is {reviewer}'s own; somebody else decides on it."
        findings.append(_finding(Code.APPLICATION_OWN, message, "operator", reviewer))
    if any(one.by == reviewer for one in found.decisions):
        message = f"{reviewer} has decided on the application {found.id} already."
        findings.append(_finding(Code.APPLICATION_TWICE, message, "operator", str(reviewer)))
    return findings


def _finding(code: Code, message: str, field: str, value: str) -> Finding:
    return Finding(code=code, message=message, field=field, value=value)


def _refuse(findings: Sequence[Finding], found: Application) -> None:
    """Raise RefusedError with all the findings, if there are any."""
    if not findings:
        return
    codes = {item.code for item in findings}
    hint = f"See `certmgr application show {found.id}`."
    if Code.APPLICATION_STATE not in codes:
        hint = f"Another person decides: certmgr --as NAME application approve {found.id} --reason TEXT"
        if Code.APPLICATION_RIGHT in codes:
            hint = f"Act as {found.requested_by} (--as), or reject it while it is undecided: certmgr application reject"
    raise RefusedError(findings[0].message, hint=hint, findings=findings, code=findings[0].code)


def withdraw(workspace: Workspace, session: Session, application: ApplicationId) -> Application:
    """End one's own application, decided or not, before anything is issued for it.

    Whoever may decide ends that of an applicant whose slot was removed. Raises RefusedError with every reason for
    another's, and for one that is over.
    """
    session.require(Permission.APPLY)
    deputy = session.allows(Permission.DECIDE_APPLICATION)
    with (
        journalled_refusal(workspace, session, REFUSED, f"application:{application}"),
        workspace.store().write(session.actor) as tx,
    ):
        found = applications.get(tx, application)
        gone = all(one.name != found.requested_by for one in operators.all(tx))
        applicant = None if deputy and gone else session.actor.name
        _refuse(_against_withdrawal(found, applicant, tx.now), found)
        applications.set_withdrawn(tx, application)
        tx.record("application.withdrawn", f"application:{application}", {"digest": found.digest})
        return applications.get(tx, application)


def check_withdrawal(workspace: Workspace, application: ApplicationId, *, applicant: str | None = None) -> Application:
    """Return the application that `withdraw` would end; raises as it does. Records nothing."""
    with workspace.store().read() as snapshot:
        found = applications.get(snapshot, application)
    _refuse(_against_withdrawal(found, applicant, workspace.now()), found)
    return found


def _against_withdrawal(found: Application, applicant: str | None, now: "datetime") -> list[Finding]:
    findings = []
    state = found.state(now)
    if state not in {ApplicationState.SUBMITTED, ApplicationState.APPROVED}:
        message = f"The application {found.id} for {found.server} is {state} already; it is not withdrawn."
        findings.append(_finding(Code.APPLICATION_STATE, message, "state", state.value))
    if applicant is not None and applicant != found.requested_by:
        message = f"The application {found.id} is {found.requested_by}'s, not {applicant}'s."
        findings.append(_finding(Code.APPLICATION_RIGHT, message, "operator", applicant))
    return findings


def issue(workspace: Workspace, session: Session, application: ApplicationId) -> Outcome:
    """Issue the certificate of an approved application, to where it was to be delivered.

    Every approval is verified, policy is asked again, and what would be issued is compared with what was approved.
    Raises RefusedError with every reason (journalled), IntegrityError for an approval that its slot did not sign.
    """
    session.require(Permission.ISSUE)
    return _issued(workspace, session, application)


def rehearse_issue(workspace: Workspace, application: ApplicationId) -> issuing.Judged:
    """Return what `issue` would issue; raises as it does. Unlocks and records nothing."""
    return queries.judge_approved(workspace, queries.get(workspace, application))


def _issued(workspace: Workspace, session: Session, application: ApplicationId) -> Outcome:
    with journalled_refusal(workspace, session, "certificate.refused", f"application:{application}"):
        found = queries.get(workspace, application)
        judged = queries.judge_approved(workspace, found)

        def guard(tx: "Transaction") -> None:
            queries.require_approved(applications.get(tx, application), tx.now)
            if not found.additional:
                issuing.refuse_second(tx, found.server, tx.now)

        def also(tx: "Transaction", identity: "CertificateId") -> None:
            applications.set_issued(tx, application, identity)
            tx.record("application.issued", f"application:{application}", {"certificate": int(identity)})

        destination = Path(found.destination) if found.destination else None
        issued = issuing.carry_out(workspace, session, judged, destination=destination, guard=guard, also=also)
    return Outcome(application=queries.get(workspace, application), issued=issued)


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Issue for every approved application that was left, and say which wait for a reviewer.

    What fails is tried again after a while, twice as long each time.
    """
    for found in _left(workspace):
        subject = f"application:{found.id}"
        with workspace.store().read() as snapshot:
            if attempts.is_waiting(attempts.get(snapshot, subject), workspace.now()):
                continue
        try:
            issued = _issued(workspace, session, found.id).issued
        except CertmgrError as problem:
            with workspace.store().write(session.actor) as tx:
                attempts.failed(tx, subject, problem.message)
            what = f"The application {found.id} for {found.server} could not be issued: {problem.message}"
            yield Step(what=what, done=False)
            continue
        with workspace.store().write(session.actor) as tx:
            attempts.forget(tx, subject)
        serial = issued.prepared.spec.serial if issued else "-"
        yield Step(what=f"Issued the application {found.id} for {found.server}: serial {serial}.", done=True)
    yield from _waiting(workspace)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would do; unlocks, records and writes nothing."""
    for found in _left(workspace):
        try:
            rehearse_issue(workspace, found.id)
        except CertmgrError as problem:
            what = f"The application {found.id} for {found.server} could not be issued: {problem.message}"
            yield Step(what=what, done=False)
        else:
            yield Step(what=f"Would issue the application {found.id} for {found.server}.", done=True)
    yield from _waiting(workspace)


def _left(workspace: Workspace) -> list[Application]:
    now = workspace.now()
    return [one for one in queries.every(workspace) if one.state(now) is ApplicationState.APPROVED]


def _waiting(workspace: Workspace) -> Iterator[Step]:
    """Name the applications that wait for a reviewer: one sentence, however many there are."""
    now = workspace.now()
    found = [one for one in queries.every(workspace) if one.state(now) is ApplicationState.SUBMITTED]
    if not found:
        return
    named = ", ".join(f"{one.id} ({one.server})" for one in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    verb, subject = ("waits", "application") if len(found) == 1 else ("wait", "applications")
    what = (
        f"{len(found)} {subject} {verb} for a reviewer until {found[0].expires_at:%Y-%m-%d %H:%M} UTC: {named}{more}."
    )
    yield Step(what=what, done=False)
