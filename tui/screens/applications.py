"""The review queue: applications that wait, those for whoever is here first, and one of them as a page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from certmgr.errors import CertmgrError
from certmgr.models.applications import ApplicationState
from tui.commands import Scope, bindings
from tui.dialogs.decide import DecideDialog, Verb
from tui.issue_words import submitted_lines, submitted_text, submitted_title
from tui.present import Ink, Piece
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.table import Column, TableScreen
from tui.sheets.applications import age_of, application_sheet, left_of, other_names, state_of
from tui.values.applications import ApplicationRow
from tui.values.sheets import Sheet

_WIDE = 110


class Deciding(FrameScreen):
    """What can be done with an application, in the queue and on its own page."""

    def application(self) -> int | None:
        """Return the number of the application that a key is about; None: there is none."""
        raise NotImplementedError

    def action_approve(self) -> None:
        """Approve it; issue what is approved already."""
        self._decide("approve")

    def action_reject(self) -> None:
        """Reject it."""
        self._decide("reject")

    def action_withdraw(self) -> None:
        """Withdraw it."""
        self._decide("withdraw")

    @work(exclusive=True, group="decide")
    async def _decide(self, verb: Verb) -> None:
        """Read the application as it is now, open the dialog on it, and say what came of it."""
        if (number := self.application()) is None:
            return
        try:
            detail = await self.app.reads.run(partial(self.app.backend.applications.detail, number))
        except CertmgrError as error:
            self.app.trouble(error)
            return
        if verb == "approve" and detail.state is ApplicationState.APPROVED:
            verb = "issue"
        done = await self.app.push_screen_wait(DecideDialog(verb, detail))
        if done is not None:
            lines = submitted_lines(done, self.app.glyphs)
            self.app.tell(submitted_text(done), title=submitted_title(done), lines=lines)


class ApplicationScreen(FactsScreen, Deciding):
    """One application: everything verified, how, when and by whom; decisions; history."""

    PLACE = "Application"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.APPLICATIONS)]
    SCOPES = (Scope.APPLICATIONS, Scope.PAGE)

    def __init__(self, read: Callable[[], Sheet], number: int) -> None:
        """Show the application with this number."""
        super().__init__(read)
        self._number = number

    def application(self) -> int:
        """Return its number."""
        return self._number


class ApplicationsScreen(TableScreen[ApplicationRow], Deciding):
    """What waits for a decision; `a` shows what is over."""

    PLACE = "Applications"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.APPLICATIONS)]
    SCOPES = (Scope.APPLICATIONS, Scope.ROWS)
    SORTS = ("", "expires", "server", "unit")
    EXAMPLES = "word  !word  submitted  rejected"
    COLUMNS: ClassVar[Sequence[Column[ApplicationRow]]] = (
        Column(title="STATE", width=11, live=lambda row, _now, glyphs: state_of(row, glyphs)),
        Column(title="OK", width=6, cell=lambda row: Piece(f"{row.approvals} of {row.needed}", Ink.DIM)),
        Column(title="SERVER", cell=lambda row: Piece(row.server, Ink.STRONG), sort="server"),
        Column(title="OTHER NAMES", from_width=_WIDE, cell=lambda row: Piece(other_names(row), Ink.DIM)),
        Column(title="UNIT", width=16, cell=lambda row: Piece(row.owner), sort="unit"),
        Column(title="PURPOSE", from_width=_WIDE, cell=lambda row: Piece(row.purpose, Ink.DIM)),
        Column(title="AGE", width=4, right=True, live=lambda row, now, _glyphs: Piece(age_of(row, now), Ink.DIM)),
        Column(title="EXPIRES", width=9, right=True, live=lambda row, now, _glyphs: left_of(row, now), sort="expires"),
    )

    @property
    def source(self) -> Source[ApplicationRow]:
        """The applications."""
        return self.app.backend.applications

    def application(self) -> int | None:
        """Return the number of the one under the cursor."""
        row = self.table.current
        return None if row is None else row.id

    def facts(self, row: ApplicationRow) -> Callable[[], Sheet]:
        """Return what reads everything about one application."""
        return partial(self._sheet, row.id)

    def page(self, row: ApplicationRow) -> ApplicationScreen:
        """Return the screen of one application."""
        return ApplicationScreen(partial(self._sheet, row.id), row.id)

    def _sheet(self, number: int) -> Sheet:
        backend = self.app.backend
        return application_sheet(backend.applications.detail(number), backend.now(), backend.zone, self.app.glyphs)

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the queue."""
        if matches:
            return "No application matches"
        keys = self.app.keymap
        return (
            "No application waits.\n"
            f"{keys.shown('issue')} applies for a certificate.\n"
            "Where its profile asks for approval, the application waits here.\n"
            f"{keys.shown('hidden')} shows those that are over."
        )
