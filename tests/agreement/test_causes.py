"""Each cause of the agreement's table by the command line: what it needs, and its reason on the CRL (R6.1, R6.2)."""

import pytest
from cryptography import x509

from certmgr import evidence, lifecycle
from certmgr.models.revocations import Cause
from tests.agreement.reading import certificate, reasons
from tests.cli.calling import Call

NAME = "portal.egov.internal"
REASONS = {
    "key-compromise": "key_compromise",
    "key-lost": "superseded",
    "key-replaced": "superseded",
    "information-changed": "affiliation_changed",
    "no-longer-needed": "cessation_of_operation",
    "fees-unpaid": "privilege_withdrawn",
    "duty-breached": "privilege_withdrawn",
    "false-application": "privilege_withdrawn",
    "misused": "privilege_withdrawn",
    "internet-use": "privilege_withdrawn",
    "issued-in-error": "superseded",
}
"""The agreement's table, but for the two causes with tests of their own below."""


def _revoke(call: Call, cause: str, *more: str) -> int:
    return call("revoke", NAME, "--cause", cause, "--confirm", NAME, *more, admin=True)


@pytest.mark.parametrize("cause", REASONS)
def test_r6_2_a_cause_with_what_it_needs_is_on_the_crl_with_its_reason(call: Call, cause: str) -> None:
    """R6.1, R6.2: without its evidence nothing is revoked (exit 4); with it the CRL says why at once."""
    serial = certificate(call.home.issue(NAME).folder).serial_number
    if Cause(cause) in evidence.NEEDED:
        assert _revoke(call, cause) == 4
        assert "evidence" in call.err
        assert call("list", "state:revoked", "--plain") == 0
        assert call.out == ""
        assert _revoke(call, cause, "--evidence", "letter of 2026-11-20, file 123") == 0
    else:
        assert _revoke(call, cause) == 0
    assert reasons(call.home) == {serial: REASONS[cause]}


def test_r6_2_9_suspended_is_a_hold(call: Call) -> None:
    """R6.2(9): a measure that law, regulation or policy requires; certificateHold, and it can be released."""
    serial = certificate(call.home.issue(NAME).folder).serial_number
    assert call("hold", NAME, "--confirm", NAME, "--evidence", "order 7", admin=True) == 0
    assert reasons(call.home) == {serial: "certificate_hold"}


def test_r6_2_the_table_is_whole() -> None:
    """R6.2: thirteen causes, each with its reason; two have a way of their own."""
    assert {*REASONS, "suspended", "ca-compromise"} == {cause.value for cause in Cause}
    assert len(Cause) == 13
    for cause, reason in REASONS.items():
        assert lifecycle.REASONS[Cause(cause)].name.lower() == reason


def test_r6_2_ca_compromise_is_no_cause_for_a_servers_certificate(call: Call) -> None:
    """DETAILS 29: it is a CA's own; for a leaf it is a usage error, and nothing is recorded."""
    call.home.issue(NAME)
    assert _revoke(call, "ca-compromise", "--evidence", "x") == 2
    assert call("revocation", "list", "--all", "--json") == 0
    assert call.document["revocations"] == []


def test_r6_2_a_compromised_ca_lands_on_the_roots_crl(call: Call) -> None:
    """R6.2, DETAILS 29: by an administrator, with its name typed; its successor issues what it had issued."""
    call.home.issue(NAME)
    assert call("ca", "list", "--json") == 0
    held = {one["role"]: one for one in call.document["authorities"]}
    slug, root = held["issuing"]["name"], held["root"]["name"]
    evidence_ = ("--evidence", "the key file was on a public server")
    assert call("ca", "revoke", root, *evidence_, "--confirm", root, admin=True) == 4
    assert call("ca", "revoke", slug, "--evidence", " ", "--confirm", slug, admin=True) == 4
    assert call("ca", "revoke", slug, *evidence_, "--confirm", "x", admin=True) == 2
    assert call("ca", "revoke", slug, *evidence_, admin=True) == 2
    assert call("ca", "revoke", slug, *evidence_, "--dry-run") == 0
    assert call("ca", "revoke", slug, *evidence_, "--confirm", slug, admin=True) == 0
    (path,) = call.home.public.glob("root-*.crl")
    (entry,) = x509.load_der_x509_crl(path.read_bytes())
    assert f"{entry.serial_number:X}" == held["issuing"]["serial"].lstrip("0")
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name == "ca_compromise"
    assert call("ca", "revoke", slug, *evidence_, "--confirm", slug, admin=True) == 4
    assert call("revocation", "list", "--all", "--json") == 0
    assert [(one["server"], one["state"]) for one in call.document["revocations"]] == [(slug, "done")]
    identity = str(call.document["revocations"][0]["id"])
    assert call("revocation", "report-incident", identity, "--to", "network authority", admin=True) == 0
    assert call("revocation", "show", identity) == 0
    more = ("--purpose", "web", "--owner", "ops", "--out", str(call.home.out))
    assert call("issue", "--dns", "next.egov.internal", *more) != 0
    assert call("ca", "new-issuing", admin=True) == 0
    assert call("issue", "--dns", "next.egov.internal", *more) == 0
    assert call("check") in {0, 3}
    assert call("doctor") in {0, 3}
