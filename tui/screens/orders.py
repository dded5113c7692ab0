"""How a list is looked at: its order by key or by a click on a heading, and what is remembered of it."""

from dataclasses import replace
from typing import ClassVar

from textual import on

from tui.remembered import ListMemory
from tui.screens.marks import MarkScreen
from tui.views import Query, R
from tui.widgets.filter_bar import FilterBar
from tui.widgets.row_list import RowList


class OrderScreen(MarkScreen[R]):
    """A screen with a list that can be sorted."""

    SORTS: ClassVar[tuple[str, ...]] = ("",)
    """By what the list can be sorted, in the words of its source; the first is its own order."""

    def ordered(self) -> None:
        """Read the rows in the order of `query_now`."""
        raise NotImplementedError

    def recall(self) -> None:
        """Look at the list as it was left."""
        if (kept := self.app.recalled(self)) is None:
            return
        self.query_now = Query(
            filter_text=kept.filter_text,
            show_hidden=kept.show_hidden,
            sort=kept.sort if kept.sort in self.SORTS else "",
            descending=kept.descending,
        )
        self.query_one(FilterBar).restore(kept.filter_text)

    def remembered(self) -> ListMemory:
        """Return what is worth remembering of how the list is looked at."""
        now = self.query_now
        return ListMemory(
            sort=now.sort, descending=now.descending, show_hidden=now.show_hidden, filter_text=now.filter_text
        )

    def action_sort(self) -> None:
        """Sort by the next column."""
        if len(self.SORTS) > 1:
            place = self.SORTS.index(self.query_now.sort) if self.query_now.sort in self.SORTS else 0
            self.query_now = replace(self.query_now, sort=self.SORTS[(place + 1) % len(self.SORTS)])
            self.ordered()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.query_now = replace(self.query_now, descending=not self.query_now.descending)
        self.ordered()

    @on(RowList.Headed)
    def _headed(self, event: RowList.Headed) -> None:
        """Sort by the column whose heading was clicked; where the list is sorted so, the other way round."""
        if event.order == (self.query_now.sort or self.SORTS[0]):
            self.action_reverse()
        elif event.order in self.SORTS:
            self.query_now = replace(self.query_now, sort=event.order, descending=False)
            self.ordered()
