"""Compare what a command printed with what the page says, apart from what differs in every run."""

import re

ANY = "..."

# In this order: a pattern does not look into what an earlier one has replaced.
_VARYING = (
    (re.compile(r"\b(?:[0-9A-Fa-f]{2}:){7,}[0-9A-Fa-f]{2}\b"), "<hex>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d:?\d\d|[A-Z]{3,4})\b)?"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT\b"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<date>"),
    (re.compile(r"\b\d{1,2} [A-Z][a-z]{2,8} \d{4}\b"), "<date>"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b(?!:)"), "<time>"),
    (re.compile(r"\b(?=[0-9A-Fa-f]*\d)[0-9A-Fa-f]{16,}\b"), "<hex>"),
    (re.compile(r"\b\d+(\.\d+)? ?(s|ms|seconds?)\b"), "<duration>"),
    # A CA is named by the year it was made in. 2048 is a key size.
    (re.compile(r"\b20(?!48\b)[2-9]\d\b"), "<year>"),
    (re.compile(r"[ \t]+"), " "),
)


def normalise(line: str) -> str:
    """Return `line` with dates, times, durations, years, serials, hashes and runs of blanks made equal."""
    for pattern, replacement in _VARYING:
        line = pattern.sub(replacement, line)
    return line.rstrip()


def matches(expected: tuple[str, ...], actual: tuple[str, ...]) -> bool:
    """Tell whether the lines `actual` are what `expected` describes; `...` is explained in `transcripts`.

    Empty lines at the end of either do not count.
    """
    wanted, printed = (_stripped(lines) for lines in (expected, actual))
    # Line by line, the places in `printed` up to which the page may have been matched: no backtracking.
    places = {0}
    for line in wanted:
        if line == ANY:
            places = set(range(min(places), len(printed) + 1))
        else:
            pattern = re.compile(".*".join(re.escape(part) for part in line.split(ANY)))
            places = {place + 1 for place in places if place < len(printed) and pattern.fullmatch(printed[place])}
        if not places:
            return False
    return len(printed) in places


def _stripped(lines: tuple[str, ...]) -> list[str]:
    kept = [normalise(line) for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    return kept
