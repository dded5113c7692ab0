"""Copies of the store for backups: made while others write, and what one says of itself (N3)."""

import os
from pathlib import Path

from certmgr.errors import IntegrityError
from certmgr.records import dataclass
from certmgr.store import driver
from certmgr.store.migrations import write_copy
from certmgr.store.schema import APPLICATION_ID

__all__ = ["CopyFacts", "make_copy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """What a copy of the store says of itself."""

    schema: int
    seq: int
    """The number of the last journal entry."""
    hash: str
    """Its hash."""
    crl_numbers: tuple[tuple[str, int], ...]
    """(authority, last CRL number), by authority."""


def make_copy(source: Path, target: Path) -> CopyFacts:
    """Write a consistent, verified, owner-only copy of the store at `source` to the new file `target`.

    Other processes may write meanwhile. Raises IntegrityError where the copy is not sound, OSError where the file
    cannot be made.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    write_copy(source, target)
    with driver.translated(target):
        connection = driver.connect(target, busy_timeout_s=1.0, mode="ro")
        try:
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise IntegrityError(f"{source} is not a certmgr store.")
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
            last = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
            numbers = connection.execute(
                "SELECT a.slug, coalesce(max(c.number), 0) FROM authority a LEFT JOIN crl c ON c.authority_id = a.id"
                " GROUP BY a.id ORDER BY a.slug"
            ).fetchall()
        finally:
            connection.close()
    seq, digest = last or (0, "0" * 64)
    return CopyFacts(schema=schema, seq=seq, hash=digest, crl_numbers=tuple((slug, number) for slug, number in numbers))
