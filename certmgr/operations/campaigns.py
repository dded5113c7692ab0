"""Campaigns: what the CA wants renewed by a day, until nothing is left (R5.2).

Members are picked once; what became of them is derived. The last one to be done closes the campaign: `check` does it.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

from certmgr import lifecycle
from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.errors import Finding, NotFoundError, RefusedError, UsageError
from certmgr.filters import Filter, parse_filter
from certmgr.models.campaigns import Campaign, CampaignId, Member, Progress, progress_of
from certmgr.models.certificates import Certificate, State
from certmgr.models.operators import Permission
from certmgr.models.steps import Step
from certmgr.store import campaigns, commitments, listing
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot, Transaction

LIVE: Final = frozenset({State.VALID, State.DUE, State.HELD})
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
MAX_REASON: Final = 1000


def create(  # noqa: PLR0913 - the facts of a campaign, by keyword
    workspace: Workspace, session: Session, *, name: str, reason: str, deadline: date, filter_text: str = ""
) -> Campaign:
    """Announce that the live certificates which match the filter now are renewed by the end of `deadline` (local).

    Raises UsageError for a name, reason or filter that is none; RefusedError with every reason for a name that is
    taken, a day that has passed, or a filter that matches nothing.
    """
    session.require(Permission.RUN_CAMPAIGNS)
    wanted = _read(name, reason, filter_text)
    with (
        journalled_refusal(workspace, session, "campaign.refused", "campaign:0"),
        workspace.store().write(session.actor) as tx,
    ):
        picked = _pick(workspace, tx, name, deadline, wanted)
        due_at = lifecycle.day_start(deadline, 1, workspace.zone)
        ids = [one.id for one in picked]
        identity = campaigns.add(
            tx, name=name, reason=reason.strip(), filter_text=filter_text.strip(), deadline=due_at, members=ids
        )
        about = _about(identity)
        digest = hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()
        tx.record("campaign.created", about, {"members": len(ids), "members_sha256": digest, "deadline": str(deadline)})
        commitment = commitments.open_one(tx, Kind.FINISH_CAMPAIGN, about, due_at=due_at)
        tx.record("commitment.opened", f"commitment:{commitment}", {"kind": Kind.FINISH_CAMPAIGN.value, "about": about})
        return get(tx, name)


def rehearse(
    workspace: Workspace, *, name: str, reason: str, deadline: date, filter_text: str = ""
) -> tuple[Certificate, ...]:
    """Return the members that `create` would pick, the first to expire first; records nothing. Raises as `create`."""
    wanted = _read(name, reason, filter_text)
    with workspace.store().read() as snapshot:
        return _pick(workspace, snapshot, name, deadline, wanted)


def close(workspace: Workspace, session: Session, *, name: str, confirm: str = "") -> Campaign:
    """End the campaign: its commitment is met where nothing is left, else void.

    `confirm` is the typed name, which is needed while members are left. Raises NotFoundError, RefusedError for one
    that is closed or, without the name, not finished, UsageError for a wrong name.
    """
    session.require(Permission.RUN_CAMPAIGNS)
    with workspace.store().read() as snapshot:
        about = _about(get(snapshot, name).id)
    with (
        journalled_refusal(workspace, session, "campaign.refused", about),
        workspace.store().write(session.actor) as tx,
    ):
        campaign, progress = _closable(workspace, tx, name, confirm)
        _end(tx, campaign.id, progress)
        return get(tx, name)


def rehearse_close(workspace: Workspace, *, name: str, confirm: str = "") -> Progress:
    """Return how far the campaign has come that `close` would end; records nothing. Raises as `close`."""
    with workspace.store().read() as snapshot:
        return _closable(workspace, snapshot, name, confirm)[1]


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Close every campaign of which nothing is left, each in a transaction of its own, and yield what was done.

    It comes before the look at the clocks: a promise is kept when the last member is done, not when that is noticed.
    """
    for campaign, _ in finished(workspace):
        with workspace.store().write(session.actor) as tx:
            # Somebody may have closed it meanwhile.
            if get(tx, campaign.name).closed_at is not None:
                continue
            _end(tx, campaign.id, progress_of(campaigns.members(tx, campaign.id), tx.now))
        yield Step(what=f"Closed the campaign {campaign.name}: nothing is left of it.", done=True)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would do; records nothing."""
    for campaign, _ in finished(workspace):
        yield Step(what=f"Would close the campaign {campaign.name}: nothing is left of it.", done=True)


def finished(workspace: Workspace) -> tuple[tuple[Campaign, Progress], ...]:
    """Return the open campaigns of which nothing is left."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        found = [
            (one, progress_of(campaigns.members(snapshot, one.id), now))
            for one in campaigns.all(snapshot, closed=False)
        ]
    return tuple((one, progress) for one, progress in found if not progress.left)


def get(snapshot: "Snapshot", name: str) -> Campaign:
    """Return the campaign of that name; raises NotFoundError."""
    found = campaigns.find_by_name(snapshot, name)
    if found is None:
        raise NotFoundError(f"There is no campaign {name[:80]!r}.", hint="See `certmgr campaign list --all`.")
    return found


def _read(name: str, reason: str, filter_text: str) -> Filter:
    """Return the filter; raises UsageError for what is not of the form that it must have."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} cannot be the name of a campaign.",
            hint="Use 1 to 63 lower-case letters, digits, dots, hyphens and underscores, such as leave-rsa.",
            code=Code.CAMPAIGN_NAME,
        )
    if not 0 < len(reason.strip()) <= MAX_REASON:
        raise UsageError(
            f"A campaign needs a reason of 1 to {MAX_REASON} characters.",
            hint="Add --reason TEXT; the notices to the subscribers give it.",
        )
    return parse_filter(filter_text)


def _pick(
    workspace: Workspace, snapshot: "Snapshot", name: str, deadline: date, wanted: Filter
) -> tuple[Certificate, ...]:
    """Return the members of a new campaign; raises RefusedError with every reason against it."""
    now = workspace.now()
    every = listing.iterate(snapshot, wanted, now=now, zone=workspace.zone)
    retired = campaigns.retired_servers(snapshot)
    picked = tuple(
        one
        for one in every
        if lifecycle.state_of(one, now) in LIVE and one.superseded_at is None and one.server_id not in retired
    )
    findings = []
    if campaigns.find_by_name(snapshot, name) is not None:
        findings.append(_finding(Code.CAMPAIGN_NAME, f"The name {name} is or was a campaign's.", "name", name))
    if deadline < now.astimezone(workspace.zone).date():
        message = f"The deadline {deadline} has passed."
        findings.append(_finding(Code.CAMPAIGN_DEADLINE, message, "deadline", str(deadline)))
    if not picked:
        message = "No live certificate matches that has no successor yet."
        findings.append(_finding(Code.CAMPAIGN_EMPTY, message, "filter"))
    if findings:
        raise RefusedError(
            findings[0].message if len(findings) == 1 else f"{len(findings)} reasons speak against the campaign.",
            hint="See `certmgr campaign list --all` and `certmgr list FILTER`.",
            findings=findings,
            code=findings[0].code,
        )
    return picked


def _closable(workspace: Workspace, snapshot: "Snapshot", name: str, confirm: str) -> tuple[Campaign, Progress]:
    """Return the campaign and how far it has come; raises what `close` raises."""
    campaign = get(snapshot, name)
    if campaign.closed_at is not None:
        raise RefusedError(
            f"The campaign {name} was closed on {campaign.closed_at.astimezone(workspace.zone):%Y-%m-%d}.",
            hint=f"See `certmgr campaign show {name}`.",
            code=Code.CAMPAIGN_CLOSED,
        )
    if confirm and confirm != name:
        raise UsageError(
            f"The typed name {confirm[:80]!r} is not {name}.", hint=f"Type {name}.", code=Code.CONFIRMATION
        )
    progress = progress_of(campaigns.members(snapshot, campaign.id), workspace.now())
    if progress.left and not confirm:
        message = f"Of the campaign {name} {_members(progress.left)} left."
        raise RefusedError(
            message,
            hint=f"See `certmgr campaign show {name}`; to give it up, add --confirm {name}.",
            findings=[_finding(Code.CAMPAIGN_LEFT, message, "campaign", name)],
            code=Code.CAMPAIGN_LEFT,
        )
    return campaign, progress


def _end(tx: "Transaction", campaign: CampaignId, progress: Progress) -> None:
    """Close the campaign and end its commitment: met when the last member was done, void while one is left."""
    about = _about(campaign)
    campaigns.close(tx, campaign)
    tx.record("campaign.closed", about, {"left": len(progress.left), "members": progress.members})
    for one in commitments.open_about(tx, Kind.FINISH_CAMPAIGN, about):
        if progress.left:
            commitments.void(tx, one.id)
            tx.record("commitment.voided", f"commitment:{one.id}", {})
        else:
            # A breach that is in the journal stays one, whenever the last member was done.
            breached = commitments.escalated(tx, one.id) >= commitments.BREACHED
            commitments.meet(tx, one.id, at=None if breached else progress.finished_at)
            tx.record("commitment.met", f"commitment:{one.id}", {})


def _members(left: tuple[Member, ...]) -> str:
    return "1 certificate is" if len(left) == 1 else f"{len(left)} certificates are"


def _about(campaign: CampaignId) -> str:
    return f"campaign:{campaign}"


def _finding(code: Code, message: str, field: str, value: str | None = None) -> Finding:
    return Finding(code=code, message=message, field=field, value=value)
