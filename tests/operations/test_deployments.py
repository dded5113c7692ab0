"""Deployments: files, hooks, and being seen serving (DETAILS 32, 44)."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from certmgr import installing
from certmgr.codes import Code
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.issuance import Issued
from certmgr.lifecycle import flags_of
from certmgr.models.acceptances import AcceptanceKind
from certmgr.models.certificates import Certificate, Flag
from certmgr.models.keys import KeyType
from certmgr.models.servers import Deployment, Endpoint, Format, Installation, Served
from certmgr.models.steps import Step
from certmgr.net import install
from certmgr.net.install import HIDDEN
from certmgr.operations import certificates, deployment_places, deployments, servers
from certmgr.pki import csr, keys
from certmgr.pki.export import pem
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import deployments as queries
from certmgr.queries import servers as server_queries
from certmgr.queries.deployments import Standing
from certmgr.store import acceptances, attempts
from certmgr.store import certificates as stored
from tests.clock import FakeClock
from tests.home import HomeForTest, make_home
from tests.net.servers import serving

NAME = "portal.egov.internal"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a server reads."""
    path = tmp_path / "tls"
    path.mkdir(mode=0o755)
    return path


def script(folder: Path, text: str) -> tuple[str, ...]:
    """Return a hook that is a shell script outside the installed folder."""
    path = folder.parent / "hook"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return (str(path),)


def add(home: HomeForTest, folder: Path | None, port: int | None = None, **settings: object) -> Deployment:
    """Record a deployment of the server."""
    files = None if folder is None else Installation(folder=str(folder), **settings)  # type: ignore[arg-type]
    endpoint = None if port is None else Endpoint(host="127.0.0.1", port=port, sni=NAME)
    return deployment_places.add(home.workspace, home.machine(), server=NAME, installation=files, endpoint=endpoint)


def deploy(home: HomeForTest, *, retry: bool = False) -> list[Step]:
    """Do what `certmgr deploy --due` does."""
    return list(deployments.deploy(home.workspace, deployments.deploying_actor(), retry=retry))


def check(home: HomeForTest) -> list[Step]:
    """Do what `certmgr check` does about deployments."""
    return list(deployments.due(home.workspace, home.machine()))


def standing(home: HomeForTest) -> Standing:
    """Return where the server's one deployment stands."""
    (one,) = queries.every(home.workspace, NAME)
    return one.standing


def newest(home: HomeForTest) -> Certificate:
    """Return the newest certificate of the server."""
    with home.workspace.store().read() as snapshot:
        return stored.for_server(snapshot, NAME)[0]


def renew(home: HomeForTest) -> Issued:
    """Renew the server's newest certificate."""
    return certificates.renew(home.workspace, home.machine(), newest(home), force=True, reason="test")


def actions(home: HomeForTest, about: str = "deployment") -> list[str]:
    """Return the actions of the journal on deployments."""
    with home.workspace.store().read() as snapshot:
        rows = snapshot.rows("SELECT action FROM journal WHERE object GLOB ? ORDER BY seq", (f"{about}:*",))
        return [row[0] for row in rows]


@contextmanager
def tls_server(read: Callable[[], Path]) -> Iterator[int]:
    """Serve whatever files lie in a folder at each connection; yield the port."""

    def answer(connection: socket.socket) -> None:
        place = read()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(place / "fullchain.pem", place / "privkey.pem")
        with context.wrap_socket(connection, server_side=True):
            pass

    with serving(answer) as port:
        yield port


def test_r9_1_a_certificate_is_installed_and_recorded(home: HomeForTest, folder: Path) -> None:
    """Key, certificate, chain and full chain, of one certificate; a second run has nothing to do."""
    issued = home.issue(NAME)
    add(home, folder)
    assert standing(home) is Standing.WAITING
    (step,) = deploy(home)
    assert step.done
    assert (folder / "cert.pem").read_bytes() == pem(issued.der)
    assert (folder / "fullchain.pem").read_bytes() == pem(issued.der) + (folder / "chain.pem").read_bytes()
    key = keys.load_private((folder / "privkey.pem").read_bytes())
    assert keys.spki_sha256(keys.public_spki(key)) == issued.prepared.spki_sha256
    assert standing(home) is Standing.INSTALLED
    assert actions(home) == ["deployment.added", "deployment.installed"]
    before = actions(home, "*")
    assert deploy(home) == []
    assert check(home) == []
    assert actions(home, "*") == before


def test_a_renewal_reaches_the_server(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """The next run installs the successor; the old key is gone from the folder (R1.8)."""
    home.issue(NAME)
    add(home, folder)
    deploy(home)
    old = (folder / "privkey.pem").read_bytes()
    clock.advance(days=1)
    issued = renew(home)
    assert len(deploy(home)) == 1
    assert (folder / "cert.pem").read_bytes() == pem(issued.der)
    everything = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert old not in everything


@pytest.mark.parametrize(
    ("form", "names"),
    [
        (Format.PEM, {"privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"}),
        (Format.DER, {"privkey.der", "cert.der", "chain.der"}),
        (Format.COMBINED, {"combined.pem"}),
    ],
)
def test_each_format_has_its_files(home: HomeForTest, folder: Path, form: Format, names: set[str]) -> None:
    """And a server can read them: key and certificate fit."""
    issued = home.issue(NAME)
    add(home, folder, format=form)
    deploy(home)
    assert {path.name for path in folder.iterdir()} == names | {HIDDEN}
    if form is Format.DER:
        assert (folder / "cert.der").read_bytes() == issued.der
        key = keys.load_private((folder / "privkey.der").read_bytes())
        assert keys.spki_sha256(keys.public_spki(key)) == issued.prepared.spki_sha256
    else:
        first = folder / min(names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(first, None if form is Format.COMBINED else folder / "privkey.pem")
    assert deploy(home) == []


def test_the_hook_runs_once_with_what_it_needs_to_know(home: HomeForTest, folder: Path) -> None:
    """After the files are in place."""
    issued = home.issue(NAME)
    told = folder.parent / "told"
    words = f"$CERTMGR_SERVER $CERTMGR_FOLDER $CERTMGR_SERIAL $CERTMGR_RESTORED $(wc -c < {folder}/cert.pem)"
    add(home, folder, hook=script(folder, f'echo "{words}" >> {told}'))
    deploy(home)
    deploy(home)
    serial = issued.prepared.spec.serial
    assert told.read_text() == f"{NAME} {folder} {serial} 0 {len(pem(issued.der))}\n"


def test_a_failed_hook_restores_the_files_from_before(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """It runs once more for them, is reported with its words, and tried again after 5, 10, ... minutes."""
    home.issue(NAME)
    told = folder.parent / "told"
    add(home, folder, hook=script(folder, f'echo "$CERTMGR_RESTORED" >> {told}; test ! -e {folder.parent}/broken'))
    deploy(home)
    good = (folder / "cert.pem").read_bytes()
    clock.advance(days=1)
    renew(home)
    (folder.parent / "broken").touch()
    (step,) = deploy(home)
    assert not step.done
    assert "ended with 1" in step.what
    assert "from before are in place again, and the hook failed for them, too" in step.what
    assert (folder / "cert.pem").read_bytes() == good
    assert told.read_text().split() == ["0", "0", "1"]
    assert standing(home) is Standing.FAILED
    assert deploy(home) == []
    (told_by_check,) = check(home)
    assert not told_by_check.done
    assert "failed, 1 in a row; tried again from 2026-11-22 09:05 UTC" in told_by_check.what
    clock.advance(minutes=5)
    assert len(deploy(home)) == 1
    with home.workspace.store().read() as snapshot:
        found = attempts.get(snapshot, "deployment:1")
    assert found is not None
    assert (found.failures, found.next_at) == (2, clock.now + timedelta(minutes=10))
    (folder.parent / "broken").unlink()
    assert deploy(home) == []
    assert [step.done for step in deploy(home, retry=True)] == [True]
    assert standing(home) is Standing.INSTALLED
    assert actions(home).count("deployment.failed") == 2


def test_a_folder_that_another_run_is_at_is_left_to_it(home: HomeForTest, folder: Path) -> None:
    """Neither a failure nor a second hook; what the other run did meanwhile is not done again."""
    home.issue(NAME)
    told = folder.parent / "told"
    add(home, folder, hook=script(folder, f"echo once >> {told}"))
    with install.opened(str(folder)):
        assert deploy(home) == []
    assert standing(home) is Standing.WAITING
    steps = deployments.deploy(home.workspace, deployments.deploying_actor())
    (one,) = queries.every(home.workspace)
    files = one.deployment.installation
    assert files is not None
    deploy(home)
    installing.bring(home.workspace, deployments.deploying_actor(), one.deployment, files, newest(home))
    assert list(steps) == []
    assert told.read_text().split() == ["once"]


def test_a_failed_first_installation_leaves_nothing(home: HomeForTest, folder: Path) -> None:
    """There were no files before, so there are none now."""
    home.issue(NAME)
    add(home, folder, hook=script(folder, "exit 1"))
    (step,) = deploy(home)
    assert "There were no files before" in step.what
    assert [path.name for path in folder.iterdir()] == [HIDDEN]


def test_a_hook_that_hangs_is_stopped_and_the_files_come_back(home: HomeForTest, folder: Path) -> None:
    """In the time that it is given."""
    home.issue(NAME)
    add(home, folder, hook=script(folder, "sleep 60"), hook_timeout_s=1)
    (step,) = deploy(home)
    assert "did not end within" in step.what
    assert not (folder / "cert.pem").exists()


def test_the_back_off_ends_at_24_hours() -> None:
    """5 minutes, doubled each time."""
    waits = [attempts.wait(failures) / timedelta(minutes=1) for failures in (1, 2, 3, 9, 10, 1000)]
    assert waits == [5, 10, 20, 1280, 1440, 1440]


def test_r1_7_a_server_that_serves_the_old_certificate_is_flagged(
    home: HomeForTest, folder: Path, clock: FakeClock
) -> None:
    """Issued, not yet serving, until it is seen; `list state:not-serving` finds it."""
    home.issue(NAME)
    with tls_server(lambda: home.out / NAME / "archive" / "1") as port:
        add(home, folder, port)
        assert [step.done for step in deploy(home)] == [True, True]
        assert standing(home) is Standing.SERVING
        clock.advance(days=1)
        renew(home)
        assert flags_of(newest(home), clock.now) == (Flag.UNACCEPTED, Flag.NOT_SERVING)
        found = list(certificate_queries.every(home.workspace, "state:not-serving"))
        assert [one.id for one in found] == [newest(home).id]
        steps = deploy(home)
        assert [step.done for step in steps] == [True, False]
        assert "is installed and not served yet" in steps[1].what
        assert standing(home) is Standing.NOT_SERVING
        assert Flag.NOT_SERVING in flags_of(newest(home), clock.now)
        assert check(home) == []
        clock.advance(hours=2)
        (step,) = check(home)
        assert "is not seen serving" in step.what


def test_r3_3_being_seen_serving_is_acceptance(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """The subscriber has put it to use; what was settled before stays settled."""
    home.issue(NAME)
    with tls_server(lambda: folder) as port:
        add(home, folder, port)
        steps = deploy(home)
    assert [step.done for step in steps] == [True, True]
    assert standing(home) is Standing.SERVING
    assert flags_of(newest(home), clock.now) == ()
    with home.workspace.store().read() as snapshot:
        accepted = acceptances.get(snapshot, newest(home).id)
    assert accepted is not None
    assert (accepted.kind, accepted.by) == (AcceptanceKind.SEEN, "machine")
    assert actions(home) == ["deployment.added", "deployment.installed", "deployment.seen"]


def test_check_sees_what_was_reloaded_later(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """The daemon's part: it looks again, with a back-off, and installs nothing."""
    home.issue(NAME)
    live = home.out / NAME / "archive" / "1"
    served = [live]
    with tls_server(lambda: served[0]) as port:
        add(home, folder, port)
        deploy(home)
        clock.advance(days=1)
        renew(home)
        assert check(home) == []
        assert (folder / "cert.pem").read_bytes() == (live / "cert.pem").read_bytes()
        deploy(home)
        served[0] = folder
        assert check(home) == []
        clock.advance(minutes=6)
        assert len(list(deployments.pending(home.workspace))) == 1
        (step,) = check(home)
        assert step.done
        assert standing(home) is Standing.SERVING
        assert check(home) == []


def test_an_endpoint_alone_is_watched(home: HomeForTest, clock: FakeClock) -> None:
    """Somebody else installs; here it is seen and accepted."""
    home.issue(NAME)
    with tls_server(lambda: home.out / NAME / "live") as port:
        add(home, None, port)
        assert standing(home) is Standing.NOT_SERVING
        assert [step.done for step in check(home)] == [True]
        assert standing(home) is Standing.SERVING
        clock.advance(days=1)
        renew(home)
        assert standing(home) is Standing.NOT_SERVING
        assert [step.done for step in check(home)] == [True]


def test_files_that_somebody_replaced_are_noticed(home: HomeForTest, folder: Path) -> None:
    """A removed file is put back; a foreign one is named and left alone."""
    home.issue(NAME)
    add(home, folder)
    deploy(home)
    (folder / "cert.pem").unlink()
    assert [step.done for step in deploy(home)] == [True]
    assert (folder / "cert.pem").exists()
    (folder / "cert.pem").unlink()
    (folder / "cert.pem").write_text("by hand")
    (step,) = deploy(home)
    assert not step.done
    assert "cert.pem was not put there by certmgr" in step.what
    assert (folder / "cert.pem").read_text() == "by hand"


def test_a_certificate_from_a_csr_is_installed_without_its_key(home: HomeForTest, folder: Path) -> None:
    """R1.5: the owner keeps the key; the combined format cannot be made, and says so."""
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], None)
    issued = home.issue(NAME, csr=request)
    add(home, folder)
    other = folder.parent / "combined"
    other.mkdir(mode=0o755)
    add(home, other, format=Format.COMBINED)
    first, second = deploy(home)
    assert first.done
    assert (folder / "cert.pem").read_bytes() == pem(issued.der)
    assert not (folder / "privkey.pem").exists()
    assert not second.done
    assert "it was made by its owner" in second.what


def test_a_key_that_is_not_the_certificates_is_never_installed(home: HomeForTest, folder: Path) -> None:
    """Who can write the delivered files cannot have others read by whoever installs."""
    home.issue(NAME)
    add(home, folder)
    key = home.out / NAME / "archive" / "1" / "privkey.pem"
    held = key.read_bytes()
    secret = folder.parent / "secret"
    secret.write_bytes(held)
    key.unlink()
    for put in (
        lambda: key.symlink_to(secret),
        lambda: key.write_bytes(keys.private_pem(keys.make_key(KeyType.EC_P256))),
        lambda: key.write_text("root:x:0:0"),
        lambda: os.mkfifo(key),
    ):
        put()
        (step,) = deploy(home, retry=True)
        assert "cannot be installed" in step.what
        assert not (folder / "privkey.pem").exists()
        key.unlink()


def test_r1_8_nothing_is_installed_for_a_retired_server(home: HomeForTest, folder: Path) -> None:
    """Its files stay as they are."""
    home.issue(NAME)
    add(home, folder)
    servers.retire(home.workspace, home.machine(), name=NAME, confirm=NAME)
    assert deploy(home) == []
    assert standing(home) is Standing.IDLE


def test_a_certificate_that_waits_for_an_hour_is_named_by_check(
    home: HomeForTest, folder: Path, clock: FakeClock
) -> None:
    """Nobody runs `deploy --due`: check says so, and installs nothing itself."""
    home.issue(NAME)
    add(home, folder)
    assert check(home) == []
    clock.advance(hours=2)
    (step,) = check(home)
    assert "certmgr deploy --due" in step.what
    assert not step.done
    assert list(deployments.pending(home.workspace)) == [step]


def test_a_rehearsal_changes_nothing(home: HomeForTest, folder: Path) -> None:
    """It says what would be installed and which hook would run."""
    home.issue(NAME)
    add(home, folder, hook=("/bin/false",))
    (step,) = deployments.rehearse(home.workspace)
    assert "Would install" in step.what
    assert "/bin/false" in step.what
    assert not list(folder.iterdir())


def test_what_is_wrong_with_a_deployment_is_named_at_once(home: HomeForTest) -> None:
    """Folder, mode, user, hook, time, endpoint; exit 2 and nothing on record."""
    home.issue(NAME)
    files = Installation(folder="tls/../x", mode=0o644, owner="a b", hook=("reload",), hook_timeout_s=0, group="root\n")
    endpoint = Endpoint(host="bad name", port=70000, sni="*")
    with pytest.raises(UsageError) as caught:
        deployment_places.add(home.workspace, home.machine(), server=NAME, installation=files, endpoint=endpoint)
    assert len(caught.value.findings) >= 8
    assert {one.field for one in caught.value.findings} >= {"folder", "mode", "owner", "group", "hook", "hook-timeout"}
    with pytest.raises(UsageError, match="lies in certmgr's home"):
        add(home, home.path / "tls")
    with pytest.raises(UsageError, match="A deployment needs a folder"):
        add(home, None)
    assert actions(home) == ["deployment.refused"] * 3
    assert queries.every(home.workspace) == ()


def test_r1_3_only_the_intranet_is_looked_at(home: HomeForTest) -> None:
    """An address or a name outside is refused before a packet is sent."""
    home.issue(NAME)
    for host in ("192.0.2.1", "www.example.com", "2001:db8::1"):
        endpoint = Endpoint(host=host, port=443)
        with pytest.raises(RefusedError, match="not looked at") as caught:
            deployment_places.add(home.workspace, home.machine(), server=NAME, installation=None, endpoint=endpoint)
        assert caught.value.code in {Code.ADDRESS_OUTSIDE, Code.NAME_OUTSIDE}
        with pytest.raises(RefusedError, match="not looked at"):
            server_queries.verify(home.workspace, NAME, endpoint=endpoint)


def test_a_folder_has_one_deployment(home: HomeForTest, folder: Path) -> None:
    """Until that is removed; its files stay."""
    home.issue(NAME)
    first = add(home, folder)
    deploy(home)
    with pytest.raises(RefusedError) as caught:
        add(home, folder)
    assert caught.value.code is Code.DEPLOYMENT_FOLDER_TAKEN
    deployment_places.remove(home.workspace, home.machine(), deployment=first.id)
    assert (folder / "cert.pem").exists()
    with pytest.raises(NotFoundError):
        deployment_places.remove(home.workspace, home.machine(), deployment=first.id)
    with pytest.raises(NotFoundError):
        deployment_places.rehearse_remove(home.workspace, deployment=first.id)
    add(home, folder)
    assert [step.done for step in deploy(home)] == [True]


def test_an_unknown_server_has_no_deployment(home: HomeForTest, folder: Path) -> None:
    """Exit 5."""
    with pytest.raises(NotFoundError):
        add(home, folder)


def test_verify_says_what_each_endpoint_serves(home: HomeForTest, folder: Path, clock: FakeClock) -> None:
    """Ours and current, ours and old, foreign, unreachable; and a chain that is not shown."""
    home.issue(NAME)
    archive = home.out / NAME / "archive"
    served = [archive / "1"]
    with tls_server(lambda: served[0]) as port:
        add(home, None, port)
        (sight,) = server_queries.verify(home.workspace, NAME)
        assert sight.is_well
        clock.advance(days=1)
        renew(home)
        (sight,) = server_queries.verify(home.workspace, NAME)
        assert (sight.served, sight.is_well) == (Served.OLD, False)
        served[0] = archive / "2"
        assert server_queries.verify(home.workspace, NAME)[0].is_well
        served[0] = folder
        (folder / "fullchain.pem").write_bytes((archive / "2" / "cert.pem").read_bytes())
        (folder / "privkey.pem").write_bytes((archive / "2" / "privkey.pem").read_bytes())
        (sight,) = server_queries.verify(home.workspace, NAME)
        assert sight.served is Served.CURRENT
        assert "does not show the issuing CA's certificate" in sight.problems[0]
        clock.advance(days=400)
        (sight,) = server_queries.verify(home.workspace, NAME)
        assert (sight.served, "is expired" in sight.problems[0]) == (Served.OLD, True)
    (sight,) = server_queries.verify(home.workspace, NAME)
    assert sight.served is Served.UNREACHABLE


def test_verify_knows_a_stranger(home: HomeForTest, tmp_path: Path) -> None:
    """Another CA's certificate is foreign, with its subject and issuer."""
    home.issue(NAME)
    other = make_home(tmp_path / "other")
    stranger = other.issue(NAME)
    with tls_server(lambda: stranger.folder or tmp_path) as port:
        endpoint = Endpoint(host="localhost", port=port)
        (sight,) = server_queries.verify(home.workspace, NAME, endpoint=endpoint)
    other.workspace.close()
    assert sight.served is Served.FOREIGN
    assert "issued by CN=Example Issuing CA" in sight.subject


def test_verify_wants_an_endpoint(home: HomeForTest) -> None:
    """Exit 5, with the way to add one."""
    home.issue(NAME)
    with pytest.raises(NotFoundError, match="No endpoint"):
        server_queries.verify(home.workspace, NAME)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root works in another user's home")
def test_root_runs_no_hook_that_another_users_record_chooses(home: HomeForTest, folder: Path) -> None:
    """DETAILS 32: who can write the home cannot have root run a program of its choice."""
    home.issue(NAME)
    ran = folder.parent / "ran"
    hook = script(folder, f"touch {ran}")
    add(home, folder, hook=hook)
    os.chown(home.path, 65534, 65534)
    try:
        (step,) = deploy(home)
        assert "root does not run the hook" in step.what
        assert not ran.exists()
        assert not (folder / "cert.pem").exists()
        trusted = folder.parent / "trusted"
        trusted.mkdir(mode=0o755)
        Path(hook[0]).rename(trusted / "hook")
        deployment_places.remove(
            home.workspace, home.machine(), deployment=queries.every(home.workspace)[0].deployment.id
        )
        add(home, folder, hook=(str(trusted / "hook"),))
        actor = deployments.deploying_actor()
        (step,) = deployments.deploy(home.workspace, actor, hook_folder=trusted)
        assert step.done
        assert ran.exists()
    finally:
        os.chown(home.path, 0, 0)
