"""A compromised key: reported with a proof that the key is held, and the incident told to who must know (R1.6, N10).

Whoever holds the private key of a certificate has shown with it that the report is true, so that no person needs to
vouch for it: such a request is verified at once, for anybody who may ask.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from certmgr import revocation_steps as steps
from certmgr import revoking
from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, NotFoundError, RefusedError, UsageError
from certmgr.models.certificates import Certificate, CertificateId, Stage
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, Revocation, RevocationId
from certmgr.pki import inspect, possession
from certmgr.records import dataclass
from certmgr.store import certificates, commitments, journal, revocations
from certmgr.store.connection import Snapshot
from certmgr.workspace import Session, Workspace, journalled_refusal

VALID_DAYS: Final = 3
"""A signature over a challenge is taken on its own day (UTC) and the two after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What is to be signed with the certificate's key."""

    certificate: Certificate
    text: str
    """ASCII, signed as it is, the last line feed included."""
    until: datetime
    """A signature over it is taken before this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What shows that somebody holds the key: a signature over the challenge, or the key itself. One of the two."""

    signature: bytes | None = None
    private_key: Secret | None = None
    """PEM or DER; it is compared and forgotten."""


def challenge(workspace: Workspace, certificate: CertificateId) -> Challenge:
    """Return today's challenge of the certificate; changes nothing. Raises NotFoundError, also while it is pending."""
    today = workspace.now().astimezone(UTC).date()
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        if subject.stage is not Stage.ISSUED:
            raise NotFoundError(f"The certificate {subject.serial} of {subject.server} has not been issued.")
        text = _text(snapshot, subject, today)
    end = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=VALID_DAYS)
    return Challenge(certificate=subject, text=text, until=end)


def _text(snapshot: Snapshot, subject: Certificate, day: date) -> str:
    """Return the challenge of a day: derived from the journal entry of the certificate's intent, which stays here."""
    entries = journal.for_objects(snapshot, f"certificate:{subject.id}")
    fingerprint = subject.sha256 or ""
    nonce = possession.nonce_of(entries[0].hash, fingerprint, day)
    return possession.challenge_text(serial=subject.serial, certificate_sha256=fingerprint, nonce=nonce, day=day)


def report(  # noqa: PLR0913 - the facts of a report, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    confirm: str,
    proof: Proof,
    note: str = "",
    evidence: str = "",
    compromised_since: datetime | None = None,
    also_line: bool = False,
) -> steps.Revoked:
    """Record a report of a compromised key that the proof verifies at once, and carry it out as far as the actor may.

    Every certificate of that key goes with it, and a report of it that waits for a person is verified with it. With
    `also_line` its predecessors and successors with other keys, which the proof says nothing about, are asked for as a
    set of their own that waits for a person. Raises UsageError for what is no key, RefusedError with every reason: a
    proof that does not hold, a state that does not allow it.
    """
    session.require(Permission.REQUEST_REVOCATION)
    given = _given(proof)
    asked = revoking.Asked(
        cause=Cause.KEY_COMPROMISE,
        by=session.actor.name,
        note=note,
        evidence=evidence,
        compromised_since=compromised_since,
        proved=True,
    )
    with (
        journalled_refusal(workspace, session, steps.REFUSED, f"certificate:{certificate}"),
        workspace.store().write(session.actor) as tx,
    ):
        subject = certificates.get(tx, certificate)
        steps.require_name(subject, confirm)
        day = workspace.now().astimezone(UTC).date()
        found = steps.subjects_of(tx, workspace, subject, asked, more=_check(tx, subject, proof, given, day))
        waiting = revoking.to_prove(tx, subject)
        if waiting:
            # It was reported before without a proof: that report is verified, and what has come since goes with it.
            found = [one for one in found if one.id != subject.id]
        ids = [one.id for one in waiting]
        ids += revoking.open_set(tx, workspace.config, found, asked, confirmed=not waiting)
        revoking.verify(tx, workspace.config, ids, by=session.actor.name, how=steps.POSSESSION)
        found += [certificates.get(tx, one.certificate_id) for one in waiting if one.certificate_id is not None]
        line = revoking.line_of(tx, found, now=tx.now) if also_line else ()
        if line:
            words = f"In one line with {subject.serial}, whose key was shown to be compromised. {evidence}".strip()
            asked = revoking.Asked(cause=Cause.KEY_COMPROMISE, by=session.actor.name, note=note, evidence=words)
            revoking.open_set(tx, workspace.config, line, asked)
    if not session.allows(Permission.CARRY_OUT_REVOCATION):
        return steps.answer(workspace, ids, None, "the next check carries it out")
    return steps.finish(workspace, session, ids)


def _given(proof: Proof) -> str | None:
    """Return the SPKI hash of the private key that was given; None: a signature was. Raises UsageError for neither."""
    if (proof.signature is None) == (proof.private_key is None):
        raise UsageError("A proof is a signature over the challenge or the private key, one of the two.")
    if proof.private_key is None:
        return None
    return possession.key_of(proof.private_key.reveal())


def _check(
    snapshot: Snapshot, subject: Certificate, proof: Proof, given: str | None, today: date
) -> tuple[Finding, ...]:
    """Return why the proof does not show that the certificate's key is held; nothing where it does."""
    if given is not None:
        if given == subject.spki_sha256:
            return ()
        message = f"The private key is not that of the certificate {subject.serial}."
        return (Finding(code=Code.POSSESSION_REFUSED, field="private-key", message=message),)
    if subject.stage is Stage.ISSUED and proof.signature is not None:
        spki = inspect.certificate_facts(certificates.der(snapshot, subject.id)).spki
        for back in range(VALID_DAYS):
            if possession.is_signed(spki, _text(snapshot, subject, today - timedelta(days=back)), proof.signature):
                return ()
    message = (
        f"The proof is not a signature by the key of the certificate {subject.serial} over a challenge of the last "
        f"{VALID_DAYS} days."
    )
    return (Finding(code=Code.POSSESSION_REFUSED, field="proof", message=message),)


def report_incident(workspace: Workspace, session: Session, revocation: RevocationId, *, to: str) -> Revocation:
    """Record that the incident of a compromised key was reported, and to whom; its 24 hours end (N10).

    Any request of the set will do. Raises NotFoundError, UsageError without a recipient, RefusedError where there is
    no incident, or it was reported before.
    """
    session.require(Permission.VERIFY_REVOCATION)
    if not to.strip():
        raise UsageError("A report has a recipient.", hint="Add --to NAME.")
    with (
        journalled_refusal(workspace, session, "incident.refused", f"revocation:{revocation}"),
        workspace.store().write(session.actor) as tx,
    ):
        first = _incident(tx, revocation)
        revocations.set_reported(tx, first.id, to.strip())
        commitments.meet_all(tx, Kind.REPORT_INCIDENT, f"revocation:{first.id}")
        tx.record("incident.reported", f"revocation:{first.id}", {"by": session.actor.name})
        return revocations.get(tx, first.id)


def rehearse_incident(workspace: Workspace, revocation: RevocationId) -> Revocation:
    """Return the request whose incident `report_incident` would report; records nothing. Raises as it does."""
    with workspace.store().read() as snapshot:
        return _incident(snapshot, revocation)


def _incident(snapshot: Snapshot, revocation: RevocationId) -> Revocation:
    first = revoking.together(snapshot, revocation)[0]
    message = None
    if first.cause not in revoking.INCIDENTS or first.verified_at is None:
        message = f"The revocation request {revocation} is no verified compromise of a key, so there is no incident."
    elif first.reported_at is not None:
        message = f"The incident of request {first.id} was reported on {first.reported_at:%Y-%m-%d %H:%M} UTC."
    if message is not None:
        raise RefusedError(
            message,
            hint=f"See `certmgr revocation show {first.id}`.",
            findings=[Finding(code=Code.REVOCATION_STATE, field="state", message=message)],
            code=Code.REVOCATION_STATE,
        )
    return first
