"""init --external-root, ca request, ca complete: an issuing CA under a corporate root."""

from pathlib import Path

import pytest
from cryptography import x509

from certmgr.custody.secrets import Secret
from certmgr.operations.setup import Setup, initialise
from certmgr.workspace import utc_now
from tests.cli.calling import Call
from tests.corporate import Corporate, walls
from tests.home import CHEAP_KDF, PASSPHRASE, config_for, open_home

NAME = "portal.egov.internal"


@pytest.fixture(scope="module")
def corporate() -> Corporate:
    """Return a corporate root."""
    return Corporate()


@pytest.fixture
def waiting(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """Return a home whose issuing CA waits for a corporate root's answer."""
    initialise(
        Setup(
            home=tmp_path / "home",
            config_text=config_for(tmp_path),
            operator="admin",
            passphrase=Secret(PASSPHRASE.encode()),
            recovery=False,
            machine_key=tmp_path / "machine" / "machine.key",
            external_root=True,
            kdf=CHEAP_KDF,
        ),
        clock=utc_now,
    )
    return Call(open_home(tmp_path), capfd)


def answer(call: Call, corporate: Corporate, **changes: object) -> tuple[str, str]:
    """Have the request signed; return the files of the answer and of the root."""
    assert call("ca", "request") == 0
    signed = corporate.answer(call.out.encode(), **changes)  # type: ignore[arg-type]  # its own parameters
    files = call.home.path.parent / "issuing.pem", call.home.path.parent / "root.pem"
    files[0].write_bytes(signed)
    files[1].write_bytes(corporate.root_pem)
    return str(files[0]), str(files[1])


def test_until_the_answer_nothing_can_be_issued(waiting: Call) -> None:
    """The CA is listed as pending; `issue` says what is missing."""
    assert waiting("ca", "list", "--json") == 0
    (one,) = waiting.document["authorities"]
    assert (one["status"], one["not_after"]) == ("pending", None)
    assert waiting("issue", "--dns", NAME, "--purpose", "web", "--out", str(waiting.home.out)) == 5
    assert not waiting.home.out.exists()
    assert waiting("ca", "show", "--pem") == 5
    assert waiting("ca", "export", "issuing") == 5


def test_the_answer_makes_it_sign_under_the_corporate_root(waiting: Call, corporate: Corporate) -> None:
    """A leaf then holds up to the corporate root, whose key never was here."""
    certificate, root = answer(waiting, corporate)
    assert waiting("ca", "complete", certificate, "--root", root, admin=True) == 0
    assert waiting("issue", "--dns", NAME, "--purpose", "web", "--out", str(waiting.home.out)) == 0
    leaf, issuing = x509.load_pem_x509_certificates((waiting.home.out / NAME / "live" / "fullchain.pem").read_bytes())
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(corporate.root)
    assert waiting("ca", "list", "--json") == 0
    external, own = waiting.document["authorities"]
    assert (external["has_key"], own["signed_by"]) == (False, external["name"])
    assert waiting("ca", "export", "root") == 0
    assert waiting.out.encode() == corporate.root_pem
    assert waiting("crl", "publish", "--root", admin=True) == 5


def test_the_answer_can_be_looked_at_first(waiting: Call, corporate: Corporate) -> None:
    """--dry-run tells the same findings and records nothing."""
    certificate, root = answer(waiting, corporate, constraints=walls(v6=False))
    assert waiting("ca", "complete", certificate, "--root", root, "--dry-run") == 0
    assert "do not limit IPv6" in waiting.err
    assert waiting("ca", "list", "--json") == 0
    assert [one["status"] for one in waiting.document["authorities"]] == ["pending"]


def test_a_narrower_answer_is_told_against_the_configuration(waiting: Call, corporate: Corporate) -> None:
    """DETAILS 6: the effective policy is configuration and constraints together; the difference is named."""
    certificate, root = answer(waiting, corporate, constraints=walls(zone="web.egov.internal"))
    assert waiting("ca", "complete", certificate, "--root", root, admin=True) == 0
    assert "The zone egov.internal lies outside" in waiting.err
    assert waiting("config", "check") == 3
    assert waiting("issue", "--dns", NAME, "--purpose", "web", "--out", str(waiting.home.out)) == 4


def test_an_answer_that_does_not_fit_is_refused_with_every_reason(waiting: Call, corporate: Corporate) -> None:
    """Another key and a root that did not sign: both are told, exit 4, one journal entry, nothing else changed."""
    stranger, _ = corporate.issuing()
    place = waiting.home.path.parent / "stranger.pem"
    place.write_bytes(stranger)
    assert waiting("journal", "list", "--json") == 0
    before = len(waiting.document["entries"])
    assert waiting("ca", "complete", str(place), "--root", str(place), admin=True) == 4
    assert "another key" in waiting.err
    assert "not signed by itself" in waiting.err
    assert waiting("journal", "list", "--json") == 0
    entries = waiting.document["entries"]
    assert len(entries) == before + 1
    assert entries[0]["action"] == "authority.refused"
    assert waiting("ca", "list", "--json") == 0
    assert [one["status"] for one in waiting.document["authorities"]] == ["pending"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_file_that_is_no_certificate_is_usage(waiting: Call, corporate: Corporate, content: bytes) -> None:
    """Exit 2 names the file that it is about."""
    certificate, root = answer(waiting, corporate)
    Path(certificate).write_bytes(content)
    assert waiting("ca", "complete", certificate, "--root", root, admin=True) == 2
    assert "file of the certificate" in waiting.err
    assert waiting("ca", "complete", "/nowhere.pem", "--root", root, admin=True) == 2


def test_a_successor_is_asked_for_and_takes_over(waiting: Call, corporate: Corporate) -> None:
    """`ca request --new` makes a further key; until its answer the first CA signs on."""
    certificate, root = answer(waiting, corporate)
    assert waiting("ca", "complete", certificate, "--root", root, admin=True) == 0
    assert waiting("ca", "new-issuing", admin=True) == 5
    assert "ca request --new" in waiting.err
    assert waiting("ca", "request", "--new", "--dry-run") == 0
    assert waiting.out.splitlines() == ["egov.internal", "10.0.0.0/8", "fd00::/8"]
    assert waiting("ca", "request") == 5
    assert waiting("ca", "request", "--new", admin=True) == 0
    assert waiting("ca", "request", "--new", admin=True) == 4
    assert waiting("issue", "--dns", NAME, "--purpose", "web", "--out", str(waiting.home.out)) == 0
    certificate, root = answer(waiting, corporate)
    assert waiting("ca", "complete", certificate, "--root", root, admin=True) == 0
    assert waiting("ca", "list", "--json") == 0
    found = [(one["role"], one["status"]) for one in waiting.document["authorities"]]
    assert found == [("root", "current"), ("issuing", "retired"), ("issuing", "current")]


def test_the_machine_may_not_complete(waiting: Call, corporate: Corporate) -> None:
    """A further CA is an administrator's act."""
    certificate, root = answer(waiting, corporate)
    assert waiting("ca", "complete", certificate, "--root", root) == 2
    assert waiting("--as", "machine", "ca", "complete", certificate, "--root", root) == 4
