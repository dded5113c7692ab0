"""Applications and the decisions on them; the entries for the journal are the caller's."""

import json
from datetime import datetime
from typing import Final

from certmgr.errors import NotFoundError
from certmgr.models.applications import Application, ApplicationId, Decision, Evidence, EvidenceKind, Verdict
from certmgr.models.certificates import CertificateId, ServerId
from certmgr.models.keys import KeyType
from certmgr.records import dataclass
from certmgr.store.columns import dump, moment_of, text_of
from certmgr.store.connection import Parameters, Row, Snapshot, Transaction

_SELECT: Final = (
    "SELECT p.id, p.server_id, s.name, p.profile, p.dns, p.ip, p.key_type, p.days, p.owner, p.purpose, p.note,"
    " p.evidence, p.csr, p.spki_sha256, p.digest, p.needed, p.destination, p.additional, p.requested_by,"
    " p.submitted_at, p.expires_at, p.withdrawn_at,"
    # An intent that was closed onto the CRL is no certificate: the application still waits for one.
    " (SELECT c.id FROM certificate c WHERE c.id = p.certificate_id AND c.stage <> 'abandoned')"
    " FROM application p JOIN server s ON s.id = p.server_id"
)
_OPEN: Final = (
    "p.withdrawn_at IS NULL AND p.expires_at > ? AND NOT EXISTS"
    " (SELECT 1 FROM certificate c WHERE c.id = p.certificate_id AND c.stage <> 'abandoned') AND NOT EXISTS"
    " (SELECT 1 FROM application_decision d WHERE d.application_id = p.id AND d.verdict = 'rejected')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRow:
    """All that is recorded of an application when it is submitted."""

    server_id: ServerId
    profile: str
    dns: tuple[str, ...]
    ip: tuple[str, ...]
    key_type: KeyType | None
    days: int | None
    owner: str
    purpose: str
    note: str
    evidence: tuple[Evidence, ...]
    csr: bytes | None
    spki_sha256: str | None
    digest: str
    needed: int
    destination: str | None
    additional: bool
    requested_by: str
    expires_at: datetime


def add(tx: Transaction, row: ApplicationRow) -> ApplicationId:
    """Record an application, submitted now."""
    found = tx.row(
        "INSERT INTO application (server_id, profile, dns, ip, key_type, days, owner, purpose, note, evidence, csr,"
        " spki_sha256, digest, needed, destination, additional, requested_by, submitted_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            row.server_id,
            row.profile,
            dump(list(row.dns)),
            dump(list(row.ip)),
            row.key_type.value if row.key_type else None,
            row.days,
            row.owner,
            row.purpose,
            row.note,
            dump([_evidence_text(one) for one in row.evidence]),
            row.csr,
            row.spki_sha256,
            row.digest,
            row.needed,
            row.destination,
            int(row.additional),
            row.requested_by,
            text_of(tx.now),
            text_of(row.expires_at),
        ),
    )
    return ApplicationId(found[0])  # type: ignore[index]  # an INSERT with RETURNING gives its row or raises


def add_decision(tx: Transaction, application: ApplicationId, decision: Decision) -> None:
    """Record what a reviewer decided; each reviewer decides once."""
    tx.change(
        "INSERT INTO application_decision (application_id, verdict, decided_by, reason, digest, signature, decided_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            application,
            decision.verdict.value,
            decision.by,
            decision.reason,
            decision.digest,
            decision.signature,
            text_of(decision.at),
        ),
    )


def set_withdrawn(tx: Transaction, application: ApplicationId) -> None:
    """Record that the applicant withdrew it, now. Raises NotFoundError where it was withdrawn before."""
    tx.change_one(
        f"application {application} to withdraw",
        "UPDATE application SET withdrawn_at = ? WHERE id = ? AND withdrawn_at IS NULL",
        (text_of(tx.now), application),
    )


def set_issued(tx: Transaction, application: ApplicationId, certificate: CertificateId) -> None:
    """Record the certificate that is being issued for it. Raises NotFoundError."""
    tx.change_one(
        f"application {application}",
        "UPDATE application SET certificate_id = ? WHERE id = ?",
        (certificate, application),
    )


def get(snapshot: Snapshot, application: ApplicationId) -> Application:
    """Return the application. Raises NotFoundError."""
    found = _find(snapshot, "p.id = ?", (application,))
    if not found:
        raise NotFoundError(f"There is no application {application}.", hint="See `certmgr application list --all`.")
    return found[0]


def open(snapshot: Snapshot, now: datetime) -> tuple[Application, ...]:  # noqa: A001 - read as applications.open(...)
    """Return the applications that are submitted or approved at `now`, the first to expire first."""
    return _find(snapshot, f"{_OPEN} ORDER BY p.expires_at, p.id", (text_of(now),))


def open_for_server(snapshot: Snapshot, server: str, now: datetime) -> tuple[Application, ...]:
    """Return the open applications for the server, the newest first."""
    return _find(snapshot, f"{_OPEN} AND s.name = ? ORDER BY p.id DESC", (text_of(now), server))


def all(snapshot: Snapshot, *, limit: int = -1) -> tuple[Application, ...]:  # noqa: A001 - read as applications.all(...)
    """Return the applications, the last submitted first, at most `limit`; -1: every one."""
    return _find(snapshot, "1 ORDER BY p.id DESC LIMIT ?", (limit,))


def for_certificate(snapshot: Snapshot, certificate: CertificateId) -> Application | None:
    """Return the application that the certificate was issued for; None: policy approved it on the spot."""
    found = _find(snapshot, "p.certificate_id = ?", (certificate,))
    return found[0] if found else None


def _find(snapshot: Snapshot, where: str, parameters: Parameters) -> tuple[Application, ...]:
    rows = snapshot.rows(f"{_SELECT} WHERE {where}", parameters)
    decisions: dict[int, list[Decision]] = {}
    for row in snapshot.rows(
        "SELECT application_id, verdict, decided_by, reason, digest, signature, decided_at FROM application_decision"
        " WHERE application_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (dump([row[0] for row in rows]),),
    ):
        decisions.setdefault(row[0], []).append(_decision(row))
    return tuple(_application(row, decisions.get(row[0], [])) for row in rows)


def _application(row: Row, decisions: list[Decision]) -> Application:
    return Application(
        id=ApplicationId(row[0]),
        server_id=ServerId(row[1]),
        server=row[2],
        profile=row[3],
        dns=tuple(json.loads(row[4])),
        ip=tuple(json.loads(row[5])),
        key_type=None if row[6] is None else KeyType(row[6]),
        days=row[7],
        owner=row[8],
        purpose=row[9],
        note=row[10],
        evidence=tuple(_evidence(one) for one in json.loads(row[11])),
        csr=row[12],
        spki_sha256=row[13],
        digest=row[14],
        needed=row[15],
        destination=row[16],
        additional=bool(row[17]),
        requested_by=row[18],
        submitted_at=moment_of(row[19]),
        expires_at=moment_of(row[20]),
        withdrawn_at=moment_of(row[21]),
        certificate_id=None if row[22] is None else CertificateId(row[22]),
        decisions=tuple(decisions),
    )


def _decision(row: Row) -> Decision:
    return Decision(
        verdict=Verdict(row[1]), by=row[2], reason=row[3], digest=row[4], signature=row[5], at=moment_of(row[6])
    )


def _evidence_text(one: Evidence) -> dict[str, str]:
    return {"kind": one.kind.value, "text": one.text, "at": text_of(one.at), "by": one.by}


def _evidence(held: dict[str, str]) -> Evidence:
    return Evidence(kind=EvidenceKind(held["kind"]), text=held["text"], at=moment_of(held["at"]), by=held["by"])
