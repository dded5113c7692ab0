"""A CA's self-test: forbidden certificates are made in memory, and every verifier refuses them (R1.3)."""

from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from certmgr.errors import UsageError
from certmgr.models.authorities import Network
from certmgr.pki import algorithms, build, keys
from certmgr.pki.selftest import Verdict, run_selftest
from certmgr.pki.verifiers import found_verifiers, verify_with_library
from tests.pki.hierarchy import ISSUING_SPEC, ROOT_SPEC, Hierarchy, make_hierarchy
from tests.programs_found import require_program

LIBRARY = {"cryptography": verify_with_library}


def failures(verdicts: tuple[Verdict, ...]) -> list[Verdict]:
    """Return the verdicts that are not as they have to be."""
    return [verdict for verdict in verdicts if not verdict.ok]


@pytest.mark.parametrize(
    "networks",
    [
        (ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        (ip_network("10.0.0.0/8"),),
        (ip_network("fd00::/8"),),
        (ip_network("10.1.2.3/32"),),
        (),
    ],
    ids=["both families", "IPv4", "IPv6", "one address", "no network"],
)
def test_every_verifier_of_this_machine_agrees(networks: tuple[Network, ...]) -> None:
    """Every shape of constraints that init makes holds in cryptography and, where installed, OpenSSL and GnuTLS."""
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, networks=networks))
    verdicts = run_selftest(hierarchy.root, hierarchy.issuing, hierarchy.now)
    assert failures(verdicts) == []
    assert {verdict.verifier for verdict in verdicts} == set(found_verifiers())
    assert {verdict.expected for verdict in verdicts} == {"accepted", "refused"}


def test_the_cases_include_public_names_and_addresses() -> None:
    """Public DNS, IPv4, IPv6, look-alikes of the zone, and the CN alone."""
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, zones=("corp.egov.internal",)))
    cases = {
        verdict.case for verdict in run_selftest(hierarchy.root, hierarchy.issuing, hierarchy.now, verifiers=LIBRARY)
    }
    assert {
        "public name www.example.com",
        "public name in the common name alone www.example.com",
        "public IPv4 address 8.8.8.8",
        "public IPv6 address 2001:4860:4860::8888",
        "name that ends like the zone notcorp.egov.internal",
        "name that begins like the zone corp.egov.internal.example.com",
        "wildcard over the zone other.egov.internal",
    } <= cases


def unconstrained(hierarchy: Hierarchy, real: bytes) -> bytes:
    """Return the CA certificate `real` without its name constraints."""
    from certmgr.pki import der

    fields = [element for _, element in der.children(der.content(build.parts_of(real)[0]))]
    found = [element for _, element in der.children(der.content(der.content(fields[7])))]
    kept = [element for element in found if der.oid("2.5.29.30") not in element]
    tbs = der.sequence(*fields[:7], der.tlv(0xA3, der.sequence(*kept)))
    return build.assemble(tbs, algorithms.sign_with(hierarchy.root_key, ROOT_SPEC.key_type, tbs))


def test_authorities_without_constraints_fail_the_test() -> None:
    """The test can fail: without the wall, every verifier accepts the public name."""
    hierarchy = make_hierarchy()
    root = unconstrained(hierarchy, hierarchy.root)
    issuing = unconstrained(hierarchy, hierarchy.issuing)
    verdicts = run_selftest(root, issuing, hierarchy.now)
    accepted = {(one.verifier, one.case) for one in failures(verdicts)}
    for verifier in found_verifiers():
        assert (verifier, "public name www.example.com") in accepted
        assert (verifier, "public IPv4 address 8.8.8.8") in accepted


def test_a_placeholder_outside_the_roots_subtrees_is_seen() -> None:
    """GnuTLS then takes the whole family as unconstrained; the self-test is how this was found."""
    require_program("certtool")
    hierarchy = make_hierarchy(issuing_spec=replace(ISSUING_SPEC, networks=(ip_network("10.0.0.0/8"),)))
    from certmgr.pki import der
    from certmgr.pki.constraints import PLACEHOLDER_V6

    packed = PLACEHOLDER_V6.network_address.packed + PLACEHOLDER_V6.netmask.packed
    elsewhere = ip_network("2001:db8::/128").network_address.packed + PLACEHOLDER_V6.netmask.packed
    tbs = build.parts_of(hierarchy.issuing)[0]
    moved = tbs.replace(packed, elsewhere)
    assert moved != tbs
    issuing = build.assemble(moved, algorithms.sign_with(hierarchy.root_key, ROOT_SPEC.key_type, moved))
    assert der.content(issuing)
    failed = {(one.verifier, one.case) for one in failures(run_selftest(hierarchy.root, issuing, hierarchy.now))}
    assert ("certtool", "public IPv6 address 2001:4860:4860::8888") in failed


def test_the_verdict_does_not_hang_on_the_validity_of_the_authorities() -> None:
    """What is tested is names; doctor runs it on retired authorities, too."""
    hierarchy = make_hierarchy(now=datetime(2020, 1, 1, tzinfo=UTC))
    verdicts = run_selftest(hierarchy.root, hierarchy.issuing, datetime(2035, 1, 1, tzinfo=UTC), verifiers=LIBRARY)
    assert failures(verdicts) == []


def test_a_verifier_that_refuses_everything_fails_the_test() -> None:
    """A broken program is not taken for a strict one."""
    hierarchy = make_hierarchy()
    verdicts = run_selftest(
        hierarchy.root, hierarchy.issuing, hierarchy.now, verifiers={"broken": lambda _chain, _name, _now: "no"}
    )
    assert failures(verdicts)
    assert all(verdict.expected == "accepted" for verdict in failures(verdicts))


def test_a_zone_that_is_public_is_not_held_against_the_authority() -> None:
    """A split-horizon zone of the organisation's own."""
    zones = ("example.com", "egov.internal")
    hierarchy = make_hierarchy(replace(ROOT_SPEC, zones=zones), replace(ISSUING_SPEC, zones=zones))
    assert failures(run_selftest(hierarchy.root, hierarchy.issuing, hierarchy.now, verifiers=LIBRARY)) == []


def test_what_is_no_authority_is_refused() -> None:
    """The wrong file."""
    hierarchy = make_hierarchy()
    with pytest.raises(UsageError):
        run_selftest(hierarchy.root, hierarchy.issue("app.egov.internal").certificate, hierarchy.now)


def test_the_real_keys_are_not_used() -> None:
    """No verdict is over a certificate that the real key could have signed."""
    hierarchy = make_hierarchy()
    seen = []

    def keep(chain: object, _name: str, _now: datetime) -> str | None:
        seen.append(chain)
        return None

    run_selftest(hierarchy.root, hierarchy.issuing, hierarchy.now, verifiers={"keep": keep})
    own = keys.public_spki(hierarchy.issuing_key)
    assert seen
    assert not any(own in chain.issuing for chain in seen)  # type: ignore[attr-defined]  # a Chain
