"""How many approvals an order needs, and what one binds (R2.1, DETAILS 22)."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest

from certmgr import approvals
from certmgr.models.applications import Application, ApplicationId, ApplicationState, Decision, Verdict
from certmgr.models.certificates import CertificateId, DnsName, ServerId
from certmgr.models.keys import KeyType
from certmgr.models.profiles import Approval, Profile
from tests.facts.orders import NOW, order

REVIEWED = Profile(name="server", approval=Approval.ONE)


@pytest.mark.parametrize(
    ("approval", "needed"), [(Approval.AUTOMATIC, 0), (Approval.ONE, 1), (Approval.TWO, 2)], ids=str
)
def test_r2_1_the_profile_says_how_many_people_decide(approval: Approval, needed: int) -> None:
    """None, one, or four eyes."""
    assert approvals.needed(order(), Profile(name="server", approval=approval), ()) == needed


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"dns": (DnsName("a.lab.corp.internal"),)}, 0),
        ({"dns": (DnsName("lab.corp.internal"),)}, 0),
        ({"dns": (DnsName("*.lab.corp.internal"),)}, 0),
        ({"dns": (DnsName("a.lab.corp.internal"), DnsName("portal.corp.internal"))}, 1),
        ({"dns": (DnsName("notlab.corp.internal"),)}, 1),
        ({"dns": (DnsName("a.lab.corp.internal"),), "ip": (ip_address("10.1.2.3"),)}, 1),
        ({"dns": (), "ip": (ip_address("10.1.2.3"),)}, 1),
    ],
    ids=["below", "the zone", "wildcard", "one outside", "a label is whole", "an address beside", "an address alone"],
)
def test_names_are_approved_on_the_spot_where_all_lie_in_automatic_zones(
    changes: dict[str, object], needed: int
) -> None:
    """Label by label; an address lies in no DNS zone."""
    assert approvals.needed(order(**changes), REVIEWED, ("lab.corp.internal",)) == needed


@pytest.mark.parametrize(
    "changes",
    [
        {"server": "other"},
        {"dns": (DnsName("portal.corp.internal"), DnsName("mail.corp.internal"))},
        {"ip": (ip_address("10.1.2.3"),)},
        {"days": 30},
        {"key_type": KeyType.EC_P384},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_r2_1_an_approval_binds_every_part_of_the_content(changes: dict[str, object]) -> None:
    """DETAILS 22: whatever differs from what was approved has another digest."""
    approved = approvals.content_digest(order(), REVIEWED, None)
    assert approvals.content_digest(order(**changes), REVIEWED, None) != approved


def test_an_approval_binds_the_key_and_what_the_profile_adds() -> None:
    """The SPKI of a CSR, or that the key is made at issue; the profile's days, purposes and first type of key."""
    digests = {
        approvals.content_digest(order(), profile, spki)
        for profile, spki in [
            (REVIEWED, None),
            (REVIEWED, "ab" * 32),
            (REVIEWED, "cd" * 32),
            (replace(REVIEWED, days=90), None),
            (replace(REVIEWED, client_auth=True), None),
            (replace(REVIEWED, key_types=(KeyType.ED25519,)), None),
            (replace(REVIEWED, name="another"), None),
        ]
    }
    assert len(digests) == 7


def test_purpose_owner_and_note_are_bound_to_nothing() -> None:
    """They stand in no certificate, and the row of the application does not change."""
    changed = order(purpose="another", owner="another", note="another", contact="another")
    assert approvals.content_digest(changed, REVIEWED, None) == approvals.content_digest(order(), REVIEWED, None)


def test_a_signature_covers_who_decides_what_about_whose_application_and_when() -> None:
    """Nothing of it can be moved to another decision."""
    facts = {
        "application": ApplicationId(1),
        "applicant": "carl",
        "reviewer": "alice",
        "verdict": Verdict.APPROVED,
        "digest": "ab" * 32,
        "at": NOW,
    }
    other = {
        "application": ApplicationId(2),
        "applicant": "dora",
        "reviewer": "bob",
        "verdict": Verdict.REJECTED,
        "digest": "cd" * 32,
        "at": NOW + timedelta(seconds=1),
    }
    messages = {approvals.decision_message(**{**facts, name: other[name]}) for name in facts}  # type: ignore[arg-type]
    assert len({*messages, approvals.decision_message(**facts)}) == 7  # type: ignore[arg-type]


def _application(needed: int = 1, **changes: object) -> Application:
    facts: dict[str, object] = {
        "id": ApplicationId(1),
        "server_id": ServerId(1),
        "server": "portal",
        "profile": "server",
        "dns": ("portal.corp.internal",),
        "ip": (),
        "key_type": None,
        "days": None,
        "owner": "Unit A",
        "purpose": "portal",
        "note": "",
        "evidence": (),
        "csr": None,
        "spki_sha256": None,
        "digest": "ab" * 32,
        "needed": needed,
        "destination": None,
        "additional": False,
        "requested_by": "carl",
        "submitted_at": NOW,
        "expires_at": NOW + timedelta(days=7),
    }
    return Application(**{**facts, **changes})  # type: ignore[arg-type]


def _decision(verdict: Verdict, by: str = "alice") -> Decision:
    return Decision(verdict=verdict, by=by, reason="seen", digest="ab" * 32, signature=b"", at=NOW)


YES, NO = _decision(Verdict.APPROVED), _decision(Verdict.REJECTED, "bob")
LATER = NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("application", "now", "state"),
    [
        (_application(), NOW, ApplicationState.SUBMITTED),
        (_application(0), NOW, ApplicationState.APPROVED),
        (_application(decisions=(YES,)), NOW, ApplicationState.APPROVED),
        (_application(2, decisions=(YES,)), NOW, ApplicationState.SUBMITTED),
        (_application(2, decisions=(YES, NO)), NOW, ApplicationState.REJECTED),
        (_application(decisions=(YES,)), LATER - timedelta(seconds=1), ApplicationState.APPROVED),
        (_application(decisions=(YES,)), LATER, ApplicationState.EXPIRED),
        (_application(decisions=(NO,)), LATER, ApplicationState.REJECTED),
        (_application(withdrawn_at=NOW, decisions=(YES,)), LATER, ApplicationState.WITHDRAWN),
        (_application(certificate_id=CertificateId(9), decisions=(YES,)), LATER, ApplicationState.ISSUED),
    ],
)
def test_the_state_of_an_application_follows_from_its_times_and_decisions(
    application: Application, now: object, state: ApplicationState
) -> None:
    """The first that fits; the end of its time is exact."""
    assert application.state(now) is state  # type: ignore[arg-type]
