"""The certificate list and one certificate."""

from collections.abc import Sequence
from datetime import datetime

from certmgr import lifecycle
from certmgr.filters import DaysLeft, HasState, parse_filter
from certmgr.models.certificates import Certificate, CertificateId, State
from certmgr.queries import certificates as queries
from certmgr.queries import revocations as revocation_queries
from certmgr.store.columns import text_of
from certmgr.store.listing import Cursor, SortColumn
from tui.backend.core import Core
from tui.backend.detail import Details
from tui.backend.keyset import Keyset
from tui.viewport import PAGE
from tui.views import Around, Count, Detail, Page, Query, Row, Tally

STOP_AT = 10_000
"""Counting stops here (DETAILS 60)."""
LONG_EXPIRED_DAYS = 30
_NOT_REPLACED = "!state:superseded"
_NOT_LONG_EXPIRED = f"days>=-{LONG_EXPIRED_DAYS}"


class Certificates(Keyset[Row]):
    """The rows of the certificate list, and everything that is on record about one."""

    def __init__(self, core: Core) -> None:
        """Read in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def row(self, certificate: CertificateId) -> Row:
        """Return one certificate as a row; raises NotFoundError."""
        found = queries.detail(self._workspace, certificate).certificate
        return self._row(found, self._dues())

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are without the filter, and how many are hidden."""
        matching = self._count(_text(query))
        total = self._count(_text(Query(show_hidden=query.show_hidden))) if query.filter_text else matching
        shown = _shown(query)
        # What one of the terms hides, and of the rest what the next one hides.
        kinds = [" ".join((*shown[:place], f"!{term}")) for place, term in enumerate(shown)]
        counts = [self._count(f"{kind.replace('!!', '')} {query.filter_text}") for kind in kinds]
        hidden = Count(number=sum(one.number for one in counts), capped=any(one.capped for one in counts))
        return Tally(matching=matching, total=total, hidden=hidden)

    def around(self, query: Query, anchor: Row | None) -> Around[Row]:
        """Return the rows on both sides of a place, as they are at one moment."""
        with self._workspace.store().read():
            return super().around(query, anchor)

    def numbers(self, query: Query, limit: int) -> Sequence[CertificateId]:
        """Return the numbers of the certificates that match, `limit` at most."""
        return queries.numbers(self._workspace, _text(query), limit=limit)

    def among(self, query: Query, numbers: Sequence[int]) -> int:
        """Return how many of the certificates with those numbers match."""
        return len(queries.among(self._workspace, _text(query), [CertificateId(one) for one in numbers]))

    def stretch(self, query: Query, one: Row, other: int, limit: int) -> Sequence[int]:
        """Return the numbers of the certificates from `one` to `other`, as they are at one moment."""
        with self._workspace.store().read():
            return super().stretch(query, one, other, limit)

    def detail(self, certificate: CertificateId) -> Detail:
        """Return everything on record about one certificate; raises NotFoundError."""
        return Details(self._core).of(certificate)

    def read(self, query: Query, after: Row | None, *, inclusive: bool, backwards: bool) -> Page[Row]:
        """Return the rows beyond a place in the given direction, in that direction's order."""
        sort = query.sort or SortColumn.EXPIRES
        descending = query.descending is not backwards
        found = queries.page(
            self._workspace,
            _text(query),
            sort=sort,
            descending=descending,
            after=None
            if after is None
            else _cursor(after, SortColumn(sort), inclusive=inclusive, descending=descending),
            limit=PAGE,
        )
        dues = self._dues()
        return Page(rows=tuple(self._row(one, dues) for one in found.rows), complete=found.next is None)

    def _row(self, certificate: Certificate, dues: dict[CertificateId, datetime]) -> Row:
        now = self._core.now()
        return Row(
            id=certificate.id,
            server=certificate.server,
            serial=certificate.serial,
            state=lifecycle.state_of(certificate, now),
            revoking=certificate.revoking,
            days=lifecycle.days_left(certificate.not_after, now, self._workspace.zone),
            not_after=certificate.not_after,
            created=certificate.created_at,
            profile=certificate.profile,
            owner=certificate.owner,
            key=certificate.key_type.value,
            due=dues.get(certificate.id),
        )

    def _dues(self) -> dict[CertificateId, datetime]:
        """Return the deadline of every certificate with an open request, the earliest of each."""
        dues: dict[CertificateId, datetime] = {}
        for request in revocation_queries.open_requests(self._workspace):
            if request.certificate_id is not None:
                dues.setdefault(request.certificate_id, revocation_queries.clock_of(request).due)
        return dues

    def _count(self, text: str) -> Count:
        number = queries.count(self._workspace, text, stop_at=STOP_AT)
        return Count(number=number, capped=number >= STOP_AT)


def filter_of(query: Query) -> str:
    """Return the filter that stands for what a list is asked for, in the grammar of `certmgr list`."""
    return _text(query)


def _text(query: Query) -> str:
    """Return the filter with what hides superseded and long expired ones in front of it."""
    return " ".join((*_shown(query), query.filter_text))


def _shown(query: Query) -> tuple[str, ...]:
    """Return the terms that hide what is superseded and what expired long ago, where nobody asks for just that."""
    if query.show_hidden:
        return ()
    terms = [term for term in parse_filter(query.filter_text).terms if not term.negated]
    states = {state for term in terms if isinstance(term, HasState) for state in term.states}
    long_ago = any(isinstance(term, DaysLeft) and term.days < -LONG_EXPIRED_DAYS for term in terms)
    hiding = (
        (_NOT_REPLACED, State.SUPERSEDED not in states),
        (_NOT_LONG_EXPIRED, State.EXPIRED not in states and not long_ago),
    )
    return tuple(term for term, applies in hiding if applies)


def _cursor(row: Row, sort: SortColumn, *, inclusive: bool, descending: bool) -> Cursor:
    """Return the place of a row in the list; inclusive, the place just before it."""
    values = {
        SortColumn.EXPIRES: text_of(row.not_after),
        SortColumn.SERVER: row.server,
        SortColumn.PROFILE: row.profile,
        SortColumn.OWNER: row.owner,
        SortColumn.KEY: row.key,
        SortColumn.SERIAL: row.serial,
        SortColumn.CREATED: text_of(row.created),
    }
    before = (1 if descending else -1) if inclusive else 0
    return Cursor(value=values[sort], id=CertificateId(row.id + before))
