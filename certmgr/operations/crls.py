"""Sign and publish the CRLs, whether they are due or not (DETAILS 25, 29)."""

from certmgr import publication
from certmgr.errors import CertmgrError, NotFoundError
from certmgr.models.authorities import Authority, AuthorityRole
from certmgr.models.operators import Permission
from certmgr.records import dataclass
from certmgr.store import authorities, crls
from certmgr.workspace import Session, Workspace


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
