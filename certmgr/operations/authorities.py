"""Further authorities: a successor of the issuing CA, and a corporate root's answer to a request (DETAILS 9)."""

from collections.abc import Iterator
from datetime import timedelta

from certmgr import founding, succession
from certmgr.codes import Code
from certmgr.errors import Finding, NotFoundError, RefusedError
from certmgr.models.authorities import Authority, AuthorityRole, AuthoritySpec, AuthorityStatus
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.pki import build, export, foreign, keys
from certmgr.queries import operators
from certmgr.store import authorities
from certmgr.store.connection import Snapshot
from certmgr.workspace import Session, Workspace, journalled_refusal

ROOT_REMINDER = timedelta(days=365)
"""So long before its own end a root is named; an issuing CA from half of its life (ARCHITECTURE: defaults)."""


def new_issuing(workspace: Workspace, session: Session) -> succession.Founded:
    """Found a successor of the issuing CA under the root; the old one signs CRLs only from now on.

    Needs a slot that opens the root. Raises NotFoundError without a root here, IntegrityError for a swapped slot.
    """
    session.require(Permission.ADMINISTER)
    now = workspace.now()
    root, number = _successor(workspace)
    _, spec = founding.authority_specs(workspace.config, now, issuing_number=number, root_slug=root.slug)
    slug = founding.slug_of(spec, now, workspace.config, number)
    with journalled_refusal(workspace, session, "authority.refused", "authority:0"):
        before = succession.current(workspace)
        made = founding.found_authority(
            workspace.keys,
            workspace.store(),
            session,
            spec=spec,
            slug=slug,
            recipients=operators.trusted(workspace),
            now=now,
            parent=root,
        )
    return succession.finish(workspace, session, made, before)


def rehearse_issuing(workspace: Workspace) -> founding.Draft:
    """Return what `new_issuing` would sign, with a throw-away key; unlocks, records and writes nothing."""
    now = workspace.now()
    root, number = _successor(workspace)
    _, spec = founding.authority_specs(workspace.config, now, issuing_number=number, root_slug=root.slug)
    key = keys.make_key(spec.key_type)
    issuer = build.Issuer.from_certificate(root.certificate)
    slug = founding.slug_of(spec, now, workspace.config, number)
    return founding.draft(spec, slug, keys.public_spki(key), now, issuer)


def request_issuing(workspace: Workspace, session: Session) -> tuple[Authority, bytes]:
    """Make the key and the CSR (PEM) of a further issuing CA for a corporate root; it waits for its certificate.

    Raises RefusedError where one waits already.
    """
    session.require(Permission.ADMINISTER)
    with journalled_refusal(workspace, session, "authority.refused", "authority:0"):
        slug, spec = rehearse_request(workspace)
        recipients = operators.trusted(workspace)
        return founding.found_pending(
            workspace.keys,
            workspace.store(),
            session.actor,
            spec=spec,
            slug=slug,
            recipients=recipients,
            now=workspace.now(),
        )


def rehearse_request(workspace: Workspace) -> tuple[str, AuthoritySpec]:
    """Return the short name of the CA that `request_issuing` would make, and what it would ask for; records nothing."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        waiting = _waiting(snapshot)
        number = _next_number(workspace, snapshot)
    if waiting is not None:
        raise RefusedError(
            f"{waiting.slug} waits for its certificate already.",
            hint="Print its CSR with `certmgr ca request`.",
            code=Code.AUTHORITY,
        )
    _, spec = founding.authority_specs(workspace.config, now, issuing_number=number)
    return founding.slug_of(spec, now, workspace.config, number), spec


def pending_request(workspace: Workspace) -> tuple[Authority, bytes]:
    """Return the CA that waits for a corporate root's answer, and its CSR (PEM); raises NotFoundError."""
    with workspace.store().read() as snapshot:
        waiting = _waiting(snapshot)
        request = authorities.csr(snapshot, waiting.id) if waiting is not None else None
    if waiting is None or request is None:
        raise NotFoundError(
            "No CA here waits for a certificate.",
            hint="Make one for a corporate root with `certmgr ca request --new`; see `certmgr ca list`.",
        )
    return waiting, export.pem(request, "CERTIFICATE REQUEST")


def check_answer(workspace: Workspace, *, certificate: bytes, root: bytes) -> tuple[Authority, tuple[Finding, ...]]:
    """Return the CA that waits and what the corporate root's answer lacks; `complete` without its effects.

    Raises UsageError for what are no certificates, RefusedError with every reason where they cannot be used.
    """
    pending, _ = pending_request(workspace)
    der, root_der = succession.read_certificate(certificate, "certificate"), succession.read_certificate(root, "root")
    issuer = build.Issuer.from_certificate(der)
    build.Issuer.from_certificate(root_der)
    found = foreign.lint_foreign_authority(der, root_der, now=workspace.now())
    if keys.spki_sha256(issuer.spki) != pending.spki_sha256:
        message = f"The certificate is for another key than that of {pending.slug}, which waits here."
        found = (succession.fault("key", message), *found)
    succession.refuse(found, "The corporate root's answer cannot be used.")
    return pending, (*found, *succession.differences(workspace, pending.slug, issuer))


def complete(workspace: Workspace, session: Session, *, certificate: bytes, root: bytes) -> succession.Founded:
    """Take the corporate root's answer, PEM or DER: the certificate of the CA that waits, and the root's own.

    Raises as `check_answer` does.
    """
    session.require(Permission.ADMINISTER)
    with journalled_refusal(workspace, session, "authority.refused", "authority:0"):
        pending, notices = check_answer(workspace, certificate=certificate, root=root)
    der = succession.read_certificate(certificate, "certificate")
    before = succession.current(workspace)
    parent = succession.add_external_root(workspace, session, succession.read_certificate(root, "root"))
    done = founding.record_certificate(workspace.store(), session.actor, pending, der, parent_id=parent)
    return succession.finish(workspace, session, done, before, notices)


def _successor(workspace: Workspace) -> tuple[Authority, int]:
    """Return the root that signs a new issuing CA, and its number in this year; raises NotFoundError without one."""
    with workspace.store().read() as snapshot:
        every = authorities.all(snapshot)
        number = _next_number(workspace, snapshot)
    for one in every:
        if one.role is AuthorityRole.ROOT and one.status is AuthorityStatus.CURRENT and one.has_key:
            return one, number
    raise NotFoundError(
        "There is no root CA here that could sign a new issuing CA.",
        hint="With a corporate root, ask it for a certificate: certmgr ca request --new.",
    )


def _next_number(workspace: Workspace, snapshot: Snapshot) -> int:
    """Return the number of the next issuing CA of this year: no record and no key file has it."""
    year = founding.year_of(workspace.now(), workspace.config)
    taken = {one.slug for one in authorities.all(snapshot)} | {path.stem for path in workspace.keys.glob("*.json")}
    number = 1
    while f"issuing-{year}-{number}" in taken:
        number += 1
    return number


def _waiting(snapshot: Snapshot) -> Authority | None:
    """Return the CA that waits for a corporate root's answer; one that a crash left half made is none."""
    for one in authorities.all(snapshot):
        if one.status is AuthorityStatus.PENDING and authorities.csr(snapshot, one.id) is not None:
            return one
    return None


def due(workspace: Workspace, session: Session) -> Iterator[Step]:  # noqa: ARG001 - what every noun gives `check`
    """Yield every CA that needs a successor; making one is a person's work, so nothing is done."""
    yield from pending(workspace)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield every CA whose own end is near: the last year of a root, the second half of an issuing CA's life."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.status is AuthorityStatus.CURRENT and one.certificate]
    for one in every:
        left = one.not_after - now
        half = (one.not_after - one.not_before) / 2
        is_root = one.role is AuthorityRole.ROOT
        if left <= (ROOT_REMINDER if is_root else half):
            what = f"The CA {one.slug} ends on {one.not_after:%Y-%m-%d}, in {left.days} days; it needs a successor."
            yield Step(what=what if is_root else f"{what} Run: certmgr ca new-issuing", done=False)
