"""Every damaged, mistaken or hostile request gets its verdict, and none gets a traceback (R2.1, R2.2)."""

import base64
from ipaddress import ip_network

import pytest

from certmgr.errors import CertmgrError, Finding, UsageError
from certmgr.names import check_address, check_dns_name
from certmgr.pki.csr import CsrFacts, parse_csr
from certmgr.zones import Zones, check_address_in_networks, check_name_in_zones
from tests.pki.hostile_csrs import HostileCase, cases, good_request
from tests.pki.raw_csr import private_key_pem

ZONES = Zones(dns=("egov.internal",), networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
MAX_NAMES = 100


def judge(data: bytes) -> tuple[int, str]:
    """Return the exit code and every word of the verdict, as the floors above read a request."""
    try:
        facts = parse_csr(data)
    except CertmgrError as error:
        return error.exit_code, " ".join([error.message, *(finding.message for finding in error.findings)])
    findings = [*facts.findings, *facts.key.findings, *_name_findings(facts)]
    return 4 if findings else 0, " ".join(finding.message for finding in findings)


def _name_findings(facts: CsrFacts) -> list[Finding]:
    texts = facts.dns or (() if facts.ip or facts.common_name is None else (facts.common_name,))
    findings = list(parse_limit(len(texts) + len(facts.ip)))
    for text in texts[:MAX_NAMES]:
        name, found = check_dns_name(text)
        findings += found if name is None else check_name_in_zones(name, ZONES)
    for address in facts.ip:
        valid, found = check_address(str(address))
        findings += found if valid is None else check_address_in_networks(valid, ZONES)
    return findings


def parse_limit(count: int) -> list[Finding]:
    """Return the finding for too many names or none, which policy makes."""
    from certmgr.codes import Code

    if count == 0:
        return [Finding(code=Code.NAME_NONE, message="No name is asked for.")]
    return [Finding(code=Code.NAME_COUNT, message="Too many names.")] if count > MAX_NAMES else []


def test_the_honest_request_passes() -> None:
    """The distortions start from a request that is accepted, so each is refused for its distortion."""
    assert judge(good_request()) == (0, "")


def test_there_are_forty_cases_and_more_each_with_its_own_name() -> None:
    """The table stays large and its names tell the cases apart."""
    names = [case.name for case in cases()]
    assert len(names) >= 40
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_hostile_request_gets_its_exit_code_and_its_reason(case: HostileCase) -> None:
    """2 for what is no request, 4 for a request that is refused; the words name the cause."""
    exit_code, words = judge(case.data)
    assert exit_code == case.expected_exit, words
    for word in case.words:
        assert word.lower() in words.lower()


@pytest.mark.parametrize("case", [case for case in cases() if b"PRIVATE KEY" in case.data], ids=lambda case: case.name)
def test_a_private_key_given_by_mistake_is_never_repeated(case: HostileCase) -> None:
    """R1.5: no line of a key appears in a message, a hint or a cause."""
    with pytest.raises(UsageError) as caught:
        parse_csr(case.data)
    shown = f"{caught.value.message} {caught.value.hint} {caught.value.__cause__!r} {caught.value.__context__!r}"
    secrets = [line for line in private_key_pem().decode().splitlines() if not line.startswith("-")]
    assert not any(line in shown for line in secrets)
    assert base64.b64decode(secrets[0])[:8].hex() not in shown
