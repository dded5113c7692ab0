"""Nothing is signed that differs in any field from what was meant, or that breaks a rule of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.authorities import AuthorityRole, AuthoritySpec, Network
from certmgr.models.certificates import DnsName, LeafSpec
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.pki import build, der, extensions, keys
from certmgr.pki.lint import lint_authority, lint_leaf
from certmgr.pki.subjects import make_name
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, make_hierarchy, shared_key
from tests.pki.weak_rsa import ROCA_P, ROCA_Q, make_rsa_key

SPKI = keys.public_spki(shared_key(KeyType.EC_P256))
LEAF_TYPES = [KeyType.EC_P256, KeyType.EC_P384, KeyType.ED25519, KeyType.RSA_2048, KeyType.ML_DSA_65]


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def codes(findings: tuple[Finding, ...]) -> set[Code]:
    """Return the distinct codes of `findings`."""
    return {finding.code for finding in findings}


@pytest.mark.parametrize("key_type", LEAF_TYPES)
@pytest.mark.parametrize("names", [("app.egov.internal",), ("*.egov.internal", "10.1.2.3", "fd00::1"), ("10.0.0.9",)])
def test_what_certmgr_builds_is_clean(hierarchy: Hierarchy, key_type: KeyType, names: tuple[str, ...]) -> None:
    """Lint stands behind the builder and finds nothing in an ordinary certificate."""
    spec, spki = hierarchy.spec(*names), keys.public_spki(shared_key(key_type))
    assert lint_leaf(build.make_leaf_tbs(spec, spki, hierarchy.issuer), spec, spki, hierarchy.issuer) == ()


def _with(**changes: object) -> Callable[[LeafSpec], LeafSpec]:
    return lambda spec: replace(spec, **changes)  # type: ignore[arg-type]  # the table names the fields


DIFFERENCES: dict[str, tuple[Callable[[LeafSpec], LeafSpec], Code]] = {
    "another serial": (_with(serial=Serial("7F" * 16)), Code.LINT_SERIAL),
    "another name": (_with(dns=(DnsName("api.egov.internal"),), common_name=None), Code.LINT_NAME),
    "one name more": (_with(dns=(DnsName("app.egov.internal"), DnsName("b.egov.internal"))), Code.LINT_NAME),
    "an address more": (_with(ip=(ip_address("10.1.2.3"),)), Code.LINT_NAME),
    "no common name": (_with(common_name=None), Code.LINT_VALUE),
    "client authentication": (_with(client_auth=True), Code.LINT_VALUE),
    "another policy": (_with(policy_oid="1.3.6.1.4.1.32473.2"), Code.LINT_VALUE),
    "no policy": (_with(policy_oid=None), Code.LINT_EXTENSION),
    "another notice": (_with(user_notice="Something else."), Code.LINT_VALUE),
    "another CRL": (_with(crl_url="http://elsewhere.egov.internal/a.crl"), Code.LINT_VALUE),
    "no CRL": (_with(crl_url=None), Code.LINT_EXTENSION),
    "another issuer URL": (_with(issuer_url="http://elsewhere.egov.internal/a.cer"), Code.LINT_VALUE),
    "no issuer URL": (_with(issuer_url=None), Code.LINT_EXTENSION),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_each_difference_from_the_specification_is_found(hierarchy: Hierarchy, difference: str) -> None:
    """Built from one specification and held against another, no field escapes."""
    meant = hierarchy.spec("app.egov.internal")
    change, code = DIFFERENCES[difference]
    tbs = build.make_leaf_tbs(change(meant), SPKI, hierarchy.issuer)
    assert code in codes(lint_leaf(tbs, meant, SPKI, hierarchy.issuer))


@pytest.mark.parametrize("field", ["not_before", "not_after"])
def test_a_validity_off_by_one_second_is_found(hierarchy: Hierarchy, field: str) -> None:
    """The end is inclusive, and one second too long has been an incident elsewhere."""
    meant = hierarchy.spec("app.egov.internal")
    other = replace(meant, **{field: getattr(meant, field) + timedelta(seconds=1)})
    tbs = build.make_leaf_tbs(other, SPKI, hierarchy.issuer)
    assert codes(lint_leaf(tbs, meant, SPKI, hierarchy.issuer)) == {Code.LINT_VALIDITY}


BROKEN: dict[str, tuple[dict[str, object], Code]] = {
    "upper case": ({"dns": (DnsName("APP.egov.internal"),), "common_name": None}, Code.LINT_NAME),
    "underscore": ({"dns": (DnsName("a_b.egov.internal"),), "common_name": None}, Code.LINT_NAME),
    "trailing dot": ({"dns": (DnsName("app.egov.internal."),), "common_name": None}, Code.LINT_NAME),
    "wildcard in the middle": ({"dns": (DnsName("a.*.egov.internal"),), "common_name": None}, Code.LINT_NAME),
    "NUL": ({"dns": (DnsName("app.egov.internal\0.example.com"),), "common_name": None}, Code.LINT_NAME),
    "name twice": ({"dns": (DnsName("a.egov.internal"),) * 2, "common_name": None}, Code.LINT_NAME),
    "no name": ({"dns": (), "common_name": None}, Code.LINT_NAME),
    "common name outside the names": ({"common_name": "www.example.com"}, Code.LINT_NAME),
    "public name": ({"dns": (DnsName("www.example.com"),), "common_name": None}, Code.LINT_CONSTRAINTS),
    "look-alike of the zone": ({"dns": (DnsName("notegov.internal"),), "common_name": None}, Code.LINT_CONSTRAINTS),
    "wildcard over the zone": ({"dns": (DnsName("*.internal"),), "common_name": None}, Code.LINT_CONSTRAINTS),
    "public address": ({"ip": (ip_address("8.8.8.8"),)}, Code.LINT_CONSTRAINTS),
    "public address of version 6": ({"ip": (ip_address("2001:db8::1"),)}, Code.LINT_CONSTRAINTS),
    "the placeholder's address": ({"ip": (ip_address("100::"),)}, Code.LINT_CONSTRAINTS),
    "serial of one": ({"serial": Serial("01")}, Code.LINT_SERIAL),
    "serial of twenty octets": ({"serial": Serial("7F" + "FF" * 19 + "00")}, Code.LINT_SERIAL),
    "TLS to check TLS": ({"crl_url": "https://pki.egov.internal/a.crl"}, Code.LINT_VALUE),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_certificate_that_breaks_a_rule_is_found_though_it_was_specified(hierarchy: Hierarchy, fault: str) -> None:
    """A specification that slipped past policy is stopped here (R1.3)."""
    changes, code = BROKEN[fault]
    spec = hierarchy.spec("app.egov.internal", **changes)
    tbs = build.make_leaf_tbs(spec, SPKI, hierarchy.issuer)
    assert code in codes(lint_leaf(tbs, spec, SPKI, hierarchy.issuer))


def test_a_certificate_for_more_than_825_days_is_found(hierarchy: Hierarchy) -> None:
    """Apple's clients refuse it; 825 days to the second are the most."""
    begin = hierarchy.now
    for days, expected in ((825, set()), (826, {Code.LINT_VALIDITY})):
        spec = hierarchy.spec("a.egov.internal", not_before=begin, not_after=begin + timedelta(days=days, seconds=-1))
        tbs = build.make_leaf_tbs(spec, SPKI, hierarchy.issuer)
        assert codes(lint_leaf(tbs, spec, SPKI, hierarchy.issuer)) == expected


def test_a_certificate_that_outlives_its_issuer_is_found() -> None:
    """RFC 5280 6.1: it would stop working with its issuer, without a word."""
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, days=300))
    spec = hierarchy.spec("app.egov.internal")
    tbs = build.make_leaf_tbs(spec, SPKI, hierarchy.issuer)
    assert codes(lint_leaf(tbs, spec, SPKI, hierarchy.issuer)) == {Code.LINT_VALIDITY}


def test_another_key_is_found(hierarchy: Hierarchy) -> None:
    """The certificate is for the key that was asked about."""
    spec = hierarchy.spec("app.egov.internal")
    tbs = build.make_leaf_tbs(spec, SPKI, hierarchy.issuer)
    other = keys.public_spki(keys.make_key(KeyType.EC_P256))
    assert codes(lint_leaf(tbs, spec, other, hierarchy.issuer)) == {Code.LINT_VALUE}


def test_a_weak_key_is_found(hierarchy: Hierarchy) -> None:
    """R2.2: the last look includes the key's own weaknesses."""
    spec, spki = hierarchy.spec("app.egov.internal"), keys.public_spki(make_rsa_key(ROCA_P, ROCA_Q))
    tbs = build.make_leaf_tbs(spec, spki, hierarchy.issuer)
    assert codes(lint_leaf(tbs, spec, spki, hierarchy.issuer)) == {Code.KEY_FACTORS}


def test_another_issuer_is_found(hierarchy: Hierarchy) -> None:
    """Issuer's name, key identifier and algorithm belong together."""
    other = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, common_name="Other CA", key_type=KeyType.EC_P384))
    spec = hierarchy.spec("app.egov.internal")
    findings = lint_leaf(build.make_leaf_tbs(spec, SPKI, other.issuer), spec, SPKI, hierarchy.issuer)
    assert {"issuer", "signature", "authorityKeyIdentifier"} <= {finding.field for finding in findings}


def rebuilt(tbs: bytes, field: int, replacement: bytes) -> bytes:
    """Return `tbs` with one of its fields replaced."""
    fields = [element for _, element in der.children(der.content(tbs))]
    fields[field] = replacement
    return der.sequence(*fields)


def with_extensions(tbs: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Return `tbs` with its list of extensions changed."""
    fields = [element for _, element in der.children(der.content(tbs))]
    found = [element for _, element in der.children(der.content(der.content(fields[7])))]
    return rebuilt(tbs, 7, der.tlv(0xA3, der.sequence(*change(found))))


CA_TRUE = extensions.basic_constraints(ca=True)
KEY_USAGE = der.extension("2.5.29.15", bytes.fromhex("03020780"), critical=False)
NON_REPUDIATION = der.extension("2.5.29.15", bytes.fromhex("030206c0"), critical=True)
SURPRISES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "an extension missing": lambda found: found[1:],
    "an unknown extension": lambda found: [*found, der.extension("1.2.3.4", b"\x05\x00", critical=False)],
    "CA:TRUE": lambda found: [CA_TRUE if b"\x55\x1d\x13" in one else one for one in found],
    "an extension twice": lambda found: [*found, found[0]],
    "key usage not critical": lambda found: [KEY_USAGE if b"\x55\x1d\x0f" in one else one for one in found],
    "nonRepudiation": lambda found: [NON_REPUDIATION if b"\x55\x1d\x0f" in one else one for one in found],
}


@pytest.mark.parametrize("surprise", SURPRISES)
def test_an_extension_that_does_not_belong_is_found(hierarchy: Hierarchy, surprise: str) -> None:
    """The extensions are exactly those specified, each with its own criticality."""
    spec = hierarchy.spec("app.egov.internal")
    tbs = with_extensions(build.make_leaf_tbs(spec, SPKI, hierarchy.issuer), SURPRISES[surprise])
    assert codes(lint_leaf(tbs, spec, SPKI, hierarchy.issuer))


@pytest.mark.parametrize("tbs", [b"", b"\x30\x00", b"nothing", der.sequence(der.integer(1), der.sequence())])
def test_what_cannot_be_read_back_is_found(hierarchy: Hierarchy, tbs: bytes) -> None:
    """A finding, not a traceback."""
    spec = hierarchy.spec("app.egov.internal")
    assert codes(lint_leaf(tbs, spec, SPKI, hierarchy.issuer)) == {Code.LINT_ENCODING}
    assert codes(lint_authority(tbs, ROOT_SPEC)) == {Code.LINT_ENCODING}


@pytest.mark.parametrize("client_auth", [False, True])
@pytest.mark.parametrize("networks", [(), (ip_network("10.0.0.0/8"),), ROOT_SPEC.networks])
def test_the_authorities_that_certmgr_builds_are_clean(client_auth: bool, networks: tuple[Network, ...]) -> None:  # noqa: FBT001
    """Every shape that init offers passes its own lint."""
    issuing = replace(ISSUING_SPEC, client_auth=client_auth, networks=networks)
    hierarchy = make_hierarchy(issuing_spec=issuing)
    root = build.Issuer.from_certificate(hierarchy.root)
    assert lint_authority(build.parts_of(hierarchy.root)[0], ROOT_SPEC) == ()
    assert lint_authority(build.parts_of(hierarchy.issuing)[0], issuing, issuer=root) == ()


AUTHORITY_DIFFERENCES: dict[str, tuple[dict[str, object], Code]] = {
    "another zone": ({"zones": ("other.internal",)}, Code.LINT_CONSTRAINTS),
    "a zone more": ({"zones": ("egov.internal", "lan.internal")}, Code.LINT_CONSTRAINTS),
    "a network less": ({"networks": (ip_network("10.0.0.0/8"),)}, Code.LINT_CONSTRAINTS),
    "no networks": ({"networks": ()}, Code.LINT_CONSTRAINTS),
    "client authentication": ({"client_auth": True}, Code.LINT_VALUE),
    "fewer days": ({"days": 10}, Code.LINT_VALIDITY),
    "another name": ({"common_name": "Other CA"}, Code.LINT_VALUE),
    "another organisation": ({"organisation": "Other"}, Code.LINT_VALUE),
    "another kind of key": ({"key_type": KeyType.ED25519}, Code.LINT_VALUE),
    "no CRL": ({"crl_url": None}, Code.LINT_EXTENSION),
    "the part of a root": ({"role": AuthorityRole.ROOT}, Code.LINT_EXTENSION),
}


@pytest.mark.parametrize("difference", AUTHORITY_DIFFERENCES)
def test_each_difference_of_an_authority_is_found(hierarchy: Hierarchy, difference: str) -> None:
    """What is frozen for years is compared field by field."""
    changes, code = AUTHORITY_DIFFERENCES[difference]
    meant: AuthoritySpec = replace(ISSUING_SPEC, **changes)  # type: ignore[arg-type]  # the table names the fields
    tbs = build.parts_of(hierarchy.issuing)[0]
    root = build.Issuer.from_certificate(hierarchy.root)
    assert code in codes(lint_authority(tbs, meant, issuer=root))


def test_an_issuing_ca_wider_than_its_root_is_found() -> None:
    """Where the two have no network of a family in common, GnuTLS takes the family as unconstrained."""
    wide = replace(ISSUING_SPEC, zones=("egov.internal", "lan.internal"), networks=(ip_network("172.16.0.0/12"),))
    hierarchy = make_hierarchy(issuing_spec=wide)
    root = build.Issuer.from_certificate(hierarchy.root)
    findings = lint_authority(build.parts_of(hierarchy.issuing)[0], wide, issuer=root)
    assert codes(findings) == {Code.LINT_CONSTRAINTS}
    assert len(findings) == 2


def test_an_issuing_ca_that_signs_itself_is_found() -> None:
    """Only a root does."""
    spec = replace(ISSUING_SPEC, crl_url=None, issuer_url=None)
    spki = keys.public_spki(shared_key(spec.key_type))
    hierarchy = make_hierarchy()
    tbs = build.parts_of(hierarchy.issuing)[0]
    name = make_name(spec.common_name, spec.organisation)
    assert Code.LINT_VALUE in codes(lint_authority(rebuilt(tbs, 3, name), spec, spki=spki))
