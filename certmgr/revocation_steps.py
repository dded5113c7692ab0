"""The steps of a revocation that several operations share: ask, decide, carry out and publish (R6.1, DETAILS 41).

Each is one write transaction or several, and leaves a state from which `check` goes on. What happens inside them is
`certmgr.revoking`'s. Who may do what is asked by the operations.
"""

from collections.abc import Sequence
from typing import Final

from certmgr import publication, revoking
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, UsageError
from certmgr.models.authorities import AuthorityId
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.revocations import Revocation, RevocationId
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, revocations
from certmgr.store.connection import Snapshot
from certmgr.workspace import Session, Workspace, journalled_refusal

BATCH: Final = 100
"""How many requests are carried out in one transaction."""
PERSON: Final = "person"
"""How a request is verified by whoever may: by that person's word."""
POSSESSION: Final = "possession"
"""How a report of a compromised key is verified by a proof that the key is held."""
REFUSED: Final = "revocation.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What came of a revocation."""

    revocation: Revocation
    certificate: Certificate
    others: tuple[Revocation, ...] = ()
    """The requests that were decided with it: every other certificate with the same key, and more (R1.6)."""
    crl_number: int | None = None
    published: bool = False
    problem: str | None = None
    """Why relying parties cannot see it yet; the request stays open and counts down."""


def subjects_of(  # noqa: PLR0913 - the facts of a request
    snapshot: Snapshot,
    workspace: Workspace,
    certificate: Certificate,
    asked: revoking.Asked,
    *,
    also_line: bool = False,
    more: Sequence[Finding] = (),
) -> list[Certificate]:
    """Return what a request is about, the certificate first: all of a compromised key, with `also_line` its line too.

    Raises UsageError or RefusedError with every reason against it, `more` among them.
    """
    now = workspace.now()
    findings = (
        *revoking.check(snapshot, certificate, asked, now=now),
        *revoking.check_hold(asked.hold, workspace.config, now=now),
        *more,
    )
    revoking.refuse(findings)
    found = revoking.closure(snapshot, certificate, asked.cause)
    return [*found, *revoking.line_of(snapshot, found, now=now)] if also_line else found


def ask(  # noqa: PLR0913 - the facts of a request, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: CertificateId,
    asked: revoking.Asked,
    confirm: str,
    also_line: bool = False,
) -> tuple[Revocation, ...]:
    """Record the requests, to be decided together, and start their clocks; a refusal is journalled.

    `confirm` is the typed name of the server. Raises UsageError for a wrong one, and as `subjects_of`.
    """
    with (
        journalled_refusal(workspace, session, REFUSED, f"certificate:{certificate}"),
        workspace.store().write(session.actor) as tx,
    ):
        subject = certificates.get(tx, certificate)
        require_name(subject, confirm)
        found = subjects_of(tx, workspace, subject, asked, also_line=also_line)
        ids = revoking.open_set(tx, workspace.config, found, asked, confirmed=True)
        return tuple(revocations.get(tx, identity) for identity in ids)


def require_name(certificate: Certificate, typed: str) -> None:
    """Raise UsageError where `typed` is not the name of the certificate's server (N7)."""
    if typed != certificate.server:
        raise UsageError(
            f"The typed name {typed[:80]!r} is not the name of the server, {certificate.server}.",
            hint=f"Type {certificate.server} to revoke its certificate.",
            findings=[Finding(code=Code.CONFIRMATION, field="confirm", message="The typed name is another.")],
            code=Code.CONFIRMATION,
        )


def verify(workspace: Workspace, session: Session, revocation: RevocationId, *, how: str) -> tuple[Revocation, ...]:
    """Record that the request is genuine, with all that are decided with it; their 24 hours begin (R6.1).

    Raises NotFoundError, and RefusedError where they are decided already.
    """
    with (
        journalled_refusal(workspace, session, REFUSED, f"revocation:{revocation}"),
        workspace.store().write(session.actor) as tx,
    ):
        found = revoking.together(tx, revocation)
        revoking.require_undecided(found)
        ids = [one.id for one in found]
        revoking.verify(tx, workspace.config, ids, by=session.actor.name, how=how)
        return tuple(revocations.get(tx, identity) for identity in ids)


def carry_out(workspace: Workspace, session: Session, ids: Sequence[RevocationId]) -> None:
    """Revoke in the store what verified requests name; the next CRL carries it. One carried out is passed over."""
    for start in range(0, len(ids), BATCH):
        with workspace.store().write(session.actor) as tx:
            for identity in ids[start : start + BATCH]:
                revoking.carry_out(tx, identity)


def finish(workspace: Workspace, session: Session, ids: Sequence[RevocationId]) -> Revoked:
    """Carry verified requests out and publish the CRL; a failed publication is told in the answer, not raised."""
    carry_out(workspace, session, ids)
    with workspace.store().read() as snapshot:
        issuers = list(dict.fromkeys(revocations.issuer_of(snapshot, one) for one in ids))
    published, problem = publish(workspace, session, issuers)
    return answer(workspace, ids, published, problem)


def publish(
    workspace: Workspace, session: Session, issuers: Sequence[AuthorityId]
) -> tuple[publication.Published | None, str | None]:
    """Publish the CRLs of these CAs; return the last publication and what went wrong, if anything did."""
    store = workspace.store()
    with store.read() as snapshot:
        found = [authorities.get(snapshot, identity) for identity in issuers]
    published = None
    problems: list[str] = []
    for authority in found:
        try:
            published = publication.publish(
                store, session.actor, session.signer(authority), authority, workspace.config
            )
            problems += [item.message for item in published.problems]
        except CertmgrError as problem:
            problems.append(problem.message)
    return published, " ".join(problems) or None


def answer(
    workspace: Workspace, ids: Sequence[RevocationId], published: publication.Published | None, problem: str | None
) -> Revoked:
    """Return what came of the requests, as they stand now."""
    with workspace.store().read() as snapshot:
        first, *others = [revocations.get(snapshot, identity) for identity in ids]
        if first.certificate_id is None:
            raise AssertionError(first.id)
        subject = certificates.get(snapshot, first.certificate_id)
    return Revoked(
        revocation=first,
        certificate=subject,
        others=tuple(others),
        crl_number=published.number if published else None,
        published=bool(published and published.seen and not problem),
        problem=problem,
    )
