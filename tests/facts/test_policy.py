"""Policy: every reason against an order at once, and nothing against a good one."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from certmgr import policy
from certmgr.codes import Code
from certmgr.errors import Finding, Severity
from certmgr.lifecycle import validity
from certmgr.models.certificates import DnsName, Order
from certmgr.models.keys import KeyFacts, KeyType
from certmgr.models.profiles import Profile
from certmgr.policy import AuthorityLimits, KeyUse
from certmgr.zones import Zones
from tests.facts.orders import NOW, ZONES, order

SERVER = Profile(name="server")
ISSUER = AuthorityLimits(name="issuing-2026-1", zones=ZONES, not_after=NOW + timedelta(days=1000), client_auth=False)
KEY = KeyFacts(key_type=KeyType.EC_P256, description="EC P-256", spki_sha256="ab" * 32)


def judge(wish: Order, profile: Profile = SERVER, key: KeyFacts | None = None, **more: Any) -> list[Code]:  # noqa: ANN401
    """Return the codes against `wish`, in their order."""
    issuer = more.pop("issuer", ISSUER)
    found = policy.evaluate(wish, profile, ZONES, key, issuer=issuer, now=NOW, **more)
    return [finding.code for finding in found]


def test_a_good_order_has_nothing_against_it() -> None:
    """Names and addresses of the intranet, a purpose, the profile's lifetime."""
    good = order(dns=(DnsName("portal.corp.internal"),), ip=(ip_address("10.1.2.3"), ip_address("fd00::1")))
    assert judge(good, key=KEY) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "  "}, Code.PURPOSE_MISSING),
        ({"server": "../x"}, Code.SERVER_NAME),
        ({"dns": (), "ip": ()}, Code.NAME_NONE),
        ({"dns": (DnsName("www.example.com"),)}, Code.NAME_PUBLIC),
        ({"dns": (DnsName("portal.other.internal"),)}, Code.NAME_OUTSIDE),
        ({"dns": (DnsName("*.corp.internal"),)}, Code.NAME_WILDCARD),
        ({"dns": (DnsName("a.corp.internal"),) * 2}, Code.NAME_DUPLICATE),
        ({"ip": (ip_address("fd00::1"), ip_address("fd00:0::1"))}, Code.NAME_DUPLICATE),
        ({"dns": tuple(DnsName(f"h{n}.corp.internal") for n in range(101))}, Code.NAME_COUNT),
        ({"ip": (ip_address("192.168.1.1"),)}, Code.ADDRESS_OUTSIDE),
        ({"ip": (ip_address("8.8.8.8"),)}, Code.ADDRESS_OUTSIDE),
        ({"days": 0}, Code.DAYS_RANGE),
        ({"days": 398}, Code.DAYS_RANGE),
        ({"key_type": KeyType.ML_DSA_44}, Code.KEY_TYPE),
    ],
)
def test_each_fault_of_an_order_has_its_own_reason(changes: dict[str, Any], code: Code) -> None:
    """One fault, one finding."""
    assert judge(order(**changes)) == [code]


def test_every_reason_is_given_at_once() -> None:
    """A refusal is complete: correcting what it names is enough (STYLE 10)."""
    bad = order(
        server="UPPER",
        purpose="",
        dns=(DnsName("*.corp.internal"), DnsName("www.example.com"), DnsName("x.other.internal")),
        ip=(ip_address("8.8.8.8"),),
        days=9999,
    )
    weak = Finding(code=Code.KEY_EXPONENT, message="The exponent is 3.")
    key = KeyFacts(key_type=KeyType.ML_DSA_44, description="ML-DSA-44", spki_sha256="ab" * 32, findings=(weak,))
    profile = replace(SERVER, ip=False, client_auth=True)
    found = judge(bad, profile, key, use=KeyUse(blocked=True, used_by=("other",)))
    assert set(found) == {
        Code.SERVER_NAME,
        Code.PURPOSE_MISSING,
        Code.NAME_WILDCARD,
        Code.NAME_PUBLIC,
        Code.NAME_OUTSIDE,
        Code.ADDRESS_NOT_ALLOWED,
        Code.ADDRESS_OUTSIDE,
        Code.DAYS_RANGE,
        Code.ISSUER_CLIENT_AUTH,
        Code.KEY_TYPE,
        Code.KEY_EXPONENT,
        Code.KEY_BLOCKED,
        Code.KEY_IN_USE,
    }


def test_r2_1_a_purpose_is_mandatory() -> None:
    """An application with no stated purpose is refused."""
    (finding,) = policy.evaluate(order(purpose=""), SERVER, ZONES, None, issuer=ISSUER, now=NOW)
    assert finding.field == "purpose"


def test_r1_3_a_declared_name_outside_the_issuers_own_constraints_is_refused() -> None:
    """The configuration may have grown since the CA was made; the certificate of the CA has not."""
    wider = Zones(dns=("corp.internal", "new.internal"), networks=(*ZONES.networks, ip_network("172.16.0.0/12")))
    wish = order(dns=(DnsName("a.new.internal"),), ip=(ip_address("172.16.0.1"),))
    found = policy.evaluate(wish, SERVER, wider, None, issuer=ISSUER, now=NOW)
    assert [finding.code for finding in found] == [Code.NAME_OUTSIDE, Code.ADDRESS_OUTSIDE]
    assert all("issuing-2026-1" in finding.message for finding in found)


def test_a_wildcard_is_allowed_by_its_profile_and_stays_inside_the_zone() -> None:
    """A profile widens nothing but what it names."""
    profile = replace(SERVER, wildcard=True)
    assert judge(order(dns=(DnsName("*.corp.internal"),)), profile) == []
    assert judge(order(dns=(DnsName("*.internal"),)), profile) == [Code.NAME_OUTSIDE]


def test_a_hundred_names_and_addresses_together_are_the_most() -> None:
    """The limit counts both."""
    names = tuple(DnsName(f"h{n}.corp.internal") for n in range(99))
    assert judge(order(dns=names, ip=(ip_address("10.0.0.1"),))) == []
    assert judge(order(dns=names, ip=(ip_address("10.0.0.1"), ip_address("10.0.0.2")))) == [Code.NAME_COUNT]


def test_no_profile_goes_over_825_days() -> None:
    """Even one that was made in code."""
    assert judge(order(days=826), replace(SERVER, max_days=10_000)) == [Code.DAYS_RANGE]


def test_days_past_the_issuers_end_are_refused_when_asked_for_and_cut_when_they_are_the_default() -> None:
    """DETAILS 20."""
    ending = replace(ISSUER, not_after=NOW + timedelta(days=100))
    assert judge(order(days=200), issuer=ending) == [Code.DAYS_PAST_ISSUER]
    (notice,) = policy.evaluate(order(), SERVER, ZONES, None, issuer=ending, now=NOW)
    assert (notice.code, notice.severity) == (Code.DAYS_SHORTENED, Severity.NOTICE)
    assert policy.granted_validity(order(), SERVER, issuer=ending, now=NOW)[1] == ending.not_after


def test_the_longest_life_that_a_refusal_names_is_granted() -> None:
    """The number in the message is one that works."""
    ending = replace(ISSUER, not_after=NOW + timedelta(days=100))
    (finding,) = policy.evaluate(order(days=101), SERVER, ZONES, None, issuer=ending, now=NOW)
    assert "100 is the most today" in finding.message
    assert judge(order(days=100), issuer=ending) == []


def test_without_an_issuer_the_profile_alone_limits_the_life() -> None:
    """`profile show` and an external root's answer that has not come yet."""
    assert judge(order(), issuer=None) == []
    assert judge(order(days=398), issuer=None) == [Code.DAYS_RANGE]


def test_an_issuer_in_its_last_day_certifies_no_more() -> None:
    """A successor is needed."""
    assert judge(order(), issuer=replace(ISSUER, not_after=NOW + timedelta(hours=3))) == [Code.ISSUER_ENDED]
    assert judge(order(days=1), issuer=replace(ISSUER, not_after=NOW - timedelta(days=3))) == [Code.ISSUER_ENDED]


def test_a_lifetime_within_the_issuers_is_granted_whole() -> None:
    """Nothing is cut that need not be."""
    assert policy.granted_validity(order(days=10), SERVER, issuer=ISSUER, now=NOW) == validity(NOW, 10)
    assert policy.granted_validity(order(), SERVER, issuer=None, now=NOW) == validity(NOW, 365)


def test_r1_6_a_blocked_key_is_never_certified_again() -> None:
    """Whoever brings it."""
    assert judge(order(), key=KEY, use=KeyUse(blocked=True)) == [Code.KEY_BLOCKED]


def test_a_key_in_use_for_another_server_is_refused_and_for_its_own_is_not() -> None:
    """One key, one server; a renewal with the same key is the profile's to allow."""
    assert judge(order(), key=KEY, use=KeyUse(used_by=("portal",))) == []
    shared = policy.evaluate(
        order(), SERVER, ZONES, KEY, issuer=ISSUER, now=NOW, use=KeyUse(used_by=tuple(f"s{n}" for n in range(8)))
    )
    assert [finding.code for finding in shared] == [Code.KEY_IN_USE]
    assert "s0, s1, s2, s3, s4 and 3 more" in shared[0].message


def test_a_key_of_no_certified_kind_is_refused_by_its_own_weakness_alone() -> None:
    """`RSA 1024` is told once, as too small."""
    small = Finding(code=Code.KEY_SIZE, message="RSA 1024 bits is too small.")
    facts = KeyFacts(key_type=None, description="RSA 1024 bits", spki_sha256="ab" * 32, findings=(small,))
    assert judge(order(), key=facts) == [Code.KEY_SIZE]
    assert judge(order(), key=replace(facts, findings=())) == [Code.KEY_TYPE]


def test_config_check_names_every_difference_between_configuration_and_issuer() -> None:
    """Effective policy is both together (DETAILS 6, 11)."""
    wider = Zones(
        dns=("corp.internal", "new.internal"), networks=(ip_network("10.0.0.0/8"), ip_network("172.16.0.0/12"))
    )
    profiles = {"server": SERVER, "mtls": Profile(name="mtls", client_auth=True)}
    found = policy.check_limits(profiles, wider, ISSUER)
    assert [(f.code, f.severity) for f in found] == [
        (Code.ISSUER_LIMITS, Severity.WARNING),
        (Code.ISSUER_LIMITS, Severity.WARNING),
        (Code.ISSUER_CLIENT_AUTH, Severity.ERROR),
    ]
    assert policy.check_limits({"server": SERVER}, ZONES, ISSUER) == ()
