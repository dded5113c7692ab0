"""What `doctor` asks of the store: is the file sound, the journal whole, does each record match its entry (N5).

Opening a store checks none of this; it reads everything there is.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from certmgr import journal as journal_format
from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.store import journal
from certmgr.store.columns import sha256
from certmgr.store.connection import Row, Snapshot
from certmgr.store.migrations import missing_triggers

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SUFFIXES: Final = ("", "-wal", "-shm")
_ROWS: Final = (
    "SELECT c.id, c.serial, c.spki_sha256, c.tbs, c.der, c.sha256,"
    " i.data ->> 'serial', i.data ->> 'spki_sha256', i.data ->> 'tbs_sha256',"
    " (SELECT d.data ->> 'sha256' FROM journal d"
    " WHERE d.object = 'certificate:' || c.id AND d.action = 'certificate.issued')"
    " FROM certificate c LEFT JOIN journal i ON i.seq = c.journal_seq AND i.action = 'certificate.intended'"
    " AND i.object = 'certificate:' || c.id ORDER BY c.id"
)
_UNREVOKED: Final = (
    "SELECT DISTINCT j.object FROM journal j JOIN certificate c ON j.object = 'certificate:' || c.id"
    " WHERE j.action = 'certificate.revoked' AND c.revoked_at IS NULL ORDER BY j.seq"
)
_UNJOURNALLED: Final = (
    "SELECT 'certificate:' || c.id FROM certificate c WHERE c.revoked_at IS NOT NULL AND NOT EXISTS (SELECT 1"
    " FROM journal j WHERE j.object = 'certificate:' || c.id AND j.action = 'certificate.revoked') ORDER BY c.id"
)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield everything that is wrong with the file, its modes, the journal and the records; nothing when all is well.

    Raises IntegrityError where the file is too damaged to read.
    """
    yield from check_modes(snapshot.path)
    yield from check_file(snapshot)
    yield from check_journal(snapshot)
    yield from check_rows(snapshot)


def check_modes(path: Path) -> tuple[Finding, ...]:
    """Return the files of the store, and its folder, that somebody else can read or write."""
    found = []
    for one in (path.parent, *(path.with_name(path.name + suffix) for suffix in _SUFFIXES)):
        try:
            mode = os.lstat(one).st_mode
        except FileNotFoundError:
            continue
        if mode & _OTHERS:
            message = f"{one} has the mode {stat.S_IMODE(mode):04o}; only its owner may read it."
            found.append(Finding(code=Code.STORE_MODE, message=message, field="mode", value=str(one)))
    return tuple(found)


def check_file(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return what SQLite finds wrong with the file, and which protecting triggers are missing."""
    found = [
        Finding(code=Code.STORE_DAMAGED, message=f"The store {snapshot.path} is damaged: {line}.", field="store")
        for (line,) in snapshot.rows("PRAGMA integrity_check")
        if line != "ok"
    ]
    found += [
        Finding(code=Code.STORE_DAMAGED, message=f"A row of {table} refers to a row of {parent} that is gone.")
        for table, _, parent, _ in snapshot.rows("PRAGMA foreign_key_check")
    ]
    found += [
        Finding(code=Code.STORE_UNPROTECTED, message=f"The trigger {name} is missing or was changed.", value=name)
        for name in missing_triggers(snapshot.connection)
    ]
    return tuple(found)


def check_journal(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Return what is wrong with the chain of the journal."""
    return journal_format.verify(journal.entries(snapshot))


def check_rows(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield the certificates that are not what the journal says of them."""
    for row in snapshot.stream(_ROWS):
        if (why := _contradiction(row)) is not None:
            yield _row_finding(f"certificate:{row[0]}", why)
    for (about,) in snapshot.rows(_UNREVOKED):
        yield _row_finding(about, "the journal says that it was revoked, its row does not")
    for (about,) in snapshot.rows(_UNJOURNALLED):
        yield _row_finding(about, "its row says that it was revoked, the journal does not")


def _contradiction(row: Row) -> str | None:
    _, serial, spki, tbs, der, digest, journal_serial, journal_spki, journal_tbs, journal_digest = row
    if journal_serial is None:
        return "the journal has no intent for it"
    if serial != journal_serial or spki != journal_spki or sha256(tbs) != journal_tbs:
        return "its content is not what was intended"
    if der is None:
        return None if journal_digest is None else "the journal says that it was issued, its row does not"
    if sha256(der) != digest or digest != journal_digest:
        return "its certificate is not the one that was issued"
    return None


def _row_finding(about: str, why: str) -> Finding:
    return Finding(code=Code.STORE_ROW, message=f"The record {about} cannot be right: {why}.", field="row", value=about)
