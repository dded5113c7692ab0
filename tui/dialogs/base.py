"""What every dialog has: a frame, a title that is text, buttons, and two keys that always cancel."""

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tui.commands import Scope, bindings
from tui.host import Host
from tui.present import Ink, Line, Piece, safe_text
from tui.widgets.banner import Banner
from tui.widgets.paint import content, page

Answer = TypeVar("Answer")
_KEPT_ROWS = 3
LABEL = 10
"""The width of the labels in a dialog."""


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A dialog that ends with an answer, or with None when it is cancelled."""

    app = getters.app(Host)
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.DIALOG),
        Binding("ctrl+c", "app.quit", show=False, priority=True),
    ]

    def body(self) -> Iterable[Widget]:
        """Return what stands in the frame."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Put the frame around the body."""
        yield Banner(glyphs=self.app.glyphs, clock=self.app.backend.now)
        with Vertical(classes="dialog"):
            yield from self.body()

    def on_mount(self) -> None:
        """Show the banner here too: the screen behind is dimmed, the clocks are not."""
        self._show_clocks(self.app)
        self.app.frame_signal.subscribe(self, self._show_clocks)

    def on_screen_resume(self) -> None:
        """Show what the clocks say by now: they wait under another dialog."""
        self.query_one(Banner).tick()

    def on_resize(self) -> None:
        """Keep off the header, the banner and the keys, however small the terminal is."""
        self.query_one(".dialog").styles.max_height = max(self.app.size.height - _KEPT_ROWS, 1)

    def _show_clocks(self, app: Host) -> None:
        """Take the banner from the application."""
        self.query_one(Banner).show(app.deadlines)

    def title_line(self, verb: str, subject: str) -> Static:
        """Return the dialog's first line."""
        shown = safe_text(subject, ascii_only=self.app.glyphs.ascii_only)
        return Static(
            content((Piece(f"{verb:<{LABEL}}", Ink.LABEL), Piece(shown, Ink.STRONG))), classes="title", markup=False
        )

    def text(self, lines: Iterable[Line], *, name: str | None = None) -> Static:
        """Return lines of text as a widget."""
        return Static(page(lines), id=name, markup=False)

    def keys(self, *before: str, cancels: str = "cancels") -> str:
        """Return a note about keys for `buttons`: those of the fields, which are as they are, and what cancels."""
        return "   ".join((*before, f"{self.app.keymap.shown('cancel')} {cancels}"))

    def set_text(self, name: str, line: Line) -> None:
        """Replace the text of the widget called `name`."""
        self.query_one(f"#{name}", Static).update(content(line))

    def action_cancel(self) -> None:
        """End without an answer."""
        self.dismiss(None)


class Choice(Static, can_focus=True):
    """A button one line high; brackets show what it is where there is no colour."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", show=False)]

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, choice: "Choice") -> None:
            """Keep which one."""
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> "Choice":
            """The button, for selectors."""
            return self.choice

    def __init__(self, label: str, *, name: str, danger: bool = False, disabled: bool = False) -> None:
        """Call the widget `name`."""
        super().__init__(
            Content(f"[ {label} ]"), id=name, classes="danger" if danger else "", disabled=disabled, markup=False
        )

    def relabel(self, label: str) -> None:
        """Show another word."""
        self.update(Content(f"[ {label} ]"))

    def action_press(self) -> None:
        """Be pressed."""
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """Be pressed."""
        self.action_press()


def buttons(*choices: Choice, note: str) -> Horizontal:
    """Return buttons in a row, with a note about the keys beside them."""
    keys = Static(content((Piece(note, Ink.DIM),)), classes="keys", markup=False)
    return Horizontal(*choices, keys, classes="buttons")
