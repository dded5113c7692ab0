"""The name constraints of CA certificates, in the one form that every verifier understands (R1.3)."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509

from certmgr.errors import RefusedError
from certmgr.pki.constraints import (
    PLACEHOLDER_V4,
    PLACEHOLDER_V6,
    Limits,
    check_constraints,
    check_within,
    limits_of,
    make_name_constraints,
)
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC

V4, V6 = ip_network("10.0.0.0/8"), ip_network("fd00::/8")


def values(names: list[x509.GeneralName] | None, kind: type[x509.GeneralName]) -> list[object]:
    """Return the values of the names of one kind."""
    return [name.value for name in names or () if type(name) is kind]


def test_the_recommended_form_is_the_measured_one() -> None:
    """Byte for byte the encoding whose verdicts were taken from 17 verifiers, for an issuing CA of both families."""
    spec = replace(
        ISSUING_SPEC,
        zones=("corp.internal",),
        networks=tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))),
    )
    assert make_name_constraints(spec).public_bytes() == bytes.fromhex(
        "308190a0818d300f820d636f72702e696e7465726e616c300a87080a000000ff000000300a8708ac100000fff00000"
        "300a8708c0a80000ffff000030228720fc000000000000000000000000000000fe000000000000000000000000000000"
        "300f810d636f72702e696e7465726e616c300f860d636f72702e696e7465726e616c3010860e2e636f72702e696e7465726e616c"
    )


def test_zones_stand_without_a_leading_dot() -> None:
    """Some verifiers take a leading dot as malformed."""
    names = values(make_name_constraints(ISSUING_SPEC).permitted_subtrees, x509.DNSName)
    assert names == ["egov.internal"]


@pytest.mark.parametrize(("networks", "placeholder"), [((V4,), PLACEHOLDER_V6), ((V6,), PLACEHOLDER_V4)])
def test_a_missing_family_gets_a_placeholder(networks: tuple[object, ...], placeholder: object) -> None:
    """GnuTLS takes a family without a subtree as unconstrained."""
    spec = replace(ISSUING_SPEC, networks=networks)  # type: ignore[arg-type]  # a table of networks
    found = values(make_name_constraints(spec).permitted_subtrees, x509.IPAddress)
    assert found == [*networks, placeholder]


def test_a_root_always_permits_both_placeholders() -> None:
    """Else the placeholder of an issuing CA would lie outside the root's subtrees, and GnuTLS would drop the family."""
    found = values(make_name_constraints(ROOT_SPEC).permitted_subtrees, x509.IPAddress)
    assert found == [*ROOT_SPEC.networks, PLACEHOLDER_V4, PLACEHOLDER_V6]


def test_a_ca_without_networks_excludes_every_address() -> None:
    """Excluding stands alone: nothing of the same kind is permitted beside it."""
    constraints = make_name_constraints(replace(ISSUING_SPEC, networks=()))
    assert values(constraints.excluded_subtrees, x509.IPAddress) == [ip_network("0.0.0.0/0"), ip_network("::/0")]
    assert values(constraints.permitted_subtrees, x509.IPAddress) == []


def test_mail_and_uri_are_held_in_the_first_zone_of_two_labels() -> None:
    """A zone of one label is no valid mail host everywhere."""
    constraints = make_name_constraints(replace(ISSUING_SPEC, zones=("lan", "egov.internal")))
    assert values(constraints.permitted_subtrees, x509.RFC822Name) == ["egov.internal"]
    uris = values(constraints.permitted_subtrees, x509.UniformResourceIdentifier)
    assert uris == ["egov.internal", ".egov.internal"]


def test_a_ca_without_a_zone_is_refused() -> None:
    """Without a permitted zone it could vouch for every name there is."""
    with pytest.raises(RefusedError):
        make_name_constraints(replace(ROOT_SPEC, zones=()))


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("egov.internal", True),
        ("a.b.egov.internal", True),
        ("*.egov.internal", True),
        ("*.internal", False),
        ("notegov.internal", False),
        ("www.example.com", False),
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("fd12::1", True),
        ("2001:db8::1", False),
        ("100::", False),
        ("192.0.2.0", False),
    ],
)
def test_the_limits_read_from_a_ca_cover_what_it_may_vouch_for(name: str, covered: bool) -> None:  # noqa: FBT001
    """The placeholders are no networks of the organisation."""
    assert limits_of(make_name_constraints(ROOT_SPEC)).covers(name) is covered


def test_a_ca_without_constraints_covers_everything() -> None:
    """As an imported root may be; policy and the issuing CA stand before it."""
    assert limits_of(None).covers("www.example.com")
    assert limits_of(None).covers("8.8.8.8")


def test_a_network_is_covered_only_as_a_whole() -> None:
    """What an issuing CA adds beyond its root is of no use, or worse."""
    limits = Limits(zones=("egov.internal",), networks=(V4, V6))
    assert limits.covers_network(ip_network("10.3.0.0/16"))
    assert not limits.covers_network(ip_network("0.0.0.0/0"))
    assert not limits.covers_network(ip_network("fc00::/7"))
    assert not limits.covers_address(ip_network("10.0.0.0/8"))
    assert limits.covers_address(ip_address("10.0.0.1"))


def test_every_zone_and_network_beyond_the_ca_above_is_named() -> None:
    """All reasons at once."""
    spec = replace(ISSUING_SPEC, zones=("egov.internal", "lan.internal"), networks=(V4, ip_network("172.16.0.0/12")))
    messages = [finding.message for finding in check_within(spec, limits_of(make_name_constraints(ROOT_SPEC)))]
    assert [("lan.internal" in one, "172.16.0.0/12" in one) for one in messages] == [(True, False), (False, True)]


NAMES = make_name_constraints(ROOT_SPEC).permitted_subtrees or []
UNSOUND: dict[str, x509.NameConstraints] = {
    "leading dot": x509.NameConstraints([x509.DNSName(".egov.internal"), *NAMES[1:]], None),
    "zone missing": x509.NameConstraints(NAMES[1:], None),
    "no mail": x509.NameConstraints([name for name in NAMES if type(name) is not x509.RFC822Name], None),
    "one family": x509.NameConstraints([name for name in NAMES if getattr(name.value, "version", 4) == 4], None),
    "directory name": x509.NameConstraints([*NAMES, x509.DirectoryName(x509.Name([]))], None),
    "excluded beside permitted": x509.NameConstraints(NAMES, [x509.DNSName("example.com")]),
    "network more": x509.NameConstraints([*NAMES, x509.IPAddress(ip_network("8.8.8.0/24"))], None),
    "half excluded": x509.NameConstraints(
        [name for name in NAMES if type(name) is not x509.IPAddress],
        [x509.IPAddress(ip_network("0.0.0.0/1")), x509.IPAddress(ip_network("::/0"))],
    ),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_constraints_of_another_form_are_found(what: str) -> None:
    """Each of these forms was accepted wrongly, or broke honest certificates, in some verifier."""
    extension = x509.Extension(x509.NameConstraints.oid, True, UNSOUND[what])  # noqa: FBT003 - the library's order
    assert check_constraints(extension, ROOT_SPEC)


def test_constraints_that_are_not_critical_or_missing_are_found() -> None:
    """A verifier that does not know them has to refuse, not to ignore."""
    sound = make_name_constraints(ROOT_SPEC)
    assert check_constraints(x509.Extension(sound.oid, True, sound), ROOT_SPEC) == ()  # noqa: FBT003
    assert check_constraints(x509.Extension(sound.oid, False, sound), ROOT_SPEC)  # noqa: FBT003
    assert check_constraints(None, ROOT_SPEC)
