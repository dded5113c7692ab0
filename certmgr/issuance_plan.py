"""What every certificate of one run has in common: who signs, within which limits, with which words."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from certmgr import policy
from certmgr.codes import Code
from certmgr.config import Config
from certmgr.errors import RefusedError
from certmgr.locations import crl_url, issuer_url
from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole, AuthorityStatus
from certmgr.pki import build
from certmgr.records import dataclass
from certmgr.store import authorities
from certmgr.zones import Zones

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
"""id-kp-clientAuth (RFC 5280 4.2.1.12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What every certificate of one run has in common: the issuer and the words from the configuration."""

    authority_id: AuthorityId
    authority: str
    """The issuer's slug."""
    issuer: build.Issuer
    limits: policy.AuthorityLimits
    """What the issuer's own certificate allows: no leaf passes its end."""
    zone: str
    """The organisation's time zone, by name."""
    requested_by: str
    window_days: int
    """From how many days before expiry a renewal is allowed (R5.1)."""
    overlap: timedelta
    """How long a replaced certificate stays good beside its successor."""
    acceptance_days: int
    """For how many natural days after the issue an objection is heard (R3.3)."""
    holidays: frozenset[date] | None = None
    """Days off beside Saturday and Sunday, on which no certificate ends; None: they end on any day (N4)."""
    policy_oid: str | None = None
    user_notice: str | None = None
    crl_url: str | None = None
    issuer_url: str | None = None


def limits_of(name: str, issuer: build.Issuer, config: Config) -> policy.AuthorityLimits:
    """Return what the certificate of the authority `name` allows, whatever the configuration says (DETAILS 6).

    An imported CA without constraints is limited by the configuration alone.
    """
    declared = config.zones.declared
    found = issuer.limits
    return policy.AuthorityLimits(
        name=name,
        zones=Zones(dns=found.zones, networks=found.networks) if found.constrained else declared,
        not_after=issuer.not_after,
        client_auth=issuer.purposes is None or CLIENT_AUTH in issuer.purposes,
    )


def issuer_for(snapshot: "Snapshot", slug: str | None) -> Authority:
    """Return the authority that signs: the one with the short name `slug`, else the current issuing CA.

    Raises NotFoundError where there is none, RefusedError where it signs no server certificates (any more).
    """
    if slug is None:
        return authorities.current_issuing(snapshot)
    found = authorities.by_slug(snapshot, slug)
    if found.role is not AuthorityRole.ISSUING or found.status is not AuthorityStatus.CURRENT:
        raise RefusedError(
            f"The authority {slug} signs no server certificates; it is a {found.status} {found.role} CA.",
            hint="Name another under `authority` in the profile; see `certmgr ca show`.",
            code=Code.AUTHORITY,
        )
    return found


def make_plan(authority: Authority, config: Config, *, requested_by: str) -> Plan:
    """Return the plan for certificates of `authority` under `config`."""
    issuer = build.Issuer.from_certificate(authority.certificate)
    return Plan(
        authority_id=authority.id,
        authority=authority.slug,
        issuer=issuer,
        limits=limits_of(authority.slug, issuer, config),
        zone=config.organisation.timezone,
        requested_by=requested_by,
        window_days=config.renewal.window.days,
        overlap=config.renewal.overlap,
        acceptance_days=config.application.acceptance_days,
        holidays=frozenset(config.organisation.holidays) if config.renewal.expire_on_working_days else None,
        policy_oid=config.policy_oid,
        user_notice=config.user_notice,
        crl_url=crl_url(config.publish, authority.slug),
        issuer_url=issuer_url(config.publish, authority.slug),
    )
