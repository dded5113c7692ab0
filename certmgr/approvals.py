"""Approvals: how many an application needs, what they bind, and what a reviewer signs (R2.1, DETAILS 22, 49)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from certmgr.models.applications import ApplicationId, Verdict
from certmgr.models.certificates import Order
from certmgr.models.profiles import Approval, Profile
from certmgr.zones import Zones

NEEDED: Final = {Approval.AUTOMATIC: 0, Approval.ONE: 1, Approval.TWO: 2}
MADE_AT_ISSUE: Final = "made at issue"
"""Stands for the key that does not exist yet."""
_SIGNED: Final = b"certmgr.application-decision/1\n"
"""Keeps a decision's signature from being taken for any other that a slot makes."""


def needed(order: Order, profile: Profile, automatic_zones: Sequence[str]) -> int:
    """Return how many approvals the order needs under its profile; 0: policy approves it on the spot.

    Names that all lie in `automatic_zones` need none; an address lies in no DNS zone, so it asks for what the profile
    asks for.
    """
    if NEEDED[profile.approval] and automatic_zones and order.dns and not order.ip:
        automatic = Zones(dns=tuple(automatic_zones), networks=())
        if all(automatic.covers_name(name) for name in order.dns):
            return 0
    return NEEDED[profile.approval]


def content_digest(order: Order, profile: Profile, spki_sha256: str | None) -> str:
    """Return the SHA-256 of what an approval binds: server, names, key, profile, days, type of key (DETAILS 22).

    What the order leaves to the profile is bound as the profile has it, so that a changed profile is noticed.
    """
    content = {
        "server": order.server,
        "dns": list(order.dns),
        "ip": [str(one) for one in order.ip],
        "key": spki_sha256 or MADE_AT_ISSUE,
        "profile": profile.name,
        "client_auth": profile.client_auth,
        "days": profile.days if order.days is None else order.days,
        "key_type": (order.key_type or profile.key_types[0]).value if spki_sha256 is None else None,
    }
    return hashlib.sha256(_canonical(content)).hexdigest()


def decision_message(  # noqa: PLR0913 - every fact that the signature covers
    *, application: ApplicationId, applicant: str, reviewer: str, verdict: Verdict, digest: str, at: datetime
) -> bytes:
    """Return what a reviewer's slot signs: who decides what about which content of whose application, and when."""
    return _SIGNED + _canonical(
        {
            "application": int(application),
            "applicant": applicant,
            "reviewer": reviewer,
            "verdict": verdict.value,
            "digest": digest,
            "at": at.replace(microsecond=0).isoformat(),
        }
    )


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
