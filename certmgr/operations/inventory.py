"""Issue for a whole network in one run (DETAILS 12, 18).

Up to a hundred certificates share their commits and file syncs; keys, linting and files are the work of other
processes, the CA key and the store stay in this one. What has been yielded is durable, so a run that is killed
half-way and run again gives exactly one certificate for each line.
"""

import csv
import io
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from certmgr import intake, issuance
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding, UsageError
from certmgr.models.certificates import Certificate, Order, Stage
from certmgr.models.operators import Permission
from certmgr.models.profiles import Profile
from certmgr.net import files, layout
from certmgr.pki import export
from certmgr.store import authorities, certificates
from certmgr.workspace import Session, Workspace

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction

COLUMNS = ("server", "dns", "ip", "owner", "contact", "purpose", "profile")
REQUIRED = frozenset(COLUMNS) - {"profile"}
BATCH = 100
WORKERS_FROM = 300
"""Fewer lines than this are done before a second process has started."""
IN_FLIGHT = 4
MAX_LINES = 1_000_000
_A = TypeVar("_A")
_T = TypeVar("_T")


class Outcome(StrEnum):
    """What became of one line."""

    ISSUED = "issued"
    SKIPPED = "skipped"
    """Its server has a live certificate for the same names."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an inventory, as read."""

    number: int
    """As an editor counts; the header is line 1."""
    server: str
    wish: intake.Wish | None
    problems: tuple[Finding, ...] = ()
    ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """What became of one line, durably."""

    number: int
    server: str
    outcome: Outcome
    serial: str | None = None
    folder: Path | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Up to a hundred lines on their way."""

    reports: list[LineReport] = field(default_factory=list)
    lines: list[tuple[Line, intake.Accepted]] = field(default_factory=list)
    issued: list[issuance.Issued] = field(default_factory=list)

    @property
    def orders(self) -> list[tuple[Order, Profile]]:
        """What is to be prepared."""
        return [(accepted.order, accepted.profile) for _, accepted in self.lines]


_Prepared = issuance.Prepared | tuple[Finding, ...]


def read_inventory(content: bytes, *, name: str) -> list[Line]:
    """Return the lines of a CSV file with the columns of COLUMNS, the last one optional.

    Raises UsageError, with every reason, for what is not such a file. A line that repeats a server is a problem of
    that line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UsageError(
            f"{name} is not UTF-8 text (byte {problem.start}).", hint="Save the inventory as CSV in UTF-8."
        ) from None
    if "\0" in text:
        raise UsageError(
            f"{name} holds a NUL byte, so it is not a CSV file.", hint="Save the inventory as CSV in UTF-8."
        )
    reader = csv.reader(io.StringIO(text), strict=True)
    lines: list[Line] = []
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_header(header, name)
        seen: dict[str, int] = {}
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            lines.append(_line(reader.line_num, header, row, seen))
            if len(lines) > MAX_LINES:
                raise UsageError(f"{name} has more than {MAX_LINES} lines.", hint="Split it.")
    except csv.Error as problem:
        raise UsageError(f"{name}, line {reader.line_num}: {problem}.", hint="Check the quotes of that line.") from None
    return lines


def _check_header(header: Sequence[str], name: str) -> None:
    found = [
        Finding(code=Code.INVENTORY, field=column, message=f"The column {column!r} is missing.")
        for column in COLUMNS
        if column in REQUIRED and column not in header
    ]
    found += [
        Finding(code=Code.INVENTORY, field=column, message=f"The column {column[:40]!r} is unknown.")
        for column in header
        if column not in COLUMNS
    ]
    if len(set(header)) < len(header):
        found.append(Finding(code=Code.INVENTORY, message="A column stands there twice."))
    if found:
        raise UsageError(
            f"The first line of {name} is not the header of an inventory.",
            hint=f"It reads: {','.join(COLUMNS)} (the last column may be left out).",
            findings=found,
        )


def _line(number: int, header: Sequence[str], row: Sequence[str], seen: dict[str, int]) -> Line:
    if len(row) != len(header):
        message = f"Line {number} has {len(row)} cells, the header has {len(header)}."
        problem = Finding(code=Code.INVENTORY, message=message)
        return Line(number=number, server=row[0].strip() if row else "", wish=None, problems=(problem,))
    cells = {column: cell.strip() for column, cell in zip(header, row, strict=True)}
    server = cells["server"] or (cells["dns"].split() or [""])[0]
    problems: tuple[Finding, ...] = ()
    if server in seen:
        message = f"Line {number} repeats the server {server[:80]!r} of line {seen[server]}."
        problems = (Finding(code=Code.INVENTORY, field="server", value=server, message=message),)
    seen.setdefault(server, number)
    wish = intake.Wish(
        server=cells["server"] or None,
        dns=tuple(cells["dns"].split()),
        profile=cells.get("profile") or intake.DEFAULT_PROFILE,
        purpose=cells["purpose"],
        owner=cells["owner"],
        contact=cells["contact"],
        recorded_ip=cells["ip"],
    )
    return Line(number=number, server=server, wish=wish, problems=problems, ip=cells["ip"])


def issue_inventory(
    workspace: Workspace, session: Session, lines: Sequence[Line], *, destination: Path
) -> Iterator[list[LineReport]]:
    """Issue for every line; yield the reports of each batch once it is durable.

    A refused line is reported, journalled with its codes, and stops nothing. Raises RefusedError for a role that may
    not issue, and whatever stops the run as a whole.
    """
    session.require(Permission.ISSUE)
    store = workspace.store()
    with store.read() as snapshot:
        authority = authorities.current_issuing(snapshot)
    plan = issuance.make_plan(authority, workspace.config, requested_by=session.actor.name)
    run = _Run(workspace, session, plan, destination, chain_pem=export.pem(authority.certificate))
    session.signer(authority)
    with ExitStack() as stack:
        stack.enter_context(issuance.in_progress(workspace.home))
        pool = _pool(stack) if len(lines) >= WORKERS_FROM else None
        yield from run.batches(lines, pool)


def _pool(stack: ExitStack) -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(
        max_workers=min(2, os.cpu_count() or 1),
        mp_context=get_context("spawn"),
        initializer=_begin_to_help,
    )
    stack.callback(pool.shutdown, wait=True, cancel_futures=True)
    return pool


def _begin_to_help() -> None:
    """Begin as a helper: files are born private, and it ends with the process that it helps."""
    os.umask(0o077)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A helper of its own accord would wait for work for ever when the main process is killed.
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _result(future: "Future[_T]") -> _T:
    """Return what a helper made; raises CertmgrError where the helper itself came to an end."""
    try:
        return future.result()
    except BrokenExecutor as problem:
        raise CertmgrError(
            "A helper process of this run was ended from outside.",
            hint="See the system's log for why (memory?), and run the same command again; nothing is done twice.",
        ) from problem


class _Run:
    """One run over an inventory: prepare in other processes, record and sign in this one, deliver in others."""

    def __init__(
        self, workspace: Workspace, session: Session, plan: issuance.Plan, destination: Path, *, chain_pem: bytes
    ) -> None:
        self._workspace = workspace
        self._session = session
        self._plan = plan
        self._destination = destination.absolute()
        self._chain_pem = chain_pem
        with workspace.store().read() as snapshot:
            self._authority = authorities.get(snapshot, plan.authority_id)

    def batches(self, lines: Sequence[Line], pool: ProcessPoolExecutor | None) -> Iterator[list[LineReport]]:
        """Yield the reports batch by batch, with several batches on their way at once."""
        preparing: deque[tuple[_Batch, Future[list[_Prepared]]]] = deque()
        delivering: deque[tuple[_Batch, Future[tuple[layout.Delivered, ...]]]] = deque()
        pieces = iter([lines[i : i + BATCH] for i in range(0, len(lines), BATCH)])
        try:
            more = True
            while more or preparing or delivering:
                while more and len(preparing) < IN_FLIGHT:
                    piece = next(pieces, None)
                    more = piece is not None
                    if piece is not None:
                        batch = _accept(self._workspace, self._plan, piece)
                        preparing.append((batch, _submit(pool, _prepare, self._work(batch))))
                if preparing:
                    batch, prepared = preparing.popleft()
                    self._issue(batch, _result(prepared))
                    delivering.append((batch, _submit(pool, layout.deliver_batch, self._deliveries(batch))))
                if delivering and (not preparing or len(delivering) > 1):
                    batch, delivered = delivering.popleft()
                    yield self._finish(batch, _result(delivered))
        finally:
            for _, unfinished in preparing:
                with suppress(Exception):
                    issuance.discard([one for one in unfinished.result() if isinstance(one, issuance.Prepared)])

    def _work(self, batch: _Batch) -> "_Work":
        return _Work(
            orders=batch.orders,
            plan=self._plan,
            now=self._workspace.now(),
            destination=self._destination,
        )

    def _issue(self, batch: _Batch, prepared: list[_Prepared]) -> None:
        """Record the intents, sign, record the certificates: two transactions for the batch."""
        good = []
        for (line, _), one in zip(batch.lines, prepared, strict=True):
            if isinstance(one, issuance.Prepared):
                good.append((line, one))
            else:
                batch.reports.append(_refused(line, one))
        store, actor = self._workspace.store(), self._session.actor
        try:
            with store.write(actor) as tx:
                wanted = self._unserved(tx, batch, good)
                _record_refusals(tx, batch)
                ids = issuance.record_intents(tx, self._plan, [one for _, one in wanted]) if wanted else []
        except BaseException:
            issuance.discard([one for _, one in good])
            raise
        signer = self._session.signer(self._authority)
        batch.issued = [
            issuance.Issued(id=identity, prepared=one, der=issuance.sign(signer, self._plan.issuer, one.tbs))
            for identity, (_, one) in zip(ids, wanted, strict=True)
        ]
        batch.lines = [(line, accepted) for line, accepted in batch.lines if any(line is kept for kept, _ in wanted)]
        if batch.issued:
            with store.write(actor) as tx:
                issuance.record_issued(tx, self._plan, batch.issued)

    @staticmethod
    def _unserved(
        tx: "Transaction", batch: _Batch, good: "list[tuple[Line, issuance.Prepared]]"
    ) -> "list[tuple[Line, issuance.Prepared]]":
        """Return the lines that no other process has served meanwhile; the others are reports, and their keys go."""
        wanted = []
        for line, one in good:
            live = certificates.live_for_server(tx, one.order.server, tx.now, intents=True)
            if live:
                batch.reports.append(_already(line, one.order, live[0]))
                issuance.discard([one])
            else:
                wanted.append((line, one))
        return wanted

    def _deliveries(self, batch: _Batch) -> list[layout.Delivery]:
        found = [issuance.delivery(one, self._chain_pem) for one in batch.issued]
        return [one for one in found if one is not None]

    def _finish(self, batch: _Batch, delivered: tuple[layout.Delivered, ...]) -> list[LineReport]:
        """Record the delivery; from here on the batch is acknowledged."""
        if batch.issued:
            with self._workspace.store().write(self._session.actor) as tx:
                certificates.set_delivered(tx, [one.id for one in batch.issued])
        reports = batch.reports + [
            LineReport(
                number=line.number,
                server=one.prepared.order.server,
                outcome=Outcome.ISSUED,
                serial=one.prepared.spec.serial,
                folder=place.live,
                findings=one.prepared.notices,
            )
            for (line, _), one, place in zip(batch.lines, batch.issued, delivered, strict=True)
        ]
        return sorted(reports, key=lambda report: report.number)


def rehearse_inventory(workspace: Workspace, lines: Sequence[Line]) -> list[LineReport]:
    """Return what would become of every line; unlocks, records and writes nothing."""
    with workspace.store().read() as snapshot:
        plan = issuance.make_plan(authorities.current_issuing(snapshot), workspace.config, requested_by="-")
    reports: list[LineReport] = []
    for at in range(0, len(lines), BATCH):
        batch = _accept(workspace, plan, lines[at : at + BATCH])
        reports += batch.reports
        work = _Work(orders=batch.orders, plan=plan, now=workspace.now(), destination=None)
        for (line, accepted), one in zip(batch.lines, _prepare(work), strict=True):
            if isinstance(one, issuance.Prepared):
                server, notices = accepted.order.server, one.notices
                reports.append(LineReport(number=line.number, server=server, outcome=Outcome.ISSUED, findings=notices))
            else:
                reports.append(_refused(line, one))
    return sorted(reports, key=lambda report: report.number)


def _accept(workspace: Workspace, plan: issuance.Plan, lines: Sequence[Line]) -> _Batch:
    """Ask policy about each line; refusals are reports already, and so are servers that have a live certificate."""
    batch = _Batch()
    now = workspace.now()
    with workspace.store().read() as snapshot:
        for line in lines:
            try:
                if line.problems or line.wish is None:
                    raise UsageError(f"Line {line.number} cannot be read.", findings=line.problems)
                accepted = intake.read(line.wish, workspace.config, issuer=plan.limits, now=now)
            except CertmgrError as problem:
                batch.reports.append(_refused(line, problem.findings))
                continue
            live = certificates.live_for_server(snapshot, accepted.order.server, now, intents=True)
            if live:
                batch.reports.append(_already(line, accepted.order, live[0]))
            else:
                batch.lines.append((line, accepted))
    return batch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What another process needs to prepare a batch."""

    orders: list[tuple[Order, Profile]]
    plan: issuance.Plan
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


def _submit(pool: ProcessPoolExecutor | None, function: Callable[[_A], _T], argument: _A) -> "Future[_T]":
    """Run `function(argument)` in another process, or here and now without a pool."""
    future: Future[_T] = Future()
    try:
        if pool is not None:
            return pool.submit(function, argument)
        future.set_result(function(argument))
    except Exception as problem:  # noqa: BLE001 - as a pool does: raised where the result is asked for
        future.set_exception(problem)
    return future


def _record_refusals(tx: "Transaction", batch: _Batch) -> None:
    """Journal the refused lines: their codes and nothing of what was asked (DETAILS 48)."""
    for report in batch.reports:
        if report.outcome is Outcome.REFUSED:
            codes: list[str] = [str(item.code) for item in report.findings]
            tx.record("certificate.refused", f"line:{report.number}", {"codes": [*codes[:50]], "count": len(codes)})


def _refused(line: Line, findings: Sequence[Finding]) -> LineReport:
    return LineReport(number=line.number, server=line.server, outcome=Outcome.REFUSED, findings=tuple(findings))


def _already(line: Line, order: Order, live: Certificate) -> LineReport:
    """Return the report for a line whose server has a live certificate, or one that is being made."""
    if live.stage is Stage.INTENT:
        message = (
            f"A certificate for {order.server} is being made already (serial {live.serial}); "
            "if that was cut off, `certmgr check` finishes it."
        )
        return _refused(line, [Finding(code=Code.ALREADY_ISSUED, field="server", value=order.server, message=message)])
    if set(live.dns) == set(order.dns) and set(live.ip) == {str(one) for one in order.ip}:
        return LineReport(number=line.number, server=order.server, outcome=Outcome.SKIPPED, serial=live.serial)
    message = f"The server {order.server} has a certificate for other names (serial {live.serial})."
    return _refused(line, [Finding(code=Code.ALREADY_ISSUED, field="server", value=order.server, message=message)])
