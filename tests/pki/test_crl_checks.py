"""What may not stand on a CRL, and what may not change from one to the next (R6.1)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from certmgr.codes import Code
from certmgr.errors import Finding
from certmgr.models.revocations import CrlEntry, Reason
from certmgr.models.serials import Serial
from certmgr.pki import build, crl, der
from certmgr.pki.crl_checks import compare_crls, compare_heads, lint_crl
from tests.clock import START
from tests.pki.hierarchy import Hierarchy, make_hierarchy
from tests.pki.test_crl import ENTRIES, make_crl

NOW = START + timedelta(minutes=5)


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def tbs(hierarchy: Hierarchy, entries: list[bytes], number: int = 7, hours: int = 72) -> bytes:
    """Return a TBSCertList with these encoded entries."""
    return crl.make_crl_tbs(hierarchy.issuer, number, START, START + timedelta(hours=hours), entries)


def codes(findings: tuple[Finding, ...]) -> set[Code]:
    """Return the distinct codes of `findings`."""
    return {finding.code for finding in findings}


def entry(serial: int, reason: bytes | None = None, **changes: object) -> bytes:
    """Return an encoded entry; `reason` is the ENUMERATED's octets, right or wrong."""
    plain = replace(CrlEntry(serial=Serial.from_int(serial), revoked_at=START, reason=None), **changes)  # type: ignore[arg-type]
    if reason is None:
        return crl.entry_der(plain)
    found = der.extension("2.5.29.21", der.tlv(der.ENUMERATED, reason), critical=False)
    return der.sequence(der.integer(serial), der.time(plain.revoked_at), der.sequence(found))


@pytest.mark.parametrize("entries", [(), ENTRIES])
def test_what_certmgr_writes_is_clean(hierarchy: Hierarchy, entries: tuple[CrlEntry, ...]) -> None:
    """With entries and without."""
    assert lint_crl(build.parts_of(make_crl(hierarchy, entries))[0], hierarchy.issuer, now=NOW) == ()


ENTRY_FAULTS: dict[str, tuple[Callable[[], list[bytes]], Code]] = {
    "doubled serial": (lambda: [entry(5), entry(6), entry(5)], Code.CRL_ENTRY),
    "reason unspecified": (lambda: [entry(5, b"\x00")], Code.CRL_ENTRY),
    "reason removeFromCRL": (lambda: [entry(5, b"\x08")], Code.CRL_ENTRY),
    "reason seven": (lambda: [entry(5, b"\x07")], Code.CRL_ENTRY),
    "negative serial": (lambda: [der.sequence(b"\x02\x01\xff", der.time(START))], Code.CRL_ENTRY),
    "no time": (lambda: [der.sequence(der.integer(5))], Code.CRL_ENTRY),
    "future revocation": (lambda: [entry(5, revoked_at=NOW + timedelta(seconds=1))], Code.CRL_TIMES),
    "unknown extension": (
        lambda: [
            der.sequence(
                der.integer(5),
                der.time(START),
                der.sequence(der.extension("2.5.29.29", der.sequence(), critical=True)),
            )
        ],
        Code.CRL_ENTRY,
    ),
}


@pytest.mark.parametrize("fault", ENTRY_FAULTS)
def test_an_entry_that_may_not_stand_there_is_found(hierarchy: Hierarchy, fault: str) -> None:
    """Public linters notice none of these."""
    entries, code = ENTRY_FAULTS[fault]
    assert codes(lint_crl(tbs(hierarchy, entries()), hierarchy.issuer, now=NOW)) == {code}


def changed(plain: bytes, field: int, replacement: bytes) -> bytes:
    """Return a TBSCertList with one field replaced."""
    fields = [element for _, element in der.children(der.content(plain))]
    fields[field] = replacement
    return der.sequence(*fields)


def with_extensions(plain: bytes, *found: bytes) -> bytes:
    """Return a TBSCertList with other extensions."""
    return changed(plain, -1, der.tlv(0xA0, der.sequence(*found)))


NUMBER = der.extension("2.5.29.20", der.integer(7), critical=False)
DELTA = der.extension("2.5.29.27", der.integer(6), critical=True)


def test_a_field_that_may_not_be_so_is_found(hierarchy: Hierarchy) -> None:
    """Each field of the list, one after the other."""
    plain, issuer = tbs(hierarchy, [entry(5)]), hierarchy.issuer
    key_id = der.extension("2.5.29.35", der.sequence(der.tlv(0x80, issuer.ski)), critical=False)
    other = der.extension("2.5.29.35", der.sequence(der.tlv(0x80, b"other")), critical=False)
    critical = der.extension("2.5.29.20", der.integer(7), critical=True)
    cases = [
        (changed(plain, 1, der.sequence(der.oid("1.2.840.10045.4.3.3"))), Code.CRL_SIGNATURE),
        (changed(plain, 2, der.sequence()), Code.CRL_SIGNATURE),
        (changed(plain, 3, der.time(NOW + timedelta(seconds=1))), Code.CRL_TIMES),
        (changed(plain, 4, der.time(START)), Code.CRL_TIMES),
        (changed(plain, 5, der.sequence()), Code.CRL_ENTRY),
        (with_extensions(plain, NUMBER), Code.CRL_EXTENSION),
        (with_extensions(plain, other, NUMBER), Code.CRL_EXTENSION),
        (with_extensions(plain, key_id, critical), Code.CRL_EXTENSION),
        (with_extensions(plain, key_id, NUMBER, DELTA), Code.CRL_EXTENSION),
        (with_extensions(plain, key_id, NUMBER, NUMBER), Code.CRL_EXTENSION),
        (with_extensions(plain, key_id), Code.CRL_UNREADABLE),
        (tbs(hierarchy, [], number=0), Code.CRL_NUMBER),
        (tbs(hierarchy, [], number=1 << 159), Code.CRL_NUMBER),
        (b"", Code.CRL_UNREADABLE),
    ]
    found = [codes(lint_crl(one, issuer, now=NOW)) for one, _ in cases]
    assert found == [{code} for _, code in cases]


def facts(hierarchy: Hierarchy, serials: list[int], number: int) -> bytes:
    """Return a signed CRL with these serials."""
    return hierarchy.sign(tbs(hierarchy, [entry(serial) for serial in serials], number))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (([1, 2], 7), ([1, 2, 3], 8), set()),
        (([1, 2], 7), ([2], 8), {Code.CRL_REMOVED}),
        (([1, 2], 7), ([1, 2], 7), {Code.CRL_NUMBER}),
        (([1, 2], 7), ([1, 2], 6), {Code.CRL_NUMBER}),
        (([1, 2], 7), ([], 5), {Code.CRL_NUMBER, Code.CRL_REMOVED}),
        (([], 7), ([], 8), set()),
    ],
)
def test_a_crl_only_goes_forward(
    hierarchy: Hierarchy, before: tuple[list[int], int], after: tuple[list[int], int], expected: set[Code]
) -> None:
    """The number rises and no serial disappears, whichever way the two are compared."""
    old, new = facts(hierarchy, *before), facts(hierarchy, *after)
    assert codes(compare_crls(crl.read_crl(old), crl.read_crl(new))) == expected
    assert codes(compare_heads(crl.read_head(old), crl.read_head(new))) == expected


def test_a_released_serial_may_disappear(hierarchy: Hierarchy) -> None:
    """R6.2(9): the end of a hold, and an expired certificate after one more CRL (RFC 5280 3.3)."""
    old, new = facts(hierarchy, [1, 2], 7), facts(hierarchy, [2], 8)
    allowed = [Serial("01")]
    assert compare_crls(crl.read_crl(old), crl.read_crl(new), allowed_removals=allowed) == ()
    assert compare_heads(crl.read_head(old), crl.read_head(new), allowed_removals=allowed) == ()


def test_a_hold_that_became_a_revocation_is_no_removal(hierarchy: Hierarchy) -> None:
    """The same serial with another reason is other bytes."""
    held = hierarchy.sign(tbs(hierarchy, [entry(5, reason=bytes([Reason.CERTIFICATE_HOLD]))], 7))
    revoked = hierarchy.sign(tbs(hierarchy, [entry(5, reason=bytes([Reason.KEY_COMPROMISE]))], 8))
    assert compare_heads(crl.read_head(held), crl.read_head(revoked)) == ()


def test_this_update_never_falls(hierarchy: Hierarchy) -> None:
    """A clock that went back shows."""
    old = crl.read_crl(facts(hierarchy, [], 7))
    new = replace(old, number=8, this_update=old.this_update - timedelta(seconds=1))
    assert codes(compare_crls(old, new)) == {Code.CRL_TIMES}


def test_the_first_crl_has_nothing_to_be_compared_with(hierarchy: Hierarchy) -> None:
    """A CA's first, empty CRL."""
    assert compare_crls(None, crl.read_crl(facts(hierarchy, [], 1))) == ()


def test_the_crl_of_another_issuer_is_no_successor(hierarchy: Hierarchy) -> None:
    """Two files mixed up."""
    old = crl.read_crl(facts(hierarchy, [], 7))
    assert Code.CRL_SIGNATURE in codes(compare_crls(old, replace(old, number=8, issuer="CN=Other")))


def test_many_removals_are_counted_not_listed(hierarchy: Hierarchy) -> None:
    """Fifty are named; the rest is a number."""
    old, new = facts(hierarchy, list(range(1, 200)), 7), facts(hierarchy, [], 8)
    found = compare_crls(crl.read_crl(old), crl.read_crl(new))
    assert len(found) == 51
    assert "149 more" in found[-1].message
