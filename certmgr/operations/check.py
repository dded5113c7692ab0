"""Do all that is due, in an order that a crash at any point cannot spoil; what cron runs (ARCHITECTURE 11).

1. finish or close what a crash left open; 2. carry out verified revocations; 3. sign and publish CRLs that are due;
4. renew what is due; 5. look at the clocks: what needs a person is named.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import commitments, publication
from certmgr.errors import CertmgrError, LockedError, RefusedError
from certmgr.files import held
from certmgr.locations import crl_file
from certmgr.models.authorities import Authority, AuthorityRole, AuthorityStatus
from certmgr.models.certificates import Stage
from certmgr.models.operators import Permission
from certmgr.models.revocations import RequestState
from certmgr.models.steps import Step
from certmgr.operations import certificates as certificate_operations
from certmgr.operations import recovery, revocations
from certmgr.queries.health import last_check_file
from certmgr.queries.revocations import clock_of
from certmgr.store import authorities, certificates, crls
from certmgr.store import revocations as stored_revocations
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot

ROOT_CRL_REMINDER = timedelta(days=60)
"""From so long before the root CRL's nextUpdate a person is asked for (DETAILS 29)."""
ROOT_REMINDER = timedelta(days=365)
"""So long before its own end a root is named; an issuing CA from half of its life (ARCHITECTURE: defaults)."""
PATIENCE_S = 10.0
"""How long a check waits for another one to end."""


def check(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Do all that is due and yield what was done and what needs a person.

    Every step is tried, whatever became of the others. Raises RefusedError for a role that may not issue and publish,
    LockedError where another check goes on for longer than PATIENCE_S.
    """
    session.require(Permission.ISSUE)
    session.require(Permission.CARRY_OUT_REVOCATION)
    with _alone(workspace):
        yield from _settle(workspace, session)
        yield from _revoke(workspace, session)
        yield from _publish(workspace, session)
        yield from _renew(workspace, session)
        yield from _clocks(workspace)
        yield from _lives(workspace)
        _stamp(workspace)


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Keep two checks from doing one thing twice (ARCHITECTURE 11); the kernel drops the mark with the process."""
    with ExitStack() as stack:
        try:
            stack.enter_context(held(workspace.home / "log", timeout_s=PATIENCE_S))
        except LockedError as problem:
            raise LockedError(
                "Another check is running.", hint="It does all that is due; wait for its end.", code=problem.code
            ) from None
        yield


def due(workspace: Workspace) -> Iterator[Step]:
    """Yield what `check` would do now, and what needs a person; unlocks, records and writes nothing."""
    for one in recovery.pending(workspace):
        subject = one.certificate
        verb = {recovery.Settled.ABANDONED: "close", recovery.Settled.DELIVERED: "deliver the files of"}
        reason = f": {one.reason}" if one.reason else ""
        what = f"Would {verb.get(one.outcome, 'finish')} {subject.server} (serial {subject.serial}){reason}."
        yield Step(what=what, done=True)
    with workspace.store().read() as snapshot:
        waiting = [one for one in stored_revocations.open(snapshot) if one.state is RequestState.VERIFIED]
        every = [one for one in authorities.all(snapshot) if one.certificate and one.has_key]
        stale = [(one, why) for one in every if (why := _crl_due(workspace, snapshot, one)) is not None]
        expiring = certificates.due(snapshot, workspace.now())
    for request in waiting:
        what = f"Would carry out the revocation {request.id} of {request.server} ({request.cause})."
        yield Step(what=what, done=True)
    for authority, why in stale:
        if authority.role is AuthorityRole.ROOT:
            yield _root_crl(authority, why)
        else:
            yield Step(what=f"Would publish the CRL of {authority.slug}: {why}.", done=True)
    for certificate in expiring:
        try:
            certificate_operations.rehearse_renewal(workspace, certificate)
        except CertmgrError as problem:
            yield Step(what=f"{certificate.server} could not be renewed: {problem.message}", done=False)
        else:
            yield Step(what=f"Would renew {certificate.server} (serial {certificate.serial}).", done=True)
    yield from _clocks(workspace)
    yield from _lives(workspace)


def _stamp(workspace: Workspace) -> None:
    # A file and no row: an idle check every 15 minutes would otherwise fill the journal with nothing.
    last_check_file(workspace).write_text(workspace.now().isoformat() + "\n", "ascii")


def _settle(workspace: Workspace, session: Session) -> Iterator[Step]:
    for one in recovery.settle(workspace, session):
        subject = one.certificate
        match one.outcome:
            case recovery.Settled.FINISHED:
                yield Step(
                    what=f"Finished the interrupted certificate {subject.serial} of {subject.server}.", done=True
                )
            case recovery.Settled.DELIVERED:
                yield Step(what=f"Delivered the files of {subject.server} (serial {subject.serial}).", done=True)
            case recovery.Settled.ABANDONED:
                what = f"Closed the interrupted certificate {subject.serial} of {subject.server}: {one.reason}."
                yield Step(what=what, done=True)
            case recovery.Settled.FAILED:
                what = f"The files of {subject.server} (serial {subject.serial}) could not be delivered"
                if subject.stage is Stage.INTENT:
                    what = f"The interrupted certificate {subject.serial} of {subject.server} could not be finished"
                yield Step(what=f"{what}: {one.reason}", done=False)


def _revoke(workspace: Workspace, session: Session) -> Iterator[Step]:
    with workspace.store().read() as snapshot:
        waiting = [one for one in stored_revocations.open(snapshot) if one.state is RequestState.VERIFIED]
    for one in waiting:
        try:
            revocations.carry_out(workspace, session, [one.id])
        except CertmgrError as problem:
            what = f"The revocation {one.id} of {one.server} could not be carried out: {problem.message}"
            yield Step(what=what, done=False)
            continue
        yield Step(what=f"Carried out the revocation {one.id} of {one.server} ({one.cause}).", done=True)


def _publish(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Publish each CRL that is due; the root's needs a person."""
    store = workspace.store()
    with store.read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.certificate and one.has_key]
        due = [(one, why) for one in every if (why := _crl_due(workspace, snapshot, one)) is not None]
    for authority, why in due:
        if authority.role is AuthorityRole.ROOT:
            yield _root_crl(authority, why)
            continue
        try:
            published = publication.publish(
                store, session.actor, session.signer(authority), authority, workspace.config
            )
        except CertmgrError as problem:
            yield Step(what=f"The CRL of {authority.slug} could not be published: {problem.message}", done=False)
            continue
        if published.seen:
            yield Step(what=f"Published the CRL of {authority.slug}, number {published.number}: {why}.", done=True)
        for item in published.problems:
            yield Step(what=item.message, done=False)


def _root_crl(authority: Authority, why: str) -> Step:
    what = f"The CRL of {authority.slug} needs a person: {why}. Run: certmgr crl publish --root"
    return Step(what=what, done=False)


def _crl_due(workspace: Workspace, snapshot: "Snapshot", authority: Authority) -> str | None:  # noqa: PLR0911 - one return a reason
    """Return why the authority's CRL is due; None: it is not."""
    now = workspace.now()
    latest = crls.latest(snapshot, authority.id)
    if latest is None:
        return "there is none yet"
    if crls.unpublished_entries(snapshot, authority.id, latest.number):
        return "a revocation is not on it yet"
    if latest.published_at is None:
        return "the last one was not seen published"
    if authority.role is AuthorityRole.ROOT:
        return f"it ends on {latest.next_update:%Y-%m-%d}" if latest.next_update - now <= ROOT_CRL_REMINDER else None
    if now - latest.this_update >= workspace.config.publish.crl_reissue:
        return f"the last one is from {latest.this_update:%Y-%m-%d %H:%M} UTC"
    directory = workspace.config.publish.directory
    if directory is not None and not (Path(directory) / crl_file(authority.slug)).exists():
        return "its file is missing from the published folder"
    return None


def _renew(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Renew what is due; a certificate from a CSR needs its owner."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        due = certificates.due(snapshot, now)
    for one in due:
        try:
            issued = certificate_operations.renew(workspace, session, one)
        except RefusedError as problem:
            yield Step(what=problem.message, done=False)
        except CertmgrError as problem:
            yield Step(what=f"{one.server} could not be renewed: {problem.message}", done=False)
        else:
            serial = issued.prepared.spec.serial
            where = f", files in {issued.folder}" if issued.folder else ""
            yield Step(what=f"Renewed {one.server}: serial {serial}{where}.", done=True)


def _clocks(workspace: Workspace) -> Iterator[Step]:
    """Name every open request that has used half of its time or more (R6.1)."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        waiting = stored_revocations.open(snapshot)
    for one in waiting:
        clock = clock_of(one)
        left = clock.due - now
        passed = commitments.crossed(clock.started, clock.due, now)
        awaits = "verification" if one.verified_at is None else "publication"
        if left <= timedelta(0):
            due = f"{clock.due:%Y-%m-%d %H:%M} UTC"
            what = f"OVERDUE: the {awaits} of revocation {one.id} of {one.server} was due at {due}."
            yield Step(what=what, done=False)
        elif passed or one.verified_at is None:
            used = f"{max(passed)} percent of its time is used" if passed else "it waits for a person"
            what = (
                f"Revocation {one.id} of {one.server} awaits {awaits}: {used}, due at {clock.due:%Y-%m-%d %H:%M} UTC."
            )
            yield Step(what=what, done=False)


def _lives(workspace: Workspace) -> Iterator[Step]:
    """Name every CA whose own end is near: the last year of a root, the second half of an issuing CA's life."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        every = [one for one in authorities.all(snapshot) if one.status is AuthorityStatus.CURRENT and one.certificate]
    for one in every:
        left = one.not_after - now
        half = (one.not_after - one.not_before) / 2
        is_root = one.role is AuthorityRole.ROOT
        if left <= (ROOT_REMINDER if is_root else half):
            what = f"The CA {one.slug} ends on {one.not_after:%Y-%m-%d}, in {left.days} days; it needs a successor."
            yield Step(what=what if is_root else f"{what} Run: certmgr ca new-issuing", done=False)
