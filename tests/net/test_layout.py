"""DIR/NAME/archive/<n> and DIR/NAME/live (DETAILS 15 to 18)."""

import os
from pathlib import Path
from stat import S_IMODE

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, RefusedError
from certmgr.net import layout
from certmgr.net.archive import check_destination, find_key_temporaries
from certmgr.net.files import sync_filesystems

FILES = {"privkey.pem": 0o600, "cert.pem": 0o644, "chain.pem": 0o644, "fullchain.pem": 0o644}


def give(folder: Path, number: int, key: str | None = None, server: str = "portal") -> layout.Delivered:
    """Deliver the certificate of that number."""
    cert = b"certificate %d\n" % number
    return layout.deliver(folder, server, key, cert, b"chain\n", cert + b"chain\n")


def give_new(folder: Path, number: int, server: str = "portal") -> layout.Delivered:
    """Make a key and deliver the certificate of that number."""
    return give(folder, number, layout.write_key(folder, server, b"key %d\n" % number), server)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file and link under a folder with its content or target."""
    return {
        str(path.relative_to(folder)): str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_a_delivery_lies_where_the_documentation_says(tmp_path: Path) -> None:
    """Four files in archive/1, and a relative link to them."""
    delivered = give_new(tmp_path, 1)
    assert delivered.folder == tmp_path / "portal" / "archive" / "1"
    assert delivered.live == tmp_path / "portal" / "live"
    assert delivered.key == delivered.folder / "privkey.pem"
    assert tree(tmp_path / "portal") == {
        "archive/1/privkey.pem": b"key 1\n",
        "archive/1/cert.pem": b"certificate 1\n",
        "archive/1/chain.pem": b"chain\n",
        "archive/1/fullchain.pem": b"certificate 1\nchain\n",
        "live": b"archive/1",
    }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_modes_are_exact_under_every_umask(tmp_path: Path, umask: int) -> None:
    """The key is 0600 in folders 0700; what is public is 0644 (DETAILS 54)."""
    before = os.umask(umask)
    try:
        folder = give_new(tmp_path, 1).folder
    finally:
        os.umask(before)
    assert {path.name: S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == FILES
    assert {S_IMODE(path.stat().st_mode) for path in (folder, folder.parent, folder.parent.parent)} == {0o700}


def test_a_renewal_takes_the_next_number_and_keeps_the_last(tmp_path: Path) -> None:
    """The line of a server's certificates stays on disk (R9.1)."""
    give_new(tmp_path, 1)
    assert give_new(tmp_path, 2).number == 2
    assert (tmp_path / "portal" / "live" / "cert.pem").read_bytes() == b"certificate 2\n"
    assert (tmp_path / "portal" / "archive" / "1" / "privkey.pem").read_bytes() == b"key 1\n"


def test_a_certificate_from_a_csr_comes_without_a_key(tmp_path: Path) -> None:
    """The key stays where it was made (R1.5)."""
    delivered = give(tmp_path, 1)
    assert delivered.key is None
    assert sorted(path.name for path in delivered.folder.iterdir()) == ["cert.pem", "chain.pem", "fullchain.pem"]


def test_delivering_again_changes_nothing(tmp_path: Path) -> None:
    """Recovery calls the same function with the same arguments."""
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    first = give(tmp_path, 1, key)
    before = tree(tmp_path)
    assert give(tmp_path, 1, key) == first
    assert tree(tmp_path) == before
    give(tmp_path, 2)
    assert give(tmp_path, 2).number == 2


def test_recovery_of_an_older_delivery_does_not_set_live_back(tmp_path: Path) -> None:
    """Only a higher number becomes live."""
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    give(tmp_path, 1, key)
    give_new(tmp_path, 2)
    assert give(tmp_path, 1, key).number == 1
    assert str((tmp_path / "portal" / "live").readlink()) == "archive/2"


def test_a_key_waits_in_a_private_place_until_it_is_delivered(tmp_path: Path) -> None:
    """The intent records this path: owner-only, beside its destination, not yet live (DETAILS 15)."""
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    place = Path(key)
    assert place.is_relative_to(tmp_path / "portal" / "archive")
    assert (S_IMODE(place.stat().st_mode), S_IMODE(place.parent.stat().st_mode)) == (0o600, 0o700)
    assert not (tmp_path / "portal" / "live").exists()
    assert check_destination(tmp_path, "portal") == ()


def test_a_discarded_key_leaves_nothing(tmp_path: Path) -> None:
    """A refused order leaves no key and no empty folder behind; done twice it is still fine."""
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    layout.discard_key(key)
    layout.discard_key(key)
    assert list(tmp_path.iterdir()) == []


def test_a_discarded_key_takes_no_delivery_along(tmp_path: Path) -> None:
    """What is live stays."""
    give_new(tmp_path, 1)
    before = tree(tmp_path)
    layout.discard_key(layout.write_key(tmp_path, "portal", b"key 2\n"))
    assert tree(tmp_path) == before


def test_only_a_keys_temporary_file_is_discarded(tmp_path: Path) -> None:
    """The path comes from a record: one that leads to a delivered key removes nothing."""
    delivered = give_new(tmp_path, 1)
    before = tree(tmp_path)
    for path in (delivered.folder / "privkey.pem", delivered.live / "privkey.pem", delivered.folder / "cert.pem"):
        with pytest.raises(CertmgrError, match="not removed"):
            layout.discard_key(str(path))
    assert tree(tmp_path) == before


def test_keys_that_wait_are_found(tmp_path: Path) -> None:
    """What a killed process left behind can be listed and removed; what was delivered is not among it."""
    assert find_key_temporaries(tmp_path, "portal") == ()
    give_new(tmp_path, 1)
    waiting = layout.write_key(tmp_path, "portal", b"key 2\n")
    assert find_key_temporaries(tmp_path, "portal") == (Path(waiting),)


def test_a_key_that_is_gone_stops_the_delivery(tmp_path: Path) -> None:
    """A certificate is never made live without the key that it was made with."""
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    Path(key).unlink()
    with pytest.raises(CertmgrError, match="not there any more") as caught:
        give(tmp_path, 1, key)
    assert caught.value.hint is not None
    assert not (tmp_path / "portal" / "live").exists()


def test_a_key_of_another_server_is_not_delivered(tmp_path: Path) -> None:
    """The path comes from a record, and a record is not trusted (DETAILS 16)."""
    key = layout.write_key(tmp_path, "mail", b"key of mail\n")
    with pytest.raises(CertmgrError, match="not one of portal's"):
        give(tmp_path, 1, key)
    assert Path(key).read_bytes() == b"key of mail\n"


def test_the_destination_is_made_when_it_is_not_there(tmp_path: Path) -> None:
    """--out may name a folder that does not exist yet."""
    give_new(tmp_path / "new" / "folder", 1)
    assert (tmp_path / "new" / "folder" / "portal" / "live" / "cert.pem").exists()


@pytest.mark.parametrize("written", [".", "out", "./out/", "../{}/out", "{}//out"])
def test_however_the_destination_is_written_it_is_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """--out is a path as people type it; the default is the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = Path(written.format(tmp_path if written.startswith("{") else tmp_path.name))
    give_new(folder, 1)
    assert give_new(folder, 2).live.resolve() == (folder / "portal" / "archive" / "2").resolve()


def test_files_of_others_beside_ours_are_left_alone(tmp_path: Path) -> None:
    """A note or a parameter file in the server's folder is no obstacle to its renewal."""
    give_new(tmp_path, 1)
    (tmp_path / "portal" / "dhparam.pem").write_bytes(b"theirs")
    assert give_new(tmp_path, 2).number == 2
    assert (tmp_path / "portal" / "dhparam.pem").read_bytes() == b"theirs"


def stand_a_file(base: Path) -> None:
    """A plain file has the server's name."""
    base.write_bytes(b"theirs")


def stand_a_link(base: Path) -> None:
    """A link has the server's name."""
    base.symlink_to(base.parent)


def stand_a_folder_of_others(base: Path) -> None:
    """A folder with somebody's files has the server's name."""
    base.mkdir()
    (base / "index.html").write_bytes(b"theirs")


def stand_a_live_folder(base: Path) -> None:
    """`live` is a folder, as another program lays it out."""
    (base / "archive").mkdir(parents=True)
    (base / "live").mkdir()


def stand_a_live_link_elsewhere(base: Path) -> None:
    """`live` leads out of the archive."""
    (base / "archive").mkdir(parents=True)
    (base / "live").symlink_to("/etc")


def stand_an_archive_link(base: Path) -> None:
    """`archive` is a link."""
    base.mkdir()
    (base / "archive").symlink_to("/tmp")  # noqa: S108 - any folder that is not ours


def stand_names_in_the_archive(base: Path) -> None:
    """The archive holds another program's names."""
    (base / "archive" / "01").mkdir(parents=True)
    (base / "archive" / "cert1.pem").write_bytes(b"theirs")


@pytest.mark.parametrize(
    ("stand", "obstacles"),
    [
        (stand_a_file, ["portal"]),
        (stand_a_link, ["portal"]),
        (stand_a_folder_of_others, ["portal"]),
        (stand_a_live_folder, ["portal/live"]),
        (stand_a_live_link_elsewhere, ["portal/live"]),
        (stand_an_archive_link, ["portal/archive"]),
        (stand_names_in_the_archive, ["portal/archive/01", "portal/archive/cert1.pem"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_not_ours_is_refused_and_untouched(tmp_path: Path, stand: object, obstacles: list[str]) -> None:
    """Exit 4 naming everything in the way, before a key is made; nothing is changed (DETAILS 17)."""
    assert callable(stand)
    stand(tmp_path / "portal")
    before = tree(tmp_path)
    for step in (lambda: layout.write_key(tmp_path, "portal", b"key\n"), lambda: give(tmp_path, 1)):
        with pytest.raises(RefusedError) as caught:
            step()
        assert caught.value.code is Code.FILE_FOREIGN
        assert [finding.value for finding in caught.value.findings] == [str(tmp_path / name) for name in obstacles]
    assert tree(tmp_path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """Its owner could swap what we write."""
    (tmp_path / "portal").mkdir()
    os.chown(tmp_path / "portal", 12345, 12345)
    assert "uid 12345" in check_destination(tmp_path, "portal")[0].message


def test_a_batch_is_delivered_like_single_ones(tmp_path: Path) -> None:
    """The durable batch gives the same files (DETAILS 18)."""
    names = [f"server-{number}" for number in range(20)]
    deliveries = [
        layout.Delivery(
            destination=tmp_path / "batch",
            server=name,
            key=layout.write_key(tmp_path / "batch", name, b"key 1\n", sync=False),
            cert=b"certificate 1\n",
            chain=b"chain\n",
            fullchain=b"certificate 1\nchain\n",
        )
        for name in names
    ]
    delivered = layout.deliver_batch(deliveries)
    for name in names:
        give_new(tmp_path / "single", 1, name)
    assert tree(tmp_path / "batch") == tree(tmp_path / "single")
    assert [one.live for one in delivered] == [tmp_path / "batch" / name / "live" for name in names]
    assert layout.deliver_batch(deliveries) == delivered


def test_a_batch_syncs_before_it_renames_and_before_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write all, sync, rename all, sync: no name leads to content that a power cut could still take."""
    seen: list[list[str]] = []
    sync = sync_filesystems

    def spy(folders: set[str]) -> None:
        seen.append(sorted(path.name for path in tmp_path.rglob("*") if path.name in {"1", "live", "cert.pem"}))
        sync(folders)

    monkeypatch.setattr(layout, "sync_filesystems", spy)
    deliveries = [
        layout.Delivery(destination=tmp_path, server=name, key=None, cert=b"c", chain=b"h", fullchain=b"ch")
        for name in ("mail", "portal")
    ]
    layout.deliver_batch(deliveries)
    assert seen == [["cert.pem"] * 2, ["1"] * 2 + ["cert.pem"] * 2 + ["live"] * 2]


def test_a_single_delivery_is_durable_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file and its folder are synced before the folder gets its number, and that before it becomes live."""
    steps: list[str] = []
    fsync, rename, symlink = os.fsync, os.rename, os.symlink

    def spy_fsync(descriptor: int) -> None:
        steps.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def spy_rename(source: str, target: str) -> None:
        steps.append(f"rename to {Path(target).name}")
        rename(source, target)

    def spy_symlink(target: str, path: str) -> None:
        symlink(target, path)
        steps.append(f"link {Path(path).name}")

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "rename", spy_rename)
    monkeypatch.setattr(os, "symlink", spy_symlink)
    key = layout.write_key(tmp_path, "portal", b"key 1\n")
    assert steps == ["privkey.pem", Path(key).parent.name, "archive", "portal", tmp_path.name]
    steps.clear()
    give(tmp_path, 1, key)
    assert steps == [
        *("cert.pem", "chain.pem", "fullchain.pem", Path(key).parent.name, "rename to 1", "archive"),
        *("link live", "portal"),
    ]
    steps.clear()
    give(tmp_path, 2, None)
    assert steps[-3:] == ["rename to live", "portal", tmp_path.name], "no key's writing has synced the folder above"
