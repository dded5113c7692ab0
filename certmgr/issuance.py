"""Intent, signature, record, delivery: the one way to a certificate (ARCHITECTURE 2, DETAILS 15 to 18).

The order of the steps is the promise: a signed certificate that is not on record cannot exist.

1. `prepare`: key, serial, to-be-signed bytes, lint; a key made here is in an owner-only file beside its destination.
2. `record_intents`: one transaction stores the serial, the to-be-signed bytes and a journal entry.
3. `sign`: outside any transaction, those bytes and no others; the signature is verified.
4. `record_issued`: a second transaction stores the certificate.
5. `deliver`: the files, key before certificate.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from certmgr import calendars, following, lifecycle, policy
from certmgr.codes import Code
from certmgr.commitments import natural_days_due
from certmgr.errors import Finding, IntegrityError, RefusedError, Severity
from certmgr.issuance_plan import Plan
from certmgr.models.certificates import Certificate, CertificateId, KeyOrigin, LeafSpec, Order, ServerId, Stage
from certmgr.models.keys import KeyType, Signer
from certmgr.models.profiles import Profile
from certmgr.net import layout
from certmgr.pki import build, export, keys, lint
from certmgr.records import dataclass
from certmgr.store import certificates, servers
from certmgr.store.intents import IntentRow, add_intents

if TYPE_CHECKING:
    from certmgr.store.connection import Transaction

MAX_CLOCK_BEHIND = timedelta(minutes=5)
MAX_COMMON_NAME = 64
"""ub-common-name (RFC 5280 appendix A.1); a longer name leaves the subject empty (DETAILS 14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One certificate before its signature: linted bytes, and where its key and its files go."""

    order: Order
    spec: LeafSpec
    key_type: KeyType
    spki: bytes
    spki_sha256: str
    tbs: bytes
    key_file: str | None
    """The temporary, owner-only file that holds a key made here."""
    destination: Path | None
    """The folder given with --out; None: nothing is delivered (a certificate printed on standard output)."""
    notices: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One certificate on record, and where its files are."""

    id: CertificateId
    prepared: Prepared
    der: bytes
    folder: Path | None = None
    """DIR/NAME/live, once delivered."""


@contextmanager
def in_progress(home: Path) -> Iterator[None]:
    """Hold the mark of a running issuance, so that recovery does not take its open intents for a crash's.

    The kernel drops the lock with the process, kill -9 included.
    """
    with _lock(home, fcntl.LOCK_SH):
        yield


@contextmanager
def none_in_progress(home: Path) -> Iterator[bool]:
    """Yield whether no issuance is running; while True is held, none that begins gets past its own mark."""
    try:
        with _lock(home, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield True
    except BlockingIOError:
        yield False


@contextmanager
def _lock(home: Path, operation: int) -> Iterator[None]:
    descriptor = os.open(home / "issuing.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)


def require_clock(tx: "Transaction") -> None:
    """Raise RefusedError where the clock stands more than 5 minutes before the newest entry (DETAILS 23)."""
    if tx.clock_behind <= MAX_CLOCK_BEHIND.total_seconds():
        return
    message = f"The clock stands {int(tx.clock_behind)} seconds before the newest journal entry, so nothing is signed."
    raise RefusedError(
        message,
        hint="Set the clock; if it is right and the entry was not, an administrator runs "
        "`certmgr doctor --accept-clock --reason TEXT`.",
        code=Code.CLOCK_BEHIND,
    )


def leaf_spec(order: Order, profile: Profile, plan: Plan, now: datetime) -> LeafSpec:
    """Return what the leaf will say; its life never passes its issuer's (DETAILS 20).

    Where the plan has holidays, its end moves back from a day off to the working day before (N4).
    """
    not_before, not_after = policy.granted_validity(order, profile, issuer=plan.limits, now=now)
    # Right after a clock was set back, the backdated start would lie before the issuer's own.
    not_before = max(not_before, plan.issuer.not_before)
    if plan.holidays is not None:
        not_after = calendars.working_end(not_before, not_after, ZoneInfo(plan.zone), plan.holidays)
    first = order.dns[0] if order.dns else None
    return LeafSpec(
        serial=build.make_serial(),
        dns=order.dns,
        ip=order.ip,
        common_name=first if profile.common_name and first and len(first) <= MAX_COMMON_NAME else None,
        not_before=not_before,
        not_after=not_after,
        client_auth=profile.client_auth,
        policy_oid=plan.policy_oid,
        user_notice=plan.user_notice,
        crl_url=plan.crl_url,
        issuer_url=plan.issuer_url,
    )


def prepare(  # noqa: PLR0913 - the values of one step, by keyword
    order: Order,
    profile: Profile,
    plan: Plan,
    *,
    now: datetime,
    destination: Path | None,
    sync: bool = True,
) -> Prepared:
    """Make or take the key, build and lint the to-be-signed bytes.

    A key made here is written to its owner-only file (durable unless `sync` is off, when the caller syncs a batch).
    Raises RefusedError with every lint finding; nothing is left behind then.
    """
    spec = leaf_spec(order, profile, plan, now)
    made = None
    if order.csr is None:
        key_type = order.key_type or profile.key_types[0]
        made = keys.make_key(key_type)
        spki = keys.public_spki(made)
    else:
        from certmgr.pki import csr  # noqa: PLC0415 - start-up: most keys are made here

        spki = csr.read_spki(order.csr)
        key_type = order.key_type or _certifiable(spki)
    tbs = build.make_leaf_tbs(spec, spki, plan.issuer)
    found = lint.lint_leaf(tbs, spec, spki, plan.issuer)
    if any(item.severity is Severity.ERROR for item in found):
        raise RefusedError(
            f"The certificate for {order.server} would not be right, so it is not signed.",
            hint="Change what the findings name and ask again.",
            findings=found,
            code=Code.LINT,
        )
    key_file = None
    if destination is not None and made is None:
        layout.prepare(destination, order.server)
    if made is not None and destination is not None:
        key_file = layout.write_key(destination, order.server, keys.private_pem(made), sync=sync)
    return Prepared(
        order=order,
        spec=spec,
        key_type=key_type,
        spki=spki,
        spki_sha256=keys.spki_sha256(spki),
        tbs=tbs,
        key_file=key_file,
        destination=destination,
        notices=tuple(found),
    )


def _certifiable(spki: bytes) -> KeyType:
    key_type = keys.facts_of_spki(spki).key_type
    if key_type is None:
        # Policy has refused such a key before this point; a caller that skipped policy stops here.
        raise RefusedError("The key is of a kind that no profile certifies.", code=Code.KEY_TYPE)
    return key_type


def discard(prepared: Sequence[Prepared]) -> None:
    """Remove the temporary key files of certificates that will not be signed."""
    for one in prepared:
        if one.key_file is not None:
            layout.discard_key(one.key_file)


def record_intents(tx: "Transaction", plan: Plan, prepared: Sequence[Prepared]) -> list[CertificateId]:
    """Store the intents, one journal entry each; return their ids in order (step 2).

    Raises RefusedError where the clock went back.
    """
    require_clock(tx)
    orders = [one.order for one in prepared]
    ids = servers.ensure_many(
        tx,
        [
            servers.Facts(
                name=order.server,
                owner=order.owner,
                purpose=order.purpose,
                contact=order.contact,
                recorded_ip=order.recorded_ip,
            )
            for order in orders
        ],
    )
    return add_intents(tx, [_intent_row(plan, one, server) for one, server in zip(prepared, ids, strict=True)])


def _intent_row(plan: Plan, prepared: Prepared, server: ServerId) -> IntentRow:
    order, spec = prepared.order, prepared.spec
    window_opens, renew_at = _renewal_times(spec.not_before, spec.not_after, plan.zone, plan.window_days)
    return IntentRow(
        authority_id=plan.authority_id,
        server_id=server,
        spec=spec,
        profile=order.profile,
        key_type=prepared.key_type,
        key_origin=KeyOrigin.MADE if order.csr is None else KeyOrigin.CSR,
        spki_sha256=prepared.spki_sha256,
        tbs=prepared.tbs,
        window_opens=window_opens,
        renew_at=renew_at,
        owner=order.owner,
        purpose=order.purpose,
        note=order.note,
        requested_by=plan.requested_by,
        destination=str(prepared.destination) if prepared.destination else None,
        key_path=prepared.key_file,
        csr=order.csr,
        replaces_id=order.replaces,
    )


@lru_cache(maxsize=16)
def _renewal_times(not_before: datetime, not_after: datetime, zone: str, days: int) -> tuple[datetime, datetime]:
    """Return when the renewal window opens and when a renewal happens by itself; the same for most of a batch."""
    where = ZoneInfo(zone)
    return (
        lifecycle.window_opens(not_before, not_after, where, days=days),
        lifecycle.renew_at(not_before, not_after, where, days=days),
    )


def sign(signer: Signer, issuer: build.Issuer, tbs: bytes) -> bytes:
    """Return the DER certificate over exactly `tbs`; raises IntegrityError where its signature does not verify."""
    signature = signer.sign(tbs)
    if not build.is_signature(signature, tbs, issuer):
        raise IntegrityError(
            "The CA key gave a signature that does not verify; nothing was issued.",
            hint="Run `certmgr doctor`; the key file or the memory of this machine may be damaged.",
            code=Code.SIGNATURE,
        )
    return build.assemble(tbs, signature)


def record_issued(tx: "Transaction", plan: Plan, issued: Sequence[Issued]) -> None:
    """Store the certificates of recorded intents, one journal entry each (step 4).

    The certificate that one replaces stays good for the overlap, and is superseded then.
    """
    certificates.record_issued(tx, [(one.id, one.der) for one in issued], accept_by=_accept_by(tx, plan))
    for one in issued:
        _supersede(tx, plan, one.prepared.order.replaces, one.id)
    following.meet_changes(tx)


def record_finished(tx: "Transaction", plan: Plan, certificate: Certificate, der: bytes) -> None:
    """Store the certificate of an intent that a crash left open; one that another process stored stays as it is."""
    if certificates.get(tx, certificate.id).stage is not Stage.INTENT:
        return
    certificates.record_issued(tx, [(certificate.id, der)], accept_by=_accept_by(tx, plan))
    _supersede(tx, plan, certificate.replaces_id, certificate.id)
    following.meet_changes(tx)


def _accept_by(tx: "Transaction", plan: Plan) -> datetime:
    """Return until when the subscriber of what is issued now may object: 24:00 of the last natural day (R3.3)."""
    return natural_days_due(tx.now, plan.acceptance_days, ZoneInfo(plan.zone))


def _supersede(tx: "Transaction", plan: Plan, replaced: CertificateId | None, by: CertificateId) -> None:
    if replaced is None:
        return
    at = (tx.now + plan.overlap).replace(microsecond=0)
    certificates.set_superseded(tx, replaced, at)
    tx.record("certificate.superseded", f"certificate:{replaced}", {"by": int(by), "at": at.isoformat()})


def delivery(destination: Path, server: str, key: str | None, der: bytes, chain_pem: bytes) -> layout.Delivery:
    """Return what is to be delivered for a certificate on record; `key` is the file that `prepare` has written."""
    certificate = export.pem(der)
    return layout.Delivery(
        destination=destination,
        server=server,
        key=key,
        cert=certificate,
        chain=chain_pem,
        fullchain=certificate + chain_pem,
    )


def deliver(issued: Issued, chain_pem: bytes) -> Issued:
    """Put the files of one certificate in place (step 5); return it with its folder, if one was named."""
    one = issued.prepared
    if one.destination is None:
        return issued
    files_ = delivery(one.destination, one.order.server, one.key_file, issued.der, chain_pem)
    delivered = layout.deliver(
        files_.destination, files_.server, files_.key, files_.cert, files_.chain, files_.fullchain
    )
    return replace(issued, folder=delivered.live)
