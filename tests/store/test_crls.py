"""CRLs: numbers that rise, entries that stay as long as they must, requests that know their CRL (DETAILS 24 to 28)."""

from datetime import datetime, timedelta

import pytest

from certmgr.errors import CertmgrError, NotFoundError
from certmgr.models.revocations import Cause, RevocationId
from certmgr.models.serials import Serial
from certmgr.store import certificates, crls, revocations
from certmgr.store.connection import Store, Transaction
from tests.clock import START, FakeClock
from tests.store.given import ALICE, ISSUING, ROOT, intent, issue

DAY = timedelta(days=1)


def put(tx: Transaction, serial: str, *, not_after: datetime = START + 365 * DAY, der: bytes | None = None) -> None:
    """Put an entry for `serial` on the next CRL."""
    crls.put_entry(tx, ISSUING, Serial(serial), der or serial.encode(), revoked_at=tx.now, not_after=not_after)


def sign(tx: Transaction, *, this_update: datetime | None = None, der: bytes = b"CRL") -> int:
    """Reserve a number and record a CRL under it."""
    number = crls.reserve_number(tx, ISSUING, tx.now)
    begin = this_update or tx.now - timedelta(minutes=5)
    crls.record(tx, ISSUING, number=number, this_update=begin, next_update=begin + 3 * DAY, der=der)
    tx.record("crl.signed", f"authority:{ISSUING}", {"number": number})
    return number


def test_a_number_is_the_unix_time_or_one_more_than_the_last(store: Store, clock: FakeClock) -> None:
    """max(last + 1, Unix time), each authority for itself (ARCHITECTURE 2)."""
    with store.write(ALICE) as tx:
        first = crls.reserve_number(tx, ISSUING, tx.now)
        assert first == int(START.timestamp())
        assert crls.reserve_number(tx, ISSUING, tx.now) == first + 1
        assert crls.reserve_number(tx, ISSUING, tx.now - DAY) == first + 2
        assert crls.reserve_number(tx, ROOT, tx.now) == first
        tx.record("a.b", "c:1", {})
    clock.advance(days=1)
    with store.write(ALICE) as tx:
        assert crls.reserve_number(tx, ISSUING, tx.now) == first + 86400
        tx.record("a.b", "c:1", {})


def test_a_number_that_was_reserved_is_never_reserved_again(store: Store) -> None:
    """Also when nothing was signed under it."""
    with store.write(ALICE) as tx:
        first = crls.reserve_number(tx, ISSUING, tx.now)
        tx.record("a.b", "c:1", {})
    with store.write(ALICE) as tx:
        assert crls.reserve_number(tx, ISSUING, tx.now) == first + 1
        tx.record("a.b", "c:1", {})


def test_a_number_does_not_fall_whatever_is_written(store: Store) -> None:
    """The trigger refuses it."""
    with store.write(ALICE) as tx:
        sign(tx)
    with pytest.raises(CertmgrError, match="does not fall"), store.write(ALICE) as tx:
        tx.table("crl").insert({"authority_id": ISSUING, "number": 5, "reserved_at": "2026-11-21T09:00:00Z"})


def test_entries_come_in_the_order_of_recording(store: Store) -> None:
    """The next CRL begins like the last one."""
    with store.write(ALICE) as tx:
        for serial in ("0C", "0A", "0B"):
            put(tx, serial)
        tx.record("a.b", "c:1", {})
        assert list(crls.entries(tx, ISSUING)) == [b"0C", b"0A", b"0B"]
        assert list(crls.entries(tx, ROOT)) == []
        assert crls.count_entries(tx, ISSUING) == 3


def test_a_second_entry_for_a_serial_takes_the_place_of_the_first(store: Store) -> None:
    """A certificate stands on a CRL once; its reason may change (DETAILS 28)."""
    with store.write(ALICE) as tx:
        for serial in ("0A", "0B"):
            put(tx, serial)
        put(tx, "0A", der=b"with another reason")
        tx.record("a.b", "c:1", {})
        assert list(crls.entries(tx, ISSUING)) == [b"with another reason", b"0B"]


def test_a_released_hold_is_taken_off(store: Store) -> None:
    """And only what is on it can be."""
    with store.write(ALICE) as tx:
        put(tx, "0A")
        crls.remove_entry(tx, ISSUING, Serial("0A"))
        tx.record("a.b", "c:1", {})
        assert list(crls.entries(tx, ISSUING)) == []
    with pytest.raises(NotFoundError, match="0A"), store.write(ALICE) as tx:
        crls.remove_entry(tx, ISSUING, Serial("0A"))


def test_an_entry_stays_for_one_crl_after_its_certificates_end(store: Store, clock: FakeClock) -> None:
    """RFC 5280 3.3: dropped only after a CRL whose thisUpdate is past not_after has carried it (DETAILS 28)."""
    with store.write(ALICE) as tx:
        put(tx, "0A", not_after=START + DAY)
        put(tx, "0B", not_after=START + 9 * DAY)
        sign(tx)
    clock.advance(days=2)
    with store.write(ALICE) as tx:
        assert crls.drop_expired(tx, ISSUING) == ()
        sign(tx)
    clock.advance(hours=12)
    with store.write(ALICE) as tx:
        assert crls.drop_expired(tx, ISSUING) == (Serial("0A"),)
        assert list(crls.entries(tx, ISSUING)) == [b"0B"]
        sign(tx)


def test_an_entry_recorded_after_the_last_crl_is_not_dropped(store: Store, clock: FakeClock) -> None:
    """Its certificate ended before that CRL, but no CRL has carried it yet."""
    with store.write(ALICE) as tx:
        sign(tx, this_update=START)
    clock.advance(minutes=1)
    with store.write(ALICE) as tx:
        put(tx, "0A", not_after=START - DAY)
        assert crls.drop_expired(tx, ISSUING) == ()
        tx.record("a.b", "c:1", {})


def test_a_crl_is_recorded_once_under_a_reserved_number(store: Store) -> None:
    """Neither without a reservation nor twice."""
    with store.write(ALICE) as tx:
        number = sign(tx)
    for wrong in (number, number + 1):
        with pytest.raises(NotFoundError, match="reserved CRL number"), store.write(ALICE) as tx:
            crls.record(tx, ISSUING, number=wrong, this_update=START, next_update=START + DAY, der=b"x")


def test_the_latest_crl_is_the_signed_one_with_the_highest_number(store: Store, clock: FakeClock) -> None:
    """A reserved number alone is none; with `published`, the highest that was seen."""
    with store.read() as snapshot:
        assert crls.latest(snapshot, ISSUING) is None
    with store.write(ALICE) as tx:
        first = sign(tx, der=b"one")
        crls.set_published(tx, ISSUING, first)
    clock.advance(hours=1)
    with store.write(ALICE) as tx:
        second = sign(tx, der=b"two")
        crls.reserve_number(tx, ISSUING, tx.now)
    with store.read() as snapshot:
        latest = crls.latest(snapshot, ISSUING)
        seen = crls.latest(snapshot, ISSUING, published=True)
        assert [one.number for one in crls.page(snapshot, ISSUING)] == [second, first]
    assert latest is not None
    assert (latest.number, latest.published_at) == (second, None)
    assert latest.this_update == START + timedelta(minutes=55)
    assert latest.signed_at == START + timedelta(hours=1)
    assert seen is not None
    assert (seen.number, seen.published_at) == (first, START)


def test_only_the_last_crls_are_kept_whole(store: Store, clock: FakeClock) -> None:
    """Of the others digest and times stay; who asks for one of them gets the newest, which supersedes it."""
    numbers = []
    for number in range(5):
        with store.write(ALICE) as tx:
            numbers.append(sign(tx, der=b"CRL %d" % number))
        clock.advance(hours=1)
    with store.read() as snapshot:
        assert [crls.der(snapshot, ISSUING, number) for number in numbers] == [
            b"CRL 4",
            b"CRL 4",
            b"CRL 2",
            b"CRL 3",
            b"CRL 4",
        ]
        assert crls.der(snapshot, ISSUING) == b"CRL 4"
        assert len({one.sha256 for one in crls.page(snapshot, ISSUING)}) == 5
        with pytest.raises(NotFoundError, match="number 7"):
            crls.der(snapshot, ISSUING, 7)
        with pytest.raises(NotFoundError, match="signed no CRL"):
            crls.der(snapshot, ROOT)


def revoke(store: Store, number: int) -> RevocationId:
    """Put a certificate on record and carry out a verified request to revoke it; return the request."""
    with store.write(ALICE) as tx:
        (identity,) = issue(tx, intent(tx, number=number))
        request = revocations.add(
            tx, certificate_id=identity, cause=Cause.MISUSED, requested_by="alice", verify_due_at=tx.now + DAY
        )
        revocations.set_verified(tx, request, by="alice", due_at=tx.now + DAY)
        certificates.set_revoked(tx, identity, tx.now, Cause.MISUSED)
        put(tx, f"{number:04X}")
        revocations.set_revoked(tx, request, tx.now)
        tx.record("a.b", "c:1", {})
    return request


def test_a_request_is_on_the_crls_reserved_after_it(store: Store, clock: FakeClock) -> None:
    """Not on one whose number was reserved before it was carried out, though that one is signed later."""
    first = revoke(store, 0x7001)
    with store.write(ALICE) as tx:
        number = crls.reserve_number(tx, ISSUING, tx.now)
        tx.record("a.b", "c:1", {})
    second = revoke(store, 0x7002)
    clock.advance(minutes=1)
    with store.write(ALICE) as tx:
        crls.record(tx, ISSUING, number=number, this_update=START, next_update=START + DAY, der=b"CRL")
        assert revocations.mark_signed(tx, ISSUING, number) == (first,)
        assert revocations.mark_published(tx, ISSUING, number) == (first,)
        tx.record("a.b", "c:1", {})
    with store.read() as snapshot:
        assert [one.id for one in revocations.open(snapshot)] == [second]
        done = revocations.get(snapshot, first)
    assert (done.signed_at, done.published_at) == (START + timedelta(minutes=1), START + timedelta(minutes=1))


def test_a_later_crl_carries_what_an_unpublished_one_did(store: Store) -> None:
    """A crash between two steps leaves nothing behind that the next publication does not finish."""
    first = revoke(store, 0x7001)
    with store.write(ALICE) as tx:
        crls.reserve_number(tx, ISSUING, tx.now)
        tx.record("a.b", "c:1", {})
    second = revoke(store, 0x7002)
    with store.write(ALICE) as tx:
        number = sign(tx)
        assert revocations.mark_published(tx, ISSUING, number) == (first, second)
        assert revocations.mark_published(tx, ISSUING, number) == ()
    with store.read() as snapshot:
        assert revocations.open(snapshot) == ()


def test_when_no_cached_crl_can_say_otherwise(store: Store, clock: FakeClock) -> None:
    """The latest nextUpdate of any CRL without the serial (DETAILS 24)."""
    with store.write(ALICE) as tx:
        sign(tx, this_update=START)
    clock.advance(hours=1)
    request = revoke(store, 0x7001)
    with store.write(ALICE) as tx:
        revocations.mark_published(tx, ISSUING, sign(tx))
    with store.read() as snapshot:
        assert revocations.get(snapshot, request).unseen_after == START + 3 * DAY


def test_another_authoritys_crl_is_no_answer(store: Store) -> None:
    """A request is done when its own issuer's CRL is seen."""
    revoke(store, 0x7001)
    with store.write(ALICE) as tx:
        number = crls.reserve_number(tx, ROOT, tx.now + DAY)
        assert revocations.mark_published(tx, ROOT, number) == ()
        tx.record("a.b", "c:1", {})


def test_what_is_not_on_the_last_crl_is_noticed(store: Store) -> None:
    """An entry that came, one that changed, one that was released: the CRL is due again."""

    def due() -> bool:
        with store.read() as snapshot:
            latest = crls.latest(snapshot, ISSUING)
            return latest is not None and crls.unpublished_entries(snapshot, ISSUING, latest.number)

    with store.write(ALICE) as tx:
        sign(tx)
    assert not due()
    for change in ("put", "change", "release"):
        with store.write(ALICE) as tx:
            if change == "release":
                crls.remove_entry(tx, ISSUING, Serial("0A"))
            else:
                put(tx, "0A", der=change.encode())
            tx.record("a.b", "c:1", {})
        assert due()
        with store.write(ALICE) as tx:
            sign(tx)
        assert not due()


def test_an_entry_on_a_reserved_number_that_was_never_signed_is_noticed(store: Store) -> None:
    """The last signed CRL does not carry it."""
    with store.write(ALICE) as tx:
        number = sign(tx)
        put(tx, "0A")
        crls.reserve_number(tx, ISSUING, tx.now)
    with store.read() as snapshot:
        assert crls.unpublished_entries(snapshot, ISSUING, number)
