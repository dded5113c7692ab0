"""What is kept, for how long, and what erasing leaves (R7.1, R7.2, N6)."""

import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta

import pytest

from certmgr.errors import CertmgrError, NotFoundError, RefusedError, UsageError
from certmgr.models.revocations import Cause
from certmgr.operations import observations, retention, revocations
from certmgr.queries import certificates as queries
from certmgr.queries import journal
from certmgr.store import retention as store
from certmgr.store import servers
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.observed import nmap, nmap_host

NAME = "portal.egov.internal"
CONTACT = "jane.doe@egov.internal"


def _contact(home: HomeForTest, name: str = NAME) -> str | None:
    with home.workspace.store().read() as snapshot:
        server = servers.find_by_name(snapshot, name)
        return None if server is None else servers.contact(snapshot, server.id)


def _in_files(home: HomeForTest, text: str) -> bool:
    """Tell whether the octets stand anywhere in the store's files; in a process that does not hold it open."""
    program = (
        "import pathlib, sys; files = pathlib.Path(sys.argv[1]).glob('certmgr.db*');"
        " print(any(sys.argv[2].encode() in file.read_bytes() for file in files))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, home.path, text], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip() == "True"


def test_r7_1_a_contact_goes_90_days_after_the_last_certificate_ended(home: HomeForTest, clock: FakeClock) -> None:
    """R7.1, N6: not a day before, by the machine alone, and the journal names the server by its id."""
    issued = home.issue(NAME, contact=CONTACT)
    end = queries.detail(home.workspace, issued.id).certificate.not_after
    clock.now = end + timedelta(days=90) - timedelta(seconds=1)
    assert list(retention.pending(home.workspace)) == []
    clock.advance(days=-1)
    assert list(retention.due(home.workspace, home.machine())) == []
    clock.now = end + timedelta(days=90)
    assert [step.what for step in retention.pending(home.workspace)] == [f"The contact of {NAME} would be erased."]
    assert _contact(home) == CONTACT
    assert [step.done for step in retention.due(home.workspace, home.machine())] == [True]
    assert _contact(home) == ""
    assert list(retention.due(home.workspace, home.machine())) == []
    entry = journal.newest(home.workspace, limit=1)[0]
    assert (entry.action, entry.data) == ("contact.erased", {})


def test_r7_1_a_revoked_certificate_has_ended_and_a_live_one_keeps_the_contact(
    home: HomeForTest, clock: FakeClock
) -> None:
    """R7.1: the last one counts, and its end is the revocation where that came first."""
    first = home.issue(NAME, contact=CONTACT)
    home.issue(NAME, additional=True)
    revocations.revoke(home.workspace, home.person(), certificate=first.id, cause=Cause.KEY_LOST, confirm=NAME)
    clock.advance(days=91)
    assert list(retention.pending(home.workspace)) == []
    second = queries.detail(home.workspace, first.id).line
    live = next(one for one in second if one.revoked_at is None)
    revocations.revoke(home.workspace, home.person(), certificate=live.id, cause=Cause.KEY_LOST, confirm=NAME)
    clock.advance(days=89)
    assert list(retention.pending(home.workspace)) == []
    clock.advance(days=1)
    assert len(list(retention.pending(home.workspace))) == 1


def test_r7_1_a_contact_that_was_given_again_is_kept(home: HomeForTest, clock: FakeClock) -> None:
    """R7.1: whoever comes back after a year is not forgotten on the same day."""
    issued = home.issue(NAME, contact=CONTACT)
    clock.now = queries.detail(home.workspace, issued.id).certificate.not_after + timedelta(days=89)
    with home.workspace.store().write(home.machine().actor) as tx:
        servers.ensure(tx, name=NAME, owner="ops", purpose="test", contact="john@egov.internal")
    clock.advance(days=2)
    assert list(retention.pending(home.workspace)) == []
    clock.advance(days=90)
    assert len(list(retention.pending(home.workspace))) == 1


def test_r7_2_an_erased_contact_is_in_no_file_of_the_home(home: HomeForTest) -> None:
    """R7.2: neither in the store nor in its log nor in the journal; the typed name is the intent (N7)."""
    home.issue(NAME, contact=CONTACT)
    assert _in_files(home, CONTACT)
    with pytest.raises(UsageError):
        retention.erase_contact(home.workspace, home.machine(), server=NAME, confirm="portal")
    assert _contact(home) == CONTACT
    retention.erase_contact(home.workspace, home.machine(), server=NAME, confirm=NAME)
    assert not _in_files(home, CONTACT)
    assert _in_files(home, NAME)
    for name in (NAME, "nobody.egov.internal"):
        with pytest.raises(NotFoundError):
            retention.erase_contact(home.workspace, home.machine(), server=name, confirm=name)


def _rows(home: HomeForTest, tables: Iterable[str]) -> dict[str, int]:
    with home.workspace.store().read() as snapshot:
        found = {table: snapshot.row(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608 - constants
    return {table: row[0] for table, row in found.items() if row is not None}


def test_n6_records_are_kept_five_years_after_expiry_and_then_go_on_a_persons_word(
    home: HomeForTest, clock: FakeClock
) -> None:
    """N6: everything of the server goes, the journal and a blocked key stay."""
    issued = home.issue(NAME, contact=CONTACT, note="the note of a person")
    other = home.issue("other.egov.internal")
    assert issued.folder is not None
    pem = (issued.folder / "cert.pem").read_text()
    observations.import_nmap(home.workspace, home.machine(), nmap(nmap_host("10.1.2.3", pem=pem)))
    revocations.revoke(
        home.workspace,
        home.person(),
        certificate=issued.id,
        cause=Cause.KEY_COMPROMISE,
        confirm=NAME,
        evidence="a public page",
    )
    end = queries.detail(home.workspace, issued.id).certificate.not_after
    clock.now = end + timedelta(days=1825) - timedelta(seconds=1)
    assert retention.over(home.workspace).records == ()
    clock.now = end + timedelta(days=1826)
    names = [one.name for one in retention.over(home.workspace).records]
    assert names == sorted([NAME, "other.egov.internal"])
    with pytest.raises(UsageError):
        retention.run(home.workspace, home.person(), confirm="Somebody")
    with pytest.raises(RefusedError):
        retention.run(home.workspace, home.machine(), confirm="Example")
    assert _rows(home, ["certificate"]) == {"certificate": 2}
    before = journal.newest(home.workspace, limit=1)[0].seq
    done = retention.run(home.workspace, home.person(), confirm="Example")
    assert [one.name for one in done.records] == names
    empty = ["certificate", "certificate_name", "certificate_search", "revocation", "observation", "contact"]
    assert _rows(home, empty) == dict.fromkeys(empty, 0)
    assert _rows(home, ["server", "blocked_key"]) == {"server": 0, "blocked_key": 1}
    assert not _in_files(home, "the note of a person")
    assert journal.verify(home.workspace)[0] == ()
    actions = [entry.action for entry in journal.newest(home.workspace, limit=99) if entry.seq > before]
    assert sorted(set(actions)) == ["certificate.erased", "contact.erased", "server.erased"]
    with pytest.raises(NotFoundError):
        queries.detail(home.workspace, other.id)


def test_n6_nothing_younger_than_five_years_goes_whatever_is_asked_for(home: HomeForTest, clock: FakeClock) -> None:
    """N6: a trigger holds against an error of the program; the whole transaction is undone."""
    home.issue(NAME, contact=CONTACT)
    clock.advance(days=400)
    with home.workspace.store().read() as snapshot:
        server = servers.find_by_name(snapshot, NAME)
    assert server is not None
    with (
        pytest.raises(CertmgrError, match="kept for five years"),
        home.workspace.store().write(home.machine().actor) as tx,
    ):
        store.erase_server(tx, store.belongings(tx, server.id))
    assert _contact(home) == CONTACT
    assert _rows(home, ["certificate", "server"]) == {"certificate": 1, "server": 1}


def test_n6_every_table_that_speaks_of_a_server_or_certificate_is_thought_of(home: HomeForTest) -> None:
    """N6: a new table with such a reference has to be erased, too, or a server could never be."""
    about = {"server", "certificate", "application", "revocation", "deployment", "observation"}
    with home.workspace.store().read() as snapshot:
        found = {
            (table, column)
            for (table,) in snapshot.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
            for _, _, target, column, *_ in snapshot.rows("SELECT * FROM pragma_foreign_key_list(?)", (table,))
            if target in about
        }
    assert found == {
        ("acceptance", "certificate_id"),
        ("application", "certificate_id"),
        ("application", "server_id"),
        ("application_decision", "application_id"),
        ("campaign_member", "certificate_id"),
        ("certificate", "replaces_id"),
        ("certificate", "server_id"),
        ("certificate_name", "certificate_id"),
        ("contact", "server_id"),
        ("deployment", "certificate_id"),
        ("deployment", "server_id"),
        ("observation", "certificate_id"),
        ("observation", "server_id"),
        ("revocation", "certificate_id"),
        ("revocation", "group_id"),
    }
