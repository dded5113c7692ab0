"""Certificates beside their bytes, for whoever compares the two."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from certmgr.models.certificates import Certificate
from certmgr.store.certificate_rows import COLUMNS, TABLES, certificate_of
from certmgr.store.columns import text_of
from certmgr.store.connection import Snapshot

_ISSUED: Final = f"SELECT {COLUMNS}, c.der FROM {TABLES} WHERE c.stage = 'issued'"  # noqa: S608 - constants


def count_issued(snapshot: Snapshot) -> int:
    """Return how many certificates are on record."""
    row = snapshot.row("SELECT count(*) FROM certificate WHERE stage = 'issued'")
    return row[0] if row else 0


def issued(snapshot: Snapshot, *, every: int = 1) -> Iterator[tuple[Certificate, bytes]]:
    """Yield each certificate with its DER, by id; only those whose id `every` divides. Consume it in the snapshot."""
    sql = f"{_ISSUED} AND c.id % ? = 0 ORDER BY c.id"
    for row in snapshot.stream(sql, (every,)):
        yield certificate_of(row), bytes(row[-1])


def revoked_without_entry(snapshot: Snapshot, now: datetime) -> tuple[str, ...]:
    """Return the serials that are revoked or held, have not expired, and stand on no next CRL, sorted."""
    rows = snapshot.rows(
        "SELECT c.serial FROM certificate c WHERE (c.revoked_at IS NOT NULL OR c.held_at IS NOT NULL)"
        " AND c.not_after >= ? AND NOT EXISTS (SELECT 1 FROM crl_entry e"
        " WHERE e.authority_id = c.authority_id AND e.serial = c.serial) ORDER BY c.serial",
        (text_of(now),),
    )
    return tuple(row[0] for row in rows)


def sqlite_version(snapshot: Snapshot) -> str:
    """Return the version of the SQLite library in use."""
    row = snapshot.row("SELECT sqlite_version()")
    return str(row[0]) if row else "unknown"
