"""What a command is, and where one can be given."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a command can be given; the text is its heading in the help."""

    EVERYWHERE = "Everywhere"
    PLACES = "Going to a screen"
    MOVEMENT = "Moving about"
    ROWS = "Every list"
    LIST = "Certificates"
    DETAIL = "One certificate"
    DASHBOARD = "Dashboard"
    SERVERS = "Servers"
    APPLICATIONS = "Applications"
    REVOCATIONS = "Revocations"
    NOTICES = "Notices"
    CAMPAIGNS = "Campaigns"
    JOURNAL = "Journal"
    AUTHORITIES = "CAs and CRLs"
    DOCTOR = "Doctor"
    FILTER = "Filter line"
    DIALOG = "Dialogs"
    REVOKE = "Revocation dialog"
    PAGE = "Help and messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing that can be done from the keyboard."""

    id: str
    """Stable: a configuration may give the command other keys by this name."""
    keys: tuple[str, ...]
    """In Textual's spelling; the first is the one that is shown."""
    action: str
    scope: Scope
    title: str
    """What the palette and the help say."""
    label: str = ""
    """The word in the footer; empty: not shown there."""
    palette: bool = False
    writes: bool = False
    """Not available with `--read-only`."""
    typed: bool = False
    """Handled by the field that has the focus; listed for the help only."""
