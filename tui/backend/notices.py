"""The notices: the list, one of them, another try, and a test."""

from collections.abc import Callable, Mapping, Sequence

from certmgr import dispatch
from certmgr.models.journal import JSON
from certmgr.models.notices import OPERATORS, SERVICE, Notice, NoticeId, Verdict
from certmgr.models.steps import Step
from certmgr.operations import notices as operations
from certmgr.queries import journal
from certmgr.queries import notices as queries
from tui.backend.core import Core
from tui.backend.keyset import Keyset
from tui.values.notices import NoticeDetail, NoticeRow, TestResult
from tui.viewport import PAGE
from tui.views import Count, Page, Query, Tally

STOP_AT = 10_000
"""Counting stops here (DETAILS 60)."""
_NAMES = ("server", "name", "authority", "campaign")
"""Under which of these keys a notice's data names what it is about."""


class Notices(Keyset[NoticeRow]):
    """Every notice on record, the newest first; those that were never to be sent are hidden."""

    def __init__(self, core: Core) -> None:
        """Read and act in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def read(self, query: Query, after: NoticeRow | None, *, inclusive: bool, backwards: bool) -> Page[NoticeRow]:
        """Return the notices beyond `after` in the given direction."""
        found = queries.page(
            self._workspace,
            query.filter_text,
            covered=query.show_hidden,
            oldest_first=query.descending is not backwards,
            beyond=None if after is None else NoticeId(after.id),
            inclusive=inclusive,
            limit=PAGE + 1,
        )
        return Page(rows=tuple(self._row(one) for one in found[:PAGE]), complete=len(found) <= PAGE)

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are without the filter, and how many are hidden."""
        shown = None if query.show_hidden else False
        matching = self._count(query.filter_text, covered=shown)
        total = self._count("", covered=shown) if query.filter_text else matching
        hidden = Count(number=0) if query.show_hidden else self._count(query.filter_text, covered=True)
        return Tally(matching=matching, total=total, hidden=hidden)

    def detail(self, notice: int) -> NoticeDetail:
        """Return everything on record about one notice; raises NotFoundError."""
        found = queries.get(self._workspace, NoticeId(notice))
        return NoticeDetail(
            notice=found,
            about=_about(found.data, found.object),
            audience=_audience(found),
            subject=self._subject(found),
            zone=self._workspace.zone,
            history=journal.about(self._workspace, f"notice:{notice}"),
        )

    def retry(self, notices: Sequence[int], each: Callable[[Step], None]) -> int:
        """Try these notices now, call `each` with every step, and return how many were not sent.

        Raises RefusedError, naming each, where one was sent or is covered; LockedError while a check runs.
        """
        ids = [NoticeId(one) for one in notices]
        failed = 0
        for step in operations.retry(self._workspace, self._core.session(), ids):
            failed += not step.done
            each(step)
        return failed

    def test(self) -> tuple[TestResult, ...]:
        """Send a test by every configured channel; records nothing. Raises UsageError where there is none."""
        return tuple(
            TestResult(
                channel=one.channel.value,
                recipient=one.recipient,
                sent=one.outcome.verdict is Verdict.SENT,
                answer=one.outcome.answer,
            )
            for one in operations.send_test(self._workspace)
        )

    def _row(self, found: Notice) -> NoticeRow:
        zone = self._workspace.zone
        at = found.sent_at or found.covered_at or found.given_up_at or found.created_at
        return NoticeRow(
            id=found.id,
            kind=found.kind.value,
            about=_about(found.data, found.object),
            audience=_audience(found),
            channel=found.channel.value,
            state=found.state,
            attempts=found.attempts,
            result=found.result,
            at=at.astimezone(zone),
            next_at=found.next_at.astimezone(zone) if found.next_at else None,
        )

    def _subject(self, found: Notice) -> str:
        try:
            return dispatch.subject_of(self._workspace, found.kind, found.data)
        except (KeyError, TypeError, ValueError):
            # One that is covered was recorded without the facts that its text would need.
            return ""

    def _count(self, text: str, *, covered: bool | None) -> Count:
        number = queries.count(self._workspace, text, covered=covered, stop_at=STOP_AT)
        return Count(number=number, capped=number >= STOP_AT)


def _about(data: Mapping[str, JSON], object_: str) -> str:
    named = next((data[key] for key in _NAMES if data.get(key)), None)
    return str(named or object_)


def _audience(found: Notice) -> str:
    """Return whom the notice is for, in words that hold no personal data."""
    if found.audience in {OPERATORS, SERVICE}:
        return found.audience
    return f"contact of {found.data.get('server') or found.audience}"
