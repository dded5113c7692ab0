"""What the CA's side of a deployment on another host hands out, believes and records, whoever asks (DETAILS 32)."""

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from certmgr import deployment_wire as wire
from certmgr.codes import Code
from certmgr.errors import CertmgrError, NotFoundError, UsageError
from certmgr.models.certificates import Certificate
from certmgr.models.servers import Deployment, Endpoint, Installation
from certmgr.net.lines import Lines
from certmgr.operations import certificates, deployment_places, deployment_serving, deployments
from certmgr.pki import keys
from certmgr.queries import deployments as queries
from certmgr.queries.deployments import Standing
from certmgr.store import certificates as stored
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.operations.asking import HOST, Asker, Message

NAME = "portal.egov.internal"
OTHER = "mail.egov.internal"
FOLDER = "/etc/nginx/tls"


@pytest.fixture
def asked(home: HomeForTest) -> Iterator[Callable[..., Asker]]:
    """Return what starts a conversation; each is ended with the test."""
    made: list[Asker] = []

    def start(host: str = HOST) -> Asker:
        made.append(Asker(home, host))
        return made[-1]

    yield start
    for one in made:
        one.close()


def add(home: HomeForTest, name: str = NAME, target: str = HOST, folder: str = FOLDER) -> Deployment:
    """Record a deployment on another host."""
    files = Installation(folder=folder, target=target, owner="www-data", hook=("/etc/certmgr/hooks/reload", "nginx"))
    return deployment_places.add(home.workspace, home.machine(), server=name, installation=files, endpoint=None)


def newest(home: HomeForTest, name: str = NAME) -> Certificate:
    """Return the newest certificate of the server."""
    with home.workspace.store().read() as snapshot:
        return stored.for_server(snapshot, name)[0]


def journal(home: HomeForTest) -> list[str]:
    """Return the actions of the journal on deployments."""
    with home.workspace.store().read() as snapshot:
        rows = snapshot.rows("SELECT action FROM journal WHERE object GLOB 'deployment:*' ORDER BY seq")
        return [row[0] for row in rows]


def standing(home: HomeForTest) -> Standing:
    """Return where the server's one deployment stands."""
    (one,) = queries.every(home.workspace, NAME)
    return one.standing


def test_a_host_gets_its_own_deployments_and_its_report_is_recorded(
    home: HomeForTest, asked: Callable[..., Asker]
) -> None:
    """List, fetch, installed: what a person recorded, the very certificate, and a key that fits."""
    issued = home.issue(NAME)
    home.issue(OTHER)
    add(home)
    add(home, OTHER, "web2")
    add(home, OTHER, "", "/srv/tls")
    asker = asked()
    (offer,) = asker.list()
    assert (offer["server"], offer["folder"], offer["owner"], offer["mode"]) == (NAME, FOLDER, "www-data", 0o600)
    assert offer["hook"] == ["/etc/certmgr/hooks/reload", "nginx"]
    assert (offer["recorded"], offer["waits"]) == (False, False)
    files = asker.ask(do="fetch", deployment=offer["deployment"])
    assert base64.b64decode(files["certificate"]) == issued.der
    key = keys.load_private(base64.b64decode(files["key"]))
    assert keys.spki_sha256(keys.public_spki(key)) == issued.prepared.spki_sha256
    assert standing(home) is Standing.WAITING
    assert asker.ask(do="installed", deployment=offer["deployment"], sha256=offer["sha256"])["is"] == "recorded"
    asker.close()
    assert asker.problem is None
    assert standing(home) is Standing.INSTALLED
    assert journal(home)[3:] == ["deployment.fetched", "deployment.installed"]
    (again,) = asked().list()
    assert again["recorded"]


def test_what_is_another_hosts_is_not_installed_here_and_not_named_before_an_hour(
    home: HomeForTest, clock: FakeClock
) -> None:
    """`deploy --due` leaves it alone; `check` names the host an hour after the issue."""
    home.issue(NAME)
    add(home)
    assert list(deployments.deploy(home.workspace, deployments.deploying_actor())) == []
    assert list(deployments.rehearse(home.workspace)) == []
    assert list(deployments.due(home.workspace, home.machine())) == []
    clock.advance(minutes=61)
    (step,) = deployments.due(home.workspace, home.machine())
    assert not step.done
    assert f"of {NAME} on {HOST}" in step.what
    assert "certmgr deploy --due --from" in step.what
    assert list(deployments.pending(home.workspace)) == [step]


def test_an_endpoint_is_looked_at_once_the_other_host_has_installed(
    home: HomeForTest, asked: Callable[..., Asker]
) -> None:
    """By `deploy --due` and by `check` here."""
    home.issue(NAME)
    files = Installation(folder=FOLDER, target=HOST)
    place = Endpoint(host="127.0.0.1", port=1)
    deployment_places.add(home.workspace, home.machine(), server=NAME, installation=files, endpoint=place)
    assert list(deployments.deploy(home.workspace, deployments.deploying_actor())) == []
    asker = asked()
    (offer,) = asker.list()
    asker.ask(do="installed", deployment=1, sha256=offer["sha256"])
    asker.close()
    assert standing(home) is Standing.NOT_SERVING
    assert [step.what[:10] for step in deployments.rehearse(home.workspace)] == ["Would look"]
    (step,) = deployments.deploy(home.workspace, deployments.deploying_actor())
    assert "is installed and not served yet" in step.what


def test_a_folder_is_one_deployments_on_each_host(home: HomeForTest) -> None:
    """Of two hosts each has its own; a second one on the same host is refused."""
    home.issue(NAME)
    add(home)
    add(home, target="web2")
    add(home, target="")
    with pytest.raises(CertmgrError, match="web1:/etc/nginx/tls is that of deployment 1") as caught:
        add(home)
    assert caught.value.code is Code.DEPLOYMENT_FOLDER_TAKEN


@pytest.mark.parametrize("host", ["Web1", "-oProxyCommand", "web1;id", "web 1", "a" * 254, "web1.", "$(id)", ""])
def test_a_host_has_a_plain_name(home: HomeForTest, host: str) -> None:
    """It stands in a command line of the other host's shell and in authorized_keys."""
    home.issue(NAME)
    if host:
        with pytest.raises(UsageError):
            add(home, target=host)
    with pytest.raises(UsageError):
        deployment_serving.Conversation(
            home.workspace, deployment_serving.serving_actor(), host, Lines(0, 1, limit=wire.MAX_REQUEST)
        )


def test_a_failure_is_recorded_with_its_words_and_waits(
    home: HomeForTest, asked: Callable[..., Asker], clock: FakeClock
) -> None:
    """Escapes are shown as such, an unknown code is none; it is offered as waiting until its time has come."""
    home.issue(NAME)
    add(home)
    asker = asked()
    (offer,) = asker.list()
    report = {"deployment": 1, "sha256": offer["sha256"], "problem": "\x1b[2Jbroken" + "x" * 5000}
    assert asker.ask(do="failed", code="no.such.code", **report)["is"] == "recorded"
    asker.close()
    (one,) = queries.every(home.workspace)
    assert one.standing is Standing.FAILED
    assert one.problem.startswith(r"\x1b[2Jbrokenxxx")
    assert len(one.problem) <= 1003
    assert one.installs is not None
    assert one.installs.next_at == clock.now + timedelta(minutes=5)
    assert journal(home)[-1] == "deployment.failed"
    (again,) = asked().list()
    assert again["waits"]
    clock.advance(minutes=5)
    (later,) = asked().list()
    assert not later["waits"]
    (step,) = deployments.due(home.workspace, home.machine())
    assert f"{NAME} on {HOST}" in step.what


HOSTILE: dict[str, tuple[bytes, Code]] = {
    "no JSON": (b"hello\n", Code.DEPLOY_PROTOCOL),
    "nothing": (b"\n", Code.DEPLOY_PROTOCOL),
    "no object": (b"[1]\n", Code.DEPLOY_PROTOCOL),
    "no UTF-8": (b'{"v": 1, "do": "\xff"}\n', Code.DEPLOY_PROTOCOL),
    "no version": (b'{"do": "list"}\n', Code.DEPLOY_VERSION),
    "a later version": (b'{"v": 2, "do": "list"}\n', Code.DEPLOY_VERSION),
    "a version that equals 1": (b'{"v": true, "do": "list"}\n', Code.DEPLOY_VERSION),
    "a long version": (b'{"v": "' + b"9" * 5000 + b'"}\n', Code.DEPLOY_VERSION),
    "deep": (b"[" * 16000 + b"\n", Code.DEPLOY_PROTOCOL),
    "a number of 10,000 digits": (
        b'{"v": 1, "do": "fetch", "deployment": ' + b"9" * 10000 + b"}\n",
        Code.DEPLOY_PROTOCOL,
    ),
    "too long": (b"x" * (wire.MAX_REQUEST + 1), Code.DEPLOY_PROTOCOL),
    "half a line": (b'{"v": 1, "do": "li', Code.DEPLOY_PROTOCOL),
    "another verb": (b'{"v": 1, "do": "sign"}\n', Code.DEPLOY_PROTOCOL),
    "a verb of another kind": (b'{"v": 1, "do": ["list"]}\n', Code.DEPLOY_PROTOCOL),
    "a fetch before the list": (b'{"v": 1, "do": "fetch", "deployment": 1}\n', Code.DEPLOY_PROTOCOL),
    "a report before the list": (b'{"v": 1, "do": "installed", "deployment": 1}\n', Code.DEPLOY_PROTOCOL),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_request_ends_it_and_changes_nothing(
    home: HomeForTest, asked: Callable[..., Asker], name: str
) -> None:
    """The other side is told why; nothing of what it sent is repeated."""
    home.issue(NAME)
    add(home)
    before = journal(home)
    line, code = HOSTILE[name]
    asker = asked()
    asker.send(line)
    if not line.endswith(b"\n"):
        asker.hang_up()
    answer = asker.answer()
    assert (answer["is"], answer["code"]) == ("error", code)
    assert asker.answer() == {}
    asker.close()
    assert asker.problem is not None
    assert asker.problem.code is code
    assert len(asker.problem.message) < 300
    assert journal(home) == before


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "list"},
        {"do": "fetch", "deployment": 2},
        {"do": "installed", "deployment": 2, "sha256": "0" * 64},
        {"do": "failed", "deployment": 2, "sha256": "0" * 64, "code": "failed", "problem": "x"},
        {"do": "installed", "deployment": 99, "sha256": "0" * 64},
        {"do": "installed", "deployment": True, "sha256": "0" * 64},
        {"do": "installed", "deployment": "1", "sha256": "0" * 64},
        {"do": "installed", "deployment": -1, "sha256": "0" * 64},
        {"do": "installed", "deployment": 1, "sha256": "short"},
        {"do": "installed", "deployment": 1},
    ],
    ids=lambda fields: "-".join(str(value)[:8] for value in fields.values()),
)
def test_nobody_reports_or_fetches_what_was_not_offered_to_it(
    home: HomeForTest, asked: Callable[..., Asker], fields: Message
) -> None:
    """The deployment 2 is another host's; its state and its key stay its own."""
    home.issue(NAME)
    home.issue(OTHER)
    add(home)
    add(home, OTHER, "web2")
    before = journal(home)
    asker = asked()
    assert [one["deployment"] for one in asker.list()] == [1]
    assert asker.ask(**fields)["is"] == "error"
    asker.close()
    assert asker.problem is not None
    assert journal(home) == before
    assert {one.standing for one in queries.every(home.workspace)} == {Standing.WAITING}


def test_only_the_certificate_that_was_offered_is_confirmed(home: HomeForTest, asked: Callable[..., Asker]) -> None:
    """Another one of the same server is refused, and nothing is recorded."""
    home.issue(NAME)
    add(home)
    asker = asked()
    asker.list()
    other = "0" * 64
    answer = asker.ask(do="installed", deployment=1, sha256=other)
    assert (answer["is"], answer["message"]) == ("refused", "That is not the certificate that was offered.")
    assert asker.ask(do="installed", deployment=1, sha256=newest(home).sha256)["is"] == "error"
    asker.close()
    assert standing(home) is Standing.WAITING
    assert journal(home) == ["deployment.added"]


def test_a_key_is_handed_out_once_in_a_conversation(home: HomeForTest, asked: Callable[..., Asker]) -> None:
    """Each time is on record before it leaves."""
    home.issue(NAME)
    add(home)
    asker = asked()
    asker.list()
    assert asker.ask(do="fetch", deployment=1)["is"] == "files"
    assert asker.ask(do="fetch", deployment=1)["is"] == "error"
    asker.close()
    assert journal(home) == ["deployment.added", "deployment.fetched"]


def test_what_was_removed_or_replaced_meanwhile_is_not_handed_out(
    home: HomeForTest, asked: Callable[..., Asker], clock: FakeClock
) -> None:
    """Nor recorded, where it is gone; what is installed and replaced since is recorded as what it is."""
    home.issue(NAME)
    add(home)
    asker, late = asked(), asked()
    (offer,) = asker.list()
    late.list()
    clock.advance(days=1)
    certificates.renew(home.workspace, home.machine(), newest(home), force=True, reason="test")
    assert "another certificate by now" in asker.ask(do="fetch", deployment=1)["message"]
    assert asker.ask(do="installed", deployment=1, sha256=offer["sha256"])["is"] == "recorded"
    assert standing(home) is Standing.WAITING
    deployment_places.remove(home.workspace, home.machine(), deployment=queries.every(home.workspace)[0].deployment.id)
    assert "was removed" in late.ask(do="fetch", deployment=1)["message"]
    assert "was removed" in late.ask(do="installed", deployment=1, sha256=offer["sha256"])["message"]
    assert journal(home) == ["deployment.added", "deployment.installed", "deployment.removed"]
    assert asked().list() == []


def test_a_key_that_is_not_there_is_a_failure_on_record(home: HomeForTest, asked: Callable[..., Asker]) -> None:
    """The other host is told, and the CA's people are."""
    home.issue(NAME)
    add(home)
    key = next(Path(home.out, NAME, "archive").rglob("privkey.pem"))
    key.unlink()
    asker = asked()
    asker.list()
    answer = asker.ask(do="fetch", deployment=1)
    assert answer["is"] == "refused"
    assert "cannot be installed" in answer["message"]
    asker.close()
    assert standing(home) is Standing.FAILED


def test_a_silent_host_is_left_in_time(
    home: HomeForTest, asked: Callable[..., Asker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds no process of the CA for ever."""
    monkeypatch.setattr(deployment_serving, "PATIENCE_S", 0.2)
    asker = asked()
    assert asker.answer()["message"] == "The other side has said nothing for 0 seconds."
    asker.close()
    with pytest.raises(NotFoundError):
        deployment_places.remove(home.workspace, home.machine(), deployment=1)  # type: ignore[arg-type]  # a number
