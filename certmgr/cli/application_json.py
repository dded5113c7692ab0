"""Applications as JSON: one stable shape (docs/json.md)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from certmgr.cli import printer
from certmgr.cli.certificate_json import moment

if TYPE_CHECKING:
    from datetime import datetime

    from certmgr.models.applications import Application
    from certmgr.queries.applications import Detail
    from certmgr.workspace import Workspace

SCHEMA = "certmgr.applications/1"


def as_json(one: "Application", now: "datetime") -> dict[str, Any]:
    """Return the application as an element of `certmgr.applications/1`; absent is null."""
    return {
        "id": one.id,
        "state": one.state(now),
        "server": one.server,
        "dns": list(one.dns),
        "ip": list(one.ip),
        "profile": one.profile,
        "days": one.days,
        "key_type": one.key_type,
        "key": "csr" if one.csr else "made at issue",
        "spki_sha256": one.spki_sha256,
        "owner": one.owner,
        "purpose": one.purpose,
        "note": one.note or None,
        "additional": one.additional,
        "destination": one.destination,
        "evidence": [
            {"kind": item.kind, "text": item.text, "at": moment(item.at), "by": item.by} for item in one.evidence
        ],
        "digest": one.digest,
        "needed": one.needed,
        "decisions": [
            {"verdict": item.verdict, "by": item.by, "reason": item.reason, "at": moment(item.at)}
            for item in one.decisions
        ],
        "requested_by": one.requested_by,
        "submitted_at": moment(one.submitted_at),
        "expires_at": moment(one.expires_at),
        "withdrawn_at": moment(one.withdrawn_at),
        "certificate": one.certificate_id,
    }


def detail_as_json(found: "Detail", now: "datetime") -> dict[str, Any]:
    """Return the application with what `application show` adds: contact, serial, history, what does not verify."""
    return {
        **as_json(found.application, now),
        "contact": found.contact or None,
        "serial": found.certificate.serial if found.certificate else None,
        "history": [
            {"seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action, "data": entry.data}
            for entry in found.history
        ],
        "findings": [printer.finding_document(item) for item in found.doubts],
    }


def document_of(workspace: "Workspace", ids: Iterable[int]) -> None:
    """Print `certmgr.applications/1` with these applications."""
    from certmgr.models.applications import ApplicationId  # noqa: PLC0415
    from certmgr.queries import applications  # noqa: PLC0415

    now = workspace.now()
    found = [applications.get(workspace, ApplicationId(identity)) for identity in ids]
    printer.document(SCHEMA, applications=[as_json(one, now) for one in found])
