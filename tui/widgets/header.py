"""The top line: whose certificates these are, and where."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.present import Glyphs, Ink, Piece, fit, safe_text, width_of
from tui.theme import on_accent
from tui.views import Head
from tui.widgets.paint import content

_MIN_HOME = 12


class Header(Widget):
    """Program, screen, issuing CA and home, the unlocked slot, and the mode where it is not the usual one."""

    head: reactive[Head | None] = reactive[Head | None](None)
    unlocked: reactive[str | None] = reactive[str | None](None)
    """The name of the unlocked slot."""

    def __init__(self, place: str, *, glyphs: Glyphs, read_only: bool) -> None:
        """Show nothing but the program's name and the screen's until `head` is set."""
        super().__init__()
        self._place = place
        self._glyphs = glyphs
        self._read_only = read_only

    def render(self) -> Content:
        """Return the line, exactly as wide as the widget; the home gives way before the CA's name does."""
        glyphs, head = self._glyphs, self.head
        mode = "  READ-ONLY" if self._read_only else ""
        slot = f"  {glyphs.unlocked}{self._safe(self.unlocked)}" if self.unlocked else ""
        authority = self._safe(head.authority) if head else ""
        home = self._safe(head.home) if head else ""
        accent = head.accent if head and not self.app.ansi_color else ""
        start = " certmgr  "
        place = f"{self._place}  " if self._place else ""
        around = 2 if accent else 0
        left = self.size.width - sum(width_of(text) for text in (start, place, slot, mode)) - around - 1
        name = fit(authority, min(width_of(authority), max(left - _MIN_HOME - 2, 0)), glyphs)
        room = max(left - width_of(name) - 2, 0)
        if width_of(home) > room:
            home = glyphs.ellipsis + self._end_of(home, room - width_of(glyphs.ellipsis)) if room else ""
        gap = " " * (left - width_of(name) - width_of(home))
        return Content.assemble(
            content((Piece(start, Ink.STRONG), Piece(place, Ink.PLACE))),
            (f" {name} ", on_accent(accent)) if accent else content((Piece(name),)),
            content(
                (Piece(slot, Ink.MARK), Piece(mode, Ink.DUE), Piece(gap), Piece(home, Ink.DIM), Piece(" ")),
            ),
        )

    @staticmethod
    def _end_of(text: str, width: int) -> str:
        """Return as much of the end of `text` as fits into so many cells."""
        while width_of(text) > width:
            text = text[1:]
        return text

    def _safe(self, text: str) -> str:
        return safe_text(text, ascii_only=self._glyphs.ascii_only)
