r"""Text from outside, made safe for a terminal: the one function at the display edge.

Names, notes and subjects can hold escape sequences, direction overrides or line breaks. Nothing of that kind reaches
a terminal as it is: each such character is shown as its code, `\x1b` or `\u202e`.
"""

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """Return `text` with every control, format, private, surrogate and separator character written as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char) if unicodedata.category(char) in _UNSAFE else char for char in text)


def _escaped(char: str) -> str:
    return ascii(char)[1:-1]


def width(text: str) -> int:
    """Return the number of terminal cells that `text` takes; wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
