"""A restored home is compared with the published CRLs, so that nothing that was revoked comes back (N3, R1.7).

A backup does not know what happened after it. What relying parties were told since is on the CRLs: their numbers, and
the serials that were revoked, some of them of certificates that this home has never heard of.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import lifecycle
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, Severity, UsageError
from certmgr.locations import crl_file, fetch_urls
from certmgr.models.authorities import Authority, AuthorityStatus
from certmgr.models.certificates import Certificate
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, CrlEntry, CrlFacts, Reason
from certmgr.models.serials import Serial
from certmgr.models.steps import Step
from certmgr.net import fetch, published
from certmgr.pki import crl, inspect
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, crls, keys, meta, restoring
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction

CAUSES = {
    reason: next(cause for cause, mapped in lifecycle.REASONS.items() if mapped is reason)
    for reason in set(lifecycle.REASONS.values()) - {Reason.CERTIFICATE_HOLD, Reason.SUPERSEDED}
} | {Reason.SUPERSEDED: Cause.KEY_REPLACED}
"""What a revocation whose request is lost is recorded as: the first cause of its reason; the CRL tells no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What came of comparing one CA with its published CRL."""

    authority: str
    own_number: int
    """The last CRL number on record; 0: none."""
    published_number: int | None
    """The highest number found outside; None: no CRL of this CA was found."""
    brought_back: tuple[Certificate, ...]
    """Certificates on record that were revoked or held after the backup, and are so again."""
    unknown: tuple[Serial, ...]
    """Revoked serials of certificates that were issued after the backup; the next CRL carries them, too."""
    findings: tuple[Finding, ...]
    """What needs a person."""


def reconcile(
    workspace: Workspace, session: Session, *, given: Sequence[bytes] = (), without_crl: bool = False
) -> tuple[Reconciled, ...]:
    """Take over what the published CRLs say, CA by CA, and let the home sign CRLs again; return what was found.

    The CRLs come from the published folder, from every distribution point, and from `given` (DER). A CA of which none
    is found keeps the home closed, unless `without_crl` says that there is none to be had. Raises UsageError for a
    given CRL that no CA here has signed.
    """
    session.require(Permission.ADMINISTER)
    found = survey(workspace, given=given)
    for one, head in found:
        if head is not None and head.number > one.own_number:
            with workspace.store().write(session.actor) as tx:
                _take_over(tx, authorities.by_slug(tx, one.authority), head, one)
    missing = [one.authority for one, head in found if head is None]
    if missing and not without_crl:
        return tuple(one for one, _ in found)
    with workspace.store().write(session.actor) as tx:
        meta.clear(tx, meta.RESTORED)
        numbers = {one.authority: one.published_number for one, _ in found}
        tx.record("store.reconciled", "store:1", {"published": {**numbers}, "without": [*missing]})
    return tuple(one for one, _ in found)


def survey(workspace: Workspace, *, given: Sequence[bytes] = ()) -> list[tuple[Reconciled, "_Head | None"]]:
    """Return what the newest published CRL of each CA that signs here says and the record does not. Changes nothing."""
    with workspace.store().read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.has_key and one.status is not AuthorityStatus.PENDING]
    _refuse_strangers(given, every)
    found = []
    for authority in every:
        head, problems = _newest(workspace, authority, given)
        with workspace.store().read() as snapshot:
            found.append((_compare(snapshot, authority, head, problems), head))
    return found


def due(workspace: Workspace, session: Session) -> Iterator[Step]:  # noqa: ARG001 - what every noun gives `check`
    """Yield what `pending` does: nothing of it is done without a person."""
    yield from pending(workspace)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield that the home was restored and waits for `reconcile`: a person's step, which nothing does by itself."""
    with workspace.store().read() as snapshot:
        made_at = meta.get(snapshot, meta.RESTORED)
    if made_at is not None:
        yield Step(
            what=f"This home was restored from a backup of {made_at[:16]} and signs no CRL until"
            " `certmgr restore reconcile` has compared it with the published ones.",
            done=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """A published CRL whose signature holds."""

    number: int
    der: bytes
    facts: CrlFacts


def _refuse_strangers(given: Sequence[bytes], every: Sequence[Authority]) -> None:
    for position, der in enumerate(given, 1):
        if not any(crl.verify_crl(der, one.certificate) for one in every):
            raise UsageError(f"CRL {position} of those given is signed by no CA of this home.", code=Code.CRL_SIGNATURE)


def _newest(workspace: Workspace, authority: Authority, given: Sequence[bytes]) -> tuple[_Head | None, list[Finding]]:
    """Return the CRL with the highest number that can be found, and why places had none."""
    found: list[bytes] = [der for der in given if crl.verify_crl(der, authority.certificate)]
    problems = []
    if (folder := workspace.config.publish.directory) is not None:
        try:
            der = published.read_published(Path(folder), crl_file(authority.slug))
        except CertmgrError as problem:
            problems.append(_doubt(Code.RESTORE_NO_CRL, problem.message, authority.slug))
        else:
            found += [der] if der is not None and crl.verify_crl(der, authority.certificate) else []
    for url in fetch_urls(workspace.config.publish, authority.slug):
        try:
            der = fetch.fetch(url)
        except CertmgrError as problem:
            problems.append(_doubt(Code.RESTORE_NO_CRL, problem.message, authority.slug))
            continue
        if crl.verify_crl(der, authority.certificate):
            found.append(der)
        else:
            message = f"{url} serves a CRL that {authority.slug} did not sign."
            problems.append(_doubt(Code.CRL_SIGNATURE, message, authority.slug))
    heads = [_Head(number=crl.read_number(der), der=der, facts=crl.read_crl(der)) for der in found]
    return max(heads, key=lambda one: one.number, default=None), problems


def _compare(snapshot: "Snapshot", authority: Authority, head: _Head | None, problems: Sequence[Finding]) -> Reconciled:
    latest = crls.latest(snapshot, authority.id)
    own = latest.number if latest else 0
    findings = list(problems)
    back: list[Certificate] = []
    unknown: list[Serial] = []
    if head is None:
        message = f"No published CRL of {authority.slug} was found; give one with --crl FILE."
        findings.append(_doubt(Code.RESTORE_NO_CRL, message, authority.slug))
    elif head.number > own:
        for entry, certificate in _differences(snapshot, authority, head):
            if certificate is None:
                unknown.append(entry.serial)
            else:
                back.append(certificate)
        subordinate = {one.serial: one.slug for one in authorities.all(snapshot)}
        findings += [
            _doubt(
                Code.RESTORE_UNKNOWN,
                f"The CA {subordinate[serial]} was revoked after the backup; it is not to sign any more."
                if serial in subordinate
                else f"The serial {serial} was revoked and belongs to no certificate on record here.",
                serial,
            )
            for serial in unknown
        ]
        findings += _held_here_only(snapshot, authority, head)
    return Reconciled(
        authority=authority.slug,
        own_number=own,
        published_number=None if head is None else head.number,
        brought_back=tuple(back),
        unknown=tuple(unknown),
        findings=tuple(findings),
    )


def _differences(
    snapshot: "Snapshot", authority: Authority, head: _Head
) -> Iterator[tuple[CrlEntry, Certificate | None]]:
    """Yield each entry that is not on the next CRL as it stands on the published one, with its certificate."""
    own = restoring.entries(snapshot, authority.id)
    for entry in head.facts.entries:
        if own.get(entry.serial) != crl.entry_der(entry):
            same = [one for one in certificates.by_serial(snapshot, entry.serial) if one.authority_id == authority.id]
            yield entry, same[0] if same else None


def _held_here_only(snapshot: "Snapshot", authority: Authority, head: _Head) -> Iterator[Finding]:
    published_serials = {entry.serial for entry in head.facts.entries}
    for serial in restoring.entries(snapshot, authority.id):
        for one in certificates.by_serial(snapshot, serial):
            held = one.authority_id == authority.id and one.held_at is not None and one.revoked_at is None
            if held and serial not in published_serials:
                message = (
                    f"{one.server} (serial {serial}) is held here and not on the published CRL: it was released after"
                    f" the backup. Release it: certmgr release {one.server}"
                )
                yield _doubt(Code.RESTORE_HELD, message, serial)


def _take_over(tx: "Transaction", authority: Authority, head: _Head, seen: Reconciled) -> None:
    """Bring back what the published CRL says, and its number, in one transaction."""
    for entry, certificate in list(_differences(tx, authority, head)):
        crls.put_entry(
            tx,
            authority.id,
            entry.serial,
            crl.entry_der(entry),
            revoked_at=entry.revoked_at,
            not_after=certificate.not_after if certificate else authority.not_after,
        )
        if certificate is not None:
            _mark(tx, certificate, entry)
    restoring.take_number(tx, authority.id, head.number)
    crls.record(
        tx,
        authority.id,
        number=head.number,
        this_update=head.facts.this_update,
        next_update=head.facts.next_update,
        der=head.der,
    )
    crls.set_published(tx, authority.id, head.number)
    tx.record(
        "crl.reconciled",
        f"authority:{authority.id}",
        {
            "number": head.number,
            "sha256": inspect.sha256(head.der),
            "certificates": [int(one.id) for one in seen.brought_back],
            "unknown": [str(serial) for serial in seen.unknown],
        },
    )


def _mark(tx: "Transaction", certificate: Certificate, entry: CrlEntry) -> None:
    """Record on the certificate what the CRL says of it."""
    held = entry.reason is Reason.CERTIFICATE_HOLD
    # A CRL of ours always gives a reason; an imported CA's earlier program may not have.
    known = Reason.CESSATION_OF_OPERATION if entry.reason is None else entry.reason
    cause = Cause.SUSPENDED if held else CAUSES.get(known, Cause.NO_LONGER_NEEDED)
    if held:
        certificates.set_held(tx, certificate.id, entry.revoked_at)
    else:
        certificates.set_revoked(tx, certificate.id, certificate.revoked_at or entry.revoked_at, cause)
        if cause is Cause.KEY_COMPROMISE:
            keys.block(tx, certificate.spki_sha256, cause)
            tx.record("key.blocked", f"certificate:{certificate.id}", {"spki_sha256": certificate.spki_sha256})
    tx.record(
        "certificate.held" if held else "certificate.revoked",
        f"certificate:{certificate.id}",
        {"serial": str(certificate.serial), "cause": str(cause), "reason": int(known), "restored": True},
    )


def _doubt(code: Code, message: str, value: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, field="crl", value=value)
