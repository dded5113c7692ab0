"""What the commands of each scope are given to."""

from tui.commands import Scope
from tui.dialogs.base import Dialog
from tui.host import Host
from tui.screens.applications import ApplicationScreen, ApplicationsScreen
from tui.screens.authorities import AuthoritiesScreen, AuthorityPage
from tui.screens.campaigns import CampaignPage, CampaignsScreen
from tui.screens.certificates import CertificatesScreen
from tui.screens.dashboard import DashboardScreen
from tui.screens.detail import DetailScreen
from tui.screens.doctor import DoctorScreen, FindingPage
from tui.screens.facts import FactsScreen
from tui.screens.journal import EntryPage, JournalScreen
from tui.screens.listing import ListScreen
from tui.screens.notices import NoticePage, NoticesScreen
from tui.screens.pages import TextScreen
from tui.screens.revocations import RequestScreen, RevocationsScreen
from tui.screens.run import RunScreen
from tui.screens.servers import ServerPage, ServersScreen
from tui.widgets.board_block import BoardBlock
from tui.widgets.line_view import LineView
from tui.widgets.row_list import RowList
from tui.widgets.scroll_text import ScrollText

OWNERS = {
    Scope.EVERYWHERE: (Host,),
    Scope.MOVEMENT: (RowList, ScrollText, LineView, BoardBlock),
    Scope.PLACES: (Host,),
    Scope.ROWS: (ListScreen,),
    Scope.LIST: (CertificatesScreen,),
    Scope.DETAIL: (DetailScreen,),
    Scope.DASHBOARD: (DashboardScreen,),
    Scope.REVOCATIONS: (RevocationsScreen,),
    Scope.REQUEST: (RequestScreen,),
    Scope.APPLICATIONS: (ApplicationsScreen, ApplicationScreen),
    Scope.SERVERS: (ServersScreen, ServerPage),
    Scope.NOTICES: (NoticesScreen, NoticePage),
    Scope.CAMPAIGNS: (CampaignsScreen, CampaignPage),
    Scope.JOURNAL: (JournalScreen, EntryPage),
    Scope.AUTHORITIES: (AuthoritiesScreen, AuthorityPage),
    Scope.DOCTOR: (DoctorScreen, FindingPage),
    Scope.DIALOG: (Dialog,),
    Scope.PAGE: (TextScreen, FactsScreen, RunScreen),
}
