"""The few ASN.1 DER forms (X.690) that certmgr writes and reads itself, where speed or exactness asks for it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

BOOLEAN_TRUE = b"\x01\x01\xff"
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
_FIRST_GENERALIZED_YEAR = 2050
_MAX_LENGTH_OCTETS = 4
_TIME = re.compile(rb"[0-9]{14}Z")


class DerError(ValueError):
    """The bytes are not DER, or not the structure that was expected."""


def tlv(tag: int, *contents: bytes) -> bytes:
    """Return one element: `tag`, the length in its shortest form, and `contents` joined."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:  # noqa: PLR2004 - the limit of the short form (X.690 8.1.3.4)
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*contents: bytes) -> bytes:
    """Return a SEQUENCE of elements that are encoded already."""
    return tlv(SEQUENCE, *contents)


def integer(number: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(OCTET_STRING, content)


def bit_string(content: bytes) -> bytes:
    """Return a BIT STRING without unused bits."""
    return tlv(BIT_STRING, b"\x00", content)


@lru_cache(maxsize=128)
def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER; raises DerError for text that is not one."""
    try:
        first, second, *rest = (int(arc) for arc in dotted.split("."))
    except ValueError:
        raise DerError(f"{dotted!r} is not an object identifier") from None
    out = bytearray()
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        out += bytes(reversed(groups))
    return tlv(OID, bytes(out))


@lru_cache(maxsize=128)
def time(moment: datetime) -> bytes:
    """Return an aware `moment` as UTCTime, from 2050 on as GeneralizedTime (RFC 5280 4.1.2.5), whole seconds."""
    moment = moment.astimezone(UTC)
    text = _digits(moment)
    return tlv(UTC_TIME, text[2:]) if moment.year < _FIRST_GENERALIZED_YEAR else tlv(GENERALIZED_TIME, text)


def generalized_time(moment: datetime) -> bytes:
    """Return an aware `moment` as GeneralizedTime without a fraction (RFC 5280 4.1.2.5.2)."""
    return tlv(GENERALIZED_TIME, _digits(moment.astimezone(UTC)))


def _digits(moment: datetime) -> bytes:
    # A tenth of the time of strftime, and a bulk run writes two of these for each certificate.
    return b"%04d%02d%02d%02d%02d%02dZ" % moment.timetuple()[:6]


def extension(dotted: str, value: bytes, *, critical: bool) -> bytes:
    """Return an X.509 Extension; `value` is the DER that its OCTET STRING holds."""
    return sequence(oid(dotted), BOOLEAN_TRUE if critical else b"", octet_string(value))


def read(data: bytes, start: int = 0) -> tuple[int, int, int]:
    """Return (tag, first octet of the content, octet after the element) of the element at `start`.

    Raises DerError for a length that is indefinite, longer than needed, or past the end of `data`.
    """
    try:
        tag, length = data[start], data[start + 1]
    except IndexError:
        raise DerError("the data ends inside an element") from None
    begin = start + 2
    if length >= 0x80:  # noqa: PLR2004 - the long form (X.690 8.1.3.5)
        count = length & 0x7F
        octets = data[begin : begin + count]
        length = int.from_bytes(octets, "big")
        if not 0 < count <= _MAX_LENGTH_OCTETS or len(octets) != count or octets[0] == 0 or length < 0x80:  # noqa: PLR2004
            raise DerError("a length is not in the form that DER asks for")
        begin += count
    if begin + length > len(data):
        raise DerError("the data ends inside an element")
    return tag, begin, begin + length


def children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, whole element) of each element in `data`, which is the content of a constructed one."""
    at = 0
    while at < len(data):
        tag, _, end = read(data, at)
        yield tag, data[at:end]
        at = end


def content(data: bytes, tag: int | None = None) -> bytes:
    """Return what the single element `data` holds; raises DerError for another `tag` or for trailing data."""
    found, begin, end = read(data)
    if end != len(data):
        raise DerError("there is data after the element")
    if tag is not None and found != tag:
        raise DerError(f"an element has the tag {found:#04x}, expected {tag:#04x}")
    return data[begin:end]


def parse_time(element: bytes) -> datetime:
    """Return the aware moment of a UTCTime or GeneralizedTime in the form RFC 5280 asks for."""
    tag, begin, end = read(element)
    text = element[begin:end]
    if tag == UTC_TIME:
        text = (b"19" if text[:2] >= b"50" else b"20") + text
    elif tag != GENERALIZED_TIME:
        raise DerError(f"the tag {tag:#04x} is not that of a time")
    if not _TIME.fullmatch(text):
        raise DerError("a time is not in the form that RFC 5280 asks for")
    try:
        # A tenth of the time of strptime; a CRL holds one of these an entry.
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
        return datetime(year, month, day, int(text[8:10]), int(text[10:12]), int(text[12:14]), tzinfo=UTC)
    except ValueError:
        raise DerError(f"{text.decode()} is not a time") from None


def parse_oid(element: bytes) -> str:
    """Return an OBJECT IDENTIFIER as dotted text."""
    octets = content(element, OID)
    arcs, arc = [], 0
    for octet in octets:
        arc = arc << 7 | octet & 0x7F
        if octet < 0x80:  # noqa: PLR2004 - the last octet of an arc has its top bit clear (X.690 8.19.2)
            arcs.append(arc)
            arc = 0
    if not arcs or octets[-1] & 0x80:
        raise DerError("an object identifier is cut off")
    first = min(arcs[0] // 40, 2)
    return ".".join(str(part) for part in (first, arcs[0] - 40 * first, *arcs[1:]))
