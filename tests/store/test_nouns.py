"""Authorities, slots, servers and their contacts, revocation requests, keys, commitments, leases."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from certmgr.commitments import CommitmentId, Kind, Status, status
from certmgr.errors import NotFoundError, RefusedError
from certmgr.models.authorities import AuthorityId, AuthorityRole, AuthoritySpec, AuthorityStatus
from certmgr.models.certificates import CertificateId
from certmgr.models.keys import KeyType
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, RequestState, RevocationId
from certmgr.models.serials import Serial
from certmgr.store import (
    authorities,
    certificates,
    commitments,
    crls,
    intents,
    journal,
    keys,
    leases,
    operators,
    revocations,
    servers,
)
from certmgr.store.connection import Store
from tests.clock import START, FakeClock
from tests.store.given import ALICE, ISSUING, ROOT, add_authority, digest, intent, issue

DAY = timedelta(days=1)
SPEC = AuthoritySpec(
    role=AuthorityRole.ISSUING,
    organisation="Example",
    common_name="Example Issuing CA 2027-1",
    key_type=KeyType.EC_P256,
    days=1095,
    zones=("egov.internal",),
    networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
    crl_url="http://crl.egov.internal/root.crl",
)


def test_an_authority_waits_for_its_certificate(store: Store) -> None:
    """A pending one has a specification and bytes to be signed; then it has its certificate, once."""
    with store.write(ALICE) as tx:
        identity = authorities.add(
            tx,
            slug="issuing-2027-1",
            role=AuthorityRole.ISSUING,
            subject="CN=Example Issuing CA 2027-1",
            spki_sha256=digest("k"),
            key_type=KeyType.EC_P256,
            not_before=START,
            not_after=START + 1095 * DAY,
            status=AuthorityStatus.PENDING,
            spec=SPEC,
            tbs=b"TBS",
            csr=b"CSR",
        )
        assert authorities.current_issuing(tx).id == ISSUING
        assert authorities.spec(tx, identity) == SPEC
        assert (authorities.tbs(tx, identity), authorities.csr(tx, identity)) == (b"TBS", b"CSR")
        facts = {
            "certificate": b"DER",
            "serial": Serial("0A"),
            "sha256": digest("c"),
            "subject": "CN=Example Issuing CA 2027-1",
            "not_before": START,
            "not_after": START + 1000 * DAY,
        }
        authorities.set_certificate(tx, identity, parent_id=ROOT, **facts)  # type: ignore[arg-type]  # the facts above
        found = authorities.get(tx, identity)
        assert (found.certificate, found.serial, found.parent_id) == (b"DER", "0A", ROOT)
        assert (found.status, found.not_after) == (AuthorityStatus.CURRENT, START + 1000 * DAY)
        assert authorities.current_issuing(tx).id == identity
        with pytest.raises(NotFoundError, match="pending"):
            authorities.set_certificate(tx, identity, **facts)  # type: ignore[arg-type]  # the facts above
        tx.record("a.b", "c:1", {})


def test_authorities_are_found_and_chained(store: Store) -> None:
    """By id, slug and key; the chain ends at the root; an imported one has no specification."""
    with store.read() as snapshot:
        assert [one.slug for one in authorities.all(snapshot)] == ["root-2026", "issuing-2026-1"]
        issuing = authorities.by_slug(snapshot, "issuing-2026-1")
        assert authorities.get(snapshot, issuing.id) == issuing
        assert authorities.by_spki(snapshot, issuing.spki_sha256) == (issuing,)
        assert [one.slug for one in authorities.chain(snapshot, issuing.id)] == ["issuing-2026-1", "root-2026"]
        assert authorities.spec(snapshot, issuing.id) is None
        assert authorities.tbs(snapshot, issuing.id) is None
        assert authorities.csr(snapshot, issuing.id) is None
        for ask in (authorities.get, authorities.chain, authorities.spec, authorities.tbs):
            with pytest.raises(NotFoundError, match="id 9"):
                ask(snapshot, AuthorityId(9))
        with pytest.raises(NotFoundError, match="issuing-9"):
            authorities.by_slug(snapshot, "issuing-9")


def test_a_retired_authority_does_not_issue(store: Store) -> None:
    """It signs CRLs only; without another there is none to issue, exit 5."""
    with store.write(ALICE) as tx:
        authorities.set_status(tx, ISSUING, AuthorityStatus.RETIRED)
        with pytest.raises(NotFoundError, match="no issuing CA"):
            authorities.current_issuing(tx)
        with pytest.raises(NotFoundError):
            authorities.set_status(tx, AuthorityId(9), AuthorityStatus.RETIRED)
        tx.record("a.b", "c:1", {})


def test_a_slug_is_used_once(store: Store) -> None:
    """It names files."""
    with pytest.raises(RefusedError, match="root-2026 already"), store.write(ALICE) as tx:
        add_authority(tx, "root-2026")


def test_a_slot_comes_and_goes_and_its_name_stays_taken(store: Store, clock: FakeClock) -> None:
    """The journal names actors by it, so that a name means one person for ever."""
    with store.write(ALICE) as tx:
        operators.add(tx, "bob", Role.OFFICER)
        operators.add(tx, "alice", Role.ADMINISTRATOR)
        tx.record("a.b", "c:1", {})
    clock.advance(days=1)
    with store.write(ALICE) as tx:
        operators.remove(tx, "bob")
        tx.record("a.b", "c:1", {})
    with store.read() as snapshot:
        assert [one.name for one in operators.all(snapshot)] == ["alice"]
        assert [one.name for one in operators.all(snapshot, removed=True)] == ["alice", "bob"]
        bob = operators.get(snapshot, "bob")
        assert (bob.role, bob.created_at, bob.removed_at) == (Role.OFFICER, START, START + DAY)
        with pytest.raises(NotFoundError, match="carol"):
            operators.get(snapshot, "carol")
    with pytest.raises(RefusedError, match="bob is or was in use"), store.write(ALICE) as tx:
        operators.add(tx, "bob", Role.OFFICER)


def test_a_server_is_recorded_once_and_its_changes_are_journalled(store: Store) -> None:
    """The same facts again change nothing; a change names the fields, not their values."""

    def ensure(**changes: str) -> int:
        facts = {"name": "portal", "owner": "Unit A", "purpose": "TLS", "recorded_ip": "10.0.0.1", **changes}
        with store.write(ALICE) as tx:
            return servers.ensure(tx, **facts)

    ids = {ensure(), ensure(), ensure(owner="Unit B"), ensure(owner="Unit B", recorded_ip="")}
    assert len(ids) == 1
    with store.read() as snapshot:
        found = servers.find_by_name(snapshot, "portal")
        assert found is not None
        assert (found.owner, found.recorded_ip, found.created_at) == ("Unit B", "10.0.0.1", START)
        assert servers.all(snapshot) == (found,)
        assert servers.find_by_name(snapshot, "portal2") is None
        entries = journal.for_objects(snapshot, f"server:{found.id}")
    assert [(entry.action, entry.data["changed"]) for entry in entries] == [
        ("server.recorded", ["owner", "purpose", "recorded_ip"]),
        ("server.changed", ["owner"]),
    ]


def test_a_contact_stays_in_its_table(store: Store) -> None:
    """The journal has a salted hash of it, which nobody can look up (R7.1, DETAILS 34)."""

    def ensure(contact: str) -> None:
        with store.write(ALICE) as tx:
            servers.ensure(tx, name="portal", owner="Unit A", purpose="TLS", contact=contact)

    for contact in ("jane@egov.internal", "jane@egov.internal", "", "joe@egov.internal", "jane@egov.internal"):
        ensure(contact)
    with store.read() as snapshot:
        found = servers.find_by_name(snapshot, "portal")
        assert found is not None
        assert servers.contact(snapshot, found.id) == "jane@egov.internal"
        entries = journal.for_objects(snapshot, f"server:{found.id}")
        everything = str(list(journal.entries(snapshot)))
    assert "jane" not in everything
    assert len(entries) == 3
    assert len({entry.data["contact"] for entry in entries}) == 3, "the salt is new each time"


def test_a_server_without_a_contact_has_none(store: Store) -> None:
    """Empty, not an error."""
    with store.write(ALICE) as tx:
        identity = servers.ensure(tx, name="portal", owner="Unit A", purpose="TLS")
        assert servers.contact(tx, identity) == ""


def open_request(store: Store, number: int = 0x7000) -> RevocationId:
    """Put a certificate on record and ask for its revocation."""
    with store.write(ALICE) as tx:
        (identity,) = issue(tx, intent(tx, number=number))
        request = revocations.add(
            tx,
            certificate_id=identity,
            cause=Cause.KEY_COMPROMISE,
            requested_by="alice",
            verify_due_at=tx.now + DAY,
            note="seen on a mirror",
            compromised_since=START - DAY,
        )
        tx.record("revocation.requested", f"revocation:{request}", {})
    return request


def test_a_request_keeps_every_time_of_its_way(store: Store, clock: FakeClock) -> None:
    """Received, verified, carried out; what is due when (R6.1, DETAILS 24)."""
    request = open_request(store)
    clock.advance(hours=1)
    with store.write(ALICE) as tx:
        revocations.set_verified(tx, request, by="bob", due_at=tx.now + DAY)
        tx.record("a.b", "c:1", {})
        assert revocations.get(tx, request).state is RequestState.VERIFIED
    clock.advance(hours=1)
    with store.write(ALICE) as tx:
        revocations.set_revoked(tx, request, tx.now)
        tx.record("a.b", "c:1", {})
    with store.read() as snapshot:
        found = revocations.get(snapshot, request)
        assert revocations.for_certificate(snapshot, CertificateId(1)) == (found,)
        assert revocations.issuer_of(snapshot, request) == ISSUING
    assert (found.server, found.serial, found.cause) == ("portal.egov.internal", "7000", Cause.KEY_COMPROMISE)
    assert (found.note, found.requested_by, found.verified_by) == ("seen on a mirror", "alice", "bob")
    assert (found.received_at, found.verify_due_at) == (START, START + DAY)
    assert (found.verified_at, found.due_at) == (START + timedelta(hours=1), START + timedelta(hours=25))
    assert (found.revoked_at, found.compromised_since) == (START + timedelta(hours=2), START - DAY)
    assert found.state is RequestState.REVOKED


def test_a_step_of_a_request_is_taken_once_and_in_order(store: Store) -> None:
    """Verified twice, carried out twice, withdrawn after it was carried out: none of that."""
    request = open_request(store)
    with store.write(ALICE) as tx:
        revocations.set_verified(tx, request, by="bob", due_at=tx.now + DAY)
        revocations.set_revoked(tx, request, tx.now)
        with pytest.raises(NotFoundError, match="allows this"):
            revocations.set_verified(tx, request, by="bob", due_at=tx.now)
        with pytest.raises(NotFoundError, match="allows this"):
            revocations.set_revoked(tx, request, tx.now)
        with pytest.raises(NotFoundError, match="allows this"):
            revocations.set_closed(tx, request)
        tx.record("a.b", "c:1", {})


def test_open_requests_are_those_not_seen_and_not_closed(store: Store, clock: FakeClock) -> None:
    """The first received first; the list of all the other way round."""
    first = open_request(store, 1)
    clock.advance(hours=1)
    second = open_request(store, 2)
    third = open_request(store, 3)
    with store.write(ALICE) as tx:
        revocations.set_closed(tx, second)
        tx.record("a.b", "c:1", {})
    with store.read() as snapshot:
        assert [one.id for one in revocations.open(snapshot)] == [first, third]
        assert [one.id for one in revocations.all(snapshot)] == [third, second, first]
        assert [one.id for one in revocations.all(snapshot, limit=1)] == [third]
        assert revocations.get(snapshot, second).state is RequestState.CLOSED


def test_a_certificate_is_revoking_while_a_request_is_open(store: Store) -> None:
    """The flag beside the state (DETAILS 44)."""
    request = open_request(store)
    with store.write(ALICE) as tx:
        assert certificates.get(tx, CertificateId(1)).revoking
        revocations.set_closed(tx, request)
        tx.record("a.b", "c:1", {})
        assert not certificates.get(tx, CertificateId(1)).revoking


def test_the_revocation_of_a_ca_lands_on_its_issuers_crl(store: Store) -> None:
    """It is named by the CA (DETAILS 29)."""
    with store.write(ALICE) as tx:
        request = revocations.add(
            tx, authority_id=ISSUING, cause=Cause.CA_COMPROMISE, requested_by="alice", verify_due_at=tx.now + DAY
        )
        tx.record("a.b", "c:1", {})
        found = revocations.get(tx, request)
        assert (found.certificate_id, found.authority_id) == (None, ISSUING)
        assert (found.server, found.serial) == ("issuing-2026-1", "01AB")
        assert revocations.issuer_of(tx, request) == ROOT
        assert revocations.for_authority(tx, ISSUING) == (found,)
        assert crls.reserve_number(tx, ROOT, tx.now) > 0


def test_a_request_about_nothing_is_refused(store: Store) -> None:
    """A certificate, an authority or a request that is not there: exit 5."""
    with store.write(ALICE) as tx:
        for certificate, authority in ((CertificateId(9), None), (None, AuthorityId(9))):
            with pytest.raises(NotFoundError):
                revocations.add(
                    tx,
                    cause=Cause.MISUSED,
                    requested_by="alice",
                    verify_due_at=tx.now,
                    certificate_id=certificate,
                    authority_id=authority,
                )
        with pytest.raises(ValueError, match="names a certificate or an authority"):
            revocations.add(tx, cause=Cause.MISUSED, requested_by="alice", verify_due_at=tx.now)
        for ask in (revocations.get, revocations.issuer_of):
            with pytest.raises(NotFoundError, match="request 9"):
                ask(tx, RevocationId(9))


def test_a_blocked_key_stays_blocked(store: Store) -> None:
    """For good; a second time changes nothing (R1.6)."""
    with store.write(ALICE) as tx:
        keys.block(tx, digest("k"), Cause.KEY_COMPROMISE)
        keys.block(tx, digest("k"), Cause.KEY_COMPROMISE)
        tx.record("a.b", "c:1", {})
        assert keys.is_blocked(tx, digest("k"))
        assert not keys.is_blocked(tx, digest("other"))


def test_the_uses_of_a_key_are_every_server_that_has_it(store: Store) -> None:
    """Intents too: what is about to be signed counts (R1.8)."""
    with store.write(ALICE) as tx:
        issue(tx, intent(tx, "a.egov.internal", number=1, key="k"), intent(tx, "a.egov.internal", number=2, key="k"))
        intents.add_intents(tx, [intent(tx, "b.egov.internal", number=3, key="k")])
        assert keys.uses(tx, digest("k")) == (
            ("a.egov.internal", Serial("01")),
            ("a.egov.internal", Serial("02")),
            ("b.egov.internal", Serial("03")),
        )
        use = keys.use_of(tx, digest("k"))
        assert (use.blocked, use.used_by) == (False, ("a.egov.internal", "b.egov.internal"))
        assert keys.use_of(tx, digest("free")).used_by == ()


def test_a_commitment_is_kept_or_void_once(store: Store, clock: FakeClock) -> None:
    """Open ones are listed by what is due first; overdue ones stay open."""
    with store.write(ALICE) as tx:
        later = commitments.open_one(tx, Kind.PUBLISH_REVOCATION, "revocation:1", due_at=tx.now + 2 * DAY)
        sooner = commitments.open_one(tx, Kind.VERIFY_REVOCATION, "revocation:1", due_at=tx.now + DAY)
        other = commitments.open_one(tx, Kind.VERIFY_REVOCATION, "revocation:2", due_at=tx.now + DAY)
        tx.record("a.b", "c:1", {})
    clock.advance(hours=25)
    with store.write(ALICE) as tx:
        assert [one.id for one in commitments.open(tx)] == [sooner, other, later]
        commitments.meet(tx, sooner)
        commitments.void(tx, other)
        tx.record("a.b", "c:1", {})
        assert status(commitments.get(tx, sooner), clock()) is Status.BREACHED
        assert [one.id for one in commitments.open(tx)] == [later]
        assert [one.id for one in commitments.for_object(tx, "revocation:1")] == [later, sooner]
        for end in (commitments.meet, commitments.void):
            with pytest.raises(NotFoundError):
                end(tx, sooner)
        with pytest.raises(NotFoundError):
            commitments.get(tx, CommitmentId(99))


def test_an_escalation_happens_once(store: Store) -> None:
    """Thresholds, not anniversaries: what was sent is not sent again (ARCHITECTURE 10)."""
    with store.write(ALICE) as tx:
        one = commitments.open_one(tx, Kind.VERIFY_REVOCATION, "revocation:1", due_at=tx.now + DAY)
        tx.record("a.b", "c:1", {})
        assert commitments.escalated(tx, one) == 0
        commitments.set_escalated(tx, one, 75)
        assert commitments.escalated(tx, one) == 75
        for percent in (50, 75):
            with pytest.raises(NotFoundError):
                commitments.set_escalated(tx, one, percent)
        with pytest.raises(NotFoundError):
            commitments.escalated(tx, CommitmentId(99))


def test_a_lease_has_one_holder_until_it_ends(store: Store, clock: FakeClock) -> None:
    """The holder may prolong it; another gets it when it has run out or is given back (ARCHITECTURE 11)."""

    def acquire(holder: str) -> bool:
        with store.write(ALICE) as tx:
            return leases.acquire(tx, "check", holder, tx.now + timedelta(minutes=10))

    assert acquire("daemon")
    assert not acquire("cron")
    clock.advance(minutes=9)
    assert acquire("daemon")
    clock.advance(minutes=9)
    assert not acquire("cron")
    clock.advance(minutes=1)
    assert acquire("cron")
    assert not acquire("daemon")
    with store.write(ALICE) as tx:
        leases.release(tx, "check", "daemon")
    assert not acquire("daemon")
    with store.write(ALICE) as tx:
        leases.release(tx, "check", "cron")
    assert acquire("daemon")
