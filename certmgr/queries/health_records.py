"""The records: the store's file, the journal's chain, the clock, what is open, and certificates against their bytes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from certmgr import journal as form
from certmgr.codes import Code
from certmgr.errors import CertmgrError, Finding
from certmgr.issuance import MAX_CLOCK_BEHIND
from certmgr.models.certificates import Certificate
from certmgr.pki import build, inspect
from certmgr.queries.health import Area, damage, worry
from certmgr.queries.revocations import clock_of
from certmgr.store import authorities, certificates, examining, integrity, journal, revocations
from certmgr.store.intents import open_intents
from certmgr.workspace import Workspace

if TYPE_CHECKING:
    from certmgr.models.authorities import AuthorityId

MOST_READ = 20_000
"""So many certificates are compared with their bytes; of more, an even sample."""
SHOWN = 20
YOUNG = timedelta(minutes=5)
"""An intent younger than this may belong to a command that is running."""


def store_file(workspace: Workspace) -> Area:
    """Look at the store: SQLite's own check, foreign keys, triggers, modes, and rows against their journal entries."""
    with workspace.store().read() as snapshot:
        problems = [
            *integrity.check_modes(snapshot.path),
            *integrity.check_file(snapshot),
            *integrity.check_rows(snapshot),
        ]
        count = examining.count_issued(snapshot)
    return Area(well=f"The store is sound; it holds {count} certificates.", problems=_cut(problems))


def journal_chain(workspace: Workspace) -> Area:
    """Look at the journal's chain from its first entry on."""
    with workspace.store().read() as snapshot:
        problems = integrity.check_journal(snapshot)
        last = journal.last(snapshot)
    newest = f"{last.seq} entries, the newest from {last.at[:19]}Z" if last else "no entry yet"
    return Area(well=f"The journal is whole: {newest}.", problems=_cut(problems))


def clock(workspace: Workspace) -> Area:
    """Look at whether the clock stands before the newest entry: then nothing is signed (DETAILS 23)."""
    with workspace.store().read() as snapshot:
        last = journal.last(snapshot)
    behind = timedelta(0) if last is None else form.read_moment(last.at) - workspace.now()
    if behind <= MAX_CLOCK_BEHIND:
        return Area(well=f"The clock shows {workspace.now():%Y-%m-%d %H:%M} UTC.")
    minutes = int(behind.total_seconds() // 60)
    message = (
        f"The clock shows {workspace.now():%Y-%m-%d %H:%M} UTC, {minutes} minutes before the newest journal entry, so "
        "nothing is signed. Set it; if it is right: certmgr doctor --accept-clock --reason TEXT"
    )
    return Area(well="", problems=(worry(Code.CLOCK_BEHIND, message),))


def unfinished(workspace: Workspace) -> Area:
    """Look at what a crash left open: intents, and certificates whose files are not in place."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        intents = open_intents(snapshot)
        undelivered = certificates.undelivered(snapshot)
    problems = []
    for intent in intents:
        serial = intent.row.spec.serial
        if not intent.genuine:
            message = f"The open intent {serial} is not what the journal says; `certmgr check` puts it on the CRL."
            problems.append(damage(Code.INTENT_OPEN, message, value=serial))
        elif now - intent.created_at > YOUNG:
            message = f"The certificate {serial} was intended and never finished. Run: certmgr check"
            problems.append(worry(Code.INTENT_OPEN, message, value=serial))
    problems += [
        worry(
            Code.UNDELIVERED,
            f"The files of {one.server} (serial {one.serial}) are not in place. Run: certmgr check",
            value=one.serial,
        )
        for one, _ in undelivered
        if now - one.created_at > YOUNG
    ]
    return Area(well="No certificate is left half made.", problems=_cut(problems))


def requests(workspace: Workspace) -> Area:
    """Look at the revocation requests whose time has run out (R6.1)."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        waiting = revocations.open(snapshot)
    problems = []
    for one in waiting:
        due = clock_of(one).due
        if now > due:
            step = "verified" if one.verified_at is None else "published"
            message = f"The revocation {one.id} of {one.server} was to be {step} by {due:%Y-%m-%d %H:%M} UTC."
            problems.append(worry(Code.REVOCATION_LATE, message, value=str(one.id)))
    count = f"{len(waiting)} open" if waiting else "none is open"
    return Area(well=f"No revocation request is late; {count}.", problems=_cut(problems))


def contents(workspace: Workspace) -> Area:
    """Compare the certificates' columns with their bytes, their signatures with the issuer, the CRL with both."""
    problems: list[Finding] = []
    now = workspace.now()
    with workspace.store().read() as snapshot:
        total = examining.count_issued(snapshot)
        every = max(1, -(-total // MOST_READ))
        issuers: dict[AuthorityId, bytes] = {
            one.id: build.Issuer.from_certificate(one.certificate).spki
            for one in authorities.all(snapshot)
            if one.certificate
        }
        count = 0
        for certificate, der in examining.issued(snapshot, every=every):
            count += 1
            problems += _contradictions(certificate, der, issuers.get(certificate.authority_id, b""))
        problems += [
            damage(Code.STORE_ROW, f"The serial {serial} is revoked and stands on no CRL.", value=serial)
            for serial in examining.revoked_without_entry(snapshot, now)
        ]
    looked = f"{count} certificates were" if every == 1 else f"An even sample of {count} certificates was"
    return Area(well=f"{looked} compared with their records and signatures.", problems=_cut(problems))


def _contradictions(certificate: Certificate, der: bytes, issuer_spki: bytes) -> Iterator[Finding]:
    """Yield in what a record differs from the certificate that it is about."""
    try:
        facts = inspect.certificate_facts(der)
    except CertmgrError as problem:
        yield damage(
            Code.STORE_ROW, f"The certificate {certificate.serial}: {problem.message}", value=certificate.serial
        )
        return
    pairs = (
        ("serial", certificate.serial, facts.serial),
        ("beginning", certificate.not_before, facts.not_before),
        ("end", certificate.not_after, facts.not_after),
        ("DNS names", certificate.dns, facts.dns),
        ("addresses", certificate.ip, facts.ip),
        ("key", certificate.spki_sha256, facts.key.spki_sha256),
        ("fingerprint", certificate.sha256, facts.sha256),
    )
    wrong = [what for what, recorded, found in pairs if recorded != found]
    if not issuer_spki or not build.verify_signature(der, issuer_spki):
        wrong.append("signature")
    if wrong:
        subject = f"{certificate.server} (serial {certificate.serial})"
        message = f"The record of {subject} is not what its certificate says: {', '.join(wrong)}."
        yield damage(Code.STORE_ROW, message, field="row", value=certificate.serial)


def _cut(problems: "list[Finding] | tuple[Finding, ...]") -> tuple[Finding, ...]:
    """Return the first problems, and a count of the others."""
    if len(problems) <= SHOWN:
        return tuple(problems)
    more = f"and {len(problems) - SHOWN} more of this kind."
    return (*problems[:SHOWN], Finding(code=problems[SHOWN].code, severity=problems[SHOWN].severity, message=more))
