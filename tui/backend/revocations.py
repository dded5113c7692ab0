"""Revocation requests: the queue, one of them, and every decision on it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.errors import CertmgrError, Finding
from certmgr.locations import fetch_urls
from certmgr.models.revocations import Cause, RequestState, Revocation, RevocationId
from certmgr.operations import compromises
from certmgr.operations import revocations as operations
from certmgr.queries import authorities
from certmgr.queries import commitments as commitment_queries
from certmgr.queries import revocations as queries
from certmgr.store import certificates, revocations
from certmgr.store.revocation_queue import Queued, QueueOrder
from tui.backend.core import Core
from tui.backend.keyset import Keyset
from tui.backend.revoking import named, outcome_of
from tui.banner import Deadline
from tui.present import moment_utc
from tui.values.revocations import Decided, Kept, RequestRow, RequestView, RequestWord, Sight
from tui.viewport import PAGE
from tui.views import Count, Outcome, Page, Query, Tally

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T")

STOP_AT = 10_000
_OF_HOLDS = frozenset({Kind.DECIDE_HOLD, Kind.RELEASE_HOLD})


class Revocations(Keyset[RequestRow]):
    """The queue of requests, soonest due first, and the acts on them."""

    def __init__(self, core: Core) -> None:
        """Read and act in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def read(self, query: Query, after: RequestRow | None, *, inclusive: bool, backwards: bool) -> Page[RequestRow]:
        """Return the requests beyond a place in the given direction, in that direction's order."""
        found = queries.queue(
            self._workspace,
            words=tuple(query.filter_text.split()),
            over=query.show_hidden,
            order=QueueOrder(query.sort or QueueOrder.DUE),
            descending=query.descending is not backwards,
            after=None if after is None else _queued(after),
            inclusive=inclusive,
            limit=PAGE,
        )
        return Page(rows=tuple(_row(one) for one in found.rows), complete=found.complete)

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are without the filter, and how many are over."""
        words = tuple(query.filter_text.split())
        waiting, over = self._count(words, over=False), self._count(words, over=True)
        if not words:
            total = _sum(waiting, over) if query.show_hidden else waiting
        else:
            total = self._count((), over=False)
            total = _sum(total, self._count((), over=True)) if query.show_hidden else total
        if query.show_hidden:
            return Tally(matching=_sum(waiting, over), total=total, hidden=Count(number=0))
        return Tally(matching=waiting, total=total, hidden=over)

    def row(self, request: RevocationId) -> RequestRow:
        """Return one request as it stands now; raises NotFoundError."""
        return _row(queries.queued(self._workspace, request))

    def view(self, request: RevocationId) -> RequestView:
        """Return everything on record about one request; raises NotFoundError."""
        found = queries.detail(self._workspace, request)
        one = found.revocation
        release, promises, held = None, found.promises, False
        if one.cause is Cause.SUSPENDED and one.certificate_id is not None:
            about = commitment_queries.about(self._workspace, f"certificate:{one.certificate_id}")
            promises = (*promises, *(each for each in about if each.commitment.kind in _OF_HOLDS))
            with self._workspace.store().read() as snapshot:
                subject = certificates.get(snapshot, one.certificate_id)
            held = subject.held_at is not None and subject.revoked_at is None
            dues = [
                each.commitment.due_at
                for each in about
                if each.commitment.kind is Kind.RELEASE_HOLD and each.ended_at is None
            ]
            release = min(dues, default=None)
        now = self._core.now()
        return RequestView(
            row=self.row(request),
            together=found.together,
            sights=tuple(Sight(url=each.url, number=each.number, seen_at=each.seen_at) for each in found.sightings),
            places=self._places(request),
            promises=tuple(
                Kept(
                    kind=each.commitment.kind,
                    status=each.status,
                    due=each.commitment.due_at,
                    left=each.left,
                )
                for each in promises
            ),
            line=tuple(named(each, now) for each in found.line),
            history=found.history,
            release_due=release,
            held=held,
        )

    def to_decide(self, request: RevocationId) -> RequestView:
        """Return everything on record about a request; raises RefusedError where it is decided already."""
        self._decide(request, lambda: operations.rehearse_decision(self._workspace, request))
        return self.view(request)

    def deadlines(self) -> tuple[Deadline, ...]:
        """Return every running promise that the banner and the bell watch, the first due first."""
        return tuple(
            Deadline(
                kind=one.commitment.kind,
                server=one.subject,
                about=one.commitment.object,
                opened=one.commitment.opened_at,
                due=one.commitment.due_at,
            )
            for one in commitment_queries.still_open(self._workspace)
        )

    def acknowledge(self, request: RevocationId) -> Decided:
        """Record that a person has seen the request; `already` where somebody had."""
        known = queries.detail(self._workspace, request).revocation.acknowledged_at
        done = self._decide(request, lambda: operations.acknowledge(self._workspace, self._core.session(), request))
        return Decided(requests=_first(done, request), already=known is not None)

    def verify(self, request: RevocationId, *, how: str) -> Outcome:
        """Vouch for the request, carry it out with all that are decided with it, and publish the CRL."""
        done = self._decide(
            request, lambda: (operations.fulfil(self._workspace, self._core.session(), request, how=how),)
        )
        return outcome_of(done[0])

    def reject(self, request: RevocationId, *, reason: str) -> Decided:
        """Close the request as not genuine or not grounded."""
        session = self._core.session()
        done = self._decide(request, lambda: operations.reject(self._workspace, session, request, reason=reason))
        return Decided(requests=_first(done, request))

    def withdraw(self, request: RevocationId, *, reason: str) -> Decided:
        """Close the request for whoever asked for it, or who may verify it."""
        session = self._core.session()
        done = self._decide(request, lambda: operations.withdraw(self._workspace, session, request, reason=reason))
        return Decided(requests=_first(done, request))

    def report_incident(self, request: RevocationId, *, to: str) -> Decided:
        """Record to whom the incident of a compromised key was reported."""
        session = self._core.session()
        done = self._decide(request, lambda: (compromises.report_incident(self._workspace, session, request, to=to),))
        return Decided(requests=done)

    def _decide(self, request: RevocationId, act: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        """Carry out an act; where somebody else was faster, the error says what has become of the request."""
        try:
            return act()
        except CertmgrError as error:
            if all(one.code is not Code.REVOCATION_STATE for one in error.findings):
                raise
            now = queries.detail(self._workspace, request).revocation
            told = [Finding(code=Code.REVOCATION_STATE, message=text) for text in history_of(now)]
            error.findings = (*error.findings, *told)
            raise

    def _places(self, request: RevocationId) -> tuple[str, ...]:
        """Return where the CRL that carries the request is fetched from."""
        with self._workspace.store().read() as snapshot:
            issuer = revocations.issuer_of(snapshot, request)
        slugs = {one.id: one.slug for one in authorities.every(self._workspace)}
        return fetch_urls(self._workspace.config.publish, slugs[issuer])

    def _count(self, words: tuple[str, ...], *, over: bool) -> Count:
        number = queries.count(self._workspace, words=words, over=over, stop_at=STOP_AT)
        return Count(number=number, capped=number >= STOP_AT)


def history_of(request: Revocation) -> tuple[str, ...]:
    """Return in sentences what has become of a request, for somebody who was about to decide on it."""
    steps: tuple[tuple[str, datetime | None], ...] = (
        (f"Verified by {request.verified_by} ({request.verified_how})", request.verified_at),
        ("Revoked in the store", request.revoked_at),
        ("Visible to relying parties", request.published_at),
        (f"Incident reported to {request.reported_to}", request.reported_at),
    )
    told = [f"{what}, {moment_utc(at)}." for what, at in steps if at is not None]
    if request.closed_at is not None:
        how = request.closed_how.value if request.closed_how else "closed"
        why = f": {request.closing_reason}" if request.closing_reason else ""
        told.append(f"{how.capitalize()} by {request.closed_by}, {moment_utc(request.closed_at)}{why}.")
    return tuple(told)


def _row(queued: Queued) -> RequestRow:
    one = queued.revocation
    return RequestRow(
        id=one.id,
        revocation=one,
        word=_word(queued),
        kind=queued.kind,
        due=queued.due,
        waiting=queued.waiting,
    )


def _word(queued: Queued) -> RequestWord:
    one = queued.revocation
    if one.state is RequestState.CLOSED:
        return RequestWord(one.closed_how.value) if one.closed_how else RequestWord.CLOSED
    if one.state is RequestState.DONE and queued.kind in _OF_HOLDS:
        return RequestWord.HELD
    return RequestWord(one.state.value)


def _queued(row: RequestRow) -> Queued:
    return Queued(revocation=row.revocation, kind=row.kind, due=row.due, waiting=row.waiting)


def _first(found: tuple[Revocation, ...], request: RevocationId) -> tuple[Revocation, ...]:
    """Return the set with the named request first."""
    return tuple(sorted(found, key=lambda one: (one.id != request, one.id)))


def _sum(one: Count, other: Count) -> Count:
    return Count(number=one.number + other.number, capped=one.capped or other.capped)
