"""Issue for a whole network in one run (DETAILS 12, 18).

Up to a hundred certificates share their commits and file syncs; keys, linting and files are the work of other
processes, the CA key and the store stay in this one. What has been yielded is durable, so a run that is killed
half-way and run again gives exactly one certificate for each line.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr import applying, intake, inventory_report, issuance, issuance_plan
from certmgr.config import Config
from certmgr.errors import CertmgrError, Finding, NotFoundError, RefusedError, UsageError
from certmgr.inventory_file import Line
from certmgr.inventory_report import LineReport, Outcome
from certmgr.models.authorities import Authority
from certmgr.models.certificates import CertificateId, Order
from certmgr.models.operators import Permission
from certmgr.models.profiles import Profile
from certmgr.net import files, layout
from certmgr.pki import export
from certmgr.records import dataclass
from certmgr.store import certificates, servers
from certmgr.workers import Workers, result_of, workers
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from concurrent.futures import Future

    from certmgr.store.connection import Transaction

BATCH = 100
WORKERS_FROM = 300
"""Fewer lines than this are done before a second process has started."""
IN_FLIGHT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issuer:
    """An authority that signs for some of the lines."""

    authority: Authority
    plan: issuance_plan.Plan
    chain_pem: bytes


class _Batch:
    """Up to a hundred lines of one issuer on their way."""

    def __init__(self, issuer: _Issuer) -> None:
        self.issuer = issuer
        self.reports: list[LineReport] = []
        self.lines: list[tuple[Line, intake.Accepted]] = []
        self.reviewed: list[tuple[Line, intake.Accepted]] = []
        """Lines whose profile asks for reviewers."""
        self.prepared: list[tuple[Line, issuance.Prepared]] = []
        self.ids: list[CertificateId] = []
        self.issued: list[tuple[Line, issuance.Issued]] = []

    @property
    def orders(self) -> list[tuple[Order, Profile]]:
        """What is to be prepared."""
        return [(accepted.order, accepted.profile) for _, accepted in self.lines]

    def take(self, results: "list[_Prepared]") -> None:
        """Keep what was prepared; what was refused is a report."""
        for (line, _), one in zip(self.lines, results, strict=True):
            if isinstance(one, issuance.Prepared):
                self.prepared.append((line, one))
            else:
                self.reports.append(inventory_report.refused(line, one))

    def delivered(self, places: tuple[layout.Delivered, ...]) -> list[LineReport]:
        """Return the reports of what was issued and lies in `places`."""
        return [
            LineReport(
                number=line.number,
                server=one.prepared.order.server,
                outcome=Outcome.ISSUED,
                serial=one.prepared.spec.serial,
                folder=place.live,
                findings=one.prepared.notices,
            )
            for (line, one), place in zip(self.issued, places, strict=True)
        ]


_Prepared = issuance.Prepared | tuple[Finding, ...]


def issue_inventory(
    workspace: Workspace, session: Session, lines: Sequence[Line], *, destination: Path
) -> Iterator[list[LineReport]]:
    """Issue for every line; yield the reports of each batch once it is durable.

    A refused line is reported, journalled with its codes, and stops nothing. Raises RefusedError for a role that may
    not issue, and whatever stops the run as a whole.
    """
    session.require(Permission.ISSUE)
    pieces = list(_pieces(workspace, lines, requested_by=session.actor.name))
    for issuer, _ in pieces:
        session.signer(issuer.authority)
    with issuance.in_progress(workspace.home), workers(wanted=len(lines) >= WORKERS_FROM) as helpers:
        yield from _Run(workspace, session, destination, helpers).batches(pieces)


def _pieces(
    workspace: Workspace, lines: Iterable[Line], *, requested_by: str
) -> Iterator[tuple[_Issuer, Sequence[Line]]]:
    """Yield the lines by the authority that their profiles name, a hundred at most at a time (DETAILS 9).

    Lines whose profile names one that does not sign come with that as their problem.
    """
    groups: dict[str | None, list[Line]] = {}
    for line in lines:
        profile = workspace.config.profiles.get(line.wish.profile) if line.wish else None
        groups.setdefault(profile.authority if profile else None, []).append(line)
    found: dict[str | None, Authority] = {}
    with workspace.store().read() as snapshot:
        for slug, group in list(groups.items()):
            try:
                found[slug] = issuance_plan.issuer_for(snapshot, slug)
            except (NotFoundError, RefusedError) as problem:
                found[None] = issuance_plan.issuer_for(snapshot, None)
                finding = Finding(code=problem.code, field="profile", message=problem.message)
                refused = [replace(line, problems=(*line.problems, finding)) for line in group]
                groups[None] = [*groups.get(None, []), *refused]
    for slug, authority in found.items():
        plan = issuance_plan.make_plan(authority, workspace.config, requested_by=requested_by)
        issuer = _Issuer(authority=authority, plan=plan, chain_pem=export.pem(authority.certificate))
        group = groups[slug]
        yield from ((issuer, group[at : at + BATCH]) for at in range(0, len(group), BATCH))


class _Run:
    """One run over an inventory: prepare in other processes, record and sign in this one, deliver in others."""

    def __init__(self, workspace: Workspace, session: Session, destination: Path, helpers: Workers) -> None:
        self._workspace = workspace
        self._session = session
        self._destination = destination.absolute()
        self._helpers = helpers

    def batches(self, pieces: Iterable[tuple[_Issuer, Sequence[Line]]]) -> Iterator[list[LineReport]]:
        """Yield the reports batch by batch, with several batches on their way at once."""
        preparing: deque[tuple[_Batch, Future[list[_Prepared]]]] = deque()
        delivering: deque[tuple[_Batch, Future[tuple[layout.Delivered, ...]]]] = deque()
        coming = _accepted(self._workspace, pieces)
        signed: _Batch | None = None
        more = True
        try:
            while more or preparing or signed or delivering:
                while more and len(preparing) < IN_FLIGHT:
                    batch = next(coming, None)
                    more = batch is not None
                    if batch is not None:
                        preparing.append((batch, self._helpers.submit(_prepare, self._work(batch))))
                fresh, done, reports = None, None, []
                if preparing:
                    fresh, prepared = preparing.popleft()
                    fresh.take(result_of(prepared))
                if delivering and (signed is None or len(delivering) > 1):
                    done, delivered = delivering.popleft()
                    reports = done.reports + done.delivered(result_of(delivered))
                self._record(done, signed, fresh)
                if done is not None:
                    yield sorted(reports, key=lambda report: report.number)
                if signed is not None:
                    delivering.append((signed, self._helpers.submit(_deliver, self._signed(signed))))
                if fresh is not None:
                    self._sign(fresh)
                signed = fresh
        finally:
            for _, unfinished in preparing:
                with suppress(Exception):
                    issuance.discard([one for one in unfinished.result() if isinstance(one, issuance.Prepared)])

    def _work(self, batch: _Batch) -> "_Work":
        return _Work(
            orders=batch.orders, plan=batch.issuer.plan, now=self._workspace.now(), destination=self._destination
        )

    def _record(self, done: _Batch | None, signed: _Batch | None, fresh: _Batch | None) -> None:
        """Record what three batches have come to, in one transaction: one wait for the disk for each hundred lines.

        `done` was delivered and is acknowledged from here on; the certificates of `signed` may be delivered; the
        intents of `fresh` may be signed.
        """
        try:
            with self._workspace.store().write(self._session.actor) as tx:
                if done is not None and done.issued:
                    certificates.set_delivered(tx, [one.id for _, one in done.issued])
                if signed is not None and signed.issued:
                    issuance.record_issued(tx, signed.issuer.plan, [one for _, one in signed.issued])
                if fresh is not None:
                    fresh.prepared = _unserved(tx, fresh)
                    _apply(tx, self._workspace.config, fresh, self._destination)
                    _record_refusals(tx, fresh)
                    if fresh.prepared:
                        fresh.ids = issuance.record_intents(tx, fresh.issuer.plan, [one for _, one in fresh.prepared])
        except BaseException:
            if fresh is not None:
                issuance.discard([one for _, one in fresh.prepared])
            raise

    def _sign(self, batch: _Batch) -> None:
        """Sign what is on record as intended."""
        signer, issuer = self._session.signer(batch.issuer.authority), batch.issuer.plan.issuer
        batch.issued = [
            (line, issuance.Issued(id=identity, prepared=one, der=issuance.sign(signer, issuer, one.tbs)))
            for identity, (line, one) in zip(batch.ids, batch.prepared, strict=True)
        ]

    def _signed(self, batch: _Batch) -> "_Signed":
        return _Signed(
            certificates=[(one.prepared.order.server, one.prepared.key_file, one.der) for _, one in batch.issued],
            chain_pem=batch.issuer.chain_pem,
            destination=self._destination,
        )


def rehearse_inventory(workspace: Workspace, lines: Sequence[Line]) -> list[LineReport]:
    """Return what would become of every line; unlocks, records and writes nothing."""
    reports: list[LineReport] = []
    for batch in _accepted(workspace, _pieces(workspace, lines, requested_by="-")):
        reports += batch.reports
        work = _Work(orders=batch.orders, plan=batch.issuer.plan, now=workspace.now(), destination=None)
        reports += [inventory_report.waiting(line, accepted.order.server, None) for line, accepted in batch.reviewed]
        for (line, accepted), one in zip(batch.lines, _prepare(work), strict=True):
            if isinstance(one, issuance.Prepared):
                server, notices = accepted.order.server, one.notices
                reports.append(LineReport(number=line.number, server=server, outcome=Outcome.ISSUED, findings=notices))
            else:
                reports.append(inventory_report.refused(line, one))
    return sorted(reports, key=lambda report: report.number)


def _accepted(workspace: Workspace, pieces: Iterable[tuple[_Issuer, Sequence[Line]]]) -> Iterator[_Batch]:
    """Yield a batch for each piece, its lines judged by policy.

    Refusals are reports already, and so are servers that have a live certificate or stood in an earlier line.
    """
    seen: dict[str, int] = {}
    for issuer, lines in pieces:
        batch, now = _Batch(issuer), workspace.now()
        fit = []
        for line in lines:
            try:
                if line.problems or line.wish is None:
                    raise UsageError(f"Line {line.number} cannot be read.", findings=line.problems)
                accepted = intake.read(line.wish, workspace.config, issuer=issuer.plan.limits, now=now)
            except CertmgrError as problem:
                batch.reports.append(inventory_report.refused(line, problem.findings))
                continue
            first = seen.setdefault(accepted.order.server, line.number)
            if first == line.number:
                fit.append((line, accepted))
            else:
                again = inventory_report.repeated(line, accepted.order.server, first)
                batch.reports.append(inventory_report.refused(line, [again]))
        with workspace.store().read() as snapshot:
            wanted = [accepted.order.server for _, accepted in fit]
            live = certificates.live_for_servers(snapshot, wanted, now)
            retired = servers.retired_among(snapshot, wanted)
        for line, accepted in fit:
            if accepted.order.server in retired:
                batch.reports.append(inventory_report.retired(line, accepted.order))
            elif accepted.order.server in live:
                batch.reports.append(inventory_report.already(line, accepted.order, live[accepted.order.server]))
            elif applying.needed(accepted, workspace.config):
                batch.reviewed.append((line, accepted))
            else:
                batch.lines.append((line, accepted))
        yield batch


def _unserved(tx: "Transaction", batch: _Batch) -> list[tuple[Line, issuance.Prepared]]:
    """Return the lines that no other process has served meanwhile; the others are reports, and their keys go."""
    live = certificates.live_for_servers(tx, [one.order.server for _, one in batch.prepared], tx.now)
    wanted = []
    for line, one in batch.prepared:
        if one.order.server in live:
            batch.reports.append(inventory_report.already(line, one.order, live[one.order.server]))
            issuance.discard([one])
        else:
            wanted.append((line, one))
    return wanted


def _apply(tx: "Transaction", config: Config, batch: _Batch, destination: Path) -> None:
    """Record an application for each line that reviewers decide on; one that is open already serves (DETAILS 18)."""
    live = certificates.live_for_servers(tx, [accepted.order.server for _, accepted in batch.reviewed], tx.now)
    for line, accepted in batch.reviewed:
        if accepted.order.server in live:
            batch.reports.append(inventory_report.already(line, accepted.order, live[accepted.order.server]))
            continue
        try:
            found = applying.find_or_record(tx, config, accepted, destination=destination)
        except RefusedError as problem:
            batch.reports.append(inventory_report.refused(line, problem.findings))
        else:
            batch.reports.append(inventory_report.waiting(line, accepted.order.server, found.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What another process needs to prepare a batch."""

    orders: list[tuple[Order, Profile]]
    plan: issuance_plan.Plan
    now: datetime
    destination: Path | None
    """None: a rehearsal, which writes no key."""


def _prepare(work: _Work) -> list[_Prepared]:
    """Prepare a batch and make its key files durable together; a lint refusal is its findings."""
    results: list[_Prepared] = []
    for order, profile in work.orders:
        try:
            results.append(
                issuance.prepare(order, profile, work.plan, now=work.now, destination=work.destination, sync=False)
            )
        except CertmgrError as problem:
            results.append(problem.findings or (Finding(code=problem.code, message=problem.message),))
    if results and work.destination is not None:
        files.sync_filesystems({str(work.destination)})
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What another process needs to deliver a batch."""

    certificates: list[tuple[str, str | None, bytes]]
    """The server, the file of its key, the certificate's DER."""
    chain_pem: bytes
    destination: Path


def _deliver(signed: _Signed) -> tuple[layout.Delivered, ...]:
    """Put the files of a batch in place, durable together."""
    return layout.deliver_batch(
        [
            issuance.delivery(signed.destination, server, key, der, signed.chain_pem)
            for server, key, der in signed.certificates
        ]
    )


def _record_refusals(tx: "Transaction", batch: _Batch) -> None:
    """Journal the refused lines: their codes and nothing of what was asked (DETAILS 48)."""
    for report in batch.reports:
        if report.outcome is Outcome.REFUSED:
            codes: list[str] = [str(item.code) for item in report.findings]
            tx.record("certificate.refused", f"line:{report.number}", {"codes": [*codes[:50]], "count": len(codes)})
