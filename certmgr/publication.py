"""The CRL's way out: reserve, sign, record, put in place, fetch back (ARCHITECTURE 8, DETAILS 24 to 28).

A revocation is done when relying parties can see it, so the last step fetches the CRL from every distribution point
and looks for it there. A step that fails leaves a state from which the next publication goes on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certmgr.codes import Code
from certmgr.config import Config
from certmgr.errors import CertmgrError, Finding, IntegrityError, Severity
from certmgr.locations import certificate_file, crl_file, fetch_urls
from certmgr.models.authorities import Authority, AuthorityRole
from certmgr.models.operators import Actor
from certmgr.models.serials import Serial
from certmgr.net import fetch, published
from certmgr.pki import build, crl, crl_checks, inspect
from certmgr.records import dataclass
from certmgr.store import certificates, crls, journal, revocations

if TYPE_CHECKING:
    from certmgr.models.keys import Signer
    from certmgr.store.connection import Snapshot, Store

RELEASED = "certificate.released"
"""The journal's word for a hold that was lifted."""
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
    der = _sign(store, actor, signer, authority, config)
    head = crl.read_head(der)
    path, problems = _place(der, head.number, authority, config)
    if not problems:
        problems = _seen(authority, config, head.number)
    seen = not any(item.severity is Severity.ERROR for item in problems)
    if seen:
        with store.write(actor) as tx:
            crls.set_published(tx, authority.id, head.number)
            done = revocations.mark_published(tx, authority.id, head.number)
            tx.record("crl.published", f"authority:{authority.id}", {"number": head.number, "revocations": [*done]})
    with store.read() as snapshot:
        entries = crls.count_entries(snapshot, authority.id)
    return Published(
        authority=authority.slug,
        number=head.number,
        entries=entries,
        this_update=head.this_update,
        next_update=head.next_update,
        path=path,
        seen=seen,
        problems=tuple(problems),
    )


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


def _seen(authority: Authority, config: Config, number: int) -> list[Finding]:
    """Fetch the CRL back from every distribution point; return what does not hold."""
    problems = []
    for url in fetch_urls(config.publish, authority.slug):
        try:
            der = fetch.fetch(url)
            if not crl.verify_crl(der, authority.certificate):
                message = f"{url} serves a CRL that {authority.slug} did not sign."
            elif crl.read_number(der) < number:
                message = f"{url} still serves an older CRL than number {number}."
            else:
                continue
        except CertmgrError as problem:
            message = f"The CRL was not seen at {url}: {problem.message}"
        problems.append(Finding(code=Code.CRL_NOT_SEEN, field="publish.fetch_urls", value=url, message=message))
    return problems
