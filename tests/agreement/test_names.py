"""The internal network and nothing else (R1.3, R1.4, R4.3)."""

from pathlib import Path

from cryptography import x509

from tests.agreement.reading import certificate, reasons
from tests.cli.calling import Call
from tests.observed import nmap, nmap_host

FACTS = ("--purpose", "Staff portal", "--owner", "Web team")


def test_r1_3_three_walls_stand_around_the_intranet(call: Call) -> None:
    """R1.3: policy refuses, both CA certificates are constrained, and verifiers refuse what a CA key must not sign."""
    out = ("--out", str(call.home.out))
    assert call("issue", "--dns", "www.example.com", *FACTS, *out) == 4
    assert call("issue", "--dns", "portal.egov.internal", "--ip", "8.8.8.8", *FACTS, *out) == 4
    assert not call.home.out.exists()
    for file in call.home.public.glob("*.cer"):
        found = x509.load_der_x509_certificate(file.read_bytes()).extensions
        constraints = found.get_extension_for_class(x509.NameConstraints)
        assert constraints.critical
        permitted = [
            name.value for name in constraints.value.permitted_subtrees or () if isinstance(name, x509.DNSName)
        ]
        assert "egov.internal" in permitted
    assert call("doctor", "--json") in {0, 3}
    codes = {item["code"] for item in call.document["findings"]}
    assert "self-test.failed" not in codes


def test_r1_3_a_suspension_stands_on_the_crl_until_it_is_released(call: Call) -> None:
    """R1.3: the service is suspended by a hold, and goes on after its release."""
    name = "portal.egov.internal"
    serial = certificate(call.home.issue(name).folder).serial_number
    assert call("hold", name, "--evidence", "order of the network authority", "--confirm", name, admin=True) == 0
    assert reasons(call.home) == {serial: "certificate_hold"}
    assert call("list", "state:held", "--plain") == 0
    assert name in call.out
    assert call("release", name, "--confirm", name, admin=True) == 0
    assert reasons(call.home) == {}


def test_r1_4_a_name_under_a_public_suffix_names_the_zone_that_it_would_need(call: Call) -> None:
    """R1.4: whoever gets a certificate for a name does not own it, so the name has to be the organisation's before."""
    out = ("--out", str(call.home.out))
    assert call("issue", "--dns", "intranet.example.com", *FACTS, *out, "--json") == 4
    assert "it would need example.com in [zones] split_horizon" in call.err.replace("\\n", " ")
    assert call("issue", "--dns", "db.other.internal", *FACTS, *out) == 4
    assert "it would need other.internal in [zones] dns" in call.err


def test_r4_3_use_on_the_internet_is_found_proposed_and_revoked(call: Call, tmp_path: Path) -> None:
    """R4.3, R6.2(8): somebody else's scan saw it, a person verifies, the CRL says privilegeWithdrawn."""
    served = certificate(call.home.issue("portal.egov.internal").folder)
    pem = (call.home.out / "portal.egov.internal" / "live" / "cert.pem").read_text()
    file = tmp_path / "nmap.xml"
    file.write_bytes(nmap(nmap_host("203.0.113.7", pem=pem)))
    assert call("scan", "--import", str(file), "--json") == 3
    (proposed,) = call.document["proposed"]
    assert reasons(call.home) == {} if list(call.home.public.glob("issuing-*.crl")) else True
    assert call("revocation", "verify", str(proposed["revocation"]), admin=True) == 0
    assert reasons(call.home) == {served.serial_number: "privilege_withdrawn"}
