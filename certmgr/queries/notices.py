"""Notices on record, and what is still to be recorded: what is to be told, less what was told (N8)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from certmgr.config import Config
from certmgr.models.notices import OPERATORS, SERVICE, STANDING, Channel, Notice, NoticeId, Telling
from certmgr.queries import tellings
from certmgr.records import dataclass
from certmgr.store import meta
from certmgr.store import notices as stored
from certmgr.store.columns import moment_of
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

LOOK_BACK: Final = timedelta(days=1)
"""Events are looked for from so long before the last look on, so that none falls between two."""
_MARK: Final = "notices."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Since when a channel is open: it tells of no event before; and when events were last looked at."""

    opened: datetime
    looked: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A notice that is to be recorded."""

    telling: Telling
    key: stored.Key
    covers: tuple[str, ...]
    """Thresholds before it that were passed over: they are recorded as covered, so that they never come later."""


def unsettled(workspace: Workspace) -> tuple[Notice, ...]:
    """Return the notices that wait or were given up, the newest first."""
    with workspace.store().read() as snapshot:
        return stored.unsettled(snapshot)


def every(workspace: Workspace) -> tuple[Notice, ...]:
    """Return every notice, the newest first."""
    with workspace.store().read() as snapshot:
        return stored.all(snapshot)


def get(workspace: Workspace, notice: NoticeId) -> Notice:
    """Return one notice. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        return stored.get(snapshot, notice)


def page(  # noqa: PLR0913 - the options of a list, by keyword
    workspace: Workspace,
    filter_text: str = "",
    *,
    covered: bool = False,
    oldest_first: bool = False,
    beyond: NoticeId | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> tuple[Notice, ...]:
    """Return a page of the notices that match words, as certmgr.store.notices.page."""
    with workspace.store().read() as snapshot:
        return stored.page(
            snapshot,
            filter_text,
            covered=covered,
            oldest_first=oldest_first,
            beyond=beyond,
            inclusive=inclusive,
            limit=limit,
        )


def count(workspace: Workspace, filter_text: str = "", *, covered: bool | None = None, stop_at: int = 10_000) -> int:
    """Return how many notices match, as certmgr.store.notices.count."""
    with workspace.store().read() as snapshot:
        return stored.count(snapshot, filter_text, covered=covered, stop_at=stop_at)


def mark_name(channel: Channel) -> str:
    """Return under which name the mark of a channel is kept."""
    return _MARK + channel.value


def marks(snapshot: "Snapshot") -> dict[Channel, Mark]:
    """Return the marks of the channels that were open at the last run."""
    found = {}
    for channel in Channel:
        opened, _, looked = (meta.get(snapshot, mark_name(channel)) or "").partition(" ")
        if opened:
            found[channel] = Mark(opened=moment_of(opened), looked=moment_of(looked))
    return found


def to_tell(snapshot: "Snapshot", config: Config, now: datetime, held: Mapping[Channel, Mark]) -> tuple[Telling, ...]:
    """Return everything that is to be told at `now` by the open channels."""
    since = min((one.looked for one in held.values()), default=now) - LOOK_BACK
    return tellings.find(snapshot, config, now=now, since=since)


def fresh(
    snapshot: "Snapshot", config: Config, found: Sequence[Telling], held: Mapping[Channel, Mark]
) -> tuple[Fresh, ...]:
    """Return what of `found` is not on record, once for each channel and audience.

    After an outage only the newest threshold that was crossed is told.
    """
    about = {(one.kind, one.object) for one in found}
    about |= {(one.follows, one.object) for one in found if one.follows is not None}
    known = stored.recorded(snapshot, about)
    return tuple(
        Fresh(
            telling=telling,
            key=stored.Key(telling.kind, telling.object, telling.thresholds[-1], audience, channel),
            covers=tuple(one for one in telling.thresholds[:-1] if one not in told),
        )
        for telling, audience, channel in _ways(config, found, held)
        if telling.thresholds[-1] not in (told := known.get((telling.kind, telling.object, audience, channel), set()))
        and (telling.follows is None or (telling.follows, telling.object, audience, channel) in known)
    )


def stale(waiting: Iterable[Notice], found: Iterable[Telling]) -> tuple[Notice, ...]:
    """Return the waiting notices of what is no longer so: renewed, decided, met, or told to somebody else now."""
    current = {(one.kind, one.object, audience) for one in found for audience in one.audiences}
    return tuple(one for one in waiting if one.kind in STANDING and (one.kind, one.object, one.audience) not in current)


def _ways(
    config: Config, found: Iterable[Telling], held: Mapping[Channel, Mark]
) -> Iterator[tuple[Telling, str, Channel]]:
    """Yield each telling for each channel and audience that it has: mail for people, the others for the service."""
    for telling in found:
        for channel, mark in held.items():
            if telling.at is not None and telling.at < mark.opened:
                continue
            for audience in telling.audiences:
                nobody = audience == OPERATORS and not config.notices.to
                if (audience == SERVICE) != (channel is Channel.MAIL) and not nobody:
                    yield telling, audience, channel
