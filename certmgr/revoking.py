"""The acts of a revocation inside one transaction: asked for, decided, carried out (R1.6, R6.1, R6.2, N2, N10).

Operations, renewal, acceptance and observation share these. Each act opens, meets or voids the promises that go with it
and journals itself; nobody here asks who may do it, signs or publishes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from certmgr import evidence as evidence_rules
from certmgr import lifecycle
from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.config import Config
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.models.certificates import Certificate, CertificateId, Stage
from certmgr.models.revocations import (
    Cause,
    ClosedHow,
    CrlEntry,
    HoldEnd,
    HoldTerms,
    Reason,
    RequestState,
    Revocation,
    RevocationId,
)
from certmgr.pki import crl
from certmgr.records import dataclass
from certmgr.store import certificates, commitments, crls, keys, revocations

if TYPE_CHECKING:
    from certmgr.models.journal import JSON
    from certmgr.store.connection import Snapshot, Transaction

INCIDENTS: Final = frozenset({Cause.KEY_COMPROMISE, Cause.CA_COMPROMISE})
"""What is reported within 24 hours (N10)."""
USUAL_HOLD: Final = timedelta(days=30)
"""For a hold that was asked for before holds had a date."""
END_WITHIN: Final = timedelta(hours=24)
"""From the date of a hold whose end was decided with it until that is done, as for a verified request (R6.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Why a revocation is asked for, by whom, and what it rests on."""

    cause: Cause
    by: str
    """The slot."""
    note: str = ""
    evidence: str = ""
    compromised_since: datetime | None = None
    proved: bool = False
    """Whether a proof that the key is held comes with it."""
    hold: HoldTerms | None = None
    """With the cause suspended; None: the configured time, then a person decides."""


def check(snapshot: "Snapshot", certificate: Certificate, asked: Asked, *, now: datetime) -> tuple[Finding, ...]:
    """Return every reason against the request: an open one, the certificate's state, the cause, missing evidence.

    An open request does not stand in the way of a compromised key's (R1.6), nor one that waits in that of its proof.
    """
    findings = []
    compromised = asked.cause is Cause.KEY_COMPROMISE
    proves = asked.proved and bool(to_prove(snapshot, certificate))
    if not proves and _is_asked_for(snapshot, certificate, asked.cause if compromised else None):
        message = f"A revocation request for {certificate.server} (serial {certificate.serial}) is open already."
        findings.append(Finding(code=Code.REVOCATION_TWICE, field="state", message=message))
    action = lifecycle.Action.HOLD if asked.cause is Cause.SUSPENDED else lifecycle.Action.REVOKE
    findings += lifecycle.check_transition(certificate, action, now=now, cause=asked.cause)
    findings += evidence_rules.check(
        asked.cause, asked.evidence, since_known=asked.compromised_since is not None, proved=asked.proved
    )
    if asked.compromised_since is not None and asked.compromised_since > now:
        message = f"The key would be compromised since {asked.compromised_since:%Y-%m-%d %H:%M} UTC, which is to come."
        findings.append(Finding(code=Code.REVOCATION_SINCE, field="compromised-since", message=message))
    return tuple(findings)


def to_prove(snapshot: "Snapshot", certificate: Certificate) -> tuple[Revocation, ...]:
    """Return the undecided requests for the certificate's compromised key that a proof of possession decides.

    A set with certificates of other keys, of which the proof says nothing, is not among them.
    """
    for one in revocations.for_certificate(snapshot, certificate.id):
        if one.cause is Cause.KEY_COMPROMISE and one.state is RequestState.RECEIVED:
            found = together(snapshot, one.id)
            subjects = [certificates.get(snapshot, it.certificate_id) for it in found if it.certificate_id is not None]
            if all(it.spki_sha256 == certificate.spki_sha256 for it in subjects):
                return found
    return ()


def check_hold(hold: HoldTerms | None, config: Config, *, now: datetime) -> tuple[Finding, ...]:
    """Return what is wrong with the date by which a hold is decided: it is past, or later than configured (N2)."""
    if hold is None:
        return ()
    findings = []
    # The last day counts whole, as a date on the command line does.
    latest = lifecycle.day_start((now + config.revocation.hold).astimezone(config.zone).date(), 1, config.zone)
    if hold.until <= now:
        message = f"The hold would end at {hold.until:%Y-%m-%d %H:%M} UTC, which is past."
        findings.append(Finding(code=Code.HOLD_DATE, field="until", message=message))
    if hold.until > latest:
        message = f"A hold is decided by {latest:%Y-%m-%d %H:%M} UTC at the latest (revocation.hold)."
        findings.append(Finding(code=Code.HOLD_DATE, field="until", message=message))
    if hold.cause is not None and hold.cause in {Cause.SUSPENDED, Cause.CA_COMPROMISE, Cause.KEY_COMPROMISE}:
        message = f"A hold does not become a revocation for {hold.cause} by itself."
        findings.append(Finding(code=Code.CAUSE_REFUSED, field="then", message=message, value=hold.cause.value))
    return tuple(findings)


def refuse(findings: Sequence[Finding]) -> None:
    """Raise what `check` found, all of it: UsageError for a cause that does not fit, else RefusedError."""
    if not findings:
        return
    codes = {item.code for item in findings}
    error = UsageError if Code.CAUSE_REFUSED in codes else RefusedError
    hint = "See `certmgr revocation list`." if Code.REVOCATION_TWICE in codes else None
    if Code.EVIDENCE_MISSING in codes:
        hint = "Add --evidence TEXT; docs/revocation.md says what each cause needs."
    code = findings[0].code if findings[0].code in {Code.REVOCATION_TWICE, Code.EVIDENCE_MISSING} else None
    raise error(findings[0].message, hint=hint, findings=findings, code=code)


def closure(snapshot: "Snapshot", certificate: Certificate, cause: Cause) -> list[Certificate]:
    """Return the certificate, and with a compromised key every other one of that key not yet revoked for it."""
    if cause is not Cause.KEY_COMPROMISE:
        return [certificate]
    others = [
        one
        for one in certificates.by_spki(snapshot, certificate.spki_sha256)
        if one.id != certificate.id and one.stage is Stage.ISSUED and one.cause != Cause.KEY_COMPROMISE
    ]
    return [certificate, *(one for one in others if not _is_asked_for(snapshot, one, Cause.KEY_COMPROMISE))]


def _is_asked_for(snapshot: "Snapshot", certificate: Certificate, cause: Cause | None) -> bool:
    """Tell whether a request about the certificate is not carried out yet; with a cause, one for that."""
    return any(
        one.state in {RequestState.RECEIVED, RequestState.VERIFIED} and cause in {None, one.cause}
        for one in revocations.for_certificate(snapshot, certificate.id)
    )


def line_of(snapshot: "Snapshot", among: Sequence[Certificate], *, now: datetime) -> tuple[Certificate, ...]:
    """Return the predecessors and successors of `among` with other keys that could still be revoked (R1.6, R9.1)."""
    known = {one.id for one in among}
    found: dict[CertificateId, Certificate] = {}
    for start in among:
        for one in certificates.line(snapshot, start.id):
            if one.id not in known and not lifecycle.check_transition(
                one, lifecycle.Action.REVOKE, now=now, cause=Cause.NO_LONGER_NEEDED
            ):
                found[one.id] = one
    return tuple(found.values())


def open_request(  # noqa: PLR0913, PLR0917 - the facts of a request
    tx: "Transaction",
    config: Config,
    certificate: CertificateId,
    cause: Cause,
    requested_by: str,
    note: str = "",
    evidence: str = "",
    hold: HoldTerms | None = None,
) -> RevocationId:
    """Record a request about one certificate, in state received, and start its clocks.

    Raises UsageError or RefusedError with every reason against it. With a compromised key, see `open_set`.
    """
    asked = Asked(cause=cause, by=requested_by, note=note, evidence=evidence, hold=hold)
    subject = certificates.get(tx, certificate)
    refuse(check(tx, subject, asked, now=tx.now))
    (identity,) = open_set(tx, config, [subject], asked)
    return identity


def open_verified(  # noqa: PLR0913, PLR0917 - the facts of a request
    tx: "Transaction",
    config: Config,
    certificate: CertificateId,
    cause: Cause,
    by: str,
    how: str,
    evidence: str = "",
) -> RevocationId:
    """Record a request that is decided already, as verified by `by`; `how` says by what, and is the evidence.

    What follows is `carry_out` and a publication; where they do not come, `certmgr check` does both. Raises as
    `open_request` does.
    """
    identity = open_request(tx, config, certificate, cause, by, evidence=evidence or how)
    verify(tx, config, [identity], by=by, how=how)
    return identity


def open_set(  # noqa: PLR0913 - the facts of a request
    tx: "Transaction",
    config: Config,
    subjects: Sequence[Certificate],
    asked: Asked,
    *,
    confirmed: bool = False,
    group: RevocationId | None = None,
) -> tuple[RevocationId, ...]:
    """Record one request for each of `subjects`, to be decided together, and start their clocks; asks nothing.

    `confirmed`: somebody typed the name of the first one. `group`: the first request of a set that these join.
    """
    ids: list[RevocationId] = []
    joined = group is not None
    hold = None
    if asked.cause is Cause.SUSPENDED:
        hold = asked.hold or HoldTerms(until=tx.now + config.revocation.hold)
    for subject in subjects:
        identity = revocations.add(
            tx,
            certificate_id=subject.id,
            authority_id=subject.authority_id,
            cause=asked.cause,
            note=asked.note,
            evidence=asked.evidence.strip(),
            requested_by=asked.by,
            verify_due_at=tx.now + config.revocation.verify_within,
            compromised_since=asked.compromised_since,
            group=group,
            hold=hold,
        )
        group = group or identity
        about = f"revocation:{identity}"
        commitments.open_one(
            tx, Kind.ACKNOWLEDGE_REVOCATION, about, due_at=tx.now + config.revocation.acknowledge_within
        )
        commitments.open_one(tx, Kind.VERIFY_REVOCATION, about, due_at=tx.now + config.revocation.verify_within)
        ids.append(identity)
        data: dict[str, JSON] = {"certificate": int(subject.id), "cause": str(asked.cause)}
        data["confirmed"] = confirmed and len(ids) == 1
        if joined or len(subjects) > 1:
            data["group"] = int(group)
        tx.record("revocation.requested", about, data)
    if len(ids) > 1 and not joined:
        revocations.set_group(tx, ids[0], ids[0])
    return tuple(ids)


def together(snapshot: "Snapshot", revocation: RevocationId) -> tuple[Revocation, ...]:
    """Return the requests that are decided with this one, the first of the set first; alone, this one.

    Raises NotFoundError.
    """
    found = revocations.get(snapshot, revocation)
    return (found,) if found.group_id is None else revocations.of_group(snapshot, found.group_id)


def require_undecided(found: Sequence[Revocation]) -> None:
    """Raise RefusedError where one of the requests is decided already: a decision is not taken twice."""
    findings = [
        Finding(
            code=Code.REVOCATION_STATE,
            field="state",
            value=one.state.value,
            message=f"The revocation request {one.id} is {_words(one)} already.",
        )
        for one in found
        if one.state is not RequestState.RECEIVED
    ]
    if findings:
        raise RefusedError(
            findings[0].message,
            hint=f"See `certmgr revocation show {found[0].id}`.",
            findings=findings,
            code=Code.REVOCATION_STATE,
        )


def _words(one: Revocation) -> str:
    if one.state is RequestState.CLOSED and one.closed_how is not None:
        return one.closed_how.value
    return one.state.value


def acknowledge(tx: "Transaction", ids: Sequence[RevocationId]) -> None:
    """Record that somebody has seen the requests; one that was acknowledged before is passed over."""
    for identity in ids:
        if revocations.get(tx, identity).acknowledged_at is None:
            revocations.set_acknowledged(tx, identity)
            commitments.meet_all(tx, Kind.ACKNOWLEDGE_REVOCATION, f"revocation:{identity}")
            tx.record("revocation.acknowledged", f"revocation:{identity}", {"by": tx.actor.name})


def verify(tx: "Transaction", config: Config, ids: Sequence[RevocationId], *, by: str, how: str) -> None:
    """Record that the requests are genuine, and start the clock of their publication (R6.1).

    A compromised key opens an incident for the set, to be reported in time (N10).
    """
    for identity in ids:
        about = f"revocation:{identity}"
        found = revocations.get(tx, identity)
        revocations.set_verified(tx, identity, by=by, due_at=tx.now + config.revocation.publish_within, how=how)
        commitments.meet_all(tx, Kind.ACKNOWLEDGE_REVOCATION, about)
        commitments.meet_all(tx, Kind.VERIFY_REVOCATION, about)
        commitments.open_one(tx, Kind.PUBLISH_REVOCATION, about, due_at=tx.now + config.revocation.publish_within)
        incident = found.cause in INCIDENTS and found.group_id in {None, identity}
        if incident:
            commitments.open_one(tx, Kind.REPORT_INCIDENT, about, due_at=tx.now + config.revocation.report_within)
        tx.record("revocation.verified", about, {"by": by} | ({"incident": True} if incident else {}))


def close(tx: "Transaction", ids: Sequence[RevocationId], *, by: str, how: ClosedHow, reason: str) -> None:
    """Record that the requests are withdrawn or rejected; what was promised about them is void."""
    for identity in ids:
        about = f"revocation:{identity}"
        revocations.set_closed(tx, identity, by=by, how=how, reason=reason)
        if how is ClosedHow.REJECTED:
            # Whoever rejects a request has seen it.
            commitments.meet_all(tx, Kind.ACKNOWLEDGE_REVOCATION, about)
        commitments.void_all(tx, Kind.ACKNOWLEDGE_REVOCATION, about)
        commitments.void_all(tx, Kind.VERIFY_REVOCATION, about)
        tx.record(f"revocation.{how}", about, {"by": by})


def carry_out(tx: "Transaction", revocation: RevocationId) -> bool:
    """Revoke or hold what a verified request names; the next CRL carries it. False: it is not to be carried out.

    Marks the certificate, puts its entry on the next CRL and blocks a compromised key (R1.6), in one transaction. A
    certificate that was revoked meanwhile keeps its entry, unless its key turned out to be compromised (DETAILS 28).
    """
    found = revocations.get(tx, revocation)
    if found.state is not RequestState.VERIFIED:
        return False
    if found.certificate_id is None:
        raise AssertionError(found.id)
    subject = certificates.get(tx, found.certificate_id)
    at = tx.now.replace(microsecond=0)
    upgrade = found.cause is Cause.KEY_COMPROMISE and subject.cause != Cause.KEY_COMPROMISE.value
    if subject.revoked_at is not None and not upgrade:
        revocations.set_revoked(tx, found.id, at)
        tx.record("revocation.needless", f"revocation:{found.id}", {"certificate": int(subject.id)})
        return True
    _put_on_crl(tx, found, subject, at)
    revocations.set_revoked(tx, found.id, at)
    reason = lifecycle.REASONS[found.cause]
    tx.record(
        "certificate.held" if reason is Reason.CERTIFICATE_HOLD else "certificate.revoked",
        f"certificate:{subject.id}",
        {"serial": str(subject.serial), "cause": str(found.cause), "reason": int(reason), "revocation": int(found.id)},
    )
    if found.cause is Cause.KEY_COMPROMISE:
        keys.block(tx, subject.spki_sha256, found.cause)
        tx.record("key.blocked", f"certificate:{subject.id}", {"spki_sha256": subject.spki_sha256})
    return True


def _put_on_crl(tx: "Transaction", request: Revocation, subject: Certificate, at: datetime) -> None:
    reason = lifecycle.REASONS[request.cause]
    about = f"certificate:{subject.id}"
    # A revoked certificate that turns out compromised keeps its date and changes its reason (DETAILS 28).
    entry = CrlEntry(
        serial=subject.serial,
        revoked_at=subject.revoked_at or at,
        reason=reason,
        invalidity_date=request.compromised_since,
    )
    if reason is Reason.CERTIFICATE_HOLD:
        until = request.hold_until or tx.now + USUAL_HOLD
        certificates.set_held(tx, subject.id, at, until=until)
        # What was decided with the hold is done by a check after its date, and not on the minute.
        by = until if request.hold_then is HoldEnd.ASK else until + END_WITHIN
        commitments.open_one(tx, Kind.DECIDE_HOLD, about, due_at=by)
    else:
        certificates.set_revoked(tx, subject.id, entry.revoked_at, request.cause)
        commitments.meet_all(tx, Kind.DECIDE_HOLD, about)
        commitments.void_all(tx, Kind.RELEASE_HOLD, about)
    if subject.not_after >= tx.now or subject.revoked_at is not None:
        crls.put_entry(
            tx,
            subject.authority_id,
            subject.serial,
            crl.entry_der(entry),
            revoked_at=entry.revoked_at,
            not_after=subject.not_after,
        )
