"""Observation: what is served on the network, whose it is, and what follows from it (R1.3, R1.7, DETAILS 36).

The network comes first and the record after it: one transaction and one journal entry for all that was seen, and with
them a proposed revocation for each certificate of ours that was met outside the configured networks.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from certmgr import revoking
from certmgr.codes import Code
from certmgr.errors import Finding, RefusedError, Severity, UsageError
from certmgr.models.certificates import ServerId
from certmgr.models.observations import ObservationId, Seen, Source, Verdict
from certmgr.models.operators import Permission
from certmgr.models.revocations import Cause, Revocation
from certmgr.names import SERVER_NAME, check_server_name, shown
from certmgr.net import nmap_xml, scan
from certmgr.observing import Draft, draft_of, imported, is_public, judge
from certmgr.queries import observations as queries
from certmgr.queries import scan_plan
from certmgr.queries.observations import Observed
from certmgr.records import dataclass
from certmgr.store import authorities, certificates, observations, revocations, servers
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction

MAX_PROBLEMS: Final = 50
MAX_TEXT: Final = 500
"""Characters of an owner, a purpose or a contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a scan or an import."""

    looked: int
    """How many places were looked at, or lines read."""
    silent: int
    """At how many nothing shook hands."""
    problems: tuple[Finding, ...]
    """What was passed over or not understood, each with its reason."""
    found: tuple[Observed, ...]
    proposed: tuple[Revocation, ...]
    """The revocations that are proposed for internet-use; a person verifies or rejects them."""

    @property
    def needs_a_person(self) -> bool:
        """Whether anything is to be decided or done."""
        return bool(self.problems or self.proposed or any(one.advice for one in self.found))


def look(  # noqa: PLR0913 - the options of one verb, by keyword
    workspace: Workspace,
    session: Session,
    *,
    targets: Sequence[str],
    ports: Sequence[int] = (),
    timeout_s: float = scan.DEFAULT_TIMEOUT_S,
    concurrency: int = scan.DEFAULT_CONCURRENCY,
    within_s: float = scan.DEFAULT_WITHIN_S,
    resolve: scan_plan.Resolver = scan.resolve,
) -> Outcome:
    """Look at every place that `targets` mean, and record what is served there.

    Raises UsageError for a target that is not understood, RefusedError with every reason for what may not be looked
    at: before the first packet.
    """
    session.require(Permission.MANAGE_SERVERS)
    scan_plan.parse(targets)
    with journalled_refusal(workspace, session, "scan.refused", "observation:0"):
        plan = scan_plan.plan(workspace, targets, ports, resolve=resolve)
    with workspace.store().read() as snapshot:
        ours = authorities.all(snapshot)
    drafts: list[Draft] = []
    problems = list(plan.skipped)
    silent = missed = 0
    turns = {place: turn for turn, place in enumerate(plan.places)}
    looks = scan.walk(plan.places, concurrency=concurrency, timeout_s=timeout_s, within_s=within_s)
    for one in sorted(looks, key=lambda look: turns[look.place]):
        silent += not one.answered and not one.missed
        missed += one.missed
        if one.certificate is not None:
            try:
                drafts.append(draft_of(one.place, one.certificate, ours))
            except (UsageError, ValueError):
                problems.append(_problem(one.place, "its certificate cannot be read"))
        elif one.answered:
            problems.append(_problem(one.place, one.problem))
    if missed:
        message = f"{missed} places were not looked at: the time of the scan was up."
        problems.append(Finding(code=Code.SCAN_SKIPPED, severity=Severity.WARNING, message=message))
    return _record(
        workspace, session, drafts, Source.SCAN, looked=len(plan.places) - missed, silent=silent, problems=problems
    )


def import_nmap(workspace: Workspace, session: Session, content: bytes) -> Outcome:
    """Record what the XML `content` of nmap says was served; nothing is contacted.

    Raises UsageError for what is not nmap's XML, with the line.
    """
    session.require(Permission.MANAGE_SERVERS)
    read = nmap_xml.parse(content)
    with workspace.store().read() as snapshot:
        ours = authorities.all(snapshot)
    problems = list(read.problems)
    drafts = []
    for one in read.found:
        try:
            drafts.append(imported(one, ours))
        except (UsageError, ValueError):
            problems.append(_unidentified(one.line, "its certificate cannot be read"))
    looked = len(read.found) + len(read.problems)
    return _record(workspace, session, drafts, Source.IMPORT, looked=looked, silent=0, problems=problems)


def adopt(  # noqa: PLR0913 - the facts of a server, by keyword
    workspace: Workspace,
    session: Session,
    *,
    observation: ObservationId,
    owner: str,
    purpose: str,
    name: str = "",
    contact: str = "",
) -> str:
    """Record a server for a foreign certificate, so that one of ours replaces it; return the server's name.

    The name is by default the first one in the certificate. A server that is on record keeps its facts. Raises
    NotFoundError, or RefusedError with every reason.
    """
    session.require(Permission.MANAGE_SERVERS)
    with (
        journalled_refusal(workspace, session, "observation.refused", f"observation:{observation}"),
        workspace.store().write(session.actor) as tx,
    ):
        chosen, known = _adoptable(tx, observation, owner=owner, purpose=purpose, name=name, contact=contact)
        if known is not None:
            server = known
        else:
            seen = observations.get(tx, observation).seen
            server = servers.ensure(
                tx, name=chosen, owner=owner, contact=contact, purpose=purpose, recorded_ip=seen.address
            )
        observations.set_adopted(tx, observation, server)
        tx.record("observation.adopted", f"observation:{observation}", {"server": int(server)})
    return chosen


def rehearse_adopt(
    workspace: Workspace, *, observation: ObservationId, owner: str, purpose: str, name: str = ""
) -> str:
    """Return the name of the server that `adopt` would record; raises as that does, records nothing."""
    with workspace.store().read() as snapshot:
        return _adoptable(snapshot, observation, owner=owner, purpose=purpose, name=name)[0]


def _adoptable(  # noqa: PLR0913 - the facts of a server, by keyword
    snapshot: "Snapshot", observation: ObservationId, *, owner: str, purpose: str, name: str, contact: str = ""
) -> tuple[str, ServerId | None]:
    """Return the server's name, and its id where it is on record; raises RefusedError with every reason."""
    found = observations.get(snapshot, observation)
    findings = []
    if found.seen.verdict is not Verdict.FOREIGN or found.adopted_at is not None:
        what = "adopted already" if found.adopted_at else f"{found.seen.verdict}, not foreign"
        findings.append(_against(Code.OBSERVATION_STATE, f"The observation {observation} is {what}.", "observation"))
    chosen = name.strip() or next((one.lower() for one in found.seen.names if SERVER_NAME.fullmatch(one.lower())), "")
    known = servers.find_by_name(snapshot, chosen)
    if not chosen:
        findings.append(_against(Code.SERVER_NAME, "The certificate has no name that a server can have.", "name"))
    else:
        findings += check_server_name(chosen)
    if not purpose.strip() and known is None:
        findings.append(_against(Code.PURPOSE_MISSING, "No purpose is stated; say what the server is for.", "purpose"))
    if not owner.strip() and known is None:
        findings.append(_against(Code.SERVER_FACTS, "No owner is named; say which unit answers for it.", "owner"))
    if known is not None and known.retired_at is not None:
        message = f"The server {chosen} is retired; take it back with `certmgr server add {chosen}`."
        findings.append(_against(Code.OBSERVATION_STATE, message, "name"))
    for field, text in (("owner", owner), ("purpose", purpose), ("contact", contact)):
        if len(text) > MAX_TEXT or not text.isprintable():
            message = f"The {field} holds a control character or more than {MAX_TEXT} characters."
            findings.append(_against(Code.SERVER_FACTS, message, field))
    if findings:
        raise RefusedError(
            findings[0].message,
            hint="See `certmgr scan list --foreign`; name the server with --name, its owner and its purpose.",
            findings=findings,
            code=findings[0].code,
        )
    return chosen, None if known is None else known.id


def _against(code: Code, message: str, field: str) -> Finding:
    return Finding(code=code, message=message, field=field)


def _record(  # noqa: PLR0913 - what a run knows, by keyword
    workspace: Workspace,
    session: Session,
    drafts: Sequence[Draft],
    source: Source,
    *,
    looked: int,
    silent: int,
    problems: list[Finding],
) -> Outcome:
    """Record a run in one transaction, with the proposals that follow from it."""
    ids: list[ObservationId] = []
    new: list[ObservationId] = []
    counts = dict.fromkeys(Verdict, 0)
    outside: dict[int, list[Seen]] = {}
    with workspace.store().write(session.actor) as tx:
        ca_certificates = {one.sha256 for one in authorities.all(tx)}
        for draft in drafts:
            seen = judge(tx, workspace.config, draft, ca_certificates)
            if seen is None:
                problems.append(_unidentified(draft.line or 0, "the file says too little of a certificate not ours"))
                continue
            identity, first = observations.record(tx, seen, source)
            ids.append(identity)
            new += [identity] * first
            counts[seen.verdict] += 1
            if seen.verdict is Verdict.OUTSIDE and seen.certificate_id is not None and is_public(seen.address):
                outside.setdefault(seen.certificate_id, []).append(seen)
        tx.record(
            "scan.completed",
            f"observation:{ids[0] if ids else 0}",
            {
                "source": source.value,
                "looked": looked,
                "silent": silent,
                "seen": len(ids),
                "new": [int(one) for one in new],
                **{verdict.value: count for verdict, count in counts.items()},
            },
        )
        proposed = [one for where in outside.values() for one in _propose(tx, workspace, session, where)]
        now = tx.now
    with workspace.store().read() as snapshot:
        found = tuple(queries.observed(snapshot, observations.get(snapshot, one), now) for one in dict.fromkeys(ids))
    return Outcome(looked=looked, silent=silent, problems=_cut(problems), found=found, proposed=tuple(proposed))


def _propose(
    tx: "Transaction", workspace: Workspace, session: Session, where: Sequence[Seen]
) -> tuple[Revocation, ...]:
    """Open a request for internet-use, once for each certificate: one that was rejected is not asked for again."""
    first = where[0]
    if first.certificate_id is None:
        raise AssertionError(first)
    before = revocations.for_certificate(tx, first.certificate_id)
    more = f", and {len(where) - 1} more" if len(where) > 1 else ""
    evidence = f"Seen at {first.address} port {first.port} on {first.at:%Y-%m-%d %H:%M} UTC{more}."
    asked = revoking.Asked(cause=Cause.INTERNET_USE, by=session.actor.name, evidence=evidence)
    subject = certificates.get(tx, first.certificate_id)
    if any(one.cause is Cause.INTERNET_USE for one in before) or revoking.check(tx, subject, asked, now=tx.now):
        return ()
    opened = revoking.open_request(
        tx, workspace.config, subject.id, Cause.INTERNET_USE, session.actor.name, evidence=evidence
    )
    return (revocations.get(tx, opened),)


def _problem(place: scan.Place, reason: str) -> Finding:
    where = f"{place.address} port {place.port}"
    message = f"{where}: {reason.rstrip('.')}."
    return Finding(code=Code.SCAN_SKIPPED, severity=Severity.WARNING, message=message, field="place", value=where)


def _unidentified(line: int, reason: str) -> Finding:
    message = f"Line {line}: {shown(reason)}."
    return Finding(
        code=Code.SCAN_UNIDENTIFIED, severity=Severity.WARNING, message=message, field="line", value=str(line)
    )


def _cut(problems: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the first MAX_PROBLEMS and how many more there are."""
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    message = f"There are {len(problems) - MAX_PROBLEMS} more of this kind."
    return (
        *problems[:MAX_PROBLEMS],
        Finding(code=Code.SCAN_SKIPPED, severity=Severity.WARNING, message=message),
    )
