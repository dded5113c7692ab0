"""Lists to choose from, and a field that is one of a few: left and right change it, enter shows all of them."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList, Static

from tui.present import Ink, Piece
from tui.widgets.paint import content


class Options(OptionList):
    """A list to choose from that moves with the keys of every other list, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]


class Pick(Static, can_focus=True):
    """Shows the choice between two signs, so that it reads as a choice without colour."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,k", "step(-1)", show=False),
        Binding("right,l,j", "step(1)", show=False),
        Binding("enter,space", "ask", show=False),
    ]

    class Changed(Message):
        """Another one is chosen."""

        def __init__(self, pick: "Pick") -> None:
            """Keep the field."""
            super().__init__()
            self.pick = pick

        @property
        def control(self) -> "Pick":
            """The field, for selectors."""
            return self.pick

    class Asked(Changed):
        """All of them are wanted."""

    def __init__(self, *, name: str) -> None:
        """Begin without anything to choose; call the widget `name`."""
        super().__init__(id=name, markup=False)
        self._options: tuple[tuple[str, str], ...] = ()
        self.index = 0

    @property
    def value(self) -> str:
        """What is chosen; empty while there is nothing to choose."""
        return self._options[self.index][0] if self._options else ""

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What can be chosen, each with what is said of it; safe text."""
        return self._options

    def offer(self, options: Sequence[tuple[str, str]], *, chosen: str = "") -> None:
        """Take what can be chosen; `chosen`, where it is among them, is."""
        wanted = chosen or self.value
        self._options = tuple(options)
        self.index = next((place for place, (name, _) in enumerate(self._options) if name == wanted), 0)
        self._draw()

    def choose(self, index: int) -> None:
        """Choose the option at this place."""
        if index != self.index:
            self.index = index
            self._draw()
            self.post_message(self.Changed(self))

    def action_step(self, delta: int) -> None:
        """Choose the next one, or the one before."""
        if self._options:
            self.choose((self.index + delta) % len(self._options))

    def action_ask(self) -> None:
        """Ask for all of them."""
        self.post_message(self.Asked(self))

    def on_click(self) -> None:
        """Ask for all of them."""
        self.focus()
        self.action_ask()

    def _draw(self) -> None:
        if not self._options:
            self.update("")
            return
        name, means = self._options[self.index]
        self.update(
            content(
                (
                    Piece("< ", Ink.DIM),
                    Piece(name, Ink.STRONG),
                    Piece(" >  ", Ink.DIM),
                    Piece(means, Ink.DIM),
                )
            )
        )
