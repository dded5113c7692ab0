"""What the interface asks of certmgr: the one module here that knows workspace, queries and operations.

Every function may wait for the store, a key or another process, so the screens call them in a lane (tui.lanes) and
never in their own thread.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from certmgr import lifecycle
from certmgr.custody.secrets import Secret
from certmgr.errors import LockedError
from certmgr.filters import parse_filter
from certmgr.models.authorities import AuthorityRole, AuthorityStatus
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.operators import ALLOWED, Permission, Role
from certmgr.models.revocations import Cause, Revocation
from certmgr.operations import revocations as revocation_operations
from certmgr.queries import authorities as authority_queries
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import revocations as revocation_queries
from certmgr.store import journal, operators
from certmgr.store.columns import text_of
from certmgr.store.listing import Cursor
from certmgr.workspace import PersonCredential, Session, Workspace, unlock
from tui.present import common_name
from tui.viewport import PAGE, Side
from tui.views import Around, Count, Detail, Head, Outcome, Page, Query, Row, Slot, Tally

IDLE = timedelta(minutes=10)
"""After so long without a key the unlocked slot is forgotten."""
STOP_AT = 10_000
"""Counting stops here (DETAILS 60)."""
LONG_EXPIRED_DAYS = 30
_IN_USE = f"!state:superseded days>=-{LONG_EXPIRED_DAYS}"
_HIDDEN = ("state:superseded", f"!state:superseded days<-{LONG_EXPIRED_DAYS}")
_NOT_OFFERED = frozenset({Role.MACHINE, Role.RECOVERY})


class Backend:
    """One workspace, and the session of whoever has unlocked a slot."""

    def __init__(self, workspace: Workspace, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin locked; `monotonic` counts seconds for the idle time."""
        self._workspace = workspace
        self._monotonic = monotonic
        self._session: Session | None = None
        self._touched = monotonic()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which natural days are counted and dates are shown."""
        return self._workspace.zone

    @property
    def log_dir(self) -> Path:
        """Where a crash report goes."""
        return self._workspace.home / "log"

    @property
    def usual_slot(self) -> str | None:
        """The slot that the configuration names for who acts by default."""
        return self._workspace.config.operators.default

    @property
    def idle_minutes(self) -> int:
        """After how many minutes without a key the slot is forgotten."""
        return IDLE // timedelta(minutes=1)

    def now(self) -> datetime:
        """Return the workspace's time, aware, in UTC."""
        return self._workspace.now()

    def close_thread(self) -> None:
        """Close the calling thread's connection."""
        self._workspace.close()

    def version(self) -> int:
        """Return a number that grows with every change: that of the newest journal entry (ARCHITECTURE 7)."""
        with self._workspace.store().read() as snapshot:
            entry = journal.last(snapshot)
        return entry.seq if entry else 0

    def head(self) -> Head:
        """Return what the top line says."""
        current = [
            one.subject
            for one in authority_queries.every(self._workspace)
            if one.role is AuthorityRole.ISSUING and one.status is AuthorityStatus.CURRENT
        ]
        name = common_name(current[-1]) if current else "no issuing CA"
        return Head(authority=name, home=str(self._workspace.home))

    def open_requests(self) -> tuple[Revocation, ...]:
        """Return every revocation request that is not yet visible to relying parties."""
        return revocation_queries.open_requests(self._workspace)

    def page(self, query: Query, beyond: Row, side: Side) -> Page:
        """Return the rows next to `beyond` at one side, in the list's order."""
        return self._page(query, _cursor(beyond), side)

    def end(self, query: Query, side: Side) -> Around:
        """Return the rows at one end of the list."""
        page = self._page(query, None, Side.AFTER if side is Side.BEFORE else Side.BEFORE)
        if side is Side.BEFORE:
            return Around(rows=page.rows, at_start=True, at_end=page.complete)
        return Around(rows=page.rows, at_start=page.complete, at_end=True)

    def around(self, query: Query, anchor: Row | None) -> Around:
        """Return the rows on both sides of where `anchor` stands, whether it is still there or not.

        Without an anchor they are the first rows of all.
        """
        if anchor is None:
            return self.end(query, Side.BEFORE)
        before = self._page(query, _cursor(anchor), Side.BEFORE)
        after = self._page(query, _cursor(anchor, inclusive=True), Side.AFTER)
        return Around(
            rows=before.rows + after.rows, at_start=before.complete, at_end=after.complete, before=len(before.rows)
        )

    def row(self, certificate: CertificateId) -> Row:
        """Return one certificate as a row; raises NotFoundError."""
        found = certificate_queries.detail(self._workspace, certificate).certificate
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
        found = certificate_queries.detail(self._workspace, certificate)
        return Detail(
            certificate=found.certificate,
            state=found.state,
            days=lifecycle.days_left(found.certificate.not_after, self.now(), self.zone),
            zone=self.zone,
            chain=found.chain,
            history=found.history,
            line=found.line,
            revocations=found.revocations,
        )

    def slots(self) -> tuple[Slot, ...]:
        """Return the people's slots that may ask for a revocation."""
        with self._workspace.store().read() as snapshot:
            found = operators.all(snapshot)
        return tuple(
            Slot(name=one.name, role=one.role.value)
            for one in found
            if one.role not in _NOT_OFFERED and Permission.REQUEST_REVOCATION in ALLOWED[one.role]
        )

    @property
    def unlocked(self) -> str | None:
        """The name of the unlocked slot."""
        session = self._session
        return session.actor.name if session else None

    def unlock(self, name: str, passphrase: str) -> Session:
        """Return the session of a person's slot; raises LockedError for a wrong passphrase.

        It takes most of a second, in which the user may have thought better of it: nothing is unlocked before `enter`.
        """
        return unlock(self._workspace, PersonCredential(name=name, passphrase=Secret.from_text(passphrase)))

    def enter(self, session: Session) -> None:
        """Act in this session from now on, for as long as somebody is there."""
        self._session = session
        self.touch()

    def lock(self) -> None:
        """Forget the unlocked slot and the keys that it opened."""
        self._session = None

    def touch(self) -> None:
        """Count from now how long nobody has been there."""
        self._touched = self._monotonic()

    def lock_if_idle(self) -> bool:
        """Forget the slot where nobody has been there for too long; returns whether it was."""
        if self._session is None or self._monotonic() - self._touched < IDLE.total_seconds():
            return False
        self.lock()
        return True

    def revoke(self, row: Row, *, cause: Cause, confirm: str, evidence: str = "") -> Outcome:
        """Revoke the certificate of `row` as far as the unlocked slot may go, and publish the CRL.

        `evidence` is what the cause needs (certmgr.evidence). A failed publication is told in the outcome. Raises what
        the operation raises where it refuses, and LockedError where no slot is unlocked.
        """
        session = self._session
        if session is None:
            raise LockedError("No slot is unlocked.", hint="Unlock one and try again.")
        done = revocation_operations.revoke(
            self._workspace, session, certificate=row.id, cause=cause, confirm=confirm, evidence=evidence
        )
        request = done.revocation
        still_open = request.published_at is None and request.closed_at is None
        return Outcome(
            server=request.server,
            revoked=request.revoked_at is not None,
            crl_number=done.crl_number,
            published=done.published,
            problem=done.problem,
            due=revocation_queries.clock_of(request).due if still_open else None,
        )

    def _page(self, query: Query, after: Cursor | None, side: Side) -> Page:
        """Return the rows after or before a place, in the list's order."""
        parse_filter(query.filter_text)
        backwards = side is Side.BEFORE
        page = certificate_queries.page(self._workspace, _text(query), descending=backwards, after=after, limit=PAGE)
        dues = self._dues()
        rows = tuple(self._row(one, dues) for one in page.rows)
        return Page(rows=rows[::-1] if backwards else rows, complete=page.next is None)

    def _row(self, certificate: Certificate, dues: dict[CertificateId, datetime]) -> Row:
        now = self.now()
        return Row(
            id=certificate.id,
            server=certificate.server,
            serial=certificate.serial,
            state=lifecycle.state_of(certificate, now),
            revoking=certificate.revoking,
            days=lifecycle.days_left(certificate.not_after, now, self.zone),
            not_after=certificate.not_after,
            profile=certificate.profile,
            owner=certificate.owner,
            key=certificate.key_type.value,
            due=dues.get(certificate.id),
        )

    def _dues(self) -> dict[CertificateId, datetime]:
        """Return the deadline of every certificate with an open request, the earliest of each."""
        dues: dict[CertificateId, datetime] = {}
        for request in self.open_requests():
            if request.certificate_id is not None:
                dues.setdefault(request.certificate_id, revocation_queries.clock_of(request).due)
        return dues

    def _count(self, text: str) -> Count:
        number = certificate_queries.count(self._workspace, text, stop_at=STOP_AT)
        return Count(number=number, capped=number >= STOP_AT)


def _text(query: Query) -> str:
    """Return the filter with what hides superseded and long expired ones in front of it."""
    return query.filter_text if query.show_hidden else f"{_IN_USE} {query.filter_text}"


def _cursor(row: Row, *, inclusive: bool = False) -> Cursor:
    """Return the place of a row in the list; inclusive, the place just before it."""
    identity = CertificateId(row.id - 1) if inclusive else row.id
    return Cursor(value=text_of(row.not_after), id=identity)
