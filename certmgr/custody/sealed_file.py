"""The form of every key file: canonical JSON that names its format, and a SHA-256 of all before it.

A file is one line, `{"body":{...},"sha256":"..."}`: JSON for any reader, and the sum covers every byte before
`,"sha256"`. The sum is unkeyed: it tells damage from a wrong passphrase (DETAILS 2); what protects against
malice is the seal inside, whose associated data are the other fields of the body.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from certmgr.codes import Code
from certmgr.custody.permissions import read_private
from certmgr.errors import CertmgrError, IntegrityError
from certmgr.files import write_private

Field = str | int | Sequence["Field"] | Mapping[str, "Field"]
Body = Mapping[str, Field]
_Given = TypeVar("_Given")
_Parsed = TypeVar("_Parsed")
_SUM: Final = b',"sha256":"'
_END: Final = b'"}\n'
_SUM_LENGTH: Final = len(_SUM) + 64 + len(_END)
SEAL_FIELDS: Final = frozenset({"ciphertext"})


def canonical(body: Body) -> bytes:
    """Return the one JSON form of `body`: sorted keys, no spaces, UTF-8."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def associated_data(body: Body) -> bytes:
    """Return what a seal in `body` binds: every field but the sealed one (DETAILS 49)."""
    return canonical({name: value for name, value in body.items() if name not in SEAL_FIELDS})


def write_body(path: Path, body: Body, *, replace: bool) -> None:
    """Write `body` with its sum to `path`, owner-only and atomically; errors as `files.write_private`."""
    before = b'{"body":' + canonical(body)
    data = before + _SUM + hashlib.sha256(before).hexdigest().encode() + _END
    write_private(path, data, replace=replace)


def read_body(path: Path, *, expected: str, credential: bool = False) -> Body:
    """Return the body of the key file `path`, whose format must be `expected` (`certmgr.slot/1`).

    Raises IntegrityError for a damaged file, CertmgrError for a newer format, LockedError for one that is
    not private, NotFoundError where there is none.
    """
    data = read_private(path, credential=credential)
    before, tail = data[:-_SUM_LENGTH], data[-_SUM_LENGTH:]
    if tail != _SUM + hashlib.sha256(before).hexdigest().encode() + _END or not before.startswith(b'{"body":'):
        raise damaged(path)
    content = before.removeprefix(b'{"body":')
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged(path) from error
    if not isinstance(body, dict) or canonical(body) != content:
        raise damaged(path)
    found = body.get("format")
    if found != expected:
        raise _unexpected(path, found, expected)
    return body


def parsed(path: Path, given: _Given, parse: Callable[[_Given], _Parsed]) -> _Parsed:
    """Return `parse(given)`; a field that is missing or of the wrong form raises IntegrityError about `path`."""
    try:
        return parse(given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path) from error


def hexadecimal(value: object, length: int) -> bytes:
    """Return the `length` bytes that a field writes as hex; raises TypeError or ValueError for anything else."""
    if not isinstance(value, str):
        raise TypeError(value)
    raw = bytes.fromhex(value)
    if len(raw) != length or raw.hex() != value:
        raise ValueError(length)
    return raw


def damaged(path: Path) -> IntegrityError:
    """Return the error for a key file that does not match its own sum or seal."""
    return IntegrityError(
        f"The key file {path} is damaged.",
        code=Code.KEY_FILE_DAMAGED,
        hint="Restore it from a backup; the passphrase cannot help.",
    )


def _unexpected(path: Path, found: object, expected: str) -> CertmgrError:
    kind, _, _ = expected.partition("/")
    if isinstance(found, str) and found.partition("/")[0] == kind:
        return CertmgrError(
            f"{path} has the format {found}, this version reads {expected}.",
            code=Code.KEY_FILE_NEWER,
            hint="Use the version of certmgr that wrote it, or a newer one.",
        )
    return damaged(path)
