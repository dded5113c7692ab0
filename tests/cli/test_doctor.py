"""certmgr doctor: marks, JSON, exit codes, and the way out of a wrong clock."""

from tests.cli.calling import Call
from tests.home import config_for


def test_what_needs_a_person_exits_3(call: Call) -> None:
    """A line for each area, marked by a sign and not by colour alone."""
    assert call("doctor") == 3
    marks = {line[0] for line in call.out.splitlines()}
    assert marks == {"●", "▲"}
    assert "The journal is whole" in call.out


def test_all_well_exits_0(call: Call) -> None:
    """With a second way to the root, a check that ran and a CRL address."""
    words = str(call.home.path.parent / "words")
    assert call("operator", "add", "paper", "--role", "recovery", "--recovery-file", words, admin=True) == 0
    assert call("check") == 0
    config = config_for(call.home.path.parent, crl_url="http://pki.egov.internal/")
    (call.home.path / "certmgr.toml").write_text(config)
    assert call("doctor", "--json") == 0
    assert call.document["schema"] == "certmgr.doctor/1"
    assert {one["severity"] for one in call.document["findings"]} == {"notice"}


def test_damage_exits_7(call: Call) -> None:
    """A key file that is not there any more."""
    next((call.home.path / "keys").glob("issuing-*.json")).unlink()
    assert call("doctor") == 7
    assert "✗" in call.out


def test_a_store_that_is_no_store_exits_7(call: Call) -> None:
    """Every area that needs it says so, and nothing crashes."""
    call.home.workspace.close()
    for place in call.home.path.glob("certmgr.db*"):
        place.unlink()
    (call.home.path / "certmgr.db").write_bytes(b"not a database at all" * 100)
    assert call("doctor") == 7
    assert "damaged" in call.out


def test_accepting_a_clock_needs_a_reason_and_a_person(call: Call) -> None:
    """DETAILS 23; where the clock is not behind there is nothing to accept."""
    assert call("doctor", "--accept-clock", admin=True) == 2
    assert call("doctor", "--accept-clock", "--reason", "It is right.") == 2
    assert call("doctor", "--accept-clock", "--reason", "It is right.", admin=True) == 4
    assert "nothing to accept" in call.err
