"""What every CA goes through that comes after the first: its predecessor retires, its first CRL is published.

A CA that somebody else signed is compared with what the configuration allows, and its root is put on record.
"""

from certmgr import issuance_plan, policy, publication
from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, Severity, UsageError
from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole, AuthorityStatus
from certmgr.pki import build, inspect, keys
from certmgr.records import dataclass
from certmgr.store import authorities
from certmgr.workspace import Session, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A CA that signs from now on."""

    authority: Authority
    retired: tuple[Authority, ...]
    """Those that sign only CRLs from now on."""
    published: publication.Published
    """What came of its first CRL."""
    notices: tuple[Finding, ...] = ()
    """What it lacks, or allows less than the configuration."""


def finish(
    workspace: Workspace,
    session: Session,
    made: Authority,
    before: tuple[Authority, ...],
    notices: tuple[Finding, ...] = (),
) -> Founded:
    """Publish the first CRL of a CA that was just made, and say what came of it all."""
    published = publication.publish(workspace.store(), session.actor, session.signer(made), made, workspace.config)
    retired = tuple(one for one in before if one.id != made.id and one.role is made.role)
    return Founded(authority=made, retired=retired, published=published, notices=(*notices, *published.problems))


def differences(workspace: Workspace, name: str, issuer: build.Issuer) -> tuple[Finding, ...]:
    """Return where the configuration allows what the CA's certificate does not."""
    config = workspace.config
    limits = issuance_plan.limits_of(name, issuer, config)
    return policy.check_limits(config.profiles, config.zones.declared, limits)


def refuse(found: tuple[Finding, ...], message: str) -> None:
    """Raise RefusedError with all of `found` where one of them is an error."""
    if any(item.severity is Severity.ERROR for item in found):
        raise RefusedError(message, hint="Correct what is named and try again.", findings=found, code=Code.AUTHORITY)


def add_external_root(workspace: Workspace, session: Session, root: bytes) -> AuthorityId:
    """Record a root of which only the DER certificate is here; return its id, an earlier record's if there is one."""
    issuer = build.Issuer.from_certificate(root)
    facts = inspect.certificate_facts(root)
    with workspace.store().read() as snapshot:
        known = next((one for one in authorities.all(snapshot) if one.sha256 == facts.sha256), None)
    if known is not None:
        return known.id
    with workspace.store().write(session.actor) as tx:
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


def fault(field: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    """Return what is wrong with a CA that somebody else signed, or with a file that came with it."""
    return Finding(code=Code.AUTHORITY, severity=severity, field=field, message=message)


def read_certificate(data: bytes, what: str) -> bytes:
    """Return the DER of the one certificate, PEM or DER, in `data`; raises UsageError that names the file."""
    try:
        return inspect.load_certificate(data)
    except UsageError as problem:
        raise UsageError(f"The file of the {what}: {problem.message}", hint=problem.hint) from None


def current(workspace: Workspace) -> tuple[Authority, ...]:
    """Return the CAs that sign now, and whose key is here."""
    with workspace.store().read() as snapshot:
        every = authorities.all(snapshot)
    return tuple(one for one in every if one.status is AuthorityStatus.CURRENT and one.has_key)
