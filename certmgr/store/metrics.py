"""What metrics count: figures over many rows, read without making a model of each."""

from datetime import datetime
from typing import Final, NamedTuple

from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Snapshot

_LIVE: Final = "c.stage = 'issued' AND c.revoked_at IS NULL"


class End(NamedTuple):
    """When a certificate ends."""

    server: str
    serial: str
    not_after: datetime


def ends(snapshot: Snapshot, now: datetime, *, since: datetime) -> list[End]:
    """Return the end of every certificate that is in use or held, and of those that ended after `since` unreplaced."""
    rows = snapshot.rows(
        "SELECT s.name, c.serial, c.not_after FROM certificate c JOIN server s ON s.id = c.server_id"  # noqa: S608 - a constant
        f" WHERE {_LIVE} AND c.not_after >= :since AND s.retired_at IS NULL"
        " AND (c.superseded_at IS NULL OR (c.superseded_at > :now AND c.not_after >= :now))"
        " ORDER BY s.name, c.id",
        {"since": text_of(since), "now": text_of(now)},
    )
    return [End(server, serial, moment_of(not_after)) for server, serial, not_after in rows]


def count_unrenewed(snapshot: Snapshot, now: datetime, *, before: datetime) -> int:
    """Return how many certificates set to renew by themselves were due before `before`, and are not renewed."""
    row = snapshot.row(
        "SELECT count(*) FROM certificate c JOIN server s ON s.id = c.server_id"  # noqa: S608 - a constant
        f" WHERE {_LIVE} AND c.held_at IS NULL AND c.superseded_at IS NULL AND c.renew_at <= ? AND c.not_after >= ?"
        " AND s.auto_renew = 1 AND s.retired_at IS NULL",
        (text_of(before), text_of(now)),
    )
    return int(row[0]) if row else 0


def breaches(snapshot: Snapshot, now: datetime) -> list[tuple[str, int]]:
    """Return, by kind, how many commitments were breached: kept too late, or still open after their time."""
    rows = snapshot.rows(
        "SELECT kind, count(*) FROM commitment WHERE due_at < coalesce(met_at, voided_at, ?) GROUP BY kind",
        (text_of(now),),
    )
    return sorted((kind, count) for kind, count in rows)


def count_failing(snapshot: Snapshot, prefix: str) -> int:
    """Return how many subjects that begin with `prefix` failed at their last attempt."""
    row = snapshot.row(
        "SELECT count(*) FROM attempt WHERE failures > 0 AND substr(subject, 1, ?) = ?", (len(prefix), prefix)
    )
    return int(row[0]) if row else 0
