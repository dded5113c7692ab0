"""What screens and dialogs may ask of the application around them."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from textual.screen import Screen
from textual.signal import Signal

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Revocation
from tui.banner import Deadline
from tui.commands import Command, Scope, in_scope
from tui.keymap import Keymap, in_effect
from tui.lanes import Lane
from tui.present import Glyphs, Line
from tui.remembered import ListMemory
from tui.terminal import GuardedApp
from tui.views import Head, Row

if TYPE_CHECKING:
    from tui.backend import Backend

T = TypeVar("T")


class Host(GuardedApp):
    """The application as its screens know it."""

    backend: "Backend"
    glyphs: Glyphs
    read_only: bool
    reads: Lane
    """Details and the banner: what is found at once."""
    lists: Lane
    """Pages of lists, which may have to search; broken off when nobody waits for them any more."""
    marks: Lane
    """What is to be marked, which no count may hold up; broken off likewise."""
    counts: Lane
    """Counts, which may have to scan; broken off likewise."""
    looks: Lane
    """What takes long and writes nothing: servers that are looked at, the examination, the proof of the journal."""
    acts: Lane
    """Unlocking and everything that writes."""
    keymap: Keymap
    """Which keys give which command."""
    head: Head | None
    requests: tuple[Revocation, ...]
    deadlines: tuple[Deadline, ...]
    """Every running promise, for the banner and the bell."""
    frame_signal: Signal["Host"]
    """Head or requests have changed."""
    store_signal: Signal[bool]
    """Something in the store has changed, or the day has; true where that was asked for, by a key or after an act."""

    @property
    @abstractmethod
    def messages(self) -> Sequence[Line]:
        """What this session has said, the newest first."""

    @abstractmethod
    def say(self, text: str, *, warning: bool = False) -> None:
        """Show a toast and keep the text in the message log."""

    @abstractmethod
    def trouble(self, error: CertmgrError) -> None:
        """Show an error until it is dismissed and keep it in the message log."""

    @abstractmethod
    def action_refresh_now(self) -> None:
        """Read the store again."""

    @abstractmethod
    def tell(self, text: str, *, title: str, lines: tuple[Line, ...]) -> None:
        """Show a result until it is dismissed; `text` is the same in one line, for the message log."""

    @abstractmethod
    def unfinished(self, title: str, text: str) -> None:
        """Show until it is dismissed that something was done and needs more, and keep it in the message log."""

    @abstractmethod
    async def act(self, purpose: str, call: Callable[[], T], *, slotless: bool = False) -> T | None:
        """Carry out what writes, off the interface's thread, and return what it returned; None: nothing was done.

        `purpose` goes on after "Unlock to": `revoke portal.hub`. A slot is unlocked first where none is, unless
        `slotless`. An error is shown with all its reasons. Call it in a worker (`@work`), for it waits for people.
        """

    @abstractmethod
    def recalled(self, screen: Screen[Any]) -> ListMemory | None:
        """Return how the list on `screen` was left in an earlier session; None: it never was."""

    @abstractmethod
    def remember(self, screen: Screen[Any], memory: ListMemory) -> None:
        """Keep how the list on `screen` is looked at."""

    def commands(self, *scopes: Scope) -> tuple[Command, ...]:
        """Return the commands of `scopes` with the keys that give them."""
        return in_effect(self.keymap, in_scope(*scopes))

    @abstractmethod
    def start_revocation(self, row: Row) -> None:
        """Open the revocation dialog for a certificate as it was when this was called."""

    @abstractmethod
    def open_detail(self, certificate: CertificateId) -> None:
        """Show one certificate on a screen of its own."""
