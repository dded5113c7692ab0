"""certmgr crl: publish and show."""

from pathlib import Path

import pytest
from cryptography import x509

from certmgr.cli import run
from tests.cli.calling import Call
from tests.home import HomeForTest

NAME = "portal.egov.internal"


def revoke(call: Call, cause: str = "key-compromise") -> str:
    """Issue and revoke a certificate; return its serial."""
    call("issue", "--dns", NAME, "--purpose", "web", "--out", str(call.home.out), "--json")
    serial: str = call.document["certificates"][0]["serial"]
    evidence = ("--evidence", "found in a public repository")
    assert call("revoke", NAME, "--cause", cause, *evidence, "--confirm", NAME, admin=True) == 0
    return serial


def test_publish_signs_a_higher_number_and_puts_it_in_place(call: Call) -> None:
    """Cron's slot is enough for the issuing CA's; the file is what was signed."""
    assert call("crl", "show", "--json") == 0
    before = call.document["crls"][0]["number"]
    assert call("crl", "publish", "--json") == 0
    (made,) = call.document["crls"]
    assert made["number"] > before
    assert made["seen"] is True
    crl = x509.load_der_x509_crl(Path(made["file"]).read_bytes())
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == made["number"]


def test_the_roots_crl_needs_a_person(call: Call) -> None:
    """DETAILS 29: the machine does not open the root."""
    assert call("crl", "publish", "--root") == 2
    assert call("--as", "machine", "crl", "publish", "--root") == 1
    assert "has not been given the key" in call.err
    assert call("crl", "publish", "--root", admin=True) == 0


def test_show_tells_number_dates_and_entries(call: Call) -> None:
    """The reason is spelt as RFC 5280 5.3.1 does."""
    serial = revoke(call)
    assert call("crl", "show") == 0
    assert serial in call.out
    assert "keyCompromise" in call.out
    assert call("crl", "show", "issuing", "--json") == 0
    (one,) = call.document["crls"]
    assert call.document["schema"] == "certmgr.crls/1"
    assert one["entries"] == [
        {
            "serial": serial,
            "revoked_at": one["entries"][0]["revoked_at"],
            "reason": "keyCompromise",
            "invalidity_date": None,
        }
    ]
    assert one["published_at"] is not None


def test_show_prints_the_crl_itself(live_home: HomeForTest, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """--pem and --der are the same bytes."""
    shared = ["--home", str(live_home.path), "crl", "show", "root"]
    assert run([*shared, "--pem"]) == 0
    pem = x509.load_pem_x509_crl(capfdbinary.readouterr().out)
    assert run([*shared, "--der"]) == 0
    assert x509.load_der_x509_crl(capfdbinary.readouterr().out) == pem


def test_a_dry_run_signs_nothing(call: Call) -> None:
    """It says how many entries there would be."""
    revoke(call)
    files = {path: path.read_bytes() for path in call.home.public.iterdir()}
    assert call("crl", "publish", "--dry-run") == 0
    assert "a CRL with 1 entry would be signed" in call.err
    assert {path: path.read_bytes() for path in call.home.public.iterdir()} == files


def test_a_crl_that_cannot_be_placed_is_an_error_that_says_so(call: Call) -> None:
    """Exit 1: the number is used up, the file is not there, the next check tries again."""
    for path in call.home.public.iterdir():
        path.unlink()
    call.home.public.rmdir()
    call.home.public.write_text("in the way")
    assert call("crl", "publish") == 1
    assert "cannot see" in call.err
    assert "certmgr check" in call.err


def test_an_unknown_ca_is_not_found(call: Call) -> None:
    """Exit 5."""
    assert call("crl", "show", "nonsense") == 5
