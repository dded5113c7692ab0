"""Putting the files of a certificate where a server reads them: all of them at one moment, and back again.

FOLDER/.certmgr/<digest>/ holds one whole set of files, FOLDER/.certmgr/current leads to the set in force, and each
FOLDER/<file> is a link through `current`. One rename of `current` changes every file, so that no reload ever sees a key
and a certificate that do not belong together, wherever this process is killed. From before the change until `settle`,
`previous` leads to the set to which `restore` goes back.
"""

import grp
import hashlib
import json
import os
import pwd
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, RefusedError
from certmgr.files import (
    PRIVATE_FOLDER_MODE,
    PRIVATE_MODE,
    PUBLIC_FOLDER_MODE,
    PUBLIC_MODE,
    create,
    held,
    sync_folder,
    translated,
)
from certmgr.models.servers import Installation
from certmgr.records import dataclass

HIDDEN: Final = ".certmgr"
CURRENT: Final = "current"
PREVIOUS: Final = "previous"
NOTHING: Final = "nothing"
"""Where `previous` leads when no set was in force before."""
_TEMPORARY: Final = ".tmp"
_NAME_DIGITS: Final = 32
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a set."""

    name: str
    content: bytes
    private: bool = False
    """Whether a private key is in it; then it gets the installation's mode, else 0644."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder that may be installed into, without any link in its path."""

    folder: Path

    @property
    def hidden(self) -> Path:
        """Where the sets lie."""
        return self.folder / HIDDEN


@contextmanager
def opened(folder: str, *, timeout_s: float = 0.0) -> Iterator[Place]:
    """Yield the place at `folder`, which no other process changes meanwhile.

    Raises RefusedError, with every reason, where the folder is missing or somebody else can change what lies in it;
    LockedError where another process is installing into it.
    """
    place = Place(folder=_trusted(Path(folder)))
    with translated(place.hidden):
        with suppress(FileExistsError):
            place.hidden.mkdir(PRIVATE_FOLDER_MODE)
            place.hidden.chmod(PUBLIC_FOLDER_MODE)
            sync_folder(place.folder)
        found = place.hidden.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise _untrusted(place.hidden, [f"{place.hidden} is not a folder of the user who installs."])
    with held(place.hidden, timeout_s=timeout_s):
        yield place


def set_name(installation: Installation, *identity: str) -> str:
    """Return the name of the set of files that `identity` (digests of certificates) and the installation settle."""
    told = [installation.format.value, installation.owner, installation.group, installation.mode, *identity]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:_NAME_DIGITS]


def put(place: Place, parts: Sequence[Part], installation: Installation, *, name: str) -> bool:
    """Bring the set `name` into force, and return whether another one, or none, was in force before.

    Doing it again changes nothing. Raises RefusedError, with every reason, where files stand that certmgr did not
    write; CertmgrError for an unknown user or group; LockedError where the system refuses. Nothing has changed for
    the server then.
    """
    findings = [_foreign(place, one.name) for one in parts if _is_foreign(place, one.name)]
    if findings:
        raise RefusedError(
            f"Files that certmgr did not write are in the way in {place.folder}.",
            hint="Move them away, or name another folder with `certmgr deploy add --folder`.",
            findings=findings,
            code=Code.FILE_FOREIGN,
        )
    names = [one.name for one in parts]
    with translated(place.folder):
        if not _is_whole(place, names, name):
            # What somebody took files out of serves nobody; it is made anew.
            shutil.rmtree(place.hidden / name, ignore_errors=True)
            _stage(place, parts, installation, name)
        for link in names:
            with suppress(FileExistsError):
                (place.folder / link).symlink_to(f"{HIDDEN}/{CURRENT}/{link}")
        sync_folder(place.folder)
        before = _leads_to(place, CURRENT)
        if before == name:
            return False
        if _leads_to(place, PREVIOUS) is None:
            # Else an earlier change was cut off, and what was good before that is what to go back to.
            _lead(place, PREVIOUS, before or NOTHING)
        _lead(place, CURRENT, name)
    return True


def restore(place: Place) -> bool:
    """Go back to the set that was in force before an unsettled change; return whether there was one.

    Where none was, the files are gone again. Nothing happens where every change is settled.
    """
    with translated(place.folder):
        before = _leads_to(place, PREVIOUS)
        if before is None:
            return _leads_to(place, CURRENT) is not None
        if before != NOTHING and (place.hidden / before).is_dir():
            _lead(place, CURRENT, before)
        else:
            (place.hidden / CURRENT).unlink(missing_ok=True)
            sync_folder(place.hidden)
            before = NOTHING
    settle(place)
    return before != NOTHING


def settle(place: Place) -> None:
    """Make the set in force the only one: the keys of earlier ones go, and there is nothing to restore any more."""
    with translated(place.hidden):
        kept = _leads_to(place, CURRENT)
        for path in place.hidden.iterdir():
            if path.is_symlink():
                if path.name not in {CURRENT, PREVIOUS}:
                    path.unlink()
            elif path.name != kept:
                shutil.rmtree(path)
        for path in place.folder.iterdir():
            # A file of another format, or all of them where nothing is in force.
            if _is_ours(place, path.name) and not path.exists():
                path.unlink()
        # Last: until it is gone, the next run knows that there is something left to do.
        (place.hidden / PREVIOUS).unlink(missing_ok=True)
        sync_folder(place.hidden)


def is_in_force(folder: str, names: Sequence[str], name: str) -> bool:
    """Tell whether a server finds the set `name` of the files `names` in `folder`; False where that cannot be seen."""
    place = Place(folder=Path(folder))
    try:
        links = _leads_to(place, CURRENT) == name and all(_is_ours(place, one) for one in names)
        return links and _is_whole(place, names, name)
    except OSError:
        return False


def is_unsettled(folder: str) -> bool:
    """Tell whether a change in `folder` was cut off before it was settled; False where that cannot be seen."""
    return os.path.lexists(f"{folder}/{HIDDEN}/{PREVIOUS}")


def _trusted(folder: Path) -> Path:
    """Return the folder without links in its path; raises RefusedError where somebody else could redirect a write."""
    try:
        real = folder.resolve(strict=True)
        status = real.stat()
    except OSError as error:
        raise _untrusted(folder, [f"{folder} cannot be used: {error.strerror}."]) from None
    if not stat.S_ISDIR(status.st_mode):
        raise _untrusted(folder, [f"{folder} is not a folder."])
    user = os.geteuid()
    reasons = []
    if status.st_uid not in {0, user}:
        reasons.append(f"{real} belongs to the user with uid {status.st_uid}, who could replace what is put there.")
    if status.st_mode & (_OTHERS_WRITE if user == 0 else stat.S_IWOTH):
        reasons.append(f"{real} can be written by others (mode {stat.S_IMODE(status.st_mode):04o}).")
    if user == 0:
        reasons += [reason for above in real.parents if (reason := _unsafe(above))]
    if reasons:
        raise _untrusted(folder, reasons)
    return real


def _unsafe(folder: Path) -> str | None:
    """Return why root may not write below `folder`; None: only root can change what lies in it."""
    status = folder.stat()
    if status.st_uid != 0:
        return f"{folder} belongs to the user with uid {status.st_uid}, who could put another folder in its place."
    if status.st_mode & _OTHERS_WRITE and not status.st_mode & stat.S_ISVTX:
        return f"{folder} can be written by others (mode {stat.S_IMODE(status.st_mode):04o})."
    return None


def _untrusted(folder: Path, reasons: Sequence[str]) -> RefusedError:
    return RefusedError(
        f"Nothing is installed into {folder}: {reasons[0]}",
        hint="Make the folder, owned by the user who installs and writable by nobody else.",
        findings=[Finding(code=Code.INSTALL_FOLDER, message=one, field="folder") for one in reasons],
        code=Code.INSTALL_FOLDER,
    )


def _is_whole(place: Place, names: Sequence[str], name: str) -> bool:
    return all((place.hidden / name / one).is_file() for one in names)


def _is_ours(place: Place, name: str) -> bool:
    try:
        return (place.folder / name).readlink() == Path(HIDDEN, CURRENT, name)
    except OSError:
        return False


def _is_foreign(place: Place, name: str) -> bool:
    return os.path.lexists(place.folder / name) and not _is_ours(place, name)


def _foreign(place: Place, name: str) -> Finding:
    path = place.folder / name
    return Finding(
        code=Code.FILE_FOREIGN, message=f"{path} was not put there by certmgr.", field="folder", value=str(path)
    )


def _stage(place: Place, parts: Sequence[Part], installation: Installation, name: str) -> None:
    """Write a whole set under a hidden name, make it durable, and give it its name by one rename."""
    user, group = _ids(installation)
    temporary = place.hidden / f".{name}{_TEMPORARY}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(PRIVATE_FOLDER_MODE)
    # The key first: where it cannot be written, nothing else is worth writing.
    for one in sorted(parts, key=lambda part: not part.private):
        path = temporary / one.name
        create(path, one.content, mode=PRIVATE_MODE, sync=False)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # The owner before the mode: a change of owner may take bits away.
            if (user, group) != (-1, -1):
                os.fchown(descriptor, user, group)
            os.fchmod(descriptor, installation.mode if one.private else PUBLIC_MODE)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    temporary.chmod(PUBLIC_FOLDER_MODE)
    sync_folder(temporary)
    temporary.rename(place.hidden / name)
    sync_folder(place.hidden)


def _ids(installation: Installation) -> tuple[int, int]:
    """Return the ids of the files' user and group, -1 for what stays as it is."""
    try:
        user = pwd.getpwnam(installation.owner).pw_uid if installation.owner else -1
        group = grp.getgrnam(installation.group).gr_gid if installation.group else -1
    except KeyError as error:
        message = f"This host does not know the user or group that the files are to belong to: {error.args[0]}."
        raise CertmgrError(message, hint="Add it, or record the deployment anew.", code=Code.DEPLOYMENT_PLACE) from None
    return user, group


def _leads_to(place: Place, link: str) -> str | None:
    try:
        return os.readlink(place.hidden / link)  # noqa: PTH115 - the text of the link, not a path
    except FileNotFoundError:
        return None


def _lead(place: Place, link: str, name: str) -> None:
    """Let `link` lead to the set `name`, by one durable rename."""
    temporary = place.hidden / f".{link}{_TEMPORARY}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(name)
    temporary.replace(place.hidden / link)
    sync_folder(place.hidden)
