"""The part of a long list that is in memory, and the cursor in it. Pure; the store is asked elsewhere.

Rows come in keyset pages, so a place in the list is a row, never a number: the cursor belongs to a
thing (a certificate, a server) and stays with it whatever is added, removed or changed around it.
"""

from enum import Enum
from typing import TYPE_CHECKING, Generic

from tui.views import Around, Page, R

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 200
KEEP = 5 * PAGE
"""Rows kept in memory at most; those farthest from the cursor go first."""
AHEAD = PAGE // 2
"""With fewer rows than this before the cursor, the next page is fetched."""


class Side(Enum):
    """The two ends at which rows are added."""

    BEFORE = "before"
    AFTER = "after"


class Viewport(Generic[R]):
    """Rows in memory, the first line shown, and the cursor."""

    def __init__(self) -> None:
        """Begin empty, with room for one line."""
        self.rows: tuple[R, ...] = ()
        self.at_start = True
        self.at_end = True
        self.first: int | None = 0
        """The position of rows[0] in the whole list; None where it is not known."""
        self.cursor = 0
        self.top = 0
        self.height = 1

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    @property
    def position(self) -> int | None:
        """The place of the cursor in the whole list, from 1; None where it is not known."""
        return None if self.first is None or not self.rows else self.first + self.cursor + 1

    def place_of(self, stretch: Around[R]) -> int | None:
        """Return the place of the first row of `stretch`, which lies around the cursor, in the whole list."""
        row = self.current
        if self.first is None or row is None:
            return None
        before = next((index for index, one in enumerate(stretch.rows) if one.id == row.id), stretch.before)
        return max(self.first + self.cursor - before, 0)

    def visible(self) -> range:
        """Return the indices of the rows on screen."""
        return range(self.top, min(self.top + self.height, len(self.rows)))

    def resize(self, height: int) -> None:
        """Take `height` lines, at least one, and keep the cursor on screen."""
        self.height = max(height, 1)
        self._settle()

    def move(self, delta: int) -> bool:
        """Move the cursor by `delta` rows; returns whether the lines on screen have scrolled."""
        top = self.top
        self.cursor += delta
        self._settle()
        return top != self.top

    def scroll(self, delta: int) -> bool:
        """Move the lines by `delta` and take the cursor along only where it would leave the screen."""
        top = self.top
        self.top = min(max(self.top + delta, 0), max(len(self.rows) - self.height, 0))
        self.cursor = min(max(self.cursor, self.top), self.top + self.height - 1)
        self._settle()
        return top != self.top

    def replace(self, stretch: Around[R], *, anchor: int | None, first: int | None) -> None:
        """Take other rows; the cursor stays on `anchor` at its line of the screen where it still exists.

        Where it does not, the cursor goes to the nearest row that followed it, else to the nearest before
        it, else to the first row of all.
        """
        line = self.cursor - self.top
        place = {row.id: index for index, row in enumerate(stretch.rows)}
        found = place.get(anchor) if anchor is not None else None
        if found is None and anchor is not None:
            found = self._neighbour(place)
        self.rows = stretch.rows
        self.at_start, self.at_end = stretch.at_start, stretch.at_end
        self.first = 0 if stretch.at_start else first
        self.cursor = found or 0
        self.top = self.cursor - line if found is not None else 0
        self._settle()

    def extend(self, page: Page[R], side: Side) -> None:
        """Add a page at one side; at the other side, rows beyond the limit are forgotten."""
        known = {row.id for row in self.rows}
        fresh = tuple(row for row in page.rows if row.id not in known)
        if side is Side.AFTER:
            self.rows += fresh
            self.at_end = page.complete
        else:
            self.rows = fresh + self.rows
            self.at_start = page.complete
            self._shift(len(fresh))
        self._trim(side)
        if self.at_start:
            self.first = 0

    def wants(self) -> Side | None:
        """Return the side at which rows are soon needed, or None."""
        if not self.at_end and len(self.rows) - self.top - self.height < AHEAD:
            return Side.AFTER
        if not self.at_start and self.top < AHEAD:
            return Side.BEFORE
        return None

    def is_near(self, side: Side) -> bool:
        """Return whether less than a screen of rows is left at that side."""
        left = self.top if side is Side.BEFORE else len(self.rows) - self.top - self.height
        return left < self.height

    def _neighbour(self, place: dict[int, int]) -> int | None:
        """Return where the nearest row of the old rows that is still there now stands."""
        ordered: Sequence[R] = (*self.rows[self.cursor :], *reversed(self.rows[: self.cursor]))
        return next((place[row.id] for row in ordered if row.id in place), None)

    def _shift(self, count: int) -> None:
        """Account for `count` rows put before (or, negative, taken from before) the others."""
        self.cursor += count
        self.top += count
        if self.first is not None:
            self.first = max(self.first - count, 0)

    def _trim(self, side: Side) -> None:
        """Forget rows at the side away from the one that grew."""
        over = len(self.rows) - KEEP
        if over <= 0:
            return
        if side is Side.AFTER:
            over = min(over, self.top)
            self.rows = self.rows[over:]
            self.at_start = self.at_start and over == 0
            self._shift(-over)
        else:
            over = min(over, len(self.rows) - self.top - self.height)
            self.rows = self.rows[: len(self.rows) - over]
            self.at_end = self.at_end and over == 0

    def _settle(self) -> None:
        """Bring cursor and first line back into bounds, the cursor on screen."""
        count = len(self.rows)
        self.cursor = min(max(self.cursor, 0), max(count - 1, 0))
        self.top = min(max(self.top, self.cursor - self.height + 1), self.cursor)
        self.top = min(max(self.top, 0), max(count - self.height, 0))
