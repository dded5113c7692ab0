"""What was seen on the network: one row for each certificate at a place (R1.3, DETAILS 36)."""

import json
from datetime import datetime
from typing import Final

from certmgr.errors import NotFoundError
from certmgr.models.certificates import CertificateId, ServerId
from certmgr.models.observations import Observation, ObservationId, Seen, Source, Verdict
from certmgr.store.columns import dump, moment_of, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

_SELECT: Final = (
    "SELECT id, address, port, sni, last_seen_at, sha256, subject, issuer, names, not_after, verdict, certificate_id,"
    " source, first_seen_at, adopted_at, server_id FROM observation"
)


def record(tx: Transaction, seen: Seen, source: Source) -> tuple[ObservationId, bool]:
    """Record what was seen, or that it was seen again; return its id and whether it is new. The caller journals."""
    key = (seen.address, seen.port, seen.sni, seen.sha256)
    row = tx.row("SELECT id FROM observation WHERE address = ? AND port = ? AND sni = ? AND sha256 = ?", key)
    at = text_of(seen.at)
    if row is not None:
        # An imported look may be older than what is on record.
        tx.change(
            "UPDATE observation SET first_seen_at = min(first_seen_at, ?), last_seen_at = max(last_seen_at, ?),"
            " verdict = ?, certificate_id = ? WHERE id = ?",
            (at, at, seen.verdict.value, seen.certificate_id, row[0]),
        )
        return ObservationId(row[0]), False
    new = tx.row(
        "INSERT INTO observation (address, port, sni, sha256, subject, issuer, names, not_after, certificate_id,"
        " source, verdict, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            *key,
            seen.subject,
            seen.issuer,
            dump(list(seen.names)),
            text_of(seen.not_after),
            seen.certificate_id,
            source.value,
            seen.verdict.value,
            at,
            at,
        ),
    )
    if new is None:
        raise AssertionError(key)
    return ObservationId(new[0]), True


def set_adopted(tx: Transaction, observation: ObservationId, server: ServerId) -> None:
    """Record which server will replace it. Raises NotFoundError where it was adopted before, or is not on record."""
    tx.change_one(
        f"observation {observation} that can be adopted",
        "UPDATE observation SET adopted_at = ?, server_id = ? WHERE id = ? AND adopted_at IS NULL",
        (text_of(tx.now), server, observation),
    )


def get(snapshot: Snapshot, observation: ObservationId) -> Observation:
    """Return the observation. Raises NotFoundError."""
    row = snapshot.row(f"{_SELECT} WHERE id = ?", (observation,))
    if row is None:
        raise NotFoundError(f"There is no observation {observation}.", hint="See `certmgr scan list`.")
    return _observation(row)


def all(snapshot: Snapshot, verdict: Verdict | None = None) -> tuple[Observation, ...]:  # noqa: A001 - observations.all(...)
    """Return what is on record, the last seen first; with `verdict`, only those."""
    wanted = "" if verdict is None else " WHERE verdict = ?"
    values = () if verdict is None else (verdict.value,)
    return tuple(
        _observation(row) for row in snapshot.rows(f"{_SELECT}{wanted} ORDER BY last_seen_at DESC, id", values)
    )


def places(snapshot: Snapshot, now: datetime) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return (server, recorded address, names of its live certificates) of every server in service, by name."""
    rows = snapshot.rows(
        "SELECT s.name, s.recorded_ip, (SELECT json_group_array(name) FROM (SELECT DISTINCT n.name"
        " FROM certificate c JOIN certificate_name n ON n.certificate_id = c.id WHERE c.server_id = s.id"
        " AND c.stage = 'issued' AND c.revoked_at IS NULL AND c.not_after >= :now ORDER BY n.name))"
        " FROM server s WHERE s.retired_at IS NULL ORDER BY s.name",
        {"now": text_of(now)},
    )
    return tuple((name, recorded, tuple(json.loads(names))) for name, recorded, names in rows)


def _observation(row: Row) -> Observation:
    seen = Seen(
        address=row[1],
        port=row[2],
        sni=row[3],
        at=moment_of(row[4]),
        sha256=row[5],
        subject=row[6],
        issuer=row[7],
        names=tuple(json.loads(row[8])),
        not_after=moment_of(row[9]),
        verdict=Verdict(row[10]),
        certificate_id=None if row[11] is None else CertificateId(row[11]),
    )
    return Observation(
        id=ObservationId(row[0]),
        seen=seen,
        source=Source(row[12]),
        first_seen_at=moment_of(row[13]),
        adopted_at=moment_of(row[14]),
        server_id=None if row[15] is None else ServerId(row[15]),
    )
