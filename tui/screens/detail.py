"""One certificate on a screen of its own."""

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from tui.commands import Scope, bindings
from tui.screens.frame import FrameScreen
from tui.widgets.detail_pane import DetailPane
from tui.wording import error_lines


class DetailScreen(FrameScreen):
    """Everything that is known of one certificate; it follows the store."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DETAIL)]
    SCOPES = (Scope.DETAIL,)

    def __init__(self, certificate: CertificateId) -> None:
        """Show the certificate with this id."""
        super().__init__()
        self._certificate = certificate

    def body(self) -> Iterable[Widget]:
        """Return the detail."""
        yield DetailPane(glyphs=self.app.glyphs, clock=self.app.backend.now)

    def on_mount(self) -> None:
        """Read the certificate and follow the store."""
        self.query_one(DetailPane).focus()
        self.app.store_signal.subscribe(self, lambda _app: self.reload())
        self.reload()

    @work(exclusive=True, group="detail")
    async def reload(self) -> None:
        """Read the certificate again."""
        pane = self.query_one(DetailPane)
        try:
            pane.show_detail(await self.app.reads.run(partial(self.app.backend.certificates.detail, self._certificate)))
        except CertmgrError as error:
            pane.say(error_lines(error, self.app.glyphs))

    def action_back(self) -> None:
        """Return to the list."""
        self.dismiss()

    @work(exclusive=True, group="revoke")
    async def action_revoke(self) -> None:
        """Open the revocation dialog for this certificate."""
        try:
            row = await self.app.reads.run(partial(self.app.backend.certificates.row, self._certificate))
        except CertmgrError as error:
            self.app.trouble(error)
            return
        self.app.start_revocation(row)
