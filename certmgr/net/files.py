"""Writing files outside the home, and making a whole batch of them durable at once (DETAILS 18)."""

import ctypes
import errno
import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from certmgr.files import make_folder, sync_folder, translated, write_private, write_public

__all__ = [
    "make_folder",
    "sync_filesystem",
    "sync_filesystems",
    "sync_folder",
    "write_private",
    "write_public",
]


def sync_filesystem(folder: Path | str) -> None:
    """Make everything written to the filesystem of `folder` durable, with one call for any number of files.

    syncfs(2) where the C library has it, sync(2) otherwise. Raises CertmgrError when the disk reports an error.
    """
    with translated(folder):
        syncfs = _syncfs()
        if syncfs is None:
            os.sync()
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            code = syncfs(descriptor)
        finally:
            os.close(descriptor)
        if code == errno.ENOSYS:
            os.sync()
        elif code:
            raise OSError(code, os.strerror(code), str(folder))


def sync_filesystems(folders: Iterable[Path | str]) -> None:
    """Do `sync_filesystem` once for each filesystem that `folders` lie on."""
    seen: set[int] = set()
    for folder in folders:
        with translated(folder):
            device = Path(folder).stat().st_dev
        if device not in seen:
            seen.add(device)
            sync_filesystem(folder)


@functools.cache
def _syncfs() -> Callable[[int], int] | None:
    """Return syncfs(2) as a function that returns 0 or the errno, or None where the C library has none."""
    try:
        function = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_int]
    function.restype = ctypes.c_int
    return lambda descriptor: 0 if function(descriptor) == 0 else ctypes.get_errno()
