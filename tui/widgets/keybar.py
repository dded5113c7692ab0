"""The bottom line: the keys of this screen from the registry, and where in the list one is."""

from collections.abc import Sequence

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget

from tui.commands import Command, shown
from tui.present import Glyphs, Ink, Piece, width_of
from tui.widgets.paint import content

_GAP = 2
_STAY = frozenset({"help", "quit"})


class KeyBar(Widget):
    """Keys that fit, a note at the right; a click on a key does what the key does."""

    note: reactive[str] = reactive("")

    def __init__(self, commands: Sequence[Command], *, glyphs: Glyphs, read_only: bool) -> None:
        """Show those commands that have a label and may be given."""
        super().__init__()
        self._commands = [one for one in commands if one.label and one.keys and not (read_only and one.writes)]
        self._glyphs = glyphs
        self._spans: list[tuple[range, Command]] = []

    def render(self) -> Content:
        """Return the line: the last keys are left out first, but help and quit stay."""
        note = f" {self.note} " if self.note else " "
        room = self.size.width - width_of(note) - 1
        kept = list(self._commands)
        while kept and sum(self._width(one) for one in kept) > room:
            kept.remove(next((one for one in reversed(kept) if one.id not in _STAY), kept[-1]))
        pieces = [Piece(" ")]
        column = 1
        self._spans = []
        for one in kept:
            pieces += [Piece(shown(one.keys[0]), Ink.STRONG), Piece(f" {one.label}{' ' * _GAP}", Ink.DIM)]
            self._spans.append((range(column, column + self._width(one) - _GAP), one))
            column += self._width(one)
        pieces += [Piece(" " * max(self.size.width - column - width_of(note), 0)), Piece(note, Ink.DIM)]
        return content(tuple(pieces))

    async def on_click(self, event: Click) -> None:
        """Do what the clicked key does."""
        for span, command in self._spans:
            if event.x in span:
                await self.screen.run_action(command.action)

    @staticmethod
    def _width(command: Command) -> int:
        """Return how many cells the command takes in the line."""
        return width_of(shown(command.keys[0])) + 1 + width_of(command.label) + _GAP
