"""A list of anything: draws the lines that are visible from rows in memory, and asks for more in time.

A line-API widget: what is drawn costs the same for ten rows and for a million. It knows no store; the screen answers
its messages. What a row looks like is said by a subclass.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Generic

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.commands import Scope, bindings
from tui.present import Glyphs, Ink, Line, Piece, joined, next_tick
from tui.viewport import Side, Viewport
from tui.views import Around, Listed, Page, R
from tui.widgets.covered import covered

if TYPE_CHECKING:
    from textual.timer import Timer

_WHEEL = 3
_KEPT_STRIPS = 150

_LineKey = tuple[Listed | None, bool, bool, bool | None]
"""The row, whether it is the cursor's, whether it is marked, whether it has the thumb of the scroll bar beside it."""


class RowList(Widget, Generic[R], can_focus=True):
    """A heading and rows, a cursor and marks that belong to what is listed, a scroll bar in the last column."""

    STEADY: ClassVar[bool] = False
    """Whether a row looks the same until it, its countdown or the columns change: its line is drawn once then."""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.MOVEMENT)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--cursor",
        "list--cursor-blurred",
        "list--thumb",
        "list--track",
        *(f"list--{ink.value}" for ink in Ink),
    }

    class Highlighted(Message):
        """The cursor stands on another row, or on none."""

        def __init__(self, row: Listed | None) -> None:
            """Keep the row."""
            super().__init__()
            self.row = row

    class Opened(Message):
        """A row was clicked while the cursor stood on it."""

    class Headed(Message):
        """The heading of a column was clicked."""

        def __init__(self, order: str) -> None:
            """Keep the name of the order by that column."""
            super().__init__()
            self.order = order

    class Wanted(Message):
        """Rows are needed at one side."""

        def __init__(self, side: Side) -> None:
            """Keep the side."""
            super().__init__()
            self.side = side

    class Jump(Message):
        """The first or the last row of the whole list is wanted and not in memory."""

        def __init__(self, side: Side) -> None:
            """Keep the side: BEFORE is the first row."""
            super().__init__()
            self.side = side

    def __init__(self, *, glyphs: Glyphs, clock: Callable[[], datetime]) -> None:
        """Begin empty."""
        super().__init__()
        self._glyphs = glyphs
        self._clock = clock
        self._ticking: dict[int, str] = {}
        self._ticker: Timer | None = None
        self._dues: tuple[datetime, ...] = ()
        self._strips: dict[tuple[object, ...], Strip] = {}
        self._base: Style | None = None
        self._lines: list[_LineKey] = []
        """What decides how each line below the heading was last drawn."""
        self._empty: tuple[Line, ...] = ()
        self.now = clock()
        self.marked: frozenset[int] = frozenset()
        """The numbers of the marked rows, of those not in memory too."""
        self.total: int | None = None
        """How many rows the whole list has; None: not counted yet."""
        self.view: Viewport[R] = Viewport()

    def heading(self) -> Line:
        """Return the line of headings, as wide as the widget."""
        raise NotImplementedError

    def line(self, row: R) -> Line:
        """Return one row as pieces of safe text that fill the widget; the first cell is left blank for the mark."""
        raise NotImplementedError

    def order_at(self, column: int) -> str:
        """Return by what the heading at this cell sorts; empty: by nothing."""
        del column
        return ""

    def due(self, row: R) -> datetime | None:
        """Return the deadline that the row counts down to, if it does."""
        del row
        return None

    def ticking(self, row: R) -> str:
        """Return the part of the row that changes with the clock."""
        del row
        return ""

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        return self.view.current

    def replace(self, stretch: Around[R], *, anchor: int | None, first: int | None) -> None:
        """Take other rows and keep the cursor on `anchor`; only what reads differently is drawn."""
        self.now = self._clock()
        self.view.replace(stretch, anchor=anchor, first=first)
        self.tick()
        self._moved()

    def count(self, total: int | None) -> None:
        """Take the number of rows that the whole list has; the scroll bar shows it."""
        self.total = total
        self._draw()

    def extend(self, page: Page[R], side: Side) -> None:
        """Add rows at one side."""
        self.view.extend(page, side)
        self._moved()

    def say(self, lines: tuple[Line, ...]) -> None:
        """Show `lines` where there is no row to show."""
        changed, self._empty = self._empty != lines, lines
        if changed and not self.view.rows:
            self.refresh()

    def mark(self, marked: frozenset[int]) -> None:
        """Take other marks."""
        self.marked = marked
        self._draw()

    def tick(self) -> None:
        """Draw those lines again whose countdown reads differently by now, and only those."""
        self.now = self._clock()
        for index in self.view.visible():
            row = self.view.rows[index]
            if self.ticking(row) != self._ticking.get(row.id, ""):
                self._refresh_row(index)

    def _tick_on(self) -> None:
        """Draw the countdowns that have changed, and come back when they will next."""
        if not covered(self):
            self.tick()
        self._count_down()

    def _count_down(self) -> None:
        """Come back when one of the countdowns on screen will read differently."""
        if self._ticker is not None:
            self._ticker.stop()
        self._dues = self.visible_dues()
        self._ticker = self.set_timer(next_tick(self._dues, self._clock()), self._tick_on) if self._dues else None

    def visible_dues(self) -> tuple[datetime, ...]:
        """Return the deadlines that are on screen."""
        dues = (self.due(self.view.rows[index]) for index in self.view.visible())
        return tuple(due for due in dues if due is not None)

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget: the heading, a row, or what is said of an empty list."""
        if y == 0:
            return self._strip(self.heading())
        index = self.view.top + y - 1
        if not self.view.rows:
            return self._strip(self._empty[y - 2] if 0 <= y - 2 < len(self._empty) else ())
        if index >= len(self.view.rows):
            return self._strip(())
        row, cursor = self.view.rows[index], index == self.view.cursor
        ticking = self._ticking[row.id] = self.ticking(row)
        bar = self._bar()
        thumb = None if bar is None else y - 1 in bar
        if not self.STEADY:
            return self._row_strip(row, cursor=cursor, thumb=thumb)
        key = (row, cursor and self.has_focus, cursor, row.id in self.marked, thumb, ticking)
        if key not in self._strips:
            if len(self._strips) > _KEPT_STRIPS:
                self._strips.clear()
            self._strips[key] = self._row_strip(row, cursor=cursor, thumb=thumb)
        return self._strips[key]

    def notify_style_update(self) -> None:
        """Forget how lines looked in other colours."""
        self.forget()
        super().notify_style_update()

    def forget(self) -> None:
        """Forget how lines looked."""
        self._strips.clear()
        self._base = None

    def on_resize(self, event: Resize) -> None:
        """Fill the new size."""
        self.view.resize(event.size.height - 1)
        self.forget()
        self.refresh()
        self._moved()

    def action_move(self, delta: int) -> None:
        """Move the cursor by `delta` rows."""
        self.view.move(delta)
        self._moved()

    def action_half(self, direction: int) -> None:
        """Move the cursor by half a page."""
        self.action_move(direction * max(self.view.height // 2, 1))

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self.action_move(direction * max(self.view.height - 1, 1))

    def action_first(self) -> None:
        """Move the cursor to the first row of the whole list."""
        self._to_end(Side.BEFORE, known=self.view.at_start)

    def action_last(self) -> None:
        """Move the cursor to the last row of the whole list."""
        self._to_end(Side.AFTER, known=self.view.at_end)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll the lines."""
        event.stop()
        if self.view.scroll(_WHEEL):
            self._moved()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll the lines."""
        event.stop()
        if self.view.scroll(-_WHEEL):
            self._moved()

    def on_click(self, event: Click) -> None:
        """Move the cursor to the clicked row; open it where the cursor stood there already. A heading sorts."""
        if event.y == 0 and (order := self.order_at(event.x)):
            self.post_message(self.Headed(order))
        index = self.view.top + event.y - 1
        if event.y < 1 or index >= len(self.view.rows):
            return
        if index == self.view.cursor:
            self.post_message(self.Opened())
        else:
            self.action_move(index - self.view.cursor)

    def on_focus(self) -> None:
        """Show that keys come here."""
        self._refresh_row(self.view.cursor)

    def on_blur(self) -> None:
        """Show that keys go elsewhere."""
        self._refresh_row(self.view.cursor)

    def _to_end(self, side: Side, *, known: bool) -> None:
        """Go to one end of the whole list, or ask for the rows there."""
        if not known:
            self.post_message(self.Jump(side))
            return
        self.action_move(-len(self.view.rows) if side is Side.BEFORE else len(self.view.rows))

    def _moved(self) -> None:
        """Draw what looks different, tell where the cursor is and ask for what will be needed."""
        self._draw()
        self.post_message(self.Highlighted(self.current))
        self._ask()

    def _draw(self) -> None:
        """Draw those lines again that look different by now; the countdowns are drawn by `tick`."""
        view, bar = self.view, self._bar()
        lines: list[_LineKey] = []
        for line in range(view.height):
            index = view.top + line
            row = view.rows[index] if index < len(view.rows) else None
            marked = row is not None and row.id in self.marked
            lines.append((row, index == view.cursor, marked, None if bar is None else line in bar))
        if not view.rows or len(lines) != len(self._lines):
            self.refresh()
        else:
            for line, (now, before) in enumerate(zip(lines, self._lines, strict=True)):
                if now != before:
                    self.refresh(Region(0, line + 1, self.size.width, 1))
        self._lines = lines
        if self.visible_dues() != self._dues:
            self._count_down()
        self._ticking = {row.id: self._ticking.get(row.id, "") for row, *_ in lines if row is not None}

    def _ask(self) -> None:
        """Ask for rows that will be needed."""
        if (side := self.view.wants()) is not None:
            self.post_message(self.Wanted(side))

    def _refresh_row(self, index: int) -> None:
        """Draw one row again."""
        self.refresh(Region(0, index - self.view.top + 1, self.size.width, 1))

    def _strip(self, line: Line, *, cursor: bool = False) -> Strip:
        """Return pieces as a strip of the widget's width."""
        if self._base is None:
            self._base = self.rich_style
        over = Style()
        if cursor:
            over = self.get_component_rich_style(
                "list--cursor" if self.has_focus else "list--cursor-blurred", partial=True
            )
        segments = [
            Segment(piece.text, self.get_component_rich_style(f"list--{piece.ink.value}", partial=True) + over)
            for piece in joined(line)
        ]
        strip = Strip(segments).apply_style(self._base)
        return strip.adjust_cell_length(self.size.width, self._base + over)

    def _bar(self) -> range | None:
        """Return on which lines the thumb of the scroll bar stands; None: all that there is is on screen."""
        view = self.view
        if self.total is None and not (view.at_start and view.at_end):
            # Nobody has counted that far: the bar tells the ends of the list from all between them.
            at_start, at_end = view.at_start and not view.top, view.at_end and view.top + view.height >= len(view.rows)
            start = 0 if at_start else view.height - 1 if at_end else view.height // 2
            return range(start, start + 1)
        total = max(self.total or 0, len(view.rows))
        if total <= view.height:
            return None
        top = view.top + (view.first if view.first is not None else total - len(view.rows))
        size = max(view.height * view.height // total, 1)
        start = min(round(top * (view.height - size) / max(total - view.height, 1)), view.height - size)
        return range(start, start + size)

    def _row_strip(self, row: R, *, cursor: bool, thumb: bool | None) -> Strip:
        """Return a row as it is drawn, with the scroll bar's cell at its end where there is one (`thumb`)."""
        line = self.line(row)
        if row.id in self.marked:
            line = (Piece(self._glyphs.mark, Ink.MARK), Piece(line[0].text[1:], line[0].ink), *line[1:])
        strip = self._strip(line, cursor=cursor)
        if thumb is None:
            return strip
        style = self.get_component_rich_style("list--thumb" if thumb else "list--track")
        cell = Segment(self._glyphs.thumb if thumb else self._glyphs.track, style)
        return Strip([*strip.crop(0, self.size.width - 1), cell])
