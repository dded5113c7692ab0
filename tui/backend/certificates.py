"""The certificate list and one certificate."""

from datetime import datetime

from certmgr import lifecycle
from certmgr.filters import parse_filter
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.queries import certificates as queries
from certmgr.queries import revocations as revocation_queries
from certmgr.store.columns import text_of
from certmgr.store.listing import Cursor, SortColumn
from tui.backend.core import Core
from tui.backend.keyset import Keyset
from tui.viewport import PAGE
from tui.views import Count, Detail, Page, Query, Row, Tally

STOP_AT = 10_000
"""Counting stops here (DETAILS 60)."""
LONG_EXPIRED_DAYS = 30
_IN_USE = f"!state:superseded days>=-{LONG_EXPIRED_DAYS}"
_HIDDEN = ("state:superseded", f"!state:superseded days<-{LONG_EXPIRED_DAYS}")


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
        hidden = Count(number=0)
        if not query.show_hidden:
            counts = [self._count(f"{kind} {query.filter_text}") for kind in _HIDDEN]
            hidden = Count(number=sum(one.number for one in counts), capped=any(one.capped for one in counts))
        return Tally(matching=matching, total=total, hidden=hidden)

    def detail(self, certificate: CertificateId) -> Detail:
        """Return everything on record about one certificate; raises NotFoundError."""
        found = queries.detail(self._workspace, certificate)
        return Detail(
            certificate=found.certificate,
            state=found.state,
            days=lifecycle.days_left(found.certificate.not_after, self._core.now(), self._workspace.zone),
            zone=self._workspace.zone,
            chain=found.chain,
            history=found.history,
            line=found.line,
            revocations=found.revocations,
        )

    def read(self, query: Query, after: Row | None, *, inclusive: bool, backwards: bool) -> Page[Row]:
        """Return the rows beyond a place in the given direction, in that direction's order."""
        parse_filter(query.filter_text)
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


def _text(query: Query) -> str:
    """Return the filter with what hides superseded and long expired ones in front of it."""
    return query.filter_text if query.show_hidden else f"{_IN_USE} {query.filter_text}"


def _cursor(row: Row, sort: SortColumn, *, inclusive: bool, descending: bool) -> Cursor:
    """Return the place of a row in the list; inclusive, the place just before it."""
    values = {
        SortColumn.EXPIRES: text_of(row.not_after),
        SortColumn.SERVER: row.server,
        SortColumn.CREATED: text_of(row.created),
        SortColumn.PROFILE: row.profile,
    }
    before = (1 if descending else -1) if inclusive else 0
    return Cursor(value=values[sort], id=CertificateId(row.id + before))
