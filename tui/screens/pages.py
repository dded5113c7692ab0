"""Two screens of text: the help, made from the registry of commands, and the messages of this session."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from tui.commands import Scope, bindings, in_scope, shown
from tui.keymap import Keymap, in_effect
from tui.present import Glyphs, Ink, Line, Piece, fit
from tui.screens.searching import SearchScreen
from tui.widgets.scroll_text import ScrollText

_KEYS_WIDTH = 24
_FILTERS = (
    ("portal", "a server, name, serial or note that contains the word"),
    ("state:due", "pending, revoked, held, expired, superseded, due or valid"),
    ("days<30", "days left; also days>, days<=, days>="),
    ("profile:server", "also owner:, ca:, key:, serial:"),
    ("!owner:network", "anything but that"),
    ("/^db-[0-9]+/", "a regular expression"),
)


class TextScreen(SearchScreen):
    """Lines of text that scroll; esc leads back."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.PAGE)]
    SCOPES = (Scope.PAGE,)

    def text(self) -> Widget:
        """Return the text."""
        return ScrollText(id="body")

    def on_mount(self) -> None:
        """Show the lines."""
        text = self.query_one(ScrollText)
        text.show(self.lines())
        text.focus()

    def lines(self) -> Iterable[Line]:
        """Return what is shown."""
        raise NotImplementedError


class HelpScreen(TextScreen):
    """Every key, what the glyphs mean, and the filter's grammar."""

    PLACE = "Help"

    def lines(self) -> Iterable[Line]:
        """Return the help."""
        return help_lines(self.app.glyphs, self.app.keymap, read_only=self.app.read_only)


class MessagesScreen(TextScreen):
    """What this session has said; a toast vanishes, this does not."""

    PLACE = "Messages"

    def lines(self) -> Iterable[Line]:
        """Return the messages, the newest first."""
        return self.app.messages or ((Piece("Nothing has been said yet.", Ink.DIM),),)


def help_lines(glyphs: Glyphs, keymap: Keymap | None = None, *, read_only: bool = False) -> list[Line]:
    """Return the help as lines, with the keys in effect; `read_only` leaves out what writes."""
    lines: list[Line] = []
    for scope in Scope:
        commands = [one for one in in_effect(keymap or Keymap(), in_scope(scope)) if not (read_only and one.writes)]
        if not commands:
            continue
        lines.append((Piece(scope.value.upper(), Ink.HEADING),))
        for command in commands:
            keys = ", ".join(shown(key) for key in command.keys)
            if len(keys) > _KEYS_WIDTH:
                keys = f"{shown(command.keys[0])} to {shown(command.keys[-1])}"
            lines.append((Piece(f"  {fit(keys, _KEYS_WIDTH, glyphs)}", Ink.STRONG), Piece(command.title)))
        lines.append(())
    lines.append((Piece("FILTER", Ink.HEADING),))
    lines += [(Piece(f"  {fit(example, _KEYS_WIDTH, glyphs)}", Ink.STRONG), Piece(text)) for example, text in _FILTERS]
    lines += [(Piece("  Several terms must all hold, as in: certmgr list", Ink.DIM),), ()]
    lines.append((Piece("STATES", Ink.HEADING),))
    lines += [(Piece(f"  {sign} {ink.value}", ink),) for ink, sign in glyphs.states.items()]
    return lines
