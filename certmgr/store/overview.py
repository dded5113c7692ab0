"""What an overview counts: figures and the first of each kind, by index, however many certificates there are."""

from datetime import datetime
from typing import Final, NamedTuple

from certmgr.commitments import Commitment, CommitmentId, Kind
from certmgr.store.columns import dump, moment_of, text_of
from certmgr.store.connection import Snapshot

_OPEN: Final = "met_at IS NULL AND voided_at IS NULL"
_ALONE: Final = "stage = 'issued' AND revoked_at IS NULL AND superseded_at IS NULL"
"""What the index certificate_end holds: certificates without a successor."""
_BY_HAND: Final = (
    "(held_at IS NOT NULL OR server_id IN (SELECT id FROM server WHERE auto_renew = 0) OR (key_origin = 'csr'{kept}))"
)
"""What nothing renews by itself: suspended, set to be renewed by hand, or waiting for its owner's CSR (DETAILS 19)."""
_KEPT: Final = " AND profile COLLATE NOCASE NOT IN (SELECT value FROM json_each(:kept))"


class Ends(NamedTuple):
    """How many certificates without a successor end in a stretch of time."""

    by_itself: int
    """They will renew by themselves."""
    by_hand: int
    """Somebody has to renew them, and their time has not come."""
    waiting: int
    """Somebody has to renew them, and it is time."""
    overdue: int
    """They should have renewed by themselves, and did not."""


class Failing(NamedTuple):
    """Something that failed at its last attempt."""

    subject: str
    """`deployment:3`."""
    server: str
    """Whose it is; empty where that is not known."""
    failures: int
    problem: str


def ends(  # noqa: PLR0913 - by keyword
    snapshot: Snapshot,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    late: datetime,
    kept: tuple[str, ...] = (),
) -> Ends:
    """Return how many certificates in use or held, without a successor, end from `since` on and before `until`.

    What renews by itself is overdue where it was due at `late`; `kept` are the profiles that keep a CSR's key, so that
    nobody is waited for.
    """
    by_hand = _BY_HAND.format(kept=_KEPT if kept else "")
    row = snapshot.row(
        "SELECT count(*) FILTER (WHERE hand = 0 AND renew_at > :late),"  # noqa: S608 - constants
        " count(*) FILTER (WHERE hand = 1 AND renew_at > :now), count(*) FILTER (WHERE hand = 1 AND renew_at <= :now),"
        " count(*) FILTER (WHERE hand = 0 AND renew_at <= :late)"
        f" FROM (SELECT renew_at, {by_hand} AS hand FROM certificate WHERE {_ALONE}"
        " AND not_after >= :since AND not_after < :until AND (held_at IS NOT NULL OR not_after >= :now))",
        {
            "since": text_of(since),
            "until": text_of(until),
            "now": text_of(now),
            "late": text_of(late),
            **({"kept": dump(list(kept))} if kept else {}),
        },
    )
    return Ends(*row) if row else Ends(0, 0, 0, 0)


def count_expired(snapshot: Snapshot, now: datetime, *, since: datetime) -> int:
    """Return how many certificates have ended since then without a successor."""
    row = snapshot.row(
        f"SELECT count(*) FROM certificate WHERE {_ALONE} AND not_after >= ? AND not_after < ? AND held_at IS NULL",  # noqa: S608 - constants
        (text_of(since), text_of(now)),
    )
    return int(row[0]) if row else 0


def count_unaccepted(snapshot: Snapshot, now: datetime) -> int:
    """Return how many certificates their subscribers may still object to (R3.3)."""
    row = snapshot.row(
        "SELECT count(*) FROM certificate WHERE accept_by IS NOT NULL AND accept_by > ? AND revoked_at IS NULL",
        (text_of(now),),
    )
    return int(row[0]) if row else 0


def open_commitments(snapshot: Snapshot, *, limit: int) -> tuple[Commitment, ...]:
    """Return the promises neither kept nor void that are due first, at most `limit`."""
    rows = snapshot.rows(
        f"SELECT id, kind, object, opened_at, due_at FROM commitment WHERE {_OPEN} ORDER BY due_at, id LIMIT ?",  # noqa: S608 - constants
        (limit,),
    )
    return tuple(
        Commitment(
            id=CommitmentId(row[0]),
            kind=Kind(row[1]),
            object=row[2],
            opened_at=moment_of(row[3]),
            due_at=moment_of(row[4]),
        )
        for row in rows
    )


def count_commitments(snapshot: Snapshot, now: datetime) -> tuple[int, int]:
    """Return how many promises are open, and how many of these are overdue."""
    row = snapshot.row(
        f"SELECT count(*), count(*) FILTER (WHERE due_at < ?) FROM commitment WHERE {_OPEN}",  # noqa: S608 - constants
        (text_of(now),),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def failing(snapshot: Snapshot, kind: str, *, limit: int) -> tuple[int, tuple[Failing, ...]]:
    """Return how many subjects of that kind (`deployment`) failed at their last attempt, and those that failed most."""
    span = (f"{kind}:", f"{kind};")
    rows = snapshot.rows(
        "SELECT subject, failures, problem, count(*) OVER () FROM attempt"
        " WHERE subject >= ? AND subject < ? AND failures > 0 ORDER BY failures DESC, subject LIMIT ?",
        (*span, limit),
    )
    found = tuple(Failing(row[0], _server_of(snapshot, row[0]), row[1], row[2]) for row in rows)
    return (int(rows[0][3]) if rows else 0), found


def count_notices(snapshot: Snapshot) -> tuple[int, int]:
    """Return how many notices failed and are tried again, and how many were given up."""
    trying = snapshot.row(
        "SELECT count(*) FROM notice WHERE sent_at IS NULL AND given_up_at IS NULL AND covered_at IS NULL"
        " AND attempts > 0"
    )
    given_up = snapshot.row(
        "SELECT count(*) FROM notice WHERE given_up_at IS NOT NULL AND sent_at IS NULL AND covered_at IS NULL"
    )
    return int(trying[0]) if trying else 0, int(given_up[0]) if given_up else 0


def last_entry(snapshot: Snapshot, kind: str, action: str) -> str | None:
    """Return when `action` was journalled last about a thing of that kind, as the journal writes it; None: never."""
    row = snapshot.row(
        "SELECT max(at) FROM journal WHERE object >= ? AND object < ? AND action = ?", (f"{kind}:", f"{kind};", action)
    )
    return None if row is None else row[0]


_SERVERS: Final = {
    "deployment": "SELECT s.name FROM deployment d JOIN server s ON s.id = d.server_id WHERE d.id = ?",
    "probe": "SELECT s.name FROM deployment d JOIN server s ON s.id = d.server_id WHERE d.id = ?",
    "renewal": "SELECT s.name FROM certificate c JOIN server s ON s.id = c.server_id WHERE c.id = ?",
}


def _server_of(snapshot: Snapshot, subject: str) -> str:
    kind, _, identity = subject.partition(":")
    sql = _SERVERS.get(kind)
    row = None if sql is None else snapshot.row(sql, (identity,))
    return "" if row is None else str(row[0])
