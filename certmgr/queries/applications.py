"""Applications: which wait, what is known of one, and whether its approvals hold (R2.1, R3.2)."""

from datetime import datetime

from certmgr import applying, approvals, intake, issuing
from certmgr.codes import Code
from certmgr.errors import Finding, IntegrityError, RefusedError
from certmgr.models.applications import Application, ApplicationId, ApplicationState, Decision
from certmgr.models.certificates import Certificate
from certmgr.models.journal import Entry
from certmgr.models.operators import ALLOWED, Permission
from certmgr.queries import operators
from certmgr.records import dataclass
from certmgr.store import applications, certificates, journal, servers
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """All that is known of one application."""

    application: Application
    certificate: Certificate | None
    """What was issued for it."""
    contact: str
    """Whom to ask about the server; empty where nobody is on record."""
    history: tuple[Entry, ...]
    doubts: tuple[Finding, ...]
    """Which of its decisions do not verify, and why."""


def every(workspace: Workspace, *, closed: bool = False) -> tuple[Application, ...]:
    """Return the open applications, the first to expire first; with `closed` every one, the last submitted first."""
    with workspace.store().read() as snapshot:
        return applications.all(snapshot) if closed else applications.open(snapshot, workspace.now())


def get(workspace: Workspace, identity: ApplicationId) -> Application:
    """Return the application. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        return applications.get(snapshot, identity)


def detail(workspace: Workspace, identity: ApplicationId) -> Detail:
    """Return everything on record about one application. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        found = applications.get(snapshot, identity)
        made = None if found.certificate_id is None else certificates.get(snapshot, found.certificate_id)
        history = journal.for_objects(snapshot, f"application:{identity}")
        contact = servers.contact(snapshot, found.server_id)
    return Detail(
        application=found, certificate=made, contact=contact, history=history, doubts=doubts(workspace, found)
    )


def doubts(workspace: Workspace, application: Application) -> tuple[Finding, ...]:
    """Return which decisions on the application do not verify, and why; nothing where all do (DETAILS 49).

    A slot that was removed since cannot be checked, and neither can one whose file is not the one that was added.
    """
    if not application.decisions:
        return ()
    slots = {one.operator.name: one for one in operators.every(workspace)}
    found = []
    for one in application.decisions:
        held = slots.get(one.by)
        if held is None or held.slot is None or held.problem is not None:
            why = held.problem.message if held and held.problem else "It is not on record any more."
            message = f"The decision of {one.by} cannot be checked. {why}"
            found.append(Finding(code=Code.APPLICATION_SLOT, field="slot", value=one.by, message=message))
        elif Permission.DECIDE_APPLICATION not in ALLOWED[held.operator.role]:
            message = f"The slot {one.by} has the role {held.operator.role}, which decides on no application."
            found.append(Finding(code=Code.APPLICATION_SLOT, field="slot", value=one.by, message=message))
        elif not _holds(application, one, held.slot.verifies(one.signature, message_of(application, one))):
            message = f"The decision of {one.by} on application {application.id} is not what that slot signed."
            found.append(Finding(code=Code.APPLICATION_SIGNATURE, field="slot", value=one.by, message=message))
    return tuple(found)


def message_of(application: Application, decision: Decision) -> bytes:
    """Return what the reviewer's slot must have signed for the decision to hold."""
    return approvals.decision_message(
        application=application.id,
        applicant=application.requested_by,
        reviewer=decision.by,
        verdict=decision.verdict,
        digest=decision.digest,
        at=decision.at,
    )


def _holds(application: Application, decision: Decision, genuine: bool) -> bool:  # noqa: FBT001 - one verdict of two
    return genuine and decision.digest == application.digest and decision.by != application.requested_by


def _anew(found: Application) -> str:
    """Return the way on from an application that nothing is issued for: while it is open, no other is taken."""
    return f"Withdraw it (certmgr application withdraw {found.id}) and submit it anew (certmgr application submit)"


def judge_approved(workspace: Workspace, found: Application) -> issuing.Judged:
    """Return what is to be issued for an approved application; reads only.

    Every approval is verified, policy is asked again, and what would be issued is compared with what was approved.
    Raises RefusedError with every reason, IntegrityError for an approval that its slot did not sign.
    """
    require_approved(found, workspace.now())
    doubted = doubts(workspace, found)
    if doubted:
        forged = any(item.code is Code.APPLICATION_SIGNATURE for item in doubted)
        raise (IntegrityError if forged else RefusedError)(
            f"Not every approval of application {found.id} can be verified, so nothing is issued for it.",
            hint=f"{_anew(found)}; for a decision that was changed, run `certmgr doctor` and `certmgr journal verify`."
            if forged
            else _anew(found),
            findings=doubted,
            code=doubted[0].code,
        )
    judged = issuing.judge(workspace, _wish(found), requested_by=found.requested_by)
    findings = []
    if applying.digest_of(judged.accepted) != found.digest:
        message = f"What would be issued for application {found.id} is not what was applied for: the profile changed."
        findings.append(_finding(Code.APPLICATION_CHANGED, message, "profile", found.profile))
    wanted = applying.needed(judged.accepted, workspace.config)
    if len(found.approvals) < wanted:
        message = f"The profile {found.profile} asks for {wanted} approvals now; there are {len(found.approvals)}."
        findings.append(_finding(Code.APPLICATION_APPROVALS, message, "approval", str(wanted)))
    if findings:
        raise RefusedError(
            findings[0].message,
            hint=_anew(found),
            findings=findings,
            code=findings[0].code,
        )
    return judged


def require_approved(found: Application, now: datetime) -> None:
    """Raise RefusedError where the application is not one that a certificate is issued for now."""
    state = found.state(now)
    if state is ApplicationState.APPROVED:
        return
    message = f"The application {found.id} for {found.server} is {state}, so nothing is issued for it."
    hint = f"See `certmgr application show {found.id}`."
    if state is ApplicationState.SUBMITTED:
        hint = f"It waits for a reviewer: certmgr --as NAME application approve {found.id} --reason TEXT"
    finding = _finding(Code.APPLICATION_STATE, message, "state", state.value)
    raise RefusedError(message, hint=hint, findings=[finding], code=Code.APPLICATION_STATE)


def _wish(found: Application) -> intake.Wish:
    return intake.Wish(
        server=found.server,
        dns=found.dns,
        ip=found.ip,
        csr=found.csr,
        profile=found.profile,
        purpose=found.purpose,
        owner=found.owner,
        days=found.days,
        key_type=found.key_type,
        note=found.note,
    )


def _finding(code: Code, message: str, field: str, value: str) -> Finding:
    return Finding(code=code, message=message, field=field, value=value)
