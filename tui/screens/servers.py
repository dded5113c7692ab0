"""The servers on record, and one of them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from certmgr.errors import CertmgrError
from tui.commands import Scope, bindings
from tui.dialogs.server import EditServerDialog
from tui.dialogs.typed import NameDialog, TextDialog
from tui.present import Glyphs, Ink, Line, Piece, countdown, day, days_ink, state_piece
from tui.screens.deploying import DeployJob
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.run import Job, RunScreen
from tui.screens.table import Column, TableScreen
from tui.sheets.servers import WORST_FIRST, server_sheet, standing_piece
from tui.values.issuing import Draft
from tui.values.servers import Seen, ServerDetail, ServerRow
from tui.values.sheets import Sheet

WIDER = 92
"""From so many cells on deployments and promises have columns of their own."""


class ServerCommands(FrameScreen):
    """What can be done with a server, in the list and on its page."""

    def chosen_server(self) -> int | None:
        """Return the number of the server that an act is about; None: there is none."""
        raise NotImplementedError

    def action_verify_server(self) -> None:
        """Look at what the server's endpoints serve."""
        if (server := self.chosen_server()) is not None:
            self.app.push_screen(RunScreen(VerifyJob(self, server)))

    def action_deploy_server(self) -> None:
        """Install what is due for the server, and what failed and waits for its time."""
        if (server := self.chosen_server()) is not None:
            self.app.push_screen(RunScreen(DeployJob(self.app, server)))

    @work(exclusive=True, group="act")
    async def action_edit_server(self) -> None:
        """Change what is on record of the server."""
        detail = await self._detail()
        if detail is None:
            return
        wanted = await self.app.push_screen_wait(EditServerDialog(detail))
        if wanted is None:
            return
        edit = partial(self.app.backend.servers.edit, detail.server, wanted)
        done = await self.app.act(f"change {detail.server.name}", edit)
        if done is None:
            return
        if not done.changed:
            self.app.say(f"{detail.server.name} stays as it is.")
            return
        text = f"{detail.server.name}: changed {', '.join(done.changed).replace('_', ' ')}."
        if done.follow_up_days is not None:
            text += f" To be followed up within {done.follow_up_days} days: renew it, or confirm that it need not be."
        self.app.say(text)

    @work(exclusive=True, group="act")
    async def action_confirm_server(self) -> None:
        """Say that the certificate does not name what changed."""
        detail = await self._detail()
        if detail is None:
            return
        name = detail.server.name
        if not any(one.met_at is None and one.voided_at is None for one, _ in detail.promises):
            self.app.say(f"No change of {name} waits to be followed up.")
            return
        lines = ("The facts on record have changed since the certificate was issued.",)
        question = "Why is the certificate right as it is?"
        dialog = TextDialog("Confirm", name, lines=lines, question=question, label="Confirm")
        reason = await self.app.push_screen_wait(dialog)
        if reason is None:
            return
        confirm = partial(self._confirmed, name, reason)
        if await self.app.act(f"confirm {name}", confirm):
            self.app.say(f"The change of {name} is followed up.")

    def _confirmed(self, name: str, reason: str) -> bool:
        self.app.backend.servers.confirm(name, reason)
        return True

    @work(exclusive=True, group="act")
    async def action_retire_server(self) -> None:
        """Take the server out of service, once its name is typed."""
        detail = await self._detail()
        if detail is None:
            return
        name = detail.server.name
        if detail.server.retired_at is not None:
            self.app.say(f"{name} is out of service already.")
            return
        lines = (
            "Nothing is issued, renewed or installed for it any more.",
            "Its certificates stay good until they are revoked.",
        )
        typed = await self.app.push_screen_wait(NameDialog("Retire", name, lines=lines, label="Retire"))
        if typed is None:
            return
        live = await self.app.act(f"retire {name}", partial(self.app.backend.servers.retire, name, typed))
        if live is None:
            return
        left = f" Still good, to be revoked as no-longer-needed: {', '.join(one[:16] for one in live)}." if live else ""
        self.app.say(f"{name} is out of service.{left}", warning=bool(live))

    async def _detail(self) -> ServerDetail | None:
        """Return the server as it is now; errors are shown."""
        server = self.chosen_server()
        if server is None:
            return None
        try:
            return await self.app.reads.run(partial(self.app.backend.servers.detail, server))
        except CertmgrError as error:
            self.app.trouble(error)
            return None


class VerifyJob(Job):
    """Looks at what a server's endpoints serve."""

    place = "Verify"
    begun = "Looking at the endpoints ..."

    def __init__(self, screen: FrameScreen, server: int) -> None:
        """Look at the endpoints of the server with this number."""
        self._backend = screen.app.backend
        self._server = server

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell what each endpoint serves; return whether all is well."""
        del passing

        def each(one: Seen) -> None:
            for line in seen_lines(one):
                tell(line)

        seen = self._backend.servers.verify(self._server, each)
        bad = sum(not one.well for one in seen)
        if bad:
            return ((Piece(f"{bad} of {len(seen)} do not serve the newest certificate as they should.", Ink.DUE),),)
        return ((Piece("All serve the newest certificate, with its chain.", Ink.VALID),),)


def seen_lines(one: Seen) -> Sequence[Line]:
    """Return what an endpoint showed, and what is wrong with it."""
    words = {
        "current": "serves the newest certificate",
        "old": "serves another certificate of ours",
        "foreign": "serves a certificate that is not on record here",
        "unreachable": "shows no certificate",
    }
    ink = Ink.VALID if one.well else Ink.DUE
    first = (Piece(f"{one.endpoint}  ", Ink.STRONG), Piece(words[one.served], ink))
    what = ((Piece(f"  {one.what}", Ink.DIM),),) if one.what else ()
    return (first, *what, *((Piece(f"  {problem}", Ink.DUE),) for problem in one.problems))


class ServerPage(ServerCommands, FactsScreen):
    """One server: facts, promises, deployments, its line of certificates, history."""

    PLACE = "Server"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.SERVERS)]
    SCOPES = (Scope.SERVERS, Scope.PAGE)

    def __init__(self, server: int, read: Callable[[], Sheet]) -> None:
        """Show the server with this number."""
        super().__init__(read)
        self._server = server

    def chosen_server(self) -> int | None:
        """Return this server."""
        return self._server


def _state(row: ServerRow, _now: datetime, glyphs: Glyphs) -> Piece:
    if row.retired:
        return Piece("retired", Ink.DIM)
    return Piece("none", Ink.DIM) if row.state is None else state_piece(row.state, revoking=row.revoking, glyphs=glyphs)


def _until(row: ServerRow) -> Piece:
    if row.not_after is None or row.days is None or row.state is None:
        return Piece("")
    return Piece(day(row.not_after), Ink.DIM if row.retired else days_ink(row.days, row.state))


def _deployed(row: ServerRow) -> Piece:
    """Return the worst standing of the deployments, and of how many it is where they differ."""
    if not row.standings:
        return Piece("")
    worst = min(row.standings, key=WORST_FIRST.index)
    piece = standing_piece(worst)
    number, of = row.standings.count(worst), len(row.standings)
    return piece if of == 1 else Piece(f"{piece.text} {number}/{of}", piece.ink)


def _promise(row: ServerRow, now: datetime, _glyphs: Glyphs) -> Piece:
    if row.due is None:
        return Piece("")
    return Piece(countdown(row.due, now, short=True), Ink.ALARM if row.due <= now else Ink.REVOKING)


def _urgent(row: ServerRow, now: datetime, glyphs: Glyphs) -> Piece:
    """Return the clock of changed facts where one is running, else what the deployments say."""
    promise = _promise(row, now, glyphs)
    return Piece(f"chg {promise.text}", promise.ink) if promise.text else _deployed(row)


COLUMNS: Sequence[Column[ServerRow]] = (
    Column(title="STATE", width=10, live=_state),
    Column(title="SERVER", cell=lambda row: Piece(row.name, Ink.DIM if row.retired else Ink.STRONG), sort="server"),
    Column(title="UNTIL", width=10, cell=_until),
    Column(
        title="RENEWAL",
        width=9,
        from_width=110,
        cell=lambda row: Piece("by itself" if row.auto_renew else "by hand", Ink.DIM),
    ),
    Column(title="OWNER", width=13, cell=lambda row: Piece(row.owner), sort="owner"),
    Column(title="DEPLOYED", width=11, live=_urgent, below=WIDER),
    Column(title="DEPLOYED", width=15, cell=_deployed, from_width=WIDER),
    Column(title="FOLLOW UP", width=11, right=True, live=_promise, from_width=WIDER),
    Column(title="PURPOSE", width=24, from_width=140, cell=lambda row: Piece(row.purpose, Ink.DIM)),
)


class ServersScreen(ServerCommands, TableScreen[ServerRow]):
    """Every server that certificates are issued for, by name."""

    PLACE = "Servers"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.SERVERS)]
    SCOPES = (Scope.SERVERS, Scope.ROWS)
    SORTS = ("server", "owner", "recorded")
    EXAMPLES = "word of name, owner or purpose  !word"
    COLUMNS = COLUMNS

    @property
    def source(self) -> Source[ServerRow]:
        """The servers."""
        return self.app.backend.servers

    def due_of(self, row: ServerRow) -> datetime | None:
        """Return until when changed facts are to be followed up."""
        return row.due

    def facts(self, row: ServerRow) -> Callable[[], Sheet]:
        """Return what reads everything about the server."""
        return partial(self._sheet, row.id)

    def _sheet(self, server: int) -> Sheet:
        backend = self.app.backend
        return server_sheet(backend.servers.detail(server), backend.now(), self.app.glyphs)

    def page(self, row: ServerRow) -> FactsScreen:
        """Return the server's page."""
        return ServerPage(row.id, self.facts(row))

    def chosen_server(self) -> int | None:
        """Return the server under the cursor."""
        row = self.table.current
        return None if row is None else row.id

    def draft(self) -> Draft | None:
        """Return what is known of the server under the cursor, for the form that asks for a certificate."""
        row = self.table.current
        return None if row is None else Draft(names=row.name, owner=row.owner, purpose=row.purpose)

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        if matches:
            return "No server matches"
        if self.hidden_number:
            return "No server is in service."
        return (
            "There are no servers yet.\n"
            "certmgr issue --dns NAME --owner UNIT --purpose TEXT   records one, too\n"
            "certmgr server add NAME --owner UNIT --purpose TEXT    records one alone"
        )
