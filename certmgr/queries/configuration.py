"""Every doubt about the configuration: alone, and against what the CA certificates fix (DETAILS 6)."""

from certmgr import issuance_plan, policy
from certmgr.codes import Code
from certmgr.config import doubts
from certmgr.errors import Finding, Severity
from certmgr.models.authorities import Authority, AuthorityRole, AuthorityStatus
from certmgr.models.profiles import Profile
from certmgr.pki import build
from certmgr.store import authorities
from certmgr.workspace import Workspace


def findings(workspace: Workspace) -> tuple[Finding, ...]:
    """Return what is doubtful in the configuration, and where it allows what its issuing CAs do not.

    Errors are profiles that nothing can be issued under.
    """
    config = workspace.config
    with workspace.store().read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.role is AuthorityRole.ISSUING and one.certificate]
    found = list(doubts(config))
    current = [one for one in every if one.status is AuthorityStatus.CURRENT]
    if not current:
        message = "There is no issuing CA that signs, so nothing can be issued."
        return (*found, Finding(code=Code.AUTHORITY, severity=Severity.WARNING, message=message))
    by_issuer: dict[str, dict[str, Profile]] = {}
    for name, profile in config.profiles.items():
        slug = profile.authority or current[-1].slug
        by_issuer.setdefault(slug, {})[name] = profile
    known = {one.slug: one for one in every}
    for slug, profiles in by_issuer.items():
        found += _against(workspace, known.get(slug), slug, profiles)
    return tuple(found)


def _against(
    workspace: Workspace, authority: Authority | None, slug: str, profiles: dict[str, Profile]
) -> tuple[Finding, ...]:
    """Return where the profiles that `slug` signs for, and the zones, reach past its certificate."""
    if authority is None or authority.status is not AuthorityStatus.CURRENT:
        what = "is not on record" if authority is None else f"is {authority.status}"
        return tuple(
            Finding(
                code=Code.CONFIG_CONFLICT,
                field=f"profile.{name}.authority",
                value=slug,
                message=f"The profile {name} names the issuing CA {slug}, which {what}.",
            )
            for name in profiles
        )
    issuer = build.Issuer.from_certificate(authority.certificate)
    limits = issuance_plan.limits_of(slug, issuer, workspace.config)
    return policy.check_limits(profiles, workspace.config.zones.declared, limits)
