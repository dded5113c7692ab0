"""certmgr contact erase and certmgr retention run."""

from tests.cli.calling import Call

NAME = "portal.egov.internal"


def test_r7_1_a_contact_is_erased_by_the_typed_name_of_its_server(call: Call) -> None:
    """R7.1: off a terminal --confirm is needed; a second time there is nothing to erase."""
    call.home.issue(NAME, contact="jane.doe@egov.internal")
    assert call("contact", "erase", NAME) == 2
    assert f"--confirm {NAME}" in call.err
    assert call("contact", "erase", NAME, "--confirm", "other") == 2
    assert call("contact", "erase", NAME, "--dry-run") == 0
    assert call("contact", "erase", NAME, "--confirm", NAME) == 0
    assert call("contact", "erase", NAME, "--confirm", NAME) == 5
    assert call("journal", "list", "--limit", "1", "--json") == 0
    assert call.document["entries"][0]["action"] == "contact.erased"


def test_n6_a_young_home_has_nothing_to_erase(call: Call) -> None:
    """N6: and says so, without asking for the organisation's name."""
    call.home.issue(NAME, contact="jane.doe@egov.internal")
    assert call("retention", "run", "--dry-run") == 0
    assert call.out == ""
    assert call("retention", "run", admin=True) == 0
    assert "Erased 0 contacts and the records of 0 servers." in call.err
    assert call("retention", "run") == 2
    assert "terminal" in call.err
