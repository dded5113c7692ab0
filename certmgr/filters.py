"""The filter language of the list, in the CLI and the TUI: text to a tree; the store turns the tree into SQL.

Terms stand beside each other and must all hold. A bare word is a part of a name, serial or note, or the beginning of a
fingerprint (eight hex digits or more); `key:value` compares a fact, with alternatives separated by commas; `days<30`
compares the days left; `/regex/` searches the names; `!` in front of a term reverses it. Quotes keep spaces and colons
together: `owner:"Unit A"`, `"fd00::1"`.
"""

import difflib
import re
from enum import StrEnum
from typing import Final

from certmgr.codes import Code
from certmgr.errors import Finding, UsageError
from certmgr.lifecycle import Operator
from certmgr.models.certificates import Flag, State
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.patterns import PatternError, search_of
from certmgr.printable import printable
from certmgr.records import dataclass

MAX_FILTER: Final = 1000
MAX_PATTERN: Final = 200


class Field(StrEnum):
    """A fact that `key:value` compares."""

    AUTHORITY = "ca"
    """The slug of the issuer, whole or its beginning."""
    PROFILE = "profile"
    OWNER = "owner"
    """Any part of the owner, in any case."""
    KEY = "key"
    """Key types, exactly."""
    SERIAL = "serial"
    """The beginning of the serial, upper-case hex."""
    SHA256 = "sha256"
    """The beginning of the certificate's SHA-256 fingerprint, lower-case hex."""
    SERVER = "server"
    """The server's name, exactly."""
    CAUSE = "cause"
    """The cause of a revocation or hold, exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Any part of server, names, serial or note, in any case, or the beginning of the fingerprint."""

    text: str
    """Lower case, never empty."""
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression that is found in the server or one of the names, in any case."""

    pattern: str
    """It compiles."""
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HasState:
    """One of the states, or one of the flags."""

    states: tuple[State, ...]
    flags: tuple[Flag, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HasFact:
    """One of the values for a fact."""

    field: Field
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysLeft:
    """A comparison of the natural days left."""

    op: Operator
    days: int
    negated: bool = False


Term = Text | Pattern | HasState | HasFact | DaysLeft


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Terms that must all hold; none: everything."""

    terms: tuple[Term, ...] = ()


_TOKEN: Final = re.compile(r'\s*(!?(?:/(?:[^/\\]|\\.)*/(?=\s|$)|(?:[^\s"]|"[^"]*")+)|!)')
_KEYED: Final = re.compile(r"([a-z]+|sha256):(.*)", re.DOTALL)
_DAYS: Final = re.compile(r"days(<=|>=|<|>|=)(-?[0-9]{1,5})")
_HEX: Final = re.compile(r"[0-9a-f:.]+")
_STATE_ALIASES: Final = {"renew": State.DUE, "hold": State.HELD, "suspended": State.HELD}
_KEY_FAMILIES: Final = {
    "ec": (KeyType.EC_P256, KeyType.EC_P384),
    "rsa": (KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096),
    "ml-dsa": (KeyType.ML_DSA_44, KeyType.ML_DSA_65, KeyType.ML_DSA_87),
}
_FLAGS: Final = frozenset(flag.value for flag in Flag)
_STATES: Final = frozenset(state.value for state in State)
_CAUSES: Final = frozenset(cause.value for cause in Cause)
_KEYS: Final = ("state", "days", *Field)


_HINT: Final = (
    "Terms are words, state:due, days<30, ca:NAME, profile:NAME, owner:TEXT, key:ec-p256, serial:HEX, "
    "sha256:HEX, server:NAME, cause:CAUSE, /regex/, and ! before any of them."
)


class _TermError(Exception):
    """Why a term cannot be understood."""


def parse_filter(text: str) -> Filter:
    """Return the filter that `text` writes; empty text gives the filter that lets everything through.

    Raises UsageError that names every bad term and why.
    """
    if len(text) > MAX_FILTER:
        raise UsageError(f"The filter is {len(text)} characters long; {MAX_FILTER} is the most.")
    terms: list[Term] = []
    findings: list[Finding] = []
    for token in _tokens(text):
        try:
            terms.append(_parse_term(token))
        except _TermError as error:
            term = printable(token)
            findings.append(Finding(code=Code.FILTER_TERM, message=f"{term}: {error}", field="filter", value=term))
    if findings:
        many = f"{len(findings)} terms of the filter cannot be understood."
        raise UsageError(findings[0].message if len(findings) == 1 else many, hint=_HINT, findings=findings)
    return Filter(terms=tuple(terms))


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            # Only an unclosed quote gets here: it takes the rest, and is told as one term.
            tokens.append(stripped[position:].strip())
            break
        tokens.append(match.group(1))
        position = match.end()
    return tokens


def _parse_term(token: str) -> Term:
    negated = token.startswith("!")
    body = token[1:] if negated else token
    if not body:
        raise _TermError("! stands before the term that it reverses.")
    if body.count('"') % 2:
        raise _TermError("a quote is not closed.")
    if body.startswith("/"):
        return _parse_pattern(body, negated=negated)
    if body.startswith("days") and body[4:5] in {"<", ">", "=", ":"}:
        return _parse_days(body, negated=negated)
    keyed = _KEYED.fullmatch(body)
    if keyed and (keyed[1] in _KEYS or not _HEX.fullmatch(body.lower())):
        return _parse_keyed(keyed[1], keyed[2], negated=negated)
    word = body.replace('"', "").lower()
    if not word:
        raise _TermError("the quotes are empty.")
    return Text(text=word, negated=negated)


def _parse_pattern(body: str, *, negated: bool) -> Pattern:
    pattern = body[1:-1]
    if len(body) < 3 or not body.endswith("/"):  # noqa: PLR2004 - two slashes and something between
        raise _TermError("a regular expression stands between two slashes.")
    if len(pattern) > MAX_PATTERN:
        raise _TermError(f"a regular expression has {MAX_PATTERN} characters at most.")
    try:
        search_of(pattern)
    except PatternError as error:
        raise _TermError(f"{error}.") from error
    return Pattern(pattern=pattern, negated=negated)


def _parse_days(body: str, *, negated: bool) -> DaysLeft:
    match = _DAYS.fullmatch(body)
    if match is None:
        raise _TermError("days is compared with a whole number, such as days<30.")
    return DaysLeft(op=Operator(match[1]), days=int(match[2]), negated=negated)


def _parse_keyed(key: str, value: str, *, negated: bool) -> Term:
    if key not in _KEYS:
        near = difflib.get_close_matches(key, _KEYS, n=1)
        hint = f"; {near[0]}: may be meant" if near else "; put it in quotes to search for it as text"
        raise _TermError(f"there is no {printable(key)}: to filter by{hint}.")
    values = [part.strip() for part in value.replace('"', "").split(",")]
    if not all(values):
        raise _TermError(f"a value is missing after {key}:.")
    if key == "state":
        return _parse_state(values, negated=negated)
    field = Field(key)
    if field is Field.KEY:
        values = [key_type for text in values for key_type in _key_types(text.lower())]
    elif field is Field.SERIAL:
        values = [_digits(text, "a serial number", most=40).upper() for text in values]
    elif field is Field.SHA256:
        values = [_digits(text, "a SHA-256 fingerprint", most=64) for text in values]
    elif field is not Field.OWNER:
        values = [text.lower() for text in values]
    if field is Field.CAUSE and not _CAUSES.issuperset(values):
        raise _TermError(f"{printable(', '.join(values))} is not a cause; the causes are {', '.join(Cause)}.")
    return HasFact(field=field, values=tuple(dict.fromkeys(values)), negated=negated)


def _parse_state(values: list[str], *, negated: bool) -> HasState:
    states: list[State] = []
    flags: list[Flag] = []
    for text in (value.lower() for value in values):
        if text in _FLAGS:
            flags.append(Flag(text))
        elif text in _STATES:
            states.append(State(text))
        elif text in _STATE_ALIASES:
            states.append(_STATE_ALIASES[text])
        else:
            raise _TermError(f"{printable(text)} is not a state; the states are {', '.join((*State, *Flag))}.")
    return HasState(states=tuple(dict.fromkeys(states)), flags=tuple(dict.fromkeys(flags)), negated=negated)


def _key_types(text: str) -> tuple[str, ...]:
    if text in _KEY_FAMILIES:
        return tuple(key_type.value for key_type in _KEY_FAMILIES[text])
    if text in set(KeyType):
        return (text,)
    raise _TermError(f"{printable(text)} is not a key type; the key types are {', '.join(KeyType)}.")


def _digits(text: str, what: str, *, most: int) -> str:
    digits = re.sub(r"[:\s.-]", "", text).lower().removeprefix("0x")
    if len(digits) > most or not re.fullmatch(r"[0-9a-f]+", digits):
        raise _TermError(f"{printable(text)} is not the beginning of {what} in hex.")
    return digits
