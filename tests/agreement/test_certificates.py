"""What a certificate is and is not (R1.7, R1.8, R2.2, R2.3, R3.2, R4.1, R9.1)."""

from datetime import UTC
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from certmgr.models.keys import KeyType
from certmgr.operations import certificates
from certmgr.pki import csr, keys
from certmgr.queries import certificates as queries
from tests.agreement.reading import certificate, reasons
from tests.cli.calling import Call
from tests.clock import FakeClock
from tests.home import HomeForTest, make_home

NAME = "portal.egov.internal"


def test_r1_7_the_state_is_told_wherever_it_is_asked_for(call: Call) -> None:
    """R1.7: list, filter, show, JSON, exit code, CRL and metrics say the same of a revoked certificate."""
    serial = certificate(call.home.issue(NAME).folder).serial_number
    assert call("list", "--fail-if-any", "state:revoked") == 0
    assert call("report", "metrics") == 0
    assert NAME in call.out
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, admin=True) == 0
    assert call("list", "--fail-if-any", "state:revoked") == 3
    assert "revoked" in call.out
    assert call("list", "--json") == 0
    assert call.document["certificates"][0]["state"] == "revoked"
    assert call("show", NAME) == 0
    assert "revoked" in call.out
    assert reasons(call.home) == {serial: "superseded"}
    assert call("export", NAME, "--form", "nginx", "--out", str(call.home.out / "tls")) == 4
    assert call("report", "metrics") == 0
    assert NAME not in call.out


def test_r1_8_every_certificate_of_a_key_is_named_by_each_of_them(call: Call) -> None:
    """R1.8: whoever ends one sees what else the key is used for."""
    request = csr.make_csr(keys.make_key(KeyType.EC_P256), [NAME], [], None)
    first = certificate(call.home.issue(NAME, csr=request).folder).serial_number
    second = certificate(call.home.issue(NAME, csr=request, additional=True).folder).serial_number
    assert call("show", f"serial:{first:X}") == 0
    assert f"{second:X}" in call.out.upper()


def test_r2_2_serials_cannot_be_guessed_and_nothing_weak_is_signed(home: HomeForTest) -> None:
    """R2.2: 159 random bits, SHA-256 or better, and keys that present technology cannot break."""
    found = [certificate(home.issue(f"s{number}.egov.internal").folder) for number in range(20)]
    serials = [one.serial_number for one in found]
    assert len(set(serials)) == 20
    assert all(0 < serial < 1 << 159 for serial in serials)
    # That the topmost 16 of 159 random bits are zero in one of 20 happens once in 3,000 runs; in two, never.
    assert sum(serial.bit_length() < 143 for serial in serials) < 2
    assert {one.signature_hash_algorithm.name for one in found if one.signature_hash_algorithm} == {"sha256"}


def test_r2_2_a_weak_key_is_refused_with_its_reason(call: Call, tmp_path: Path) -> None:
    """R2.2: RSA of 1024 bits, in a request that is otherwise in order."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    (tmp_path / "weak.csr").write_bytes(request.public_bytes(Encoding.PEM))
    words = ("--csr", str(tmp_path / "weak.csr"), "--purpose", "x", "--owner", "y", "--out", str(call.home.out))
    assert call("issue", *words) == 4
    assert "key.size" in call.err


def test_r2_3_the_certificate_says_that_it_is_no_electronic_signature(tmp_path: Path) -> None:
    """R2.3: by the user notice of its policy; and its key may not sign for a person (nonRepudiation)."""
    home = make_home(tmp_path / "place", policy_oid="1.3.6.1.4.1.32473.1")
    found = certificate(home.issue(NAME).folder).extensions
    (policy,) = found.get_extension_for_class(x509.CertificatePolicies).value
    assert policy.policy_identifier.dotted_string == "1.3.6.1.4.1.32473.1"
    notices = [one.explicit_text for one in policy.policy_qualifiers or () if isinstance(one, x509.UserNotice)]
    assert notices == [
        "For internal use only. This certificate has no legal effect as an electronic signature.",
    ]
    assert not found.get_extension_for_class(x509.KeyUsage).value.content_commitment
    home.workspace.close()


def test_r3_2_what_was_asked_checked_and_made_is_on_record(call: Call) -> None:
    """R3.2: who asked, when, for what, under which profile, and each step in the journal."""
    call.home.issue(NAME, purpose="Staff portal", owner="Web team")
    assert call("show", NAME, "--json") == 0
    (found,) = call.document["certificates"]
    assert (found["purpose"], found["owner"], found["profile"]) == ("Staff portal", "Web team", "server")
    assert call("journal", "list", "--object", f"certificate:{found['id']}", "--json") == 0
    actions = [entry["action"] for entry in call.document["entries"]]
    assert {"certificate.intended", "certificate.issued", "certificate.delivered"} <= set(actions)


@pytest.mark.parametrize("kind", [KeyType.EC_P256, KeyType.RSA_2048])
def test_r4_1_server_authentication_and_tls_encryption_and_nothing_else(home: HomeForTest, kind: KeyType) -> None:
    """R4.1: whatever the key is; encryption of keys with RSA only."""
    found = certificate(home.issue(NAME, key_type=kind).folder).extensions
    assert list(found.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = found.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.key_encipherment is (kind is KeyType.RSA_2048)
    assert not usage.value.content_commitment
    assert not usage.value.data_encipherment
    assert not usage.value.key_agreement
    assert not usage.value.key_cert_sign
    assert not usage.value.crl_sign
    assert found.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(
        ca=False, path_length=None
    )


def test_r9_1_the_line_of_certificates_goes_on_with_each_renewal(home: HomeForTest, clock: FakeClock) -> None:
    """R9.1: four terms, one history; each says which one it replaces."""
    ids = [home.issue(NAME).id]
    for _ in range(3):
        held = queries.detail(home.workspace, ids[-1]).certificate
        clock.now = held.renew_at
        ids.append(certificates.renew(home.workspace, home.machine(), held).id)
    for identity in ids:
        assert [one.id for one in queries.detail(home.workspace, identity).line] == ids[::-1]
    line = queries.detail(home.workspace, ids[0]).line[::-1]
    assert [one.replaces_id for one in line] == [None, *ids[:-1]]
    assert line[-1].not_after.astimezone(UTC).year - line[0].not_before.astimezone(UTC).year >= 3


def test_r8_5_after_the_end_it_is_a_new_application(home: HomeForTest, clock: FakeClock) -> None:
    """R8.5, R5.1: nobody asked in the thirty days, so it expires; a new certificate is issued, no old one renewed."""
    held = queries.detail(home.workspace, home.issue(NAME).id).certificate
    assert held.renew_at >= held.window_opens
    clock.now = held.not_after
    clock.advance(minutes=1)
    assert queries.detail(home.workspace, held.id).state == "expired"
    again = queries.detail(home.workspace, home.issue(NAME).id).certificate
    assert again.replaces_id is None
    assert again.not_before > held.not_before
