"""What tests do with the revocation dialog."""

from textual.pilot import Pilot
from textual.widgets import Input

from certmgr.models.certificates import Certificate
from certmgr.queries.certificates import detail, resolve
from tests.home import PASSPHRASE, HomeForTest
from tests.tui.screens import press, settle
from tui.app import CertmgrApp
from tui.dialogs.revoke import RevokeDialog
from tui.dialogs.unlock import UnlockDialog

PORTAL = "portal.hub.egov.internal"


def portal(home: HomeForTest) -> Certificate:
    """Return the certificate that these tests revoke."""
    return resolve(home.workspace, PORTAL)


def actions(home: HomeForTest) -> list[str]:
    """Return what the journal says about it."""
    return [entry.action for entry in detail(home.workspace, portal(home).id).history]


async def open_dialog(app: CertmgrApp, pilot: Pilot[int]) -> RevokeDialog:
    """Open the dialog for the portal, the second certificate of the list."""
    await press(app, pilot, "j", "x")
    assert isinstance(app.screen, RevokeDialog)
    return app.screen


async def fill(app: CertmgrApp, pilot: Pilot[int], *, key: str = "2", name: str = PORTAL) -> None:
    """Choose a cause and type a name."""
    await press(app, pilot, key)
    app.screen.query_one("#name", Input).value = name
    await settle(app, pilot)


async def unlock(app: CertmgrApp, pilot: Pilot[int], passphrase: str = PASSPHRASE) -> None:
    """Type a passphrase into the unlock dialog."""
    assert isinstance(app.screen, UnlockDialog)
    app.screen.query_one("#passphrase", Input).value = passphrase
    await press(app, pilot, "enter")
