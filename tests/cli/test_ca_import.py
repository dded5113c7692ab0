"""ca import: an issuing CA from elsewhere, with its key and what it has revoked."""

from pathlib import Path

import pytest
from cryptography import x509

from tests.cli.calling import Call
from tests.corporate import Corporate, key, key_pem

NAME = "portal.egov.internal"


@pytest.fixture(scope="module")
def corporate() -> Corporate:
    """Return a corporation with a root and an issuing CA."""
    return Corporate()


def files(folder: Path, corporate: Corporate, serials: tuple[int, ...] = (0x1000,), number: int = 31) -> list[str]:
    """Write the old CA's files; return the options that name them."""
    certificate, private = corporate.issuing()
    contents = {
        "--cert": certificate,
        "--key": private,
        "--root": corporate.root_pem,
        "--crl": corporate.crl(certificate, serials, number),
    }
    words = []
    for option, content in contents.items():
        place = folder / f"old{option}.pem"
        place.write_bytes(content)
        words += [option, str(place)]
    return words


def test_it_signs_from_then_on_and_its_key_is_sealed(call: Call, corporate: Corporate, tmp_path: Path) -> None:
    """The old issuing CA signs only CRLs; the key lies in the home under the slots, nowhere in clear."""
    assert call("ca", "import", *files(tmp_path, corporate), admin=True) == 0
    assert "is retired" in call.err
    assert call("issue", "--dns", NAME, "--purpose", "web", "--out", str(call.home.out)) == 0
    leaf, issuer = x509.load_pem_x509_certificates((call.home.out / NAME / "live" / "fullchain.pem").read_bytes())
    leaf.verify_directly_issued_by(issuer)
    assert issuer.subject.rfc4514_string() == "CN=Old Issuing CA"
    sealed = (call.home.path / "keys" / "imported-1.json").read_bytes()
    assert b"PRIVATE" not in sealed
    assert call("ca", "show", "imported-1", "--json") == 0
    assert call.document["authorities"][0]["holders"] == ["admin", "machine"]


def test_what_it_revoked_elsewhere_stays_revoked(call: Call, corporate: Corporate, tmp_path: Path) -> None:
    """No serial disappears and the number does not fall, although other software signed the CRL before."""
    number = 2**34
    assert call("ca", "import", *files(tmp_path, corporate, (0x1000, 0x2000), number), admin=True) == 0
    crl = x509.load_der_x509_crl((call.home.public / "imported-1.crl").read_bytes())
    assert {entry.serial_number for entry in crl} == {0x1000, 0x2000}
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number + 1
    assert call("crl", "publish") == 0
    crl = x509.load_der_x509_crl((call.home.public / "imported-1.crl").read_bytes())
    assert {entry.serial_number for entry in crl} == {0x1000, 0x2000}
    reason = crl[0].extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason is x509.ReasonFlags.key_compromise


def test_without_its_crl_the_loss_is_warned_of(call: Call, corporate: Corporate, tmp_path: Path) -> None:
    """--dry-run tells it before anything is recorded."""
    words = files(tmp_path, corporate)[:6]
    assert call("ca", "import", *words, "--dry-run") == 0
    assert "No CRL is given" in call.err
    assert "no name constraints" in call.err
    assert call("ca", "list", "--json") == 0
    assert len(call.document["authorities"]) == 2


def test_files_that_do_not_belong_together_are_refused_at_once(
    call: Call, corporate: Corporate, tmp_path: Path
) -> None:
    """Another key, another root, another CA's CRL: three reasons, exit 4."""
    words = files(tmp_path, corporate)
    options = dict(zip(words[::2], words[1::2], strict=True))
    Path(options["--key"]).write_bytes(key_pem(key("stranger")))
    Path(options["--root"]).write_bytes(corporate.issuing()[0])
    Path(options["--crl"]).write_bytes((call.home.public / crl_names(call)[0]).read_bytes())
    assert call("ca", "import", *words, admin=True) == 4
    for reason in ("not that of the certificate", "not signed by", "CRL is not signed"):
        assert reason in call.err
    assert not (call.home.path / "keys" / "imported-1.json").exists()


def crl_names(call: Call) -> list[str]:
    """Return the names of the published CRLs."""
    return sorted(path.name for path in call.home.public.glob("*.crl"))


def test_the_same_ca_comes_in_once(call: Call, corporate: Corporate, tmp_path: Path) -> None:
    """A second import of the same key is refused."""
    words = files(tmp_path, corporate)
    assert call("ca", "import", *words, admin=True) == 0
    assert call("ca", "import", *words, admin=True) == 4
    assert "here already" in call.err


def test_a_number_that_cannot_be_followed_is_refused(call: Call, corporate: Corporate, tmp_path: Path) -> None:
    """A CRL number may have 20 octets; certmgr counts on from the Unix time."""
    assert call("ca", "import", *files(tmp_path, corporate, (1,), 2**150), admin=True) == 4
    assert "larger than any" in call.err


def test_an_encrypted_key_is_usage(call: Call, corporate: Corporate, tmp_path: Path) -> None:
    """Exit 2, and not a byte of the file is repeated."""
    words = files(tmp_path, corporate)
    secret = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n"
    Path(words[3]).write_text(secret)
    assert call("ca", "import", *words, admin=True) == 2
    assert "c2VjcmV0" not in call.err + call.out
