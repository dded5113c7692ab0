"""Three weeks of the example network with every fault of the simulated year; `make simulate` runs the year itself."""

from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from tests.simulation import events
from tests.simulation.events import AskRevocation, Decision
from tests.simulation.plan import make_plan
from tests.simulation.run import simulate, table

DAYS = 21
REQUESTS = 40


@pytest.mark.timeout(240)
@pytest.mark.no_cover  # it would take twice as long, and runs what others run
def test_r5_1_r6_1_n8_three_weeks_of_faults_break_no_promise(tmp_path: Path) -> None:
    """Every verdict holds: renewals, revocations, CRLs, notices, deployments, holds, a campaign, the journal.

    R1.2, R1.6, R2.1, R3.3, R5.1, R5.2, R6.1, N2, N5, N8 and N10 are among them; docs/simulation.md tells each.
    """
    _, verdicts = simulate(tmp_path / "place", days=DAYS, seed=1, requests=REQUESTS)
    assert all(one.holds for one in verdicts), "\n" + table(verdicts)


def test_the_plan_of_a_seed_is_always_the_same_and_another_seed_has_another() -> None:
    """A run that found something can be run again."""
    assert make_plan(days=DAYS, seed=1, requests=REQUESTS) == make_plan(days=DAYS, seed=1, requests=REQUESTS)
    assert make_plan(days=DAYS, seed=1, requests=REQUESTS) != make_plan(days=DAYS, seed=2, requests=REQUESTS)


@pytest.mark.parametrize("days", [DAYS, 365])
def test_a_short_plan_meets_every_fault_of_the_year(days: int) -> None:
    """Whatever may happen does happen, within the time, and the outages do not touch each other."""
    made = make_plan(days=days, seed=1, requests=REQUESTS)
    assert {type(one.what) for one in made.events} == set(get_args(events.What))
    assert all(0 <= one.at.days < days for one in made.events)
    asked = [one.what for one in made.events if isinstance(one.what, AskRevocation)]
    verified = [one for one in asked if one.decision in {Decision.VERIFIED, Decision.FULFILLED}]
    assert len(verified) == REQUESTS
    outages = sorted(made.outages())
    assert all(before[1] < after[0] for before, after in pairwise(outages))


def test_a_plan_shorter_than_its_outages_is_refused() -> None:
    """Two weeks are the least."""
    with pytest.raises(ValueError, match="too few"):
        make_plan(days=13, seed=1, requests=1)
