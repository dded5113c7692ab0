"""The top line: whose certificates these are, and where."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.present import Glyphs, Ink, Piece, fit, safe_text, width_of
from tui.views import Head
from tui.widgets.paint import content

_MIN_HOME = 12


class Header(Widget):
    """Program, screen, issuing CA and home, with the mode where it is not the usual one."""

    head: reactive[Head | None] = reactive[Head | None](None)

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
        authority = safe_text(head.authority, ascii_only=glyphs.ascii_only) if head else ""
        home = safe_text(head.home, ascii_only=glyphs.ascii_only) if head else ""
        start = " certmgr  "
        place = f"{self._place}  " if self._place else ""
        left = self.size.width - width_of(start) - width_of(place) - width_of(mode) - 1
        name = fit(authority, min(width_of(authority), max(left - _MIN_HOME - 2, 0)), glyphs)
        room = max(left - width_of(name) - 2, 0)
        if width_of(home) > room:
            home = glyphs.ellipsis + home[len(home) - room + width_of(glyphs.ellipsis) :] if room else ""
        gap = " " * (left - width_of(name) - width_of(home))
        return content(
            (
                Piece(start, Ink.STRONG),
                Piece(place, Ink.PLACE),
                Piece(name),
                Piece(mode, Ink.DUE),
                Piece(gap),
                Piece(home, Ink.DIM),
                Piece(" "),
            )
        )
