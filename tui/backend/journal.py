"""The journal: the list, one entry, and the proof that none was changed."""

from collections.abc import Callable

from certmgr import journal as form
from certmgr.models.journal import Entry
from certmgr.queries import journal as queries
from tui.backend.core import Core
from tui.backend.keyset import Keyset
from tui.values.journal import JournalDetail, JournalRow, Proof
from tui.viewport import PAGE
from tui.views import Count, Page, Query, Tally

STOP_AT = 10_000
"""Counting stops here (DETAILS 60)."""


class Journal(Keyset[JournalRow]):
    """Every entry, the newest first."""

    def __init__(self, core: Core) -> None:
        """Read in the core's workspace."""
        self._workspace = core.workspace

    def read(self, query: Query, after: JournalRow | None, *, inclusive: bool, backwards: bool) -> Page[JournalRow]:
        """Return the entries beyond `after` in the given direction."""
        found = queries.search(
            self._workspace,
            query.filter_text,
            oldest_first=query.descending is not backwards,
            beyond=None if after is None else after.id,
            inclusive=inclusive,
            limit=PAGE + 1,
        )
        return Page(rows=tuple(_row(one) for one in found[:PAGE]), complete=len(found) <= PAGE)

    def tally(self, query: Query) -> Tally:
        """Return how many match, and how many there are."""
        matching = self._count(query.filter_text)
        total = self._count("") if query.filter_text else matching
        return Tally(matching=matching, total=total, hidden=Count(number=0))

    def detail(self, seq: int) -> JournalDetail:
        """Return one entry with the one before it, each compared with its hash; raises NotFoundError."""
        entry, before = queries.entry(self._workspace, seq)
        expected = before.hash if before else form.FIRST_PREV
        return JournalDetail(
            entry=entry, before=before, matches=form.entry_hash(entry) == entry.hash, follows=entry.prev == expected
        )

    def prove(self, watch: Callable[[int, int], None]) -> Proof:
        """Compare every entry with its hash and with the one before it; `watch` is told how many of how many."""
        problems, last = queries.verify(self._workspace, watch=watch)
        return Proof(
            entries=last.seq if last else 0,
            head=last.hash if last else "",
            newest_at=last.at[:19].replace("T", " ") if last else "",
            problems=tuple(one.message for one in problems),
        )

    def _count(self, text: str) -> Count:
        number = queries.count(self._workspace, text, stop_at=STOP_AT)
        return Count(number=number, capped=number >= STOP_AT)


def _row(entry: Entry) -> JournalRow:
    return JournalRow(
        id=entry.seq,
        at=entry.at[:19].replace("T", " "),
        actor=entry.actor,
        action=entry.action,
        object=entry.object,
        hash=entry.hash,
    )
