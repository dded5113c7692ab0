"""Certificates as JSON, CSV and text rows: one stable shape (DETAILS 53)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from certmgr import lifecycle
from certmgr.cli import printer

if TYPE_CHECKING:
    from certmgr.models.certificates import Certificate, CertificateId
    from certmgr.models.revocations import Revocation
    from certmgr.queries.certificates import Detail
    from certmgr.workspace import Workspace

SCHEMA = "certmgr.certificates/1"


def moment(value: datetime | None) -> str | None:
    """Return a time as JSON has it: UTC, to the second, `Z`."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(
    certificate: "Certificate", workspace: "Workspace", revocations: Sequence["Revocation"] = ()
) -> dict[str, Any]:
    """Return the certificate as an element of `certmgr.certificates/1`; absent is null."""
    now = workspace.now()
    last = revocations[-1] if revocations else None
    return {
        "server": certificate.server,
        "state": lifecycle.state_of(certificate, now),
        "flags": [str(flag) for flag in lifecycle.flags_of(certificate, now)],
        "serial": certificate.serial,
        "sha256": certificate.sha256,
        "dns": list(certificate.dns),
        "ip": list(certificate.ip),
        "not_before": moment(certificate.not_before),
        "not_after": moment(certificate.not_after),
        "days_left": lifecycle.days_left(certificate.not_after, now, workspace.zone),
        "window_opens": moment(certificate.window_opens),
        "renew_at": moment(certificate.renew_at),
        "profile": certificate.profile,
        "key": certificate.key_type,
        "key_origin": certificate.key_origin,
        "spki_sha256": certificate.spki_sha256,
        "authority": certificate.authority,
        "owner": certificate.owner,
        "purpose": certificate.purpose,
        "note": certificate.note or None,
        "revocation": _revocation(certificate, last),
        "replaces": certificate.replaces_id,
        "replaced_by": certificate.replaced_by_id,
        "id": certificate.id,
        "destination": certificate.destination,
    }


def _revocation(certificate: "Certificate", last: "Revocation | None") -> dict[str, Any] | None:
    if last is None and certificate.cause is None:
        return None
    at = certificate.revoked_at or certificate.held_at
    if last is None:
        return {"cause": certificate.cause, "revoked_at": moment(at)}
    return {
        "id": last.id,
        "state": last.state,
        "cause": last.cause,
        "received_at": moment(last.received_at),
        "verified_at": moment(last.verified_at),
        "due_at": moment(last.due_at),
        "revoked_at": moment(last.revoked_at),
        "signed_at": moment(last.signed_at),
        "published_at": moment(last.published_at),
        "unseen_after": moment(last.unseen_after),
    }


def document_of(workspace: "Workspace", ids: Iterable["CertificateId"]) -> None:
    """Print `certmgr.certificates/1` with these certificates."""
    from certmgr.queries import certificates  # noqa: PLC0415

    found = [certificates.detail(workspace, identity) for identity in ids]
    printer.document(SCHEMA, certificates=[of_detail(one, workspace) for one in found])


def of_detail(found: "Detail", workspace: "Workspace") -> dict[str, Any]:
    """Return the certificate as `as_json` does, with its acceptance and the application it was issued for."""
    one, taken = as_json(found.certificate, workspace, found.revocations), found.acceptance
    one["acceptance"] = (
        None
        if taken is None
        else {"kind": taken.kind, "by": taken.by, "note": taken.note or None, "at": moment(taken.at)}
    )
    one["accept_by"] = moment(found.certificate.accept_by)
    one["application"] = found.application.id if found.application else None
    return one
