"""What was seen on the network is recorded, judged and followed up (R1.3, R1.7, DETAILS 36)."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.errors import NotFoundError, RefusedError, UsageError
from certmgr.issuance import Issued
from certmgr.models.certificates import State
from certmgr.models.observations import ObservationId, Verdict
from certmgr.models.revocations import Cause, RequestState
from certmgr.names import Address
from certmgr.operations import certificates, observations
from certmgr.queries import certificates as queries
from certmgr.queries import journal, revocations, scan_plan
from certmgr.queries import observations as seen
from certmgr.store import certificates as rows
from certmgr.store import servers
from tests.clock import FakeClock
from tests.home import HomeForTest, copy_home
from tests.observed import SEEN_AT, nmap, nmap_host, stranger, tls

OUTSIDE = "203.0.113.7"


def _pem(issued: Issued) -> str:
    assert issued.folder is not None
    return (issued.folder / "cert.pem").read_text()


def _count(home: HomeForTest, table: str) -> int:
    with home.workspace.store().read() as snapshot:
        row = snapshot.row(f"SELECT count(*) FROM {table}")  # noqa: S608 - a constant of this file
    assert row is not None
    return int(row[0])


def _import(home: HomeForTest, *hosts: str) -> observations.Outcome:
    return observations.import_nmap(home.workspace, home.machine(), nmap(*hosts))


def test_r1_3_a_scan_names_ours_and_others_and_records_both(home: HomeForTest, tmp_path: Path) -> None:
    """R1.3: over real handshakes, on IPv4 and IPv6; one entry in the journal for the whole run."""
    issued = home.issue("portal.egov.internal")
    assert issued.folder is not None
    with ExitStack() as stack:
        ours = stack.enter_context(tls(issued.folder / "fullchain.pem", issued.folder / "privkey.pem"))
        theirs = stack.enter_context(tls(*stranger(tmp_path / "other"), host="::1"))
        before = _count(home, "journal")
        outcome = observations.look(
            home.workspace, home.machine(), targets=["127.0.0.1", "::1"], ports=[ours, theirs], timeout_s=2
        )
    assert (outcome.looked, outcome.silent) == (4, 2)
    found = {one.observation.seen.port: one for one in outcome.found}
    assert (found[ours].observation.seen.verdict, found[ours].state) == (Verdict.OURS, State.VALID)
    assert found[ours].advice == ""
    assert found[theirs].observation.seen.verdict is Verdict.FOREIGN
    assert found[theirs].observation.seen.issuer == "CN=Someone Else CA"
    assert found[theirs].observation.seen.names == ("legacy.egov.internal",)
    assert "certmgr scan adopt" in found[theirs].advice
    assert outcome.needs_a_person
    assert _count(home, "journal") == before + 1
    entry = journal.newest(home.workspace, limit=1)[0]
    assert entry.action == "scan.completed"
    assert {"ours": 1, "foreign": 1, "outside": 0, "seen": 2, "silent": 2}.items() <= entry.data.items()
    assert "egov" not in json.dumps(entry.data)


def test_seen_again_is_one_row_with_a_later_time(home: HomeForTest, clock: FakeClock, tmp_path: Path) -> None:
    """First seen stays, last seen moves; an import of an older look moves neither forward."""
    pem = stranger(tmp_path)[0].read_text()
    first = clock.now
    with tls(*stranger(tmp_path / "served")) as port:
        observations.look(home.workspace, home.machine(), targets=["127.0.0.1"], ports=[port])
        clock.advance(days=2)
        observations.look(home.workspace, home.machine(), targets=["127.0.0.1"], ports=[port])
    (one,) = seen.every(home.workspace)
    assert (one.observation.first_seen_at, one.observation.seen.at) == (first, clock.now)
    _import(home, nmap_host("10.1.2.3", pem=pem))
    clock.advance(days=1)
    _import(home, nmap_host("10.1.2.3", pem=pem))
    imported = next(one for one in seen.every(home.workspace) if one.observation.seen.address == "10.1.2.3")
    assert imported.observation.seen.at == SEEN_AT


def test_r1_3_what_may_not_be_looked_at_is_refused_before_anything_else(home: HomeForTest) -> None:
    """R1.3: exit 4 with every reason, one entry in the journal, nothing recorded."""
    before = _count(home, "journal")
    with pytest.raises(RefusedError) as caught:
        observations.look(home.workspace, home.machine(), targets=["127.0.0.1", "8.8.8.8", "192.168.1.0/24"])
    assert [item.code for item in caught.value.findings] == [Code.SCAN_OUTSIDE] * 2
    assert _count(home, "observation") == 0
    assert _count(home, "journal") == before + 1
    with pytest.raises(UsageError):
        observations.look(home.workspace, home.machine(), targets=["nonsense", "8.8.8.8"])
    assert _count(home, "journal") == before + 1


def test_r1_3_ours_on_the_internet_is_proposed_for_revocation_once(home: HomeForTest, clock: FakeClock) -> None:
    """R1.3, R4.3: a request for internet-use in state received, with its clocks; a second sighting asks no more."""
    issued = home.issue("portal.egov.internal")
    outcome = _import(home, nmap_host(OUTSIDE, pem=_pem(issued)), nmap_host("203.0.113.8", pem=_pem(issued)))
    (proposed,) = outcome.proposed
    assert (proposed.cause, proposed.state) == (Cause.INTERNET_USE, RequestState.RECEIVED)
    assert OUTSIDE in proposed.evidence
    assert proposed.verify_due_at == clock.now + timedelta(hours=24)
    assert outcome.needs_a_person
    with home.workspace.store().read() as snapshot:
        clocks = {row[0] for row in snapshot.rows("SELECT kind FROM commitment WHERE met_at IS NULL")}
        assert rows.get(snapshot, issued.id).revoked_at is None
    assert Kind.VERIFY_REVOCATION in clocks
    clock.advance(hours=1)
    again = _import(home, nmap_host("203.0.113.9", pem=_pem(issued)))
    assert again.proposed == ()
    assert [one.observation.seen.verdict for one in again.found] == [Verdict.OUTSIDE]
    assert len(revocations.open_requests(home.workspace)) == 1


def test_r1_3_a_private_address_outside_is_told_but_is_no_internet(home: HomeForTest) -> None:
    """R1.3: 192.168.0.0/16 is not configured here: outside, and a person looks; nobody asks to revoke."""
    outcome = _import(home, nmap_host("192.168.1.1", pem=_pem(home.issue("portal.egov.internal"))))
    assert [one.observation.seen.verdict for one in outcome.found] == [Verdict.OUTSIDE]
    assert outcome.proposed == ()
    assert outcome.needs_a_person


def test_r1_7_ours_that_should_serve_no_more_are_named_with_what_to_do(home: HomeForTest, clock: FakeClock) -> None:
    """R1.7: replaced, revoked, expired, each with its own next step; a good one needs none."""
    first = home.issue("portal.egov.internal")
    pem = _pem(first)
    clock.now = queries.detail(home.workspace, first.id).certificate.renew_at
    second = certificates.renew(home.workspace, home.machine(), queries.detail(home.workspace, first.id).certificate)
    assert [one.advice for one in _import(home, nmap_host("10.1.2.3", pem=pem)).found] == [""]
    clock.advance(days=8)
    serial = queries.detail(home.workspace, second.id).certificate.serial
    (one,) = _import(home, nmap_host("10.1.2.3", pem=pem)).found
    assert one.state is State.SUPERSEDED
    assert f"install its successor {serial}" in one.advice
    (good,) = _import(home, nmap_host("10.1.2.4", pem=_pem(second))).found
    assert good.advice == ""
    clock.now = queries.detail(home.workspace, second.id).certificate.not_after + timedelta(seconds=1)
    (late,) = _import(home, nmap_host("10.1.2.4", pem=_pem(second))).found
    assert late.state is State.EXPIRED
    assert "issue a new certificate for portal.egov.internal" in late.advice


def test_ours_is_known_by_its_fingerprint_or_serial_alone(home: HomeForTest) -> None:
    """An import without the certificate itself; a serial under a strange issuer is not ours."""
    held = queries.detail(home.workspace, home.issue("portal.egov.internal").id).certificate
    issuer = '<table key="issuer"><elem key="commonName">{}</elem></table>'
    outcome = _import(
        home,
        nmap_host("10.1.2.3", output=f"SHA-256: {held.sha256}"),
        nmap_host("10.1.2.4", output=f"Serial: {held.serial}"),
        nmap_host("10.1.2.5", output=f"Serial: {held.serial}", elements=issuer.format("Example Issuing CA 2026-1")),
        nmap_host("10.1.2.6", output=f"Serial: {held.serial}", elements=issuer.format("Someone Else CA")),
    )
    assert [one.observation.seen.address for one in outcome.found] == ["10.1.2.3", "10.1.2.4", "10.1.2.5"]
    assert {one.observation.seen.certificate_id for one in outcome.found} == {held.id}
    assert [item.code for item in outcome.problems] == [Code.SCAN_UNIDENTIFIED]


def test_a_certificate_of_our_key_that_is_on_no_record_is_told_apart(
    home: HomeForTest, home_template: Path, tmp_path: Path, clock: FakeClock
) -> None:
    """It was signed with this CA's key and is unknown here: this home is an older copy, or somebody has the key."""
    other = copy_home(home_template, tmp_path / "other", clock=clock)
    pem = _pem(other.issue("portal.egov.internal"))
    other.workspace.close()
    (one,) = _import(home, nmap_host("10.1.2.3", pem=pem)).found
    assert one.observation.seen.verdict is Verdict.UNRECORDED
    assert "on no record" in one.advice
    same_name = stranger(tmp_path / "forged", issuer=one.observation.seen.issuer)[0].read_text()
    (forged,) = _import(home, nmap_host("10.1.2.4", pem=same_name)).found
    assert forged.observation.seen.issuer == one.observation.seen.issuer
    assert forged.observation.seen.verdict is Verdict.FOREIGN


def test_the_word_servers_means_recorded_addresses_and_names(home: HomeForTest) -> None:
    """Each name at the addresses that it has, if they may be looked at; what may not is named, not contacted."""
    home.issue("portal.egov.internal", ip=("10.1.2.3",), recorded_ip="10.9.9.9")
    home.issue("away.egov.internal", recorded_ip="cabinet 4")

    def resolve(names: Sequence[str]) -> dict[str, tuple[Address, ...]]:
        known: dict[str, tuple[Address, ...]] = {
            "portal.egov.internal": (ip_address("10.1.2.3"),),
            "away.egov.internal": (ip_address(OUTSIDE),),
        }
        return {name: known[name] for name in names}

    plan = scan_plan.plan(home.workspace, ["servers"], [443, 8443], resolve=resolve)
    found = {(place.address, place.sni) for place in plan.places}
    assert found == {("10.1.2.3", "portal.egov.internal"), ("10.9.9.9", "portal.egov.internal")}
    assert len(plan.places) == 4
    assert len(plan.skipped) == 2
    assert any(OUTSIDE in item.message for item in plan.skipped)
    assert any("cabinet 4" in item.message for item in plan.skipped)


def test_a_foreign_certificate_is_adopted_as_a_server_to_be_replaced(home: HomeForTest, tmp_path: Path) -> None:
    """R1.2: with owner and purpose; it is on record from then on, and the scan asks no more."""
    pem = stranger(tmp_path)[0].read_text()
    (one,) = _import(home, nmap_host("10.1.2.3", pem=pem)).found
    name = observations.adopt(
        home.workspace, home.person(), observation=one.observation.id, owner="Web team", purpose="Old portal"
    )
    assert name == "legacy.egov.internal"
    with home.workspace.store().read() as snapshot:
        server = servers.find_by_name(snapshot, name)
    assert server is not None
    assert (server.owner, server.purpose, server.recorded_ip) == ("Web team", "Old portal", "10.1.2.3")
    again = _import(home, nmap_host("10.1.2.3", pem=pem))
    assert [found.advice for found in again.found] == [""]
    assert not again.needs_a_person
    with pytest.raises(RefusedError) as caught:
        observations.adopt(home.workspace, home.person(), observation=one.observation.id, owner="x", purpose="y")
    assert caught.value.code is Code.OBSERVATION_STATE


def test_r2_1_an_adoption_says_everything_that_it_lacks(home: HomeForTest, tmp_path: Path) -> None:
    """R2.1: owner, purpose, a usable name, and a certificate that is foreign; nothing is recorded."""
    pem = stranger(tmp_path, "UPPER CASE")[0].read_text()
    (one,) = _import(home, nmap_host("10.1.2.3", pem=pem)).found
    with pytest.raises(RefusedError) as caught:
        observations.adopt(home.workspace, home.person(), observation=one.observation.id, owner=" ", purpose="")
    codes = {item.code for item in caught.value.findings}
    assert codes == {Code.SERVER_NAME, Code.PURPOSE_MISSING, Code.SERVER_FACTS}
    assert _count(home, "server") == 0
    (ours,) = _import(home, nmap_host("10.1.2.4", pem=_pem(home.issue("portal.egov.internal")))).found
    with pytest.raises(RefusedError):
        observations.adopt(home.workspace, home.person(), observation=ours.observation.id, owner="x", purpose="y")
    with pytest.raises(NotFoundError):
        observations.adopt(home.workspace, home.person(), observation=ObservationId(99), owner="x", purpose="y")


def test_a_server_on_record_keeps_its_facts_when_its_old_certificate_is_adopted(
    home: HomeForTest, tmp_path: Path
) -> None:
    """What is on record of it changes by its own verb only."""
    home.issue("legacy.egov.internal", owner="Web team")
    (one,) = _import(home, nmap_host("10.1.2.3", pem=stranger(tmp_path)[0].read_text())).found
    observations.adopt(home.workspace, home.person(), observation=one.observation.id, owner="Others", purpose="")
    with home.workspace.store().read() as snapshot:
        server = servers.find_by_name(snapshot, "legacy.egov.internal")
    assert server is not None
    assert server.owner == "Web team"


def test_a_hostile_certificate_is_cut_and_made_printable(home: HomeForTest, tmp_path: Path) -> None:
    """A hundred names keep twenty; an escape sequence in a name stays text."""
    pem = stranger(tmp_path, names=100, issuer="\x1b[2J evil")[0].read_text()
    (one,) = _import(home, nmap_host("10.1.2.3", pem=pem)).found
    assert len(one.observation.seen.names) == 20
    assert "\x1b" not in one.observation.seen.issuer
