"""Applications and acceptances as rows: what is kept, what never changes, what is found."""

from datetime import timedelta

import pytest

from certmgr.errors import CertmgrError, NotFoundError
from certmgr.models.acceptances import AcceptanceKind
from certmgr.models.applications import ApplicationId, ApplicationState, Decision, Evidence, EvidenceKind, Verdict
from certmgr.models.certificates import CertificateId
from certmgr.models.keys import KeyType
from certmgr.models.revocations import Cause
from certmgr.store import acceptances, applications, certificates, intents, servers
from certmgr.store.applications import ApplicationRow
from certmgr.store.connection import Store, Transaction
from tests.clock import START, FakeClock
from tests.store.given import ALICE, digest, intent, issue

WEEK = timedelta(days=7)
DIGEST = digest("content")


def row(tx: Transaction, server: str = "portal.egov.internal", *, needed: int = 1) -> ApplicationRow:
    """Return an application for `server`, which is put on record too."""
    return ApplicationRow(
        server_id=servers.ensure(tx, name=server, owner="Unit A", purpose="TLS"),
        profile="server",
        dns=(server, "www.egov.internal"),
        ip=("10.1.2.3",),
        key_type=KeyType.EC_P384,
        days=90,
        owner="Unit A",
        purpose="TLS",
        note="noted",
        evidence=(Evidence(kind=EvidenceKind.WORD, text="Li Wei, by telephone", at=START, by="carl"),),
        csr=b"CSR",
        spki_sha256=digest("key"),
        digest=DIGEST,
        needed=needed,
        destination="/srv/out",
        additional=True,
        requested_by="carl",
        expires_at=START + WEEK,
    )


def add(store: Store, server: str = "portal.egov.internal", *, needed: int = 1) -> ApplicationId:
    """Put an application on record."""
    with store.write(ALICE) as tx:
        identity = applications.add(tx, row(tx, server, needed=needed))
        tx.record("application.submitted", f"application:{identity}", {})
    return identity


def decide(store: Store, application: ApplicationId, verdict: Verdict, by: str = "alice") -> Decision:
    """Put a decision on record and return it."""
    made = Decision(verdict=verdict, by=by, reason="Seen", digest=DIGEST, signature=b"\1" * 64, at=START)
    with store.write(ALICE) as tx:
        applications.add_decision(tx, application, made)
        tx.record("application.decided", f"application:{application}", {})
    return made


def issued(store: Store, *, accept_by: timedelta | None = timedelta(days=3), number: int = 0x7000) -> CertificateId:
    """Put a certificate on record whose subscriber may object."""
    with store.write(ALICE) as tx:
        (identity,) = intents.add_intents(tx, [intent(tx, number=number)])
        until = None if accept_by is None else START + accept_by
        certificates.record_issued(tx, [(identity, b"DER %d" % number)], accept_by=until)
    return identity


def test_r1_2_an_application_is_read_as_it_was_written(store: Store) -> None:
    """R1.2, R3.2: every field, the evidence and the decisions in their order."""
    identity = add(store)
    first = decide(store, identity, Verdict.APPROVED)
    second = decide(store, identity, Verdict.REJECTED, "bob")
    with store.read() as snapshot:
        found = applications.get(snapshot, identity)
    with store.write(ALICE) as tx:
        wanted = row(tx)
        tx.record("server.seen", "server:1", {})
    for name in ("profile", "dns", "ip", "key_type", "days", "owner", "purpose", "note", "evidence", "csr"):
        assert getattr(found, name) == getattr(wanted, name)
    for name in ("spki_sha256", "digest", "needed", "destination", "additional", "requested_by", "expires_at"):
        assert getattr(found, name) == getattr(wanted, name)
    assert (found.server, found.submitted_at, found.decisions) == ("portal.egov.internal", START, (first, second))


def test_open_applications_are_those_that_still_lead_to_a_certificate(store: Store, clock: FakeClock) -> None:
    """Neither withdrawn nor rejected, expired or issued; an abandoned intent leads to another try."""
    waiting, rejected, withdrawn, made = (
        add(store, f"{name}.egov.internal") for name in ("waiting", "rejected", "withdrawn", "made")
    )
    decide(store, rejected, Verdict.REJECTED)
    with store.write(ALICE) as tx:
        applications.set_withdrawn(tx, withdrawn)
        (certificate,) = intents.add_intents(tx, [intent(tx, "made.egov.internal")])
        applications.set_issued(tx, made, certificate)
        tx.record("application.issued", f"application:{made}", {})
    with store.read() as snapshot:
        assert [one.id for one in applications.open(snapshot, clock.now)] == [waiting]
        assert applications.open_for_server(snapshot, "rejected.egov.internal", clock.now) == ()
        found = applications.for_certificate(snapshot, certificate)
        assert found is not None
        assert found.id == made
        assert applications.get(snapshot, made).state(clock.now) is ApplicationState.ISSUED
    with store.write(ALICE) as tx:
        certificates.abandon(tx, certificate)
    with store.read() as snapshot:
        assert [one.id for one in applications.open(snapshot, clock.now)] == [waiting, made]
        assert applications.open(snapshot, START + WEEK) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE application SET needed = 0",
        "UPDATE application SET requested_by = 'mallory'",
        "UPDATE application SET dns = '[]'",
        "UPDATE application SET expires_at = '2030-01-01T00:00:00Z'",
        "UPDATE application_decision SET verdict = 'approved'",
        "DELETE FROM application_decision",
    ],
)
def test_r2_1_what_was_applied_for_and_decided_does_not_change(store: Store, statement: str) -> None:
    """Triggers keep it so, whatever program writes."""
    decide(store, add(store), Verdict.REJECTED)
    with pytest.raises(CertmgrError), store.write(ALICE) as tx:
        tx.change(statement)


def test_r2_1_a_reviewer_decides_once(store: Store) -> None:
    """The same slot does not count as two."""
    identity = add(store, needed=2)
    decide(store, identity, Verdict.APPROVED)
    with pytest.raises(CertmgrError):
        decide(store, identity, Verdict.APPROVED)


def test_an_application_is_withdrawn_once(store: Store) -> None:
    """And there has to be one."""
    identity = add(store)
    with store.write(ALICE) as tx:
        applications.set_withdrawn(tx, identity)
        tx.record("application.withdrawn", f"application:{identity}", {})
    for missing in (identity, ApplicationId(99)):
        with pytest.raises(NotFoundError), store.write(ALICE) as tx:
            applications.set_withdrawn(tx, missing)
    with store.read() as snapshot, pytest.raises(NotFoundError):
        applications.get(snapshot, ApplicationId(99))


def test_r3_3_the_first_word_about_a_certificate_holds(store: Store) -> None:
    """R3.3: it is journalled once, ends the time for objections, and never changes."""
    identity = issued(store)
    with store.write(ALICE) as tx:
        assert acceptances.record(tx, identity, AcceptanceKind.SEEN, "machine", "10.1.2.3:443")
    with store.write(ALICE) as tx:
        assert not acceptances.record(tx, identity, AcceptanceKind.ACCEPTED)
        assert not acceptances.record_objection(tx, identity, "late", reissue=True)
    with store.read() as snapshot:
        found = acceptances.get(snapshot, identity)
        assert found is not None
        assert (found.kind, found.by, found.note, found.at) == (AcceptanceKind.SEEN, "machine", "10.1.2.3:443", START)
        assert certificates.get(snapshot, identity).accept_by is None
        told = snapshot.rows("SELECT data FROM journal WHERE action = 'certificate.accepted'")
        assert told == [('{"kind":"seen"}',)]
    with pytest.raises(CertmgrError), store.write(ALICE) as tx:
        tx.change("UPDATE acceptance SET kind = 'objected'")


def test_r3_3_what_waits_and_what_has_lapsed_are_apart_by_the_clock(store: Store) -> None:
    """The moment itself belongs to acceptance; what is revoked or older than the record is neither."""
    waiting = issued(store)
    old = issued(store, accept_by=None, number=0x7001)
    revoked = issued(store, number=0x7002)
    with store.write(ALICE) as tx:
        certificates.set_revoked(tx, revoked, START, Cause.NO_LONGER_NEEDED)
        tx.record("certificate.revoked", f"certificate:{revoked}", {})
    end = START + timedelta(days=3)
    with store.read() as snapshot:
        before = end - timedelta(seconds=1)
        assert [one.id for one in acceptances.unaccepted(snapshot, before)] == [waiting]
        assert acceptances.lapsed(snapshot, before) == ()
        assert acceptances.unaccepted(snapshot, end) == ()
        assert acceptances.lapsed(snapshot, end) == (waiting,)
        assert acceptances.count_lapsed(snapshot, end) == 1
        assert acceptances.get(snapshot, old) is None


def test_r3_3_what_was_objected_to_is_made_again_once(store: Store) -> None:
    """Revoked, wanted again and without a successor that counts."""
    identity, unwanted = issued(store), issued(store, number=0x7001)
    with store.write(ALICE) as tx:
        acceptances.record_objection(tx, identity, "wrong", reissue=True)
        acceptances.record_objection(tx, unwanted, "wrong", reissue=False)
        assert acceptances.to_reissue(tx) == ()
        for one in (identity, unwanted):
            certificates.set_revoked(tx, one, START, Cause.ISSUED_IN_ERROR)
        assert [one.id for one in acceptances.to_reissue(tx)] == [identity]
        issue(tx, intent(tx, number=0x7002, replaces=identity))
        assert acceptances.to_reissue(tx) == ()
