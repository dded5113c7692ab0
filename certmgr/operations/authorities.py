"""Further authorities: a successor of the issuing CA, a CA from elsewhere, the answer of a corporate root (DETAILS 9)."""

from certmgr import founding, publication
from certmgr.codes import Code
from certmgr.custody import slots
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, NotFoundError, RefusedError, Severity, UsageError
from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole, AuthorityStatus
from certmgr.models.operators import Permission
from certmgr.pki import build, inspect, keys, lint
from certmgr.store import authorities
from certmgr.workspace import Session, Workspace


def new_issuing(workspace: Workspace, session: Session) -> tuple[Authority, publication.Published]:
    """Found a successor of the issuing CA under the root; the old one signs CRLs only from now on.

    Needs a slot that opens the root. Raises NotFoundError without a root here.
    """
    session.require(Permission.ADMINISTER)
    store = workspace.store()
    now = workspace.now()
    with store.read() as snapshot:
        every = authorities.all(snapshot)
    root = next(
        (one for one in every if one.role is AuthorityRole.ROOT and one.status is AuthorityStatus.CURRENT), None
    )
    if root is None or not root.has_key:
        raise NotFoundError(
            "There is no root CA here that could sign a new issuing CA.",
            hint="With a corporate root, ask it for a certificate: certmgr ca request.",
        )
    year = founding.year_of(now, workspace.config)
    number = 1 + sum(one.slug.startswith(f"issuing-{year}-") for one in every)
    _, spec = founding.authority_specs(workspace.config, now, issuing_number=number, root_slug=root.slug)
    founded = founding.found_authority(
        workspace.keys,
        store,
        session,
        spec=spec,
        slug=founding.slug_of(spec, now, workspace.config, number),
        recipients=all_slots(workspace),
        now=now,
        parent=root,
    )
    return founded, publication.publish(store, session.actor, session.signer(founded), founded, workspace.config)


def all_slots(workspace: Workspace) -> list[slots.Slot]:
    """Return the public side of every slot of the home."""
    return [slots.read_slot(path) for path in sorted(workspace.operators.glob("*.json"))]


def complete(
    workspace: Workspace, session: Session, *, certificate: bytes, root: bytes
) -> tuple[Authority, tuple[Finding, ...]]:
    """Take the corporate root's answer: the certificate of the pending issuing CA, and the root's own.

    Raises RefusedError, with every reason, where they do not fit; warnings come back.
    """
    session.require(Permission.ADMINISTER)
    store = workspace.store()
    with store.read() as snapshot:
        every = authorities.all(snapshot)
    pending = next((one for one in every if one.status is AuthorityStatus.PENDING), None)
    if pending is None:
        raise NotFoundError("No CA here waits for a certificate.", hint="See `certmgr ca list`.")
    issuer = build.Issuer.from_certificate(certificate)
    if keys.spki_sha256(issuer.spki) != pending.spki_sha256:
        raise RefusedError(
            "The certificate is for another key than the one that waits here.",
            hint=f"It has to be made from the CSR of {pending.slug}.",
            code=Code.AUTHORITY,
        )
    found = lint.lint_foreign_authority(certificate, root, now=workspace.now())
    _refuse(found, "The corporate root's answer cannot be used.")
    root_id = _add_external_root(workspace, session, root)
    done = founding.record_certificate(store, session.actor, pending, certificate, parent_id=root_id)
    publication.publish(store, session.actor, session.signer(done), done, workspace.config)
    return done, found


def import_authority(
    workspace: Workspace, session: Session, *, certificate: bytes, private_key: bytes, root: bytes | None
) -> tuple[Authority, tuple[Finding, ...]]:
    """Take over an issuing CA from elsewhere: its certificate, its unencrypted key, its root's certificate.

    Raises RefusedError, with every reason, for a CA that cannot be used; what it lacks against ours is warned of.
    """
    session.require(Permission.ADMINISTER)
    issuer = build.Issuer.from_certificate(certificate)
    key = keys.load_private(private_key)
    spki = keys.public_spki(key)
    if spki != issuer.spki:
        raise RefusedError("The private key is not that of the certificate.", code=Code.AUTHORITY)
    found = lint.lint_foreign_authority(certificate, root or certificate, now=workspace.now())
    _refuse(found, "The CA cannot be imported.")
    store = workspace.store()
    facts = inspect.certificate_facts(certificate)
    with store.read() as snapshot:
        if any(one.spki_sha256 == keys.spki_sha256(spki) for one in authorities.all(snapshot)):
            raise RefusedError(
                "A CA with that key is here already.", hint="See `certmgr ca list`.", code=Code.AUTHORITY
            )
        count = sum(one.slug.startswith("imported-") for one in authorities.all(snapshot))
    slug = f"imported-{count + 1}"
    parent = _add_external_root(workspace, session, root) if root is not None and root != certificate else None
    founding.store_key(
        workspace.keys,
        slug,
        role=AuthorityRole.ISSUING,
        spki=spki,
        pkcs8=Secret(keys.private_der(key)),
        recipients=all_slots(workspace),
    )
    with store.write(session.actor) as tx:
        identity = authorities.add(
            tx,
            slug=slug,
            role=AuthorityRole.ISSUING,
            subject=facts.subject,
            spki_sha256=keys.spki_sha256(spki),
            key_type=issuer.key_type,
            not_before=facts.not_before,
            not_after=facts.not_after,
            parent_id=parent,
            status=AuthorityStatus.PENDING,
        )
        tx.record("authority.imported", f"authority:{identity}", {"spki_sha256": keys.spki_sha256(spki)})
        pending = authorities.get(tx, identity)
    imported = founding.record_certificate(store, session.actor, pending, certificate)
    publication.publish(store, session.actor, session.signer(imported), imported, workspace.config)
    return imported, found


def _refuse(found: tuple[Finding, ...], message: str) -> None:
    if any(item.severity is Severity.ERROR for item in found):
        raise RefusedError(message, hint="Correct what is named and try again.", findings=found, code=Code.AUTHORITY)


def _add_external_root(workspace: Workspace, session: Session, root: bytes) -> AuthorityId:
    """Record a root of which only the certificate is here; return its id, an earlier record's if there is one."""
    try:
        issuer = build.Issuer.from_certificate(root)
    except UsageError as problem:
        raise UsageError(f"The root: {problem.message}", hint=problem.hint) from None
    facts = inspect.certificate_facts(root)
    with workspace.store().write(session.actor) as tx:
        for one in authorities.all(tx):
            if one.sha256 == facts.sha256:
                return one.id
        identity = authorities.add(
            tx,
            slug=f"external-root-{facts.sha256[:8]}",
            role=AuthorityRole.ROOT,
            subject=facts.subject,
            certificate=root,
            serial=facts.serial,
            sha256=facts.sha256,
            spki_sha256=keys.spki_sha256(issuer.spki),
            key_type=issuer.key_type,
            not_before=facts.not_before,
            not_after=facts.not_after,
            has_key=False,
        )
        tx.record("authority.added", f"authority:{identity}", {"sha256": facts.sha256, "external": True})
    return identity
