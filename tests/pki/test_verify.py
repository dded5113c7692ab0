"""A chain holds for its names, at its time, under its constraints, and for nothing else."""

from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest

from certmgr.models.certificates import DnsName
from certmgr.models.keys import KeyType
from certmgr.pki.verify import ChainError, matches_name, verify_chain
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, make_hierarchy

NAMES = ("app.egov.internal", "*.web.egov.internal", "10.1.2.3", "fd00::1")


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def refusal(hierarchy: Hierarchy, leaf: bytes, name: str, now: datetime | None = None) -> str:
    """Return the reasons for which the chain is refused."""
    with pytest.raises(ChainError) as caught:
        verify_chain(leaf, hierarchy.issuing, hierarchy.root, name, now or hierarchy.now)
    return " ".join(finding.message for finding in caught.value.findings)


@pytest.mark.parametrize(
    "name", ["app.egov.internal", "APP.egov.internal", "x.web.egov.internal", "10.1.2.3", "fd00::1"]
)
@pytest.mark.parametrize("key_type", [KeyType.EC_P256, KeyType.RSA_2048, KeyType.ED25519, KeyType.ML_DSA_44])
def test_a_chain_holds_for_each_of_its_names(hierarchy: Hierarchy, key_type: KeyType, name: str) -> None:
    """Whatever the kind of key, cryptography's verifier knows it or not."""
    leaf = hierarchy.issue(*NAMES, key_type=key_type)
    verify_chain(leaf.certificate, hierarchy.issuing, hierarchy.root, name, hierarchy.now)


@pytest.mark.parametrize("authority_type", [KeyType.ED25519, KeyType.ML_DSA_65, KeyType.EC_P384])
def test_a_chain_of_other_ca_keys_holds(authority_type: KeyType) -> None:
    """By profile, an authority may have them."""
    hierarchy = make_hierarchy(
        replace(ROOT_SPEC, key_type=authority_type), replace(ISSUING_SPEC, key_type=authority_type)
    )
    leaf = hierarchy.issue("app.egov.internal").certificate
    verify_chain(leaf, hierarchy.issuing, hierarchy.root, "app.egov.internal", hierarchy.now)


@pytest.mark.parametrize(
    "name", ["api.egov.internal", "egov.internal", "a.x.web.egov.internal", "10.1.2.4", "web.egov.internal"]
)
def test_a_chain_does_not_hold_for_another_name(hierarchy: Hierarchy, name: str) -> None:
    """RFC 9525 6.3: a wildcard stands for one label."""
    assert "It carries app.egov.internal" in refusal(hierarchy, hierarchy.issue(*NAMES).certificate, name)


def test_a_chain_holds_only_in_its_time(hierarchy: Hierarchy) -> None:
    """The first and the last second are inside."""
    leaf = hierarchy.issue("app.egov.internal")
    for moment in (leaf.spec.not_before, leaf.spec.not_after):
        verify_chain(leaf.certificate, hierarchy.issuing, hierarchy.root, "app.egov.internal", moment)
    second = timedelta(seconds=1)
    assert "not valid before" in refusal(
        hierarchy, leaf.certificate, "app.egov.internal", leaf.spec.not_before - second
    )
    assert "expired" in refusal(hierarchy, leaf.certificate, "app.egov.internal", leaf.spec.not_after + second)


@pytest.mark.parametrize("name", ["www.example.com", "notegov.internal", "8.8.8.8", "2001:4860:4860::8888"])
@pytest.mark.parametrize("key_type", [KeyType.EC_P256, KeyType.ED25519])
def test_a_name_outside_the_constraints_does_not_hold(hierarchy: Hierarchy, key_type: KeyType, name: str) -> None:
    """R1.3: signed by the right key, and refused all the same."""
    leaf = hierarchy.issue(name, key_type=key_type).certificate
    assert "outside the name constraints" in refusal(hierarchy, leaf, name)


def test_the_constraints_of_the_root_count_too() -> None:
    """RFC 5280 6.1.4 (g): the intersection of the path."""
    wide = replace(ISSUING_SPEC, zones=("internal", "egov.internal"), networks=(ip_network("0.0.0.0/0"),))
    hierarchy = make_hierarchy(issuing_spec=wide)
    assert "outside" in refusal(hierarchy, hierarchy.issue("app.other.internal").certificate, "app.other.internal")


def test_a_common_name_alone_is_no_name(hierarchy: Hierarchy) -> None:
    """RFC 9525 6.3: the CN is not looked at."""
    leaf = hierarchy.issue(common_name="app.egov.internal").certificate
    assert "no name" in refusal(hierarchy, leaf, "app.egov.internal")


def test_a_leaf_of_another_authority_does_not_hold(hierarchy: Hierarchy) -> None:
    """The same names, another key."""
    other = make_hierarchy().issue("app.egov.internal").certificate
    assert "not signed" in refusal(hierarchy, other, "app.egov.internal")


def test_an_issuing_ca_of_another_root_does_not_hold(hierarchy: Hierarchy) -> None:
    """The second link counts as the first."""
    other = make_hierarchy(root_spec=replace(ROOT_SPEC, common_name="Other Root", key_type=KeyType.EC_P256))
    leaf = hierarchy.issue("app.egov.internal").certificate
    with pytest.raises(ChainError, match="does not hold"):
        verify_chain(leaf, hierarchy.issuing, other.root, "app.egov.internal", hierarchy.now)


def test_a_certificate_that_cannot_be_read_does_not_hold(hierarchy: Hierarchy) -> None:
    """A probe may bring home anything."""
    for leaf in (b"", hierarchy.issue("a.egov.internal").certificate[:-1]):
        with pytest.raises(ChainError, match="cannot be read"):
            verify_chain(leaf, hierarchy.issuing, hierarchy.root, "a.egov.internal", hierarchy.now)


def test_a_certificate_for_clients_alone_does_not_hold(hierarchy: Hierarchy) -> None:
    """R4.1: server authentication is what it is for."""
    from certmgr.pki import build, extensions, keys
    from tests.pki.hierarchy import shared_key

    spki = keys.public_spki(shared_key(KeyType.EC_P256))
    tbs = build.make_leaf_tbs(hierarchy.spec("a.egov.internal"), spki, hierarchy.issuer)
    server = extensions.extended_key_usage(client_auth=False)
    client = server.replace(b"\x07\x03\x01", b"\x07\x03\x02")
    assert "server authentication" in refusal(hierarchy, hierarchy.sign(tbs.replace(server, client)), "a.egov.internal")


@pytest.mark.parametrize(
    ("name", "pattern", "matches"),
    [
        ("a.egov.internal", "*.egov.internal", True),
        ("A.EGOV.internal.", "a.egov.internal", True),
        ("egov.internal", "*.egov.internal", False),
        ("a.b.egov.internal", "*.egov.internal", False),
        ("internal", "*", False),
        ("", "*.", False),
    ],
)
def test_names_match_by_label(name: str, pattern: str, matches: bool) -> None:  # noqa: FBT001
    """RFC 9525 6.3."""
    assert matches_name(DnsName(name), [pattern]) is matches
