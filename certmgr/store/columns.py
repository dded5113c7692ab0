"""Between models and columns: moments, specifications and other values as the tables hold them (DETAILS 47)."""

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final, overload

from certmgr.models.authorities import AuthorityRole, AuthoritySpec
from certmgr.models.certificates import DnsName, LeafSpec
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial

_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@overload
def text_of(moment: datetime) -> str: ...
@overload
def text_of(moment: None) -> None: ...
def text_of(moment: datetime | None) -> str | None:
    """Return an aware moment as a column holds it: UTC, whole seconds, `2026-11-21T09:00:00Z`."""
    return None if moment is None else _text_of(moment)


@lru_cache(maxsize=64)
def _text_of(moment: datetime) -> str:
    # Kept: the certificates of a batch share their moments, and each is written ten times.
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")[:19] + "Z"


@overload
def moment_of(text: str) -> datetime: ...
@overload
def moment_of(text: None) -> None: ...
def moment_of(text: str | None) -> datetime | None:
    """Return the moment that a column holds, aware, in UTC."""
    return None if text is None else datetime.fromisoformat(text)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data`, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def dump(value: object) -> str:
    """Return `value` as JSON with sorted keys and no spaces."""
    return _ENCODER.encode(value)


def leaf_spec_text(spec: LeafSpec) -> str:
    """Return a leaf's specification as the column `spec` holds it."""
    return dump(
        {
            "serial": str(spec.serial),
            "dns": list(spec.dns),
            "ip": [str(address) for address in spec.ip],
            "common_name": spec.common_name,
            "not_before": text_of(spec.not_before),
            "not_after": text_of(spec.not_after),
            "client_auth": spec.client_auth,
            "policy_oid": spec.policy_oid,
            "user_notice": spec.user_notice,
            "crl_url": spec.crl_url,
            "issuer_url": spec.issuer_url,
        }
    )


def leaf_spec_of(text: str) -> LeafSpec:
    """Return the specification that `leaf_spec_text` wrote; raises ValueError, KeyError or TypeError for other text."""
    held = json.loads(text)
    return LeafSpec(
        serial=Serial(held["serial"]),
        dns=tuple(DnsName(name) for name in held["dns"]),
        ip=tuple(ip_address(address) for address in held["ip"]),
        common_name=held["common_name"],
        not_before=moment_of(held["not_before"]),
        not_after=moment_of(held["not_after"]),
        client_auth=held["client_auth"],
        policy_oid=held["policy_oid"],
        user_notice=held["user_notice"],
        crl_url=held["crl_url"],
        issuer_url=held["issuer_url"],
    )


def authority_spec_text(spec: AuthoritySpec) -> str:
    """Return a CA's specification as the column `spec` holds it."""
    return dump(
        {
            "role": spec.role.value,
            "organisation": spec.organisation,
            "common_name": spec.common_name,
            "key_type": spec.key_type.value,
            "days": spec.days,
            "zones": list(spec.zones),
            "networks": [str(network) for network in spec.networks],
            "client_auth": spec.client_auth,
            "crl_url": spec.crl_url,
            "issuer_url": spec.issuer_url,
        }
    )


def authority_spec_of(text: str) -> AuthoritySpec:
    """Return the specification that `authority_spec_text` wrote; raises ValueError, KeyError or TypeError otherwise."""
    held = json.loads(text)
    return AuthoritySpec(
        role=AuthorityRole(held["role"]),
        organisation=held["organisation"],
        common_name=held["common_name"],
        key_type=KeyType(held["key_type"]),
        days=held["days"],
        zones=tuple(held["zones"]),
        networks=tuple(ip_network(network) for network in held["networks"]),
        client_auth=held["client_auth"],
        crl_url=held["crl_url"],
        issuer_url=held["issuer_url"],
    )
