"""One block of the dashboard: it can be selected and opened, and draws only the lines that have changed."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual.binding import BindingType
from textual.events import Click
from textual.message import Message

from tui.board import Frame, block_lines
from tui.commands import Scope, bindings
from tui.present import Glyphs
from tui.values.dashboard import Block, Board
from tui.widgets.line_view import LineView


class BoardBlock(LineView):
    """Heading, verdict and what there is room for."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.MOVEMENT)]

    class Step(Message):
        """Another block is wanted: so many rows of blocks further."""

        def __init__(self, rows: int) -> None:
            """Keep how many rows."""
            super().__init__()
            self.rows = rows

    class Opened(Message):
        """The block was clicked while it was selected."""

    def __init__(self, block: Block, *, glyphs: Glyphs, clock: Callable[[], datetime], zone: ZoneInfo) -> None:
        """Show nothing until there is something to show."""
        super().__init__(name=f"block-{block.name.lower()}")
        self.block = block
        self._glyphs = glyphs
        self._clock = clock
        self._zone = zone
        self._board = Board()
        self._selected_just_now = False

    def show_board(self, board: Board) -> None:
        """Take other facts."""
        self._board = board
        self.draw()

    def draw(self) -> None:
        """Draw what reads differently by now."""
        if self.size.width and self.size.height:
            frame = Frame(self.size.width, self.size.height, self._clock(), self._zone, self._glyphs)
            self.show(block_lines(self.block, self._board, frame, selected=self.has_focus))

    def on_resize(self) -> None:
        """Use the new room."""
        self.draw()
        self.refresh()

    def watch_has_focus(self, has_focus: bool) -> None:  # noqa: FBT001 - Textual's
        """Show whether it is selected."""
        super().watch_has_focus(has_focus)
        self._selected_just_now = has_focus
        self.draw()

    def on_click(self, event: Click) -> None:
        """Open it, unless it was this click that has selected it."""
        event.stop()
        if not self._selected_just_now:
            self.post_message(self.Opened())
        self._selected_just_now = False

    def action_move(self, delta: int) -> None:
        """Select the block below or above."""
        self.post_message(self.Step(delta))

    def action_half(self, direction: int) -> None:
        """Select the block below or above."""
        self.post_message(self.Step(direction))

    def action_page(self, direction: int) -> None:
        """Select the block below or above."""
        self.post_message(self.Step(direction))

    def action_first(self) -> None:
        """Select the first block."""
        self.post_message(self.Step(-len(Block)))

    def action_last(self) -> None:
        """Select the last block."""
        self.post_message(self.Step(len(Block)))
