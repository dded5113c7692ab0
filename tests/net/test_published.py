"""What relying parties fetch is whole and never goes back (DETAILS 25, 26)."""

import fcntl
import os
import time
from pathlib import Path
from stat import S_IMODE

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, IntegrityError, LockedError, RefusedError
from certmgr.net.published import publish_file, read_published


def number_of(data: bytes) -> int:
    """Return the number of a file such as `7 content`; raises CertmgrError for what is none."""
    try:
        return int(data.split()[0])
    except (ValueError, IndexError) as error:
        raise CertmgrError("not a CRL") from error


def publish(folder: Path, number: int, content: bytes = b"crl") -> bool:
    """Publish a file with a number."""
    return publish_file(folder, "issuing.crl", b"%d %s" % (number, content), number=number, number_of=number_of)


def test_a_published_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    """Mode 0644 in a folder 0755, although the program's own umask is 077."""
    folder = tmp_path / "public" / "pki"
    assert publish(folder, 1)
    modes = [S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, folder / "issuing.crl")]
    assert modes == [0o755, 0o755, 0o644]
    assert list(folder.iterdir()) == [folder / "issuing.crl"]


def test_a_higher_number_replaces_a_lower_one(tmp_path: Path) -> None:
    """The normal case."""
    assert publish(tmp_path, 1)
    assert publish(tmp_path, 2)
    assert read_published(tmp_path, "issuing.crl") == b"2 crl"


def test_a_lower_number_never_replaces_a_higher_one(tmp_path: Path) -> None:
    """A slow process that signed earlier and publishes later is told that it was overtaken."""
    publish(tmp_path, 9)
    assert not publish(tmp_path, 8)
    assert read_published(tmp_path, "issuing.crl") == b"9 crl"


def test_publishing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    """A step that is done again after a crash is fine."""
    publish(tmp_path, 1)
    before = (tmp_path / "issuing.crl").stat().st_ino
    assert publish(tmp_path, 1)
    assert (tmp_path / "issuing.crl").stat().st_ino == before


def test_one_number_with_two_contents_is_an_integrity_error(tmp_path: Path) -> None:
    """A number is used once; two CRLs with one number mean that a record was lost."""
    publish(tmp_path, 1)
    with pytest.raises(IntegrityError) as caught:
        publish(tmp_path, 1, b"other")
    assert caught.value.code is Code.PUBLISHED_NUMBER
    assert read_published(tmp_path, "issuing.crl") == b"1 crl"


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    """Rubbish in the public folder does not keep a revocation from being seen."""
    (tmp_path / "issuing.crl").write_bytes(b"rubbish")
    assert publish(tmp_path, 1)
    assert read_published(tmp_path, "issuing.crl") == b"1 crl"


def test_a_certificate_is_published_without_a_number(tmp_path: Path) -> None:
    """The newest one stands."""
    assert publish_file(tmp_path, "issuing.cer", b"one")
    assert publish_file(tmp_path, "issuing.cer", b"two")
    assert read_published(tmp_path, "issuing.cer") == b"two"


def test_nothing_published_is_nothing_read(tmp_path: Path) -> None:
    """None, and no error."""
    assert read_published(tmp_path, "issuing.crl") is None


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """Exit 4."""
    (tmp_path / "pki").write_bytes(b"")
    with pytest.raises(RefusedError):
        publish(tmp_path / "pki", 1)


def test_a_publisher_that_hangs_does_not_hang_the_others(tmp_path: Path) -> None:
    """Another process holds the folder: exit 6 after the time that was given."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(LockedError):
            publish_file(tmp_path, "issuing.crl", b"1", number=1, number_of=number_of, lock_timeout_s=0.05)
    finally:
        os.close(descriptor)
    assert publish(tmp_path, 1)


def test_eight_processes_publish_at_once_and_the_number_never_falls(tmp_path: Path) -> None:
    """A reader polls all the while: no regression, no torn file, and the highest number stands at the end."""
    publish(tmp_path, 0)
    children = []
    for offset in range(8):
        child = os.fork()
        if child == 0:
            for step in range(25):
                publish(tmp_path, 1 + step * 8 + (offset * 5) % 8, b"x" * 10_000)
            os._exit(0)
        children.append(child)
    last, looks = 0, 0
    while children:
        content = read_published(tmp_path, "issuing.crl")
        assert content is not None
        assert number_of(content) >= last
        assert last == 0 or len(content.split()[1]) == 10_000
        last, looks = number_of(content), looks + 1
        children = [child for child in children if not os.waitpid(child, os.WNOHANG)[0]]
        time.sleep(0)
    assert number_of(read_published(tmp_path, "issuing.crl") or b"") == 200
    assert looks > 10
