"""What relying parties fetch: CRLs and CA certificates in a public folder (DETAILS 25, 26).

A file is replaced whole and never set back to a lower number.
"""

from collections.abc import Callable
from pathlib import Path

from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError
from certmgr.files import HOLD_TIMEOUT_S, PUBLIC_FOLDER_MODE, held, make_folder, sync_folder, translated, write_public


def publish_file(  # noqa: PLR0913 - one file, its number and the two ways to learn about it
    directory: Path,
    name: str,
    data: bytes,
    *,
    number: int | None = None,
    number_of: Callable[[bytes], int] | None = None,
    lock_timeout_s: float = HOLD_TIMEOUT_S,
) -> bool:
    """Put `data` at `directory`/`name`, mode 0644 in a folder 0755, whole and durable; tell whether it is there now.

    `number` is the CRL number of `data`, `number_of` reads that of the file in place: when that is higher, nothing
    changes and False comes back. A file in place that `number_of` cannot read (CertmgrError) is replaced. Without
    `number` (a CA certificate) the file is replaced. Raises IntegrityError when the same number is there with other
    content, LockedError when another process publishes for longer than `lock_timeout_s`.
    """
    make_folder(directory, PUBLIC_FOLDER_MODE, parents=True)
    path = directory / name
    with held(directory, timeout_s=lock_timeout_s):
        there = read_published(directory, name)
        if there == data:
            # Whoever wrote it may have been killed before the name was durable.
            with translated(directory):
                sync_folder(directory)
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
