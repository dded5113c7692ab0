"""How often something failed, and when it is tried again; no record of anything, so it is not journalled.

A subject is `kind:id`, as `renewal:12`, `deployment:3`, `job:check`.
"""

from datetime import datetime, timedelta
from typing import Final

from certmgr.printable import printable
from certmgr.records import dataclass
from certmgr.store.columns import moment_of, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

FIRST_WAIT: Final = timedelta(minutes=5)
"""How long after the first failure something is tried again; doubled with each further one."""
LONGEST_WAIT: Final = timedelta(hours=24)
_DOUBLINGS: Final = 16
_PROBLEM_CHARACTERS: Final = 1000
_SELECT: Final = "SELECT subject, failures, problem, last_at, succeeded_at, next_at FROM attempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How the attempts at one thing went."""

    subject: str
    failures: int
    """How often it failed since it last succeeded; 0: the last attempt succeeded."""
    problem: str
    """Why it failed last, printable, one line; empty after a success."""
    last_at: datetime
    """When it was last tried."""
    succeeded_at: datetime | None
    """When it last succeeded; None: never."""
    next_at: datetime | None
    """From when it is tried again; None: nothing is waiting."""


def wait(failures: int) -> timedelta:
    """Return how long to wait after that many failures in a row: 5 minutes, doubled each time, at most 24 hours."""
    doublings = min(max(failures, 1) - 1, _DOUBLINGS)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def failed(tx: Transaction, subject: str, problem: str, next_at: datetime | None = None) -> Attempt:
    """Count a failure of `subject` and return what is on record then.

    `problem` is one sentence, kept printable and cut to 1,000 characters. It is tried again from `next_at` on, or
    after `wait`.
    """
    before = get(tx, subject)
    failures = (before.failures if before else 0) + 1
    then = next_at or tx.now + wait(failures)
    with tx.unjournalled():
        tx.change(
            "INSERT INTO attempt (subject, failures, problem, last_at, next_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, problem = excluded.problem,"
            " last_at = excluded.last_at, next_at = excluded.next_at",
            (subject, failures, printable(problem)[:_PROBLEM_CHARACTERS], text_of(tx.now), text_of(then)),
        )
    return _required(tx, subject)


def succeeded(tx: Transaction, subject: str) -> None:
    """Record that `subject` succeeded now: no failures, nothing waiting."""
    with tx.unjournalled():
        tx.change(
            "INSERT INTO attempt (subject, failures, problem, last_at, succeeded_at)"
            " VALUES (:subject, 0, '', :now, :now)"
            " ON CONFLICT (subject) DO UPDATE SET failures = 0, problem = '', last_at = excluded.last_at,"
            " succeeded_at = excluded.succeeded_at, next_at = NULL",
            {"subject": subject, "now": text_of(tx.now)},
        )


def forget(tx: Transaction, subject: str) -> None:
    """Remove what is on record of `subject`, which is not tried any more; nothing happens where there is nothing."""
    with tx.unjournalled():
        tx.change("DELETE FROM attempt WHERE subject = ?", (subject,))


def get(snapshot: Snapshot, subject: str) -> Attempt | None:
    """Return how the attempts at `subject` went; None: it was never tried."""
    row = snapshot.row(f"{_SELECT} WHERE subject = ?", (subject,))
    return None if row is None else _attempt(row)


def all(snapshot: Snapshot, prefix: str = "") -> tuple[Attempt, ...]:  # noqa: A001 - read as attempts.all(...)
    """Return the attempts at every subject that begins with `prefix` (`renewal:`), in the order of their subjects."""
    rows = snapshot.rows(f"{_SELECT} WHERE substr(subject, 1, ?) = ? ORDER BY subject", (len(prefix), prefix))
    return tuple(_attempt(row) for row in rows)


def is_waiting(attempt: Attempt | None, now: datetime) -> bool:
    """Return whether the next attempt lies after `now`."""
    return attempt is not None and attempt.next_at is not None and now < attempt.next_at


def _required(snapshot: Snapshot, subject: str) -> Attempt:
    found = get(snapshot, subject)
    if found is None:
        raise LookupError(subject)
    return found


def _attempt(row: Row) -> Attempt:
    return Attempt(
        subject=row[0],
        failures=row[1],
        problem=row[2],
        last_at=moment_of(row[3]),
        succeeded_at=moment_of(row[4]),
        next_at=moment_of(row[5]),
    )
