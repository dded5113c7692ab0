"""Which thresholds of running promises have been crossed since somebody last looked (R6.1). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certmgr.commitments import PERCENTAGES, Kind, thresholds
from tui.banner import Deadline, verb
from tui.present import plural

BREACHED = 100


@dataclass(frozen=True, slots=True)
class Crossing:
    """Promises of one kind that have come to one threshold."""

    kind: Kind
    percent: int
    """100: their time has run out."""
    servers: tuple[str, ...]

    @property
    def text(self) -> str:
        """One sentence for the message log."""
        what = f"{verb(self.kind)} {self.servers[0]}"
        more = f" and {plural(len(self.servers) - 1, 'other')}" if len(self.servers) > 1 else ""
        if self.percent == BREACHED:
            return f"OVERDUE: {what}{more}. The time has run out."
        return f"{self.percent} percent of the time has passed: {what}{more}."


class Watch:
    """Tells each threshold of a promise once; what was crossed before the watch began is not told."""

    def __init__(self, now: datetime) -> None:
        """Begin now."""
        self._until = now
        self._marks: list[tuple[datetime, int, Deadline]] = []

    def take(self, deadlines: Sequence[Deadline]) -> None:
        """Watch these from now on, and no others."""
        marks = [
            (at, percent, one)
            for one in deadlines
            for percent, at in zip((*PERCENTAGES, BREACHED), (*thresholds(one.opened, one.due), one.due), strict=True)
            if at > self._until
        ]
        self._marks = sorted(marks, key=lambda mark: (mark[0], mark[1], mark[2].server))

    def crossed(self, now: datetime) -> tuple[Crossing, ...]:
        """Return what has been crossed since the last call, the breaches first; only the highest of each promise."""
        highest: dict[tuple[str, Kind], tuple[int, Deadline]] = {}
        while self._marks and self._marks[0][0] <= now:
            _, percent, one = self._marks.pop(0)
            highest[one.about, one.kind] = (percent, one)
        self._until = max(self._until, now)
        groups: dict[tuple[int, Kind], list[str]] = {}
        for percent, one in highest.values():
            groups.setdefault((percent, one.kind), []).append(one.server)
        return tuple(
            Crossing(kind, percent, tuple(servers))
            for (percent, kind), servers in sorted(groups.items(), key=lambda item: (-item[0][0], item[0][1]))
        )
