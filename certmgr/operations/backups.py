"""Backup and restore: the home as one verified file, and a home out of it again (N3)."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certmgr import backups
from certmgr.codes import Code
from certmgr.config import load_config
from certmgr.errors import CertmgrError, Finding, IntegrityError, RefusedError, Severity
from certmgr.files import make_folder, sync_folder, temporary_name, translated
from certmgr.models.operators import Permission, Role
from certmgr.records import dataclass
from certmgr.store import integrity, journal, meta
from certmgr.store.connection import open_store
from certmgr.workspace import Session, Workspace, actor_of, journalled_refusal

if TYPE_CHECKING:
    from certmgr.models.journal import JSON

_RESTORER: Final = "certmgr"
"""Who a restore is journalled as: no slot has been opened yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of a restore."""

    backup: backups.Backup
    home: Path
    warnings: tuple[Finding, ...]
    """What a person has to see to before the home is used."""


def back_up(workspace: Workspace, session: Session, path: Path) -> backups.Backup:
    """Write a verified backup of the home to the new file `path`, owner-only, while others may go on working.

    Raises RefusedError where the file is there already or lies inside the home, LockedError while keys or slots are
    being changed.
    """
    session.require(Permission.BACK_UP)
    with journalled_refusal(workspace, session, "backup.refused", "backup:0"):
        check_place(workspace, path)
    made = backups.write(workspace, path)
    with workspace.store().write(session.actor) as tx:
        data: dict[str, JSON] = {"sha256": made.sha256, "seq": made.manifest.seq, "files": len(made.manifest.members)}
        tx.record("backup.made", f"backup:{made.manifest.seq}", data)
    return made


def check_place(workspace: Workspace, path: Path) -> None:
    """Raise RefusedError where a backup cannot go: over a file, or into the home that it is a copy of."""
    findings = []
    if path.is_symlink() or path.exists():
        findings.append(_misplaced(f"{path} is there already and is not replaced.", path))
    if path.resolve().is_relative_to(workspace.home.resolve()):
        findings.append(_misplaced(f"{path} lies inside the home, with which it would be lost.", path))
    if not path.parent.is_dir():
        findings.append(_misplaced(f"There is no folder {path.parent}.", path))
    if findings:
        raise RefusedError(
            findings[0].message,
            hint="Name a new file elsewhere, best on another disk.",
            findings=findings,
            code=Code.BACKUP_PLACE,
        )


def restore(path: Path, home: Path, *, clock: Callable[[], datetime]) -> Restored:
    """Make a home at `home` out of the backup `path`, verified throughout; `home` is new or an empty folder.

    The home signs no CRL until `reconcile` has compared it with the published ones. Raises RefusedError where anything
    lies at `home`, IntegrityError for a backup that is not whole or whose store or journal is not sound; nothing is
    left then.
    """
    check_empty(home)
    temporary = temporary_name(home)
    try:
        for folder in (temporary, *(temporary / name for name in ("keys", "operators", "log"))):
            make_folder(folder)
        found = backups.read(path, temporary)
        _prove(temporary, found, clock)
        warnings = _warnings(temporary)
        with translated(home):
            temporary.rename(home)
            sync_folder(home.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Restored(backup=found, home=home, warnings=warnings)


def check_empty(home: Path) -> None:
    """Raise RefusedError where a home cannot be restored to: something is there, or there is no folder above it."""
    with translated(home):
        taken = home.is_symlink() or (home.exists() and (not home.is_dir() or any(home.iterdir())))
    if taken or not home.parent.is_dir():
        message = f"{home} is not empty; nothing is ever restored over it." if taken else f"There is no {home.parent}."
        raise RefusedError(
            message,
            hint="Name a new folder; a damaged home is kept, for what can still be read from it.",
            findings=[_misplaced(message, home)],
            code=Code.BACKUP_PLACE,
        )


def _prove(home: Path, found: backups.Backup, clock: Callable[[], datetime]) -> None:
    """Open the restored store, prove it and its journal, and record what it is."""
    store = open_store(home / backups.DATABASE, clock=clock)
    try:
        with store.read() as snapshot:
            problems = [item for item in integrity.examine(snapshot) if item.severity is Severity.ERROR]
            kept = journal.get(snapshot, found.manifest.seq)
        if problems or kept is None or kept.hash != found.manifest.hash:
            raise IntegrityError(
                "The store in the backup is not sound; nothing was restored.",
                hint="Use another backup.",
                findings=problems,
                code=Code.BACKUP_DAMAGED,
            )
        with store.write(actor_of(_RESTORER, Role.MACHINE)) as tx:
            meta.set(tx, meta.RESTORED, found.manifest.made_at.astimezone(UTC).isoformat())
            tx.record("store.restored", f"backup:{found.manifest.seq}", {"sha256": found.sha256})
    finally:
        store.close()


def _warnings(home: Path) -> tuple[Finding, ...]:
    found = []
    try:
        load_config(home / backups.CONFIGURATION)
    except CertmgrError as problem:
        found.append(Finding(code=problem.code, message=problem.message, severity=Severity.WARNING))
    message = (
        "What was issued or revoked after the backup is not on record here; no CRL is signed until"
        " `certmgr restore reconcile` has compared this home with the published ones."
    )
    found.append(Finding(code=Code.RESTORE_OPEN, message=message, severity=Severity.WARNING, field="home"))
    return tuple(found)


def _misplaced(message: str, path: Path) -> Finding:
    return Finding(code=Code.BACKUP_PLACE, message=message, field="path", value=os.fspath(path))
