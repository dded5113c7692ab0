"""certmgr report: every report in every form, its signature, and what is refused."""

import json
from pathlib import Path

import pytest

from certmgr.cli import run
from tests.cli.calling import Call

NAME = "portal.egov.internal"


@pytest.fixture
def filled(call: Call) -> Call:
    """Return a home with a certificate that ends within 90 days, one that does not, and a revocation."""
    facts = ("--purpose", "web", "--owner", "Web team", "--out", str(call.home.out))
    assert call("issue", "--dns", NAME, *facts, "--days", "20") == 0
    assert call("issue", "--dns", "mail.egov.internal", *facts) == 0
    assert (
        call("revoke", "mail.egov.internal", "--cause", "key-lost", "--confirm", "mail.egov.internal", admin=True) == 0
    )
    return call


def test_r6_1_commitments_in_every_form(filled: Call) -> None:
    """R6.1: text, JSON, CSV and a page say that the promise was kept; data goes to standard output alone."""
    assert filled("report", "commitments") == 0
    assert filled.err == ""
    assert "publish-revocation" in filled.out
    assert " met " in filled.out
    assert filled("report", "commitments", "--json") == 0
    assert filled.document["schema"] == "certmgr.commitments-report/1"
    promises = {one["kind"]: one["status"] for one in filled.document["commitments"]}
    assert promises["publish-revocation"] == "met"
    assert filled("report", "commitments", "--format", "json") == 0
    assert filled.document["month"]
    assert filled("report", "commitments", "--format", "csv") == 0
    assert filled.out.startswith("id,kind,about,")
    assert filled("report", "commitments", "--format", "html") == 0
    assert filled.out.startswith("<!doctype html>")


def test_n5_a_report_is_signed_beside_it_and_verifies(filled: Call, tmp_path: Path) -> None:
    """N5: FILE and FILE.sig, by whoever made it; the form follows the file's name; verify says who."""
    place = tmp_path / "november.html"
    assert filled("report", "commitments", "--out", str(place), admin=True) == 0
    assert place.read_text().startswith("<!doctype html>")
    assert place.stat().st_mode & 0o777 == 0o644
    signature = json.loads((tmp_path / "november.html.sig").read_text())
    assert (signature["schema"], signature["slot"]) == ("certmgr.report-signature/1", "admin")
    assert filled("report", "verify", str(place)) == 0
    assert "signed by admin" in filled.err
    assert filled("report", "verify", str(place), "--json") == 0
    assert filled.document["journal_seq"] == signature["journal_seq"]
    place.write_text(place.read_text().replace("No promise was breached", "Nothing was breached"))
    assert filled("report", "verify", str(place)) == 7
    assert "is not the file that was signed" in filled.err


def test_n5_an_auditor_verifies_without_a_home(filled: Call, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """N5: with the public key alone; another slot's key does not do."""
    place = tmp_path / "november.csv"
    assert filled("report", "commitments", "--out", str(place), admin=True) == 0
    for slot in ("admin", "machine"):
        assert filled("report", "key", slot) == 0
        (tmp_path / f"{slot}.pem").write_text(filled.out)
    words = ["--home", str(tmp_path / "nowhere"), "report", "verify", str(place)]
    assert run([*words, "--key", str(tmp_path / "admin.pem")]) == 0
    assert run([*words, "--key", str(tmp_path / "machine.pem")]) == 7
    assert run([*words, "--key", str(place)]) == 2
    assert run(words) == 5
    capfd.readouterr()
    assert filled("report", "key", "nobody") == 5


def test_a_file_that_is_there_is_replaced_only_when_asked(filled: Call, tmp_path: Path) -> None:
    """Exit 4 before anything is signed; with --replace both files are new; without a signature none is written."""
    place = tmp_path / "report.txt"
    assert filled("report", "commitments", "--out", str(place), "--no-sign") == 0
    assert not (tmp_path / "report.txt.sig").exists()
    assert filled("report", "commitments", "--out", str(place), admin=True) == 4
    assert "--replace" in filled.err
    other = tmp_path / "other.txt"
    (tmp_path / "other.txt.sig").write_text("kept")
    assert filled("report", "commitments", "--out", str(other), admin=True) == 4
    assert not other.exists()
    assert filled("report", "commitments", "--out", str(other), "--replace", admin=True) == 0
    assert filled("report", "verify", str(other)) == 0
    assert filled("report", "commitments", "--replace") == 2
    assert filled("journal", "list", "--json") == 0
    assert [one["action"] for one in filled.document["entries"]].count("report.signed") == 1


def test_a_report_for_a_folder_that_is_not_there_is_not_signed(filled: Call, tmp_path: Path) -> None:
    """The journal names no signature of what was not written."""
    assert filled("report", "commitments", "--out", str(tmp_path / "none" / "report.html"), admin=True) == 2
    assert "none is not there" in filled.err
    assert filled("journal", "list") == 0
    assert "report.signed" not in filled.out


def test_r5_1_expiry_in_every_form(filled: Call, tmp_path: Path) -> None:
    """R5.1: histogram, page, calendar, table, JSON; what is revoked or ends later is not in it."""
    assert filled("report", "expiry") == 0
    assert filled.out.splitlines()[0].startswith("1 end within 90 days")
    assert "\u2588 1" in filled.out
    assert filled("report", "expiry", "--days", "5") == 0
    assert filled.out.splitlines()[0].startswith("0 end within 5 days")
    assert filled("report", "expiry", "--json") == 0
    assert filled.document["schema"] == "certmgr.expiry-report/1"
    assert [one["server"] for one in filled.document["certificates"]] == [NAME]
    assert filled("report", "expiry", "--format", "csv") == 0
    assert filled.out.splitlines()[1].startswith(f"{NAME},")
    for suffix, start in (("ics", b"BEGIN:VCALENDAR\r\n"), ("html", b"<!doctype html>\n")):
        place = tmp_path / f"expiry.{suffix}"
        assert filled("report", "expiry", "--out", str(place)) == 0
        assert place.read_bytes().startswith(start)
        assert filled("report", "expiry", "--out", str(place)) == 4
        assert filled("report", "expiry", "--out", str(place), "--replace") == 0


def test_a_terminal_without_unicode_gets_plain_ascii(filled: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The histogram is drawn with number signs."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = filled.home.run("report", "expiry")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "# 1" in done.stdout


def test_r7_3_a_certificates_and_a_subscribers_record(filled: Call, tmp_path: Path) -> None:
    """R7.3: JSON on standard output, or in an owner-only file; the owner in any case; exit 5 for nobody."""
    assert filled("report", "certificate", NAME) == 0
    assert filled.document["schema"] == "certmgr.record/1"
    assert len(filled.document["rows"]["certificate"]) == 1
    assert filled("report", "subscriber", "WEB TEAM", "--json") == 0
    assert len(filled.document["rows"]["certificate"]) == 2
    assert {entry["action"] for entry in filled.document["history"]} >= {"certificate.issued", "revocation.verified"}
    place = tmp_path / "record.json"
    assert filled("report", "subscriber", "Web team", "--out", str(place)) == 0
    assert place.stat().st_mode & 0o777 == 0o600
    assert filled("report", "subscriber", "Web team", "--out", str(place)) == 4
    assert filled("report", "subscriber", "Web") == 5
    assert filled("report", "certificate", "nobody", "--json") == 5


def test_r1_7_the_metrics_are_printed(filled: Call) -> None:
    """R1.7: what the metrics file holds, on standard output."""
    assert filled("report", "metrics") == 0
    assert "# TYPE certmgr_" in filled.out


@pytest.mark.parametrize(
    "words",
    [
        ("commitments", "--month", "2026-13"),
        ("commitments", "--month", "2999-01"),
        ("commitments", "--format", "ics"),
        ("expiry", "--days", "-1"),
        ("expiry", "--format", "pdf"),
        ("verify", "/nowhere/at/all"),
        ("verify", __file__),
        ("verify", __file__, "--signature", __file__),
    ],
    ids=" ".join,
)
def test_bad_input_is_usage(call: Call, words: tuple[str, ...]) -> None:
    """Exit 2 and one clear sentence."""
    assert call("report", *words) == 2
    assert call.err.startswith("Error: ")
    assert call.out == ""
