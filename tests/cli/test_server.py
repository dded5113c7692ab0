"""certmgr server: add, list, show, edit, confirm, retire, verify."""

import ssl
from pathlib import Path

import pytest

from tests.cli.calling import NAME, Call
from tests.net.servers import serving

FACTS = ("--owner", "Web team", "--purpose", "Staff portal")


def test_r1_2_a_server_is_recorded_and_shown(call: Call) -> None:
    """Facts, renewal and contact, as text and as JSON."""
    assert call("server", "add", NAME, *FACTS, "--contact", "web@egov.internal", "--no-auto-renew") == 0
    assert call.out == ""
    assert call("server", "show", NAME) == 0
    assert "Owner:       Web team\n" in call.out
    assert "Renewal:     by hand\n" in call.out
    assert call("server", "list", "--json") == 0
    (one,) = call.document["servers"]
    assert (one["name"], one["auto_renew"], one["retired_at"]) == (NAME, False, None)
    assert call("server", "show", NAME, "--json") == 0
    (one,) = call.document["servers"]
    assert (one["contact"], one["certificates"], one["commitments"]) == ("web@egov.internal", [], [])


def test_r9_1_a_server_has_one_line_of_certificates(call: Call) -> None:
    """Who replaced whom."""
    call.issue()
    assert call("renew", NAME, "--force", "--reason", "test") == 0
    assert call("server", "show", NAME, "--json") == 0
    new, old = call.document["servers"][0]["certificates"]
    assert new["replaces"] == old["id"]
    assert call("server", "show", NAME) == 0
    assert f"replaces {old['serial']}" in call.out
    assert call("server", "list") == 0
    assert call.out.splitlines()[1].split()[:4] == [NAME, "by", "itself", "valid"]


def test_r1_2_a_change_is_followed_by_a_confirmation(call: Call) -> None:
    """The next step is told; the promise is shown; confirmed once."""
    call.issue()
    assert call("server", "edit", NAME, "--owner", "Portal team", "--dry-run") == 0
    assert "owner would change" in call.err
    assert call("server", "edit", NAME, "--owner", "Portal team") == 0
    assert f"certmgr server confirm {NAME}" in call.err
    assert call("server", "show", NAME) == 0
    assert "follow-change, open, due" in call.out
    assert call("server", "edit", NAME, "--owner", "Portal team") == 0
    assert "stays as it is" in call.err
    assert call("server", "confirm", NAME, "--reason", "It names no owner", "--dry-run") == 0
    assert call("server", "confirm", NAME, "--reason", "It names no owner") == 0
    assert call("server", "show", NAME, "--json") == 0
    (one,) = call.document["servers"]
    assert (one["commitments"][0]["status"], one["confirmation"]) == ("met", "It names no owner")
    assert call("server", "confirm", NAME, "--reason", "again") == 4


def test_n7_a_server_is_retired_by_its_typed_name(call: Call) -> None:
    """Exit 3: its live certificate is named with what to do; then nothing is issued for it."""
    call.issue()
    assert call("server", "retire", NAME) == 2
    assert f"--confirm {NAME}" in call.err
    assert call("server", "retire", NAME, "--confirm", "portal") == 2
    assert call("server", "retire", NAME, "--dry-run") == 0
    assert call("server", "retire", NAME, "--confirm", NAME) == 3
    assert "--cause no-longer-needed" in call.err
    assert call("renew", NAME, "--force", "--reason", "x") == 4
    assert call("server", "list", "--json") == 0
    assert call.document["servers"] == []
    assert call("server", "list", "--all") == 0
    assert "retired" in call.out
    assert call("server", "add", NAME, *FACTS, "--dry-run") == 0
    assert "back in service" in call.err
    assert call("server", "add", NAME, *FACTS) == 0
    assert f"Next: certmgr issue {NAME} --dns" in call.err
    assert call("renew", NAME, "--force", "--reason", "x") == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", NAME], 2),
        (["add", "Not A Name", *FACTS], 2),
        (["add", NAME, "--owner", "x", "--purpose", " "], 2),
        (["add", NAME, *FACTS, "--recorded-ip", "ten"], 2),
        (["edit", "absent", "--owner", "x"], 5),
        (["confirm", "absent", "--reason", "x"], 5),
        (["retire", "absent", "--confirm", "absent"], 5),
        (["show", "absent"], 5),
        (["verify", "absent"], 5),
        (["verify", NAME, "--endpoint", "nowhere:x"], 2),
    ],
)
def test_what_does_not_hold_has_its_exit_code(call: Call, words: list[str], code: int) -> None:
    """Usage 2, not found 5."""
    assert call("server", *words) == code


def test_verify_compares_what_is_served(call: Call, tmp_path: Path) -> None:
    """0 while the newest is served, 3 once it is not, or nobody answers."""
    call.issue()
    live = tmp_path / "place" / "out" / NAME / "archive" / "1"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(live / "fullchain.pem", live / "privkey.pem")
    with serving(lambda connection: context.wrap_socket(connection, server_side=True).close()) as port:
        endpoint = ("--endpoint", f"127.0.0.1:{port}")
        assert call("server", "verify", NAME, *endpoint) == 0
        assert call.out.split("\t")[:2] == [f"127.0.0.1:{port}", "current"]
        assert call("server", "verify", NAME) == 5
        assert call("renew", NAME, "--force", "--reason", "x") == 0
        assert call("server", "verify", NAME, *endpoint, "--json") == 3
        (one,) = call.document["endpoints"]
        assert (one["served"], one["server"], one["problems"]) == ("old", NAME, [])
    assert call("server", "verify", NAME, *endpoint) == 3
    assert "unreachable" in call.out
    assert "Connection refused" in call.err
