"""What the reports collect: the promises of a month as they stood, what expires, one subscriber's whole record."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.custody import report_signatures as signatures
from certmgr.custody.secrets import Secret
from certmgr.custody.slots import Slot, UnlockedSlot
from certmgr.errors import IntegrityError, NotFoundError, UsageError
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause
from certmgr.operations import campaigns, certificates, operators, revocations
from certmgr.operations import reports as operation
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import disclosure, report_signatures, reports
from certmgr.store import commitments
from certmgr.workspace import PersonCredential, unlock
from tests.clock import FakeClock
from tests.home import CHEAP_KDF, PASSPHRASE, HomeForTest

NAME = "portal.egov.internal"
DECEMBER = datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
"""When December begins in Berlin."""


def promise(home: HomeForTest, about: str, hours: float) -> None:
    """Open a promise that is due in so many hours."""
    with home.workspace.store().write(home.machine().actor) as tx:
        one = commitments.open_one(tx, Kind.PUBLISH_REVOCATION, about, due_at=tx.now + timedelta(hours=hours))
        tx.record("commitment.opened", f"commitment:{one}", {})


def keep(home: HomeForTest, about: str) -> None:
    """Meet the promise."""
    with home.workspace.store().write(home.machine().actor) as tx:
        assert commitments.meet_all(tx, Kind.PUBLISH_REVOCATION, about)
        tx.record("commitment.met", about, {})


def told(home: HomeForTest, month: str | None = None) -> dict[str, tuple[str, bool]]:
    """Return what the report says of each promise: its status, and whether it was carried over."""
    return {one.about: (one.status, one.carried) for one in reports.commitments(home.workspace, month).promises}


def test_r6_1_a_month_is_reported_as_it_stood_at_its_end(home: HomeForTest, clock: FakeClock) -> None:
    """R6.1: a later report of a month that is over says the same; what ran on is carried over, and ends once."""
    clock.now = DECEMBER - timedelta(hours=30)
    promise(home, "report:kept", 24)
    promise(home, "report:late", 24)
    promise(home, "report:open", 48)
    clock.advance(hours=1)
    keep(home, "report:kept")
    clock.now = DECEMBER + timedelta(hours=2)
    promise(home, "report:next", 24)
    november = {
        "report:kept": ("met", False),
        "report:late": ("breached", False),
        "report:open": ("open", False),
    }
    assert told(home, "2026-11") == november
    first = reports.commitments(home.workspace, "2026-11")
    clock.advance(hours=1)
    for about in ("report:late", "report:open", "report:next"):
        keep(home, about)
    clock.advance(days=40)
    again = reports.commitments(home.workspace, "2026-11")
    assert (again.promises, again.kinds, again.as_of) == (first.promises, first.kinds, DECEMBER)
    assert told(home, "2026-12") == {
        "report:late": ("breached", True),
        "report:open": ("met", True),
        "report:next": ("met", False),
    }
    assert told(home, "2027-01") == {}


def test_r6_1_months_begin_at_local_midnight(home: HomeForTest, clock: FakeClock) -> None:
    """R6.1: in the organisation's zone; the promise opened in the last second belongs to the month."""
    clock.now = DECEMBER - timedelta(seconds=1)
    promise(home, "report:last", 24)
    clock.now = DECEMBER
    promise(home, "report:first", 24)
    assert set(told(home, "2026-11")) == {"report:last"}
    assert told(home) == {"report:last": ("open", True), "report:first": ("open", False)}
    assert reports.commitments(home.workspace).month == "2026-12"


def test_r6_1_a_revocation_is_reported_with_its_times_and_its_server(home: HomeForTest, clock: FakeClock) -> None:
    """R6.1, DETAILS 24: both spans, verification and publication, and the times of the request."""
    issued = home.issue(NAME)
    (request,) = revocations.request(
        home.workspace, home.machine(), certificate=issued.id, cause=Cause.KEY_LOST, confirm=NAME
    )
    clock.advance(hours=2)
    revocations.fulfil(home.workspace, home.person(), request.id)
    found = reports.commitments(home.workspace)
    (told_request,) = found.revocations
    assert (told_request.server, told_request.cause, told_request.state) == (NAME, "key-lost", "done")
    assert told_request.verified_at == told_request.received_at + timedelta(hours=2)
    assert told_request.published_at == clock.now
    spans = {one.kind: one.used for one in found.promises}
    assert spans[Kind.VERIFY_REVOCATION] == timedelta(hours=2)
    assert spans[Kind.PUBLISH_REVOCATION] == timedelta(0)
    assert {one.subject for one in found.promises} == {NAME}


def test_r5_2_a_campaign_is_reported_by_its_name(home: HomeForTest) -> None:
    """R5.2: the promise to finish it."""
    home.issue(NAME)
    campaigns.create(home.workspace, home.person(), name="leave-p256", reason="x", deadline=date(2026, 12, 31))
    found = reports.commitments(home.workspace)
    assert [(one.kind, one.subject) for one in found.promises] == [("finish-campaign", "leave-p256")]
    assert {one.kind for one in found.kinds} == {kind.value for kind in Kind}


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "26-11", "november", "", "2026-12", "9999-12", "0000-01"])
def test_what_is_no_month_or_has_not_begun_is_usage(home: HomeForTest, month: str) -> None:
    """Exit 2."""
    with pytest.raises(UsageError):
        reports.commitments(home.workspace, month)


def test_r5_1_the_expiry_report_has_what_ends_and_has_no_successor(home: HomeForTest, clock: FakeClock) -> None:
    """R5.1: live certificates in natural days, the first to expire first; revoked, replaced and later ones are out."""
    for name, days in (("late", 60), ("soon", 10), ("beyond", 100), ("gone", 5), ("old", 3), ("twice", 20)):
        home.issue(f"{name}.egov.internal", days=days)
    ids = {one.server: one for one in certificate_queries.every(home.workspace)}
    name = "gone.egov.internal"
    revocations.revoke(
        home.workspace, home.person(), certificate=ids[name].id, cause=Cause.NO_LONGER_NEEDED, confirm=name
    )
    clock.advance(days=4)
    certificates.renew(home.workspace, home.machine(), ids["twice.egov.internal"])
    found = reports.expiry(home.workspace, 60)
    assert [one.server for one in found.rows] == ["soon.egov.internal", "late.egov.internal"]
    (first, *_) = found.rows
    assert (first.days_left, str(first.expires_on)) == (6, "2026-12-01")
    assert first.window_on == date(2026, 11, 21)
    assert "twice.egov.internal" in [one.server for one in reports.expiry(home.workspace, 400).rows]


def signed(home: HomeForTest, name: str = "admin") -> tuple[bytes, signatures.ReportSignature]:
    """Return a report and its signature."""
    content = b"a report\n"
    return content, operation.sign(home.workspace, home.person(name), content, kind="commitments")


def codes(caught: pytest.ExceptionInfo[IntegrityError]) -> set[Code]:
    """Return the codes of an error."""
    return {one.code for one in caught.value.findings}


def test_n5_a_signed_report_verifies_and_the_journal_names_who_signed(home: HomeForTest) -> None:
    """N5: with the home's record, or with the key alone; the signature names the journal's newest entry, its own."""
    content, made = signed(home)
    found = signatures.parse_signature(signatures.to_json(made))
    assert found == made
    report_signatures.verify(home.workspace, content, found)
    slot = report_signatures.signing_key(home.workspace, "admin")
    report_signatures.verify_alone(content, found, key=signatures.parse_pem(signatures.pem(slot).encode()))
    with home.workspace.store().read() as snapshot:
        rows = snapshot.rows("SELECT seq, hash, actor, action, object FROM journal ORDER BY seq DESC LIMIT 1")
    assert rows == [(made.journal_seq, made.journal_hash, "admin", "report.signed", f"report:{made.sha256}")]


def test_n5_a_changed_report_or_signature_is_told_with_every_reason(home: HomeForTest) -> None:
    """N5: another file, another name, another time, another journal: exit 7."""
    content, made = signed(home)
    with pytest.raises(IntegrityError) as caught:
        report_signatures.verify(home.workspace, content + b" ", made)
    assert codes(caught) == {Code.REPORT_CHANGED}
    document = json.loads(signatures.to_json(made))
    for change, expected in (
        ({"signed_at": "2026-11-20T09:00:00Z"}, {Code.REPORT_SIGNATURE}),
        ({"slot": "machine"}, {Code.REPORT_SIGNATURE, Code.REPORT_SIGNER, Code.REPORT_JOURNAL}),
        ({"journal_seq": 1}, {Code.REPORT_SIGNATURE, Code.REPORT_JOURNAL}),
        ({"journal_hash": "0" * 64}, {Code.REPORT_SIGNATURE, Code.REPORT_JOURNAL}),
        ({"role": "officer"}, {Code.REPORT_SIGNER}),
    ):
        forged = signatures.parse_signature(json.dumps({**document, **change}).encode())
        with pytest.raises(IntegrityError) as caught:
            report_signatures.verify(home.workspace, content, forged)
        assert codes(caught) == expected, change


def test_n5_a_strangers_signature_is_not_a_slots(home: HomeForTest) -> None:
    """N5: a signature that verifies under the key beside it counts only where the record knows that key."""
    content, made = signed(home)
    private = UnlockedSlot(slot=made.slot, private=home.machine().slot.private)
    machine = home.machine().slot
    stranger = signatures.ReportSignature(
        sha256=made.sha256,
        slot=Slot(
            name="admin",
            role=Role.ADMINISTRATOR,
            kind=made.slot.kind,
            x25519=machine.slot.x25519,
            ed25519=machine.slot.ed25519,
        ),
        signed_at=made.signed_at,
        journal_seq=made.journal_seq,
        journal_hash=made.journal_hash,
        signature=private.sign(made.message),
    )
    assert stranger.holds
    with pytest.raises(IntegrityError) as caught:
        report_signatures.verify(home.workspace, content, stranger)
    assert codes(caught) == {Code.REPORT_SIGNER}
    with pytest.raises(IntegrityError) as caught:
        report_signatures.verify_alone(content, stranger, key=made.slot.ed25519)
    assert codes(caught) == {Code.REPORT_SIGNER}


def test_n5_a_signature_outlives_its_slot(home: HomeForTest) -> None:
    """N5: the journal keeps the fingerprint of a slot that was removed since."""
    secret = Secret(PASSPHRASE.encode())
    operators.add(home.workspace, home.person(), name="bob", role=Role.AUDITOR, passphrase=secret, kdf=CHEAP_KDF)
    session = unlock(home.workspace, PersonCredential(name="bob", passphrase=secret))
    content = b"what an auditor saw\n"
    made = operation.sign(home.workspace, session, content, kind="commitments")
    operators.remove(home.workspace, home.person(), name="bob", confirm="bob")
    report_signatures.verify(home.workspace, content, made)
    with pytest.raises(NotFoundError):
        report_signatures.signing_key(home.workspace, "bob")


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "certmgr.report-signature/2"},
        {"sha256": "A" * 64},
        {"sha256": None},
        {"journal_seq": "12"},
        {"journal_seq": True},
        {"slot": "x\nslot admin"},
        {"role": "god"},
        {"x25519": "00"},
        {"public_key": "AAAA"},
        {"signature": "!"},
        {"signed_at": "yesterday"},
        {"more": ""},
    ],
    ids=str,
)
def test_what_is_no_signature_is_usage(home: HomeForTest, change: dict[str, object]) -> None:
    """A file of another form is told apart from one that does not verify: exit 2."""
    document = json.loads(signatures.to_json(signed(home)[1]))
    with pytest.raises(UsageError):
        signatures.parse_signature(json.dumps({**document, **change}).encode())


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"[" * 100_000])
def test_what_is_not_even_json_is_usage(content: bytes) -> None:
    """Neither crashes nor hangs."""
    with pytest.raises(UsageError):
        signatures.parse_signature(content)
    with pytest.raises(UsageError):
        signatures.parse_pem(content)


def test_n5_no_other_signature_of_a_slot_is_one_of_a_report(home: HomeForTest) -> None:
    """Domain separation: the first line of what is signed is the schema, whatever else a slot signs."""
    made = signed(home)[1]
    assert made.message.splitlines()[0] == b"certmgr.report-signature/1"
    assert made.message.count(b"\n") == 6


def fill(home: HomeForTest) -> None:
    """Put two subscribers on record, one of them with a contact, a revocation and a renewal."""
    first = home.issue(NAME, owner="Web team", contact="li@egov.internal", note="a note")
    home.issue("mail.egov.internal", owner="Mail team", contact="wang@egov.internal")
    revocations.revoke(home.workspace, home.person(), certificate=first.id, cause=Cause.KEY_LOST, confirm=NAME)
    home.issue("shop.egov.internal", owner="WEB TEAM")


def test_r7_3_a_subscribers_record_is_whole_and_holds_nobody_elses(home: HomeForTest) -> None:
    """R7.3: servers, certificates, contacts, requests, promises, history; the owner in any case, none of another's."""
    fill(home)
    found = disclosure.subscriber(home.workspace, " web team ")
    rows = found.rows
    assert [row["name"] for row in rows["server"]] == [NAME, "shop.egov.internal"]
    assert [row["value"] for row in rows["contact"]] == ["li@egov.internal"]
    assert len(rows["certificate"]) == 2
    assert [row["cause"] for row in rows["revocation"]] == ["key-lost"]
    assert {row["kind"] for row in rows["commitment"]} >= {"verify-revocation", "publish-revocation"}
    actions = {entry.action for entry in found.history}
    assert {"server.recorded", "certificate.issued", "revocation.verified"} <= actions
    assert [entry.seq for entry in found.history] == sorted(entry.seq for entry in found.history)
    text = found.document()
    assert json.loads(text)["schema"] == "certmgr.record/1"
    for foreign in ("mail.egov.internal", "wang@"):
        assert foreign not in text


def test_r7_3_a_certificates_record_has_its_rows_alone(home: HomeForTest) -> None:
    """R7.3: its server and contact, its requests, its history; the DER as base64; no other certificate."""
    fill(home)
    found = disclosure.certificate(home.workspace, NAME)
    (one,) = found.rows["certificate"]
    assert found.about == f"certificate {one['serial']}"
    assert str(one["der"]).startswith("MII")
    assert one["note"] == "a note"
    assert not {"tbs", "key_path"} & set(one)
    assert [row["name"] for row in found.rows["certificate_name"]] == [NAME]
    assert all("shop" not in str(row) for row in found.rows["server"])
    assert {entry.object.partition(":")[0] for entry in found.history} <= {"certificate", "revocation", "commitment"}


def test_r7_3_an_owner_of_nothing_is_not_found(home: HomeForTest) -> None:
    """Exit 5; a part of a name is not enough, or another's record would be disclosed."""
    fill(home)
    for owner in ("Web", "", "%", "nobody"):
        with pytest.raises(NotFoundError):
            disclosure.subscriber(home.workspace, owner)
