"""The CAs and their CRLs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType

from certmgr.errors import CertmgrError
from tui.commands import Scope, bindings
from tui.dialogs.authority_export import AuthorityExportDialog, Export
from tui.dialogs.revoke_authority import RevokeAuthorityDialog
from tui.present import Glyphs, Ink, Line, Piece, countdown, day
from tui.screens.facts import FactsScreen
from tui.screens.frame import FrameScreen
from tui.screens.listing import Source
from tui.screens.run import Job, RunScreen
from tui.screens.table import Column, TableScreen
from tui.sheets.authorities import authority_sheet, end_ink, status_piece
from tui.sheets.words import ago
from tui.values.authorities import AuthorityRow, Publication
from tui.values.sheets import Note, Section, Sheet, Verbatim

CA_URGENT_DAYS = 90
"""With fewer days left, a CA is late to be replaced."""


class PublishJob(Job):
    """Signs and publishes CRLs."""

    place = "CRL"
    begun = "Signing, publishing and fetching back ..."

    def __init__(self, screen: FrameScreen, *, root: bool) -> None:
        """Publish the CRLs of the roots, or of the issuing CAs."""
        self._backend = screen.app.backend
        self._root = root
        self.purpose = f"publish the CRL of the {'root' if root else 'issuing CA'}"

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell what came of each CA; return whether relying parties can see all of them."""
        del passing
        done = self._backend.authorities.publish(root=self._root)
        for one in done:
            for line in _publication(one):
                tell(line)
        unseen = [one.authority for one in done if not one.seen]
        if unseen:
            text = f"Relying parties cannot see the new CRL of {', '.join(unseen)}. The check tries it again."
            return ((Piece(text, Ink.DUE),),)
        return ((Piece("Relying parties can see it.", Ink.VALID),),)


def _publication(one: Publication) -> Iterable[Line]:
    if one.number is not None and one.next_update is not None:
        until = f"{one.next_update:%Y-%m-%d %H:%M} UTC"
        what = f"CRL number {one.number}, {one.entries:,} entries, until {until}"
        yield (Piece(f"{one.authority}  ", Ink.STRONG), Piece(what))
    if one.problem:
        yield (Piece(f"{one.authority}  ", Ink.STRONG), Piece(one.problem, Ink.DUE))


class AuthorityCommands(FrameScreen):
    """What can be done with a CA, in the list and on its page."""

    def chosen_authority(self) -> AuthorityRow | None:
        """Return the CA that an act is about, as it is shown; None: there is none."""
        raise NotImplementedError

    def action_publish_crl(self) -> None:
        """Sign and publish the CRL: the root's needs somebody whose slot opens the root."""
        row = self.chosen_authority()
        if row is None:
            return
        if row.status in {"external", "pending"}:
            self.app.say(f"{row.name} signs no CRL here: its status is {row.status}.")
            return
        self.app.push_screen(RunScreen(PublishJob(self, root=row.is_root)))

    def action_revoke_authority(self) -> None:
        """Open the dialog for the revocation of an issuing CA; a root cannot be revoked."""
        row = self.chosen_authority()
        if row is None:
            return
        if row.is_root:
            self.app.say("A root cannot be revoked: take it out of the trust stores (docs/recovery.md).")
        elif row.status == "pending":
            self.app.say(f"{row.name} has no certificate yet that could be revoked.")
        else:
            self.app.push_screen(RevokeAuthorityDialog(row.name))

    @work(exclusive=True, group="act")
    async def action_export_authority(self) -> None:
        """Show what relying parties are given, or write it to a file."""
        authorities = self.app.backend.authorities
        row = self.chosen_authority()
        dialog = AuthorityExportDialog(row.name if row else "", authorities.systems, read_only=self.app.read_only)
        wanted = await self.app.push_screen_wait(dialog)
        if wanted is None:
            return
        try:
            text = await self.app.reads.run(partial(self._exported, wanted))
            if wanted.path:
                path = await self.app.reads.run(partial(authorities.write, text, wanted.path))
                self.app.say(f"Wrote {path}.")
                return
        except CertmgrError as error:
            self.app.trouble(error)
            return
        self.app.push_screen(FactsScreen(partial(self._export_sheet, wanted)))

    def _exported(self, wanted: Export) -> str:
        authorities = self.app.backend.authorities
        return authorities.instructions(wanted.system) if wanted.system else authorities.exported(wanted.what)

    def _export_sheet(self, wanted: Export) -> Sheet:
        prints = self.app.backend.authorities.fingerprints(wanted.what or "root")
        notes = tuple(Note(line, start=f"{slug}  ") for slug, lines in prints for line in lines)
        return Sheet(
            title=wanted.title,
            sections=(
                Section("SHA-256, TO BE COMPARED BY VOICE", notes),
                Section("TEXT", (Verbatim(self._exported(wanted).rstrip("\n")),)),
            ),
        )


class AuthorityPage(AuthorityCommands, FactsScreen):
    """One CA: facts, constraints, holders of its key, its CRLs."""

    PLACE = "CA"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.AUTHORITIES)]
    SCOPES = (Scope.AUTHORITIES, Scope.PAGE)

    def __init__(self, row: AuthorityRow, read: Callable[[], Sheet]) -> None:
        """Show the CA of this row."""
        super().__init__(read)
        self._row = row

    def chosen_authority(self) -> AuthorityRow | None:
        """Return this CA."""
        return self._row


def _status(row: AuthorityRow, _now: datetime, glyphs: Glyphs) -> Piece:
    return status_piece(row.status, glyphs)


def _until(row: AuthorityRow) -> Piece:
    if row.not_after is None or row.days is None:
        return Piece("")
    return Piece(day(row.not_after), Ink.URGENT if row.days < CA_URGENT_DAYS else Ink.PLAIN)


def _age(row: AuthorityRow, now: datetime, _glyphs: Glyphs) -> Piece:
    return Piece(ago(row.crl.this_update, now) if row.crl else "", Ink.DIM)


def _next(row: AuthorityRow, now: datetime, _glyphs: Glyphs) -> Piece:
    if row.crl is None:
        return Piece("none yet", Ink.DUE) if row.status == "current" else Piece("")
    return Piece(countdown(row.crl.next_update, now, short=True), end_ink(row.crl, now))


def _seen(row: AuthorityRow) -> Piece:
    if row.crl is None:
        return Piece("")
    if row.crl.published_at is None:
        return Piece("not seen", Ink.DUE)
    return Piece(f"{len(row.seen)} place{'' if len(row.seen) == 1 else 's'}" if row.seen else "in place", Ink.DIM)


def _number(row: AuthorityRow) -> Piece:
    return Piece(str(row.crl.number) if row.crl else "")


def _updates(row: AuthorityRow) -> Piece:
    if row.crl is None:
        return Piece("")
    return Piece(f"{row.crl.this_update:%m-%d %H:%M}  {row.crl.next_update:%m-%d %H:%M}", Ink.DIM)


class AuthoritiesScreen(AuthorityCommands, TableScreen[AuthorityRow]):
    """Every CA, the roots first."""

    PLACE = "CAs and CRLs"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.AUTHORITIES)]
    SCOPES = (Scope.AUTHORITIES, Scope.ROWS)
    SORTS = ("role", "name", "until", "issued")
    COLUMNS: ClassVar[Sequence[Column[AuthorityRow]]] = (
        Column(title="STATUS", width=10, live=_status),
        Column(title="CA", cell=lambda row: Piece(row.name, Ink.STRONG), sort="name"),
        Column(title="ROLE", width=7, cell=lambda row: Piece(row.role, Ink.DIM), sort="role", from_width=92),
        Column(title="UNTIL", width=10, cell=_until, sort="until"),
        Column(title="KEY", width=9, cell=lambda row: Piece(row.key, Ink.DIM), from_width=104),
        Column(
            title="ISSUED",
            width=7,
            right=True,
            cell=lambda row: Piece("" if row.is_root else f"{row.issued:,}"),
            sort="issued",
        ),
        Column(title="CRL", width=10, right=True, cell=_number, from_width=92),
        Column(title="CRL ENDS", width=12, right=True, live=_next),
        Column(title="SEEN", width=8, cell=_seen),
        Column(title="SIGNED", width=12, live=_age, from_width=118),
        Column(title="THIS AND NEXT UPDATE (UTC)", width=26, cell=_updates, from_width=150),
    )

    @property
    def source(self) -> Source[AuthorityRow]:
        """The CAs."""
        return self.app.backend.authorities

    def due_of(self, row: AuthorityRow) -> datetime | None:
        """Return when the newest CRL ends."""
        return row.crl.next_update if row.crl else None

    def facts(self, row: AuthorityRow) -> Callable[[], Sheet]:
        """Return what reads everything about the CA."""
        return partial(self._sheet, row.name)

    def _sheet(self, name: str) -> Sheet:
        backend = self.app.backend
        return authority_sheet(backend.authorities.detail(name), backend.now(), self.app.glyphs)

    def page(self, row: AuthorityRow) -> FactsScreen:
        """Return the CA's page."""
        return AuthorityPage(row, self.facts(row))

    def chosen_authority(self) -> AuthorityRow | None:
        """Return the CA under the cursor."""
        return self.table.current

    def nothing(self, *, matches: bool = False) -> str:
        """Say what would fill the list."""
        return "No CA matches" if matches else "There is no CA here.\ncertmgr init makes a root and an issuing CA."
