"""What lies in a server's folder, DIR/NAME: reading only (DETAILS 17).

Paths are text here and in `layout`: ten thousand deliveries pass, and a Path costs as much as its system call.
"""
# ruff: noqa: PTH115, PTH123, PTH208

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR, S_ISLNK
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding

KEY: Final = "privkey.pem"
CERTIFICATE: Final = "cert.pem"
CHAIN: Final = "chain.pem"
FULL_CHAIN: Final = "fullchain.pem"
ARCHIVE: Final = "archive"
LIVE: Final = "live"
HIDDEN: Final = ".tmp"
"""How the name of a folder ends that is still being built; it begins with a dot."""


def base_of(destination: Path, server: str) -> str:
    """Return DIR/NAME, as `str(destination / server)` does: "./portal" and "portal" are one text."""
    folder = str(destination)
    return server if folder == "." else f"{folder.removesuffix('/')}/{server}"


def check_destination(destination: Path, server: str) -> tuple[Finding, ...]:
    """Return everything that stands where the server's files are to go and is not ours; empty: go ahead.

    Other files inside a folder of ours are left alone and are no obstacle.
    """
    base = base_of(destination, server)
    try:
        status = os.lstat(base)
        if not S_ISDIR(status.st_mode):
            return (_foreign(base, f"{base} is {_kind(status.st_mode)}; a folder is to stand there."),)
        if status.st_uid != os.geteuid():
            return (_foreign(base, f"{base} belongs to the user with uid {status.st_uid}."),)
        return tuple(_foreign(path, message) for path, message in _obstacles(base))
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (_foreign(base, f"{base} cannot be read: {error.strerror}."),)


def live_number(base: str) -> int | None:
    """Return the number that the link `base`/live leads to, or None where nothing of ours is live."""
    try:
        folder, _, number = os.readlink(f"{base}/{LIVE}").rpartition("/")
    except OSError:
        return None
    return int(number) if folder == ARCHIVE and _is_number(number) else None


def is_key_temporary(path: str) -> bool:
    """Tell whether `path` is of the form that `layout.write_key` returns: .../archive/.<random>.tmp/privkey.pem."""
    *_, archive, hidden, name = ("", "", *path.split("/"))
    return name == KEY and _is_hidden(hidden) and archive == ARCHIVE


def find_key_temporaries(destination: Path, server: str) -> tuple[Path, ...]:
    """Return the keys of the server that wait to be delivered.

    One that no intent names was left by a process that ended in between; `layout.discard_key` removes it.
    """
    archive = destination / server / ARCHIVE
    return tuple(sorted(path for path in archive.glob(f".*{HIDDEN}/{KEY}") if is_key_temporary(str(path))))


def numbers(base: str) -> list[int]:
    """Return the numbers of the finished deliveries in `base`/archive, in no order."""
    return [int(name) for name in os.listdir(f"{base}/{ARCHIVE}") if _is_number(name)]


def find_number(base: str, certificate: bytes) -> int | None:
    """Return the number under which `certificate` (PEM) lies in `base`/archive already, or None."""
    for number in sorted(numbers(base), reverse=True):
        with suppress(FileNotFoundError), open(f"{base}/{ARCHIVE}/{number}/{CERTIFICATE}", "rb") as file:
            if file.read(len(certificate) + 1) == certificate:
                return number
    return None


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and name[0] != "0"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name.endswith(HIDDEN)


def _obstacles(base: str) -> Iterator[tuple[str, str]]:
    """Yield the path of everything foreign inside an existing DIR/NAME, and a sentence about it."""
    names = os.listdir(base)
    live, archive = f"{base}/{LIVE}", f"{base}/{ARCHIVE}"
    if names and ARCHIVE not in names:
        yield base, f"{base} holds files already and none of them from certmgr."
    if LIVE in names and live_number(base) is None:
        yield live, f"{live} is not a link into {ARCHIVE}."
    if ARCHIVE not in names:
        return
    mode = os.lstat(archive).st_mode
    if not S_ISDIR(mode):
        yield archive, f"{archive} is {_kind(mode)}; a folder is to stand there."
        return
    for name in sorted(os.listdir(archive)):
        if not _is_number(name) and not _is_hidden(name):
            yield f"{archive}/{name}", f"{archive}/{name} is not one of certmgr's numbered folders."


def _kind(mode: int) -> str:
    return "a symbolic link" if S_ISLNK(mode) else "a file"


def _foreign(path: str, message: str) -> Finding:
    return Finding(code=Code.FILE_FOREIGN, message=message, field="out", value=path)
