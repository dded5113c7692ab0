"""What is to hold at the end of a run: each check has a name, a figure and an answer."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from certmgr import journal
from certmgr.models.revocations import RequestState
from certmgr.store import integrity
from certmgr.store import journal as stored_journal
from tests.simulation import (
    verdicts_certificates,
    verdicts_machines,
    verdicts_notices,
    verdicts_promises,
    verdicts_service,
)
from tests.simulation.stories import stories, verified
from tests.simulation.verdict import Verdict, share

if TYPE_CHECKING:
    from tests.simulation.machines import Machines
    from tests.simulation.service import Service
    from tests.simulation.world import World


def judge(world: "World", service: "Service", machines: "Machines") -> Iterator[Verdict]:
    """Yield every verdict on a run that is over."""
    yield from _requests(world)
    yield from verdicts_promises.judge(world)
    yield from _crls(world)
    yield from verdicts_certificates.judge(world, service)
    yield from verdicts_service.judge(world, service)
    yield from verdicts_machines.judge(world, machines)
    yield from verdicts_notices.judge(world, service)
    yield from _records(world)


def _requests(world: "World") -> Iterator[Verdict]:
    told = stories(world)
    vouched = verified(told)
    closed = [one for one in told if one not in vouched]
    done = [one for one in vouched if one.record.state is RequestState.DONE]
    wanted = world.plan.requests
    yield Verdict(
        name="verified requests done",
        figure=share(len(done), len(vouched)),
        holds=len(done) == len(vouched) >= wanted,
    )
    ordered = [one for one in vouched if one.in_order]
    yield Verdict(
        name="six times in order", figure=share(len(ordered), len(vouched)), holds=len(ordered) == len(vouched)
    )
    seen = [one for one in vouched if one.asked.seen_at is not None and not one.asked.missed]
    yield Verdict(
        name="serial on the CRL that curl fetched and openssl read",
        figure=share(len(seen), len(vouched)),
        holds=len(seen) == len(vouched),
    )
    over = [one for one in closed if one.record.state is RequestState.CLOSED]
    yield Verdict(
        name="rejected or withdrawn requests closed",
        figure=share(len(over), len(closed)),
        holds=len(over) == len(closed) > 0,
    )


def _crls(world: "World") -> Iterator[Verdict]:
    facts = world.ledger.crl
    yield Verdict(
        name="CRL past nextUpdate, outside outages",
        figure=f"{len(facts.stale)} of {facts.looks} hourly looks ({facts.stale_in_outage} in outages)",
        holds=not facts.stale and facts.looks > 0,
    )
    yield Verdict(
        name="CRL number and thisUpdate never fall",
        figure=f"{len(facts.fell)} falls in {facts.files} CRLs, {facts.most_entries} entries at most",
        holds=not facts.fell and facts.files > world.plan.days,
    )
    yield Verdict(name="CRL signatures", figure=f"{facts.forged} bad", holds=facts.forged == 0)


def _records(world: "World") -> Iterator[Verdict]:
    with world.home.workspace.store().read() as snapshot:
        entries = list(stored_journal.entries(snapshot))
        broken = journal.verify(entries)
        damaged = list(integrity.examine(snapshot))
    yield Verdict(
        name="journal whole",
        figure=f"{len(entries)} entries, {len(broken)} findings",
        holds=not broken and bool(entries),
    )
    yield Verdict(name="store sound", figure=f"{len(damaged)} findings", holds=not damaged)
    ledger = world.ledger
    yield Verdict(
        name="errors that nothing in the plan explains",
        figure="; ".join(ledger.unexpected[:3]) or "none",
        holds=not ledger.unexpected,
    )
    # Figures of this machine, told and not judged: a test that asserts a time fails where others work beside it.
    work = sorted(ledger.check_work_s)
    mean, middle = sum(work) / len(work), work[len(work) // 2]
    wall, longest = sum(ledger.check_seconds) / len(work), max(ledger.check_seconds)
    yield Verdict(
        name="processor time of a check",
        figure=f"mean {mean * 1000:.1f} ms, middle {middle * 1000:.1f} ms, of {ledger.checks} checks",
        holds=ledger.checks > 0,
    )
    yield Verdict(
        name="time of a check", figure=f"mean {wall * 1000:.1f} ms, longest {longest:.1f} s", holds=ledger.checks > 0
    )
    yield Verdict(
        name="programs killed in a check",
        figure=f"{ledger.killed}, {ledger.mail_killed} after a mail",
        holds=ledger.killed > ledger.mail_killed > 0,
    )
