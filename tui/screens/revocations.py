"""The queue of revocation requests, one request on a page of its own, and the decisions on either."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from certmgr.errors import CertmgrError
from certmgr.models.revocations import RevocationId
from tui.banner import verb
from tui.commands import Scope, bindings
from tui.dialogs.hold import ReleaseDialog
from tui.dialogs.typed import TextDialog
from tui.dialogs.verify import VerifyDialog
from tui.present import Glyphs, Ink, Piece, countdown
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.table import Column, TableScreen
from tui.sheets.revocations import request_sheet, word_piece
from tui.values.revocations import Decided, RequestRow, RequestView
from tui.values.sheets import Sheet
from tui.wording import decided_line

_ROOM = 96
"""From so many cells on the longest cause is shown whole, and who asked."""


class RequestActs(FrameScreen):
    """A screen on which something names one request."""

    def request(self) -> RevocationId | None:
        """Return the request that a decision is about."""
        raise NotImplementedError

    async def _view(self, *, undecided: bool = False) -> RequestView | None:
        """Read the request as it is now; None where there is none, or where it had to be `undecided` and is not."""
        request = self.request()
        if request is None:
            return None
        backend = self.app.backend.revocations
        try:
            return await self.app.reads.run(partial(backend.to_decide if undecided else backend.view, request))
        except CertmgrError as error:
            self.app.trouble(error)
            return None

    async def _decide(self, words: str, purpose: str, call: Callable[[], Decided]) -> None:
        done = await self.app.act(purpose, call)
        if done is not None:
            self.app.say(decided_line(done, words), warning=done.already)

    @work(exclusive=True, group="decide")
    async def action_acknowledge(self) -> None:
        """Record that the request was seen."""
        if (request := self.request()) is not None:
            call = partial(self.app.backend.revocations.acknowledge, request)
            await self._decide("acknowledged", f"acknowledge request {request}", call)

    @work(exclusive=True, group="decide")
    async def action_verify(self) -> None:
        """Vouch for the request."""
        if (view := await self._view(undecided=True)) is not None:
            self.app.push_screen(VerifyDialog(view))

    @work(exclusive=True, group="decide")
    async def action_reject(self) -> None:
        """Close the request as not genuine."""
        view = await self._view(undecided=True)
        if view is None:
            return
        reason = await self._reason(view, "Reject", "Nothing is revoked. The reason stays with the request.")
        if reason is not None:
            call = partial(self.app.backend.revocations.reject, view.row.id, reason=reason)
            await self._decide("rejected", f"reject request {view.row.id}", call)

    @work(exclusive=True, group="decide")
    async def action_withdraw(self) -> None:
        """Close the request for whoever asked for it."""
        view = await self._view(undecided=True)
        if view is None:
            return
        effect = "Nothing is revoked. What is on a CRL already cannot be withdrawn."
        reason = await self._reason(view, "Withdraw", effect)
        if reason is not None:
            call = partial(self.app.backend.revocations.withdraw, view.row.id, reason=reason)
            await self._decide("withdrawn", f"withdraw request {view.row.id}", call)

    async def _reason(self, view: RequestView, label: str, effect: str) -> str | None:
        one = view.row.revocation
        lines = [f"Request {one.id}, {one.cause.value}, asked for by {one.requested_by}.", effect]
        if view.together:
            lines.insert(1, f"Decided together with {len(view.together)} more.")
        return await self.app.push_screen_wait(
            TextDialog(label, one.server, lines=lines, question="Reason", label=label)
        )

    @work(exclusive=True, group="decide")
    async def action_incident(self) -> None:
        """Record to whom the incident of a leaked key was reported."""
        view = await self._view()
        if view is None:
            return
        one = view.row.revocation
        lines = ["A compromised key is an incident, and is reported within its time.", "Say to whom, and the ticket."]
        to = await self.app.push_screen_wait(
            TextDialog("Incident", one.server, lines=lines, question="Reported to", label="Report")
        )
        if to is not None:
            call = partial(self.app.backend.revocations.report_incident, one.id, to=to)
            await self._decide("reported", f"report the incident of request {one.id}", call)

    @work(exclusive=True, group="decide")
    async def action_release(self) -> None:
        """Release the certificate from its hold."""
        view = await self._view()
        if view is None:
            return
        certificate = view.row.revocation.certificate_id
        if certificate is None or not view.held:
            self.app.say("Its certificate is not held.")
            return
        named = await self.app.reads.run(partial(self.app.backend.revoking.one, certificate))
        self.app.push_screen(ReleaseDialog(named, until=view.row.revocation.hold_until))


class RequestScreen(RequestActs, FactsScreen):
    """Everything that is known of one request; it follows the store and the clock."""

    PLACE = "Revocations"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.REQUEST)]
    SCOPES = (Scope.REQUEST, Scope.PAGE)

    def __init__(self, row: RequestRow, read: Callable[[], Sheet]) -> None:
        """Show the request of `row`."""
        super().__init__(read)
        self._row = row

    def request(self) -> RevocationId:
        """Return this one."""
        return self._row.id

    def action_certificate(self) -> None:
        """Open the certificate that it is about."""
        certificate = self._row.revocation.certificate_id
        if certificate is None:
            self.app.say("The request is about a CA.")
        else:
            self.app.open_detail(certificate)


def _left(row: RequestRow, now: datetime, _glyphs: Glyphs) -> Piece:
    if row.due is None:
        return Piece("-", Ink.DIM)
    return Piece(countdown(row.due, now, short=True), Ink.ALARM if row.due <= now else Ink.REVOKING)


def _next(row: RequestRow) -> Piece:
    if row.kind is None or row.due is None:
        return Piece("")
    return Piece(f"{verb(row.kind)} by {row.due:%m-%d %H:%M}")


class RevocationsScreen(RequestActs, TableScreen[RequestRow]):
    """The requests about which something is due, the soonest first; the others on request."""

    PLACE = "Revocations"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.REVOCATIONS)]
    SCOPES = (Scope.REVOCATIONS, Scope.ROWS)
    SORTS = ("due", "received", "server")
    EXAMPLES = "server  cause  received  verified  !word"
    COLUMNS: ClassVar[Sequence[Column[RequestRow]]] = (
        Column(title="STATE", width=11, live=lambda row, _now, glyphs: word_piece(row, glyphs)),
        Column(title="SERVER", cell=lambda row: Piece(row.server, Ink.STRONG), sort="server"),
        Column(title="CAUSE", width=16, cell=lambda row: Piece(row.revocation.cause.value), below=_ROOM),
        Column(title="CAUSE", width=19, cell=lambda row: Piece(row.revocation.cause.value), from_width=_ROOM),
        Column(
            title="RECEIVED",
            width=11,
            cell=lambda row: Piece(f"{row.revocation.received_at:%m-%d %H:%M}", Ink.DIM),
            sort="received",
        ),
        Column(title="T-MINUS", width=11, right=True, live=_left, sort="due"),
        Column(title="NEXT (UTC)", width=30, cell=_next, from_width=120),
        Column(title="ASKED BY", width=10, cell=lambda row: Piece(row.revocation.requested_by), from_width=_ROOM),
    )

    @property
    def source(self) -> Source[RequestRow]:
        """The requests."""
        return self.app.backend.revocations

    def due_of(self, row: RequestRow) -> datetime | None:
        """Return when the next step is due."""
        return row.due

    def facts(self, row: RequestRow) -> Callable[[], Sheet]:
        """Return what reads a request."""
        return partial(self._sheet, row.id)

    def page(self, row: RequestRow) -> RequestScreen:
        """Return the page of a request."""
        return RequestScreen(row, self.facts(row))

    def request(self) -> RevocationId | None:
        """Return the one under the cursor."""
        row = self.table.current
        return None if row is None else row.id

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the queue."""
        if matches:
            return "No request matches"
        return "Nothing is due about any revocation request.\nx on a certificate revokes it or asks for that"

    def _sheet(self, request: RevocationId) -> Sheet:
        backend = self.app.backend
        return request_sheet(backend.revocations.view(request), now=backend.now(), glyphs=self.app.glyphs)
