"""Words that must occur in a row's text, or must not: the filter of the plain lists."""

from typing import Final, NamedTuple

MAX_WORDS: Final = 20
MAX_WORD: Final = 200


class Where(NamedTuple):
    """A condition, and the values that are bound in it."""

    sql: str
    values: tuple[object, ...] = ()


def where_words(text: str, filter_text: str) -> Where:
    """Return the condition that every word of `filter_text` occurs in `text`, an SQL expression.

    `!word` must not occur. Letters of ASCII are compared without their case, as LIKE does. What is beyond MAX_WORDS
    words of MAX_WORD characters is left out.
    """
    conditions: list[str] = []
    values: list[object] = []
    for word in filter_text.split()[:MAX_WORDS]:
        unwanted = word.startswith("!")
        wanted = word[1:] if unwanted else word
        if not wanted:
            continue
        conditions.append(f"{text} {'NOT ' if unwanted else ''}LIKE ? ESCAPE '\\'")
        values.append(f"%{_plain(wanted[:MAX_WORD])}%")
    return Where(" AND ".join(conditions) or "1", tuple(values))


def _plain(word: str) -> str:
    """Return `word` as a pattern that stands for itself."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
