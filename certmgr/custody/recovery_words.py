"""128 random bits as words that a person can write down, read aloud and type again (DETAILS 4).

The words are proquints (D. S. Wilkerson, arXiv 0901.4016): 16 bits make one pronounceable word of five letters,
consonant-vowel-consonant-vowel-consonant, so no list of words is needed. Eight words carry the secret, a ninth
the first 16 bits of its SHA-256: a slip of the pen is found before it is mistaken for a wrong secret.
"""

import hashlib
import re
import secrets
from typing import Final

from certmgr.codes import Code
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, UsageError

SECRET_BYTES: Final = 16
WORDS: Final = 9
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
_WORD: Final = f"[{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}][{_VOWELS}][{_CONSONANTS}]"
_BETWEEN: Final = r"[\s\-,.]+"


def make_secret() -> Secret:
    """Return 128 fresh random bits."""
    return Secret(secrets.token_bytes(SECRET_BYTES))


def to_words(secret: Secret) -> str:
    """Return the nine words of a 16-byte secret, a space between them."""
    raw = secret.reveal()
    checked = raw + hashlib.sha256(raw).digest()[:2]
    return " ".join(_word(int.from_bytes(checked[at : at + 2])) for at in range(0, len(checked), 2))


def parse_words(text: str) -> Secret:
    """Return the secret that `text` writes; capitals, hyphens, commas and line breaks do not matter.

    Raises UsageError with every finding: how many words there are, which of them cannot be one, or that the
    last word does not fit the others. The words themselves are never in the message.
    """
    words = [word for word in re.split(_BETWEEN, text.strip().lower()) if word]
    reasons = [] if len(words) == WORDS else [f"There are {len(words)} words; there should be {WORDS}."]
    reasons += [
        f"Word {number} is not of the form consonant, vowel, consonant, vowel, consonant."
        for number, word in enumerate(words[:WORDS], start=1)
        if not re.fullmatch(_WORD, word)
    ]
    if not reasons:
        checked = b"".join(_value(word).to_bytes(2) for word in words)
        secret = Secret(checked[:SECRET_BYTES])
        if hashlib.sha256(secret.reveal()).digest()[:2] == checked[SECRET_BYTES:]:
            return secret
        reasons.append("The last word does not fit the others: one of the nine is not as it was shown.")
    raise UsageError(
        "The recovery words contain a mistake.",
        code=Code.RECOVERY_WORDS,
        findings=[Finding(code=Code.RECOVERY_WORDS, message=reason, field="words") for reason in reasons],
        hint="Compare them with the paper, letter by letter; a word has five letters, the vowels are a, i, o, u.",
    )


def _word(value: int) -> str:
    """Return the proquint of 16 bits: 4, 2, 4, 2, 4 of them a letter."""
    return (
        _CONSONANTS[value >> 12]
        + _VOWELS[value >> 10 & 3]
        + _CONSONANTS[value >> 6 & 15]
        + _VOWELS[value >> 4 & 3]
        + _CONSONANTS[value & 15]
    )


def _value(word: str) -> int:
    """Return the 16 bits of a proquint."""
    first, second, third, fourth, fifth = tuple(word)
    high = _CONSONANTS.index(first) << 12 | _VOWELS.index(second) << 10 | _CONSONANTS.index(third) << 6
    return high | _VOWELS.index(fourth) << 4 | _CONSONANTS.index(fifth)
