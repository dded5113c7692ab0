"""Acceptance: the subscriber accepts, objects, or lets the time pass (R3.3).

An objection revokes the certificate as issued-in-error and makes it again with another key. The objection, the
revocation and the intent of the new certificate are one transaction, so that a crash leaves either all or nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import applying, issuance, issuing, publication, revoking
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError, UsageError
from certmgr.models.acceptances import Acceptance, AcceptanceKind
from certmgr.models.applications import Application
from certmgr.models.certificates import Certificate, CertificateId, KeyOrigin, Stage
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, Revocation, RevocationId
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import acceptances, attempts, authorities, certificates, revocations
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.store.connection import Snapshot, Transaction

BATCH = 500
"""How many certificates become accepted in one transaction."""
HOW = "the subscriber objected on receipt"
"""What a revocation for an objection rests on, before the subscriber's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objected:
    """What came of an objection."""

    certificate: Certificate
    revocation: Revocation
    issued: issuance.Issued | None = None
    """The certificate that takes its place."""
    application: Application | None = None
    """Where reviewers decide on the new one."""
    published: bool = False
    problem: str | None = None
    """Why relying parties cannot see the revocation yet; `check` tries again."""


def accept(workspace: Workspace, session: Session, *, certificate: CertificateId, note: str = "") -> Acceptance:
    """Record that the subscriber accepts the certificate; one that is accepted stays as it is on record.

    Raises RefusedError for one that was objected to, is revoked or is not issued (journalled).
    """
    session.require(Permission.APPLY)
    with (
        journalled_refusal(workspace, session, "acceptance.refused", f"certificate:{certificate}"),
        workspace.store().write(session.actor) as tx,
    ):
        _refuse(_against_acceptance(tx, certificates.get(tx, certificate)))
        acceptances.record(tx, certificate, AcceptanceKind.ACCEPTED, note=note.strip())
        found = acceptances.get(tx, certificate)
    if found is None:
        raise AssertionError(certificate)
    return found


def check_acceptance(workspace: Workspace, certificate: CertificateId) -> Acceptance | None:
    """Return how the certificate was accepted already; None: `accept` would do it. Raises as `accept`; reads only."""
    with workspace.store().read() as snapshot:
        _refuse(_against_acceptance(snapshot, certificates.get(snapshot, certificate)))
        return acceptances.get(snapshot, certificate)


def _against_acceptance(snapshot: "Snapshot", subject: Certificate) -> list[Finding]:
    found = acceptances.get(snapshot, subject.id)
    if found is not None and found.kind is AcceptanceKind.OBJECTED:
        message = f"The certificate {subject.serial} of {subject.server} was objected to on {found.at:%Y-%m-%d}."
        return [_finding(Code.ACCEPTANCE_STATE, message, "acceptance", found.kind.value)]
    return _not_in_use(subject)


def _not_in_use(subject: Certificate) -> list[Finding]:
    which = f"The certificate {subject.serial} of {subject.server}"
    if subject.stage is not Stage.ISSUED:
        return [_finding(Code.ACCEPTANCE_STATE, f"{which} is not issued yet.", "stage", subject.stage.value)]
    if subject.revoked_at is not None:
        message = f"{which} was revoked on {subject.revoked_at:%Y-%m-%d}."
        return [_finding(Code.ACCEPTANCE_STATE, message, "state", "revoked")]
    return []


def _finding(code: Code, message: str, field: str, value: str) -> Finding:
    return Finding(code=code, message=message, field=field, value=value)


def _refuse(findings: list[Finding], hint: str = "See `certmgr show`, which tells what became of it.") -> None:
    if not findings:
        return
    if any(item.code is Code.ACCEPTANCE_OVER for item in findings):
        hint = (
            "Ask for its revocation: certmgr revocation request REF --cause CAUSE; "
            "or replace it: certmgr renew REF --force --reason TEXT"
        )
    raise RefusedError(findings[0].message, hint=hint, findings=findings, code=findings[0].code)


def object_to(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    reason: str,
    confirm: str,
    csr: bytes | None = None,
    reissue: bool = True,
) -> Objected:
    """Record an objection, revoke the certificate as issued-in-error, publish the CRL, and make the certificate again.

    `confirm` is the typed name of the server. Whoever may not verify a revocation records the objection and the
    request, which wait for a person. Raises RefusedError with every reason (journalled, nothing changed): after
    acceptance, for what is revoked, and where a new CSR is needed; UsageError without a reason or for a wrong name.
    """
    session.require(Permission.REQUEST_REVOCATION)
    with journalled_refusal(workspace, session, "objection.refused", f"certificate:{certificate}"):
        subject = check_objection(workspace, certificate, reason=reason, csr=csr, reissue=reissue)
        if confirm != subject.server:
            raise UsageError(
                f"The typed name {confirm[:80]!r} is not the name of the server, {subject.server}.",
                hint=f"Type {subject.server} to object to its certificate.",
                code=Code.CONFIRMATION,
            )
        if not (session.allows(Permission.VERIFY_REVOCATION) and session.allows(Permission.ISSUE)):
            return _ask(workspace, session, subject, reason, reissue=reissue)
        done = _carry_out(workspace, session, subject, reason, csr=csr, reissue=reissue)
    return _published(workspace, session, done)


def check_objection(
    workspace: Workspace, certificate: CertificateId, *, reason: str, csr: bytes | None = None, reissue: bool = True
) -> Certificate:
    """Return the certificate that `object_to` would revoke; raises as it does. Unlocks and records nothing."""
    if not reason.strip():
        raise UsageError("An objection needs a reason.", hint="Add --reason TEXT.", code=Code.APPLICATION_REASON)
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        findings = _against_objection(snapshot, subject, workspace.now())
    hint = f"See `certmgr show {subject.server}`."
    if reissue and not findings and csr is None and subject.key_origin is KeyOrigin.CSR:
        message = f"The key of {subject.server} was made by its owner, so the new certificate needs a new CSR."
        findings.append(_finding(Code.NEEDS_CSR, message, "csr", subject.serial))
        hint = "Give --csr FILE, or --no-reissue and apply anew."
    if reissue and csr is not None:
        judged = issuing.judge(workspace, issuing.successor_wish(workspace, subject, csr), requested_by="-")
        key = judged.accepted.key
        if key is not None and key.spki_sha256 == subject.spki_sha256:
            message = "The CSR carries the key of the certificate that is objected to; make a new one (R1.8)."
            findings.append(_finding(Code.ACCEPTANCE_KEY, message, "csr", key.spki_sha256))
    _refuse(findings, hint)
    return subject


def _against_objection(snapshot: "Snapshot", subject: Certificate, now: "datetime") -> list[Finding]:
    """Return why nobody may object to the certificate now (R3.3)."""
    found = acceptances.get(snapshot, subject.id)
    which = f"The certificate {subject.serial} of {subject.server}"
    if found is not None and found.kind is AcceptanceKind.OBJECTED:
        message = f"{which} was objected to on {found.at:%Y-%m-%d} already."
        return [_finding(Code.ACCEPTANCE_STATE, message, "acceptance", found.kind.value)]
    if unfit := _not_in_use(subject):
        return unfit
    if found is not None:
        how = {AcceptanceKind.IMPLIED: "by the time that passed", AcceptanceKind.SEEN: "by being put to use"}
        message = f"{which} was accepted on {found.at:%Y-%m-%d} {how.get(found.kind, f'by {found.by}')}."
        return [_finding(Code.ACCEPTANCE_OVER, message, "acceptance", found.kind.value)]
    if subject.accept_by is None or subject.accept_by <= now:
        ended = f", which ended on {subject.accept_by:%Y-%m-%d %H:%M} UTC" if subject.accept_by else ""
        message = f"{which} counts as accepted: nobody objected in time{ended}."
        return [_finding(Code.ACCEPTANCE_OVER, message, "acceptance", AcceptanceKind.IMPLIED.value)]
    return []


def _ask(workspace: Workspace, session: Session, subject: Certificate, reason: str, *, reissue: bool) -> Objected:
    """Record the objection and the request to revoke; a person verifies it, and `check` makes the certificate again."""
    with workspace.store().write(session.actor) as tx:
        _refuse(_against_objection(tx, certificates.get(tx, subject.id), tx.now))
        again = reissue and subject.key_origin is KeyOrigin.MADE
        acceptances.record_objection(tx, subject.id, reason.strip(), reissue=again)
        identity = revoking.open_request(
            tx,
            workspace.config,
            subject.id,
            Cause.ISSUED_IN_ERROR,
            requested_by=session.actor.name,
            evidence=f"{HOW}: {reason.strip()}",
        )
        return Objected(certificate=certificates.get(tx, subject.id), revocation=revocations.get(tx, identity))


def _carry_out(  # noqa: PLR0913 - the facts of an objection
    workspace: Workspace, session: Session, subject: Certificate, reason: str, *, csr: bytes | None, reissue: bool
) -> Objected:
    """Record the objection and the revocation, with the intent of the new certificate where one is made at once."""
    revoked: list[RevocationId] = []
    application = None

    def revoke(tx: "Transaction") -> None:
        _refuse(_against_objection(tx, certificates.get(tx, subject.id), tx.now))
        acceptances.record_objection(tx, subject.id, reason.strip(), reissue=reissue and csr is None)
        words = f"{HOW}: {reason.strip()}"
        revoked.append(
            revoking.open_verified(
                tx, workspace.config, subject.id, Cause.ISSUED_IN_ERROR, by=session.actor.name, how=HOW, evidence=words
            )
        )
        revoking.carry_out(tx, revoked[0])

    issued = None
    if not reissue or subject.replaced_by_id is not None:
        with workspace.store().write(session.actor) as tx:
            revoke(tx)
    else:
        judged = _judge_again(workspace, subject, csr)
        destination = Path(subject.destination) if subject.destination else None
        if csr is not None and applying.needed(judged.accepted, workspace.config):
            # A key from outside that nobody has reviewed is not certified on one person's word.
            with workspace.store().write(session.actor) as tx:
                revoke(tx)
                application = applying.find_or_record(tx, workspace.config, judged.accepted, destination=destination)
        else:
            issued = issuing.carry_out(workspace, session, judged, destination=destination, guard=revoke)
    with workspace.store().read() as snapshot:
        return Objected(
            certificate=certificates.get(snapshot, subject.id),
            revocation=revocations.get(snapshot, revoked[0]),
            issued=issued,
            application=application,
        )


def _judge_again(workspace: Workspace, subject: Certificate, csr: bytes | None) -> issuing.Judged:
    """Return the order for the certificate that takes the place of `subject`: the same content, another key."""
    wish = replace(issuing.successor_wish(workspace, subject, csr), days=_days_of(subject))
    judged = issuing.judge(workspace, wish, requested_by=subject.requested_by)
    order = replace(judged.accepted.order, replaces=subject.id)
    return replace(judged, accepted=replace(judged.accepted, order=order))


def _days_of(subject: Certificate) -> int | None:
    """Return for how many days the certificate was asked for; None where its issuer or the calendar set its end."""
    whole, rest = divmod(subject.not_after - subject.not_before + timedelta(seconds=1), timedelta(days=1))
    return None if rest else whole


def _published(workspace: Workspace, session: Session, done: Objected) -> Objected:
    """Publish the CRL with the serial; a failure is told, and `check` tries again."""
    store = workspace.store()
    with store.read() as snapshot:
        authority = authorities.get(snapshot, done.certificate.authority_id)
    try:
        published = publication.publish(store, session.actor, session.signer(authority), authority, workspace.config)
    except CertmgrError as problem:
        return replace(done, problem=problem.message)
    with store.read() as snapshot:
        request = revocations.get(snapshot, done.revocation.id)
    problems = " ".join(item.message for item in published.problems)
    return replace(done, revocation=request, published=published.seen, problem=problems or None)


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Record what was accepted in silence, and make again what was objected to and is revoked by now.

    What fails is tried again after a while, twice as long each time.
    """
    total = 0
    while True:
        with workspace.store().read() as snapshot:
            silent = acceptances.lapsed(snapshot, workspace.now(), limit=BATCH)
        if not silent:
            break
        with workspace.store().write(session.actor) as tx:
            acceptances.record_many(tx, silent, AcceptanceKind.IMPLIED)
        total += len(silent)
    if total:
        yield Step(what=f"{_counted(total)} accepted: nobody objected in time.", done=True)
    for subject in _left(workspace):
        yield from _make_again(workspace, session, subject)


def _counted(total: int) -> str:
    return "1 certificate counts as" if total == 1 else f"{total} certificates count as"


def _left(workspace: Workspace) -> list[Certificate]:
    """Return what is to be made again: its server has no other live certificate."""
    with workspace.store().read() as snapshot:
        now = workspace.now()
        return [
            one
            for one in acceptances.to_reissue(snapshot)
            if not certificates.live_for_server(snapshot, one.server, now, intents=True)
        ]


def _make_again(workspace: Workspace, session: Session, subject: Certificate) -> Iterator[Step]:
    about = f"objection:{subject.id}"
    with workspace.store().read() as snapshot:
        if attempts.is_waiting(attempts.get(snapshot, about), workspace.now()):
            return

    def guard(tx: "Transaction") -> None:
        issuing.refuse_second(tx, subject.server, tx.now)

    try:
        judged = _judge_again(workspace, subject, None)
        destination = Path(subject.destination) if subject.destination else None
        issued = issuing.carry_out(workspace, session, judged, destination=destination, guard=guard)
    except CertmgrError as problem:
        with workspace.store().write(session.actor) as tx:
            attempts.failed(tx, about, problem.message)
        what = f"{subject.server}, whose certificate was objected to, could not get a new one: {problem.message}"
        yield Step(what=what, done=False)
        return
    with workspace.store().write(session.actor) as tx:
        attempts.forget(tx, about)
    serial = issued.prepared.spec.serial
    yield Step(what=f"Issued {subject.server} again after the objection: serial {serial}.", done=True)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would do; unlocks, records and writes nothing."""
    with workspace.store().read() as snapshot:
        total = acceptances.count_lapsed(snapshot, workspace.now())
    if total:
        yield Step(what=f"{_counted(total)} accepted: nobody objected in time; that would be recorded.", done=True)
    for subject in _left(workspace):
        yield Step(what=f"Would issue {subject.server} again after the objection.", done=True)
