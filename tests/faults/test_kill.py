"""kill -9 at any moment of issuing: nothing signed is unknown, nothing acknowledged is lost (ARCHITECTURE 2, N5)."""

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from certmgr.models.certificates import Stage
from certmgr.pki import inspect
from certmgr.store import certificates
from certmgr.store.intents import open_intents
from tests.faults import acts
from tests.faults.aftermath import settled, whole
from tests.faults.hooks import STEPS
from tests.faults.inventories import write_inventory
from tests.faults.processes import Child, pause, run, started
from tests.home import HomeForTest

KILLS = int(os.environ.get("CERTMGR_KILLS", "200"))
"""How many processes are killed; a tenth of them at least in each step."""
CHECK_EVERY = 10
LINES = 8
HALF = 0.5
SLOWEST_S = 0.002
"""Most steps are over after this time."""


@dataclass(slots=True)
class Campaign:
    """What the killed processes had said."""

    landed: Counter[str] = field(default_factory=Counter)
    signed: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """By serial, the SHA-256 of key, to-be-signed bytes and certificate."""
    acknowledged: set[str] = field(default_factory=set)

    @property
    def over(self) -> bool:
        """Whether all have been killed, and enough in each step."""
        return self.landed.total() >= KILLS and min(self.landed[step] for step in STEPS) >= KILLS // 10

    def aim(self) -> str:
        """Return the step in which the fewest were killed."""
        return min(STEPS, key=lambda step: self.landed[step])

    def hear(self, lines: list[list[str]]) -> None:
        """Keep what a child reported; it was killed in the step that it reported last."""
        steps = [line[1] for line in lines if line[0] == "step"]
        if steps:
            self.landed[steps[-1]] += 1
        for line in lines:
            if line[0] == "signed":
                self.signed[line[1]] = (line[2], line[3], line[4])
            if line[0] == "acknowledged":
                self.acknowledged.add(line[1])


def kill_in(child: Child, event: tuple[str, ...], occurrence: int, delay_s: float) -> None:
    """Kill the child `delay_s` seconds after it reported `event` for that time, or when it has finished."""
    for line in child.reports():
        occurrence -= tuple(line[: len(event)]) == event
        if occurrence == 0 or line == ["done"]:
            break
    pause(delay_s)
    child.kill()


@pytest.mark.timeout(60 + KILLS)
def test_n5_whatever_kill_9_interrupts_every_signature_is_accounted_for(live_home: HomeForTest, tmp_path: Path) -> None:
    """Every reported signature is in the store, every certificate made here has its key, nothing is torn."""
    rng = random.Random(20261121)  # noqa: S311 - no secret
    folder, campaign, number = tmp_path / "place", Campaign(), 0
    while not campaign.over:
        number += 1
        assert number < 3 * KILLS, campaign.landed
        step = campaign.aim()
        # Half of the kills in the signature come while it is made, half when it has been reported.
        event = ("signed",) if step == "sign" and rng.random() < HALF else ("step", step)
        if rng.random() < HALF:
            names = (f"one{number}.egov.internal", f"two{number}.egov.internal")
            with started(acts.issue, folder, *names) as child:
                kill_in(child, event, rng.randint(1, 2), rng.uniform(0, SLOWEST_S))
        else:
            inventory = write_inventory(tmp_path / f"{number}.csv", f"line{number}-", LINES)
            with started(acts.issue_inventory, folder, inventory) as child:
                times = LINES if step in {"prepare", "sign"} else LINES // acts.BATCH
                kill_in(child, event, rng.randint(1, times), rng.uniform(0, SLOWEST_S))
        campaign.hear(child.lines)
        assert not campaign.acknowledged & unfinished(live_home), "acknowledged, and not delivered yet"
        if number % CHECK_EVERY == 0:
            run(acts.check_once, folder)
    run(acts.check_once, folder)
    assert run(acts.check_once, folder) == [["ready"], ["done"]], "a second check finds nothing left to do"
    whole(live_home)
    compare(live_home, campaign)


def unfinished(home: HomeForTest) -> set[str]:
    """Return the serials that recovery has something to do for."""
    with home.workspace.store().read() as snapshot:
        intents = {str(one.row.spec.serial) for one in open_intents(snapshot)}
        return intents | {str(one.serial) for one, _ in certificates.undelivered(snapshot)}


def compare(home: HomeForTest, campaign: Campaign) -> None:
    """What was said before the kills is what the store and the files hold after the recovery."""
    found = {str(one.serial): one for one in settled(home)}
    assert campaign.signed.keys() <= found.keys()
    with home.workspace.store().read() as snapshot:
        for serial, (spki, tbs, der) in campaign.signed.items():
            one = found[serial]
            assert (one.stage, one.spki_sha256, one.sha256) == (Stage.ISSUED, spki, der)
            assert inspect.sha256(certificates.tbs(snapshot, one.id)) == tbs
    assert campaign.acknowledged <= campaign.signed.keys()
