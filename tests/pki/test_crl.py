"""CRLs: what certmgr writes, other readers read, and its own reader reads what it wrote (RFC 5280 5)."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certmgr.errors import UsageError
from certmgr.models.revocations import CrlEntry, Reason
from certmgr.models.serials import Serial
from certmgr.pki import build, crl, der
from tests.pki.hierarchy import Hierarchy, make_hierarchy

AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
ENTRIES = (
    CrlEntry(serial=Serial("7F01"), revoked_at=AT, reason=Reason.SUPERSEDED),
    CrlEntry(serial=Serial("FF" * 19), revoked_at=AT, reason=None),
    CrlEntry(serial=Serial("0A"), revoked_at=AT, reason=Reason.KEY_COMPROMISE, invalidity_date=AT - timedelta(days=40)),
)


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a root and an issuing CA."""
    return make_hierarchy()


def make_crl(hierarchy: Hierarchy, entries: tuple[CrlEntry, ...], number: int = 1_795_251_600) -> bytes:
    """Return a signed CRL."""
    end = hierarchy.now + timedelta(hours=72)
    encoded = [crl.entry_der(entry) for entry in entries]
    return hierarchy.sign(crl.make_crl_tbs(hierarchy.issuer, number, hierarchy.now, end, encoded))


def test_a_crl_reads_back(hierarchy: Hierarchy) -> None:
    """Number, times and every entry, in their order."""
    facts = crl.read_crl(make_crl(hierarchy, ENTRIES))
    assert facts.number == 1_795_251_600
    assert (facts.this_update, facts.next_update) == (hierarchy.now, hierarchy.now + timedelta(hours=72))
    assert facts.issuer == "CN=Example District Issuing CA 2026-1,O=Example District"
    assert facts.entries == ENTRIES


def test_another_reader_reads_the_same(hierarchy: Hierarchy) -> None:
    """The library's reader, which had no part in writing it."""
    read = x509.load_der_x509_crl(make_crl(hierarchy, ENTRIES))
    assert read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1_795_251_600
    key_id = read.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert key_id == hierarchy.issuer.ski
    assert [entry.serial_number for entry in read] == [entry.serial.to_int() for entry in ENTRIES]
    reasons = [entry.extensions for entry in read]
    assert reasons[0].get_extension_for_class(x509.CRLReason).value.reason is x509.ReasonFlags.superseded
    assert len(reasons[1]) == 0
    invalid = reasons[2].get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc
    assert invalid == ENTRIES[2].invalidity_date


def builders_tbs(hierarchy: Hierarchy, entries: tuple[CrlEntry, ...], number: int) -> bytes:
    """Return what cryptography's own builder makes of the same facts."""
    authority = x509.load_der_x509_certificate(hierarchy.issuing)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(hierarchy.now)
        .next_update(hierarchy.now + timedelta(hours=72))
        .add_extension(x509.AuthorityKeyIdentifier(hierarchy.issuer.ski, None, None), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    flags = {flag.name.lower().replace("_", ""): flag for flag in x509.ReasonFlags}
    for entry in entries:
        one = x509.RevokedCertificateBuilder().serial_number(entry.serial.to_int()).revocation_date(entry.revoked_at)
        if entry.reason is not None:
            flag = flags[entry.reason.name.lower().replace("_", "")]
            one = one.add_extension(x509.CRLReason(flag), critical=False)
        if entry.invalidity_date is not None:
            one = one.add_extension(x509.InvalidityDate(entry.invalidity_date), critical=False)
        builder = builder.add_revoked_certificate(one.build())
    from cryptography.hazmat.primitives.hashes import SHA256

    return builder.sign(hierarchy.issuing_key, SHA256()).tbs_certlist_bytes


MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)).map(  # noqa: DTZ001 - made aware
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
ANY_ENTRY = st.builds(
    CrlEntry,
    serial=st.integers(1, (1 << 159) - 1).map(Serial.from_int),
    revoked_at=MOMENTS,
    reason=st.one_of(st.none(), st.sampled_from(Reason)),
    invalidity_date=st.one_of(st.none(), MOMENTS),
)


@given(entries=st.lists(ANY_ENTRY, max_size=8).map(tuple), number=st.integers(1, (1 << 159) - 1))
def test_any_crl_is_the_builders(hierarchy: Hierarchy, entries: tuple[CrlEntry, ...], number: int) -> None:
    """Two implementations write the same bytes, and ours reads them back."""
    signed = make_crl(hierarchy, entries, number)
    assert build.parts_of(signed)[0] == builders_tbs(hierarchy, entries, number)
    assert crl.read_crl(signed).entries == entries
    assert crl.read_number(signed) == number


def test_an_empty_list_is_left_out(hierarchy: Hierarchy) -> None:
    """RFC 5280 5.1.2.6: revokedCertificates is absent, not empty."""
    assert crl.read_head(make_crl(hierarchy, ())).entries is None


def test_the_reason_unspecified_is_never_written(hierarchy: Hierarchy) -> None:
    """RFC 5280 5.3.1: it is told by leaving the extension out."""
    assert b"\x0a\x01\x00" not in make_crl(hierarchy, ENTRIES)
    assert der.oid("2.5.29.21") not in crl.entry_der(ENTRIES[1])


def test_a_crl_verifies_for_its_issuer_alone(hierarchy: Hierarchy) -> None:
    """Name and key both count."""
    signed = make_crl(hierarchy, ENTRIES)
    assert crl.verify_crl(signed, hierarchy.issuing)
    assert not crl.verify_crl(signed, hierarchy.root)
    assert not crl.verify_crl(signed, make_hierarchy().issuing)
    flipped = signed.replace(der.integer(0x7F01), der.integer(0x7F02))
    assert flipped != signed
    assert not crl.verify_crl(flipped, hierarchy.issuing)
    assert not crl.verify_crl(b"", hierarchy.issuing)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x30\x00", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_crl_is_refused(data: bytes) -> None:
    """A distribution point may serve anything."""
    for read in (crl.read_crl, crl.read_head, crl.read_number):
        with pytest.raises(UsageError):
            read(data)


def test_a_certificate_is_no_crl(hierarchy: Hierarchy) -> None:
    """The wrong file at the right place."""
    with pytest.raises(UsageError):
        crl.read_crl(hierarchy.issuing)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_damaged_crl_ends_in_a_verdict(hierarchy: Hierarchy, at: int, flip: int) -> None:
    """No third-party error escapes."""
    damaged = bytearray(make_crl(hierarchy, ENTRIES))
    damaged[at % len(damaged)] ^= flip
    assert not crl.verify_crl(bytes(damaged), hierarchy.issuing)
    try:
        facts = crl.read_crl(bytes(damaged))
    except UsageError:
        return
    assert facts.next_update.tzinfo is UTC
