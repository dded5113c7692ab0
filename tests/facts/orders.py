"""Orders, profiles and certificates for tests of rules: good in every way but the one that a test changes."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

from certmgr import lifecycle
from certmgr.models.authorities import AuthorityId
from certmgr.models.certificates import Certificate, CertificateId, DnsName, KeyOrigin, Order, ServerId, Stage
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.zones import Zones

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = Zones(dns=("corp.internal",), networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def order(**changes: Any) -> Order:  # noqa: ANN401 - any field of Order
    """Return an order that every policy of these tests allows, with `changes`."""
    wish: dict[str, Any] = {
        "server": "portal",
        "dns": (DnsName("portal.corp.internal"),),
        "ip": (),
        "profile": "server",
        "purpose": "citizens' portal",
        "owner": "Unit A",
    }
    return Order(**(wish | changes))


def certificate(**changes: Any) -> Certificate:  # noqa: ANN401 - any field of Certificate
    """Return a certificate issued at NOW for a year, with `changes`."""
    not_before, not_after = lifecycle.validity(NOW, 365)
    facts: dict[str, Any] = {
        "id": CertificateId(1),
        "authority_id": AuthorityId(2),
        "authority": "issuing-2026-1",
        "server_id": ServerId(1),
        "server": "portal",
        "serial": Serial("4F00"),
        "stage": Stage.ISSUED,
        "profile": "server",
        "key_type": KeyType.EC_P256,
        "key_origin": KeyOrigin.MADE,
        "spki_sha256": "ab" * 32,
        "sha256": "cd" * 32,
        "dns": ("portal.corp.internal",),
        "ip": (str(ip_address("10.1.2.3")),),
        "not_before": not_before,
        "not_after": not_after,
        "window_opens": lifecycle.window_opens(not_before, not_after, BERLIN),
        "renew_at": lifecycle.renew_at(not_before, not_after, BERLIN),
        "owner": "Unit A",
        "purpose": "citizens' portal",
        "note": "",
        "requested_by": "alice",
        "created_at": NOW,
        "issued_at": NOW + timedelta(seconds=1),
    }
    return Certificate(**(facts | changes))
