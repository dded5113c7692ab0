"""Lists that are read in pages from where the last one ended, and short ones that are read whole."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

from tui.viewport import PAGE, Side
from tui.views import Around, Count, Page, Query, R, Tally

LOOKED_AT = 10_000
"""Marks are looked for among so many rows; certificates do it by their numbers."""


class Keyset(Generic[R]):
    """A list in the store that is too long to be read whole: `read` gives a page, the rest follows."""

    @abstractmethod
    def read(self, query: Query, after: R | None, *, inclusive: bool, backwards: bool) -> Page[R]:
        """Return the rows beyond `after` (with it, if `inclusive`), nearest first; the first or last of all without.

        `backwards` walks against the query's order. Raises CertmgrError.
        """

    def page(self, query: Query, beyond: R, side: Side) -> Page[R]:
        """Return the rows next to `beyond` at one side, in the list's order."""
        return self._page(query, beyond, side, inclusive=False)

    def end(self, query: Query, side: Side) -> Around[R]:
        """Return the rows at one end of the list."""
        page = self._page(query, None, Side.AFTER if side is Side.BEFORE else Side.BEFORE, inclusive=False)
        if side is Side.BEFORE:
            return Around(rows=page.rows, at_start=True, at_end=page.complete)
        return Around(rows=page.rows, at_start=page.complete, at_end=True)

    def around(self, query: Query, anchor: R | None) -> Around[R]:
        """Return the rows on both sides of where `anchor` stands, whether it is still there or not.

        Without an anchor they are the first rows of all.
        """
        if anchor is None:
            return self.end(query, Side.BEFORE)
        before = self._page(query, anchor, Side.BEFORE, inclusive=False)
        after = self._page(query, anchor, Side.AFTER, inclusive=True)
        return Around(
            rows=before.rows + after.rows, at_start=before.complete, at_end=after.complete, before=len(before.rows)
        )

    def numbers(self, query: Query, limit: int) -> Sequence[int]:
        """Return the numbers of the rows that match, `limit` at most."""
        found: list[int] = []
        page = self.read(query, None, inclusive=False, backwards=False)
        while page.rows:
            found += [row.id for row in page.rows]
            if page.complete or len(found) >= limit:
                break
            page = self.read(query, page.rows[-1], inclusive=False, backwards=False)
        return found[:limit]

    def among(self, query: Query, numbers: Sequence[int]) -> int:
        """Return how many of the rows with those numbers match."""
        return len(set(numbers).intersection(self.numbers(query, LOOKED_AT)))

    def stretch(self, query: Query, one: R, other: int, limit: int) -> Sequence[int]:
        """Return the numbers of the rows from `one` to the row numbered `other`, whichever comes first, both included.

        They are at most `limit`; none where `other` is not found among so many rows at either side of `one`. Both sides
        are searched by turns, so that what is near is found soon.
        """
        if one.id == other:
            return (one.id,)
        sides = {Side.AFTER: [one.id], Side.BEFORE: [one.id]}
        edges = {Side.AFTER: one, Side.BEFORE: one}
        while edges:
            for side, edge in tuple(edges.items()):
                rows = self.read(query, edge, inclusive=False, backwards=side is Side.BEFORE)
                for row in rows.rows:
                    sides[side].append(row.id)
                    if len(sides[side]) > limit:
                        break
                    if row.id == other:
                        return sides[side]
                if rows.complete or not rows.rows or len(sides[side]) >= limit:
                    del edges[side]
                else:
                    edges[side] = rows.rows[-1]
        return ()

    def _page(self, query: Query, beyond: R | None, side: Side, *, inclusive: bool) -> Page[R]:
        backwards = side is Side.BEFORE
        page = self.read(query, beyond, inclusive=inclusive, backwards=backwards)
        return Page(rows=page.rows[::-1], complete=page.complete) if backwards else page


class Whole(Generic[R]):
    """A short list, read whole each time: CAs, campaigns, findings."""

    def __init__(
        self,
        rows: Callable[[Query], Sequence[R]],
        *,
        text: Callable[[R], str],
        sorts: Mapping[str, Callable[[R], Any]] | None = None,
        over: Callable[[R], bool] = lambda _row: False,
    ) -> None:
        """Read with `rows`, in the list's own order.

        `text` is what the words of a filter are looked for in, `sorts` the keys of the named orders, `over` tells what
        is hidden unless asked for.
        """
        self._rows, self._text, self._sorts, self._over = rows, text, sorts or {}, over

    def page(self, query: Query, beyond: R, side: Side) -> Page[R]:
        """Return nothing: every row is in memory already."""
        del query, beyond, side
        return Page(rows=(), complete=True)

    def end(self, query: Query, side: Side) -> Around[R]:
        """Return every row."""
        del side
        return self.around(query, None)

    def around(self, query: Query, anchor: R | None) -> Around[R]:
        """Return every row that the filter lets through."""
        rows = [row for row in self._matching(query) if query.show_hidden or not self._over(row)]
        if query.sort in self._sorts:
            rows.sort(key=self._sorts[query.sort])
        if query.descending:
            rows.reverse()
        before = next((place for place, row in enumerate(rows) if anchor is not None and row.id == anchor.id), 0)
        return Around(rows=tuple(rows), at_start=True, at_end=True, before=before)

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are, and how many are hidden."""
        matching = self._matching(query)
        shown = sum(query.show_hidden or not self._over(row) for row in matching)
        total = sum(query.show_hidden or not self._over(row) for row in self._rows(query))
        return Tally(
            matching=Count(number=shown), total=Count(number=total), hidden=Count(number=len(matching) - shown)
        )

    def numbers(self, query: Query, limit: int) -> Sequence[int]:
        """Return the numbers of the rows that match, `limit` at most."""
        return [row.id for row in self.around(query, None).rows][:limit]

    def among(self, query: Query, numbers: Sequence[int]) -> int:
        """Return how many of the rows with those numbers match."""
        return len(set(numbers).intersection(self.numbers(query, LOOKED_AT)))

    def stretch(self, query: Query, one: R, other: int, limit: int) -> Sequence[int]:
        """Return the numbers of the rows from `one` to the row numbered `other`, both included, `limit` at most."""
        numbers = [row.id for row in self.around(query, None).rows]
        if one.id not in numbers or other not in numbers:
            return ()
        first, last = sorted((numbers.index(one.id), numbers.index(other)))
        return numbers[first : last + 1] if last - first < limit else ()

    def _matching(self, query: Query) -> list[R]:
        """Return the rows in which every word of the filter occurs, and none that is written with `!`."""
        words = query.filter_text.casefold().split()
        wanted = [word for word in words if not word.startswith("!")]
        unwanted = [word[1:] for word in words if len(word) > 1 and word.startswith("!")]
        found = []
        for row in self._rows(query):
            text = self._text(row).casefold()
            if all(word in text for word in wanted) and not any(word in text for word in unwanted):
                found.append(row)
        return found


__all__ = ["PAGE", "Keyset", "Whole"]
