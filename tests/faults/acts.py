"""What the children of the tests of faults do: each is a whole command's work, in a process of its own."""

import resource
import signal
from datetime import timedelta
from pathlib import Path

from certmgr import dispatch, issuance
from certmgr.errors import CertmgrError
from certmgr.inventory_file import read_inventory
from certmgr.models.revocations import Cause
from certmgr.operations import certificates, check, inventory, notices, revocations
from certmgr.queries import certificates as queries
from certmgr.workspace import Session, utc_now
from tests.faults import hooks
from tests.faults.capabilities import drop_capabilities
from tests.faults.processes import Reports
from tests.home import HomeForTest, open_home

BATCH = 4
"""So many lines of an inventory share a commit, where a run is to have several batches on their way."""


def issue(reports: Reports, folder: Path, *names: str) -> None:
    """Issue a certificate for each name and report every step; then wait to be killed."""
    home, session = _open(folder)
    hooks.watch_issuing(home.workspace, session, reports)
    for name in names:
        issued = home.issue(name, session)
        reports("step", "acknowledged")
        reports("acknowledged", issued.prepared.spec.serial)
    reports("done")
    signal.pause()


def issue_inventory(reports: Reports, folder: Path, inventory_file: Path) -> None:
    """Issue for every line of an inventory in small batches and report every step; then wait to be killed."""
    home, session = _open(folder)
    hooks.watch_issuing(home.workspace, session, reports)
    inventory.BATCH = BATCH
    lines = read_inventory(inventory_file.read_bytes(), name=str(inventory_file))
    for batch in inventory.issue_inventory(home.workspace, session, lines, destination=home.out):
        reports("step", "acknowledged")
        for one in batch:
            reports(one.outcome, one.server, one.serial)
            if one.outcome == "issued":
                reports("acknowledged", one.serial)
    reports("done")
    signal.pause()


def issue_many(reports: Reports, folder: Path, *names: str) -> None:
    """Issue a certificate for each name, and report its serial or why there is none."""
    home, session = _open(folder)
    for name in names:
        try:
            issued = home.issue(name, session)
        except CertmgrError as problem:
            reports("error", problem.exit_code, problem.code, problem.message)
        else:
            reports("issued", issued.prepared.spec.serial)


def issue_halted(reports: Reports, folder: Path, step: str, name: str) -> None:
    """Issue a certificate, but stop before the function `step` of `issuance`; go on when the parent says so."""
    hooks.halt_before(issuance, step, reports)
    issue_many(reports, folder, name)


def issue_without_room(reports: Reports, folder: Path, step: str, name: str) -> None:
    """Issue a certificate, but from `step` on no file can grow, as on a full disk."""
    limits = (64, resource.RLIM_INFINITY)
    hooks.before(issuance, step, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))
    issue_many(reports, folder, name)


def issue_as_nobody_special(reports: Reports, folder: Path, name: str) -> None:
    """Issue a certificate as a user whom the modes of folders bind, root or not."""
    drop_capabilities()
    issue_many(reports, folder, name)


def renew(reports: Reports, folder: Path, serial: str) -> None:
    """Renew a certificate before its time, and report the successor's serial or why there is none."""
    home, session = _open(folder)
    certificate = queries.resolve(home.workspace, f"serial:{serial}")
    try:
        issued = certificates.renew(home.workspace, session, certificate, force=True, reason="test")
    except CertmgrError as problem:
        reports("error", problem.exit_code, problem.code, problem.message)
    else:
        reports("issued", issued.prepared.spec.serial)


def renew_halted(reports: Reports, folder: Path, serial: str) -> None:
    """Renew, but stop before the signature; go on when the parent says so."""
    hooks.halt_before(issuance, "sign", reports)
    renew(reports, folder, serial)


def revoke_many(reports: Reports, folder: Path, *names: str) -> None:
    """Revoke the certificate of each server as a person, and report what came of it."""
    home = open_home(folder)
    session = home.person()
    for name in names:
        found = queries.resolve(home.workspace, name)
        done = revocations.revoke(home.workspace, session, certificate=found.id, cause=Cause.KEY_LOST, confirm=name)
        reports("revoked", found.serial, done.crl_number, done.published, done.problem)


def revoke_stepwise(reports: Reports, folder: Path, name: str) -> None:
    """Revoke and report every step up to the publication; then wait to be killed."""
    hooks.watch_writing(reports)
    revoke_many(reports, folder, name)
    signal.pause()


def check_once(reports: Reports, folder: Path, days: float = 0) -> None:
    """Run `check` when `days` have passed, and report what it did and what it left open."""
    home, session = _open(folder, days)
    _check(reports, home, session)


def check_many(reports: Reports, folder: Path, times: int) -> None:
    """Run `check` again and again, and report as `check_once`."""
    home, session = _open(folder)
    for _ in range(times):
        _check(reports, home, session)


def check_with_token(reports: Reports, folder: Path) -> None:
    """Run `check` with a CA key that does not sign twice alike."""
    home, session = _open(folder)
    hooks.use_token(home.workspace, session)
    _check(reports, home, session)


def check_stepwise(reports: Reports, folder: Path) -> None:
    """Run `check` and report every step of it; then wait to be killed."""
    hooks.watch_writing(reports)
    check_once(reports, folder)
    signal.pause()


def check_halted(reports: Reports, folder: Path) -> None:
    """Run `check`, but stop before it asks whether something is at work; go on when the parent says so."""
    hooks.halt_before(issuance, "none_in_progress", reports)
    check_once(reports, folder)


def check_impatient(reports: Reports, folder: Path) -> None:
    """Run `check`, waiting a moment only for another one, and report how it ended."""
    check.PATIENCE_S = 0.1
    try:
        check_once(reports, folder)
    except CertmgrError as problem:
        reports("error", problem.exit_code, problem.code, problem.message)


def tell_stepwise(reports: Reports, folder: Path, days: float) -> None:
    """Do what is due about notices when `days` have passed, and say when each is taken, sent and recorded."""
    home, session = _open(folder, days)
    hooks.watch_telling(reports)
    for step in notices.due(home.workspace, session):
        reports("did" if step.done else "open", step.what)
    reports("done")


def tell_halted(reports: Reports, folder: Path, days: float) -> None:
    """Tell what is due, but stop when the first mail has been sent and before that is recorded."""
    home, session = _open(folder, days)
    hooks.halt_before(dispatch._Run, "_settle", reports)
    for _ in notices.due(home.workspace, session):
        pass


def _open(folder: Path, days: float = 0) -> tuple[HomeForTest, Session]:
    home = open_home(folder, clock=lambda: utc_now() + timedelta(days=days))
    return home, home.machine()


def _check(reports: Reports, home: HomeForTest, session: Session) -> None:
    for step in check.check(home.workspace, session):
        reports("did" if step.done else "open", step.what)
    reports("done")
