"""Requests for revocation as they were asked for, and as they are on record."""

from datetime import datetime
from typing import TYPE_CHECKING

from certmgr.models.revocations import Revocation
from certmgr.records import dataclass
from certmgr.store import revocations
from tests.simulation.events import Decision
from tests.simulation.ledger import Asked

if TYPE_CHECKING:
    from tests.simulation.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A request as it was asked for, and as it is on record."""

    asked: Asked
    record: Revocation

    @property
    def times(self) -> tuple[datetime | None, ...]:
        """The times of its way, in the order in which they have to lie; the acknowledgement may be missing."""
        one = self.record
        acknowledged = (one.acknowledged_at,) if one.acknowledged_at is not None else ()
        return (one.received_at, *acknowledged, one.verified_at, one.revoked_at, one.signed_at, one.published_at)

    @property
    def in_order(self) -> bool:
        """Whether every time is there and none lies before the one before it."""
        known = [time for time in self.times if time is not None]
        return len(known) == len(self.times) and known == sorted(known)


def stories(world: "World") -> list[Story]:
    """Return every request of a run."""
    with world.home.workspace.store().read() as snapshot:
        return [Story(asked=one, record=revocations.get(snapshot, one.id)) for one in world.ledger.asked]


def verified(told: list[Story]) -> list[Story]:
    """Return those that somebody vouched for."""
    kinds = {Decision.VERIFIED, Decision.FULFILLED}
    return [one for one in told if one.asked.wish.decision in kinds]
