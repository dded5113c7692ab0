"""The service at a glance: what is due, what ends, what fails, what waits; enter leads to where it is seen to."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from certmgr.errors import CertmgrError
from tui.board import dues
from tui.board_targets import target
from tui.commands import Scope, bindings
from tui.present import next_tick
from tui.screens.frame import WIDE_COLUMNS, FrameScreen
from tui.values.dashboard import Block, Board
from tui.widgets.board_block import BoardBlock
from tui.widgets.covered import covered
from tui.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from textual.timer import Timer

_COLUMNS, _WIDE_BLOCKS = 2, 3
"""Blocks beside each other, on narrow terminals and on wide ones; the style sheet says the same."""


class DashboardScreen(FrameScreen):
    """Blocks of stored facts, live; each can be selected and opened."""

    PLACE = "Dashboard"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DASHBOARD)]
    SCOPES = (Scope.DASHBOARD,)

    def __init__(self) -> None:
        """Begin with nothing read."""
        super().__init__()
        self.board = Board()
        self._ticker: Timer | None = None
        self._stale = True

    def body(self) -> Iterable[Widget]:
        """Return the blocks, the counts by state under the others."""
        app = self.app
        blocks = [BoardBlock(block, glyphs=app.glyphs, clock=app.backend.now, zone=app.backend.zone) for block in Block]
        yield Container(*blocks[:-1], id="board")
        yield blocks[-1]

    def on_mount(self) -> None:
        """Read everything and follow the store."""
        self.query(BoardBlock).first().focus()
        self.app.store_signal.subscribe(self, lambda _asked: self._changed())
        self._read_all()

    def on_screen_resume(self) -> None:
        """Read again what has changed under another screen."""
        if self._stale:
            self._read_all()

    def on_screen_suspend(self) -> None:
        """Nothing is drawn while another screen covers this one."""
        self._stale = True
        if self._ticker is not None:
            self._ticker.stop()

    def frame_changed(self) -> None:
        """Show the open requests, which the application reads."""
        super().frame_changed()
        self._take(replace(self.board, requests=self.app.requests))

    def _changed(self) -> None:
        """Read again, at once where this screen is seen, else when it is next."""
        if self.is_current:
            self._read_all()
        else:
            self._stale = True

    def _read_all(self) -> None:
        """Read the overview, and count apart from it: counting takes longer."""
        self._stale = False
        self._read()
        self._count()

    @work(exclusive=True, group="rows")
    async def _read(self) -> None:
        """Read the overview again."""
        try:
            overview = await self.app.reads.run(self.app.backend.dashboard.overview)
        except CertmgrError as error:
            self.app.say(error.message, warning=True)
            return
        self._take(replace(self.board, overview=overview))

    @work(exclusive=True, group="counts")
    async def _count(self) -> None:
        """Count again what ends and what is in which state."""
        try:
            endings = await self.app.counts.run(self.app.backend.dashboard.endings)
            self._take(replace(self.board, endings=endings))
            states = await self.app.counts.run(self.app.backend.dashboard.states)
        except CertmgrError as error:
            self.app.say(error.message, warning=True)
            return
        self._take(replace(self.board, states=states))

    def _take(self, board: Board) -> None:
        """Show other facts."""
        self.board = board
        for one in self.query(BoardBlock):
            one.show_board(board)
        self._schedule_tick()

    def _tick(self) -> None:
        """Draw the countdowns that read differently by now."""
        for one in self.query(BoardBlock):
            one.draw()
        self._schedule_tick()

    def _schedule_tick(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        moments = dues(self.board)
        wait = next_tick(moments, self.app.backend.now()) if moments and not covered(self) else None
        self._ticker = self.set_timer(wait, self._tick) if wait is not None else None

    @property
    def selected(self) -> BoardBlock:
        """The block that enter opens."""
        found = self.focused
        return found if isinstance(found, BoardBlock) else self.query(BoardBlock).first()

    def _select(self, number: int) -> None:
        blocks = list(self.query(BoardBlock))
        blocks[min(max(number, 0), len(blocks) - 1)].focus()

    @property
    def _number(self) -> int:
        return list(self.query(BoardBlock)).index(self.selected)

    @property
    def _beside(self) -> int:
        """How many blocks stand beside each other."""
        return _WIDE_BLOCKS if self.app.size.width >= WIDE_COLUMNS else _COLUMNS

    def action_next(self, delta: int) -> None:
        """Select the next or the previous block, round and round."""
        self._select((self._number + delta) % len(Block))

    def action_side(self, delta: int) -> None:
        """Select the block at the right or at the left."""
        self._select(self._number + delta)

    @on(BoardBlock.Step)
    def _stepped(self, event: BoardBlock.Step) -> None:
        """Select the block so many rows further."""
        self._select(self._number + event.rows * self._beside)

    @on(BoardBlock.Opened)
    async def action_open(self) -> None:
        """Go to the screen behind the selected block, with the filter that finds what the block tells of."""
        there = target(self.selected.block, self.board)
        await self.app.run_action(f"go('{there.place}')")
        if there.filter_text and (bars := self.app.screen.query(FilterBar)):
            bars.first().take(there.filter_text)
