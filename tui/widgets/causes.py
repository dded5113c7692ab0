"""The list of causes: number, word and RFC reason; a sign marks the one that is chosen."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.present import Glyphs, Ink, Piece, fit
from tui.widgets.paint import content
from tui.wording import CAUSES, CauseWords

_WORD = 22
_NUMBERS = "1234567890"


class CauseList(OptionList):
    """Nothing is highlighted and nothing chosen until the user does so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        *(Binding(key, f"pick({index})", show=False) for index, key in enumerate(_NUMBERS)),
    ]

    def __init__(self, glyphs: Glyphs) -> None:
        """List every cause of a server's certificate."""
        super().__init__(
            *(Option(cause_prompt(words, index, glyphs, chosen=False)) for index, words in enumerate(CAUSES)),
            compact=True,
            markup=False,
        )
        self._glyphs = glyphs

    def on_mount(self) -> None:
        """Take back the highlight that an OptionList gives its first option."""
        self.highlighted = None

    def mark(self, chosen: int) -> None:
        """Show which cause is chosen."""
        for index, words in enumerate(CAUSES):
            self.replace_option_prompt_at_index(index, cause_prompt(words, index, self._glyphs, chosen=index == chosen))

    def action_pick(self, index: int) -> None:
        """Choose the cause with this place in the list."""
        self.highlighted = index
        self.action_select()


def cause_prompt(words: CauseWords, index: int, glyphs: Glyphs, *, chosen: bool) -> Content:
    """Return one line of the list."""
    key = _NUMBERS[index] if index < len(_NUMBERS) else " "
    return content(
        (
            Piece(f" {glyphs.arrow if chosen else ' ' * len(glyphs.arrow)} ", Ink.REVOKING),
            Piece(f"{key}  ", Ink.DIM),
            Piece(fit(words.cause.value, _WORD, glyphs), Ink.STRONG if chosen else Ink.PLAIN),
            Piece(words.reason, Ink.DIM),
        )
    )
