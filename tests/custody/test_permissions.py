"""A secret file is a plain file of ours, closed to everybody else (DETAILS 54)."""

import os
from pathlib import Path

import pytest

from certmgr.custody.permissions import MAX_BYTES, check_private, read_private
from certmgr.errors import CertmgrError, LockedError, NotFoundError


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """Return a private file."""
    path = tmp_path / "secret"
    path.write_bytes(b"content")
    path.chmod(0o600)
    return path


def test_a_private_file_is_read(secret_file: Path) -> None:
    """Mode 0600 of our own is private; so is 0400."""
    assert read_private(secret_file) == b"content"
    secret_file.chmod(0o400)
    check_private(secret_file)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o602, 0o610])
def test_a_file_open_to_others_is_refused(secret_file: Path, mode: int) -> None:
    """Any right of the group or of others is too much, and the mode is named."""
    secret_file.chmod(mode)
    with pytest.raises(LockedError, match=f"{mode:04o}"):
        check_private(secret_file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused_with_every_reason(secret_file: Path) -> None:
    """Owner and mode are both reported, so that one look is enough."""
    secret_file.chmod(0o644)
    os.chown(secret_file, 12345, 12345)
    with pytest.raises(LockedError) as caught:
        read_private(secret_file)
    assert [finding.message for finding in caught.value.findings] == [
        "It belongs to the user with uid 12345.",
        "It is open to others: mode 0644.",
    ]


def test_a_symbolic_link_is_refused(secret_file: Path) -> None:
    """What a link leads to can be changed by whoever owns the link."""
    link = secret_file.with_name("link")
    link.symlink_to(secret_file)
    with pytest.raises(LockedError, match="symbolic link"):
        read_private(link)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_not_a_plain_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    """A pipe does not keep the program waiting."""
    path = tmp_path / kind
    path.mkdir(mode=0o700) if kind == "folder" else os.mkfifo(path, 0o600)
    with pytest.raises(LockedError, match="not a plain file"):
        read_private(path)


def test_a_credential_may_be_readable_through_an_acl(secret_file: Path) -> None:
    """An ACL shows as the group's read bit; systemd hands credentials over like this."""
    secret_file.chmod(0o440)
    assert read_private(secret_file, credential=True) == b"content"
    secret_file.chmod(0o444)
    with pytest.raises(LockedError, match="0444"):
        read_private(secret_file, credential=True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No file: exit 5 with its path."""
    with pytest.raises(NotFoundError, match="nowhere"):
        read_private(tmp_path / "nowhere")


def test_a_file_larger_than_any_key_file_is_not_read(secret_file: Path) -> None:
    """A file put in a key file's place cannot exhaust the memory."""
    secret_file.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(CertmgrError, match="larger"):
        read_private(secret_file)


def test_a_name_that_no_file_can_have_names_no_file(tmp_path: Path) -> None:
    """A foreign store may hold a path with a null byte."""
    with pytest.raises(NotFoundError):
        read_private(tmp_path / "key\0.pem")
