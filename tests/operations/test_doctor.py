"""The examination of a home: what is told of each kind of trouble, and that looking changes nothing."""

import shutil
from pathlib import Path

import pytest

from certmgr import issuance
from certmgr.codes import Code
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, RefusedError, Severity, UsageError
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause
from certmgr.operations import check, doctor, operators, revocations
from certmgr.pki import verifiers
from tests.clock import FakeClock
from tests.home import CHEAP_KDF, HomeForTest, reopen

NAME = "portal.egov.internal"


@pytest.fixture(autouse=True)
def _own_verifier_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are asked in tests/programs; here they would only take time."""
    monkeypatch.setattr("certmgr.pki.selftest.found_verifiers", lambda: {"cryptography": verifiers.verify_with_library})


def worries(home: HomeForTest) -> dict[Code, list[Finding]]:
    """Return what is not in order, by code."""
    found: dict[Code, list[Finding]] = {}
    for item in doctor.examine(home.workspace):
        if item.severity is not Severity.NOTICE:
            found.setdefault(item.code, []).append(item)
    return found


USUAL = {Code.CONFIG_MISSING, Code.CHECK_LATE, Code.AUTHORITY_HOLDERS}
"""Of a new home without a CRL address, before the first check, with one administrator."""


def test_a_new_home_is_in_order_but_for_what_is_missing(home: HomeForTest) -> None:
    """No damage; one notice for each area that is well."""
    found = list(doctor.examine(home.workspace))
    assert {item.code for item in found if item.severity is not Severity.NOTICE} == USUAL
    assert not [item for item in found if item.severity is Severity.ERROR]
    well = [item for item in found if item.code is Code.WELL]
    assert len(well) == len(doctor.AREAS) - len(USUAL)


def test_what_was_missing_can_be_had(home: HomeForTest) -> None:
    """With a CRL address, a check and recovery words there is nothing left to say."""
    operators.add(home.workspace, home.person(), name="paper", role=Role.RECOVERY, kdf=CHEAP_KDF)
    list(check.check(home.workspace, home.machine()))
    home.workspace.close()
    there = reopen(home.path.parent, clock=home.workspace.clock, crl_url="http://pki.egov.internal/")
    assert worries(there) == {}


def test_looking_changes_nothing(home: HomeForTest) -> None:
    """No file is made or changed, and nothing is journalled."""
    home.issue(NAME)
    places = {path: path.stat().st_mtime_ns for path in home.path.parent.rglob("*") if "certmgr.db" not in path.name}
    with home.workspace.store().read() as snapshot:
        before = snapshot.row("SELECT count(*), max(hash) FROM journal")
    list(doctor.examine(home.workspace))
    with home.workspace.store().read() as snapshot:
        assert snapshot.row("SELECT count(*), max(hash) FROM journal") == before
    after = {path: path.stat().st_mtime_ns for path in home.path.parent.rglob("*") if "certmgr.db" not in path.name}
    assert after == places


def test_a_changed_journal_entry_is_damage(home: HomeForTest) -> None:
    """N5: somebody who got past the triggers is still found."""
    _tamper(home, "UPDATE journal SET actor = 'nobody' WHERE seq = 2")
    found = worries(home)
    assert found[Code.JOURNAL_HASH][0].severity is Severity.ERROR
    assert Code.STORE_UNPROTECTED in found


def test_a_record_that_is_not_its_certificates_is_damage(home: HomeForTest) -> None:
    """The columns that lists and renewals go by are compared with the bytes."""
    issued = home.issue(NAME)
    _tamper(home, "UPDATE certificate SET not_after = '2030-01-01T00:00:00Z'")
    (finding,) = [item for item in worries(home)[Code.STORE_ROW] if "what its certificate says" in item.message]
    assert finding.severity is Severity.ERROR
    assert str(issued.prepared.spec.serial) in finding.message
    assert finding.message.endswith(": end.")


def test_a_revocation_that_no_crl_carries_is_damage(home: HomeForTest) -> None:
    """A restored table must not un-revoke a certificate."""
    issued = home.issue(NAME)
    cause = Cause.KEY_LOST
    revocations.revoke(home.workspace, home.person(), certificate=issued.id, cause=cause, confirm=NAME)
    _tamper(home, "DELETE FROM crl_entry")
    assert any("stands on no CRL" in item.message for item in worries(home)[Code.STORE_ROW])


def _tamper(home: HomeForTest, statement: str) -> None:
    """Do what no function of the store would: take the triggers away and change a row."""
    with home.workspace.store().gate() as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement)


def test_an_intent_that_was_never_finished_is_told(home: HomeForTest, clock: FakeClock) -> None:
    """Once it is older than any running command."""
    interrupt(home, "sign")
    assert Code.INTENT_OPEN not in worries(home)
    clock.advance(minutes=6)
    (finding,) = worries(home)[Code.INTENT_OPEN]
    assert "certmgr check" in finding.message


def interrupt(home: HomeForTest, step: str) -> None:
    """Issue a certificate and press Ctrl-C at that step."""

    def press(*_: object) -> bytes:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuance, step, press)
        with pytest.raises(KeyboardInterrupt):
            home.issue(NAME)


def test_files_that_were_not_delivered_are_told(home: HomeForTest, clock: FakeClock) -> None:
    """The certificate is on record; its owner has nothing yet."""
    interrupt(home, "deliver")
    clock.advance(minutes=6)
    assert len(worries(home)[Code.UNDELIVERED]) == 1


def test_a_clock_that_went_back_is_told_and_can_be_accepted(home: HomeForTest, clock: FakeClock) -> None:
    """DETAILS 23: nothing is signed until an administrator says that the clock is right; the reason is journalled."""
    clock.advance(days=400)
    home.issue("late.egov.internal")
    clock.advance(days=-400)
    assert Code.CLOCK_BEHIND in worries(home)
    with pytest.raises(RefusedError):
        home.issue(NAME)
    with pytest.raises(RefusedError):
        doctor.accept_clock(home.workspace, home.machine(), reason="The year was wrong.")
    with pytest.raises(UsageError):
        doctor.accept_clock(home.workspace, home.person(), reason="  ")
    behind = doctor.accept_clock(home.workspace, home.person(), reason="The year was wrong.")
    assert behind == 400 * 86400
    assert Code.CLOCK_BEHIND not in worries(home)
    assert Code.JOURNAL_TIME not in worries(home)
    home.issue(NAME)
    with pytest.raises(RefusedError):
        doctor.accept_clock(home.workspace, home.person(), reason="Once more.")


@pytest.mark.parametrize(
    ("days", "words"), [(2, "has signed no CRL for 48 hours"), (4, "ended on"), (130, "root-2026 ends on")]
)
def test_a_crl_that_grows_old_is_told(home: HomeForTest, clock: FakeClock, days: int, words: str) -> None:
    """24 hours without a new one, its end, and 60 days before the end of the root's (DETAILS 29)."""
    clock.advance(days=days)
    assert any(words in item.message for item in worries(home)[Code.CRL_OVERDUE])


def test_a_published_file_that_is_not_the_newest_is_told(home: HomeForTest) -> None:
    """Missing, or another one: relying parties go by that file."""
    issuing, root = sorted(home.public.glob("*.crl"))
    issuing.unlink()
    shutil.copy(home.public / "root-2026.cer", root)
    messages = [item.message for item in worries(home)[Code.CRL_FILE]]
    assert any("is missing" in message for message in messages)
    assert any("not the newest" in message for message in messages)


def test_a_ca_past_half_of_its_life_needs_a_successor(home: HomeForTest, clock: FakeClock) -> None:
    """A CA whose own certificate expires first stops everything."""
    clock.advance(days=600)
    (finding,) = worries(home)[Code.AUTHORITY_END]
    assert "ca new-issuing" in finding.message


def test_modes_that_let_others_in_are_told(home: HomeForTest) -> None:
    """Each file by name; nothing is repaired."""
    (home.path / "certmgr.toml").chmod(0o666)
    home.path.chmod(0o755)
    key = next((home.path / "keys").glob("issuing-*.json"))
    key.chmod(0o640)
    values = {item.value for item in worries(home)[Code.FILE_NOT_PRIVATE]}
    assert {str(home.path), str(home.path / "certmgr.toml"), str(key)} <= values
    assert key.stat().st_mode & 0o777 == 0o640


def test_a_damaged_or_missing_key_file_is_damage(home: HomeForTest) -> None:
    """And a file that belongs to no CA is worth a look."""
    root, issuing = (next((home.path / "keys").glob(f"{role}-*.json")) for role in ("root", "issuing"))
    root.unlink()
    content = issuing.read_bytes()
    issuing.write_bytes(content[:-10] + b"0000000000")
    shutil.copy(home.path / "operators" / "admin.json", home.path / "keys" / "stray.json")
    found = worries(home)[Code.AUTHORITY_KEY]
    assert {item.value for item in found if item.severity is Severity.ERROR} == {str(root), str(issuing)}
    assert [item.value for item in found if item.severity is Severity.WARNING] == [str(root.parent / "stray.json")]


def test_a_key_that_is_sealed_to_a_stranger_is_damage(home: HomeForTest) -> None:
    """A slot that is not on record opens a CA key: somebody sealed it past certmgr."""
    operators.add(
        home.workspace,
        home.person(),
        name="bob",
        role=Role.OFFICER,
        passphrase=Secret(b"a passphrase of bob's own"),
        kdf=CHEAP_KDF,
    )
    copy = next((home.path / "keys").glob("issuing-*.json")).read_bytes()
    operators.remove(home.workspace, home.person(), name="bob", confirm="bob")
    next((home.path / "keys").glob("issuing-*.json")).write_bytes(copy)
    (finding,) = worries(home)[Code.AUTHORITY_KEY]
    assert finding.severity is Severity.ERROR
    assert finding.value == "bob"


def test_a_machine_that_cannot_act_is_told(home: HomeForTest, tmp_path: Path) -> None:
    """Its key file is gone: cron would do nothing."""
    home.machine_key.rename(tmp_path / "elsewhere")
    (finding,) = worries(home)[Code.SLOT_MACHINE]
    assert str(home.machine_key) in finding.message


def test_a_late_check_and_a_late_revocation_are_told(home: HomeForTest, clock: FakeClock) -> None:
    """R6.1: nothing that is due can be forgotten quietly."""
    issued = home.issue(NAME)
    list(check.check(home.workspace, home.machine()))
    revocations.request(home.workspace, home.machine(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME)
    assert Code.CHECK_LATE not in worries(home)
    clock.advance(hours=25)
    found = worries(home)
    assert "25 hours ago" in found[Code.CHECK_LATE][0].message
    assert "was to be verified by" in found[Code.REVOCATION_LATE][0].message


def test_a_ca_without_walls_fails_the_self_test(home: HomeForTest) -> None:
    """R1.3: what the CA certificates must forbid, a verifier was seen to accept."""
    from certmgr.operations import imports
    from tests.corporate import Corporate

    corporate = Corporate(now=home.workspace.now())
    certificate, key = corporate.issuing()
    root = corporate.root_pem
    imports.import_authority(
        home.workspace, home.person(), certificate=certificate, private_key=key, root=root, crl_file=None
    )
    messages = [item.message for item in worries(home)[Code.SELF_TEST]]
    assert any("www.example.com" in message for message in messages)
    assert any("8.8.8.8" in message for message in messages)


def test_one_area_that_cannot_be_looked_at_hides_no_other(home: HomeForTest) -> None:
    """A CA certificate that cannot be read stops what needs it; the journal is proved all the same."""
    _tamper(home, "UPDATE authority SET certificate = x'00' WHERE role = 'issuing'")
    found = list(doctor.examine(home.workspace))
    assert any(item.severity is Severity.ERROR and "issuing-2026-1" in item.message for item in found)
    assert any(item.message.startswith("The journal is whole") for item in found)


def test_the_time_since_the_last_check_is_kept_as_a_file(home: HomeForTest, clock: FakeClock) -> None:
    """An idle check every quarter of an hour leaves no row behind."""
    from certmgr.queries.health import last_check

    assert last_check(home.workspace) is None
    list(check.check(home.workspace, home.machine()))
    assert last_check(home.workspace) == clock.now
