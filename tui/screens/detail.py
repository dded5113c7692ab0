"""One certificate on a screen of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from tui.commands import Scope, bindings
from tui.lanes import Lane
from tui.screens.certificate_acts import CertificateActs
from tui.screens.searching import SearchScreen
from tui.values.detail import Look, Place, Sight
from tui.widgets.detail_pane import DetailPane
from tui.wording import error_lines

LOOK_S = 15.0
"""How long the endpoints of a server are waited for."""
AT_ONCE = 8
"""How many endpoints are looked at together."""


class DetailScreen(CertificateActs, SearchScreen):
    """Everything that is known of one certificate; it follows the store."""

    PLACE = "Certificate"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DETAIL)]
    SCOPES = (Scope.DETAIL,)
    MATCH_KEYS = ("next-match-this", "previous-match-this", "back")

    def __init__(self, certificate: CertificateId) -> None:
        """Show the certificate with this id."""
        super().__init__()
        self._certificate = certificate

    def text(self) -> Widget:
        """Return the detail."""
        return DetailPane(glyphs=self.app.glyphs, clock=self.app.backend.now, whole=True)

    def on_mount(self) -> None:
        """Read the certificate and follow the store."""
        self.query_one(DetailPane).focus()
        self.app.store_signal.subscribe(self, lambda _asked: self.reload())
        self.reload()

    @work(exclusive=True, group="detail")
    async def reload(self) -> None:
        """Read the certificate again."""
        pane = self.query_one(DetailPane)
        try:
            pane.show_detail(await self.app.reads.run(partial(self.app.backend.certificates.detail, self._certificate)))
        except CertmgrError as error:
            pane.say(error_lines(error, self.app.glyphs))

    def certificates(self) -> Sequence[int]:
        """Return this one."""
        return (self._certificate,)

    def current_certificate(self) -> CertificateId:
        """Return this one."""
        return self._certificate

    def action_section(self, delta: int) -> None:
        """Jump to the next or the previous section."""
        self.query_one(DetailPane).jump(delta)

    @on(DetailPane.Jumped)
    def _jumped(self, event: DetailPane.Jumped) -> None:
        """Say which section it is."""
        self.note(f"{event.title.lower()}, {event.number} of {event.total}")

    @work(exclusive=True, group="look")
    async def action_look(self) -> None:
        """Look at every endpoint of the server, several at once, and show what each shows now."""
        pane = self.query_one(DetailPane)
        if (detail := pane.detail) is None:
            return
        places = [place for place in detail.places if place.endpoint is not None]
        if not places:
            self.app.say(f"No endpoint of {detail.certificate.server} is on record.")
            return
        now = self.app.backend.now()
        looks = {place.id: Look(place=place.id, sight=Sight.LOOKING, at=now) for place in places}
        pane.show_looks(looks)
        pane.section_named("DEPLOYMENTS")
        lanes = [
            Lane(f"look-{number}", at_end=self.app.backend.close_thread) for number in range(len(places[:AT_ONCE]))
        ]

        async def look(number: int, place: Place) -> None:
            call = partial(self.app.backend.details.look, detail.certificate.id, detail.certificate.server, place)
            looks[place.id] = await lanes[number % len(lanes)].run(call)
            pane.show_looks(looks)

        try:
            async with asyncio.timeout(LOOK_S):
                await asyncio.gather(*(look(number, place) for number, place in enumerate(places)))
        except TimeoutError:
            late = {key: replace(one, sight=Sight.SILENT) for key, one in looks.items() if one.sight is Sight.LOOKING}
            pane.show_looks(looks | late)
        finally:
            for lane in lanes:
                lane.close(0)

    @work(exclusive=True, group="revoke")
    async def action_revoke(self) -> None:
        """Open the revocation dialog for this certificate."""
        try:
            row = await self.app.reads.run(partial(self.app.backend.certificates.row, self._certificate))
        except CertmgrError as error:
            self.app.trouble(error)
            return
        self.app.start_revocation(row)
