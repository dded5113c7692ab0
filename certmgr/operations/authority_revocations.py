"""The revocation of an issuing CA's own certificate, which lands on the root's CRL (R6.2, DETAILS 29).

It is one person's act, since only a person's slot opens the root: asked for, verified and carried out at once.
"""

from typing import TYPE_CHECKING

from certmgr import evidence as evidence_rules
from certmgr import revocation_steps, revoking
from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.errors import Finding, RefusedError, UsageError
from certmgr.models.authorities import Authority, AuthorityRole, AuthorityStatus
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, CrlEntry, Reason, Revocation, RevocationId
from certmgr.pki import crl
from certmgr.records import dataclass
from certmgr.store import authorities, commitments, crls, keys, revocations
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.models.journal import JSON
    from certmgr.store.connection import Snapshot, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedAuthority:
    """What came of the revocation of a CA."""

    authority: Authority
    revocation: Revocation
    crl_number: int | None
    """Of the root's CRL."""
    problem: str | None
    """Why relying parties cannot see it yet; `certmgr crl publish --root` tries again."""


def revoke(workspace: Workspace, session: Session, *, slug: str, evidence: str, confirm: str) -> RevokedAuthority:
    """Revoke the certificate of an issuing CA for ca-compromise, retire it, block its key, publish the root's CRL.

    `confirm` is the typed short name of the CA. What it issued has to be issued anew under a successor. Raises
    NotFoundError, UsageError for another name, RefusedError with every reason.
    """
    session.require(Permission.ADMINISTER)
    _open_issuer(workspace, session, slug)
    with (
        journalled_refusal(workspace, session, "authority.refused", "authority:0"),
        workspace.store().write(session.actor) as tx,
    ):
        if confirm != slug:
            raise UsageError(
                f"The typed name {confirm[:80]!r} is not the short name of the CA, {slug}.",
                hint=f"Type {slug} to revoke it.",
                code=Code.CONFIRMATION,
            )
        authority, issuer = _revocable(tx, slug, evidence)
        identity = _ask(tx, workspace, session, authority, evidence)
        _carry_out(tx, authority, issuer, identity)
    published, problem = revocation_steps.publish(workspace, session, [issuer.id])
    with workspace.store().read() as snapshot:
        return RevokedAuthority(
            authority=authorities.get(snapshot, authority.id),
            revocation=revocations.get(snapshot, identity),
            crl_number=published.number if published else None,
            problem=problem,
        )


def _open_issuer(workspace: Workspace, session: Session, slug: str) -> None:
    """Open the issuer's key before anything is recorded: a root that this slot cannot open could not say it either."""
    with workspace.store().read() as snapshot:
        authority = authorities.by_slug(snapshot, slug)
        issuer = None if authority.parent_id is None else authorities.get(snapshot, authority.parent_id)
    if issuer is not None and issuer.has_key:
        session.signer(issuer)


def rehearse(workspace: Workspace, *, slug: str, evidence: str) -> Authority:
    """Return the CA that `revoke` would revoke; raises as that does, records nothing."""
    with workspace.store().read() as snapshot:
        return _revocable(snapshot, slug, evidence)[0]


def _revocable(snapshot: "Snapshot", slug: str, evidence: str) -> tuple[Authority, Authority]:
    """Return the CA and its issuer; raises RefusedError with every reason against its revocation."""
    authority = authorities.by_slug(snapshot, slug)
    findings = list(evidence_rules.check(Cause.CA_COMPROMISE, evidence))
    if authority.parent_id is None or authority.role is AuthorityRole.ROOT:
        message = f"{slug} is a root, above which nothing stands: it is taken out of the trust stores instead."
        findings.insert(0, Finding(code=Code.STATE_REFUSED, message=message, field="authority", value=slug))
        raise _refused(findings)
    issuer = authorities.get(snapshot, authority.parent_id)
    if not issuer.has_key:
        message = f"{slug} was signed by {issuer.slug}, whose key is elsewhere: ask for its revocation there."
        findings.append(Finding(code=Code.STATE_REFUSED, message=message, field="authority", value=slug))
    if authority.status is AuthorityStatus.PENDING:
        message = f"{slug} has no certificate yet."
        findings.append(Finding(code=Code.STATE_REFUSED, message=message, field="authority", value=slug))
    if any(one.closed_at is None for one in revocations.for_authority(snapshot, authority.id)):
        message = f"{slug} is revoked already."
        findings.append(Finding(code=Code.REVOCATION_TWICE, message=message, field="authority", value=slug))
    if findings:
        raise _refused(findings)
    return authority, issuer


def _refused(findings: list[Finding]) -> RefusedError:
    return RefusedError(
        findings[0].message,
        hint="See docs/recovery.md and `certmgr ca list`.",
        findings=findings,
        code=findings[0].code,
    )


def _ask(
    tx: "Transaction", workspace: Workspace, session: Session, authority: Authority, evidence: str
) -> RevocationId:
    """Record the request and its verification by the same person, with their clocks and the incident's (N10)."""
    periods, by = workspace.config.revocation, session.actor.name
    identity = revocations.add(
        tx,
        certificate_id=None,
        authority_id=authority.id,
        cause=Cause.CA_COMPROMISE,
        evidence=evidence.strip(),
        requested_by=by,
        verify_due_at=tx.now + periods.verify_within,
    )
    about = f"revocation:{identity}"
    commitments.open_one(tx, Kind.ACKNOWLEDGE_REVOCATION, about, due_at=tx.now + periods.acknowledge_within)
    commitments.open_one(tx, Kind.VERIFY_REVOCATION, about, due_at=tx.now + periods.verify_within)
    data: dict[str, JSON] = {"authority": int(authority.id), "cause": Cause.CA_COMPROMISE.value, "confirmed": True}
    tx.record("revocation.requested", about, data)
    revoking.verify(tx, workspace.config, [identity], by=by, how=revocation_steps.PERSON)
    return identity


def _carry_out(tx: "Transaction", authority: Authority, issuer: Authority, identity: RevocationId) -> None:
    """Put the CA on its issuer's next CRL, take it out of use, block its key for good."""
    if authority.serial is None:
        raise AssertionError(authority.slug)
    at = tx.now.replace(microsecond=0)
    entry = CrlEntry(serial=authority.serial, revoked_at=at, reason=Reason.CA_COMPROMISE)
    crls.put_entry(tx, issuer.id, authority.serial, crl.entry_der(entry), revoked_at=at, not_after=authority.not_after)
    if authority.status is AuthorityStatus.CURRENT:
        authorities.set_status(tx, authority.id, AuthorityStatus.RETIRED)
    keys.block(tx, authority.spki_sha256, Cause.CA_COMPROMISE)
    revocations.set_revoked(tx, identity, at)
    about = f"authority:{authority.id}"
    reason = int(Reason.CA_COMPROMISE)
    tx.record(
        "authority.revoked", about, {"serial": str(authority.serial), "reason": reason, "revocation": int(identity)}
    )
    tx.record("key.blocked", about, {"spki_sha256": authority.spki_sha256})
