"""What the tests of the store put on record."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole, AuthorityStatus
from certmgr.models.certificates import CertificateId, DnsName, KeyOrigin, LeafSpec
from certmgr.models.keys import KeyType
from certmgr.models.operators import Actor, Role
from certmgr.models.serials import Serial
from certmgr.store import authorities, servers
from certmgr.store.certificates import record_issued
from certmgr.store.connection import Store, Transaction, open_store
from certmgr.store.intents import IntentRow, add_intents
from tests.clock import START, FakeClock

ALICE = Actor(name="alice", role=Role.ADMINISTRATOR, os_uid=1000, login_uid=1000)

ROOT = AuthorityId(1)
ISSUING = AuthorityId(2)


def digest(text: str) -> str:
    """Return 64 hex digits that stand for a key or a file named `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_store(folder: Path, clock: FakeClock, *, busy_timeout_s: float = 5.0) -> Store:
    """Return a new store in `folder`."""
    return open_store(folder / "certmgr.db", clock=clock, create=True, busy_timeout_s=busy_timeout_s)


def add_authority(tx: Transaction, slug: str = "issuing-2026-1", parent: AuthorityId | None = None) -> Authority:
    """Record an authority; one without a parent is a root unless its slug says `issuing`."""
    identity = authorities.add(
        tx,
        slug=slug,
        role=AuthorityRole.ISSUING if slug.startswith("issuing") else AuthorityRole.ROOT,
        subject=f"CN=Example {slug}",
        spki_sha256=digest(slug),
        key_type=KeyType.EC_P256,
        not_before=START,
        not_after=START + timedelta(days=1095),
        parent_id=parent,
        certificate=b"DER of " + slug.encode(),
        serial=Serial("01AB"),
        sha256=digest(f"certificate of {slug}"),
        status=AuthorityStatus.CURRENT,
    )
    tx.record("ca.made", f"authority:{identity}", {})
    return authorities.get(tx, identity)


def intent(  # noqa: PLR0913 - the facts of a certificate
    tx: Transaction,
    server: str = "portal.egov.internal",
    *,
    number: int = 0x7000,
    dns: Sequence[str] | None = None,
    ip: Sequence[str] = (),
    authority: AuthorityId = ISSUING,
    profile: str = "server",
    key_type: KeyType = KeyType.EC_P256,
    key: str | None = None,
    owner: str = "Unit A",
    note: str = "",
    not_before: datetime = START,
    days: int = 365,
    destination: str | None = None,
    csr: bytes | None = None,
    replaces: CertificateId | None = None,
) -> IntentRow:
    """Return the intent of a certificate for `server`, which is put on record too."""
    not_after = not_before + timedelta(days=days) - timedelta(seconds=1)
    return IntentRow(
        authority_id=authority,
        server_id=servers.ensure(tx, name=server, owner=owner, purpose="TLS"),
        spec=LeafSpec(
            serial=Serial.from_int(number),
            dns=tuple(DnsName(name) for name in ((server,) if dns is None else dns)),
            ip=tuple(ip_address(text) for text in ip),
            common_name=server,
            not_before=not_before,
            not_after=not_after,
            policy_oid="1.3.6.1.4.1.32473.1",
            crl_url="http://crl.egov.internal/issuing.crl",
        ),
        profile=profile,
        key_type=key_type,
        key_origin=KeyOrigin.MADE if csr is None else KeyOrigin.CSR,
        spki_sha256=digest(key or f"key {number}"),
        tbs=b"TBS %d" % number,
        window_opens=not_after - timedelta(days=30),
        renew_at=not_after - timedelta(days=min(30, days / 3)),
        owner=owner,
        purpose="TLS",
        note=note,
        requested_by="alice",
        destination=destination,
        key_path=f"{destination}/.key-{number}" if destination else None,
        csr=csr,
        replaces_id=replaces,
    )


def issue(tx: Transaction, *rows: IntentRow) -> list[CertificateId]:
    """Put certificates on record, intent and all; return their ids."""
    ids = add_intents(tx, rows)
    record_issued(tx, [(identity, b"DER of " + row.tbs) for identity, row in zip(ids, rows, strict=True)])
    return ids


class _UndoneError(Exception):
    """Ends a transaction without a trace."""


@contextmanager
def undone(store: Store) -> Iterator[Transaction]:
    """Yield a transaction that is rolled back at the end."""
    with suppress(_UndoneError), store.write(ALICE) as tx:
        yield tx
        raise _UndoneError
