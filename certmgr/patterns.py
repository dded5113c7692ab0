"""The regular expressions of a filter: what is taken for one, and how long it may look at a name.

Python's own `re` cannot be interrupted, and holds the interpreter while it searches: `(a?){40}a{40}` on one name may
outlast the process, and the interface with it. The library used here ends a search after a time and lets other threads
run meanwhile. It is imported by the first pattern only: most commands see none.
"""

import re
from collections.abc import Callable
from typing import Final

from certmgr.codes import Code
from certmgr.errors import UsageError

TIMEOUT_S: Final = 0.25
"""How long a pattern may look at one name, in time of the processor."""
MOST_WRITTEN_OUT: Final = 10_000
"""How many parts a pattern may have once `{n}` is written out, as compiling does: a million take a second."""

Search = Callable[[str], object]
"""Returns None where the pattern is not found in the text."""

_CHOICES: Final = re.compile(r"[*+?|{]")
# Recursion, look-around, modes, references, and `{` where it is none of a count: each may go back by itself.
_SPECIAL: Final = re.compile(r"\(\?|\\[1-9g]|\{(?![0-9]+(,[0-9]*)?\})")
_PART: Final = re.compile(
    r"""
    \{(?P<count>[0-9]+)(,[0-9]*)?\}
    | (?P<open>\() | (?P<close>\))
    | \[\^?\]?(\\.|[^\]\\])*\] | \\. | .
    """,
    re.VERBOSE | re.DOTALL,
)


class PatternError(ValueError):
    """Why a text is not taken for a regular expression: the end of a sentence, without its full stop."""


def search_of(pattern: str) -> Search:
    """Return what looks for the pattern in a text, in any case; it raises TimeoutError after TIMEOUT_S.

    Raises PatternError for what is not a regular expression, or one too large to be compiled.
    """
    import regex  # noqa: PLC0415 - start-up: only a pattern needs it

    if (size := _written_out(pattern)) > MOST_WRITTEN_OUT:
        raise PatternError(f"its repetitions stand for {size:,} characters or groups; {MOST_WRITTEN_OUT:,} is the most")
    try:
        search = regex.compile(pattern, regex.IGNORECASE).search
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise PatternError(f"not a regular expression: {error}") from error
    if _is_simple(pattern):
        # A fifth of the time, and with one choice at most nothing multiplies.
        plain: Search = search
        return plain

    def search_in_time(text: str) -> object:
        return search(text, timeout=TIMEOUT_S, concurrent=True)

    return search_in_time


def too_slow() -> UsageError:
    """Return what is said where a pattern has timed out."""
    return UsageError(
        "The expression takes too long on a name: nest fewer repetitions.",
        hint="Use fewer repetitions inside repetitions: /a+x/ for /(a+)+x/.",
        code=Code.FILTER_SLOW,
    )


def _is_simple(pattern: str) -> bool:
    """Return whether a search ends soon on any name, whatever it finds."""
    return len(_CHOICES.findall(pattern)) <= 1 and not _SPECIAL.search(pattern)


def _written_out(pattern: str) -> int:
    """Return how many characters and groups a pattern has once what is repeated stands there so many times."""
    outer: list[int] = []
    total = last = 0
    for part in _PART.finditer(pattern):
        if (count := part["count"]) is not None:
            more = last * (max(int(count), 1) - 1)
            total, last = total + more, last + more
        elif part["open"]:
            outer.append(total)
        elif part["close"] and outer:
            last = total - outer.pop() + 1
            total += 1
        else:
            last = 1
            total += 1
    return total
