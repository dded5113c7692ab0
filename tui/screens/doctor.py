"""What an examination of the home found, and the check that does all that is due."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message

from certmgr.errors import CertmgrError, Severity
from tui.commands import Scope, bindings
from tui.host import Host
from tui.present import Glyphs, Ink, Line, Piece, plural
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.notices import step_line
from tui.screens.run import Job, RunScreen
from tui.screens.table import Column, TableScreen
from tui.sheets.doctor import finding_sheet, severity_piece
from tui.values.doctor import FindingRow
from tui.values.sheets import Sheet


class CheckJob(Job):
    """Does all that is due."""

    place = "Check"
    begun = "Doing all that is due ..."
    purpose = "run the check"

    def __init__(self, app: Host) -> None:
        """Run it in the application's home."""
        self._checks = app.backend.checks

    def ready(self) -> bool:
        """Tell whether the machine's slot opens, so that nobody has to unlock one."""
        return self._checks.ready()

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell every step; return whether something needs a person."""
        del passing
        steps = self._checks.run(lambda step: tell(step_line(step)))
        waiting = sum(not step.done for step in steps)
        if not steps:
            return ((Piece("Nothing is due.", Ink.VALID),),)
        if waiting:
            need = f"{plural(waiting, 'thing')} {'needs' if waiting == 1 else 'need'} a person."
            return ((Piece(f"The check has ended: {need}", Ink.DUE),),)
        return ((Piece(f"The check has ended: {plural(len(steps), 'step')} done.", Ink.VALID),),)


def start_check(app: Host) -> None:
    """Open the page on which the check runs."""
    app.push_screen(RunScreen(CheckJob(app)))


class DoctorCommands(FrameScreen):
    """The list of findings is made again from the page of one, too."""

    def action_examine(self) -> None:
        """Examine the home again."""
        raise NotImplementedError


class FindingPage(DoctorCommands, FactsScreen):
    """One finding, with the next step."""

    PLACE = "Finding"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DOCTOR)]
    SCOPES = (Scope.DOCTOR, Scope.PAGE)

    def __init__(self, again: Callable[[], object], read: Callable[[], Sheet]) -> None:
        """Show the finding; `again` examines the home."""
        super().__init__(read)
        self._again = again

    def action_examine(self) -> None:
        """Go back to the list and examine the home again."""
        self.dismiss()
        self._again()


def _severity(row: FindingRow, _now: datetime, glyphs: Glyphs) -> Piece:
    return severity_piece(row.severity, glyphs)


def _message(row: FindingRow) -> Piece:
    return Piece(row.message, Ink.DIM if row.severity is Severity.NOTICE else Ink.STRONG)


class DoctorScreen(DoctorCommands, TableScreen[FindingRow]):
    """What the examination found, the worst first; it begins when the screen is opened first."""

    PLACE = "Doctor"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DOCTOR)]
    SCOPES = (Scope.DOCTOR, Scope.ROWS)
    SORTS = ("severity", "examined")
    COLUMNS: ClassVar[Sequence[Column[FindingRow]]] = (
        Column(title="STATE", width=11, live=_severity, sort="severity"),
        Column(title="FINDING", cell=_message, sort="examined"),
        Column(title="CODE", width=24, cell=lambda row: Piece(row.code, Ink.DIM), from_width=110),
    )

    class More(Message):
        """One finding more."""

    def __init__(self) -> None:
        """Begin without an examination."""
        super().__init__()
        self._examining = False

    @property
    def source(self) -> Source[FindingRow]:
        """The findings."""
        return self.app.backend.doctor

    def on_mount(self) -> None:
        """Examine the home."""
        self.action_examine()

    def action_examine(self) -> None:
        """Examine the home, again where that was done."""
        if not self._examining:
            self._examining = True
            self._examine()

    @work(group="looks")
    async def _examine(self) -> None:
        """Examine it in a thread of its own; the list grows while it is done."""
        try:
            found = await self.app.looks.run(partial(self.app.backend.doctor.examine, self._tell))
        except CertmgrError as error:
            self.app.trouble(error)
            return
        finally:
            self._examining = False
            self.say_place()
        self.ordered()
        if not self.is_current:
            bad = sum(row.severity is not Severity.NOTICE for row in found)
            end = f"{plural(bad, 'thing')} to look at" if bad else "all is well"
            self.app.say(f"The examination of the home has ended: {end}.", warning=bool(bad))

    def say_place(self) -> None:
        """Say, while the home is examined, that there is more to come."""
        if self._examining:
            self.note("examining ...")
        else:
            super().say_place()

    def _tell(self) -> None:
        """Say from another thread that there is one finding more."""
        self.post_message(self.More())

    def on_doctor_screen_more(self) -> None:
        """Show it; at the top, where the worst is, the cursor stays at the top."""
        self.ordered()

    def facts(self, row: FindingRow) -> Callable[[], Sheet]:
        """Return what reads the finding."""
        return partial(self._sheet, row.id)

    def _sheet(self, finding: int) -> Sheet:
        return finding_sheet(self.app.backend.doctor.detail(finding), self.app.glyphs)

    def page(self, row: FindingRow) -> FactsScreen:
        """Return the finding's page."""
        return FindingPage(self.action_examine, self.facts(row))

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        if matches:
            return "No finding matches"
        if self._examining:
            return "The home is being examined ..."
        return "Nothing was examined yet.\nTo examine the home changes nothing and needs no passphrase."
