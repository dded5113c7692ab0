"""What the neighbouring contracts add (N1, N2, N4, N5, N7, N11)."""

import csv
import io
import json
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from certmgr.models.certificates import State
from certmgr.models.revocations import Cause, HoldEnd, HoldTerms
from certmgr.operations import check, holds, servers
from certmgr.queries import certificates as queries
from certmgr.queries import commitments
from tests.agreement.reading import certificate, reasons
from tests.cli.calling import Call
from tests.clock import FakeClock
from tests.faults.test_distribution_points import ok
from tests.home import HomeForTest, make_home, reopen
from tests.net.servers import serving

NAME = "portal.egov.internal"
INVENTORY = Path(__file__).parents[2] / "examples" / "egov-network" / "inventory.csv"


def test_n1_a_distribution_point_on_any_port_is_enough(tmp_path: Path) -> None:
    """N1: ports 80, 8080 and 443 are closed; the CRL is named, published and fetched back on another one."""
    public = tmp_path / "place" / "public"

    def answer(connection: object) -> None:
        asked = connection.recv(4096).decode().split(" ")[1]  # type: ignore[attr-defined]  # it is a socket
        connection.sendall(ok((public / asked.removeprefix("/")).read_bytes()))  # type: ignore[attr-defined]

    with serving(answer) as port:
        assert port not in {80, 443, 8080}
        home = make_home(tmp_path / "place", crl_url=f"http://127.0.0.1:{port}/")
        issued = home.issue(NAME)
        points = certificate(issued.folder).extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        (name,) = points[0].full_name or [x509.DNSName("")]
        assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/issuing-[0-9-]+\.crl", name.value)
        done = home.run("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, as_admin=True)
        assert done.returncode == 0, done.stderr
        assert home.run("revocation", "list").stderr.strip() == "No request is open."
    home.workspace.close()


def test_n2_an_overdue_server_is_suspended_then_ended(home: HomeForTest, clock: FakeClock) -> None:
    """N2: suspended on the 15th day, and what was a hold is a revocation on the 30th, by `check` alone."""
    issued = home.issue(NAME)
    clock.advance(days=15)
    until = clock.now + timedelta(days=15)
    holds.hold(
        home.workspace,
        home.person(),
        certificate=issued.id,
        confirm=NAME,
        evidence="invoice 123 is 15 days overdue",
        terms=HoldTerms(until=until, then=HoldEnd.REVOKE, cause=Cause.FEES_UNPAID),
    )
    assert queries.detail(home.workspace, issued.id).state is State.HELD
    clock.now = until - timedelta(minutes=1)
    list(check.check(home.workspace, home.machine()))
    assert queries.detail(home.workspace, issued.id).state is State.HELD
    clock.now = until + timedelta(minutes=1)
    list(check.check(home.workspace, home.machine()))
    held = queries.detail(home.workspace, issued.id)
    assert (held.state, held.certificate.cause) == (State.REVOKED, Cause.FEES_UNPAID.value)
    assert list(reasons(home).values()) == ["privilege_withdrawn"]


def test_n2_a_release_is_promised_within_48_hours_of_its_request(home: HomeForTest, clock: FakeClock) -> None:
    """N2: whoever may not decide asks; the promise runs until the CRL without it is out."""
    issued = home.issue(NAME)
    holds.hold(home.workspace, home.person(), certificate=issued.id, confirm=NAME, evidence="an order")
    asked = holds.release(home.workspace, home.machine(), certificate=issued.id, confirm=NAME)
    assert not asked.lifted
    assert asked.due == clock.now + timedelta(hours=48)
    clock.advance(hours=47)
    assert holds.release(home.workspace, home.person(), certificate=issued.id, confirm=NAME).lifted
    assert queries.detail(home.workspace, issued.id).state is State.VALID
    assert reasons(home) == {}
    promises = [one for one in commitments.every(home.workspace) if one.commitment.kind == "release-hold"]
    assert [(one.breached, one.ended_at == clock.now) for one in promises] == [(False, True)]


def test_n4_without_a_word_the_term_is_extended(home: HomeForTest, clock: FakeClock) -> None:
    """N4: `check` renews what is due, the machine alone; a server that opts out is left to expire."""
    home.issue(NAME)
    quiet = home.issue("quiet.egov.internal")
    facts = servers.Facts(auto_renew=False)
    edited = servers.edit(home.workspace, home.machine(), name="quiet.egov.internal", facts=facts)
    assert edited.changed == ("auto_renew",)
    clock.now = queries.detail(home.workspace, quiet.id).certificate.renew_at + timedelta(days=1)
    list(check.check(home.workspace, home.machine()))
    names = [one.server for one in queries.every(home.workspace)]
    assert sorted(names) == [NAME, NAME, "quiet.egov.internal"]


def test_n5_an_altered_record_is_found(call: Call, tmp_path: Path) -> None:
    """N5: whoever changes one digit of an export, or takes an entry out of it, is found out without the home."""
    call.home.issue(NAME)
    assert call("journal", "export") == 0
    lines = call.out.splitlines(keepends=True)
    file = tmp_path / "journal.jsonl"
    file.write_text("".join(lines))
    assert call("journal", "verify", str(file)) == 0
    entry = json.loads(lines[3])
    entry["os_uid"] += 1
    changed = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    for spoilt in ([*lines[:3], changed, *lines[4:]], [*lines[:3], *lines[4:]], [lines[1], lines[0], *lines[2:]]):
        file.write_text("".join(spoilt))
        assert call("journal", "verify", str(file)) == 7


def test_n7_a_destructive_act_asks_for_the_name_and_the_journal_says_whose_hand_it_was(call: Call) -> None:
    """N7: without the typed name nothing happens; with it the journal names the slot and that it was typed."""
    call.home.issue(NAME)
    assert call("revoke", NAME, "--cause", "key-lost", admin=True) == 2
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", "portal", admin=True) == 2
    assert call("list", "state:revoked", "--plain") == 0
    assert call.out == ""
    assert call("revoke", NAME, "--cause", "key-lost", "--confirm", NAME, admin=True) == 0
    assert call("journal", "list", "--json") == 0
    (asked,) = (one for one in call.document["entries"] if one["action"] == "revocation.requested")
    assert (asked["actor"], asked["data"]["confirmed"]) == ("admin", True)


def test_n11_the_thirty_lines_of_the_network_are_served_in_one_run(live_template: Path, tmp_path: Path) -> None:
    """N11: 2 lines of the hub, 8 district points, 10 platforms, 9 units and a machine room, each with servers."""
    rows = list(csv.DictReader(io.StringIO(INVENTORY.read_text(encoding="utf-8"))))
    sites = Counter(row["dns"].split()[0].split(".")[-3] for row in rows)
    assert len(sites) == 30
    assert min(sites.values()) >= 1
    import shutil

    shutil.copytree(live_template, tmp_path / "place", symlinks=True)
    home = reopen(tmp_path / "place")
    done = home.run("issue", "--from", str(INVENTORY), "--out", str(home.out))
    assert done.returncode == 0, done.stderr[-2000:]
    assert queries.count(home.workspace, "state:valid") == len(rows)
    home.workspace.close()
