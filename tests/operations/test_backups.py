"""A backup is whole or is none, and a home that comes out of one takes no revocation back (N3)."""

import io
import json
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from certmgr import backups
from certmgr.codes import Code
from certmgr.errors import IntegrityError, RefusedError, UsageError
from certmgr.models.certificates import State
from certmgr.models.revocations import Cause, Reason
from certmgr.operations import backups as operation
from certmgr.operations import crls, reconciliation, revocations
from certmgr.pki import crl
from certmgr.queries import certificates as queries
from certmgr.queries import journal
from certmgr.store import keys
from certmgr.workspace import open_workspace
from tests.clock import FakeClock
from tests.home import HomeForTest

NAME = "portal.egov.internal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder beside the home."""
    made = tmp_path / "elsewhere"
    made.mkdir()
    return made


def _restored(home: HomeForTest, file: Path, folder: Path, clock: FakeClock) -> HomeForTest:
    """Restore a backup and return the home, with the machine's key and the published folder of the first one."""
    operation.restore(file, folder / "home", clock=clock)
    return HomeForTest(
        path=folder / "home",
        workspace=open_workspace(folder / "home", clock=clock),
        public=home.public,
        machine_key=home.machine_key,
        passphrase_file=home.passphrase_file,
        out=folder / "out",
    )


def _revoke(home: HomeForTest, identity: int, cause: Cause, name: str = NAME) -> None:
    done = revocations.revoke(
        home.workspace,
        home.person(),
        certificate=identity,  # type: ignore[arg-type]  # an id
        cause=cause,
        confirm=name,
        evidence="seen on a public page",
    )
    assert done.published


def _serials(home: HomeForTest) -> dict[str, Reason | None]:
    (path,) = home.public.glob("issuing-*.crl")
    return {str(entry.serial): entry.reason for entry in crl.read_crl(path.read_bytes()).entries}


def test_n3_a_backup_restores_to_a_home_that_goes_on(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """N3: certificates, journal, slots and keys are there; after reconciling it signs."""
    issued = home.issue(NAME)
    made = operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    assert (folder / "backup.tar").stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [folder / "backup.tar"]
    other = _restored(home, folder / "backup.tar", folder, clock)
    assert queries.detail(other.workspace, issued.id).state is State.VALID
    assert journal.verify(other.workspace)[0] == ()
    assert [entry.action for entry in journal.newest(other.workspace, limit=1)] == ["store.restored"]
    assert journal.newest(home.workspace, limit=1)[0].action == "backup.made"
    assert journal.newest(home.workspace, limit=1)[0].seq == made.manifest.seq + 1
    reconciliation.reconcile(other.workspace, other.person(), without_crl=True)
    assert other.issue("second.egov.internal").id > issued.id
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder / "home").rglob("*"))
    other.workspace.close()


def test_n3_the_machines_key_and_the_issued_keys_are_in_no_backup(home: HomeForTest, folder: Path) -> None:
    """N3: what opens the CA keys does not travel with them."""
    home.issue(NAME)
    operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    with tarfile.open(folder / "backup.tar") as archive:
        names = set(archive.getnames())
    assert {"manifest.json", "certmgr.db", "certmgr.toml", "operators/admin.json"} <= names
    assert not any("machine.key" in name or "privkey" in name for name in names)
    assert home.machine_key.read_bytes().strip() not in (folder / "backup.tar").read_bytes()


def test_n3_a_backup_is_consistent_while_certificates_are_issued(
    home: HomeForTest, folder: Path, clock: FakeClock
) -> None:
    """N3: taken in the middle of a run, restored, and every certificate of its journal is there."""
    begun = threading.Event()

    def issue() -> None:
        session = home.machine()
        for number in range(30):
            home.issue(f"s{number}.egov.internal", session)
            begun.set()
        home.workspace.close()

    writer = threading.Thread(target=issue)
    writer.start()
    assert begun.wait(30)
    made = operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    writer.join()
    last = journal.newest(home.workspace, limit=1)[0].seq
    assert made.manifest.seq < last
    other = _restored(home, folder / "backup.tar", folder, clock)
    issued = [entry for entry in journal.newest(other.workspace, limit=9999) if entry.action == "certificate.issued"]
    assert queries.count(other.workspace, "state:valid") == len(issued) > 0
    other.workspace.close()


def test_n3_nothing_is_overwritten_by_a_backup_or_a_restore(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """N3: a file, a folder with something in it, the home itself: refused, and left as they were."""
    session = home.machine()
    (folder / "taken.tar").write_text("mine")
    for place in (folder / "taken.tar", home.path / "inside.tar", folder / "nowhere" / "x.tar"):
        with pytest.raises(RefusedError) as caught:
            operation.back_up(home.workspace, session, place)
        assert caught.value.code is Code.BACKUP_PLACE
    assert (folder / "taken.tar").read_text() == "mine"
    operation.back_up(home.workspace, session, folder / "backup.tar")
    with pytest.raises(RefusedError):
        operation.restore(folder / "backup.tar", home.path, clock=clock)
    with pytest.raises(UsageError):
        operation.restore(folder / "absent.tar", folder / "new", clock=clock)
    assert not (folder / "new").exists()


def _rewrite(source: Path, target: Path, change: Callable[[str, bytes], bytes | None], *extra: tarfile.TarInfo) -> None:
    """Write a copy of a backup with other content; None leaves a member out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for entry in old:
            content = old.extractfile(entry)
            assert content is not None
            data = change(entry.name, content.read())
            if data is not None:
                entry.size = len(data)
                new.addfile(entry, io.BytesIO(data))
        for entry in extra:
            new.addfile(entry)


def _renamed(name: str) -> Callable[[str, bytes], bytes | None]:
    def change(member: str, data: bytes) -> bytes:
        if member != "manifest.json":
            return data
        held = json.loads(data)
        held["files"][2]["name"] = name
        return json.dumps(held).encode()

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda name, data: data + b" " if name == "certmgr.toml" else data,
        lambda name, data: data[:-1] + b"}" if name == "operators/admin.json" else data,
        lambda name, data: None if name == "certmgr.db" else data,
        lambda name, data: None if name == "manifest.json" else data,
        lambda name, data: b"{}" if name == "manifest.json" else data,
        lambda name, data: b"[" * 10_000 if name == "manifest.json" else data,
        _renamed("../../etc/passwd"),
        _renamed("/etc/passwd"),
        _renamed("certmgr.db"),
        _renamed("machine.key"),
    ],
)
def test_n3_a_backup_that_is_not_whole_restores_nothing(
    home: HomeForTest, folder: Path, clock: FakeClock, change: Callable[[str, bytes], bytes | None]
) -> None:
    """N3: exit 7, and no trace where the home was to be."""
    operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    _rewrite(folder / "backup.tar", folder / "bad.tar", change)
    with pytest.raises(IntegrityError) as caught:
        operation.restore(folder / "bad.tar", folder / "new", clock=clock)
    assert caught.value.code is Code.BACKUP_DAMAGED
    assert sorted(path.name for path in folder.iterdir()) == ["backup.tar", "bad.tar"]


def test_n3_links_devices_and_more_than_the_manifest_names_are_refused(home: HomeForTest, folder: Path) -> None:
    """N3: a tar can hold anything; only plain files that are named and proved come out of it."""
    operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    link, more = tarfile.TarInfo("keys/link.json"), tarfile.TarInfo("keys/more.json")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    for position, entry in enumerate((link, more)):
        bad = folder / f"bad{position}.tar"
        _rewrite(folder / "backup.tar", bad, lambda _name, data: data, entry)
        with pytest.raises(IntegrityError):
            backups.read(bad)
    (folder / "text.tar").write_text("no tar")
    with pytest.raises(IntegrityError):
        backups.read(folder / "text.tar")
    (folder / "cut.tar").write_bytes((folder / "backup.tar").read_bytes()[:100_000])
    with pytest.raises(IntegrityError):
        backups.read(folder / "cut.tar")


def test_n3_a_changed_store_is_found_even_under_a_right_digest(
    home: HomeForTest, folder: Path, clock: FakeClock
) -> None:
    """N3: whoever rewrites the manifest too still cannot rewrite the journal's chain."""
    home.issue(NAME)
    file = folder / "backup.tar"
    made = operation.back_up(home.workspace, home.machine(), file)

    def change(name: str, data: bytes) -> bytes:
        return data.replace(made.manifest.hash.encode(), b"0" * 64) if name == "manifest.json" else data

    _rewrite(file, folder / "bad.tar", change)
    with pytest.raises(IntegrityError, match="not sound"):
        operation.restore(folder / "bad.tar", folder / "new", clock=clock)
    assert not (folder / "new").exists()


def test_n3_a_restored_home_signs_no_crl_until_it_was_compared(
    home: HomeForTest, folder: Path, clock: FakeClock
) -> None:
    """N3, R1.7: what was revoked after the backup must not come back to life."""
    first, second = home.issue(NAME), home.issue("mail.egov.internal")
    crls.publish(home.workspace, home.machine())
    operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    clock.advance(hours=1)
    _revoke(home, first.id, Cause.KEY_COMPROMISE)
    late = home.issue("late.egov.internal")
    _revoke(home, late.id, Cause.KEY_LOST, "late.egov.internal")
    before = _serials(home)
    clock.advance(hours=1)

    other = _restored(home, folder / "backup.tar", folder, clock)
    (step,) = reconciliation.pending(other.workspace)
    assert not step.done
    attempts = crls.publish(other.workspace, other.machine())
    assert all(one.problem is not None for one in attempts)
    assert _serials(home) == before

    survey = [one for one, _ in reconciliation.survey(other.workspace)]
    (issuing,) = (one for one in survey if one.authority.startswith("issuing"))
    assert [one.id for one in issuing.brought_back] == [first.id]
    assert [str(one) for one in issuing.unknown] == [str(late.prepared.spec.serial)]
    assert queries.detail(other.workspace, first.id).state is State.VALID

    found = reconciliation.reconcile(other.workspace, other.person())
    if any(one.published_number is None for one in found):
        found = reconciliation.reconcile(other.workspace, other.person(), without_crl=True)
    assert queries.detail(other.workspace, first.id).state is State.REVOKED
    assert queries.detail(other.workspace, second.id).state is State.VALID
    with other.workspace.store().read() as snapshot:
        held = queries.detail(other.workspace, first.id).certificate
        assert keys.is_blocked(snapshot, held.spki_sha256)
    assert list(reconciliation.pending(other.workspace)) == []
    crls.publish(other.workspace, other.machine())
    assert _serials(home) == before
    assert journal.verify(other.workspace)[0] == ()
    other.workspace.close()


def test_n3_a_home_without_any_published_crl_needs_a_persons_word(
    home: HomeForTest, folder: Path, clock: FakeClock
) -> None:
    """N3: a missing CRL keeps the home closed; --without-crl opens it, and the journal says so."""
    operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    other = _restored(home, folder / "backup.tar", folder, clock)
    other.workspace.close()
    for path in home.public.glob("*"):
        path.unlink()
    session = other.person()
    found = reconciliation.reconcile(other.workspace, session)
    assert all(one.published_number is None for one in found)
    assert {item.code for one in found for item in one.findings} == {Code.RESTORE_NO_CRL}
    assert list(reconciliation.pending(other.workspace)) != []
    with pytest.raises(UsageError):
        reconciliation.reconcile(other.workspace, session, given=[b"no CRL"])
    reconciliation.reconcile(other.workspace, session, without_crl=True)
    entry = journal.newest(other.workspace, limit=1)[0]
    assert entry.action == "store.reconciled"
    assert entry.data["without"] == [one.authority for one in found]
    assert list(reconciliation.pending(other.workspace)) == []
    with pytest.raises(RefusedError):
        reconciliation.reconcile(other.workspace, other.machine())
    other.workspace.close()


def test_n3_a_given_crl_stands_for_a_distribution_point(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """N3: a hold after the backup comes back as a hold, from a file alone."""
    issued = home.issue(NAME)
    operation.back_up(home.workspace, home.machine(), folder / "backup.tar")
    clock.advance(hours=1)
    _revoke(home, issued.id, Cause.SUSPENDED)
    (file,) = home.public.glob("issuing-*.crl")
    given = file.read_bytes()
    for path in home.public.glob("*"):
        path.unlink()
    other = _restored(home, folder / "backup.tar", folder, clock)
    reconciliation.reconcile(other.workspace, other.person(), given=[given], without_crl=True)
    assert queries.detail(other.workspace, issued.id).state is State.HELD
    other.workspace.close()


def test_a_home_that_was_never_restored_is_compared_all_the_same(home: HomeForTest) -> None:
    """A copy of a home made by hand needs it as much; nothing changes where nothing differs."""
    crls.publish(home.workspace, home.machine())
    found = reconciliation.reconcile(home.workspace, home.person(), without_crl=True)
    assert [(one.brought_back, one.unknown) for one in found] == [((), ())] * len(found)
