"""Sign and publish the CRLs: when they are due (`check`), or whether they are or not (DETAILS 25, 29)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import publication
from certmgr.errors import CertmgrError, NotFoundError
from certmgr.locations import crl_file
from certmgr.models.authorities import Authority, AuthorityRole
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import authorities, crls
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

ROOT_CRL_REMINDER = timedelta(days=60)
"""From so long before the root CRL's nextUpdate a person is asked for (DETAILS 29)."""
_UNPUBLISHED = "a revocation is not on it yet"
_UNSEEN = "the last one was not seen published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one CA's publication."""

    authority: Authority
    published: publication.Published | None
    """None: no CRL was signed."""
    problem: str | None = None
    """Why relying parties cannot see it, in one sentence or more."""

    @property
    def seen(self) -> bool:
        """Whether relying parties can see the new CRL."""
        return self.published is not None and self.published.seen


def publish(workspace: Workspace, session: Session, *, root: bool = False) -> list[Attempt]:
    """Publish the CRL of every issuing CA, or of every root, whose key is here; a failure stops no other.

    Raises NotFoundError where there is no such CA.
    """
    session.require(Permission.PUBLISH)
    attempts = []
    for authority in publishers(workspace, root=root):
        try:
            published = publication.publish(
                workspace.store(), session.actor, session.signer(authority), authority, workspace.config
            )
        except CertmgrError as problem:
            attempts.append(Attempt(authority=authority, published=None, problem=problem.message))
        else:
            told = " ".join(item.message for item in published.problems) or None
            attempts.append(Attempt(authority=authority, published=published, problem=told))
    return attempts


def publishers(workspace: Workspace, *, root: bool = False) -> tuple[Authority, ...]:
    """Return the CAs of that kind that sign CRLs: retired ones too; raises NotFoundError where there is none."""
    role = AuthorityRole.ROOT if root else AuthorityRole.ISSUING
    with workspace.store().read() as snapshot:
        every = authorities.all(snapshot)
    found = tuple(one for one in every if one.role is role and one.has_key and one.certificate)
    if not found:
        raise NotFoundError(f"There is no {role} CA here whose CRL could be signed.", hint="See `certmgr ca list`.")
    return found


def rehearse(workspace: Workspace, *, root: bool = False) -> list[tuple[Authority, int]]:
    """Return each CA whose CRL `publish` would sign and how many entries it would have; changes nothing."""
    found = publishers(workspace, root=root)
    with workspace.store().read() as snapshot:
        return [(one, crls.count_entries(snapshot, one.id)) for one in found]


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Publish each CRL that is due, for `check`; the root's needs a person."""
    for authority, why in _stale(workspace):
        yield from _publish(workspace, session, authority, why)


def due_revocations(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Publish each CRL that lacks a revocation or a release, or was not seen, and no other: what cannot wait."""
    for authority, why in _stale(workspace):
        if why in {_UNPUBLISHED, _UNSEEN} and authority.role is not AuthorityRole.ROOT:
            yield from _publish(workspace, session, authority, why)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield which CRLs `due` would publish, and which need a person; changes nothing."""
    for authority, why in _stale(workspace):
        if authority.role is AuthorityRole.ROOT:
            yield _needs_person(authority, why)
        else:
            yield Step(what=f"Would publish the CRL of {authority.slug}: {why}.", done=True)


def _publish(workspace: Workspace, session: Session, authority: Authority, why: str) -> Iterator[Step]:
    if authority.role is AuthorityRole.ROOT:
        yield _needs_person(authority, why)
        return
    try:
        published = publication.publish_due(
            workspace.store(), session.actor, session.signer(authority), authority, workspace.config
        )
    except CertmgrError as problem:
        yield Step(what=f"The CRL of {authority.slug} could not be published: {problem.message}", done=False)
        return
    if published.seen:
        yield Step(what=f"Published the CRL of {authority.slug}, number {published.number}: {why}.", done=True)
    for item in published.problems:
        yield Step(what=item.message, done=False)


def _needs_person(authority: Authority, why: str) -> Step:
    what = f"The CRL of {authority.slug} needs a person: {why}. Run: certmgr crl publish --root"
    return Step(what=what, done=False)


def _stale(workspace: Workspace) -> list[tuple[Authority, str]]:
    """Return every CA whose CRL is due, and why."""
    with workspace.store().read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.certificate and one.has_key]
        return [(one, why) for one in every if (why := _why(workspace, snapshot, one)) is not None]


def _why(workspace: Workspace, snapshot: "Snapshot", authority: Authority) -> str | None:  # noqa: PLR0911 - one return a reason
    """Return why the authority's CRL is due; None: it is not."""
    now = workspace.now()
    latest = crls.latest(snapshot, authority.id)
    if latest is None:
        return "there is none yet"
    if crls.unpublished_entries(snapshot, authority.id, latest.number):
        return _UNPUBLISHED
    if latest.published_at is None:
        return _UNSEEN
    if authority.role is AuthorityRole.ROOT:
        return f"it ends on {latest.next_update:%Y-%m-%d}" if latest.next_update - now <= ROOT_CRL_REMINDER else None
    if now - latest.this_update >= workspace.config.publish.crl_reissue:
        return f"the last one is from {latest.this_update:%Y-%m-%d %H:%M} UTC"
    directory = workspace.config.publish.directory
    if directory is not None and not (Path(directory) / crl_file(authority.slug)).exists():
        return "its file is missing from the published folder"
    return None
