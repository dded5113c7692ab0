"""A backup as a file: a tar with a manifest of SHA-256s, read as if a stranger had written it (N3).

It holds the store, the configuration, the sealed CA keys and the slots; never the machine's key, which opens them. The
sealed files are read before and after the store is copied, and must be the same: what is taken belongs together.
"""

import errno
import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from certmgr import __version__
from certmgr.codes import Code
from certmgr.errors import Finding, IntegrityError, LockedError, UsageError
from certmgr.files import create, sync_folder, temporary_name, translated
from certmgr.names import shown
from certmgr.records import dataclass
from certmgr.store import copies

if TYPE_CHECKING:
    from certmgr.workspace import Workspace

FORMAT: Final = "certmgr.backup/1"
DATABASE: Final = "certmgr.db"
CONFIGURATION: Final = "certmgr.toml"
_MANIFEST: Final = "manifest.json"
_SEALED: Final = re.compile(r"(?:keys|operators)/[a-z0-9][a-z0-9._-]{0,62}\.json")
_ATTEMPTS: Final = 5
_CHUNK: Final = 1 << 20
_MAX_SEALED: Final = 1 << 20
_MAX_DATABASE: Final = 1 << 40
_MAX_FILES: Final = 10_000
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    made_at: datetime
    version: str
    """Of the certmgr that made it."""
    schema: int
    """The version of the store's tables."""
    seq: int
    """The number of the last journal entry."""
    hash: str
    """Its hash: what an export of the journal that is kept elsewhere is compared with."""
    crl_numbers: tuple[tuple[str, int], ...]
    """(authority, last CRL number) at the time."""
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was written or read, and verified."""

    manifest: Manifest
    size: int
    sha256: str
    """Of the whole file."""


def write(workspace: "Workspace", path: Path) -> Backup:
    """Write a backup to the new file `path`, owner-only, verify it, and return what it holds.

    The file appears whole or not at all. Raises RefusedError where it is there already, LockedError while keys or slots
    are being changed, IntegrityError for a store that is not sound.
    """
    with translated(path):
        if path.is_symlink() or path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        database, temporary = temporary_name(path), temporary_name(path)
        try:
            sealed, facts = _consistent(workspace, database)
            manifest = _manifest(workspace, sealed, database, facts)
            with os.fdopen(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                _write_tar(file, manifest, sealed, database)
                file.flush()
                os.fsync(file.fileno())
            found = read(temporary)
            if found.manifest != manifest:
                raise _damaged(path, "it does not say what was written")
            path.hardlink_to(temporary)
            sync_folder(path.parent)
        finally:
            for one in (database, temporary):
                with suppress(FileNotFoundError):
                    one.unlink()
    return found


def read(path: Path, into: Path | None = None) -> Backup:
    """Verify the backup `path` and return what it holds; with `into`, write its files into that folder.

    Raises UsageError where there is no such file, IntegrityError for one that is not whole or holds anything but what
    `write` puts in.
    """
    if not path.is_file():
        raise UsageError(f"There is no backup {path}.", hint="Check the path.")
    with translated(path), path.open("rb") as file:
        whole = hashlib.sha256()
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            whole.update(chunk)
        size = file.tell()
        file.seek(0)
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                manifest = _read_members(path, archive, into)
        except (tarfile.TarError, EOFError, UnicodeError) as error:
            raise _damaged(path, "it is not a whole tar file") from error
    return Backup(manifest=manifest, size=size, sha256=whole.hexdigest())


def _consistent(workspace: "Workspace", database: Path) -> tuple[dict[str, bytes], copies.CopyFacts]:
    """Copy the store to `database`; return the other files, which did not change meanwhile."""
    for _ in range(_ATTEMPTS):
        before = _sealed_files(workspace)
        facts = copies.make_copy(workspace.database, database)
        if _sealed_files(workspace) == before:
            return before, facts
        database.unlink()
    raise LockedError(f"The keys or slots in {workspace.home} are being changed.", hint="Try again when that is done.")


def _sealed_files(workspace: "Workspace") -> dict[str, bytes]:
    """Return the content of the configuration, of every sealed key and every slot, by name."""
    found = {CONFIGURATION: (workspace.home / CONFIGURATION).read_bytes()}
    for folder in (workspace.keys, workspace.operators):
        for path in sorted(folder.glob("*.json")):
            name = f"{folder.name}/{path.name}"
            if _SEALED.fullmatch(name) and path.is_file() and not path.is_symlink():
                with suppress(FileNotFoundError):
                    found[name] = path.read_bytes()
    return found


def _manifest(workspace: "Workspace", sealed: dict[str, bytes], database: Path, facts: copies.CopyFacts) -> Manifest:
    with database.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    members = [Member(name=DATABASE, size=database.stat().st_size, sha256=digest)]
    members += [
        Member(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest()) for name, data in sealed.items()
    ]
    return Manifest(
        made_at=workspace.now().replace(microsecond=0),
        version=__version__,
        schema=facts.schema,
        seq=facts.seq,
        hash=facts.hash,
        crl_numbers=facts.crl_numbers,
        members=tuple(members),
    )


def _write_tar(file: IO[bytes], manifest: Manifest, sealed: dict[str, bytes], database: Path) -> None:
    made_at = int(manifest.made_at.timestamp())

    def add(name: str, size: int, content: IO[bytes]) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, made_at
        archive.addfile(entry, content)

    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        text = json.dumps(_as_json(manifest), indent=2, sort_keys=True).encode()
        add(_MANIFEST, len(text), io.BytesIO(text))
        for member in manifest.members:
            if member.name == DATABASE:
                with database.open("rb") as content:
                    add(member.name, member.size, content)
            else:
                add(member.name, member.size, io.BytesIO(sealed[member.name]))


def _read_members(path: Path, archive: tarfile.TarFile, into: Path | None) -> Manifest:
    """Read the manifest, then each file that it names, in its order, and nothing else."""
    entries = _entries(path, archive)
    first = next(entries, None)
    if first is None or first.name != _MANIFEST or first.size > _MAX_SEALED * 4:
        raise _damaged(path, "it does not begin with a manifest")
    manifest = _parse_manifest(path, _content(archive, first).read())
    for member in manifest.members:
        entry = next(entries, None)
        if entry is None or (entry.name, entry.size) != (member.name, member.size):
            raise _damaged(path, f"{shown(member.name)} is missing or has another size")
        if _copy(_content(archive, entry), None if into is None else into / member.name) != member.sha256:
            raise _damaged(path, f"{shown(member.name)} does not match its SHA-256")
    if next(entries, None) is not None:
        raise _damaged(path, "it holds more than its manifest names")
    return manifest


def _entries(path: Path, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for count, entry in enumerate(archive):
        if not entry.isreg() or entry.issparse() or count > _MAX_FILES:
            raise _damaged(path, f"{shown(entry.name)} is no plain file")
        yield entry


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(entry)
    if found is None:
        raise AssertionError(entry.name)
    return found


def _copy(content: IO[bytes], target: Path | None) -> str:
    """Return the SHA-256 of a file; write it, owner-only, where there is a target."""
    digest = hashlib.sha256()
    if target is None:
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            digest.update(chunk)
        return digest.hexdigest()
    create(target, b"", mode=0o600, sync=False)
    with target.open("r+b") as file:
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "schema": FORMAT,
        "made_at": manifest.made_at.isoformat(),
        "version": manifest.version,
        "store_schema": manifest.schema,
        "journal": {"seq": manifest.seq, "hash": manifest.hash},
        "crl_numbers": dict(manifest.crl_numbers),
        "files": [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in manifest.members],
    }


def _parse_manifest(path: Path, text: bytes) -> Manifest:
    """Return the manifest; raises IntegrityError for what is not of its form, or names a file that is not ours."""
    try:
        held = json.loads(text)
        if held["schema"] != FORMAT:
            raise ValueError(held["schema"])  # noqa: TRY301 - one place says what is wrong
        members = tuple(
            Member(name=str(one["name"]), size=int(one["size"]), sha256=str(one["sha256"])) for one in held["files"]
        )
        manifest = Manifest(
            made_at=datetime.fromisoformat(held["made_at"]),
            version=str(held["version"]),
            schema=int(held["store_schema"]),
            seq=int(held["journal"]["seq"]),
            hash=str(held["journal"]["hash"]),
            crl_numbers=tuple((str(slug), int(number)) for slug, number in sorted(held["crl_numbers"].items())),
            members=members,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, "its manifest is not of a form that this version knows") from error
    names = [one.name for one in members]
    for one in members:
        most = _MAX_DATABASE if one.name == DATABASE else _MAX_SEALED
        known = one.name in {DATABASE, CONFIGURATION} or _SEALED.fullmatch(one.name)
        if not known or not 0 <= one.size <= most or not _DIGEST.fullmatch(one.sha256):
            raise _damaged(path, f"its manifest names {shown(one.name)}, which is no file of a home")
    if len(set(names)) < len(names) or not {DATABASE, CONFIGURATION} <= set(names):
        raise _damaged(path, "its manifest names a file twice, or lacks the store or the configuration")
    return manifest


def _damaged(path: Path, reason: str) -> IntegrityError:
    message = f"The backup {path} cannot be used: {reason}."
    return IntegrityError(
        message,
        hint="Use another backup; nothing was written.",
        findings=[Finding(code=Code.BACKUP_DAMAGED, message=message, field="backup", value=str(path))],
        code=Code.BACKUP_DAMAGED,
    )
