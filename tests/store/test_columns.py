"""Between models and columns: what is written comes back as it was."""

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address, ip_network

import pytest

from certmgr.models.authorities import AuthorityRole, AuthoritySpec
from certmgr.models.certificates import DnsName, LeafSpec
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.store import columns
from tests.clock import START


def test_a_moment_is_written_in_utc_by_the_second() -> None:
    """Whatever its zone, so that columns compare as text; parts of a second are cut off."""
    there = datetime(2026, 11, 21, 17, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=8)))
    assert columns.text_of(there) == "2026-11-21T09:00:00Z"
    assert columns.moment_of("2026-11-21T09:00:00Z") == START
    assert columns.text_of(None) is None
    assert columns.moment_of(None) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    """It does not say which moment it is."""
    with pytest.raises(ValueError, match="no time zone"):
        columns.text_of(datetime(2026, 11, 21))  # noqa: DTZ001 - what the test is about


def test_a_leafs_specification_comes_back() -> None:
    """Every field of it, those that are empty too."""
    full = LeafSpec(
        serial=Serial("0AFF"),
        dns=(DnsName("portal.egov.internal"), DnsName("*.egov.internal")),
        ip=(ip_address("10.0.0.1"), ip_address("fd00::1")),
        common_name="portal.egov.internal",
        not_before=START,
        not_after=START + timedelta(days=1),
        client_auth=True,
        policy_oid="1.3.6.1.4.1.32473.1",
        user_notice="Nur für den internen Gebrauch",
        crl_url="http://crl.egov.internal/a.crl",
        issuer_url="http://crl.egov.internal/a.cer",
    )
    bare = LeafSpec(
        serial=Serial("01"), dns=(), ip=(), common_name=None, not_before=START, not_after=START + timedelta(days=1)
    )
    for spec in (full, bare):
        assert columns.leaf_spec_of(columns.leaf_spec_text(spec)) == spec


def test_an_authoritys_specification_comes_back() -> None:
    """Every field of it."""
    spec = AuthoritySpec(
        role=AuthorityRole.ROOT,
        organisation="Example",
        common_name="Example Root CA 2026",
        key_type=KeyType.EC_P384,
        days=3650,
        zones=("egov.internal",),
        networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        client_auth=True,
        crl_url=None,
        issuer_url="http://crl.egov.internal/root.cer",
    )
    assert columns.authority_spec_of(columns.authority_spec_text(spec)) == spec
