"""Do all that is due, in an order that a crash at any point cannot spoil; what cron and the daemon run.

Each noun's operations do their own part of it, `due`, and say beforehand what they would do, `pending`. First comes
what a crash left open, then what takes certificates out of use, then the CRLs that say so, then what brings new ones,
then what watches over all that and tells people. Every step is committed before the next; what is not reached is due
again (ARCHITECTURE 11).
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError
from certmgr.files import held, write_public
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.operations import (
    acceptance,
    applications,
    authorities,
    campaigns,
    certificates,
    commitments,
    crls,
    deployments,
    holds,
    notices,
    reconciliation,
    recovery,
    renewals,
    replacements,
    retention,
    revocations,
)
from certmgr.queries.health import last_check_file
from certmgr.queries.metrics import metrics_text
from certmgr.records import dataclass
from certmgr.store import attempts
from certmgr.workspace import Session, Workspace

PATIENCE_S = 10.0
"""How long a check waits for another one to end."""
JOB: Final = "job:"
"""What the attempts of a check and of its parts are kept under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One noun's share of a check."""

    name: str
    """What its success is kept under, as `job:NAME`, and what metrics call it."""
    due: Callable[[Workspace, Session], Iterator[Step]]
    """Does it; each step is committed when it is yielded."""
    pending: Callable[[Workspace], Iterator[Step]]
    """Says what `due` would do; changes nothing."""


PARTS: Final = (
    Part(name="reconciliation", due=reconciliation.due, pending=reconciliation.pending),
    Part(name="recovery", due=recovery.due, pending=recovery.pending),
    Part(name="revocations", due=revocations.due, pending=revocations.pending),
    Part(name="holds", due=holds.due, pending=holds.pending),
    # Before the CRLs: what it revokes is on the CRL of the same check.
    Part(name="replacements", due=replacements.due, pending=replacements.pending),
    Part(name="crls", due=crls.due, pending=crls.pending),
    Part(name="applications", due=applications.due, pending=applications.pending),
    Part(name="acceptance", due=acceptance.due, pending=acceptance.pending),
    Part(
        name="renewals",
        due=partial(renewals.due, renew=certificates.renew),
        pending=partial(renewals.pending, rehearse=certificates.rehearse_renewal),
    ),
    Part(name="campaigns", due=campaigns.due, pending=campaigns.pending),
    # After all that meets promises, before what tells of those that are running out.
    Part(name="commitments", due=commitments.due, pending=commitments.pending),
    Part(name="deployments", due=deployments.due, pending=deployments.pending),
    Part(name="notices", due=notices.due, pending=notices.pending),
    Part(name="authorities", due=authorities.due, pending=authorities.pending),
    Part(name="retention", due=retention.due, pending=retention.pending),
)
CLOCKS: Final = (
    Part(name="revocations", due=revocations.due, pending=revocations.pending),
    Part(name="holds", due=holds.due, pending=holds.pending),
    Part(name="crls", due=crls.due_revocations, pending=crls.pending),
    # A campaign that was finished in time is no breach.
    Part(name="campaigns", due=campaigns.due, pending=campaigns.pending),
    Part(name="commitments", due=commitments.due, pending=commitments.pending),
)
"""What cannot wait for the next check: the promise of R6.1 and what hangs on it."""


def check(workspace: Workspace, session: Session, *, patience_s: float | None = None) -> Generator[Step]:
    """Do all that is due and yield what was done and what needs a person.

    Every part is tried, whatever became of the others; an error that nobody foresaw is raised after the last of them.
    Raises RefusedError for a role that may not issue and publish, LockedError (CHECK_RUNNING) where another check goes
    on for longer than `patience_s` (None: PATIENCE_S).
    """
    yield from _run(workspace, session, "check", PARTS, patience_s)


def clocks(workspace: Workspace, session: Session, *, patience_s: float | None = None) -> Generator[Step]:
    """Do what cannot wait for the next check: carry out and publish revocations. As `check`, and a part of it."""
    yield from _run(workspace, session, "clocks", CLOCKS, patience_s)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `check` would do now, and what needs a person; unlocks, records and writes nothing."""
    for part in PARTS:
        try:
            yield from part.pending(workspace)
        except CertmgrError as problem:
            yield _stopped(part, problem.message)


def _run(
    workspace: Workspace, session: Session, job: str, parts: tuple[Part, ...], patience_s: float | None
) -> Iterator[Step]:
    session.require(Permission.ISSUE)
    session.require(Permission.CARRY_OUT_REVOCATION)
    problems: dict[str, str | None] = {}
    unforeseen: Exception | None = None
    with _alone(workspace, PATIENCE_S if patience_s is None else patience_s):
        for part in parts:
            problems[part.name] = None
            try:
                yield from part.due(workspace, session)
            except CertmgrError as problem:
                problems[part.name] = problem.message
            except OSError as problem:
                # A disk that is full or read-only: no fault of the program, and told like one in the store.
                problems[part.name] = ": ".join(str(one) for one in (problem.filename, problem.strerror) if one)
            except Exception as problem:  # noqa: BLE001 - no fault of one part stops the others; raised below
                problems[part.name] = f"{type(problem).__name__}, an error that certmgr does not know"
                unforeseen = unforeseen or problem
            if (told := problems[part.name]) is not None:
                yield _stopped(part, told)
        if job == "check":
            yield from _finish(workspace, session, problems)
        else:
            _record(workspace, session, {job: next(filter(None, problems.values()), None)})
    if unforeseen is not None:
        raise unforeseen


def _stopped(part: Part, problem: str) -> Step:
    return Step(what=f"This part of the check stopped, {part.name}: {problem}", done=False)


@contextmanager
def _alone(workspace: Workspace, patience_s: float) -> Iterator[None]:
    """Keep two checks from doing one thing twice (ARCHITECTURE 11); the kernel drops the mark with the process."""
    with ExitStack() as stack:
        try:
            stack.enter_context(held(workspace.home / "log", timeout_s=patience_s))
        except LockedError as problem:
            if problem.code is not Code.BUSY:
                raise
            raise LockedError(
                "Another check is running.",
                hint="It does all that is due; wait for its end.",
                code=Code.CHECK_RUNNING,
            ) from None
        yield


def _finish(workspace: Workspace, session: Session, problems: Mapping[str, str | None]) -> Iterator[Step]:
    """Say for other programs that a check ended: the stamp, the jobs, the metrics."""
    try:
        # A file, beside the rows: doctor reads it where the store does not open.
        last_check_file(workspace).write_text(workspace.now().isoformat() + "\n", "ascii")
        _record(workspace, session, {**problems, "check": next(filter(None, problems.values()), None)})
        if workspace.config.report.metrics_file is not None:
            # Not synced: after a crash of the machine the next check writes it anew.
            write_public(Path(workspace.config.report.metrics_file), metrics_text(workspace).encode(), sync=False)
    except CertmgrError as problem:
        yield Step(what=f"The end of the check could not be written down: {problem.message}", done=False)
    except OSError as problem:
        what = f"The end of the check could not be written down: {problem.filename}: {problem.strerror}"
        yield Step(what=what, done=False)


def _record(workspace: Workspace, session: Session, problems: Mapping[str, str | None]) -> None:
    """Keep when each job last succeeded, outside the journal: an idle check would fill it with nothing."""
    try:
        with workspace.store().write(session.actor) as tx:
            for name, problem in problems.items():
                if problem is None:
                    attempts.succeeded(tx, f"{JOB}{name}")
                else:
                    attempts.failed(tx, f"{JOB}{name}", problem)
    except LockedError as problem:
        # Somebody writes for longer than the store waits. All that was due is done; the next check keeps the time.
        if problem.code is not Code.STORE_BUSY:
            raise
