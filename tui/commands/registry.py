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
    REQUEST = "One revocation request"
    NOTICES = "Notices"
    CAMPAIGNS = "Campaigns"
    JOURNAL = "Journal"
    AUTHORITIES = "CAs and CRLs"
    DOCTOR = "Doctor"
    FILTER = "Filter line"
    DIALOG = "Dialogs"
    REVOKE = "Revocation dialog"
    PAGE = "Help and messages"


_ALWAYS = frozenset({Scope.EVERYWHERE, Scope.PLACES, Scope.MOVEMENT})
_SHARED = frozenset({Scope.ROWS, Scope.PAGE})
"""Those that several screens have beside a scope of their own."""
_ALONE = frozenset({Scope.DETAIL, Scope.DASHBOARD})
"""Those of screens that are neither a list nor a page."""
_OVER = frozenset({Scope.DIALOG, Scope.REVOKE})
"""Those of dialogs, under which nothing else can be given."""
_FIELDS = frozenset({Scope.FILTER})
"""Those of a field that is being typed into; it takes its keys before anything else."""


def meet(one: Scope, other: Scope) -> bool:
    """Return whether commands of both scopes can be given on one screen, so that no key may stand for both."""
    if one is other:
        return True
    if _FIELDS & {one, other}:
        return False
    if one in _OVER or other in _OVER:
        return one in _OVER and other in _OVER
    if one in _ALWAYS or other in _ALWAYS:
        return True
    return bool(_SHARED & {one, other}) and not _ALONE & {one, other} and not {one, other} <= _SHARED


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
