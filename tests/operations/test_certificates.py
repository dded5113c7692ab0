"""Issue and renew: what is written, what is refused, what the journal keeps."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.errors import RefusedError, UsageError
from certmgr.intake import Wish
from certmgr.models.certificates import State
from certmgr.operations import certificates
from certmgr.pki import inspect, keys
from certmgr.queries import certificates as queries
from tests.clock import FakeClock
from tests.home import HomeForTest


def test_r3_2_an_issued_certificate_is_on_record_and_its_files_match_it(home: HomeForTest) -> None:
    """R3.2: the certificate, the record and the delivered files say the same."""
    issued = home.issue("portal.egov.internal", ip=("10.1.2.3",))
    assert issued.folder is not None
    detail = queries.detail(home.workspace, issued.id)
    facts = inspect.certificate_facts(detail.der)
    private = keys.load_private((issued.folder / "privkey.pem").read_bytes())
    assert keys.public_spki(private) == facts.spki
    assert facts.serial == detail.certificate.serial
    assert facts.dns == ("portal.egov.internal",)
    assert [ip_address(one) for one in facts.ip] == [ip_address("10.1.2.3")]
    assert detail.state is State.VALID
    assert [entry.action for entry in detail.history] == [
        "certificate.intended",
        "certificate.issued",
        "certificate.delivered",
    ]


def test_r1_5_the_private_key_is_owner_only_and_no_copy_of_it_stays(home: HomeForTest) -> None:
    """R1.5: the key is in one file, mode 0600, and the temporary one is gone."""
    issued = home.issue("portal.egov.internal")
    assert issued.folder is not None
    assert (issued.folder / "privkey.pem").stat().st_mode & 0o777 == 0o600
    keys_found = [path for path in home.out.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert [path.resolve() for path in keys_found] == [(issued.folder / "privkey.pem").resolve()]


def test_every_reason_of_a_refusal_is_given_at_once_and_journalled(home: HomeForTest) -> None:
    """A refusal lists all its reasons, leaves one journal entry and no file (DETAILS 52)."""
    session = home.machine()
    with home.workspace.store().read() as snapshot:
        before = snapshot.row("SELECT max(seq) FROM journal")
    wish = Wish(dns=("www.example.com", "portal.egov.internal"), ip=("8.8.8.8",), owner="ops")
    with pytest.raises(RefusedError) as caught:
        certificates.issue(home.workspace, session, wish, destination=home.out)
    codes = {finding.code for finding in caught.value.findings}
    assert {Code.NAME_PUBLIC, Code.ADDRESS_OUTSIDE, Code.PURPOSE_MISSING} <= codes
    with home.workspace.store().read() as snapshot:
        after = snapshot.row("SELECT max(seq) FROM journal")
        assert before is not None
        assert after is not None
        assert after[0] == before[0] + 1
        assert snapshot.row("SELECT count(*) FROM certificate") == (0,)
    assert not home.out.exists()


def test_a_server_with_a_live_certificate_gets_no_second_one(home: HomeForTest) -> None:
    """`issue` for a server that has one is refused, but for --additional (DETAILS 51)."""
    home.issue("portal.egov.internal")
    with pytest.raises(RefusedError) as caught:
        home.issue("portal.egov.internal")
    assert caught.value.code is Code.ALREADY_ISSUED
    wish = Wish(dns=("portal.egov.internal",), purpose="test", owner="ops")
    again = certificates.issue(home.workspace, home.machine(), wish, destination=home.out, additional=True)
    assert len(queries.detail(home.workspace, again.id).line) == 2


def test_r5_1_renewal_before_the_window_needs_force_and_a_reason(home: HomeForTest, clock: FakeClock) -> None:
    """R5.1: outside the 30 natural days renewal is refused unless forced with a reason."""
    first = queries.detail(home.workspace, home.issue("portal.egov.internal").id).certificate
    with pytest.raises(RefusedError) as caught:
        certificates.renew(home.workspace, home.machine(), first)
    assert caught.value.code is Code.RENEWAL_EARLY
    with pytest.raises(UsageError):
        certificates.renew(home.workspace, home.machine(), first, force=True)
    clock.now = first.window_opens
    renewed = certificates.renew(home.workspace, home.machine(), first)
    assert renewed.folder is not None
    assert renewed.folder.resolve().name == "2"


def test_r1_8_renewal_makes_a_new_key_and_the_old_certificate_stays_good_for_the_overlap(
    home: HomeForTest, clock: FakeClock
) -> None:
    """R1.8: a new key by default; the old one is superseded when the overlap has passed (ARCHITECTURE 9)."""
    first = queries.detail(home.workspace, home.issue("portal.egov.internal").id).certificate
    clock.now = first.renew_at
    second = queries.detail(home.workspace, certificates.renew(home.workspace, home.machine(), first).id)
    assert second.certificate.spki_sha256 != first.spki_sha256
    assert queries.detail(home.workspace, first.id).state is State.VALID
    clock.advance(days=7, minutes=1)
    assert queries.detail(home.workspace, first.id).state is State.SUPERSEDED
    with pytest.raises(RefusedError):
        certificates.renew(home.workspace, home.machine(), queries.detail(home.workspace, first.id).certificate)


def test_r5_1_an_expired_certificate_is_not_renewed(home: HomeForTest, clock: FakeClock) -> None:
    """R5.1: after expiry there is nothing to renew, not even by force."""
    first = queries.detail(home.workspace, home.issue("portal.egov.internal").id).certificate
    clock.now = first.not_after + timedelta(seconds=1)
    with pytest.raises(RefusedError):
        certificates.renew(home.workspace, home.machine(), first, force=True, reason="late")


def test_a_dry_run_unlocks_and_records_nothing(home: HomeForTest, tmp_path: Path) -> None:
    """`--dry-run` gives the text of what would be signed (DETAILS 21)."""
    home.machine_key.rename(tmp_path / "away")
    found = certificates.rehearse(home.workspace, Wish(dns=("portal.egov.internal",), purpose="test", owner="ops"))
    assert "portal.egov.internal" in "\n".join(inspect.describe_tbs(found.tbs).lines())
    with home.workspace.store().read() as snapshot:
        assert snapshot.row("SELECT count(*) FROM certificate") == (0,)


def test_a_clock_behind_the_journal_signs_nothing(home: HomeForTest, clock: FakeClock) -> None:
    """More than five minutes behind the newest entry nothing is signed (DETAILS 23)."""
    home.issue("one.egov.internal")
    clock.advance(minutes=-4)
    home.issue("two.egov.internal")
    clock.advance(minutes=-2)
    with pytest.raises(RefusedError) as caught:
        home.issue("three.egov.internal")
    assert caught.value.code is Code.CLOCK_BEHIND
