"""The DER forms that certmgr writes itself are X.690's, and its reader takes nothing else."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.der import decoder, encoder
from pyasn1.type import univ

from certmgr.pki import der


@given(st.integers(min_value=0, max_value=1 << 200))
def test_integers_are_those_of_another_encoder(number: int) -> None:
    """X.690 8.3: the shortest two's complement."""
    assert der.integer(number) == encoder.encode(univ.Integer(number))


@given(st.binary(max_size=70_000))
def test_lengths_of_every_size_read_back(content: bytes) -> None:
    """X.690 10.1: the shortest form; the reader agrees with another decoder."""
    element = der.octet_string(content)
    assert der.content(element, der.OCTET_STRING) == content
    decoded, rest = decoder.decode(element)
    assert (bytes(decoded), rest) == (content, b"")


@pytest.mark.parametrize("dotted", ["1.2.840.113549.1.1.11", "2.5.29.17", "1.3.6.1.4.1.32473.1", "2.999.3", "0.9.1"])
def test_object_identifiers_read_back(dotted: str) -> None:
    """X.690 8.19: the first two arcs in one, seven bits an octet."""
    assert der.oid(dotted) == encoder.encode(univ.ObjectIdentifier(dotted))
    assert der.parse_oid(der.oid(dotted)) == dotted


@pytest.mark.parametrize("text", ["", "1", "1.x", "hello"])
def test_text_that_is_no_object_identifier_is_refused(text: str) -> None:
    """A policy OID comes from the configuration."""
    with pytest.raises(der.DerError):
        der.oid(text)


def test_times_change_their_form_in_2050() -> None:
    """RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050."""
    last = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert der.time(last) == b"\x17\x0d491231235959Z"
    assert der.time(last + timedelta(seconds=1)) == b"\x18\x0f20500101000000Z"


def test_times_are_written_in_utc() -> None:
    """A moment in another zone is the same moment."""
    beijing = datetime(2026, 11, 21, 17, 0, tzinfo=timezone(timedelta(hours=8)))
    assert der.parse_time(der.time(beijing)) == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2199, 1, 1)))  # noqa: DTZ001 - made aware below
def test_every_whole_second_reads_back(moment: datetime) -> None:
    """What is written is read as the same moment."""
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert der.parse_time(der.time(whole)) == whole
    assert der.parse_time(der.generalized_time(whole)) == whole


@pytest.mark.parametrize(
    "element", [b"\x17\x0b2611210900Z", b"\x17\x0d261321090000Z", b"\x04\x01x", b"\x18\x0d26112109000"]
)
def test_a_time_of_another_form_is_refused(element: bytes) -> None:
    """RFC 5280 4.1.2.5.1: seconds are there, and the month is one."""
    with pytest.raises(der.DerError):
        der.parse_time(element)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x05abc",
        b"\x30\x80\x00\x00",
        b"\x04\x81\x01x",
        b"\x04\x82\x00\x80" + bytes(128),
        b"\x04\x85\x00\x00\x00\x00\x01x",
        b"\x04\x01xy",
    ],
)
def test_an_element_of_another_form_is_refused(data: bytes) -> None:
    """X.690 10.1: no indefinite or padded length, nothing cut off, nothing behind it."""
    with pytest.raises(der.DerError):
        der.content(data)


def test_an_extension_is_the_one_of_the_library() -> None:
    """RFC 5280 4.1: the criticality is left out where it is FALSE."""
    value = x509.BasicConstraints(ca=True, path_length=0).public_bytes()
    critical = der.extension("2.5.29.19", value, critical=True)
    assert critical == bytes.fromhex("30120603551d130101ff040830060101ff020100")
    assert der.BOOLEAN_TRUE not in der.extension("2.5.29.19", b"\x30\x00", critical=False)
