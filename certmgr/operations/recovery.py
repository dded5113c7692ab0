"""Finish or close what a crash left open (ARCHITECTURE 2, DETAILS 15, 16).

Recovery trusts no row: the bytes are compared with the journal's digest of them, and policy and lint run again.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from certmgr import issuance, issuance_plan, policy
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, Severity
from certmgr.lifecycle import REASONS
from certmgr.models.authorities import Authority, AuthorityStatus
from certmgr.models.certificates import Certificate, CertificateId, Stage
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, CrlEntry
from certmgr.models.steps import Step
from certmgr.net import layout
from certmgr.pki import build, crl, csr, export, keys, lint
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, crls
from certmgr.store.intents import Intent, open_intents
from certmgr.workspace import Session, Workspace

TOO_OLD = timedelta(hours=1)
YOUNG = timedelta(minutes=5)
"""While another process is issuing, an open intent younger than this is its own."""


class Settled(StrEnum):
    """How an open intent ended."""

    FINISHED = "finished"
    ABANDONED = "abandoned"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of one certificate that a crash left open."""

    certificate: Certificate
    outcome: Settled
    reason: str = ""


def settle(workspace: Workspace, session: Session) -> list[Settlement]:
    """Finish every open intent that can be finished, put the others' serials on the CRL, deliver what was not.

    An intent of a running process is left alone. The caller publishes the CRL when anything was abandoned.
    """
    session.require(Permission.ISSUE)
    now = workspace.now()
    settled: list[Settlement] = []
    with issuance.none_in_progress(workspace.home) as alone:
        # Read under the mark: what an issuance finishes before it is taken is no leftover.
        with workspace.store().read() as snapshot:
            intents = open_intents(snapshot)
            undelivered = certificates.undelivered(snapshot)
        settled += [
            _try_to_settle(workspace, session, intent, now)
            for intent in intents
            if alone or now - intent.created_at > YOUNG
        ]
        settled += [
            _deliver(workspace, session, certificate.id, key_path)
            for certificate, key_path in undelivered
            if alone or now - certificate.created_at > YOUNG
        ]
    return settled


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Do what `settle` does, for `check`, and yield what became of each."""
    for one in settle(workspace, session):
        yield Step(what=_told(one), done=one.outcome is not Settled.FAILED)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would do; reads only."""
    verbs = {Settled.ABANDONED: "close", Settled.DELIVERED: "deliver the files of"}
    for one in foreseen(workspace):
        subject = one.certificate
        reason = f": {one.reason}" if one.reason else ""
        verb = verbs.get(one.outcome, "finish")
        yield Step(what=f"Would {verb} {subject.server} (serial {subject.serial}){reason}.", done=True)


def _told(one: Settlement) -> str:
    subject = one.certificate
    which = f"{subject.serial} of {subject.server}"
    match one.outcome:
        case Settled.FINISHED:
            return f"Finished the interrupted certificate {which}."
        case Settled.DELIVERED:
            return f"Delivered the files of {subject.server} (serial {subject.serial})."
        case Settled.ABANDONED:
            return f"Closed the interrupted certificate {which}: {one.reason}."
        case Settled.FAILED if subject.stage is Stage.INTENT:
            return f"The interrupted certificate {which} could not be finished: {one.reason}"
        case _:
            return f"The files of {subject.server} (serial {subject.serial}) could not be delivered: {one.reason}"


def foreseen(workspace: Workspace) -> list[Settlement]:
    """Return what `settle` would do with everything that is open now; reads only.

    Whether it belongs to a process that is still running is not asked.
    """
    now = workspace.now()
    found = []
    with workspace.store().read() as snapshot:
        for intent in open_intents(snapshot):
            authority = authorities.get(snapshot, intent.row.authority_id)
            reason = why_not(workspace, intent, authority, now)
            outcome = Settled.FINISHED if reason is None else Settled.ABANDONED
            subject = certificates.get(snapshot, intent.id)
            found.append(Settlement(certificate=subject, outcome=outcome, reason=reason or ""))
        found += [
            Settlement(certificate=one, outcome=Settled.DELIVERED) for one, _ in certificates.undelivered(snapshot)
        ]
    return found


def _try_to_settle(workspace: Workspace, session: Session, intent: Intent, now: datetime) -> Settlement:
    """Settle one intent; a failure is told and tried again next time, and keeps nothing else from being done."""
    try:
        return _settle(workspace, session, intent, now)
    except CertmgrError as problem:
        with workspace.store().read() as snapshot:
            subject = certificates.get(snapshot, intent.id)
        return Settlement(certificate=subject, outcome=Settled.FAILED, reason=_words(problem))


def _words(problem: CertmgrError) -> str:
    return " ".join([problem.message, *(item.message for item in problem.findings)])


def _settle(workspace: Workspace, session: Session, intent: Intent, now: datetime) -> Settlement:
    """Finish one intent, or abandon it with the reason why it could not be finished."""
    with workspace.store().read() as snapshot:
        authority = authorities.get(snapshot, intent.row.authority_id)
    reason = why_not(workspace, intent, authority, now)
    if reason is None and not session.signer(authority).deterministic:
        reason = "its issuer's signatures cannot be made a second time"
    if reason is not None:
        return _abandon(workspace, session, intent, reason)
    issuer = build.Issuer.from_certificate(authority.certificate)
    der = issuance.sign(session.signer(authority), issuer, intent.row.tbs)
    plan = issuance_plan.make_plan(authority, workspace.config, requested_by=intent.row.requested_by)
    with workspace.store().write(session.actor) as tx:
        issuance.record_finished(tx, plan, certificates.get(tx, intent.id), der)
    done = _deliver(workspace, session, intent.id, intent.row.key_path)
    return replace(done, outcome=Settled.FINISHED) if done.outcome is Settled.DELIVERED else done


def why_not(workspace: Workspace, intent: Intent, authority: Authority, now: datetime) -> str | None:
    """Return why the intent cannot be finished; None: it can (DETAILS 15, 16). Reads only."""
    if not intent.genuine:
        return "its row is not what the journal says"
    if now - intent.created_at > TOO_OLD:
        return "it is older than an hour"
    if authority.status is not AuthorityStatus.CURRENT:
        return f"its issuer {authority.slug} is not current any more"
    spki = _key_of(intent)
    if spki is None:
        return "its key file is not there"
    found = _judge_again(workspace, intent, spki, authority)
    return f"it would be refused now: {found[0].message}" if found else None


def _key_of(intent: Intent) -> bytes | None:
    """Return the public key of the intent, from its CSR or from the key file made here; None where that is gone."""
    row = intent.row
    if row.csr is not None:
        return csr.parse_csr(row.csr, names_given=True).spki
    if row.key_path is None:
        return None
    try:
        spki = keys.public_spki(keys.load_private(Path(row.key_path).read_bytes()))
    except (OSError, CertmgrError):
        return None
    return spki if keys.spki_sha256(spki) == row.spki_sha256 else None


def _judge_again(workspace: Workspace, intent: Intent, spki: bytes, authority: Authority) -> list[Finding]:
    """Run policy and lint over the intent once more."""
    row = intent.row
    profile = workspace.config.profiles.get(row.profile)
    if profile is None:
        message = f"The profile {row.profile} is not configured any more."
        return [Finding(code=Code.PROFILE_UNKNOWN, message=message)]
    issuer = build.Issuer.from_certificate(authority.certificate)
    limits = issuance_plan.limits_of(authority.slug, issuer, workspace.config)
    declared = workspace.config.zones.declared
    judged = policy.check_content(row.spec.dns, row.spec.ip, profile, declared, issuer=limits)
    linted = lint.lint_leaf(row.tbs, row.spec, spki, issuer)
    return [item for item in (*judged, *linted) if item.severity is Severity.ERROR]


def _abandon(workspace: Workspace, session: Session, intent: Intent, reason: str) -> Settlement:
    """Close the intent and put its serial on the next CRL as issued in error."""
    cause = Cause.ISSUED_IN_ERROR
    with workspace.store().write(session.actor) as tx:
        subject = certificates.get(tx, intent.id)
        if subject.stage is Stage.INTENT:
            at = tx.now.replace(microsecond=0)
            entry = CrlEntry(serial=subject.serial, revoked_at=at, reason=REASONS[cause])
            certificates.abandon(tx, subject.id)
            certificates.set_revoked(tx, subject.id, at, cause)
            crls.put_entry(
                tx,
                subject.authority_id,
                subject.serial,
                crl.entry_der(entry),
                revoked_at=at,
                not_after=subject.not_after,
            )
            tx.record("certificate.revoked", f"certificate:{subject.id}", {"cause": str(cause)})
    if intent.row.key_path is not None:
        layout.discard_key(intent.row.key_path)
    return Settlement(certificate=subject, outcome=Settled.ABANDONED, reason=reason)


def _deliver(workspace: Workspace, session: Session, identity: CertificateId, key_path: str | None) -> Settlement:
    """Put the files of a certificate on record in place; a failure is told and tried again next time."""
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, identity)
        authority = authorities.get(snapshot, subject.authority_id)
        der = certificates.der(snapshot, subject.id)
    try:
        if subject.destination is not None:
            certificate = export.pem(der)
            chain = export.pem(authority.certificate)
            layout.deliver(Path(subject.destination), subject.server, key_path, certificate, chain, certificate + chain)
    except CertmgrError as problem:
        return Settlement(certificate=subject, outcome=Settled.FAILED, reason=_words(problem))
    with workspace.store().write(session.actor) as tx:
        certificates.set_delivered(tx, [subject.id])
    return Settlement(certificate=subject, outcome=Settled.DELIVERED)
