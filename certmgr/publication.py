"""The CRL's way out: reserve, sign, record, put in place, fetch back (ARCHITECTURE 8, DETAILS 24 to 28).

A revocation is done when relying parties can see it, so the last step fetches the CRL from every distribution point,
checks its signature and looks for the revoked serials there; each sighting is recorded. A step that fails leaves a
state from which the next publication goes on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr.codes import Code
from certmgr.commitments import Kind
from certmgr.config import Config
from certmgr.errors import CertmgrError, Finding, IntegrityError, RefusedError
from certmgr.locations import certificate_file, crl_file, fetch_urls
from certmgr.models.authorities import Authority, AuthorityRole
from certmgr.models.certificates import CertificateId
from certmgr.models.operators import Actor
from certmgr.models.serials import Serial
from certmgr.net import fetch, published
from certmgr.pki import build, crl, crl_checks, inspect
from certmgr.records import dataclass
from certmgr.releasing import RELEASED
from certmgr.store import certificates, commitments, crls, journal, meta, revocations

if TYPE_CHECKING:
    from certmgr.models.journal import JSON
    from certmgr.models.keys import Signer
    from certmgr.store.connection import Snapshot, Store, Transaction

BACKDATED = timedelta(minutes=5)
"""OpenSSL refuses a thisUpdate 30 s ahead of its own clock (DETAILS 25)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of a publication."""

    authority: str
    number: int
    entries: int
    this_update: datetime
    next_update: datetime
    path: Path | None
    seen: bool
    """Whether the CRL was seen at every distribution point, or is in place where there is none."""
    problems: tuple[Finding, ...] = ()


def publish(store: "Store", actor: Actor, signer: "Signer", authority: Authority, config: Config) -> Published:
    """Sign a CRL of all that is revoked now, put it in place and fetch it back.

    Raises IntegrityError where the new CRL would take back what an earlier one says. A distribution point that does
    not show the CRL is a problem in the answer, not an error: the revocations stay open and count down.
    """
    _refuse_unreconciled(store)
    return _bring_out(store, actor, _sign(store, actor, signer, authority, config), authority, config)


def _refuse_unreconciled(store: "Store") -> None:
    """Raise RefusedError in a restored home that does not know yet what was revoked after its backup (N3)."""
    with store.read() as snapshot:
        made_at = meta.get(snapshot, meta.RESTORED)
    if made_at is not None:
        raise RefusedError(
            f"This home was restored from a backup of {made_at[:16]}; a CRL of its own could take revocations back.",
            hint="Compare it with the published CRLs first: certmgr restore reconcile",
            code=Code.RESTORE_OPEN,
        )


def publish_due(store: "Store", actor: Actor, signer: "Signer", authority: Authority, config: Config) -> Published:
    """Publish as `publish` does, but without a new CRL where the last one says all and was merely not seen.

    For what comes by itself: a distribution point that is down for a day costs no new CRL every quarter of an hour.
    """
    _refuse_unreconciled(store)
    der = _unseen(store, authority, config)
    if der is None:
        return publish(store, actor, signer, authority, config)
    return _bring_out(store, actor, der, authority, config)


def _unseen(store: "Store", authority: Authority, config: Config) -> bytes | None:
    """Return the last CRL where nothing was revoked or released after it, it is fresh, and nobody has seen it yet."""
    with store.read() as snapshot:
        last = crls.latest(snapshot, authority.id)
        if last is None or last.published_at is not None:
            return None
        if crls.unpublished_entries(snapshot, authority.id, last.number):
            return None
        fresh = config.publish.crl_reissue if authority.role is AuthorityRole.ISSUING else lifetime(authority, config)
        if store.clock() - last.this_update >= fresh:
            return None
        der = crls.der(snapshot, authority.id, last.number)
    return der if crl.verify_crl(der, authority.certificate) else None


def _bring_out(store: "Store", actor: Actor, der: bytes, authority: Authority, config: Config) -> Published:
    """Put a signed CRL in place and fetch it back; record where it was seen, and what is done by that."""
    head = crl.read_head(der)
    path, problems = _place(der, head.number, authority, config)
    points = fetch_urls(config.publish, authority.slug)
    if not problems:
        with store.read() as snapshot:
            awaited = crls.awaited_serials(snapshot, authority.id, head.number)
        problems = _look(points, der, authority, awaited)
        wrong = {item.value for item in problems}
        _record_seen(store, actor, authority, der, [url for url in points if url not in wrong], seen=not problems)
    with store.read() as snapshot:
        entries = crls.count_entries(snapshot, authority.id)
    return Published(
        authority=authority.slug,
        number=head.number,
        entries=entries,
        this_update=head.this_update,
        next_update=head.next_update,
        path=path,
        seen=not problems,
        problems=tuple(problems),
    )


def _record_seen(  # noqa: PLR0913 - the facts of a look, by keyword
    store: "Store", actor: Actor, authority: Authority, der: bytes, urls: Sequence[str], *, seen: bool
) -> None:
    """Record the places at which the CRL was seen; where that is all of them, what relying parties can see by it."""
    number = crl.read_number(der)
    if not urls and not seen:
        return
    about = f"authority:{authority.id}"
    with store.write(actor) as tx:
        new = crls.add_sightings(tx, authority.id, number, urls)
        if seen:
            crls.set_published(tx, authority.id, number)
            done = revocations.mark_published(tx, authority.id, number)
            for one in done:
                commitments.meet_all(tx, Kind.PUBLISH_REVOCATION, f"revocation:{one}")
            released = _meet_releases(tx, authority, der)
            data: dict[str, JSON] = {"number": number, "revocations": [int(one) for one in done], "points": len(urls)}
            if released:
                data["released"] = [*released]
            tx.record("crl.published", about, data)
        elif new:
            tx.record("crl.seen", about, {"number": number, "points": len(new)})


def _meet_releases(tx: "Transaction", authority: Authority, der: bytes) -> list[int]:
    """Meet the promise of every release whose serial the CRL does not carry any more (N2); return the certificates."""
    waiting = []
    for one in commitments.open_of(tx, Kind.RELEASE_HOLD):
        subject = certificates.get(tx, CertificateId(int(one.object.partition(":")[2])))
        if subject.authority_id == authority.id and subject.held_at is None:
            waiting.append((one, subject))
    if not waiting:
        return []
    listed = crl.read_serials(der)
    met = [(one, subject) for one, subject in waiting if subject.serial not in listed]
    for one, _ in met:
        commitments.meet(tx, one.id)
    return [int(subject.id) for _, subject in met]


def lifetime(authority: Authority, config: Config) -> timedelta:
    """Return how long a CRL of the authority is valid."""
    return config.publish.root_crl_lifetime if authority.role is AuthorityRole.ROOT else config.publish.crl_lifetime


def _sign(store: "Store", actor: Actor, signer: "Signer", authority: Authority, config: Config) -> bytes:
    """Reserve a number, sign what the reserving transaction read, record it; return the CRL."""
    issuer = build.Issuer.from_certificate(authority.certificate)
    with store.write(actor) as tx:
        previous = crls.latest(tx, authority.id)
        before = [crl.read_head(crls.der(tx, authority.id, previous.number))] if previous else []
        this_update = tx.now.replace(microsecond=0) - BACKDATED
        if previous is not None:
            # Publishing is never blocked by a clock that went back; thisUpdate does not fall (DETAILS 23, 25).
            this_update = max(this_update, previous.this_update)
        number = crls.reserve_number(tx, authority.id, tx.now)
        dropped = crls.drop_expired(tx, authority.id)
        entries = list(crls.entries(tx, authority.id))
        tx.record("crl.intended", f"authority:{authority.id}", {"number": number, "entries": len(entries)})
    next_update = this_update + BACKDATED + lifetime(authority, config)
    tbs = crl.make_crl_tbs(issuer, number, this_update, next_update, entries)
    new = crl.read_tbs(tbs)
    for earlier in (*before, *_published_before(authority, config, number)):
        _refuse_taking_back(store, authority, earlier, new, dropped)
    der = build.assemble(tbs, signer.sign(tbs))
    if not crl.verify_crl(der, authority.certificate):
        raise IntegrityError("The CA key gave a CRL signature that does not verify.", code=Code.SIGNATURE)
    with store.write(actor) as tx:
        crls.record(tx, authority.id, number=number, this_update=this_update, next_update=next_update, der=der)
        revocations.mark_signed(tx, authority.id, number)
        tx.record("crl.signed", f"authority:{authority.id}", {"number": number, "sha256": inspect.sha256(der)})
    return der


def _published_before(authority: Authority, config: Config, number: int) -> list[crl.CrlHead]:
    """Return the CRL that stands in the published folder, where it is the authority's own and not newer than `number`.

    A store that was restored from an old copy does not know it; signing over it would bring revoked serials back.
    """
    if config.publish.directory is None:
        return []
    der = published.read_published(Path(config.publish.directory), crl_file(authority.slug))
    if der is None or not crl.verify_crl(der, authority.certificate):
        return []
    head = crl.read_head(der)
    return [head] if head.number <= number else []


def _refuse_taking_back(
    store: "Store", authority: Authority, before: crl.CrlHead, new: crl.CrlHead, dropped: Sequence[Serial]
) -> None:
    """Raise IntegrityError where `new` leaves out what `before` says, but for what expired or was released (R1.7)."""
    found = crl_checks.compare_heads(before, new, allowed_removals=dropped)
    if not found:
        return
    with store.read() as snapshot:
        kept = [item for item in found if not _may_go(snapshot, authority, item.value, new.this_update)]
    if kept:
        raise IntegrityError(
            f"The next CRL of {authority.slug} would take back what the last one says, so it is not signed.",
            hint="Run `certmgr doctor`; the store may have been restored from an old copy.",
            findings=kept,
            code=Code.INTEGRITY,
        )


def _may_go(snapshot: "Snapshot", authority: Authority, serial: str | None, this_update: datetime) -> bool:
    """Tell whether the serial may leave the CRL: released from its hold, or expired before (RFC 5280 3.3)."""
    if serial is None:
        return False
    for one in certificates.by_serial(snapshot, Serial(serial)):
        if one.authority_id == authority.id:
            history = journal.for_objects(snapshot, f"certificate:{one.id}")
            released = one.revoked_at is None and any(entry.action == RELEASED for entry in history)
            return released or one.not_after < this_update
    return False


def _place(der: bytes, number: int, authority: Authority, config: Config) -> tuple[Path | None, list[Finding]]:
    """Put the newest signed CRL and the certificate into the published folder."""
    directory = config.publish.directory
    if directory is None:
        return None, []
    folder = Path(directory)
    try:
        published.publish_file(folder, certificate_file(authority.slug), authority.certificate)
        published.publish_file(folder, crl_file(authority.slug), der, number=number, number_of=crl.read_number)
    except CertmgrError as problem:
        message = f"The CRL of {authority.slug} could not be put into {folder}: {problem.message}"
        return None, [Finding(code=Code.CRL_NOT_PLACED, field="publish.directory", value=directory, message=message)]
    return folder / crl_file(authority.slug), []


def _look(points: Sequence[str], der: bytes, authority: Authority, awaited: Sequence[Serial]) -> list[Finding]:
    """Fetch the CRL back from every distribution point; return what does not hold, one finding a point at most."""
    problems = []
    for url in points:
        try:
            found = _judge(url, fetch.fetch(url), der, authority, awaited)
        except CertmgrError as problem:
            found = (Code.CRL_NOT_SEEN, f"The CRL was not seen at {url}: {problem.message}")
        if found is not None:
            code, message = found
            problems.append(Finding(code=code, field="publish.fetch_urls", value=url, message=message))
    return problems


def _judge(
    url: str, served: bytes, der: bytes, authority: Authority, awaited: Sequence[Serial]
) -> tuple[Code, str] | None:
    """Return what is wrong with what a distribution point serves; None: it shows all that the CRL says (R6.1)."""
    if served == der:
        return None
    if not crl.verify_crl(served, authority.certificate):
        return Code.CRL_SERVED_FOREIGN, f"{url} serves a CRL that {authority.slug} did not sign."
    number, ours = crl.read_number(served), crl.read_number(der)
    if number < ours:
        return Code.CRL_SERVED_OLD, f"{url} still serves an older CRL than number {ours}."
    if number == ours:
        return Code.CRL_SERVED_FOREIGN, f"{url} serves another CRL with the number {number} than the one on record."
    listed = crl.read_serials(served) if awaited else frozenset()
    missing = [serial for serial in awaited if serial not in listed]
    if missing:
        return Code.CRL_SERVED_OLD, f"{url} serves CRL number {number} without the revoked serial {missing[0]}."
    return None
