"""Two processes in a chosen order: one is stopped in the middle while the other does its work (ARCHITECTURE 2, 11)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.models.certificates import Stage
from tests.faults import acts
from tests.faults.aftermath import every_certificate, settled, whole
from tests.faults.processes import Act, Child, run, started
from tests.home import HomeForTest

NAME = "portal.egov.internal"


@contextmanager
def halted(act: Act, folder: Path, *arguments: object) -> Iterator[Child]:
    """Yield a child that stands still in the middle of `act`."""
    with started(act, folder, *arguments) as child:
        child.wait_for("halted")
        yield child


def go_on(child: Child) -> list[list[str]]:
    """Let it finish and return all that it reported."""
    child.go()
    assert child.finish() == 0, child.lines
    return child.lines


def said(lines: list[list[str]]) -> list[list[str]]:
    """Return what was done or refused."""
    return [line for line in lines if line[0] in {"did", "open", "error", "issued", "refused", "skipped"}]


@pytest.mark.parametrize("step", ["record_intents", "sign", "record_issued", "deliver"])
def test_a_running_issuance_is_left_alone_by_check(live_home: HomeForTest, tmp_path: Path, step: str) -> None:
    """Recovery does not take what a process at work has open for what a crash left."""
    folder = tmp_path / "place"
    with halted(acts.issue_halted, folder, step, NAME) as child:
        assert said(run(acts.check_once, folder)) == []
        assert [line[0] for line in said(go_on(child))] == ["issued"]
    (one,) = settled(live_home)
    assert one.stage is Stage.ISSUED
    whole(live_home)


@pytest.mark.parametrize("step", ["sign", "deliver"])
def test_a_server_whose_certificate_is_being_made_gets_no_second(
    live_home: HomeForTest, tmp_path: Path, step: str
) -> None:
    """DETAILS 51: the intent counts; the refusal names the way on should its process be gone."""
    folder = tmp_path / "place"
    with halted(acts.issue_halted, folder, step, NAME) as child:
        (refusal,) = said(run(acts.issue_many, folder, NAME))
        assert refusal[:3] == ["error", "4", Code.ALREADY_ISSUED]
        go_on(child)
    assert len(settled(live_home)) == 1


def test_an_inventory_line_whose_certificate_is_being_made_is_not_served_twice(
    live_home: HomeForTest, tmp_path: Path
) -> None:
    """DETAILS 18: exactly one certificate a line."""
    folder, inventory = tmp_path / "place", tmp_path / "inventory.csv"
    inventory.write_text(f"server,dns,ip,owner,contact,purpose\n{NAME},{NAME},,ops,,test\n")
    with halted(acts.issue_halted, folder, "sign", NAME) as child:
        with started(acts.issue_inventory, folder, inventory) as second:
            second.wait_for("done")
            assert [line[:2] for line in said(second.lines)] == [["refused", NAME]]
        go_on(child)
    assert len(settled(live_home)) == 1


def test_r5_1_a_certificate_whose_successor_is_being_made_is_not_renewed_twice(
    live_home: HomeForTest, tmp_path: Path
) -> None:
    """The second renewal is refused while the first is still being signed."""
    folder = tmp_path / "place"
    ((_, serial),) = said(run(acts.issue_many, folder, NAME))
    with halted(acts.renew_halted, folder, serial) as child:
        (refusal,) = said(run(acts.renew, folder, serial))
        assert refusal[:2] == ["error", "4"]
        go_on(child)
    first, second = settled(live_home)
    assert (second.replaces_id, first.replaced_by_id) == (first.id, second.id)


def test_check_does_not_settle_what_was_finished_before_it_looked(live_home: HomeForTest, tmp_path: Path) -> None:
    """An issuance that ends just before check has the home for itself is no leftover."""
    folder = tmp_path / "place"
    with halted(acts.issue_halted, folder, "sign", NAME) as issuing, halted(acts.check_halted, folder) as checking:
        go_on(issuing)
        assert said(go_on(checking)) == []
    (one,) = settled(live_home)
    assert one.stage is Stage.ISSUED


def test_a_second_check_waits_and_then_says_that_one_is_running(live_home: HomeForTest, tmp_path: Path) -> None:
    """ARCHITECTURE 11: exit 6, nothing done; the first goes on undisturbed."""
    folder = tmp_path / "place"
    with halted(acts.issue_halted, folder, "record_issued", NAME) as child:
        child.kill()
    with halted(acts.check_halted, folder) as checking:
        (refusal,) = said(run(acts.check_impatient, folder))
        assert refusal[:2] == ["error", "6"]
        assert every_certificate(live_home)[0].stage is Stage.INTENT
        assert [line[0] for line in said(go_on(checking))] == ["did"]
    settled(live_home)
