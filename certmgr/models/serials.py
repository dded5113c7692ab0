"""Certificate serial numbers: one text form everywhere, any form accepted on input."""

import re

from certmgr.errors import UsageError

MAX_OCTETS = 20
_SEPARATORS = r"[\s:\-_.]"


class Serial(str):
    """A serial number in upper-case hex with an even number of digits, as openssl prints it."""

    __slots__ = ()

    @classmethod
    def from_int(cls, number: int) -> "Serial":
        """Return the text form of a positive `number` of at most 20 octets (RFC 5280 4.1.2.2)."""
        if not 0 < number < 1 << (8 * MAX_OCTETS):
            raise UsageError(f"The serial number {number} is not a positive number of at most {MAX_OCTETS} octets.")
        text = f"{number:X}"
        return cls(text if len(text) % 2 == 0 else "0" + text)

    def to_int(self) -> int:
        """Return the number."""
        return int(self, 16)


def parse_serial(text: str) -> Serial:
    """Return the serial that `text` writes in any usual form.

    Accepted: hex in either case, with or without colons, spaces or a leading `0x`, with leading zeros;
    decimal where the digits are too many for hex (more than 40) or follow `dec:`. Raises UsageError otherwise.
    """
    bare = re.sub(_SEPARATORS, "", text.strip().removeprefix("serial=")) if not text.startswith("dec:") else text[4:]
    if text.startswith("dec:") or (bare.isdecimal() and len(bare.lstrip("0")) > 2 * MAX_OCTETS):
        if bare.isascii() and bare.isdecimal():
            return Serial.from_int(int(bare))
    else:
        digits = bare.upper().removeprefix("0X")
        if re.fullmatch("[0-9A-F]+", digits) and len(digits.lstrip("0")) <= 2 * MAX_OCTETS:
            return Serial.from_int(int(digits, 16))
    raise UsageError(
        f"{text[:80]!r} is not a serial number.",
        hint="Write it as hex digits, with or without colons, at most 40 of them.",
    )
