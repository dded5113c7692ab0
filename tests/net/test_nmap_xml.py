"""Reading what nmap wrote: every form in which it names a certificate, and files that mean harm."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import UsageError
from certmgr.net import nmap_xml
from tests.observed import HEAD, SEEN_AT, nmap, nmap_host, stranger

ELEMENTS = (
    '<table key="subject"><elem key="commonName">old.egov.internal</elem></table>'
    '<table key="issuer"><elem key="commonName">Someone Else CA</elem><elem key="countryName">XX</elem></table>'
    '<table key="validity"><elem key="notBefore">2025-01-01T00:00:00</elem>'
    '<elem key="notAfter">2027-01-01T00:00:00</elem></table>'
)
OUTPUT = "Subject: commonName=old\nSubject Alternative Name: DNS:old.egov.internal, IP Address:10.1.2.3\n"


def test_the_certificate_is_found_in_the_element_and_in_the_output(tmp_path: Path) -> None:
    """With one -v nmap writes the element, with two the output as well; either is enough."""
    pem = stranger(tmp_path)[0].read_text()
    der = ssl.PEM_cert_to_DER_cert(pem)
    read = nmap_xml.parse(nmap(nmap_host("10.1.2.3", pem=pem), nmap_host("fd00::1", port=8443, output=pem)))
    assert [(one.address, one.port, one.certificate, one.at) for one in read.found] == [
        ("10.1.2.3", 443, der, SEEN_AT),
        ("fd00::1", 8443, der, SEEN_AT),
    ]
    assert read.problems == ()


def test_a_fingerprint_or_a_serial_identifies_it_too() -> None:
    """With what the file says of subject, issuer, names and validity."""
    digest = ":".join(["AB"] * 32)
    host = nmap_host("10.1.2.3", elements=ELEMENTS + f'<elem key="sha256">{digest}</elem>', output=OUTPUT)
    other = nmap_host("10.1.2.4", output="Serial Number: 0A:1B:2C\nSHA-1: 00")
    first, second = nmap_xml.parse(nmap(host, other)).found
    assert (first.sha256, first.serial, first.certificate) == ("ab" * 32, None, None)
    assert (first.subject, first.issuer) == ("CN=old.egov.internal", "CN=Someone Else CA,countryName=XX")
    assert first.names == ("old.egov.internal", "10.1.2.3")
    assert first.not_after == datetime(2027, 1, 1, tzinfo=UTC)
    assert (second.sha256, second.serial) == (None, "0A:1B:2C")


def test_what_cannot_be_identified_is_named_with_its_line() -> None:
    """A script with a SHA-1 alone, an address that is none, a port that is none."""
    hosts = [
        nmap_host("10.1.2.3", output="SHA-1: 0123"),
        nmap_host("10.1.2.999", output="SHA-256: " + "ab" * 32),
        nmap_host("10.1.2.3", output="SHA-256: " + "ab" * 32, port=70000),
    ]
    read = nmap_xml.parse(nmap(*hosts))
    assert read.found == ()
    assert [item.value for item in read.problems] == ["4", "5", "6"]
    assert {item.code for item in read.problems} == {Code.SCAN_UNIDENTIFIED}


def test_other_scripts_and_hosts_without_any_are_passed_over() -> None:
    """A file holds much that is of no interest here."""
    other = nmap_host("10.1.2.3", output="x").replace("ssl-cert", "http-title")
    assert nmap_xml.parse(nmap(other, '<host><address addr="10.1.2.4" addrtype="ipv4"/></host>')) == nmap_xml.Sightings(
        found=(), problems=()
    )


BOMB = "<!DOCTYPE nmaprun [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]>\n<nmaprun>&b;</nmaprun>"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (BOMB, 1),
        ('<!DOCTYPE nmaprun SYSTEM "file:///etc/passwd">\n<nmaprun/>', 1),
        ('<!DOCTYPE nmaprun PUBLIC "x" "http://127.0.0.1/x.dtd">\n<nmaprun/>', 1),
        ("<!DOCTYPE html>\n<nmaprun/>", 1),
        ("<nmaprun>&undeclared;</nmaprun>", 1),
        (HEAD + "<nmaprun>\n<host>\n</nmaprun>", 5),
        (HEAD + "<html></html>", 3),
        (HEAD + "<nmaprun>" + "<a>" * 100 + "</a>" * 100 + "</nmaprun>", 3),
        ('<?xml version="1.0" encoding="nonsense"?>\n<nmaprun/>', 1),
        ("", 1),
        ("\0\0\0", 1),
    ],
)
def test_a_file_that_means_harm_or_is_none_is_usage_with_its_line(content: str, line: int) -> None:
    """No entity is expanded, no file opened, no depth followed; the sentence says where."""
    with pytest.raises(UsageError) as caught:
        nmap_xml.parse(content.encode())
    assert caught.value.exit_code == 2
    assert caught.value.findings[0].value == str(line)
    assert f"Line {line}:" in caught.value.message


def test_a_file_over_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by its octets nor by what it tells of."""
    monkeypatch.setattr(nmap_xml, "MAX_BYTES", 1000)
    with pytest.raises(UsageError, match="octets"):
        nmap_xml.parse(b" " * 1001)
    monkeypatch.undo()
    monkeypatch.setattr(nmap_xml, "MAX_SIGHTINGS", 2)
    with pytest.raises(UsageError, match="more than 2"):
        nmap_xml.parse(nmap(*(nmap_host("10.1.2.3", output="SHA-256: " + "ab" * 32) for _ in range(3))))


def test_one_element_of_any_length_is_cut() -> None:
    """What a script says is kept up to a limit; the rest is counted and dropped."""
    long = '<elem key="x">' + "y" * (nmap_xml.MAX_TEXT + 10) + "</elem>"
    host = nmap_host("10.1.2.3", elements=long + '<elem key="sha256">' + "ab" * 32 + "</elem>")
    assert nmap_xml.parse(nmap(host)).found == ()
