"""Putting files where a server reads them: all at one moment, and back again."""

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError, RefusedError
from certmgr.models.servers import Installation
from certmgr.net import install

PARTS = (
    install.Part(name="cert.pem", content=b"certificate 1"),
    install.Part(name="privkey.pem", content=b"key 1", private=True),
)
SECOND = (
    install.Part(name="cert.pem", content=b"certificate 2"),
    install.Part(name="privkey.pem", content=b"key 2", private=True),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


def put(folder: Path, parts: tuple[install.Part, ...], name: str, **settings: object) -> bool:
    """Bring a set into force."""
    wanted = Installation(folder=str(folder), **settings)  # type: ignore[arg-type]  # the fields of an installation
    with install.opened(str(folder)) as place:
        return install.put(place, parts, wanted, name=name)


def act(folder: Path, *acts: str) -> list[bool | None]:
    """Restore or settle."""
    with install.opened(str(folder)) as place:
        return [getattr(install, one)(place) for one in acts]


def found(folder: Path) -> dict[str, bytes]:
    """Return what a server finds."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_set_is_put_in_place_with_its_modes(folder: Path) -> None:
    """The key's file has the mode that was asked for, a certificate is public (DETAILS 54)."""
    assert put(folder, PARTS, "one", mode=0o640)
    assert found(folder) == {"cert.pem": b"certificate 1", "privkey.pem": b"key 1"}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}
    assert modes == {"cert.pem": 0o644, "privkey.pem": 0o640}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_files_get_their_owner_and_group(folder: Path) -> None:
    """As the deployment says."""
    user, group = pwd.getpwuid(65534).pw_name, grp.getgrgid(65534).gr_name
    put(folder, PARTS, "one", owner=user, group=group, mode=0o440)
    status = (folder / "privkey.pem").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (65534, 65534, 0o440)


def test_an_unknown_user_is_named_and_nothing_changes(folder: Path) -> None:
    """What served before goes on serving."""
    put(folder, PARTS, "one")
    act(folder, "settle")
    with pytest.raises(CertmgrError, match="no-such-user"):
        put(folder, SECOND, "two", owner="no-such-user")
    assert found(folder)["privkey.pem"] == b"key 1"
    assert not install.is_unsettled(str(folder))


def test_a_change_is_one_rename(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped at any step, a server finds the whole old set or the whole new one."""
    put(folder, PARTS, "one")
    act(folder, "settle")
    whole = [found(folder), {"cert.pem": b"certificate 2", "privkey.pem": b"key 2"}]
    states = []
    for stop_at in range(1, 40):
        calls = 0

        def sync(_path: object, stop_at: int = stop_at) -> None:
            nonlocal calls
            calls += 1
            states.append(found(folder))
            if calls >= stop_at:
                raise InterruptedError(4, "stopped")

        with monkeypatch.context() as patch:
            patch.setattr(install, "sync_folder", sync)
            try:
                put(folder, SECOND, "two")
            except CertmgrError:
                states.append(found(folder))
                continue
        break
    assert stop_at > 3
    assert all(state in whole for state in states)
    assert found(folder) == whole[1]


def test_a_set_that_is_in_force_is_left_alone(folder: Path) -> None:
    """The second time says that nothing changed."""
    assert put(folder, PARTS, "one")
    inode = (folder / "privkey.pem").stat().st_ino
    assert not put(folder, PARTS, "one")
    assert (folder / "privkey.pem").stat().st_ino == inode


def test_the_set_from_before_comes_back(folder: Path) -> None:
    """Until the change is settled; afterwards there is nothing to go back to, and the old key is gone."""
    put(folder, PARTS, "one")
    act(folder, "settle")
    put(folder, SECOND, "two")
    assert install.is_unsettled(str(folder))
    assert act(folder, "restore") == [True]
    assert found(folder)["privkey.pem"] == b"key 1"
    put(folder, SECOND, "two")
    act(folder, "settle")
    assert not install.is_unsettled(str(folder))
    assert act(folder, "restore") == [True]
    assert found(folder)["privkey.pem"] == b"key 2"
    everything = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert b"key 1" not in [path.read_bytes() for path in everything]


def test_where_nothing_was_before_nothing_is_left(folder: Path) -> None:
    """A first installation that is taken back leaves no file and no dangling link."""
    put(folder, PARTS, "one")
    assert act(folder, "restore") == [False]
    assert [path.name for path in folder.iterdir()] == [install.HIDDEN]


def test_what_was_good_before_two_changes_that_were_cut_off_comes_back(folder: Path) -> None:
    """The one in between never proved itself."""
    put(folder, PARTS, "one")
    act(folder, "settle")
    put(folder, SECOND, "two")
    third = tuple(install.Part(name=one.name, content=b"3", private=one.private) for one in PARTS)
    put(folder, third, "three")
    act(folder, "restore")
    assert found(folder)["cert.pem"] == b"certificate 1"


def test_foreign_files_are_not_touched(folder: Path) -> None:
    """Each of them is named (exit 4)."""
    for one in PARTS:
        (folder / one.name).write_text("by hand")
    with pytest.raises(RefusedError) as caught:
        put(folder, PARTS, "one")
    assert [one.code for one in caught.value.findings] == [Code.FILE_FOREIGN] * 2
    assert set(found(folder).values()) == {b"by hand"}


def test_a_set_that_somebody_took_files_out_of_is_made_anew(folder: Path) -> None:
    """And until then it is not said to be in force."""
    put(folder, PARTS, "one")
    names = [one.name for one in PARTS]
    assert install.is_in_force(str(folder), names, "one")
    (folder / install.HIDDEN / "one" / "privkey.pem").unlink()
    assert not install.is_in_force(str(folder), names, "one")
    put(folder, PARTS, "one")
    assert found(folder)["privkey.pem"] == b"key 1"


def test_links_of_another_format_go_when_the_change_is_settled(folder: Path) -> None:
    """No name is left that leads nowhere."""
    put(folder, PARTS, "one")
    act(folder, "settle")
    put(folder, (install.Part(name="combined.pem", content=b"all", private=True),), "two")
    act(folder, "settle")
    assert found(folder) == {"combined.pem": b"all"}
    assert sorted(path.name for path in folder.iterdir()) == [install.HIDDEN, "combined.pem"]


def test_a_folder_that_others_can_write_is_refused(folder: Path) -> None:
    """Whoever can replace a file there could redirect the key."""
    folder.chmod(0o777)
    with pytest.raises(RefusedError, match="written by others") as caught:
        put(folder, PARTS, "one")
    assert caught.value.code is Code.INSTALL_FOLDER
    with pytest.raises(RefusedError, match="No such file"):
        put(folder / "absent", PARTS, "one")
    (folder / "file").write_text("")
    with pytest.raises(RefusedError, match="not a folder"):
        put(folder / "file", PARTS, "one")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is told from other owners")
def test_root_installs_only_where_nobody_else_decides_what_is_where(folder: Path) -> None:
    """A folder of another user, or below one, could become a link to any other by the time root writes."""
    inner = folder / "inner"
    inner.mkdir(mode=0o755)
    os.chown(folder, 65534, 65534)
    for path in (folder, inner):
        with pytest.raises(RefusedError) as caught:
            put(path, PARTS, "one")
        assert caught.value.code is Code.INSTALL_FOLDER
        assert not (path / install.HIDDEN).exists()


def test_a_planted_link_in_place_of_the_hidden_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    """Nothing is written through it."""
    target = tmp_path / "target"
    target.mkdir()
    (folder / install.HIDDEN).symlink_to(target)
    with pytest.raises(RefusedError):
        put(folder, PARTS, "one")
    assert not list(target.iterdir())


def test_two_at_once_do_not_meet(folder: Path) -> None:
    """The second is told that another process is at it (exit 6)."""
    with (
        install.opened(str(folder)),
        pytest.raises(LockedError, match="Another process") as caught,
        install.opened(str(folder)),
    ):
        pass
    assert caught.value.code is Code.BUSY
