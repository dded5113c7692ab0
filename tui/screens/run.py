"""Something that takes a while: what is done, line by line, and how it ended."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from certmgr.errors import CertmgrError
from tui.commands import Scope, bindings
from tui.present import Ink, Line, Piece, safe_text
from tui.screens.searching import SearchScreen
from tui.widgets.scroll_text import ScrollText
from tui.wording import error_lines

DRAW_S = 0.1
"""What is told is drawn this often at most."""


class AbandonedError(Exception):
    """The page was left, and what only reads need not go on."""


class Job:
    """What a page shows the course of. It runs in the thread of a lane; what it tells is shown as it comes."""

    place: str = ""
    """What the top line calls the page."""
    begun: str = "Working ..."
    """What stands there until there is more to say."""
    purpose: str = ""
    """What a slot is unlocked for, as it goes on after "Unlock to"; empty: it writes nothing and needs none."""

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Do it and return how it ended; `passing` shows a line that the next one replaces. Raises CertmgrError."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Tell whether what writes can do so without a person's slot."""
        return False


class RunScreen(SearchScreen):
    """The course of a job. One that only reads ends with its page; one that writes goes on, and its end is told."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.PAGE)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.PAGE,)

    class Told(Message):
        """Something was done."""

        def __init__(self, line: Line, *, passing: bool) -> None:
            """Keep the line."""
            super().__init__()
            self.line, self.passing = line, passing

    def __init__(self, job: Job) -> None:
        """Show the course of `job`, which begins when the page is open."""
        super().__init__()
        self.PLACE = job.place  # type: ignore[misc]  # of this page alone
        self._job = job
        self._lines: list[Line] = []
        self._passing: Line = (Piece(job.begun, Ink.DIM),)
        self._dirty = True
        self._left = False

    def text(self) -> Widget:
        """Return the text."""
        text = ScrollText(id="body", classes="page")
        text.follows = True
        return text

    def on_mount(self) -> None:
        """Begin."""
        self.query_one(ScrollText).focus()
        self.set_interval(DRAW_S, self._draw)
        self._draw()
        if self._job.purpose:
            # In the application's name, not the page's: leaving the page does not end it.
            self.app.run_worker(self._act(), group="acts-page")
        else:
            self._look()

    def on_unmount(self) -> None:
        """Let what only reads come to an end."""
        self._left = True

    def on_run_screen_told(self, event: Told) -> None:
        """Take a line."""
        if event.passing:
            self._passing = event.line
        else:
            self._lines.append(event.line)
        self._dirty = True

    @work(group="looks")
    async def _look(self) -> None:
        """Do what writes nothing."""
        try:
            self._end(await self.app.looks.run(partial(self._job.run, self._tell, self._tell_passing)))
        except AbandonedError:
            return
        except CertmgrError as error:
            self._end(error_lines(error, self.app.glyphs))

    async def _act(self) -> None:
        """Do what writes; errors are shown with all their reasons."""
        app, job = self.app, self._job
        slotless = await app.acts.run(job.ready)
        end = await app.act(job.purpose, partial(job.run, self._tell, self._tell_passing), slotless=slotless)
        if end is None:
            self._end(((Piece("It was not carried out.", Ink.DUE),),))
            return
        self._end(end)
        if self._left:
            app.say(" ".join("".join(piece.text for piece in line) for line in end))

    def _end(self, lines: Sequence[Line]) -> None:
        """Show how it ended."""
        if self._lines and lines:
            self._lines.append(())
        self._lines += lines
        self._passing = ()
        self._dirty = True
        if not self._left:
            self._draw()

    def _draw(self) -> None:
        """Show what has come."""
        if not self._dirty:
            return
        self._dirty = False
        self.query_one(ScrollText).show(self._safe(line) for line in (*self._lines, self._passing))

    def _tell(self, line: Line) -> None:
        """Take a line from another thread."""
        self._post(line, passing=False)

    def _tell_passing(self, line: Line) -> None:
        """Take a line that the next one replaces, from another thread."""
        self._post(line, passing=True)

    def _post(self, line: Line, *, passing: bool) -> None:
        if self._left:
            if not self._job.purpose:
                raise AbandonedError
            return
        self.post_message(self.Told(line, passing=passing))

    def _safe(self, line: Line) -> Line:
        """Return a line that acts on no terminal."""
        ascii_only = self.app.glyphs.ascii_only
        return tuple(Piece(safe_text(piece.text, ascii_only=ascii_only), piece.ink) for piece in line)
