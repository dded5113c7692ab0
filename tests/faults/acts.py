"""What the children of the tests of faults do: each is a whole command's work, in a process of its own."""

import os
import random
import resource
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from certmgr import issuance, publication
from certmgr.errors import CertmgrError
from certmgr.models.keys import KeyType, Signer
from certmgr.models.revocations import Cause
from certmgr.net import layout
from certmgr.operations import certificates, check, inventory, revocations
from certmgr.pki import build, inspect, keys
from certmgr.queries import certificates as queries
from certmgr.store import authorities
from certmgr.store.connection import Store
from certmgr.workspace import Session, Workspace, utc_now
from tests.faults.capabilities import drop_capabilities
from tests.faults.processes import Reports
from tests.home import HomeForTest, open_home

STEPS = ("prepare", "intent", "sign", "record", "deliver", "acknowledged")
BATCH = 4
SIGNER_DELAY_S = 0.001
"""The most that the signer takes its time, as a token would, before and after it reports."""


class ReportingSigner:
    """A CA key that says what it signed, on an unbuffered pipe, before it gives the signature away."""

    def __init__(self, inner: Signer, reports: Reports) -> None:
        """Sign with `inner`."""
        self._inner = inner
        self._reports = reports

    @property
    def spki(self) -> bytes:
        """The key's own."""
        return self._inner.spki

    @property
    def key_type(self) -> KeyType:
        """The key's own."""
        return self._inner.key_type

    @property
    def deterministic(self) -> bool:
        """The key's own."""
        return self._inner.deterministic

    def sign(self, tbs: bytes) -> bytes:
        """Return the signature, after `signed SERIAL SPKI TBS DER`, the last three as SHA-256."""
        signature = self._inner.sign(tbs)
        _take_time()
        facts = inspect.certificate_facts(build.assemble(tbs, signature))
        self._reports("signed", facts.serial, inspect.sha256(facts.spki), inspect.sha256(tbs), facts.sha256)
        _take_time()
        return signature


class TokenSigner(ReportingSigner):
    """A CA key in a token: two signatures over the same bytes differ."""

    @property
    def deterministic(self) -> bool:
        """It is not."""
        return False

    def sign(self, tbs: bytes) -> bytes:
        """Return the signature over anything, a CRL too."""
        return self._inner.sign(tbs)


def issue(reports: Reports, folder: Path, *names: str) -> None:
    """Issue a certificate for each name and report every step; then wait to be killed."""
    home, session = _open(folder)
    _watch(home.workspace, session, reports)
    for name in names:
        issued = home.issue(name, session)
        reports("step", "acknowledged")
        reports("acknowledged", issued.prepared.spec.serial)
    reports("done")
    signal.pause()


def issue_halted(reports: Reports, folder: Path, step: str, name: str) -> None:
    """Issue a certificate, but stop as SIGSTOP does before the function `step`; go on at SIGCONT."""
    _halt_before(issuance, step, reports)
    issue_many(reports, folder, name)


def issue_without_room(reports: Reports, folder: Path, step: str, name: str, octets: int = 64) -> None:
    """Issue a certificate, but from `step` on no file can grow beyond `octets`, as on a full disk."""
    _before(issuance, step, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY)))
    issue_many(reports, folder, name)


def issue_as_nobody_special(reports: Reports, folder: Path, name: str) -> None:
    """Issue a certificate as a user whom the modes of folders bind, root or not."""
    drop_capabilities()
    issue_many(reports, folder, name)


def issue_inventory(reports: Reports, folder: Path, inventory_file: str, batch: int = BATCH) -> None:
    """Issue for every line of an inventory in small batches and report every step; then wait to be killed."""
    home, session = _open(folder)
    _watch(home.workspace, session, reports)
    inventory.BATCH = batch
    lines = inventory.read_inventory(Path(inventory_file).read_bytes(), name=inventory_file)
    for batch_reports in inventory.issue_inventory(home.workspace, session, lines, destination=home.out):
        reports("step", "acknowledged")
        for one in batch_reports:
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


def revoke_many(reports: Reports, folder: Path, *names: str) -> None:
    """Revoke the certificate of each server as a person, and report the CRL number."""
    home = open_home(folder)
    session = home.person()
    for name in names:
        certificate = queries.resolve(home.workspace, name)
        done = revocations.revoke(
            home.workspace, session, certificate=certificate.id, cause=Cause.KEY_LOST, confirm=name
        )
        reports("revoked", certificate.serial, done.crl_number, done.published, done.problem)


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
    """Renew, but stop before the signature; go on at SIGCONT."""
    _halt_before(issuance, "sign", reports)
    renew(reports, folder, serial)


def check_once(reports: Reports, folder: Path, days: float = 0) -> None:
    """Run `check` when `days` have passed, and report what it did."""
    home, session = _open(folder, days)
    _report_check(reports, home, session)


def _report_check(reports: Reports, home: HomeForTest, session: Session) -> None:
    for step in check.check(home.workspace, session):
        reports("did" if step.done else "open", step.what)
    reports("done")


def check_halted(reports: Reports, folder: Path) -> None:
    """Run `check`, but stop before it asks whether something is at work; go on at SIGCONT."""
    _halt_before(issuance, "none_in_progress", reports)
    check_once(reports, folder)


def check_impatient(reports: Reports, folder: Path) -> None:
    """Run `check` without waiting for another one, and report how it ended."""
    check.PATIENCE_S = 0.1
    try:
        check_once(reports, folder)
    except CertmgrError as problem:
        reports("error", problem.exit_code, problem.code, problem.message)


def check_stepwise(reports: Reports, folder: Path) -> None:
    """Run `check` and report every step of recovery and publication; then wait to be killed."""
    _report_writes(reports)
    check_once(reports, folder)
    signal.pause()


def revoke_stepwise(reports: Reports, folder: Path, name: str) -> None:
    """Revoke and report every step up to the publication; then wait to be killed."""
    _report_writes(reports)
    revoke_many(reports, folder, name)
    signal.pause()


def check_with_token(reports: Reports, folder: Path) -> None:
    """Run `check` with a CA key that says that its signatures are made with fresh randomness."""
    home, session = _open(folder)
    with home.workspace.store().read() as snapshot:
        authority = authorities.current_issuing(snapshot)
    session._signers[authority.slug] = TokenSigner(session.signer(authority), reports)
    _report_check(reports, home, session)


def check_many(reports: Reports, folder: Path, times: int) -> None:
    """Run `check` again and again, and report what it did."""
    for _ in range(times):
        check_once(reports, folder)


def _open(folder: Path, days: float = 0) -> tuple[HomeForTest, Session]:
    home = open_home(folder, clock=lambda: utc_now() + timedelta(days=days))
    return home, home.machine()


def _watch(workspace: Workspace, session: Session, reports: Reports) -> None:
    """Put a reporting signer into the session, and let the five steps of issuing say when they begin."""
    with workspace.store().read() as snapshot:
        authority = authorities.current_issuing(snapshot)
    session._signers[authority.slug] = ReportingSigner(session.signer(authority), reports)
    _report_steps(reports)


def _report_steps(reports: Reports) -> None:
    """Let the five steps of issuing say when they begin."""
    for name, step in (
        ("prepare", "prepare"),
        ("record_intents", "intent"),
        ("sign", "sign"),
        ("record_issued", "record"),
        ("deliver", "deliver"),
    ):
        _report(issuance, name, reports, step)
    _report(layout, "deliver_batch", reports, "deliver")


def _report_writes(reports: Reports) -> None:
    """Let every transaction and every file put in place say when it begins."""
    _report(Store, "transaction", reports, "transaction")
    _report(publication.published, "publish_file", reports, "publish")
    _report(layout, "deliver", reports, "deliver")
    _report(issuance, "sign", reports, "sign")


def _halt_before(module: object, name: str, reports: Reports) -> None:
    def halt() -> None:
        reports("halted")
        os.kill(os.getpid(), signal.SIGSTOP)

    _before(module, name, halt)


def _report(module: object, name: str, reports: Reports, step: str) -> None:
    _before(module, name, lambda: reports("step", step))


def _before(module: object, name: str, first: Callable[[], None]) -> None:
    """Let `first` happen before each call of the function `name`, which stays what it is."""
    inner: Callable[..., object] = getattr(module, name)

    @wraps(inner)
    def beginning(*arguments: Any, **options: Any) -> object:  # noqa: ANN401 - passed on as they are
        first()
        return inner(*arguments, **options)

    setattr(module, name, beginning)


def _take_time() -> None:
    time.sleep(random.random() * SIGNER_DELAY_S)  # noqa: S311 - no secret
