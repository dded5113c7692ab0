"""Run a simulation and print its figures: `make simulate`, or `python -m tests.simulation.run --days 365 --seed 1`."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.machines import Machines
from tests.simulation.people import People
from tests.simulation.plan import make_plan
from tests.simulation.service import Service
from tests.simulation.verdict import Verdict
from tests.simulation.verdicts import judge
from tests.simulation.world import World

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it, with a random name
YEAR = 365
REQUESTS_A_YEAR = 1000


def simulate(folder: Path, *, days: int, seed: int, requests: int) -> tuple[World, list[Verdict]]:
    """Run the whole under `folder`, which is empty; return the world as it ended and every verdict."""
    world = World(folder, make_plan(days=days, seed=seed, requests=requests))
    people = People(world)
    service = Service(world, people)
    machines = Machines(world, people)
    world.schedule(people.act, service.act, machines.act)
    world.run()
    verdicts = list(judge(world, service, machines))
    world.home.workspace.close()
    return world, verdicts


def table(verdicts: list[Verdict]) -> str:
    """Return the verdicts as lines of a table."""
    width = max(len(one.name) for one in verdicts)
    return "\n".join(f"{'ok  ' if one.holds else 'FAIL'}  {one.name:<{width}}  {one.figure}" for one in verdicts)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run as the command line says; return 0, or 1 when a verdict does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=YEAR, help="how long the simulated time is (at least 14)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is left to chance")
    parser.add_argument("--requests", type=int, help="for revocation; otherwise 1,000 a year")
    parser.add_argument("--keep", action="store_true", help="leave the folder with the home where it is")
    wanted = parser.parse_args()
    requests = wanted.requests or max(1, REQUESTS_A_YEAR * wanted.days // YEAR)
    parent = IN_MEMORY if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="certmgr-simulation-", dir=parent))
    os.umask(0o077)
    begin = time.monotonic()
    try:
        _say(f"{wanted.days} days, {requests} verified requests, seed {wanted.seed}, in {folder}")
        world, verdicts = simulate(folder / "place", days=wanted.days, seed=wanted.seed, requests=requests)
        spent = time.monotonic() - begin
    finally:
        if not wanted.keep:
            shutil.rmtree(folder, ignore_errors=True)
    _say(table(verdicts))
    for what, often in sorted(world.ledger.acts.items()):
        _say(f"      {what}: {often}")
    _say(f"{spent:.0f} s")
    return 0 if all(one.holds for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
