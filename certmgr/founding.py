"""Found a certificate authority: its key, its certificate, its record (DETAILS 6 to 10).

The root is made wide and the issuing CA narrow; a CA key is sealed to the slots whose role may hold it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from certmgr.codes import Code
from certmgr.config import Config
from certmgr.custody import slots
from certmgr.custody.authority_keys import store_authority_key
from certmgr.custody.secrets import Secret
from certmgr.errors import IntegrityError, RefusedError
from certmgr.lifecycle import validity
from certmgr.locations import crl_url, issuer_url
from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole, AuthoritySpec, AuthorityStatus, Network
from certmgr.models.operators import SIGNING_ROLES, Actor, Role
from certmgr.pki import authority_csr, build, inspect, keys, lint, pem
from certmgr.records import dataclass
from certmgr.store import authorities
from certmgr.store.connection import Store
from certmgr.workspace import Session
from certmgr.zones import Zones

ROOT_RECIPIENTS = frozenset({Role.ADMINISTRATOR, Role.RECOVERY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A CA certificate before it is signed, for `--dry-run` and for signing."""

    spec: AuthoritySpec
    slug: str
    tbs: bytes


def authority_specs(
    config: Config, now: datetime, *, issuing_number: int = 1, root_slug: str | None = None
) -> tuple[AuthoritySpec, AuthoritySpec]:
    """Return what the root and the issuing CA will say: the root wide, the issuing CA narrow (DETAILS 6)."""
    organisation = config.organisation.name
    year = year_of(now, config)
    narrow = config.zones.declared
    wide = Zones(
        dns=tuple(dict.fromkeys((*narrow.dns, *config.root.zones))),
        networks=outermost((*narrow.networks, *config.root.networks)),
    )
    root = AuthoritySpec(
        role=AuthorityRole.ROOT,
        organisation=organisation,
        common_name=f"{organisation} Root CA {year}",
        key_type=config.root.key_type,
        days=config.root.days,
        zones=wide.dns,
        networks=wide.networks,
        client_auth=config.issuing.client_auth,
    )
    issuing = AuthoritySpec(
        role=AuthorityRole.ISSUING,
        organisation=organisation,
        common_name=f"{organisation} Issuing CA {year}-{issuing_number}",
        key_type=config.issuing.key_type,
        days=config.issuing.days,
        zones=narrow.dns,
        networks=narrow.networks,
        client_auth=config.issuing.client_auth,
        crl_url=crl_url(config.publish, root_slug or f"root-{year}"),
        issuer_url=issuer_url(config.publish, root_slug or f"root-{year}"),
    )
    return root, issuing


def outermost(networks: Iterable[Network]) -> tuple[Network, ...]:
    """Return the networks that lie in no other of them, in their order, each once."""
    every = tuple(dict.fromkeys(networks))
    return tuple(
        one
        for one in every
        if not any(
            one != other
            and one.version == other.version
            and one.network_address in other
            and one.broadcast_address in other
            for other in every
        )
    )


def year_of(now: datetime, config: Config) -> int:
    """Return the year in the organisation's time zone: it stands in the names of its CAs."""
    return now.astimezone(config.zone).year


def slug_of(spec: AuthoritySpec, now: datetime, config: Config, number: int = 1) -> str:
    """Return the short name of an authority: `root-2026`, `issuing-2026-1`."""
    year = year_of(now, config)
    return f"root-{year}" if spec.role is AuthorityRole.ROOT else f"issuing-{year}-{number}"


def draft(spec: AuthoritySpec, slug: str, spki: bytes, now: datetime, issuer: build.Issuer | None) -> Draft:
    """Return the linted certificate of an authority; self-signed without `issuer`. Raises RefusedError by lint."""
    not_before, not_after = validity(now, spec.days)
    serial = build.make_serial()
    if issuer is None:
        tbs = build.make_root_tbs(spec, spki, serial, not_before, not_after)
    else:
        not_after = min(not_after, issuer.not_after)
        tbs = build.make_issuing_tbs(spec, spki, serial, not_before, not_after, issuer)
    found = lint.lint_authority(tbs, spec, spki=spki, issuer=issuer)
    if found:
        raise RefusedError(
            f"The CA certificate {spec.common_name} would not be right, so it is not signed.",
            hint="Change what the findings name in the options of `certmgr init`.",
            findings=found,
            code=Code.LINT,
        )
    return Draft(spec=spec, slug=slug, tbs=tbs)


def found_authority(  # noqa: PLR0913 - the values of one step
    folder: Path,
    store: Store,
    session: Session,
    *,
    spec: AuthoritySpec,
    slug: str,
    recipients: Sequence[slots.Slot],
    now: datetime,
    parent: Authority | None,
) -> Authority:
    """Make an authority's key, sign its certificate and record it; self-signed without `parent`.

    Only the slots whose role may hold this key receive it: an issuing CA's goes to the machine, the root's does not.
    As with a leaf, what is to be signed is on record before it is signed.
    """
    key = keys.make_key(spec.key_type)
    spki = keys.public_spki(key)
    issuer = build.Issuer.from_certificate(parent.certificate) if parent else None
    made = draft(spec, slug, spki, now, issuer)
    store_key(folder, slug, role=spec.role, spki=spki, pkcs8=Secret(keys.private_der(key)), recipients=recipients)
    pending = record_pending(store, session.actor, made, spki=spki, now=now, parent_id=parent.id if parent else None)
    signer = session.signer(parent or pending)
    der = build.assemble(made.tbs, signer.sign(made.tbs))
    if not build.verify_signature(der, signer.spki):
        raise IntegrityError("The CA key gave a signature that does not verify.", code=Code.SIGNATURE)
    return record_certificate(store, session.actor, pending, der)


def record_pending(  # noqa: PLR0913 - the facts of an authority
    store: Store,
    actor: Actor,
    made: Draft,
    *,
    spki: bytes,
    now: datetime,
    parent_id: AuthorityId | None,
    csr_der: bytes | None = None,
) -> Authority:
    """Record an authority that has a key and no certificate yet."""
    with store.write(actor) as tx:
        identity = authorities.add(
            tx,
            slug=made.slug,
            role=made.spec.role,
            subject=made.spec.common_name,
            spki_sha256=keys.spki_sha256(spki),
            key_type=made.spec.key_type,
            not_before=now,
            not_after=now,
            parent_id=parent_id,
            status=AuthorityStatus.PENDING,
            spec=made.spec,
            tbs=made.tbs or None,
            csr=csr_der,
        )
        signed = (
            {"tbs_sha256": inspect.sha256(made.tbs)} if made.tbs else {"csr_sha256": inspect.sha256(csr_der or b"")}
        )
        tx.record("authority.intended", f"authority:{identity}", {"spki_sha256": keys.spki_sha256(spki), **signed})
        return authorities.get(tx, identity)


def record_certificate(
    store: Store, actor: Actor, pending: Authority, der: bytes, *, parent_id: AuthorityId | None = None
) -> Authority:
    """Give a pending authority its certificate and return it; its predecessor of that role is retired."""
    facts = inspect.certificate_facts(der)
    with store.write(actor) as tx:
        for older in authorities.all(tx):
            if older.role is pending.role and older.status is AuthorityStatus.CURRENT and older.has_key:
                authorities.set_status(tx, older.id, AuthorityStatus.RETIRED)
                tx.record("authority.retired", f"authority:{older.id}", {})
        authorities.set_certificate(
            tx,
            pending.id,
            certificate=der,
            serial=facts.serial,
            sha256=facts.sha256,
            subject=facts.subject,
            not_before=facts.not_before,
            not_after=facts.not_after,
            parent_id=parent_id,
        )
        tx.record(
            "authority.founded",
            f"authority:{pending.id}",
            {"sha256": facts.sha256, "spki_sha256": pending.spki_sha256},
        )
        return authorities.get(tx, pending.id)


def found_pending(  # noqa: PLR0913 - the values of one step
    folder: Path,
    store: Store,
    actor: Actor,
    *,
    spec: AuthoritySpec,
    slug: str,
    recipients: Sequence[slots.Slot],
    now: datetime,
) -> tuple[Authority, bytes]:
    """Make an issuing CA's key and its CSR (PEM) for a corporate root; record the authority as pending."""
    key = keys.make_key(spec.key_type)
    spki = keys.public_spki(key)
    store_key(folder, slug, role=spec.role, spki=spki, pkcs8=Secret(keys.private_der(key)), recipients=recipients)
    request = authority_csr.make_authority_csr(key, spec)
    made = Draft(spec=spec, slug=slug, tbs=b"")
    authority = record_pending(
        store, actor, made, spki=spki, now=now, parent_id=None, csr_der=pem.read_request_der(request)
    )
    return authority, request


def store_key(  # noqa: PLR0913 - the facts of a key
    folder: Path, slug: str, *, role: AuthorityRole, spki: bytes, pkcs8: Secret, recipients: Sequence[slots.Slot]
) -> None:
    """Seal an authority's key to those of the slots that may hold it."""
    if role is AuthorityRole.ROOT:
        holders = [slot for slot in recipients if slot.role in ROOT_RECIPIENTS]
        store_authority_key(
            folder / f"{slug}.json", slug=slug, spki=spki, pkcs8=pkcs8, recipients=holders, roles=ROOT_RECIPIENTS
        )
    else:
        holders = [slot for slot in recipients if slot.role in SIGNING_ROLES]
        store_authority_key(folder / f"{slug}.json", slug=slug, spki=spki, pkcs8=pkcs8, recipients=holders)
