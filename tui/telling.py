"""What the session says: toasts, dialogs that stay until they are dismissed, and the log that keeps all of it."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from certmgr.errors import CertmgrError
from tui.dialogs.notice import NoticeDialog
from tui.host import Host
from tui.present import Ink, Line, Piece, safe_text
from tui.wording import error_lines, error_text

KEPT_MESSAGES = 500
TOAST_S = 6.0


class TellingApp(Host):
    """An application that says what it does and forgets none of it while it runs."""

    def __init__(self, *, log_dir: Path | None, clock: Callable[[], datetime], ansi_color: bool | None = None) -> None:
        """Begin with nothing said; crash reports go into `log_dir`."""
        super().__init__(log_dir=log_dir, clock=clock, ansi_color=ansi_color)
        self._said: deque[Line] = deque(maxlen=KEPT_MESSAGES)

    @property
    def messages(self) -> Sequence[Line]:
        """What this session has said, the newest first."""
        return tuple(self._said)

    def say(self, text: str, *, warning: bool = False) -> None:
        """Show a toast and keep the text in the message log."""
        shown = safe_text(text, ascii_only=self.glyphs.ascii_only)
        self._keep(shown, Ink.DUE if warning else Ink.PLAIN)
        self.notify(shown, severity="warning" if warning else "information", timeout=TOAST_S, markup=False)

    def trouble(self, error: CertmgrError) -> None:
        """Show an error until it is dismissed and keep it in the message log."""
        self._keep(safe_text(error_text(error), ascii_only=self.glyphs.ascii_only), Ink.URGENT)
        self.push_screen(NoticeDialog("Not done", error_lines(error, self.glyphs)))

    def tell(self, text: str, *, title: str, lines: tuple[Line, ...]) -> None:
        """Show a result until it is dismissed; `text` is the same in one line, for the message log."""
        self._keep(safe_text(text, ascii_only=self.glyphs.ascii_only), Ink.PLAIN)
        self.push_screen(NoticeDialog(title, lines))

    def unfinished(self, title: str, text: str) -> None:
        """Show until it is dismissed that something was done and needs more, and keep it in the message log."""
        shown = safe_text(text, ascii_only=self.glyphs.ascii_only)
        self._keep(shown, Ink.DUE)
        self.push_screen(NoticeDialog(title, ((Piece(shown),),)))

    def _keep(self, text: str, ink: Ink) -> None:
        """Put a line on top of the message log."""
        at = self.backend.now().astimezone(self.backend.zone)
        self._said.appendleft((Piece(f"{at:%H:%M:%S}  ", Ink.DIM), Piece(text, ink)))
