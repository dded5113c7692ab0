"""The intent: what is on record before a certificate is signed (ARCHITECTURE 2, DETAILS 15, 16)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from certmgr import journal as journal_format
from certmgr.codes import Code
from certmgr.errors import IntegrityError
from certmgr.models.authorities import AuthorityId
from certmgr.models.certificates import CertificateId, KeyOrigin, LeafSpec, ServerId
from certmgr.models.journal import JSON
from certmgr.models.keys import KeyType
from certmgr.records import dataclass
from certmgr.store import journal
from certmgr.store.columns import dump, leaf_spec_of, leaf_spec_text, moment_of, sha256, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

INTENDED: Final = "certificate.intended"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRow:
    """All that is recorded of a certificate before its signature."""

    authority_id: AuthorityId
    server_id: ServerId
    spec: LeafSpec
    profile: str
    key_type: KeyType
    key_origin: KeyOrigin
    spki_sha256: str
    tbs: bytes
    """The bytes that will be signed, and no others."""
    window_opens: datetime
    renew_at: datetime
    owner: str
    purpose: str
    requested_by: str
    note: str = ""
    destination: str | None = None
    """The folder given with --out; None: nothing is delivered."""
    key_path: str | None = None
    """The owner-only temporary file of a key made here."""
    csr: bytes | None = None
    """DER of the CSR that the key came with."""
    replaces_id: CertificateId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An intent that nobody has finished."""

    id: CertificateId
    row: IntentRow
    created_at: datetime
    genuine: bool
    """Whether the row is what its journal entry says; an intent that is not is never signed (DETAILS 16)."""


_INSERT: Final = (
    "INSERT INTO certificate (id, authority_id, server_id, serial, stage, profile, key_type, key_origin, spki_sha256,"
    " not_before, not_after, window_opens, renew_at, replaces_id, owner, purpose, note, requested_by, created_at,"
    " destination, key_path, journal_seq, spec, csr, tbs)"
    " VALUES (?, ?, ?, ?, 'intent', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT: Final = (
    "SELECT id, authority_id, server_id, profile, key_type, key_origin, spki_sha256, window_opens, renew_at,"
    " replaces_id, owner, purpose, note, requested_by, created_at, destination, key_path, journal_seq, spec, csr, tbs"
    " FROM certificate WHERE stage <> 'issued' AND stage = 'intent' ORDER BY id"
)


def add_intents(tx: Transaction, rows: Sequence[IntentRow]) -> list[CertificateId]:
    """Store intents, one journal entry each (`certificate.intended`, with a digest of the row); return ids in order.

    Raises CertmgrError where a serial is on record already.
    """
    taken = tx.row("SELECT seq FROM sqlite_sequence WHERE name = 'certificate'")
    first = (taken[0] if taken else 0) + 1
    created_at = text_of(tx.now)
    specs = [leaf_spec_text(row.spec) for row in rows]
    entries = tx.record_many(
        [
            (INTENDED, f"certificate:{identity}", _entry_data(row, spec))
            for identity, (row, spec) in enumerate(zip(rows, specs, strict=True), first)
        ]
    )
    servers: dict[int, str] = dict(
        tx.rows(
            "SELECT id, name FROM server WHERE id IN (SELECT value FROM json_each(?))",
            (dump([row.server_id for row in rows]),),
        )
    )
    certificates, names, searches = [], [], []
    for identity, (row, spec, entry) in enumerate(zip(rows, specs, entries, strict=True), first):
        certificates.append(_values(identity, row, spec, created_at, entry.seq))
        texts = _names(identity, row.spec)
        names += texts
        searched = " ".join(text[3] for text in texts)
        searches.append((identity, servers.get(row.server_id, ""), searched, row.spec.serial, row.note))
    tx.change_many(_INSERT, certificates)
    tx.change_many("INSERT INTO certificate_name (certificate_id, position, kind, name) VALUES (?, ?, ?, ?)", names)
    tx.change_many(
        "INSERT INTO certificate_search (rowid, server, names, serial, note) VALUES (?, ?, ?, ?, ?)", searches
    )
    return [CertificateId(identity) for identity in range(first, first + len(rows))]


def open_intents(snapshot: Snapshot) -> tuple[Intent, ...]:
    """Return the intents that nobody has finished, the oldest first.

    Each is compared with its journal entry: recovery trusts no row (DETAILS 16).
    """
    return tuple(_intent(snapshot, row) for row in snapshot.rows(_SELECT))


def _entry_data(row: IntentRow, spec: str) -> dict[str, JSON]:
    """Return what the journal keeps of an intent: ids, codes and digests (DETAILS 34)."""
    return {
        "authority": row.authority_id,
        "server": row.server_id,
        "serial": row.spec.serial,
        "profile": row.profile,
        "spki_sha256": row.spki_sha256,
        "tbs_sha256": sha256(row.tbs),
        "intent_sha256": _digest(row, spec),
    }


def _digest(row: IntentRow, spec: str) -> str:
    """Return the SHA-256 of everything that recovery takes from the row."""
    return sha256(
        dump(
            [
                row.authority_id,
                row.server_id,
                spec,
                row.profile,
                row.key_type,
                row.key_origin,
                row.spki_sha256,
                sha256(row.tbs),
                text_of(row.window_opens),
                text_of(row.renew_at),
                row.owner,
                row.purpose,
                row.requested_by,
                row.note,
                row.destination,
                row.key_path,
                sha256(row.csr) if row.csr else None,
                row.replaces_id,
            ]
        ).encode()
    )


def _values(identity: int, row: IntentRow, spec: str, created_at: str, seq: int) -> tuple[object, ...]:
    return (
        identity,
        row.authority_id,
        row.server_id,
        str(row.spec.serial),
        row.profile,
        row.key_type.value,
        row.key_origin.value,
        row.spki_sha256,
        text_of(row.spec.not_before),
        text_of(row.spec.not_after),
        text_of(row.window_opens),
        text_of(row.renew_at),
        row.replaces_id,
        row.owner,
        row.purpose,
        row.note,
        row.requested_by,
        created_at,
        row.destination,
        row.key_path,
        seq,
        spec,
        row.csr,
        row.tbs,
    )


def _names(identity: int, spec: LeafSpec) -> list[tuple[int, int, str, str]]:
    named = [("dns", str(name)) for name in spec.dns] + [("ip", str(address)) for address in spec.ip]
    return [(identity, position, kind, name) for position, (kind, name) in enumerate(named)]


def _intent(snapshot: Snapshot, held: Row) -> Intent:
    row = _row(held)
    entry = journal.get(snapshot, held[17])
    genuine = (
        entry is not None
        and journal_format.entry_hash(entry) == entry.hash
        and entry.action == INTENDED
        and entry.object == f"certificate:{held[0]}"
        and entry.data == _entry_data(row, held[18])
    )
    return Intent(id=CertificateId(held[0]), row=row, created_at=moment_of(held[14]), genuine=genuine)


def _row(held: Row) -> IntentRow:
    try:
        spec = leaf_spec_of(held[18])
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"The record of the open intent {held[0]} is damaged.",
            hint="Run `certmgr doctor`; restore the store from a backup.",
            code=Code.STORE_ROW,
        ) from error
    return IntentRow(
        authority_id=AuthorityId(held[1]),
        server_id=ServerId(held[2]),
        spec=spec,
        profile=held[3],
        key_type=KeyType(held[4]),
        key_origin=KeyOrigin(held[5]),
        spki_sha256=held[6],
        tbs=held[20],
        window_opens=moment_of(held[7]),
        renew_at=moment_of(held[8]),
        owner=held[10],
        purpose=held[11],
        note=held[12],
        requested_by=held[13],
        destination=held[15],
        key_path=held[16],
        csr=held[19],
        replaces_id=None if held[9] is None else CertificateId(held[9]),
    )
