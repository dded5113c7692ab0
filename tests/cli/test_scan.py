"""certmgr scan: what is served, whose it is, what others saw, and what is adopted."""

from pathlib import Path

import pytest

from tests.cli.calling import Call
from tests.observed import nmap, nmap_host, stranger, tls


def _entries(call: Call) -> int:
    assert call("journal", "list", "--limit", "1", "--json") == 0
    return int(call.document["entries"][0]["seq"])


@pytest.fixture
def portal(call: Call) -> Path:
    """Return the folder with the files of a certificate."""
    issued = call.home.issue("portal.egov.internal")
    assert issued.folder is not None
    return issued.folder


def test_r1_3_a_scan_without_findings_is_exit_0_and_with_some_exit_3(call: Call, portal: Path, tmp_path: Path) -> None:
    """R1.3: a good certificate of ours needs nobody; a foreign one does."""
    with tls(portal / "fullchain.pem", portal / "privkey.pem") as ours, tls(*stranger(tmp_path)) as theirs:
        assert call("scan", "127.0.0.1", "--port", str(ours)) == 0
        assert "ours, valid" in call.out
        assert "portal.egov.internal" in call.out
        assert "Looked at 1 places: 1 certificates, 0 silent." in call.err
        assert call("scan", "127.0.0.1", "--port", str(ours), "--port", str(theirs), "--json") == 3
    document = call.document
    assert document["schema"] == "certmgr.scan/1"
    assert sorted(one["verdict"] for one in document["observations"]) == ["foreign", "ours"]
    assert call("scan", "list", "--foreign", "--json") == 0
    assert [one["issuer"] for one in call.document["observations"]] == ["CN=Someone Else CA"]


def test_r1_7_a_revoked_certificate_that_is_still_served_is_named(call: Call, portal: Path) -> None:
    """R1.7: what to do stands beside it, exit 3."""
    name = "portal.egov.internal"
    assert call("revoke", name, "--cause", "key-lost", "--confirm", name, admin=True) == 0
    with tls(portal / "fullchain.pem", portal / "privkey.pem") as port:
        assert call("scan", "127.0.0.1", "--port", str(port)) == 3
    assert "ours, revoked" in call.out
    assert "It was revoked (key-lost): issue a new certificate" in call.err


def test_nothing_is_contacted_outside_and_every_reason_is_given(call: Call) -> None:
    """Exit 4 for what may not be looked at, exit 2 for what is no target or no request at all."""
    assert call("scan", "127.0.0.1", "8.8.8.8", "192.168.0.0/16") == 4
    assert "8.8.8.8 lies outside" in call.err
    assert "192.168.0.0/16 lies outside" in call.err
    assert call("scan", "10.0.0.0/8") == 4
    assert "4096 at most" in call.err
    assert call("scan", "portal.egov.internal") == 2
    assert call("scan", "--port", "443") == 2
    assert call("scan", "127.0.0.1", "--import", "x.xml") == 2
    assert call("scan", "--import", "/nowhere/nmap.xml") == 2
    assert call("scan") == 2


def test_a_dry_run_says_where_and_contacts_nobody(call: Call) -> None:
    """No packet: 10.x is only written out here."""
    before = _entries(call)
    assert call("scan", "10.1.2.0/30", "--port", "443", "--port", "8443", "--dry-run") == 0
    assert call.out.splitlines() == ["10.1.2.1\t443\t", "10.1.2.1\t8443\t", "10.1.2.2\t443\t", "10.1.2.2\t8443\t"]
    assert "4 places would be looked at; nothing was contacted." in call.err
    assert _entries(call) == before


def test_r1_3_what_others_saw_on_the_internet_becomes_a_request(call: Call, portal: Path, tmp_path: Path) -> None:
    """R1.3, DETAILS 36: the request is in the list, with its clock, and a person decides."""
    file = tmp_path / "nmap.xml"
    file.write_bytes(nmap(nmap_host("203.0.113.7", pem=(portal / "cert.pem").read_text())))
    assert call("scan", "--import", str(file), "--dry-run") == 0
    assert "1 certificates would be recorded; nothing was." in call.err
    assert call("scan", "--import", str(file), "--json") == 3
    (proposed,) = call.document["proposed"]
    assert (proposed["server"], proposed["cause"]) == ("portal.egov.internal", "internet-use")
    assert call("revocation", "list", "--json") == 0
    assert [one["id"] for one in call.document["revocations"]] == [proposed["revocation"]]
    assert call("scan", "--import", str(file)) == 3
    assert "is proposed" not in call.err


def test_a_file_that_is_not_nmaps_is_exit_2_and_names_the_line(call: Call, tmp_path: Path) -> None:
    """And records nothing."""
    file = tmp_path / "bad.xml"
    file.write_text('<?xml version="1.0"?>\n<!DOCTYPE nmaprun [<!ENTITY x "y">]>\n<nmaprun/>')
    before = _entries(call)
    assert call("scan", "--import", str(file)) == 2
    assert "Line 2" in call.err
    assert _entries(call) == before


def test_adopting_records_the_server_and_its_facts_are_asked_for(call: Call, tmp_path: Path) -> None:
    """Off a terminal they are options, and both are needed."""
    file = tmp_path / "nmap.xml"
    file.write_bytes(nmap(nmap_host("10.1.2.3", pem=stranger(tmp_path)[0].read_text())))
    assert call("scan", "--import", str(file)) == 3
    assert "Replace it: certmgr scan adopt 1" in call.err
    assert call("scan", "adopt", "1") == 4
    assert "owner" in call.err
    assert "purpose" in call.err
    facts = ("--owner", "Web team", "--purpose", "Old portal")
    assert call("scan", "adopt", "1", *facts, "--dry-run") == 0
    assert "would be recorded" in call.err
    assert call("scan", "adopt", "1", *facts) == 0
    assert "Recorded the server legacy.egov.internal." in call.err
    assert call("scan", "adopt", "1", *facts) == 4
    assert call("scan", "adopt", "7", *facts) == 5
    assert call("scan", "--import", str(file)) == 0


def test_the_whole_internet_cannot_be_declared_as_ones_own(call: Call) -> None:
    """[observe] public holds addresses of one organisation."""
    file = call.home.path / "certmgr.toml"
    before = file.read_text()
    file.write_text(before.replace("public = []", 'public = ["203.0.113.7"]'))
    assert call("scan", "203.0.113.7", "--dry-run") == 0
    file.write_text(before.replace("public = []", 'public = ["0.0.0.0/0"]'))
    assert call("scan", "203.0.113.7", "--dry-run") == 2
    assert "too wide" in call.err
