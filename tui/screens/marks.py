"""Marks in a list: they belong to what is listed, and stay whatever is filtered, sorted or read again."""

from collections.abc import Sequence
from functools import partial
from typing import Generic, Protocol

from textual import work

from certmgr.errors import CertmgrError
from tui.screens.frame import FrameScreen
from tui.viewport import Side
from tui.views import Around, Page, Query, R, Tally
from tui.widgets.row_list import RowList

MOST = 10_000
"""So many rows can be marked with one key."""


class Source(Protocol[R]):
    """Where a list gets its rows; each call may wait for the store and raise CertmgrError."""

    def around(self, query: Query, anchor: R | None) -> Around[R]:
        """Return the rows on both sides of where `anchor` stands, the first of all without one."""

    def page(self, query: Query, beyond: R, side: Side) -> Page[R]:
        """Return the rows next to `beyond` at one side, in the list's order."""

    def end(self, query: Query, side: Side) -> Around[R]:
        """Return the rows at one end of the list."""

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are without the filter, and how many are hidden."""

    def numbers(self, query: Query, limit: int) -> Sequence[int]:
        """Return the numbers of the rows that match, `limit` at most."""

    def among(self, query: Query, numbers: Sequence[int]) -> int:
        """Return how many of the rows with those numbers match."""

    def stretch(self, query: Query, one: R, other: int, limit: int) -> Sequence[int]:
        """Return the numbers of the rows from `one` to the row numbered `other`, whichever comes first, both included.

        They are at most `limit`; none where `other` is not found among so many rows at either side of `one`.
        """


class MarkScreen(FrameScreen, Generic[R]):
    """A screen with a list whose rows can be marked."""

    query_now: Query
    lost: int = 0
    """How many marked rows the filter hides."""
    _last_mark: int | None = None
    """The row that was marked last, by itself or as the end of a stretch."""

    @property
    def source(self) -> Source[R]:
        """Where the rows come from."""
        raise NotImplementedError

    @property
    def table(self) -> RowList[R]:
        """The list."""
        return self.query_one(RowList)

    def say_place(self) -> None:
        """Say at the right of the keys where the cursor is, what is marked and what is hidden."""
        raise NotImplementedError

    def chosen(self) -> Sequence[int]:
        """Return the numbers that an act is about: the marked ones, else that under the cursor."""
        if self.table.marked:
            return tuple(sorted(self.table.marked))
        row = self.table.current
        return () if row is None else (row.id,)

    def action_mark(self) -> None:
        """Mark what the cursor is on, or take its mark away, and go on."""
        if (row := self.table.current) is not None:
            self.table.mark(self.table.marked ^ {row.id})
            self._last_mark = row.id
            self.table.action_move(1)
            self.say_place()

    @work(exclusive=True, group="marks")
    async def action_mark_stretch(self) -> None:
        """Mark all from the row that was marked last to the one under the cursor, whatever lies between in memory."""
        query, row, last = self.query_now, self.table.current, self._last_mark
        if row is None:
            return
        if last is None or last not in self.table.marked:
            key = self.app.keymap.shown("mark")
            self.app.say(f"Mark one end first, with {key}; then go to the other end.")
            return
        try:
            found = await self.app.marks.run(partial(self.source.stretch, query, row, last, MOST))
            listed = bool(found) or bool(await self.app.marks.run(partial(self.source.among, query, (last,))))
        except CertmgrError as error:
            self.app.say(error.message, warning=True)
            return
        if query != self.query_now:
            return
        if not listed:
            self.app.say("What was marked last is not in this list; nothing was marked.", warning=True)
        elif not found or len(self.table.marked.union(found)) > MOST:
            text = f"These would be more than {MOST:,} marks; nothing was marked. Filter, and mark all that match."
            self.app.say(text, warning=True)
        else:
            self._last_mark = row.id
            self.table.mark(self.table.marked.union(found))
            self.say_place()

    @work(exclusive=True, group="marks")
    async def action_mark_all(self) -> None:
        """Mark every row that matches, or take the marks away where all of them are marked."""
        query = self.query_now
        try:
            found = frozenset(await self.app.marks.run(partial(self.source.numbers, query, MOST + 1)))
        except CertmgrError as error:
            self.app.say(error.message, warning=True)
            return
        if query != self.query_now:
            return
        if len(found) > MOST:
            self.app.say(f"More than {MOST:,} match; nothing was marked. Filter first.", warning=True)
            return
        marked = self.table.marked
        self.table.mark(marked - found if found <= marked else marked | found)
        self.say_place()

    def unmark(self) -> None:
        """Take all marks away."""
        self.table.mark(frozenset())
        self.lost = 0
        self.say_place()

    async def count_lost(self, query: Query) -> None:
        """Count the marked rows that are hidden; most often all that are marked are in memory."""
        marked = self.table.marked
        away = marked - {row.id for row in self.table.view.rows}
        if away:
            matching = await self.app.counts.run(partial(self.source.among, query, tuple(away)))
            self.lost = len(away) - matching
        else:
            self.lost = 0

    def marks_text(self) -> str:
        """Return what the note says of marks: `3 marked (2 filtered out), `."""
        marked = len(self.table.marked)
        away = f" ({self.lost:,} filtered out)" if self.lost else ""
        return f"{marked:,} marked{away}, " if marked else ""
