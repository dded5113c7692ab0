"""What a CA's own certificate allows, who opens its key, and how its CRL stands."""

from certmgr.custody import authority_keys
from certmgr.errors import CertmgrError
from certmgr.models.authorities import Authority
from certmgr.pki import build
from certmgr.pki.constraints import Limits
from certmgr.queries import authorities
from certmgr.records import dataclass
from certmgr.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFacts:
    """All that `ca show` tells of one CA."""

    authority: Authority
    parent: Authority | None
    limits: Limits | None
    """What its name constraints permit; None while it waits for its certificate."""
    purposes: tuple[str, ...] | None
    """Its extended key usages as dotted OIDs; None: not limited."""
    holders: tuple[str, ...]
    """The slots that its key is sealed to."""
    crl: authorities.CrlState | None


def facts(workspace: Workspace, authority: Authority) -> AuthorityFacts:
    """Return the facts of one CA."""
    issuer = build.Issuer.from_certificate(authority.certificate) if authority.certificate else None
    by_id = {one.id: one for one in authorities.every(workspace)}
    try:
        holders = authority_keys.grants(workspace.keys / f"{authority.slug}.json") if authority.has_key else ()
    except CertmgrError:
        # What is wrong with a key file is the doctor's to tell; the rest of the facts stand.
        holders = ()
    return AuthorityFacts(
        authority=authority,
        parent=None if authority.parent_id is None else by_id[authority.parent_id],
        limits=None if issuer is None else issuer.limits,
        purposes=None if issuer is None else issuer.purposes,
        holders=holders,
        crl=authorities.crl_of(workspace, authority),
    )
