"""A report of a compromised key that comes with a proof that the key is held needs nobody's word (R1.6, R6.1)."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from certmgr.codes import Code
from certmgr.commitments import Kind, Status
from certmgr.custody.secrets import Secret
from certmgr.errors import CertmgrError, NotFoundError, RefusedError, UsageError
from certmgr.issuance import Issued
from certmgr.models.certificates import Stage
from certmgr.models.keys import KeyType
from certmgr.models.operators import Role
from certmgr.models.revocations import Cause, Reason, RequestState
from certmgr.operations import certificates, check, compromises, revocations
from certmgr.operations.compromises import Proof
from certmgr.pki import algorithms, csr, keys
from certmgr.queries import certificates as certificate_queries
from certmgr.queries import revocations as requests
from certmgr.revocation_steps import Revoked
from certmgr.workspace import Session
from tests.clock import FakeClock
from tests.home import HomeForTest
from tests.revoking import NAME, entries, published, request, serial, slot, standing

KEY = keys.make_key(KeyType.EC_P256)
OTHER = keys.make_key(KeyType.EC_P256)


def owned(home: HomeForTest, *, additional: bool = False) -> Issued:
    """Issue a certificate for KEY."""
    return home.issue(NAME, csr=csr.make_csr(KEY, [NAME], [], None), additional=additional)


def signature(home: HomeForTest, issued: Issued, key: keys.PrivateKey = KEY) -> Proof:
    """Sign today's challenge."""
    text = compromises.challenge(home.workspace, issued.id).text
    return Proof(signature=algorithms.sign_with(key, KeyType.EC_P256, text.encode()))


def report(
    home: HomeForTest, issued: Issued, proof: Proof, session: Session | None = None, *, also_line: bool = False
) -> Revoked:
    """Report the key as compromised."""
    return compromises.report(
        home.workspace,
        session or home.machine(),
        certificate=issued.id,
        confirm=NAME,
        proof=proof,
        also_line=also_line,
    )


@pytest.mark.parametrize("with_key", [False, True])
def test_r1_6_a_proof_verifies_the_report_at_once(home: HomeForTest, with_key: bool) -> None:  # noqa: FBT001 - a case
    """The machine, which verifies nothing else, carries it out and publishes it, siblings and all."""
    first, second = owned(home), owned(home, additional=True)
    proof = Proof(private_key=Secret(keys.private_pem(KEY))) if with_key else signature(home, first)
    done = report(home, first, proof)
    assert done.published
    assert (done.revocation.verified_by, done.revocation.verified_how) == ("machine", "possession")
    assert [other.verified_how for other in done.others] == ["possession"]
    entry = published(home)[serial(first)]
    assert (entry.reason, serial(second) in published(home)) == (Reason.KEY_COMPROMISE, True)
    assert len(entries(home, "key.blocked")) == 2
    found = standing(home, f"revocation:{done.revocation.id}")
    assert found[Kind.VERIFY_REVOCATION] is found[Kind.PUBLISH_REVOCATION] is Status.MET
    assert found[Kind.REPORT_INCIDENT] is Status.OPEN


def test_r6_1_a_proof_verifies_a_report_that_waits_for_a_person(home: HomeForTest) -> None:
    """The one on record, and what has come since: no second request, no second incident."""
    first = owned(home)
    waiting = request(home, first, Cause.KEY_COMPROMISE)
    second = owned(home, additional=True)
    done = report(home, first, signature(home, first))
    assert (done.revocation.id, done.revocation.verified_how) == (waiting.id, "possession")
    assert [other.certificate_id for other in done.others] == [second.id]
    assert done.published
    assert set(published(home)) == {serial(first), serial(second)}
    assert standing(home, f"revocation:{waiting.id}")[Kind.VERIFY_REVOCATION] is Status.MET
    assert requests.open_requests(home.workspace) == ()


def test_r1_6_a_proof_does_not_decide_on_a_waiting_set_with_other_keys(home: HomeForTest, clock: FakeClock) -> None:
    """Of the line's other keys it says nothing: the set stays as it is, for a person."""
    first = owned(home)
    found = certificate_queries.detail(home.workspace, first.id).certificate
    clock.now = found.renew_at
    other = certificates.renew(home.workspace, home.machine(), found, csr=csr.make_csr(OTHER, [NAME], [], None))
    (one, _) = revocations.request(
        home.workspace,
        home.machine(),
        certificate=first.id,
        cause=Cause.KEY_COMPROMISE,
        confirm=NAME,
        evidence="seen",
        also_line=True,
    )
    with pytest.raises(RefusedError) as caught:
        report(home, first, signature(home, first))
    assert [item.code for item in caught.value.findings] == [Code.REVOCATION_TWICE]
    assert requests.detail(home.workspace, one.id).revocation.state is RequestState.RECEIVED
    assert serial(other) not in published(home)


def test_r6_1_a_requesters_proof_is_carried_out_by_the_next_check(home: HomeForTest) -> None:
    """A requester may ask and prove, and no more."""
    bob = slot(home, "bob", Role.REQUESTER)
    issued = owned(home)
    done = report(home, issued, signature(home, issued), bob)
    assert (done.revocation.state, done.revocation.verified_by) == (RequestState.VERIFIED, "bob")
    assert published(home) == {}
    list(check.check(home.workspace, home.machine()))
    assert set(published(home)) == {serial(issued)}


def test_r1_6_a_wrong_proof_records_nothing_but_the_refusal(home: HomeForTest) -> None:
    """Another key's signature, a signature over something else, another private key: exit 4."""
    issued, other = owned(home), home.issue("mail.egov.internal")
    stranger = keys.make_key(KeyType.EC_P256)
    elsewhere = compromises.challenge(home.workspace, other.id).text.encode()
    wrong = (
        signature(home, issued, stranger),
        Proof(signature=algorithms.sign_with(KEY, KeyType.EC_P256, elsewhere)),
        Proof(signature=b""),
        Proof(private_key=Secret(keys.private_pem(stranger))),
    )
    for number, proof in enumerate(wrong, start=1):
        with pytest.raises(RefusedError) as caught:
            report(home, issued, proof)
        assert [item.code for item in caught.value.findings] == [Code.POSSESSION_REFUSED]
        assert requests.every(home.workspace) == ()
        assert len(entries(home, "revocation.refused")) == number
    with pytest.raises(UsageError):
        report(home, issued, Proof(private_key=Secret(b"no key")))
    with pytest.raises(UsageError):
        report(home, issued, Proof())
    assert len(entries(home, "revocation.refused")) == len(wrong)


def test_a_signature_is_taken_for_three_days(home: HomeForTest, clock: FakeClock) -> None:
    """Its own day (UTC) and the two after it; an old one proves nothing any more."""
    issued = owned(home)
    proof = signature(home, issued)
    until = compromises.challenge(home.workspace, issued.id).until
    assert until == clock.now.astimezone(UTC).replace(hour=0, minute=0) + timedelta(days=3)
    clock.now = until
    with pytest.raises(RefusedError):
        report(home, issued, proof)
    clock.now = until - timedelta(seconds=1)
    assert report(home, issued, proof).published


def test_r1_6_the_line_is_not_proved_and_waits_for_a_person(home: HomeForTest, clock: FakeClock) -> None:
    """Predecessors and successors with other keys are asked for as a set of their own."""
    old = home.issue(NAME)
    clock.now = certificate_queries.detail(home.workspace, old.id).certificate.renew_at
    new = certificates.renew(home.workspace, home.machine(), certificate_queries.resolve(home.workspace, NAME))
    (path,) = home.out.glob(f"{NAME}/live/privkey.pem")
    done = report(home, new, Proof(private_key=Secret(path.read_bytes())), also_line=True)
    assert done.others == ()
    (waiting,) = requests.open_requests(home.workspace)
    assert (waiting.certificate_id, waiting.state) == (old.id, RequestState.RECEIVED)
    assert serial(new) in waiting.evidence
    assert set(published(home)) == {serial(new)}


def test_the_private_key_is_kept_nowhere(home: HomeForTest) -> None:
    """Not in the store, not in the journal, not in a file of the home."""
    issued = owned(home)
    report(home, issued, Proof(private_key=Secret(keys.private_pem(KEY))))
    home.workspace.close()
    der = keys.private_der(KEY)
    secret = KEY.private_numbers().private_value.to_bytes(32, "big")  # type: ignore[union-attr]  # an EC key
    for path in Path(home.path).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert der not in content
            assert secret not in content
            assert b"PRIVATE KEY" not in content


def test_there_is_no_challenge_for_what_was_not_issued(home: HomeForTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pending certificate has no fingerprint yet."""

    def stop(*_: object) -> bytes:
        raise CertmgrError("The signer is gone.")

    monkeypatch.setattr("certmgr.issuance.sign", stop)
    with pytest.raises(CertmgrError):
        home.issue(NAME)
    pending = certificate_queries.resolve(home.workspace, NAME)
    assert pending.stage is not Stage.ISSUED
    with pytest.raises(NotFoundError):
        compromises.challenge(home.workspace, pending.id)
