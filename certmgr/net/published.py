"""What relying parties fetch: CRLs and CA certificates in a public folder (DETAILS 25, 26).

A file is replaced whole and never set back to a lower number.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError, LockedError
from certmgr.files import PUBLIC_FOLDER_MODE, make_folder, translated, write_public

LOCK_TIMEOUT_S: Final = 10.0
_POLL_S: Final = 0.02


def publish_file(  # noqa: PLR0913 - one file, its number and the two ways to learn about it
    directory: Path,
    name: str,
    data: bytes,
    *,
    number: int | None = None,
    number_of: Callable[[bytes], int] | None = None,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
) -> bool:
    """Put `data` at `directory`/`name`, mode 0644 in a folder 0755, whole and durable; tell whether it is there now.

    `number` is the CRL number of `data`, `number_of` reads that of the file in place: when that is higher, nothing
    changes and False comes back. A file in place that `number_of` cannot read (CertmgrError) is replaced. Without
    `number` (a CA certificate) the file is replaced. Raises IntegrityError when the same number is there with other
    content, LockedError when another process publishes for longer than `lock_timeout_s`.
    """
    make_folder(directory, PUBLIC_FOLDER_MODE, parents=True)
    path = directory / name
    with _locked(directory, lock_timeout_s):
        there = read_published(directory, name)
        if there == data:
            return True
        if number is not None and number_of is not None and there is not None:
            standing = _number(there, number_of)
            if standing is not None and standing > number:
                return False
            if standing == number:
                raise IntegrityError(
                    f"{path} has the number {number} already and other content.",
                    code=Code.PUBLISHED_NUMBER,
                    hint="Publish a new CRL, which takes the next number.",
                )
        write_public(path, data)
    return True


def read_published(directory: Path, name: str) -> bytes | None:
    """Return what is published as `name`, or None where nothing is."""
    path = directory / name
    with translated(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def _number(there: bytes, number_of: Callable[[bytes], int]) -> int | None:
    try:
        return number_of(there)
    except CertmgrError:
        return None


@contextmanager
def _locked(directory: Path, timeout_s: float) -> Iterator[None]:
    """Hold the folder itself, so that no lock file lies among what is served."""
    with translated(directory):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _wait(descriptor, directory, time.monotonic() + timeout_s)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, directory: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockedError(
                    f"Another process is publishing to {directory}.", hint="Try again when it has finished."
                ) from None
            time.sleep(_POLL_S)
        else:
            return
