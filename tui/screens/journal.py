"""The journal: every change, chained by hashes, and the proof that it is whole."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from tui.commands import Scope, bindings
from tui.present import Ink, Line, Piece, plural
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.run import Job, RunScreen
from tui.screens.table import Column, TableScreen
from tui.sheets.campaigns import bar
from tui.sheets.journal import entry_sheet
from tui.values.journal import JournalRow
from tui.values.sheets import Sheet

BAR = 30
SHOWN_PROBLEMS = 200


class ProofJob(Job):
    """Compares every entry with its hash and with the one before it."""

    place = "Journal"
    begun = "Comparing every entry with its hash and with the one before it ..."

    def __init__(self, screen: FrameScreen) -> None:
        """Prove the journal of the screen's backend."""
        self._backend = screen.app.backend
        self._glyphs = screen.app.glyphs

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Show how far it is; return what is wrong, or that the journal is whole."""

        def watch(done: int, entries: int) -> None:
            how_far = bar(done, entries, BAR, self._glyphs)
            passing((Piece(f"{how_far}  ", Ink.DUE), Piece(f"{done:,} of {entries:,} entries")))

        proof = self._backend.journal.prove(watch)
        if not proof.head:
            return ((Piece("The journal is empty.", Ink.DIM),),)
        if not proof.problems:
            return (
                (Piece(f"The journal is whole: {proof.entries:,} entries.", Ink.VALID),),
                (Piece(f"The newest is from {proof.newest_at} UTC. Its hash, worth keeping elsewhere:", Ink.DIM),),
                (Piece(proof.head, Ink.STRONG),),
            )
        for problem in proof.problems[:SHOWN_PROBLEMS]:
            tell((Piece(problem, Ink.URGENT),))
        more = len(proof.problems) - SHOWN_PROBLEMS
        if more > 0:
            tell((Piece(f"and {more:,} more", Ink.DIM),))
        return (
            (Piece(f"The journal is not whole: {plural(len(proof.problems), 'finding')}.", Ink.ALARM),),
            (
                Piece(
                    "Compare it with an earlier export or a backup, and find out who could write the home.",
                ),
            ),
        )


class JournalCommands(FrameScreen):
    """What can be done with the journal."""

    def action_verify_journal(self) -> None:
        """Prove the whole journal."""
        self.app.push_screen(RunScreen(ProofJob(self)))


class EntryPage(JournalCommands, FactsScreen):
    """One entry, whole, with its hash and the entry before it."""

    PLACE = "Journal entry"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.JOURNAL)]
    SCOPES = (Scope.JOURNAL, Scope.PAGE)


class JournalScreen(JournalCommands, TableScreen[JournalRow]):
    """Every entry, the newest first."""

    PLACE = "Journal"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.JOURNAL)]
    SCOPES = (Scope.JOURNAL, Scope.ROWS)
    EXAMPLES = "certificate:12  crl.  machine  !notice"
    COLUMNS: ClassVar[Sequence[Column[JournalRow]]] = (
        Column(title="ENTRY", width=7, right=True, cell=lambda row: Piece(str(row.id), Ink.DIM), below=92),
        Column(title="ENTRY", width=10, right=True, cell=lambda row: Piece(f"{row.id:,}", Ink.DIM), from_width=92),
        Column(title="AT (UTC)", width=16, cell=lambda row: Piece(row.at[:16], Ink.DIM), below=92),
        Column(title="AT (UTC)", width=19, cell=lambda row: Piece(row.at, Ink.DIM), from_width=92),
        Column(title="ACTION", width=0, cell=lambda row: Piece(row.action, Ink.STRONG)),
        Column(title="OBJECT", width=16, cell=lambda row: Piece(row.object)),
        Column(title="ACTOR", width=10, cell=lambda row: Piece(row.actor), below=92),
        Column(title="ACTOR", width=16, cell=lambda row: Piece(row.actor), from_width=92),
        Column(title="HASH", width=16, cell=lambda row: Piece(row.hash[:16], Ink.DIM), from_width=112),
    )

    @property
    def source(self) -> Source[JournalRow]:
        """The journal."""
        return self.app.backend.journal

    def facts(self, row: JournalRow) -> Callable[[], Sheet]:
        """Return what reads the whole entry."""
        return partial(self._sheet, row.id)

    def _sheet(self, seq: int) -> Sheet:
        return entry_sheet(self.app.backend.journal.detail(seq))

    def page(self, row: JournalRow) -> FactsScreen:
        """Return the entry's page."""
        return EntryPage(self.facts(row))

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        if matches:
            return "No entry matches"
        return "The journal is empty.\nEvery change of anything writes an entry; certmgr init writes the first."
