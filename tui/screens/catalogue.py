"""Which screen stands behind the name of a place (tui.commands.places)."""

from collections.abc import Mapping

from tui.screens.certificates import CertificatesScreen
from tui.screens.frame import FrameScreen
from tui.screens.servers import ServersScreen

SCREENS: Mapping[str, type[FrameScreen]] = {
    "certificates": CertificatesScreen,
    "servers": ServersScreen,
}
