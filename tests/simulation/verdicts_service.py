"""Verdicts on the service to subscribers: holds, campaigns, applications, notices, deployments."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from certmgr import commitments as clocks
from certmgr.commitments import Kind
from certmgr.models.acceptances import AcceptanceKind
from certmgr.models.applications import ApplicationState
from certmgr.models.campaigns import progress_of
from certmgr.models.revocations import Cause
from certmgr.store import acceptances, applications, certificates, commitments, servers
from certmgr.store import campaigns as stored_campaigns
from certmgr.store.certificate_rows import find
from tests.simulation.events import Holds
from tests.simulation.verdict import Verdict, share

if TYPE_CHECKING:
    from certmgr.store.connection import Snapshot
    from tests.simulation.service import Held, Service
    from tests.simulation.world import World


def judge(world: "World", service: "Service") -> Iterator[Verdict]:
    """Yield the verdicts."""
    with world.home.workspace.store().read() as snapshot:
        yield from _holds(world, snapshot, service.held)
        yield from _campaigns(world, snapshot, service.campaigns)
        yield from _applications(world, snapshot, service)
        yield from _acceptance(world, snapshot, service)
        yield from _changes(world, snapshot, service)


def _holds(world: "World", snapshot: "Snapshot", held: list["Held"]) -> Iterator[Verdict]:
    """Each hold ended as it was to end, and its promises say so."""
    right = [one for one in held if _ended_well(world, snapshot, one)]
    yield Verdict(
        name="holds ended as decided, their promises with them",
        figure=share(len(right), len(held)),
        holds=len(right) == len(held) > 0,
    )


def _ended_well(world: "World", snapshot: "Snapshot", held: "Held") -> bool:
    found = certificates.get(snapshot, held.certificate.id)
    promises = commitments.for_object(snapshot, f"certificate:{found.id}")
    now = world.clock.shows
    decided = [clocks.status(one, now) for one in promises if one.kind is Kind.DECIDE_HOLD]
    released = [clocks.status(one, now) for one in promises if one.kind is Kind.RELEASE_HOLD]
    met, breached = [clocks.Status.MET], [clocks.Status.BREACHED]
    match held.ends:
        case Holds.RELEASED:
            return found.held_at is None and found.revoked_at is None and (decided, released) == (met, met)
        case Holds.REVOKED:
            return found.cause == Cause.DUTY_BREACHED and (decided, released) == (met, [])
        case Holds.FORGOTTEN:
            return found.held_at is None and found.revoked_at is None and (decided, released) == (breached, met)
        case Holds.LAPSES:
            return found.cause == Cause.FEES_UNPAID and found.revoked_at is not None and found.revoked_at >= held.until


def _campaigns(world: "World", snapshot: "Snapshot", names: list[str]) -> Iterator[Verdict]:
    """Nothing is left of a campaign, it was closed by itself, and its promise was kept."""
    for name in names:
        found = stored_campaigns.find_by_name(snapshot, name)
        if found is None:
            yield Verdict(name=f"{name} finished", figure="not on record", holds=False)
            continue
        progress = progress_of(stored_campaigns.members(snapshot, found.id), world.clock.shows)
        promises = commitments.for_object(snapshot, f"campaign:{found.id}")
        states = [clocks.status(one, world.clock.shows) for one in promises]
        yield Verdict(
            name=f"{name} finished before its deadline",
            figure=f"{len(progress.left)} of {progress.members} left",
            holds=not progress.left and found.closed_at is not None and states == [clocks.Status.MET],
        )


def _applications(world: "World", snapshot: "Snapshot", service: "Service") -> Iterator[Verdict]:
    """What was approved by as many people as the profile wants was issued, and nothing else."""
    right = 0
    for one in service.applied:
        found = applications.get(snapshot, one.id)
        wanted = ApplicationState.ISSUED if one.wish.approved else ApplicationState.REJECTED
        deciders = {decision.by for decision in found.decisions}
        right += found.state(world.clock.shows) is wanted and len(deciders) == one.wish.people
    yield Verdict(
        name="applications decided and issued",
        figure=share(right, len(service.applied)),
        holds=right == len(service.applied) > 0,
    )


def _acceptance(world: "World", snapshot: "Snapshot", service: "Service") -> Iterator[Verdict]:
    """An objection ended in another certificate with another key; everything else was accepted in time (R3.3)."""
    right = 0
    for one in service.objected:
        old, kind = certificates.get(snapshot, one.id), acceptances.get(snapshot, one.id)
        new = certificates.live_for_server(snapshot, one.server, world.clock.shows)
        objected = kind is not None and kind.kind is AcceptanceKind.OBJECTED
        right += objected and old.cause == Cause.ISSUED_IN_ERROR and bool(new) and new[0].spki_sha256 != one.spki_sha256
    yield Verdict(
        name="objections answered with another certificate",
        figure=share(right, len(service.objected)),
        holds=right == len(service.objected) > 0,
    )
    days = timedelta(days=world.home.workspace.config.application.acceptance_days + 2)
    old_enough = [
        one
        for one in find(snapshot, "c.stage = 'issued' AND c.revoked_at IS NULL ORDER BY c.id", ())
        if one.issued_at is not None and one.issued_at < world.clock.shows - days
    ]
    settled = Counter(
        found.kind.value for one in old_enough if (found := acceptances.get(snapshot, one.id)) is not None
    )
    figure = ", ".join(f"{count} {kind}" for kind, count in sorted(settled.items()))
    yield Verdict(
        name="certificates accepted in time",
        figure=f"{figure} of {len(old_enough)}",
        holds=settled.total() == len(old_enough) > 0,
    )


def _changes(world: "World", snapshot: "Snapshot", service: "Service") -> Iterator[Verdict]:
    """Each change of facts was followed up within two natural days (R1.2)."""
    met = 0
    for name in service.changed:
        server = servers.find_by_name(snapshot, name)
        found = commitments.for_object(snapshot, f"server:{server.id}") if server else ()
        met += [clocks.status(one, world.clock.shows) for one in found] == [clocks.Status.MET]
    yield Verdict(
        name="changes of facts followed up in time",
        figure=share(met, len(service.changed)),
        holds=met == len(service.changed) > 0,
    )
