"""Revocation requests, their clocks, and every time of their way."""

from datetime import datetime

from certmgr.commitments import Kind
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.models.revocations import Cause, RequestState, Revocation, RevocationId
from certmgr.queries import commitments as commitment_queries
from certmgr.queries.commitments import Promise
from certmgr.records import dataclass
from certmgr.revoking import line_of, together
from certmgr.store import certificates, crls, revocations
from certmgr.store.crls import Sighting
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
        )


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
