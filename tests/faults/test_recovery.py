"""What `check` makes of what a crash left (DETAILS 5, 15, 16): finished where that is safe, else on the CRL."""

import random
from pathlib import Path

from certmgr.models.certificates import Certificate, Stage
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause, Reason, RequestState
from certmgr.operations import revocations
from certmgr.pki import keys
from certmgr.queries import revocations as requests
from tests.faults import acts
from tests.faults.aftermath import every_certificate, published_entries, settled, whole
from tests.faults.processes import pause, run, started
from tests.home import HomeForTest

NAME = "portal.egov.internal"
KILLED_CHECKS = 24


def interrupted(folder: Path, step: str, name: str = NAME) -> None:
    """Leave behind what a process killed before the function `step` of `issuance` leaves."""
    with started(acts.issue_halted, folder, step, name) as child:
        child.wait_for("halted")
        child.kill()


def told(folder: Path, days: float = 0) -> dict[str, list[str]]:
    """Run `check` in a process of its own; return its sentences about what was done, and what is open."""
    lines = run(acts.check_once, folder, days)
    return {word: [" ".join(line[1:]) for line in lines if line[0] == word] for word in ("did", "open")}


def abandoned(home: HomeForTest) -> Certificate:
    """The only certificate was closed without being issued, and is on the CRL as issued in error; return it."""
    (one,) = settled(home)
    assert (one.stage, one.cause) == (Stage.ABANDONED, Cause.ISSUED_IN_ERROR)
    assert published_entries(home)[one.serial].reason is Reason.SUPERSEDED
    assert not list(home.out.rglob("*.pem"))
    whole(home)
    return one


def test_an_intent_whose_key_file_is_gone_goes_onto_the_crl(live_home: HomeForTest, tmp_path: Path) -> None:
    """DETAILS 15: a certificate without its key is of no use, and a signature may exist."""
    interrupted(tmp_path / "place", "record_issued")
    (key,) = live_home.out.rglob("privkey.pem")
    key.unlink()
    assert "its key file is not there" in told(tmp_path / "place")["did"][0]
    abandoned(live_home)


def test_an_intent_whose_key_file_was_replaced_goes_onto_the_crl(live_home: HomeForTest, tmp_path: Path) -> None:
    """DETAILS 15: the key in the file is compared with the one on record; no key of somebody else's is delivered."""
    interrupted(tmp_path / "place", "record_issued")
    (key,) = live_home.out.rglob("privkey.pem")
    key.write_bytes(keys.private_pem(keys.make_key(KeyType.EC_P256)))
    told(tmp_path / "place")
    abandoned(live_home)


def test_an_intent_older_than_an_hour_goes_onto_the_crl(live_home: HomeForTest, tmp_path: Path) -> None:
    """DETAILS 16: nobody waits for it any more."""
    interrupted(tmp_path / "place", "sign")
    told(tmp_path / "place", 2 / 24)
    abandoned(live_home)


def test_details_5_an_intent_of_a_randomised_key_goes_onto_the_crl(live_home: HomeForTest, tmp_path: Path) -> None:
    """A token or ML-DSA does not sign twice alike: signing again could make a second certificate of one serial."""
    interrupted(tmp_path / "place", "record_issued")
    lines = run(acts.check_with_token, tmp_path / "place")
    assert any("cannot be made a second time" in " ".join(line) for line in lines)
    abandoned(live_home)


def test_a_certificate_on_record_whose_key_file_is_gone_can_be_revoked(live_home: HomeForTest, tmp_path: Path) -> None:
    """What cannot be delivered is named by every check until its certificate is revoked, and no longer."""
    folder = tmp_path / "place"
    interrupted(folder, "deliver")
    (key,) = live_home.out.rglob("privkey.pem")
    key.unlink()
    for _ in range(2):
        (sentence,) = told(folder)["open"]
        assert "not there any more" in sentence
    (one,) = every_certificate(live_home)
    done = revocations.revoke(
        live_home.workspace, live_home.person(), certificate=one.id, cause=Cause.KEY_LOST, confirm=one.server
    )
    assert done.published
    assert told(folder) == {"did": [], "open": []}


def test_a_check_that_is_killed_anywhere_is_finished_by_the_next(live_home: HomeForTest, tmp_path: Path) -> None:
    """Recovery may be cut off too: nothing is done by halves in the end, and nothing twice."""
    folder, rng = tmp_path / "place", random.Random(20261121)  # noqa: S311 - no secret
    for number in range(KILLED_CHECKS):
        interrupted(folder, rng.choice(["sign", "record_issued", "deliver"]), f"killed{number}.egov.internal")
        with started(acts.check_stepwise, folder) as child:
            for line in child.reports():
                if line == ["done"] or (line[0] == "step" and rng.random() < 0.3):
                    break
            pause(rng.uniform(0, 0.001))
            child.kill()
    told(folder)
    assert told(folder) == {"did": [], "open": []}
    assert [one.stage for one in settled(live_home)] == [Stage.ISSUED] * KILLED_CHECKS
    whole(live_home)


def test_r6_1_a_revocation_killed_anywhere_is_carried_out_and_published_by_check(
    live_home: HomeForTest, tmp_path: Path
) -> None:
    """A request that was verified cannot be forgotten, wherever its process ended."""
    folder, rng = tmp_path / "place", random.Random(20261122)  # noqa: S311 - no secret
    names = [f"revoked{number}.egov.internal" for number in range(KILLED_CHECKS)]
    run(acts.issue_many, folder, *names)
    for name in names:
        with started(acts.revoke_stepwise, folder, name) as child:
            steps = rng.randint(1, 8)
            for line in child.reports():
                steps -= line[0] == "step"
                if steps == 0 or line[0] == "revoked":
                    break
            pause(rng.uniform(0, 0.001))
            child.kill()
    told(folder)
    waiting = {one.server for one in requests.open_requests(live_home.workspace)}
    unverified = {one.server for one in requests.every(live_home.workspace) if one.state is RequestState.RECEIVED}
    assert waiting == unverified
    on_record = {one.serial for one in every_certificate(live_home) if one.revoked_at}
    assert on_record == set(published_entries(live_home))
    assert len(on_record) > KILLED_CHECKS // 4
    whole(live_home)
