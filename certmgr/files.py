"""Files that are there whole or not at all: written under a temporary name, synced, renamed.

The one way in which certmgr writes a file (ARCHITECTURE: intent before signature, step 5): a temporary
name beside the destination, made with O_EXCL and O_NOFOLLOW, fsync, rename, fsync of the folder.
"""

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, LockedError, RefusedError

PRIVATE_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
PRIVATE_FOLDER_MODE: Final = 0o700
PUBLIC_FOLDER_MODE: Final = 0o755
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
HOLD_TIMEOUT_S: Final = 10.0
_POLL_S: Final = 0.02
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def write_private(path: Path, data: bytes, *, replace: bool = True, sync: bool = True) -> None:
    """Write a secret to `path`, mode 0600 from its first byte on.

    `replace=False` refuses, with RefusedError, a path that exists already; `sync=False` leaves the syncing
    to the caller. Raises CertmgrError or LockedError when the system refuses.
    """
    _write(path, data, mode=PRIVATE_MODE, replace=replace, sync=sync)


def write_public(path: Path, data: bytes, mode: int = PUBLIC_MODE, *, replace: bool = True, sync: bool = True) -> None:
    """Write a public file to `path` with exactly `mode`, whatever the umask; otherwise as `write_private`."""
    _write(path, data, mode=mode, replace=replace, sync=sync)


def create(path: str | Path, data: bytes, *, mode: int, sync: bool) -> None:
    """Create the file `path`, which may not exist yet, with `data` and exactly `mode`.

    The bare step below the others, for callers that choose temporary names and sync themselves;
    raises OSError as the system gave it.
    """
    descriptor = os.open(path, _CREATE, PRIVATE_MODE)
    try:
        if mode != PRIVATE_MODE:
            os.fchmod(descriptor, mode)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: str | Path) -> None:
    """Make the names in `folder` durable; raises OSError as the system gave it."""
    descriptor = os.open(folder, _FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path, mode: int = PRIVATE_FOLDER_MODE, *, parents: bool = False) -> None:
    """Make the folder `path` with exactly `mode` if it is not there; an existing folder keeps its mode.

    Raises RefusedError where something else stands, CertmgrError or LockedError when the system refuses.
    """
    with translated(path):
        if parents and not path.parent.is_dir():
            make_folder(path.parent, mode, parents=True)
        try:
            path.mkdir(mode=PRIVATE_FOLDER_MODE)
        except FileExistsError:
            if not path.is_dir():
                raise
            return
        path.chmod(mode)
        sync_folder(path.parent)


@contextmanager
def held(folder: str | Path, *, timeout_s: float = HOLD_TIMEOUT_S) -> Iterator[None]:
    """Hold `folder` itself, so that no lock file lies in it, while the block runs; no other process holds it then.

    Raises LockedError when another process holds it for longer than `timeout_s`.
    """
    with translated(folder):
        descriptor = os.open(folder, _FOLDER)
    try:
        _wait_for(descriptor, folder, time.monotonic() + timeout_s)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, folder: str | Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockedError(
                    f"Another process is changing files in {folder}.", hint="Try again when it has finished."
                ) from None
            time.sleep(_POLL_S)
        else:
            return


def temporary_name(path: Path) -> Path:
    """Return a new hidden name beside `path`, for what is renamed to `path` later."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turn the OSErrors of a block into sentences about `path`."""
    try:
        yield
    except OSError as error:
        raise _sentence(path, error) from error


def _sentence(path: Path | str, error: OSError) -> CertmgrError:
    """Return the domain error that says what the system said about `path`."""
    if error.errno == errno.EEXIST:
        return RefusedError(
            f"{path} is there already and is not replaced.",
            code=Code.FILE_EXISTS,
            findings=[Finding(code=Code.FILE_EXISTS, message="It is there.", field="path", value=str(path))],
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return LockedError(
            f"{path} cannot be read or written: {error.strerror}.",
            code=Code.FILE_NOT_PERMITTED,
            hint="Run the command as the user who owns the folder.",
        )
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return CertmgrError(f"There is no room left to write {path}.", code=Code.FILE_DISK_FULL)
    return CertmgrError(f"{path} cannot be read or written: {error.strerror}.", code=Code.FILE_FAILED)


def _write(path: Path, data: bytes, *, mode: int, replace: bool, sync: bool) -> None:
    temporary = temporary_name(path)
    with translated(path):
        try:
            create(temporary, data, mode=mode, sync=sync)
            if replace:
                temporary.replace(path)
            else:
                path.hardlink_to(temporary)
                temporary.unlink()
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        if sync:
            sync_folder(path.parent)
