"""kill -9 while notices go out, and two processes that send at once (DETAILS 37, ARCHITECTURE 11)."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from certmgr.models.notices import NoticeState
from tests.faults import acts
from tests.faults.processes import at_once, pause, run, started
from tests.home import HomeForTest
from tests.net.mail_server import MailServer, mail_server
from tests.noticing import by_mail, change, recorded

DAYS = 336.0
"""When every certificate of a test has crossed 30 days."""
LATER = 1.0
"""So much later what a killed process had taken is tried again."""
SERVERS = 6
STEPS = ("add", "take", "send", "settle", "sent")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    """Yield a mail server."""
    (tmp_path / "mail").mkdir()
    with mail_server(tmp_path / "mail") as made:
        yield made


@pytest.fixture
def folder(live_home: HomeForTest, server: MailServer, tmp_path: Path) -> Path:
    """Return the folder of a home with certificates that are not renewed by themselves."""
    change(live_home, "UPDATE crl SET next_update = '2099-01-01T00:00:00Z'")
    for number in range(SERVERS):
        live_home.issue(f"server{number}.egov.internal", contact=f"server{number}@egov.internal")
    change(live_home, "UPDATE server SET auto_renew = 0")
    by_mail(live_home, server).workspace.close()
    # What was told before the certificates had an end to tell of.
    assert run(acts.tell_stepwise, tmp_path / "place", 0.0)[-1] == ["done"]
    return tmp_path / "place"


def told(server: MailServer) -> Counter[tuple[str, str]]:
    """Return how often each notice arrived, by recipient and Message-ID."""
    return Counter((one.recipients[0], str(one.message["Message-ID"])) for one in server.received)


@pytest.mark.parametrize("step", STEPS)
def test_details_37_a_kill_between_sending_and_recording_makes_one_duplicate_at_most(
    live_home: HomeForTest, folder: Path, server: MailServer, step: str
) -> None:
    """Killed at any step of the third notice: each arrives, one of them twice at most, under one name."""
    rng = random.Random(step)  # noqa: S311 - no secret
    with started(acts.tell_stepwise, folder, DAYS) as child:
        left = 3
        for line in child.reports():
            left -= line == ["step", step]
            if left == 0:
                break
        pause(rng.uniform(0, 0.004))
        child.kill()
    before = sum(told(server).values())
    lines = run(acts.tell_stepwise, folder, DAYS + LATER)
    assert lines[-1] == ["done"]
    arrived = told(server)
    assert len(arrived) == SERVERS
    assert sum(arrived.values()) - SERVERS in {0, 1}
    assert before <= SERVERS
    assert {who for who, _ in arrived} == {f"server{number}@egov.internal" for number in range(SERVERS)}
    assert {one.state for one in recorded(live_home)} == {NoticeState.SENT}
    assert run(acts.tell_stepwise, folder, DAYS + LATER)[-1] == ["done"]
    assert told(server) == arrived


def test_details_37_a_mail_that_was_taken_and_not_recorded_comes_again_under_its_name(
    live_home: HomeForTest, folder: Path, server: MailServer
) -> None:
    """Exactly there: the server has it, the store does not know; the duplicate has the same Message-ID."""
    with started(acts.tell_halted, folder, DAYS) as child:
        child.wait_for("halted")
        assert len(server.received) == 1
        child.kill()
    run(acts.tell_stepwise, folder, DAYS + LATER)
    assert sorted(told(server).values()) == [1] * (SERVERS - 1) + [2]
    assert {one.state for one in recorded(live_home)} == {NoticeState.SENT}


def test_n8_processes_that_tell_at_once_tell_each_thing_once(
    live_home: HomeForTest, folder: Path, server: MailServer
) -> None:
    """The daemon and cron at the same moment: what one has taken the other leaves alone."""
    with at_once([(acts.tell_stepwise, folder, (DAYS,))] * 4) as children:
        assert [child.finish() for child in children] == [0] * 4
    assert set(told(server).values()) == {1}
    assert len(server.received) == SERVERS
    assert {one.state for one in recorded(live_home)} == {NoticeState.SENT}
