"""Whether a secret file is private: a plain file, ours, closed to everybody else (DETAILS 54)."""

import os
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, LockedError, NotFoundError
from certmgr.files import translated

MAX_BYTES: Final = 1 << 20
_GROUP_READ: Final = 0o040
_OTHERS: Final = 0o077


def check_private(path: Path, *, credential: bool = False) -> None:
    """Raise LockedError, with every reason, unless `path` is a private file of this user.

    `credential` accepts what systemd makes in $CREDENTIALS_DIRECTORY: owned by root, readable by an ACL that
    shows as the group's read bit. Raises NotFoundError where there is no file.
    """
    os.close(_open(path, credential=credential))


def read_private(path: Path, *, credential: bool = False) -> bytes:
    """Return the content of a private file, checked on the descriptor that is read; errors as `check_private`."""
    descriptor = _open(path, credential=credential)
    with os.fdopen(descriptor, "rb") as file, translated(path):
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CertmgrError(f"{path} is larger than any key file.", code=Code.FILE_FAILED)
    return data


def _open(path: Path, *, credential: bool) -> int:
    """Return a descriptor of the private file `path`; the check is on it, so nothing can be swapped in between."""
    if path.is_symlink():
        raise _not_private(path, ["is a symbolic link"])
    with translated(path):
        try:
            # Without O_NONBLOCK a named pipe would wait for a writer.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, ValueError) as error:
            # No file has a name with a null byte in it; a foreign store may say otherwise.
            raise NotFoundError(f"There is no file {path}.") from error
    reasons = _reasons(os.fstat(descriptor), credential=credential)
    if reasons:
        os.close(descriptor)
        raise _not_private(path, reasons)
    return descriptor


def _reasons(status: os.stat_result, *, credential: bool) -> list[str]:
    """Return why a file with `status` is not private."""
    owners = {os.geteuid(), 0} if credential else {os.geteuid()}
    open_bits = S_IMODE(status.st_mode) & (_OTHERS & ~_GROUP_READ if credential else _OTHERS)
    checks = (
        (not S_ISREG(status.st_mode), "is not a plain file"),
        (status.st_uid not in owners, f"belongs to the user with uid {status.st_uid}"),
        (open_bits, f"is open to others: mode {S_IMODE(status.st_mode):04o}"),
    )
    return [text for failed, text in checks if failed]


def _not_private(path: Path, reasons: list[str]) -> LockedError:
    return LockedError(
        f"{path} is not a private file: it {' and '.join(reasons)}.",
        code=Code.FILE_NOT_PRIVATE,
        hint=f"After making sure that nobody has read or changed it: chmod 600 {path}",
        findings=[
            Finding(code=Code.FILE_NOT_PRIVATE, message=f"It {reason}.", field="path", value=str(path))
            for reason in reasons
        ],
    )
