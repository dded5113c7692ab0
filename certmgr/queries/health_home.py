"""The home as it lies on disk: owner and modes, the slots, the machine, the last check, the configuration."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from certmgr import __version__
from certmgr.codes import Code
from certmgr.custody import slots
from certmgr.errors import CertmgrError, Finding, IntegrityError, Severity
from certmgr.models.operators import Role
from certmgr.queries import configuration, operators
from certmgr.queries.health import Area, damage, last_check, worry
from certmgr.store.examining import sqlite_version
from certmgr.workspace import Workspace, machine_key_file

CHECK_EVERY = timedelta(hours=1)
"""Cron runs `certmgr check` every quarter of an hour; after so long without one something is wrong (DETAILS 31)."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def program(workspace: Workspace) -> Area:
    """Look at the versions; a SQLite that is too old does not get this far."""
    with workspace.store().read() as snapshot:
        version = sqlite_version(snapshot)
    return Area(well=f"certmgr {__version__} with SQLite {version}, home {workspace.home}.")


def files(workspace: Workspace) -> Area:
    """Look at owner and mode of the home and of every file of its own in it (DETAILS 54)."""
    folders = (workspace.home, workspace.keys, workspace.operators, workspace.home / "log")
    problems = [item for folder in folders for item in _folder(folder)]
    problems += _file(workspace.home / "certmgr.toml", forbidden=_OTHERS_WRITE)
    for folder in folders[1:]:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            problems += _file(path, forbidden=_OTHERS)
    return Area(well="The home and its files belong to this user alone.", problems=tuple(problems))


def _folder(path: Path) -> Iterator[Finding]:
    try:
        status = path.lstat()
    except FileNotFoundError:
        yield damage(Code.FILE_NOT_PRIVATE, f"The folder {path} is missing.", field="path", value=str(path))
        return
    if not stat.S_ISDIR(status.st_mode):
        yield worry(Code.FILE_NOT_PRIVATE, f"{path} is not a folder.", field="path", value=str(path))
    else:
        yield from _reasons(path, status, _OTHERS)


def _file(path: Path, *, forbidden: int) -> Iterator[Finding]:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        yield worry(Code.FILE_NOT_PRIVATE, f"{path} is not a plain file.", field="path", value=str(path))
    else:
        yield from _reasons(path, status, forbidden)


def _reasons(path: Path, status: os.stat_result, forbidden: int) -> Iterator[Finding]:
    if status.st_uid != os.geteuid():
        message = f"{path} belongs to the user with uid {status.st_uid}."
        yield worry(Code.FILE_NOT_PRIVATE, message, field="path", value=str(path))
    if status.st_mode & forbidden:
        message = f"{path} has the mode {stat.S_IMODE(status.st_mode):04o}, so others can reach it."
        yield worry(Code.FILE_NOT_PRIVATE, message, field="path", value=str(path))


def slots_on_record(workspace: Workspace) -> Area:
    """Compare each slot's file with the record of it: one that was swapped would receive the next CA key."""
    states = operators.every(workspace)
    problems = [_severe(state.problem) for state in states if state.problem is not None]
    known = {state.operator.name for state in states}
    problems += [
        worry(Code.SLOT_UNTRUSTED, f"{path} is the file of no slot on record.", field="slot", value=path.stem)
        for path in sorted(workspace.operators.glob("*.json"))
        if path.stem not in known
    ]
    names = ", ".join(f"{state.operator.name} ({state.operator.role})" for state in states)
    return Area(well=f"The slots are those on record: {names}.", problems=tuple(problems))


def _severe(finding: Finding) -> Finding:
    return damage(finding.code, finding.message, field=finding.field, value=finding.value)


def machine(workspace: Workspace) -> Area:
    """Look at whether cron can act: a machine slot, and its key file (DETAILS 3)."""
    names = [one.name for one in operators.recorded(workspace) if one.role is Role.MACHINE]
    if not names:
        notice = Finding(
            code=Code.SLOT_MACHINE,
            severity=Severity.NOTICE,
            message="There is no machine slot: a person runs `certmgr check`, and publishes the CRL in time.",
        )
        return Area(well="", problems=(notice,))
    key_file = machine_key_file(workspace.config)
    reasons = []
    for name in names:
        try:
            slots.unlock_machine(workspace.operators / f"{name}.json", key_file)
        except IntegrityError as problem:
            return Area(well="", problems=(damage(problem.code, problem.message, value=str(key_file)),))
        except CertmgrError as problem:
            reasons.append(problem.message)
        else:
            return Area(well=f"The machine's key file {key_file} opens the slot {name}.")
    message = f"No machine slot can act: {' '.join(reasons)}"
    return Area(well="", problems=(worry(Code.SLOT_MACHINE, message, value=str(key_file)),))


def scheduled_check(workspace: Workspace) -> Area:
    """Look at when `certmgr check` last ran (DETAILS 31)."""
    last = last_check(workspace)
    hint = "Put it into cron: */15 * * * * certmgr check --quiet"
    if last is None:
        return Area(well="", problems=(worry(Code.CHECK_LATE, f"`certmgr check` has never run. {hint}"),))
    age = workspace.now() - last
    if age > CHECK_EVERY:
        hours = int(age.total_seconds() // 3600)
        message = f"`certmgr check` last ran {hours} hours ago, at {last:%Y-%m-%d %H:%M} UTC. {hint}"
        return Area(well="", problems=(worry(Code.CHECK_LATE, message),))
    return Area(well=f"`certmgr check` last ran at {last:%Y-%m-%d %H:%M} UTC.")


def settings(workspace: Workspace) -> Area:
    """Look at the configuration, alone and against the CA certificates; `config check` tells the same."""
    found = configuration.findings(workspace)
    # What is wrong with the file is no damage: nothing in the records contradicts itself.
    problems = tuple(
        worry(item.code, item.message, field=item.field, value=item.value)
        for item in found
        if item.severity is not Severity.NOTICE
    )
    return Area(well="The configuration is in order.", problems=problems)
