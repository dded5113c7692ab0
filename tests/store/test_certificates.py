"""Certificates on record: intent before signature, what was signed never changes (ARCHITECTURE 2)."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from certmgr.errors import CertmgrError, IntegrityError, NotFoundError
from certmgr.models.certificates import Certificate, CertificateId, KeyOrigin, Stage
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.models.serials import Serial
from certmgr.store import certificates, intents, journal
from certmgr.store.connection import Store
from tests.clock import START, FakeClock
from tests.store.given import ALICE, ISSUING, ROOT, digest, intent, issue


def issued(store: Store, server: str = "portal.egov.internal", number: int = 0x7000) -> Certificate:
    """Put one certificate on record and return it."""
    with store.write(ALICE) as tx:
        (identity,) = issue(tx, intent(tx, server, number=number))
        return certificates.get(tx, identity)


def test_an_intent_is_a_pending_certificate(store: Store) -> None:
    """Everything but the signature is on record before there is one."""
    with store.write(ALICE) as tx:
        row = intent(tx, dns=("portal.egov.internal", "www.egov.internal"), ip=("10.0.0.1", "fd00::1"), note="rack 4")
        (identity,) = intents.add_intents(tx, [row])
    with store.read() as snapshot:
        found = certificates.get(snapshot, identity)
        assert found == Certificate(
            id=identity,
            authority_id=ISSUING,
            authority="issuing-2026-1",
            server_id=row.server_id,
            server="portal.egov.internal",
            serial=Serial("7000"),
            stage=Stage.INTENT,
            profile="server",
            key_type=KeyType.EC_P256,
            key_origin=KeyOrigin.MADE,
            spki_sha256=row.spki_sha256,
            sha256=None,
            dns=("portal.egov.internal", "www.egov.internal"),
            ip=("10.0.0.1", "fd00::1"),
            not_before=row.spec.not_before,
            not_after=row.spec.not_after,
            window_opens=row.window_opens,
            renew_at=row.renew_at,
            owner="Unit A",
            purpose="TLS",
            note="rack 4",
            requested_by="alice",
            created_at=START,
        )
        assert certificates.tbs(snapshot, identity) == row.tbs
        with pytest.raises(NotFoundError, match="has not been issued"):
            certificates.der(snapshot, identity)


def test_a_certificate_is_recorded_with_its_digest(store: Store, clock: FakeClock) -> None:
    """The second step stores the DER and when, and journals the digest."""
    with store.write(ALICE) as tx:
        (identity,) = intents.add_intents(tx, [intent(tx)])
    clock.advance(minutes=1)
    with store.write(ALICE) as tx:
        certificates.record_issued(tx, [(identity, b"DER")])
    expected = hashlib.sha256(b"DER").hexdigest()
    with store.read() as snapshot:
        found = certificates.get(snapshot, identity)
        assert (found.stage, found.sha256, found.issued_at) == (Stage.ISSUED, expected, START + timedelta(minutes=1))
        assert certificates.der(snapshot, identity) == b"DER"
        actions = [(one.action, one.data) for one in journal.for_objects(snapshot, f"certificate:{identity}")]
    assert [action for action, _ in actions] == ["certificate.intended", "certificate.issued"]
    assert actions[1][1] == {"sha256": expected}


def test_ids_and_entries_of_a_batch_are_in_its_order(store: Store) -> None:
    """The caller pairs them by position."""
    with store.write(ALICE) as tx:
        ids = intents.add_intents(tx, [intent(tx, number=0x7000 + number) for number in range(20)])
    with store.read() as snapshot:
        assert [certificates.get(snapshot, one).serial for one in ids] == [
            Serial.from_int(0x7000 + number) for number in range(20)
        ]
        for one in ids:
            assert [entry.data["serial"] for entry in journal.for_objects(snapshot, f"certificate:{one}")] == [
                certificates.get(snapshot, one).serial
            ]


def test_the_journal_holds_no_owner_and_no_note(store: Store) -> None:
    """Ids, codes and digests only (DETAILS 34)."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, owner="Jane Doe", note="call 555-0100"))
    with store.read() as snapshot:
        text = str(list(journal.entries(snapshot)))
    assert "Jane" not in text
    assert "555" not in text


def test_a_serial_is_used_once_by_an_authority(store: Store) -> None:
    """The second is refused and nothing of its transaction stays; another authority may use it."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, number=0x7000))
    with pytest.raises(CertmgrError, match=r"UNIQUE.*serial"), store.write(ALICE) as tx:
        intents.add_intents(tx, [intent(tx, "other.egov.internal", number=0x7000)])
    with store.write(ALICE) as tx:
        intents.add_intents(tx, [intent(tx, number=0x7000, authority=ROOT)])
    with store.read() as snapshot:
        assert len(certificates.by_serial(snapshot, Serial("7000"))) == 2
        assert certificates.for_server(snapshot, "other.egov.internal") == ()


def test_a_certificate_is_issued_once(store: Store) -> None:
    """What is on record is never replaced."""
    one = issued(store)
    with pytest.raises(CertmgrError, match="only an open intent"), store.write(ALICE) as tx:
        certificates.record_issued(tx, [(one.id, b"another")])
    with store.read() as snapshot:
        assert certificates.der(snapshot, one.id) == b"DER of TBS 28672"


def test_a_certificate_without_an_intent_is_refused(store: Store) -> None:
    """A signed certificate that is not on record must be impossible (ARCHITECTURE 2)."""
    with pytest.raises(CertmgrError, match="1 rows were to be changed and 0 were"), store.write(ALICE) as tx:
        certificates.record_issued(tx, [(CertificateId(99), b"DER")])
    with store.read() as snapshot:
        assert journal.for_objects(snapshot, "certificate:99") == ()


@pytest.mark.parametrize(
    "assignment",
    [
        "serial = 'AB'",
        "tbs = x'00'",
        "spki_sha256 = printf('%064d', 0)",
        "not_after = '2036-01-01T00:00:00Z'",
        "spec = '{}'",
    ],
)
def test_what_was_intended_does_not_change(store: Store, assignment: str) -> None:
    """The bytes that are signed are the bytes that were recorded."""
    one = issued(store)
    with pytest.raises(CertmgrError, match="what was signed does not change"), store.write(ALICE) as tx:
        tx.change(f"UPDATE certificate SET {assignment} WHERE id = ?", (one.id,))  # noqa: S608 - from this test


def test_open_intents_come_back_as_they_were_recorded(store: Store) -> None:
    """Recovery has everything it needs to sign the same bytes again (DETAILS 15)."""
    with store.write(ALICE) as tx:
        made = intent(tx, number=1, ip=("10.1.2.3",), destination="/srv/tls", note="n")
        sent = intent(tx, "db.egov.internal", number=2, csr=b"CSR")
        finished = intent(tx, "done.egov.internal", number=3)
        ids = intents.add_intents(tx, [made, sent, finished])
        certificates.record_issued(tx, [(ids[2], b"DER")])
    with store.read() as snapshot:
        found = intents.open_intents(snapshot)
        assert certificates.csr(snapshot, ids[1]) == b"CSR"
        with pytest.raises(NotFoundError, match="not made from a CSR"):
            certificates.csr(snapshot, ids[0])
    assert [(one.id, one.row, one.created_at, one.genuine) for one in found] == [
        (ids[0], made, START, True),
        (ids[1], sent, START, True),
    ]


@pytest.mark.parametrize("column", ["destination", "key_path", "note", "owner"])
def test_an_intent_that_was_tampered_with_is_not_genuine(store: Store, column: str) -> None:
    """Recovery trusts no row: what may be changed by SQL is under the digest in the journal (DETAILS 16)."""
    with store.write(ALICE) as tx:
        intents.add_intents(tx, [intent(tx, destination="/srv/tls")])
        tx.change(f"UPDATE certificate SET {column} = '/etc/elsewhere'")  # noqa: S608 - from this test
    with store.read() as snapshot:
        (found,) = intents.open_intents(snapshot)
    assert not found.genuine


def test_an_intent_whose_bytes_were_exchanged_is_not_genuine(store: Store) -> None:
    """Also by somebody who removes the trigger first."""
    with store.write(ALICE) as tx:
        intents.add_intents(tx, [intent(tx)])
        tx.change("DROP TRIGGER certificate_fixed")
        tx.change("UPDATE certificate SET tbs = x'30'")
    with store.read() as snapshot:
        (found,) = intents.open_intents(snapshot)
    assert not found.genuine


def test_an_intent_that_cannot_be_read_is_an_integrity_error(store: Store) -> None:
    """A damaged specification is exit 7, not a traceback."""
    with store.write(ALICE) as tx:
        intents.add_intents(tx, [intent(tx)])
        tx.change("DROP TRIGGER certificate_fixed")
        tx.change("UPDATE certificate SET spec = '{}'")
    with pytest.raises(IntegrityError, match="open intent 1 is damaged"), store.read() as snapshot:
        intents.open_intents(snapshot)


def test_an_abandoned_intent_is_closed(store: Store) -> None:
    """It is journalled, no longer open, and cannot be finished any more."""
    with store.write(ALICE) as tx:
        (identity,) = intents.add_intents(tx, [intent(tx)])
    with store.write(ALICE) as tx:
        certificates.abandon(tx, identity)
        certificates.set_revoked(tx, identity, tx.now, Cause.ISSUED_IN_ERROR)
    with store.read() as snapshot:
        found = certificates.get(snapshot, identity)
        assert (found.stage, found.cause) == (Stage.ABANDONED, "issued-in-error")
        assert intents.open_intents(snapshot) == ()
        assert [one.action for one in journal.for_objects(snapshot, f"certificate:{identity}")][-1] == (
            "certificate.abandoned"
        )
    with pytest.raises(NotFoundError, match="open intent"), store.write(ALICE) as tx:
        certificates.abandon(tx, identity)


def test_a_certificate_is_undelivered_until_its_files_are_in_place(store: Store) -> None:
    """What was issued and not delivered is found again, with its key file."""
    with store.write(ALICE) as tx:
        ids = issue(tx, intent(tx, number=1, destination="/srv/tls"), intent(tx, "b.egov.internal", number=2))
    with store.read() as snapshot:
        ((found, key_path),) = certificates.undelivered(snapshot)
        assert (found.id, key_path) == (ids[0], "/srv/tls/.key-1")
    with store.write(ALICE) as tx:
        certificates.set_delivered(tx, ids[:1])
    with store.read() as snapshot:
        assert certificates.undelivered(snapshot) == ()
        assert journal.for_objects(snapshot, f"certificate:{ids[0]}")[-1].action == "certificate.delivered"


def test_a_revocation_is_not_taken_back(store: Store) -> None:
    """The cause may become worse, the date stays (DETAILS 28); a hold of a revoked certificate is not released."""
    one = issued(store)
    with store.write(ALICE) as tx:
        certificates.set_held(tx, one.id, tx.now)
        certificates.set_revoked(tx, one.id, tx.now, Cause.MISUSED)
        certificates.set_revoked(tx, one.id, tx.now, Cause.KEY_COMPROMISE)
        tx.record("a.b", "c:1", {})
    with store.read() as snapshot:
        found = certificates.get(snapshot, one.id)
    assert (found.revoked_at, found.cause, found.held_at) == (START, "key-compromise", START)
    for sql in (
        "UPDATE certificate SET revoked_at = NULL",
        "UPDATE certificate SET revoked_at = '2030-01-01T00:00:00Z'",
    ):
        with pytest.raises(CertmgrError, match="not taken back"), store.write(ALICE) as tx:
            tx.change(sql)
    with pytest.raises(NotFoundError, match="held certificate"), store.write(ALICE) as tx:
        certificates.clear_held(tx, one.id)


def test_a_hold_is_set_and_cleared(store: Store) -> None:
    """With its cause."""
    one = issued(store)
    with store.write(ALICE) as tx:
        certificates.set_held(tx, one.id, tx.now)
        held = certificates.get(tx, one.id)
        certificates.clear_held(tx, one.id)
        tx.record("a.b", "c:1", {})
        assert (held.held_at, held.cause) == (START, "suspended")
        assert certificates.get(tx, one.id) == one


def test_references_find_certificates(store: Store) -> None:
    """By server, exact name, serial, the beginning of a serial or a fingerprint, key (DETAILS 51)."""
    with store.write(ALICE) as tx:
        first = intent(tx, number=0xAB12, dns=("portal.egov.internal", "www.egov.internal"), ip=("10.0.0.1",), key="k")
        second = intent(tx, "db.egov.internal", number=0xAB34, dns=("db.egov.internal", "www.egov.internal"), key="k")
        one, two = issue(tx, first, second)
    with store.read() as snapshot:

        def ids(found: tuple[Certificate, ...]) -> list[int]:
            return [certificate.id for certificate in found]

        assert ids(certificates.for_server(snapshot, "portal.egov.internal")) == [one]
        assert ids(certificates.by_name(snapshot, "www.egov.internal")) == [two, one]
        assert ids(certificates.by_name(snapshot, "10.0.0.1")) == [one]
        assert ids(certificates.by_name(snapshot, "egov.internal")) == []
        assert ids(certificates.by_serial(snapshot, Serial("AB12"))) == [one]
        assert ids(certificates.by_serial_start(snapshot, "AB")) == [two, one]
        assert ids(certificates.by_serial_start(snapshot, "AB1")) == [one]
        assert ids(certificates.by_spki(snapshot, digest("k"))) == [two, one]
        sha256 = certificates.get(snapshot, two).sha256 or ""
        assert ids(certificates.by_sha256(snapshot, sha256)) == [two]
        assert two in ids(certificates.by_sha256(snapshot, sha256[:4]))
        assert ids(certificates.by_sha256(snapshot, "f" * 64)) == []


def test_a_certificate_that_is_not_there_is_not_found(store: Store) -> None:
    """Exit 5, for every way of asking by id."""
    nowhere = CertificateId(99)
    with store.read() as snapshot:
        for ask in (certificates.get, certificates.der, certificates.tbs, certificates.csr):
            with pytest.raises(NotFoundError, match="99"):
                ask(snapshot, nowhere)
    with pytest.raises(NotFoundError), store.write(ALICE) as tx:
        certificates.set_superseded(tx, nowhere, START)


def test_live_certificates_of_a_server(store: Store, clock: FakeClock) -> None:
    """Accepted or held, the newest first; not those revoked, expired, superseded or, unless asked for, intended."""
    with store.write(ALICE) as tx:
        rows = [intent(tx, number=number) for number in range(1, 7)]
        rows[3] = replace(
            rows[3],
            spec=replace(rows[3].spec, not_before=START - timedelta(days=9), not_after=START - timedelta(days=1)),
        )
        valid, held, revoked, _expired, superseded, overlapping = issue(tx, *rows)
        (intended,) = intents.add_intents(tx, [intent(tx, number=7)])
        certificates.set_held(tx, held, tx.now)
        certificates.set_revoked(tx, revoked, tx.now, Cause.MISUSED)
        certificates.set_superseded(tx, superseded, tx.now)
        certificates.set_superseded(tx, overlapping, tx.now + timedelta(days=7))
    name = "portal.egov.internal"
    with store.read() as snapshot:
        assert [one.id for one in certificates.live_for_server(snapshot, name, clock())] == [overlapping, held, valid]
        assert [one.id for one in certificates.live_for_server(snapshot, name, clock(), intents=True)] == [
            intended,
            overlapping,
            held,
            valid,
        ]


def test_certificates_due_for_renewal(store: Store, clock: FakeClock) -> None:
    """Those and no others, the first to expire first."""
    with store.write(ALICE) as tx:
        late, soon, renewed, revoked = issue(
            tx,
            *(
                intent(tx, f"{name}.egov.internal", number=i, days=days)
                for i, (name, days) in enumerate([("late", 100), ("soon", 90), ("renewed", 90), ("revoked", 90)], 1)
            ),
        )
        certificates.set_superseded(tx, renewed, tx.now + timedelta(days=100))
        certificates.set_revoked(tx, revoked, tx.now, Cause.MISUSED)
    with store.read() as snapshot:
        assert certificates.due(snapshot, clock()) == ()
        clock.advance(days=80)
        assert [one.id for one in certificates.due(snapshot, clock())] == [soon, late]
        assert [one.id for one in certificates.due(snapshot, clock(), limit=1)] == [soon]
        clock.advance(days=15)
        assert [one.id for one in certificates.due(snapshot, clock())] == [late]


def test_a_line_of_certificates_is_one_history(store: Store) -> None:
    """Who replaced whom, whichever of them is asked about (R9.1)."""
    with store.write(ALICE) as tx:
        (first,) = issue(tx, intent(tx, number=1))
        (second,) = issue(tx, intent(tx, number=2, replaces=first))
        (third,) = issue(tx, intent(tx, number=3, replaces=second))
        issue(tx, intent(tx, number=4))
        for one in (first, second, third):
            assert [found.id for found in certificates.line(tx, one)] == [first, second, third]
        found = certificates.get(tx, second)
        assert (found.replaces_id, found.replaced_by_id) == (first, third)


def test_an_abandoned_successor_replaces_nothing(store: Store) -> None:
    """A renewal that came to nothing can be tried again."""
    with store.write(ALICE) as tx:
        (first,) = issue(tx, intent(tx, number=1))
        (second,) = intents.add_intents(tx, [intent(tx, number=2, replaces=first)])
        assert certificates.get(tx, first).replaced_by_id == second
        certificates.abandon(tx, second)
        assert certificates.get(tx, first).replaced_by_id is None
