"""The course of what is installed for one server by hand."""

from collections.abc import Callable, Sequence

from tui.host import Host
from tui.present import Ink, Line, Piece, plural
from tui.screens.notices import step_line
from tui.screens.run import Job
from tui.values.servers import Tried


class DeployJob(Job):
    """Installs what is due for a server, what failed before included, and looks whether it is served."""

    place = "Install"
    begun = "Installing, running hooks, looking at endpoints ..."
    purpose = "install certificates"

    def __init__(self, app: Host, server: int) -> None:
        """Install for the server with this number."""
        self._deploying = app.backend.deploying
        self._server = server

    def ready(self) -> bool:
        """Return that no slot is needed: the right to it is the right to write the files."""
        return True

    def run(self, tell: Callable[[Line], None], passing: Callable[[Line], None]) -> Sequence[Line]:
        """Tell what is done, and return how it ended."""
        del passing
        tried = self._deploying.run(self._server, lambda step: tell(step_line(step)))
        return tried_lines(tried)


def tried_lines(tried: Tried) -> Sequence[Line]:
    """Return what came of it, and what could not be tried from here."""
    failed = sum(not step.done for step in tried.steps)
    left = tuple((Piece(text, Ink.DUE),) for text in tried.left)
    if failed:
        # Each try puts off the next one; the page of the server says until when.
        text = f"{tried.server}: {failed} of {plural(len(tried.steps), 'step')} failed, and will be tried again later."
        return (*left, (Piece(text, Ink.DUE),))
    if tried.steps:
        return (*left, (Piece(f"{tried.server}: {plural(len(tried.steps), 'step')} done.", Ink.VALID),))
    if left:
        return (*left, (Piece(f"{tried.server}: nothing was tried.", Ink.DUE),))
    if not tried.recorded:
        text = f"{tried.server} has no deployment; certmgr deploy add records one."
        return ((Piece(text, Ink.DIM),),)
    return ((Piece(f"Nothing is to be installed for {tried.server}.", Ink.DIM),),)
