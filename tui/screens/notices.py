"""The notices: who was told what, over which channel, and what became of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from certmgr.models.steps import Step
from tui.commands import Scope, bindings
from tui.present import Glyphs, Ink, Line, Piece, plural
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.run import Job, RunScreen
from tui.screens.table import Column, TableScreen
from tui.sheets.notices import notice_sheet, notice_state
from tui.values.notices import NoticeRow
from tui.values.sheets import Sheet


def step_line(step: Step) -> Line:
    """Return what was done, or what needs a person."""
    if step.done:
        return (Piece(step.what),)
    return (Piece("Attention: ", Ink.DUE), Piece(step.what, Ink.DUE))


class RetryJob(Job):
    """Tries notices again."""

    place = "Notices"
    begun = "Sending ..."

    def __init__(self, screen: FrameScreen, notices: Sequence[int]) -> None:
        """Try these notices."""
        self._backend = screen.app.backend
        self._notices = notices
        self.purpose = f"try {plural(len(notices), 'notice')} again"

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell of each whether it was sent; return whether all were."""
        del passing
        failed = self._backend.notices.retry(self._notices, lambda step: tell(step_line(step)))
        if failed:
            text = f"{plural(failed, 'notice')} could not be sent; a test shows what a server answers."
            return ((Piece(text, Ink.DUE),),)
        return ((Piece("All were sent.", Ink.VALID),),)


class TestJob(Job):
    """Sends a test by every configured channel."""

    __test__ = False
    place = "Notices"
    begun = "Sending a test ..."

    def __init__(self, screen: FrameScreen) -> None:
        """Send it from the home of the screen's backend."""
        self._backend = screen.app.backend

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell what each channel answered; return whether it was taken everywhere."""
        del passing
        tried = self._backend.notices.test()
        for one in tried:
            whom = f"{one.channel} to {one.recipient}" if one.recipient else one.channel
            ink = Ink.PLAIN if one.sent else Ink.DUE
            tell((Piece(f"{whom}: ", Ink.STRONG), Piece("sent" if one.sent else "not sent", ink)))
            tell((Piece(f"  {one.answer}", Ink.DIM),))
        if all(one.sent for one in tried):
            return ((Piece("The test was taken everywhere. It is not on record.", Ink.VALID),),)
        return ((Piece("The test was not taken: see the section [notices] of certmgr.toml.", Ink.DUE),),)


class NoticeCommands(FrameScreen):
    """What can be done with notices, in the list and on the page of one."""

    def chosen_notices(self) -> Sequence[int]:
        """Return the numbers of the notices that an act is about."""
        raise NotImplementedError

    def action_retry_notices(self) -> None:
        """Try the chosen notices now."""
        if notices := self.chosen_notices():
            self.app.push_screen(RunScreen(RetryJob(self, notices)))

    def action_test_notice(self) -> None:
        """Send a test."""
        self.app.push_screen(RunScreen(TestJob(self)))


class NoticePage(NoticeCommands, FactsScreen):
    """One notice: to whom, when, with what result."""

    PLACE = "Notice"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.NOTICES)]
    SCOPES = (Scope.NOTICES, Scope.PAGE)

    def __init__(self, notice: int, read: Callable[[], Sheet]) -> None:
        """Show the notice with this number."""
        super().__init__(read)
        self._notice = notice

    def chosen_notices(self) -> Sequence[int]:
        """Return this notice."""
        return (self._notice,)


def _next(row: NoticeRow) -> Piece:
    return Piece(f"{row.next_at:%m-%d %H:%M}" if row.next_at else "", Ink.DIM)


def _state(row: NoticeRow, _now: datetime, glyphs: Glyphs) -> Piece:
    return notice_state(row.state, glyphs)


class NoticesScreen(NoticeCommands, TableScreen[NoticeRow]):
    """Every notice, the newest first."""

    PLACE = "Notices"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.NOTICES)]
    SCOPES = (Scope.NOTICES, Scope.ROWS)
    EXAMPLES = "waiting  given-up  mail  portal  !word"
    COLUMNS: ClassVar[Sequence[Column[NoticeRow]]] = (
        Column(title="STATE", width=10, live=_state),
        Column(title="AT", width=5, cell=lambda row: Piece(f"{row.at:%m-%d}", Ink.DIM), below=92),
        Column(title="AT", width=11, cell=lambda row: Piece(f"{row.at:%m-%d %H:%M}", Ink.DIM), from_width=92),
        Column(title="KIND", width=20, cell=lambda row: Piece(row.kind.replace("-", " "))),
        Column(title="ABOUT", cell=lambda row: Piece(row.about, Ink.STRONG)),
        Column(title="TO", width=9, cell=lambda row: Piece(row.audience.split(" ")[0])),
        Column(title="BY", width=7, cell=lambda row: Piece(row.channel, Ink.DIM)),
        Column(title="NEXT", width=11, cell=_next, from_width=92),
        Column(title="ANSWER", width=24, cell=lambda row: Piece(row.result, Ink.DIM), from_width=116),
    )

    @property
    def source(self) -> Source[NoticeRow]:
        """The notices."""
        return self.app.backend.notices

    def facts(self, row: NoticeRow) -> Callable[[], Sheet]:
        """Return what reads everything about the notice."""
        return partial(self._sheet, row.id)

    def _sheet(self, notice: int) -> Sheet:
        backend = self.app.backend
        return notice_sheet(backend.notices.detail(notice), backend.now(), self.app.glyphs)

    def page(self, row: NoticeRow) -> FactsScreen:
        """Return the notice's page."""
        return NoticePage(row.id, self.facts(row))

    def chosen_notices(self) -> Sequence[int]:
        """Return the marked notices, else that under the cursor."""
        return self.chosen()

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        if matches:
            return "No notice matches"
        if self.hidden_number:
            return "No notice was sent or waits to be."
        return (
            "There are no notices yet.\n"
            "The check records them once [notices] of certmgr.toml names a channel.\n"
            "certmgr notice test   sends a test by every configured channel"
        )
