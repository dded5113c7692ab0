"""The queue of revocation requests, by pages that start where the last one ended.

A request is in the queue while something about it is still due: its acknowledgement, verification or publication, the
report of its incident, the decision on its hold or the hold's release. The others are over.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from certmgr.commitments import Kind
from certmgr.models.revocations import Revocation, RevocationId
from certmgr.records import dataclass
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Snapshot
from certmgr.store.revocations import SELECT, revocation_of

_HELD: Final = (
    "SELECT max(h.id) FROM revocation h WHERE h.cause = 'suspended' AND h.revoked_at IS NOT NULL"
    " AND h.certificate_id IN (SELECT CAST(substr(object, 13) AS INTEGER) FROM commitment"
    " WHERE met_at IS NULL AND voided_at IS NULL AND kind IN ('decide-hold', 'release-hold'))"
    " GROUP BY h.certificate_id"
)
_INCIDENTS: Final = (
    "SELECT CAST(substr(object, 12) AS INTEGER) FROM commitment"
    " WHERE met_at IS NULL AND voided_at IS NULL AND kind = 'report-incident'"
)
_WAITING: Final = f"((r.closed_at IS NULL AND r.published_at IS NULL) OR r.id IN ({_INCIDENTS}) OR r.id IN ({_HELD}))"
# A missed acknowledgement is a broken promise, and what comes next is the verification.
_ABOUT: Final = (
    "FROM commitment k WHERE k.met_at IS NULL AND k.voided_at IS NULL"
    " AND k.object IN ('revocation:' || r.id, CASE WHEN r.published_at IS NOT NULL THEN 'certificate:' ||"
    " r.certificate_id END)"
    " AND NOT (k.kind = 'acknowledge-revocation' AND k.due_at < ?)"
)
_DUE: Final = f"coalesce((SELECT min(k.due_at) {_ABOUT}), r.due_at, r.verify_due_at)"
_KIND: Final = f"(SELECT k.kind {_ABOUT} ORDER BY k.due_at, k.id LIMIT 1)"
_STATE: Final = (
    "CASE WHEN r.closed_at IS NOT NULL THEN coalesce(r.closed_how, 'closed')"
    f" WHEN r.published_at IS NOT NULL THEN iif(r.id IN ({_HELD}), 'held', 'done')"
    " WHEN r.revoked_at IS NOT NULL THEN 'revoked' WHEN r.verified_at IS NOT NULL THEN 'verified' ELSE 'received' END"
)
_TEXT: Final = (
    "casefold(coalesce(s.name, a.slug) || ' ' || coalesce(c.serial, a.serial, '') || ' ' || r.cause || ' ' ||"
    f" r.requested_by || ' ' || r.note || ' ' || r.evidence || ' ' || {_STATE})"
)


class QueueOrder(StrEnum):
    """By what the queue is sorted; equal ones by number."""

    DUE = "due"
    """By what is due next."""
    RECEIVED = "received"
    SERVER = "server"


class Part(StrEnum):
    """Which requests are meant."""

    WAITING = "waiting"
    """In the queue: something is due."""
    OVER = "over"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A request with what is due next about it."""

    revocation: Revocation
    kind: Kind | None
    """What is due; None: nothing is."""
    due: datetime | None
    waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended: what its last row is sorted by, and its number."""

    value: str
    id: int


_COLUMNS: Final = {QueueOrder.DUE: _DUE, QueueOrder.SERVER: "coalesce(s.name, a.slug)"}
"""What an order goes by before the number; requests are numbered in the order of their receipt."""
_PARTS: Final = {Part.WAITING: _WAITING, Part.OVER: f"NOT {_WAITING}", Part.ALL: "1"}


def page(  # noqa: PLR0913 - the options of a list, by keyword
    snapshot: Snapshot,
    *,
    now: datetime,
    part: Part = Part.WAITING,
    order: QueueOrder = QueueOrder.DUE,
    descending: bool = False,
    words: Sequence[str] = (),
    after: Place | None = None,
    limit: int = 200,
) -> tuple[Queued, ...]:
    """Return up to `limit` requests beyond `after`, one more where there are more.

    Every one of `words`, in any case, stands somewhere in what is on record about them; none that begins with `!`.
    """
    column, at = _COLUMNS.get(order, ""), text_of(now)
    bound = [at] if order is QueueOrder.DUE else []
    where, values = _where(snapshot, part, words)
    beyond, way = ("<", "DESC") if descending else (">", "ASC")
    if after is not None:
        where += f" AND ({column}, r.id) {beyond} (?, ?)" if column else f" AND r.id {beyond} ?"
        values += [*bound, after.value, after.id] if column else [after.id]
    ordered = f"{column} {way}, r.id {way}" if column else f"r.id {way}"
    columns, tables = SELECT.split(" FROM revocation r", 1)
    sql = f"{columns}, {_WAITING}, {_KIND}, {_DUE} FROM revocation r{tables} WHERE {where} ORDER BY {ordered} LIMIT ?"
    rows = snapshot.rows(sql, (at, at, *values, *bound, limit + 1))
    return tuple(
        Queued(
            revocation=revocation_of(row),
            kind=Kind(row[-2]) if row[-3] and row[-2] else None,
            due=moment_of(row[-1]) if row[-3] else None,
            waiting=bool(row[-3]),
        )
        for row in rows
    )


def count(snapshot: Snapshot, *, part: Part, words: Sequence[str] = (), stop_at: int = 10_000) -> int:
    """Return how many requests there are; `stop_at` means that many or more (DETAILS 60)."""
    where, values = _where(snapshot, part, words)
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM revocation r LEFT JOIN certificate c ON c.id = r.certificate_id"  # noqa: S608
        " LEFT JOIN server s ON s.id = c.server_id LEFT JOIN authority a ON a.id = r.authority_id"
        f" WHERE {where} LIMIT ?)"
    )
    row = snapshot.row(sql, (*values, stop_at))
    return int(row[0]) if row else 0


def one(snapshot: Snapshot, revocation: RevocationId, *, now: datetime) -> Queued | None:
    """Return the request with that number with what is due next about it; None where there is none."""
    found = page(
        snapshot,
        now=now,
        part=Part.ALL,
        order=QueueOrder.RECEIVED,
        after=Place(value="", id=revocation - 1),
        limit=1,
    )
    return found[0] if found and found[0].revocation.id == revocation else None


def place_of(queued: Queued, order: QueueOrder) -> Place:
    """Return the place of a request in an order."""
    values = {
        QueueOrder.DUE: text_of(queued.due) or "",
        QueueOrder.RECEIVED: "",
        QueueOrder.SERVER: queued.revocation.server,
    }
    return Place(value=values[order], id=queued.revocation.id)


def _where(snapshot: Snapshot, part: Part, words: Sequence[str]) -> tuple[str, list[object]]:
    """Return the condition and what is bound in it."""
    if words:
        snapshot.connection.create_function("casefold", 1, str.casefold, deterministic=True)
    where = _PARTS[part]
    values: list[object] = []
    for word in words:
        negated = word.startswith("!")
        text = word.removeprefix("!").casefold()
        if text:
            where += f" AND instr({_TEXT}, ?) {'= 0' if negated else '> 0'}"
            values.append(text)
    return where, values
