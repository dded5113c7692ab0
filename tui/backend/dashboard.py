"""The service at a glance."""

from typing import TYPE_CHECKING, Final

from certmgr.models.certificates import Flag, State
from certmgr.queries import certificates, overview
from tui.backend.core import Core
from tui.views import Count

if TYPE_CHECKING:
    from certmgr.queries.overview import Endings, Overview

STOP_AT: Final = 10_000
"""Counting a state stops here (DETAILS 60)."""
COUNTED: Final = (
    State.VALID,
    State.DUE,
    State.EXPIRED,
    Flag.REVOKING,
    State.HELD,
    State.PENDING,
    State.REVOKED,
    State.SUPERSEDED,
)
"""What is counted, in the order in which it is told."""


class Dashboard:
    """What the dashboard reads: the overview at once, what has to be counted apart from it."""

    def __init__(self, core: Core) -> None:
        """Read in the core's workspace."""
        self._workspace = core.workspace

    def overview(self) -> "Overview":
        """Return everything but the counts over many certificates."""
        return overview.overview(self._workspace)

    def endings(self) -> "Endings":
        """Return how many certificates end in each week and month of the next 90 days."""
        return overview.endings(self._workspace)

    def states(self) -> dict[str, Count]:
        """Return how many certificates are in each state, by its word; counting stops at STOP_AT."""
        found = {one.value: certificates.count(self._workspace, f"state:{one}", stop_at=STOP_AT) for one in COUNTED}
        return {word: Count(number=number, capped=number >= STOP_AT) for word, number in found.items()}
