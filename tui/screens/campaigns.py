"""The campaigns: what the CA wants renewed by a day, and how far that has come."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from certmgr.errors import CertmgrError
from tui.commands import Scope, bindings
from tui.dialogs.typed import ConfirmDialog, NameDialog
from tui.present import Glyphs, Ink, Piece, countdown, plural
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.table import Column, TableScreen
from tui.sheets.campaigns import bar, campaign_sheet
from tui.values.campaigns import CampaignRow
from tui.values.sheets import Sheet

BAR = 14


class CampaignCommands(FrameScreen):
    """What can be done with a campaign, in the list and on its page."""

    def chosen_campaign(self) -> str | None:
        """Return the name of the campaign that an act is about; None: there is none."""
        raise NotImplementedError

    @work(exclusive=True, group="act")
    async def action_close_campaign(self) -> None:
        """Close the campaign: its name is typed while members are left."""
        name = self.chosen_campaign()
        if name is None:
            return
        campaigns = self.app.backend.campaigns
        try:
            detail = await self.app.reads.run(partial(campaigns.detail, name))
        except CertmgrError as error:
            self.app.trouble(error)
            return
        if detail.campaign.closed_at is not None:
            self.app.say(f"{name} is closed already.")
            return
        left = len(detail.progress.left)
        if left:
            lines: tuple[str, ...] = (
                f"{plural(left, 'member')} {'is' if left == 1 else 'are'} left, and nobody is asked to renew any more.",
                "The promise to finish it becomes void. This cannot be undone.",
            )
            typed = await self.app.push_screen_wait(NameDialog("Close", name, lines=lines, label="Close"))
        else:
            lines = ("Nothing is left of it; the promise to finish it is kept.",)
            typed = await self.app.push_screen_wait(ConfirmDialog("Close", name, lines=lines, label="Close"))
        if typed is None:
            return
        if await self.app.act(f"close {name}", partial(campaigns.close, name, typed)):
            self.app.say(f"The campaign {name} is closed.")


class CampaignPage(CampaignCommands, FactsScreen):
    """One campaign, and what is left of it."""

    PLACE = "Campaign"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.CAMPAIGNS)]
    SCOPES = (Scope.CAMPAIGNS, Scope.PAGE)

    def __init__(self, name: str, read: Callable[[], Sheet]) -> None:
        """Show the campaign of that name."""
        super().__init__(read)
        self._name_of_it = name

    def chosen_campaign(self) -> str | None:
        """Return this campaign."""
        return self._name_of_it


def _progress(row: CampaignRow, _now: datetime, glyphs: Glyphs) -> Piece:
    done = row.members - row.left
    text = f"{bar(done, row.members, BAR, glyphs)} {done * 100 // row.members if row.members else 100:>3}%"
    return Piece(text, Ink.DIM if row.closed else Ink.DUE if row.left else Ink.VALID)


def _left(row: CampaignRow) -> Piece:
    return Piece(f"{row.left:,}", Ink.DIM if row.closed or not row.left else Ink.STRONG)


def _due(row: CampaignRow, now: datetime, _glyphs: Glyphs) -> Piece:
    if row.due is None:
        return Piece("closed", Ink.DIM)
    if not row.left:
        return Piece("finished", Ink.VALID)
    return Piece(countdown(row.due, now, short=True), Ink.ALARM if row.due <= now else Ink.PLAIN)


class CampaignsScreen(CampaignCommands, TableScreen[CampaignRow]):
    """Every open campaign, the first due first."""

    PLACE = "Campaigns"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.CAMPAIGNS)]
    SCOPES = (Scope.CAMPAIGNS, Scope.ROWS)
    SORTS = ("deadline", "name", "left")
    COLUMNS: ClassVar[Sequence[Column[CampaignRow]]] = (
        Column(title="CAMPAIGN", cell=lambda row: Piece(row.name, Ink.DIM if row.closed else Ink.STRONG), sort="name"),
        Column(title="PROGRESS", width=BAR + 5, live=_progress),
        Column(title="LEFT", width=7, right=True, cell=_left, sort="left"),
        Column(title="LAST DAY", width=10, cell=lambda row: Piece(row.last_day), sort="deadline"),
        Column(title="IN", width=11, right=True, live=_due),
        Column(title="MEMBERS", width=9, right=True, cell=lambda row: Piece(f"{row.members:,}"), from_width=92),
        Column(title="REASON", width=40, cell=lambda row: Piece(row.reason, Ink.DIM), from_width=130),
    )

    @property
    def source(self) -> Source[CampaignRow]:
        """The campaigns."""
        return self.app.backend.campaigns

    def due_of(self, row: CampaignRow) -> datetime | None:
        """Return the deadline of an open campaign."""
        return row.due if row.left else None

    def facts(self, row: CampaignRow) -> Callable[[], Sheet]:
        """Return what reads everything about the campaign."""
        return partial(self._sheet, row.name)

    def _sheet(self, name: str) -> Sheet:
        backend = self.app.backend
        return campaign_sheet(backend.campaigns.detail(name), backend.now(), self.app.glyphs)

    def page(self, row: CampaignRow) -> FactsScreen:
        """Return the campaign's page."""
        return CampaignPage(row.name, self.facts(row))

    def chosen_campaign(self) -> str | None:
        """Return the campaign under the cursor."""
        row = self.table.current
        return None if row is None else row.name

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        if matches:
            return "No campaign matches"
        if self.hidden_number:
            return "No campaign is open."
        return (
            "There are no campaigns yet.\n"
            "A campaign asks for the renewal, by a day, of what a filter finds:\n"
            "certmgr campaign create NAME --reason TEXT --deadline DATE key:rsa"
        )
