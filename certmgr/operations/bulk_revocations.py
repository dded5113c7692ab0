"""Revocation requests for many certificates at once: by filter, owner, issuer, profile, or a list of serials (R1.6).

All of them are decided together. They are recorded in durable batches; a run that was cut off and is repeated passes
over what is recorded already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from certmgr import evidence as evidence_rules
from certmgr import revocation_steps as steps
from certmgr import revoking
from certmgr.codes import Code
from certmgr.errors import Finding, NotFoundError, UsageError
from certmgr.filters import Field, Filter, HasFact, Term, parse_filter
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.operators import Permission
from certmgr.models.revocations import Revocation, RevocationId
from certmgr.models.serials import parse_serial
from certmgr.records import dataclass
from certmgr.store import certificates, chosen, listing, revocations
from certmgr.store.connection import Snapshot
from certmgr.workspace import Session, Workspace, journalled_refusal

_SUBJECT: Final = "request:0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which certificates are meant; all that is given has to hold."""

    filter_text: str = ""
    ids: tuple[CertificateId, ...] | None = None
    """Just these, as somebody marked them; None: no list was given."""
    serials: tuple[str, ...] | None = None
    """In any form; None: no list was given."""
    owner: str | None = None
    issuer: str | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a selection comes to."""

    certificates: tuple[Certificate, ...]
    """Those for which a request would be recorded, soonest expiry first."""
    passed_over: tuple[tuple[Certificate, str], ...]
    """Those for which it would not, each with its reason: revoked, expired, asked for already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a revocation of many has come; each one is told after what it tells of is on record."""

    requested: int
    revoked: int
    total: int
    outcome: steps.Revoked | None = None
    """With the last: what came of it."""


def find(workspace: Workspace, selection: Selection, asked: revoking.Asked) -> Found:
    """Return what `request` would record, and what it would pass over; changes nothing.

    Raises UsageError for a filter or serial that cannot be read, NotFoundError for serials that no certificate has, or
    where nothing is selected, RefusedError where the evidence is missing.
    """
    with workspace.store().read() as snapshot:
        return _found(snapshot, workspace, selection, asked)


def request(
    workspace: Workspace, session: Session, selection: Selection, asked: revoking.Asked, *, confirm: int
) -> tuple[Revocation, ...]:
    """Record a request by the session's actor for each certificate of the selection, to be decided together.

    Their clocks start. `confirm` is the number of certificates, as a rehearsal told it. Raises UsageError for another
    number, and as `find`.
    """
    ids: list[RevocationId] = []
    for batch, _ in _request(workspace, session, selection, asked, confirm=confirm):
        ids += batch
    with workspace.store().read() as snapshot:
        return tuple(revocations.get(snapshot, one) for one in ids)


def revoke(
    workspace: Workspace, session: Session, selection: Selection, asked: revoking.Asked, *, confirm: int
) -> Iterator[Progress]:
    """Request, verify, carry out and publish the revocation of a selection, as far as the actor may go.

    Told after each batch, and with its outcome at the end; a run that is cut off leaves requests that one decision
    finishes. A failed publication is told in the outcome, not raised. Raises as `request`.
    """
    ids: list[RevocationId] = []
    total = 0
    for batch, total in _request(workspace, session, selection, asked, confirm=confirm):
        ids += batch
        yield Progress(requested=len(ids), revoked=0, total=total)
    if not ids:
        raise NotFoundError(
            "No certificate of the selection can be revoked.", hint="Somebody else was faster; look at the list."
        )
    if not session.allows(Permission.VERIFY_REVOCATION):
        outcome = steps.answer(workspace, ids, None, "the requests wait for a person to verify them")
        yield Progress(requested=len(ids), revoked=0, total=total, outcome=outcome)
        return
    steps.verify(workspace, session, ids[0], how=steps.PERSON)
    for start in range(0, len(ids), steps.BATCH):
        steps.carry_out(workspace, session, ids[start : start + steps.BATCH])
        yield Progress(requested=len(ids), revoked=min(start + steps.BATCH, len(ids)), total=total)
    outcome = steps.finish(workspace, session, ids)
    yield Progress(requested=len(ids), revoked=len(ids), total=total, outcome=outcome)


def _request(
    workspace: Workspace, session: Session, selection: Selection, asked: revoking.Asked, *, confirm: int
) -> Iterator[tuple[tuple[RevocationId, ...], int]]:
    """Record the requests in durable batches; yield the numbers of each, and of how many certificates it is one."""
    session.require(Permission.REQUEST_REVOCATION)
    asked = replace(asked, by=session.actor.name)
    first: RevocationId | None = None
    with journalled_refusal(workspace, session, steps.REFUSED, _SUBJECT):
        subjects = find(workspace, selection, asked).certificates
        if confirm != len(subjects):
            message = f"{len(subjects)} certificates would be revoked, and {confirm} is confirmed."
            raise UsageError(
                message,
                hint=f"Look at the list without --carry-out; then add --confirm {len(subjects)}.",
                findings=[Finding(code=Code.BULK_COUNT, field="confirm", message=message, value=str(confirm))],
                code=Code.BULK_COUNT,
            )
    for start in range(0, len(subjects), steps.BATCH):
        with workspace.store().write(session.actor) as tx:
            batch = [certificates.get(tx, one.id) for one in subjects[start : start + steps.BATCH]]
            # Read again: others write between the batches.
            still = [one for one in batch if not revoking.check(tx, one, asked, now=tx.now)]
            opened = revoking.open_set(tx, workspace.config, still, asked, group=first)
        first = first or (opened[0] if opened else None)
        yield opened, len(subjects)


def _found(snapshot: Snapshot, workspace: Workspace, selection: Selection, asked: revoking.Asked) -> Found:
    now = workspace.now()
    revoking.refuse(
        (
            *evidence_rules.check(asked.cause, asked.evidence, since_known=asked.compromised_since is not None),
            *revoking.check_hold(asked.hold, workspace.config, now=now),
        )
    )
    selected = _selected(snapshot, workspace, selection)
    found: dict[CertificateId, Certificate] = {}
    passed_over = []
    for one in selected:
        findings = revoking.check(snapshot, one, asked, now=now)
        if any(item.code is Code.CAUSE_REFUSED for item in findings):
            revoking.refuse(findings)
        if findings:
            passed_over.append((one, findings[0].message))
            continue
        found |= {each.id: each for each in revoking.closure(snapshot, one, asked.cause)}
    if not found:
        raise NotFoundError(
            "No certificate of the selection can be revoked." if selected else "No certificate is selected.",
            hint="Try the filter with `certmgr list`.",
        )
    return Found(certificates=tuple(found.values()), passed_over=tuple(passed_over))


def _selected(snapshot: Snapshot, workspace: Workspace, selection: Selection) -> list[Certificate]:
    terms: list[Term] = list(parse_filter(selection.filter_text).terms)
    pairs = ((Field.OWNER, selection.owner), (Field.AUTHORITY, selection.issuer), (Field.PROFILE, selection.profile))
    for field, value in pairs:
        if value is not None:
            terms.append(HasFact(field=field, values=(value if field is Field.OWNER else value.lower(),)))
    if not terms and selection.serials is None and selection.ids is None:
        raise UsageError("Nothing is selected.", hint="Give a filter, serials, an owner, an issuer or a profile.")
    found = None if selection.ids is None else list(chosen.by_ids(snapshot, selection.ids))
    if terms or (selection.serials is None and selection.ids is None):
        wanted = Filter(terms=tuple(terms))
        found = list(listing.iterate(snapshot, wanted, now=workspace.now(), zone=workspace.zone))
    if selection.serials is None:
        return found or []
    listed = _by_serial(snapshot, selection.serials)
    if found is None:
        return listed
    known = {one.id for one in found}
    return [one for one in listed if one.id in known]


def _by_serial(snapshot: Snapshot, texts: Sequence[str]) -> list[Certificate]:
    """Return the certificates of a list of serials; raises with every line that is none, or that nothing has."""
    unread, unknown = [], []
    found: dict[CertificateId, Certificate] = {}
    for text in texts:
        try:
            serial = parse_serial(text)
        except UsageError as problem:
            unread.append(Finding(code=Code.USAGE, field="serials", message=problem.message, value=text[:80]))
            continue
        those = certificates.by_serial(snapshot, serial)
        found |= {one.id: one for one in those}
        if not those:
            message = f"No certificate has the serial number {serial}."
            unknown.append(Finding(code=Code.NOT_FOUND, field="serials", message=message, value=serial))
    if unread:
        raise UsageError(f"{len(unread)} lines are no serial numbers.", findings=[*unread, *unknown])
    if unknown:
        raise NotFoundError(f"{len(unknown)} serial numbers are of no certificate here.", findings=unknown)
    return list(found.values())
