"""The authorities and their CRLs."""

from datetime import datetime

from certmgr.errors import NotFoundError
from certmgr.models.authorities import Authority, AuthorityRole, AuthorityStatus
from certmgr.records import dataclass
from certmgr.store import authorities, crls
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlState:
    """The newest CRL of an authority."""

    authority: Authority
    number: int
    this_update: datetime
    next_update: datetime
    published_at: datetime | None
    der: bytes


def every(workspace: Workspace) -> tuple[Authority, ...]:
    """Return every authority, the roots first."""
    with workspace.store().read() as snapshot:
        return tuple(sorted(authorities.all(snapshot), key=lambda one: (one.role is not AuthorityRole.ROOT, one.id)))


def named(workspace: Workspace, name: str) -> Authority:
    """Return the authority that `root`, `issuing` or a slug names: the current one of that role."""
    found = every(workspace)
    for one in found:
        if one.slug == name or (one.role == name and one.status is AuthorityStatus.CURRENT):
            return one
    known = ", ".join(one.slug for one in found)
    raise NotFoundError(f"There is no CA named {name!r}.", hint=f"The CAs here are: {known}; or say root or issuing.")


def chain_of(workspace: Workspace, authority: Authority) -> tuple[Authority, ...]:
    """Return the authority and those above it, the root last."""
    by_id = {one.id: one for one in every(workspace)}
    chain = [authority]
    while (parent := chain[-1].parent_id) is not None:
        chain.append(by_id[parent])
    return tuple(chain)


def crl_of(workspace: Workspace, authority: Authority) -> CrlState | None:
    """Return the newest CRL of the authority; None before the first."""
    with workspace.store().read() as snapshot:
        latest = crls.latest(snapshot, authority.id)
        if latest is None:
            return None
        return CrlState(
            authority=authority,
            number=latest.number,
            this_update=latest.this_update,
            next_update=latest.next_update,
            published_at=latest.published_at,
            der=crls.der(snapshot, authority.id, latest.number),
        )
