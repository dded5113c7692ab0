"""Which screen stands behind the name of a place (tui.commands.places)."""

from collections.abc import Mapping

from tui.screens.applications import ApplicationsScreen
from tui.screens.authorities import AuthoritiesScreen
from tui.screens.campaigns import CampaignsScreen
from tui.screens.certificates import CertificatesScreen
from tui.screens.dashboard import DashboardScreen
from tui.screens.doctor import DoctorScreen
from tui.screens.frame import FrameScreen
from tui.screens.journal import JournalScreen
from tui.screens.notices import NoticesScreen
from tui.screens.revocations import RevocationsScreen
from tui.screens.servers import ServersScreen

SCREENS: Mapping[str, type[FrameScreen]] = {
    "dashboard": DashboardScreen,
    "certificates": CertificatesScreen,
    "applications": ApplicationsScreen,
    "revocations": RevocationsScreen,
    "servers": ServersScreen,
    "notices": NoticesScreen,
    "campaigns": CampaignsScreen,
    "journal": JournalScreen,
    "authorities": AuthoritiesScreen,
    "doctor": DoctorScreen,
}
