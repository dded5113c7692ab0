"""A file is there whole or not at all, and is born with its mode."""

import errno
import os
from pathlib import Path
from stat import S_IMODE

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError, RefusedError
from certmgr.net import files
from tests.net.crashes import crash_before


def mode(path: Path) -> int:
    """Return the permission bits of a path."""
    return S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o177], ids=oct)
def umask(request: pytest.FixtureRequest) -> object:
    """Run the test under another umask."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Secrets are 0600, public files 0644, whatever the shell is set to (DETAILS 54)."""
    files.write_private(tmp_path / "secret", b"s")
    files.write_public(tmp_path / "public", b"p")
    assert (mode(tmp_path / "secret"), mode(tmp_path / "public")) == (0o600, 0o644)


def test_a_secret_is_never_readable_by_others_not_even_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary file is born owner-only: its mode is right when the first byte is written."""
    seen = []
    write = os.write

    def spy(descriptor: int, data: bytes) -> int:
        seen.append(S_IMODE(os.fstat(descriptor).st_mode))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", spy)
    files.write_private(tmp_path / "secret", b"s")
    assert seen == [0o600]


def test_a_file_is_replaced_whole_wherever_the_process_ends(tmp_path: Path) -> None:
    """A reader sees the old content or the new, never a part and never nothing."""
    path = tmp_path / "file"
    files.write_private(path, b"old")
    change = 1
    while crash_before(change, lambda: files.write_private(path, b"new" * 1000)):
        assert path.read_bytes() in {b"old", b"new" * 1000}
        change += 1
    assert path.read_bytes() == b"new" * 1000
    assert change > 2


def test_content_and_name_are_synced_before_the_function_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is synced under its temporary name, then renamed, then the folder is synced."""
    steps = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        steps.append("folder" if Path(f"/proc/self/fd/{descriptor}").readlink() == tmp_path else "file")
        fsync(descriptor)

    def spy_replace(path: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    files.write_public(tmp_path / "file", b"x")
    assert steps == ["file", "rename", "folder"]


@pytest.mark.parametrize(
    ("number", "expected", "code"),
    [
        (errno.ENOSPC, CertmgrError, Code.FILE_DISK_FULL),
        (errno.EDQUOT, CertmgrError, Code.FILE_DISK_FULL),
        (errno.EIO, CertmgrError, Code.FILE_FAILED),
        (errno.EROFS, LockedError, Code.FILE_NOT_PERMITTED),
        (errno.EACCES, LockedError, Code.FILE_NOT_PERMITTED),
    ],
    ids=["full", "quota", "broken", "read-only", "denied"],
)
def test_a_failure_leaves_the_old_file_and_no_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[CertmgrError], code: Code
) -> None:
    """What the system says is translated; the folder is as it was."""
    path = tmp_path / "file"
    files.write_private(path, b"old")

    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(expected) as caught:
        files.write_private(path, b"new")
    assert caught.value.code is code
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"file": b"old"}


def test_a_file_that_may_not_be_replaced_is_not(tmp_path: Path) -> None:
    """Exit 4, with the path; the temporary file goes."""
    path = tmp_path / "file"
    files.write_private(path, b"first", replace=False)
    with pytest.raises(RefusedError) as caught:
        files.write_private(path, b"second", replace=False)
    assert (caught.value.code, caught.value.findings[0].value) == (Code.FILE_EXISTS, str(path))
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"file": b"first"}


def test_a_link_in_the_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """What somebody's link leads to is not written to."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"untouched")
    (tmp_path / "file").symlink_to(elsewhere)
    files.write_private(tmp_path / "file", b"secret")
    assert not (tmp_path / "file").is_symlink()
    assert elsewhere.read_bytes() == b"untouched"


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes a few bytes at a time gets all of them."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:3])))
    files.write_private(tmp_path / "file", b"0123456789")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


@pytest.mark.usefixtures("umask")
def test_folders_have_their_mode_and_keep_it(tmp_path: Path) -> None:
    """A new folder has exactly the mode asked for; an existing one is left alone."""
    files.make_folder(tmp_path / "a" / "b", 0o755, parents=True)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o755, 0o755)
    files.make_folder(tmp_path / "a", 0o700)
    assert mode(tmp_path / "a") == 0o755


def test_a_file_in_a_folders_place_is_refused(tmp_path: Path) -> None:
    """Exit 4."""
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(RefusedError):
        files.make_folder(tmp_path / "a")


def test_each_filesystem_is_synced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch with one destination or with a hundred folders of one disk costs one sync."""
    synced: list[Path | str] = []
    monkeypatch.setattr(files, "sync_filesystem", synced.append)
    folders = [tmp_path / str(number) for number in range(5)]
    for folder in folders:
        folder.mkdir()
    files.sync_filesystems([*folders, "/proc"])
    assert synced == [folders[0], "/proc"]


def test_a_filesystem_is_synced_with_and_without_syncfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C library has no syncfs, or the kernel does not know it, sync does the work."""
    files.sync_filesystem(tmp_path)
    synced = []
    monkeypatch.setattr(os, "sync", lambda: synced.append("all"))
    for absent in (lambda: None, lambda: lambda _descriptor: errno.ENOSYS):
        monkeypatch.setattr(files, "_syncfs", absent)
        files.sync_filesystem(tmp_path)
    assert synced == ["all", "all"]


def test_an_error_of_the_disk_is_reported_and_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed sync nothing may be acknowledged (SECURITY 9)."""
    asked = []

    def broken(descriptor: int) -> int:
        asked.append(descriptor)
        return errno.EIO

    monkeypatch.setattr(files, "_syncfs", lambda: broken)
    with pytest.raises(CertmgrError, match="Input/output error"):
        files.sync_filesystem(tmp_path)
    assert len(asked) == 1
