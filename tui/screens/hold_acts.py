"""Holding, releasing and revoking many, on the screens that name certificates."""

from collections.abc import Sequence
from functools import partial

from textual import work

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId, State
from tui.dialogs.hold import HoldDialog, ReleaseDialog
from tui.dialogs.revoke_many import BulkDialog
from tui.screens.frame import FrameScreen
from tui.values.revocations import Named
from tui.views import Query


class HoldActs(FrameScreen):
    """A screen on which something names a certificate."""

    def current_certificate(self) -> CertificateId | None:
        """Return the one under the cursor."""
        raise NotImplementedError

    @work(exclusive=True, group="hold")
    async def action_hold(self) -> None:
        """Suspend the certificate for a time."""
        if (named := await self._named()) is not None:
            self.app.push_screen(HoldDialog(named))

    @work(exclusive=True, group="hold")
    async def action_release(self) -> None:
        """Lift the hold of the certificate."""
        named = await self._named()
        if named is None:
            return
        if named.state is not State.HELD:
            self.app.say(f"{named.server} is not held.")
            return
        self.app.push_screen(ReleaseDialog(named, until=named.held_until))

    @work(exclusive=True, group="bulk")
    async def revoke_marked(self, ids: Sequence[int], query: Query) -> None:
        """Open the dialog for many; `query` is what the list shows, so that what it hides can be said."""
        try:
            picked = await self.app.reads.run(partial(self.app.backend.revoking.pick, ids, query))
        except CertmgrError as error:
            self.app.trouble(error)
            return
        if await self.app.push_screen_wait(BulkDialog(picked)) is not None:
            self.unmark()

    def unmark(self) -> None:
        """Take the marks away: what was marked is done."""

    async def _named(self) -> Named | None:
        """Read the certificate as it is now."""
        if (certificate := self.current_certificate()) is None:
            return None
        try:
            return await self.app.reads.run(partial(self.app.backend.revoking.one, certificate))
        except CertmgrError as error:
            self.app.trouble(error)
            return None
