"""Revocation requests, their clocks, and every time of their way."""

from datetime import datetime

from certmgr.commitments import Kind
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.journal import Entry
from certmgr.models.revocations import Cause, RequestState, Revocation, RevocationId
from certmgr.queries import commitments as commitment_queries
from certmgr.queries.commitments import Promise
from certmgr.records import dataclass
from certmgr.revoking import closure, line_of, together
from certmgr.store import certificates, crls, journal, revocation_queue, revocations
from certmgr.store.connection import Snapshot
from certmgr.store.crls import Sighting
from certmgr.store.revocation_queue import Part, Place, Queued, QueueOrder
from certmgr.workspace import Workspace

OPEN = frozenset({RequestState.RECEIVED, RequestState.VERIFIED, RequestState.REVOKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The commitment that an open request is under."""

    revocation: Revocation
    started: datetime
    due: datetime
    """When it is breached: verification due after receipt, or publication due after verification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDetail:
    """All that is known of one request."""

    revocation: Revocation
    together: tuple[Revocation, ...]
    """The other requests that are decided with it."""
    sightings: tuple[Sighting, ...]
    """Where a CRL with the serial was seen first, one for each distribution point."""
    promises: tuple[Promise, ...]
    """The promises about it, and about the incident of its set."""
    line: tuple[Certificate, ...]
    """With a compromised key: predecessors and successors with other keys that could still be revoked (R1.6)."""
    history: tuple[Entry, ...]
    """The journal's entries about it, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """What stands beside a certificate when its key is compromised (R1.6)."""

    same_key: tuple[Certificate, ...]
    """The others with that key: they are revoked with it."""
    line: tuple[Certificate, ...]
    """Predecessors and successors with other keys that could still be revoked: they are taken along where asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """A piece of the queue."""

    rows: tuple[Queued, ...]
    complete: bool
    """Whether nothing lies beyond it."""


def open_requests(workspace: Workspace) -> tuple[Revocation, ...]:
    """Return every request that relying parties cannot see carried out yet, the soonest due first."""
    with workspace.store().read() as snapshot:
        return tuple(sorted(revocations.open(snapshot), key=lambda one: clock_of(one).due))


def every(workspace: Workspace) -> tuple[Revocation, ...]:
    """Return every request, the newest first."""
    with workspace.store().read() as snapshot:
        return revocations.all(snapshot)


def detail(workspace: Workspace, revocation: RevocationId) -> RequestDetail:
    """Return everything on record about one request; raises NotFoundError."""
    with workspace.store().read() as snapshot:
        found = revocations.get(snapshot, revocation)
        set_ = together(snapshot, revocation)
        issuer = revocations.issuer_of(snapshot, revocation)
        number = found.crl_number
        about = dict.fromkeys((f"revocation:{revocation}", f"revocation:{set_[0].id}"))
        return RequestDetail(
            revocation=found,
            together=tuple(one for one in set_ if one.id != revocation),
            sightings=() if number is None else crls.sightings_of(snapshot, issuer, number),
            promises=tuple(
                one
                for subject in about
                for one in commitment_queries.about(workspace, subject)
                if subject == f"revocation:{revocation}" or one.commitment.kind is Kind.REPORT_INCIDENT
            ),
            line=_line(workspace, found),
            history=_history(snapshot, found),
        )


def _history(snapshot: Snapshot, found: Revocation) -> tuple[Entry, ...]:
    """Return the entries about the request, and those in which its certificate was revoked or held for it."""
    about = f"revocation:{found.id}"
    entries = journal.for_objects(snapshot, about, f"certificate:{found.certificate_id}")
    return tuple(one for one in entries if one.object == about or one.data.get("revocation") == found.id)


def queued(workspace: Workspace, revocation: RevocationId) -> Queued:
    """Return one request with what is due next about it. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        revocations.get(snapshot, revocation)
        found = revocation_queue.one(snapshot, revocation, now=workspace.now())
    if found is None:
        raise AssertionError(revocation)
    return found


def queue(  # noqa: PLR0913 - what a list can be asked
    workspace: Workspace,
    *,
    words: tuple[str, ...] = (),
    over: bool = False,
    order: QueueOrder = QueueOrder.DUE,
    descending: bool = False,
    after: Queued | None = None,
    inclusive: bool = False,
    limit: int = 200,
) -> QueuePage:
    """Return up to `limit` requests beyond `after` (with it, if `inclusive`), the first of all without.

    In their own order those come first about which something is due, the soonest first, then, with `over`, the others,
    the newest first.
    """
    wanted = Part.ALL if over else Part.WAITING
    parts = [(wanted, order, descending)]
    if order is QueueOrder.DUE:
        parts = [(Part.WAITING, QueueOrder.DUE, descending)]
        parts += [(Part.OVER, QueueOrder.RECEIVED, not descending)] if over else []
        parts = parts[::-1] if descending else parts
        if after is not None:
            here = [part for part, _, _ in parts].index(Part.WAITING if after.waiting or not over else Part.OVER)
            parts = parts[here:]
    rows: list[Queued] = []
    with workspace.store().read() as snapshot:
        for part, by, down in parts:
            place = None if after is None else revocation_queue.place_of(after, by)
            if place is not None and inclusive:
                place = Place(value=place.value, id=place.id + (1 if down else -1))
            after = None
            if len(rows) <= limit:
                rows += revocation_queue.page(
                    snapshot,
                    now=workspace.now(),
                    part=part,
                    order=by,
                    descending=down,
                    words=words,
                    after=place,
                    limit=limit - len(rows),
                )
    return QueuePage(rows=tuple(rows[:limit]), complete=len(rows) <= limit)


def count(workspace: Workspace, *, words: tuple[str, ...] = (), over: bool = False, stop_at: int = 10_000) -> int:
    """Return how many requests are in the queue, or with `over` how many are not; `stop_at`: that many or more."""
    with workspace.store().read() as snapshot:
        part = Part.OVER if over else Part.WAITING
        return revocation_queue.count(snapshot, part=part, words=words, stop_at=stop_at)


def beside(workspace: Workspace, certificate: CertificateId) -> KeySet:
    """Return what a compromised key of this certificate concerns beside it. Raises NotFoundError."""
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        found = closure(snapshot, subject, Cause.KEY_COMPROMISE)
        return KeySet(same_key=tuple(found[1:]), line=line_of(snapshot, found, now=workspace.now()))


def line_beside(workspace: Workspace, certificate: CertificateId) -> tuple[Certificate, ...]:
    """Return the predecessors and successors of a certificate, and of all with its key, that have other keys (R1.6).

    Only those that could still be revoked: what `--also-line` takes along.
    """
    with workspace.store().read() as snapshot:
        subject = certificates.get(snapshot, certificate)
        same_key = certificates.by_spki(snapshot, subject.spki_sha256)
        return line_of(snapshot, same_key, now=workspace.now())


def _line(workspace: Workspace, found: Revocation) -> tuple[Certificate, ...]:
    if found.cause is not Cause.KEY_COMPROMISE or found.certificate_id is None:
        return ()
    return line_beside(workspace, found.certificate_id)


def clock_of(revocation: Revocation) -> Clock:
    """Return the clock that an open request is under now (R6.1, DETAILS 24)."""
    if revocation.verified_at is not None and revocation.due_at is not None:
        return Clock(revocation=revocation, started=revocation.verified_at, due=revocation.due_at)
    return Clock(revocation=revocation, started=revocation.received_at, due=revocation.verify_due_at)
