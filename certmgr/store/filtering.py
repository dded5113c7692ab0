"""From a filter's tree to the WHERE of a query; every value from outside is bound (UX 1.4, DETAILS 43).

A part of a name is found by the trigram index, two characters or fewer as the beginning of a name by its index
(DETAILS 60). A list comes in its own order: where a term finds few rows, the query starts from those; where it finds
many, it reads the list in order and looks at each row until the page is full. Only FEW divides the two.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from certmgr import lifecycle
from certmgr.filters import DaysLeft, Field, Filter, HasFact, HasState, Pattern, Term, Text
from certmgr.lifecycle import Condition, Operator
from certmgr.models.certificates import Flag, Stage, State
from certmgr.patterns import search_of, too_slow
from certmgr.store.certificate_rows import NOT_SERVING
from certmgr.store.columns import text_of
from certmgr.store.connection import Snapshot

FEW: Final = 10_000
"""How many rows are worth starting a page from: in a million, one of a hundred fills it sooner in order."""
COUNTED: Final = 100_000
"""How many rows are worth starting a count from."""
_TRIGRAM: Final = 3
_FOUND: Final = "SELECT rowid FROM certificate_search WHERE certificate_search MATCH ?"
_FOUND_OR_DIGEST: Final = f"{_FOUND} UNION SELECT id FROM certificate WHERE sha256 BETWEEN ? AND ?"  # noqa: S608 - constants
_FINGERPRINT: Final = 8
"""From so many hex digits on a word may be the beginning of a fingerprint."""
_FLAGS: Final = {
    Flag.REVOKING: (
        "c.id IN (SELECT certificate_id FROM revocation"
        " WHERE closed_at IS NULL AND published_at IS NULL AND certificate_id IS NOT NULL)"
    ),
}
_LISTED_STATES: Final = frozenset({State.VALID, State.EXPIRED})
"""States that are ranges of the list's own order."""
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
_STAGES: Final = frozenset(Stage)
_SERVER: Final = "SELECT name FROM server WHERE id = c.server_id"
_NAMES: Final = "SELECT 1 FROM certificate_name n WHERE n.certificate_id = c.id AND"
_BEGINNINGS: Final = (
    "SELECT certificate_id FROM certificate_name WHERE name >= ? AND name < ? UNION ALL"
    " SELECT o.id FROM certificate o JOIN server p ON p.id = o.server_id WHERE p.name >= ? AND p.name < ?"
)
# An owner has many certificates: the index leads from one owner to the next, and each is compared once.
_OWNERS: Final = (
    "WITH RECURSIVE o (owner) AS (SELECT min(owner) FROM certificate UNION ALL"
    " SELECT (SELECT min(k.owner) FROM certificate k WHERE k.owner > o.owner) FROM o WHERE o.owner IS NOT NULL)"
    " SELECT owner FROM o WHERE casefold(coalesce(owner, '')) LIKE ? ESCAPE '!'"
)
_FACTS: Final = {
    Field.AUTHORITY: "c.authority_id IN (SELECT id FROM authority WHERE slug LIKE ? ESCAPE '!')",
    Field.PROFILE: "c.profile = ?",
    Field.OWNER: f"c.owner IN ({_OWNERS})",
    Field.KEY: "c.key_type = ?",
    Field.SERIAL: "c.serial BETWEEN ? AND ?",
    Field.SHA256: "c.sha256 BETWEEN ? AND ?",
    Field.SERVER: "c.server_id IN (SELECT id FROM server WHERE name = ?)",
    Field.CAUSE: "c.cause = ?",
}

Sql = tuple[str, list[object]]
"""A condition on `c`, a certificate, and the values that it binds."""


@dataclass(slots=True, kw_only=True)
class Where:
    """A growing condition: its text and the values that it binds."""

    text: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    few: bool = False
    """Whether a term has named the few rows that the others need to be looked for in."""

    def add(self, text: str, *values: object) -> None:
        """Add a condition that must hold too."""
        self.text.append(text)
        self.values += values

    def sql(self) -> str:
        """Return the condition; always true where nothing was added."""
        return " AND ".join(self.text) or "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ByRow:
    """What stands before a column so that a condition on it is looked at row by row: `+`, or nothing."""

    facts: str = ""
    expiry: str = ""
    """Before not_after: the order by expiry is one that a condition may start from."""


def where_of(  # noqa: PLR0913 - what settles a condition, by keyword
    snapshot: Snapshot,
    wanted: Filter,
    *,
    now: datetime,
    zone: ZoneInfo,
    ordered: bool = True,
    by_expiry: bool = True,
) -> Where:
    """Return the condition on `c`, the table certificate, that the filter writes.

    `now` and `zone` settle states and days left. Where the rows come in an order and a page at a time (`ordered`), a
    term that finds fewer than FEW names them; a count begins where an index leads. `by_expiry`: that order is the one
    in which a comparison of not_after leads to where the page begins.
    """
    where = Where()
    few = FEW if ordered else COUNTED
    if wanted.terms:
        _create_functions(snapshot, wanted)
    others: list[Term] = []
    for term in wanted.terms:
        hits, values = ("", []) if term.negated else _hits(term, now, zone, by_expiry=by_expiry)
        if hits and _count(snapshot, hits, values, few) < few:
            where.add(f"c.id IN ({hits})", *values)
            where.few = True
        else:
            others.append(term)
    by_row = _ByRow(
        facts="+" if ordered or where.few else "", expiry="+" if where.few or (ordered and not by_expiry) else ""
    )
    for term in others:
        text, values = _term(term, now, zone, by_row)
        # A comparison with NULL is neither true nor false: what is not true is what the opposite asks for.
        where.add(f"({text}) IS NOT TRUE" if term.negated else f"({text})", *values)
    return where


def _create_functions(snapshot: Snapshot, wanted: Filter) -> None:
    """Give the connection what SQLite lacks; what is compiled once here is called a million times there."""
    connection = snapshot.connection
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    searches = {term.pattern: search_of(term.pattern) for term in wanted.terms if isinstance(term, Pattern)}
    if not searches:
        return

    def matches(pattern: str, text: str) -> bool:
        try:
            return searches[pattern](text) is not None
        except TimeoutError:
            connection.raised = too_slow()
            raise
        except BaseException as error:
            connection.raised = error
            raise

    connection.create_function("regexp", 2, matches, deterministic=True)


def _term(term: Term, now: datetime, zone: ZoneInfo, by_row: "_ByRow | None" = None) -> Sql:
    """Return the condition that a term writes; with `by_row`, one that lures no index away from the order."""
    by_row = by_row or _ByRow()
    match term:
        case Text():
            return _text(term)
        case Pattern():
            server = f"({_SERVER})"
            # Most servers are called what their first name is, which need not be looked at twice.
            names = f"EXISTS ({_NAMES} n.name <> {server} AND n.name REGEXP ?)"
            return f"{server} REGEXP ? OR {names}", [term.pattern, term.pattern]
        case HasState():
            return _state(term, now, by_row)
        case HasFact():
            return _fact(term, by_row.facts)
        case DaysLeft():
            return _all(lifecycle.days_conditions(term.op, term.days, now, zone), by_row)


def _hits(term: Term, now: datetime, zone: ZoneInfo, *, by_expiry: bool) -> Sql:
    """Return a query for the ids that a term finds, where an index answers it; else an empty one.

    `by_expiry`: the list comes in an order of which some states and all comparisons of days are ranges.
    """
    text, values = _term(term, now, zone)
    match term:
        case Text() if "\0" in term.text:
            return "", []
        case Text() if len(term.text) < _TRIGRAM:
            low, high = term.text, term.text + "\U0010ffff"
            return _BEGINNINGS, [low, high, low, high]
        case Text():
            return _search_index(term.text)
        case HasState() | DaysLeft() | HasFact() if _leads(term, by_expiry=by_expiry):
            return f"SELECT c.id FROM certificate c WHERE {text}", values  # noqa: S608 - values are bound
        case _:
            return "", []


def _leads(term: HasState | DaysLeft | HasFact, *, by_expiry: bool) -> bool:
    """Return whether an index leads to what a term finds, and to less than the order of the list does."""
    if isinstance(term, HasState):
        return not (by_expiry and _LISTED_STATES.intersection(term.states))
    return not by_expiry if isinstance(term, DaysLeft) else term.field is not Field.AUTHORITY


def _count(snapshot: Snapshot, hits: str, values: list[object], stop_at: int) -> int:
    row = snapshot.row(f"SELECT count(*) FROM (SELECT 1 FROM ({hits}) LIMIT ?)", [*values, stop_at])  # noqa: S608
    return row[0] if row else 0


def _search_index(text: str) -> Sql:
    query = f"{_phrase(text)} OR serial : {_phrase(digits)}" if (digits := _digits(text)) else _phrase(text)
    if (digits := _fingerprint(text)) is None:
        return _FOUND, [query]
    return _FOUND_OR_DIGEST, [query, digits, digits + "g"]


def _fingerprint(text: str) -> str | None:
    """Return the hex digits of a text that may be the beginning of a fingerprint; else None."""
    digits = re.sub(r"[:\s]", "", text)
    return digits if re.fullmatch(rf"[0-9a-f]{{{_FINGERPRINT},64}}", digits) else None


def _digits(text: str) -> str | None:
    """Return the digits of a text that may be part of a serial as browsers print it, `ab:12 cd`; else None."""
    digits = re.sub(r"[:\s]", "", text)
    return digits if digits != text and len(digits) >= _TRIGRAM and re.fullmatch(r"[0-9a-f]+", digits) else None


def _text(term: Text) -> Sql:
    text = term.text
    if "\0" in text:
        # It would end the query that the index is asked; no text on record holds one.
        return "0", []
    if len(text) < _TRIGRAM:
        low, high = text, text + "\U0010ffff"
        return (
            f"({_SERVER} AND name >= ? AND name < ?) IS NOT NULL OR EXISTS ({_NAMES} n.name >= ? AND n.name < ?)",
            [low, high, low, high],
        )
    if term.negated or not text.isascii():
        # The rows that have it are named once and passed over; and LIKE folds the case of ASCII only.
        query, bound = _search_index(text)
        return f"+c.id IN ({query})", bound
    tests = [f"{value} LIKE ? ESCAPE '!'" for value in (f"({_SERVER})", "c.serial", "c.note")]
    like, serial = _like(text), _like(_digits(text) or text)
    values: list[object] = [like, serial, like, like]
    tests.append(f"EXISTS ({_NAMES} n.name LIKE ? ESCAPE '!')")
    if (digits := _fingerprint(text)) is not None:
        tests.append("+c.sha256 BETWEEN ? AND ?")
        values += [digits, digits + "g"]
    return " OR ".join(tests), values


def _phrase(text: str) -> str:
    """Return `text` as one string of FTS5's query language."""
    return '"' + text.replace('"', '""') + '"'


def _like(text: str) -> str:
    return "%" + re.sub(r"([!%_])", r"!\1", text) + "%"


def _state(term: HasState, now: datetime, by_row: _ByRow) -> Sql:
    texts: list[str] = []
    values: list[object] = []
    for state in term.states:
        alternatives = lifecycle.ranges(state, now)
        # What all alternatives ask for stands outside the OR, where an index can serve it.
        common = tuple(one for one in alternatives[0] if all(one in other for other in alternatives))
        own = [tuple(one for one in alternative if one not in common) for alternative in alternatives]
        text, bound = _all(common, by_row)
        if len(alternatives) > 1:
            rest = [_all(alternative, by_row) for alternative in own]
            text += f" AND ({' OR '.join(f'({one})' for one, _ in rest)})"
            bound += [value for _, found in rest for value in found]
        texts.append(text)
        values += bound
    for flag in term.flags:
        text, bound = _flag(flag, now)
        texts.append(text)
        values += bound
    return (texts[0] if len(texts) == 1 else " OR ".join(f"({text})" for text in texts)) or "0", values


def _flag(flag: Flag, now: datetime) -> Sql:
    if flag is Flag.UNACCEPTED:
        return "c.accept_by > ? AND c.revoked_at IS NULL", [text_of(now)]
    if flag is Flag.NOT_SERVING:
        probed = "c.server_id IN (SELECT d.server_id FROM deployment d WHERE d.removed_at IS NULL AND d.host <> '')"
        return f"{probed} AND {NOT_SERVING} AND c.held_at IS NULL AND c.not_after >= ?", [text_of(now)]
    return _FLAGS[flag], []


def _all(conditions: tuple[Condition, ...], by_row: _ByRow) -> Sql:
    texts: list[str] = []
    values: list[object] = []
    for condition in conditions:
        if condition.column not in _COLUMNS:
            raise KeyError(condition.column)
        left = f"{by_row.expiry if condition.column == 'not_after' else by_row.facts}c.{condition.column}"
        value = condition.value
        if condition.op is Operator.IS_NULL:
            texts.append(f"{left} IS NULL")
        elif condition.op is Operator.NOT_NULL:
            texts.append(f"{left} IS NOT NULL")
        elif isinstance(value, str) and value in _STAGES:
            # A constant, not a bound value, lets a partial index serve.
            texts.append(f"{left} {condition.op.value} '{value}'")
        else:
            texts.append(f"{left} {condition.op.value} ?")
            values.append(text_of(value) if isinstance(value, datetime) else value)
    return " AND ".join(texts), values


def _fact(term: HasFact, by_row: str) -> Sql:
    texts = " OR ".join([by_row + _FACTS[term.field]] * len(term.values))
    return texts, [bound for value in term.values for bound in _fact_values(term.field, value)]


def _fact_values(name: Field, value: str) -> list[object]:
    if name is Field.AUTHORITY:
        return [_like(value).removeprefix("%")]
    if name is Field.OWNER:
        return [_like(value.casefold())]
    if name is Field.SERIAL:
        return [value, value + "G"]
    return [value, value + "g"] if name is Field.SHA256 else [value]
