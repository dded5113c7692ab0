"""What screens and dialogs may ask of the application around them."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from textual.signal import Signal

from certmgr.errors import CertmgrError
from certmgr.models.certificates import CertificateId
from certmgr.models.revocations import Revocation
from tui.lanes import Lane
from tui.present import Glyphs, Line
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
    """Pages, details and the banner."""
    counts: Lane
    """Counts, which may have to scan."""
    acts: Lane
    """Unlocking and everything that writes."""
    head: Head | None
    requests: tuple[Revocation, ...]
    frame_signal: Signal["Host"]
    """Head or requests have changed."""
    store_signal: Signal["Host"]
    """Something in the store has changed, or the day has."""

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
    async def act(self, purpose: str, call: Callable[[], T], *, slotless: bool = False) -> T | None:
        """Carry out what writes, off the interface's thread, and return what it returned; None: nothing was done.

        `purpose` goes on after "Unlock to": `revoke portal.hub`. A slot is unlocked first where none is, unless
        `slotless`. An error is shown with all its reasons. Call it in a worker (`@work`), for it waits for people.
        """

    @abstractmethod
    def start_revocation(self, row: Row) -> None:
        """Open the revocation dialog for a certificate as it was when this was called."""

    @abstractmethod
    def open_detail(self, certificate: CertificateId) -> None:
        """Show one certificate on a screen of its own."""
