"""From a filter's tree to the WHERE of a query; every value is bound (UX 1.4, DETAILS 43).

A part of a name is found by the trigram index, two characters or fewer as the beginning of a name by its index
(DETAILS 60). Where that finds few rows, the query starts from them. Where it finds many, starting from them would cost
more than reading the list in its own order and looking at each row: `FEW` divides the two.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from certmgr import lifecycle
from certmgr.filters import DaysLeft, Field, Filter, HasFact, HasState, Pattern, Term, Text
from certmgr.lifecycle import Condition, Operator
from certmgr.models.certificates import Flag
from certmgr.store.columns import text_of
from certmgr.store.connection import Snapshot

FEW: Final = 2000
"""How many hits of a text are worth starting from."""
_TRIGRAM: Final = 3
_FLAGS: Final = {
    Flag.REVOKING: (
        "EXISTS (SELECT 1 FROM revocation r WHERE r.certificate_id = c.id"
        " AND r.closed_at IS NULL AND r.published_at IS NULL)"
    ),
}
_COLUMNS: Final = frozenset(
    {
        "stage",
        "not_before",
        "not_after",
        "window_opens",
        "renew_at",
        "superseded_at",
        "revoked_at",
        "held_at",
    }
)
_NAMES: Final = "SELECT 1 FROM certificate_name n WHERE n.certificate_id = c.id AND"


@dataclass(slots=True, kw_only=True)
class Where:
    """A growing condition: its text and the values that it binds."""

    text: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, text: str, *values: object) -> None:
        """Add a condition that must hold too."""
        self.text.append(text)
        self.values += values

    def sql(self) -> str:
        """Return the condition; always true where nothing was added."""
        return " AND ".join(self.text) or "1"


def where_of(snapshot: Snapshot, wanted: Filter, *, now: datetime, zone: ZoneInfo) -> Where:
    """Return the condition on `c` (certificate), `s` (server) and `a` (authority) that the filter writes.

    `now` and `zone` settle states and days left.
    """
    where = Where()
    if wanted.terms:
        snapshot.db.conn.create_function("regexp", 2, _search, deterministic=True)
        snapshot.db.conn.create_function("casefold", 1, str.casefold, deterministic=True)
    for term in wanted.terms:
        text, values = _term(snapshot, term, now, zone)
        # A comparison with NULL is neither true nor false: what is not true is what the opposite asks for.
        where.add(f"({text}) IS NOT TRUE" if term.negated else f"({text})", *values)
    return where


def _term(snapshot: Snapshot, term: Term, now: datetime, zone: ZoneInfo) -> tuple[str, list[object]]:
    match term:
        case Text():
            return _text(snapshot, term)
        case Pattern():
            return f"s.name REGEXP ? OR EXISTS ({_NAMES} n.name REGEXP ?)", [term.pattern, term.pattern]
        case HasState():
            return _state(term, now)
        case HasFact():
            return _fact(term)
        case DaysLeft():
            return _all(lifecycle.days_conditions(term.op, term.days, now, zone))


def _text(snapshot: Snapshot, term: Text) -> tuple[str, list[object]]:
    if "\0" in term.text:
        # It would end the query that the index is asked; no text on record holds one.
        return "0", []
    if len(term.text) < _TRIGRAM:
        return _beginning(snapshot, term.text, negated=term.negated)
    phrases = [term.text]
    digits = re.sub(r"[:\s.-]", "", term.text)
    if len(digits) >= _TRIGRAM and digits != term.text and re.fullmatch(r"[0-9a-f]+", digits):
        # A serial as openssl and browsers print it; the dots of an address are no reason to look for one.
        phrases += [digits] if ":" in term.text or " " in term.text else []
    found = "SELECT rowid FROM certificate_search WHERE certificate_search MATCH ?"
    query = " OR ".join([_phrase(phrases[0]), *(f"serial : {_phrase(one)}" for one in phrases[1:])])
    if not term.negated and _few(snapshot, found, [query]):
        return f"c.id IN ({found})", [query]
    if not term.text.isascii():
        # LIKE folds the case of ASCII only; the index folds all.
        return f"+c.id IN ({found})", [query]
    like = _like(term.text)
    serial = _like(phrases[-1])
    tests = [f"{column} LIKE ? ESCAPE '!'" for column in ("s.name", "c.serial", "c.note")]
    return " OR ".join([*tests, f"EXISTS ({_NAMES} n.name LIKE ? ESCAPE '!')"]), [like, serial, like, like]


def _beginning(snapshot: Snapshot, text: str, *, negated: bool) -> tuple[str, list[object]]:
    """Return the condition that the server's name or one of the names begins with `text`."""
    low, high = text, text + "\U0010ffff"
    found = (
        "SELECT certificate_id FROM certificate_name WHERE name >= ? AND name < ?"
        " UNION SELECT o.id FROM certificate o JOIN server p ON p.id = o.server_id WHERE p.name >= ? AND p.name < ?"
    )
    limited = found.replace(" UNION ", " UNION ALL ")
    if not negated and _few(snapshot, limited, [low, high, low, high]):
        return f"c.id IN ({found})", [low, high, low, high]
    return f"(s.name >= ? AND s.name < ?) OR EXISTS ({_NAMES} n.name >= ? AND n.name < ?)", [low, high, low, high]


def _few(snapshot: Snapshot, found: str, values: list[object]) -> bool:
    row = snapshot.row(f"SELECT count(*) FROM (SELECT 1 FROM ({found}) LIMIT {FEW})", values)  # noqa: S608 - named above
    return row is not None and row[0] < FEW


def _phrase(text: str) -> str:
    """Return `text` as one string of FTS5's query language."""
    return '"' + text.replace('"', '""') + '"'


def _like(text: str) -> str:
    return "%" + re.sub(r"([!%_])", r"!\1", text) + "%"


def _search(pattern: str, text: str) -> bool:
    # re keeps the compiled patterns of the last calls.
    return re.search(pattern, text, re.IGNORECASE) is not None


def _state(term: HasState, now: datetime) -> tuple[str, list[object]]:
    texts: list[str] = []
    values: list[object] = []
    for state in term.states:
        for alternative in lifecycle.ranges(state, now):
            text, bound = _all(alternative)
            texts.append(f"({text})")
            values += bound
    texts += [_FLAGS[flag] for flag in term.flags]
    return " OR ".join(texts) or "0", values


def _all(conditions: tuple[Condition, ...]) -> tuple[str, list[object]]:
    texts: list[str] = []
    values: list[object] = []
    for condition in conditions:
        if condition.column not in _COLUMNS:
            raise KeyError(condition.column)
        if condition.op is Operator.IS_NULL:
            texts.append(f"c.{condition.column} IS NULL")
        elif condition.op is Operator.NOT_NULL:
            texts.append(f"c.{condition.column} IS NOT NULL")
        else:
            value = condition.value
            texts.append(f"c.{condition.column} {condition.op.value} ?")
            values.append(text_of(value) if isinstance(value, datetime) else value)
    return " AND ".join(texts), values


def _fact(term: HasFact) -> tuple[str, list[object]]:
    test = _FACTS[term.field]
    tests = [test(value) for value in term.values]
    return " OR ".join(text for text, _ in tests), [value for _, values in tests for value in values]


_FACTS: Final[dict[Field, Callable[[str], tuple[str, list[object]]]]] = {
    Field.AUTHORITY: lambda value: ("a.slug LIKE ? ESCAPE '!'", [_like(value)[1:]]),
    Field.PROFILE: lambda value: ("c.profile = ? COLLATE NOCASE", [value]),
    Field.OWNER: lambda value: ("casefold(c.owner) LIKE ? ESCAPE '!'", [_like(value.casefold())]),
    Field.KEY: lambda value: ("c.key_type = ?", [value]),
    Field.SERIAL: lambda value: ("c.serial >= ? AND c.serial < ?", [value, value + "G"]),
    Field.SERVER: lambda value: ("s.name = ?", [value]),
    Field.CAUSE: lambda value: ("c.cause = ?", [value]),
}
