"""Take over an issuing CA from elsewhere: its certificate, its key, and what it has revoked (DETAILS 9)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from certmgr import founding, succession
from certmgr.custody.secrets import Secret
from certmgr.errors import Finding, Severity
from certmgr.models.authorities import AuthorityId, AuthorityRole, AuthorityStatus
from certmgr.models.operators import Permission
from certmgr.models.revocations import CrlFacts
from certmgr.pki import build, crl, foreign, inspect, keys
from certmgr.queries import operators
from certmgr.records import dataclass
from certmgr.store import authorities, crls
from certmgr.workspace import Session, Workspace, journalled_refusal

if TYPE_CHECKING:
    from certmgr.models.journal import JSON
    from certmgr.store.connection import Transaction

MAX_IMPORTED_NUMBER: Final = 253_402_300_799
"""The Unix time of the last second that has four digits for its year; our own numbers go on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A CA from elsewhere, looked at and fit to be imported."""

    certificate: bytes
    issuer: build.Issuer
    root: bytes | None
    """None: it signed itself."""
    pkcs8: Secret
    crl: bytes | None
    crl_facts: CrlFacts | None
    notices: tuple[Finding, ...]


def check_import(
    workspace: Workspace, *, certificate: bytes, private_key: bytes, root: bytes | None, crl_file: bytes | None
) -> Import:
    """Return an issuing CA from elsewhere as `import_authority` would take it over; changes nothing.

    The certificate, its root's (None: it signed itself) and its last CRL are PEM or DER; the key is unencrypted.
    Raises UsageError for files that are something else, RefusedError with every reason where it cannot be used.
    """
    der = succession.read_certificate(certificate, "certificate")
    root_der = der if root is None else succession.read_certificate(root, "root")
    issuer = build.Issuer.from_certificate(der)
    key = keys.load_private(private_key)
    found = foreign.lint_foreign_authority(der, root_der, now=workspace.now())
    with workspace.store().read() as snapshot:
        known = authorities.by_spki(snapshot, keys.spki_sha256(issuer.spki))
    if keys.public_spki(key) != issuer.spki:
        found = (succession.fault("key", "The private key is not that of the certificate."), *found)
    if known:
        found = (succession.fault("key", f"A CA with that key is here already: {known[0].slug}."), *found)
    facts, crl_der = None, None
    if crl_file is None:
        message = "No CRL is given: what this CA revoked elsewhere will not stand on the CRLs that certmgr signs."
        found = (*found, succession.fault("crl", message, Severity.WARNING))
    else:
        crl_der = foreign.load_crl(crl_file)
        facts = crl.read_crl(crl_der)
        found = (*found, *_crl_faults(crl_der, facts, der))
    succession.refuse(found, "The CA cannot be imported.")
    return Import(
        certificate=der,
        issuer=issuer,
        root=None if root_der == der else root_der,
        pkcs8=Secret(keys.private_der(key)),
        crl=crl_der,
        crl_facts=facts,
        notices=(*found, *succession.differences(workspace, "the imported CA", issuer)),
    )


def import_authority(  # noqa: PLR0913 - the files of a CA, by keyword
    workspace: Workspace,
    session: Session,
    *,
    certificate: bytes,
    private_key: bytes,
    root: bytes | None,
    crl_file: bytes | None,
) -> succession.Founded:
    """Take over an issuing CA; it signs from now on. Raises as `check_import` does; a refusal is journalled.

    What it revoked elsewhere stands on our next CRL, whose number follows its last one.
    """
    session.require(Permission.ADMINISTER)
    with journalled_refusal(workspace, session, "authority.refused", "authority:0"):
        given = check_import(workspace, certificate=certificate, private_key=private_key, root=root, crl_file=crl_file)
    return _take_over(workspace, session, given)


def _take_over(workspace: Workspace, session: Session, given: Import) -> succession.Founded:
    """Seal the key, record the CA with what it has revoked, and publish its first CRL from here."""
    before = succession.current(workspace)
    recipients = operators.trusted(workspace)
    parent = None if given.root is None else succession.add_external_root(workspace, session, given.root)
    slug = _imported_slug(workspace)
    founding.store_key(
        workspace.keys,
        slug,
        role=AuthorityRole.ISSUING,
        spki=given.issuer.spki,
        pkcs8=given.pkcs8,
        recipients=recipients,
    )
    facts = inspect.certificate_facts(given.certificate)
    with workspace.store().write(session.actor) as tx:
        identity = authorities.add(
            tx,
            slug=slug,
            role=AuthorityRole.ISSUING,
            subject=facts.subject,
            spki_sha256=facts.key.spki_sha256,
            key_type=given.issuer.key_type,
            not_before=facts.not_before,
            not_after=facts.not_after,
            parent_id=parent,
            status=AuthorityStatus.PENDING,
        )
        revoked = _take_over_crl(tx, identity, given)
        noted: dict[str, JSON] = {"spki_sha256": facts.key.spki_sha256, "crl_entries": revoked}
        tx.record("authority.imported", f"authority:{identity}", noted)
        pending = authorities.get(tx, identity)
    imported = founding.record_certificate(workspace.store(), session.actor, pending, given.certificate)
    return succession.finish(workspace, session, imported, before, given.notices)


def _take_over_crl(tx: "Transaction", authority: AuthorityId, given: Import) -> int:
    """Put what the CA revoked elsewhere on its next CRL, and its last number on record; return how many."""
    if given.crl is None or given.crl_facts is None:
        return 0
    facts = given.crl_facts
    for entry in facts.entries:
        # When each of them ends is not known here, but none outlives its issuer.
        crls.put_entry(
            tx,
            authority,
            entry.serial,
            crl.entry_der(entry),
            revoked_at=entry.revoked_at,
            not_after=given.issuer.not_after,
        )
    number = crls.reserve_number(tx, authority, datetime.fromtimestamp(facts.number, UTC))
    crls.record(
        tx, authority, number=number, this_update=facts.this_update, next_update=facts.next_update, der=given.crl
    )
    return len(facts.entries)


def _crl_faults(der: bytes, facts: CrlFacts, certificate: bytes) -> Iterator[Finding]:
    if not crl.verify_crl(der, certificate):
        yield succession.fault("crl", "The CRL is not signed by the CA that is to be imported.")
    if not 0 < facts.number <= MAX_IMPORTED_NUMBER:
        yield succession.fault("crl", f"The CRL's number, {facts.number}, is larger than any that certmgr can follow.")


def _imported_slug(workspace: Workspace) -> str:
    with workspace.store().read() as snapshot:
        taken = {one.slug for one in authorities.all(snapshot)} | {path.stem for path in workspace.keys.glob("*.json")}
    number = 1
    while f"imported-{number}" in taken:
        number += 1
    return f"imported-{number}"
