"""CRLs: what stands on the next one, the numbers, what was signed (ARCHITECTURE 2, DETAILS 24 to 28)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from certmgr.errors import NotFoundError
from certmgr.models.authorities import AuthorityId
from certmgr.models.serials import Serial
from certmgr.records import dataclass
from certmgr.store.columns import moment_of, sha256, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

_KEPT: Final = 3
"""How many signed CRLs an authority keeps whole; of the others the digest and the times stay."""
_SELECT: Final = (
    "SELECT authority_id, number, this_update, next_update, sha256, signed_at, published_at FROM crl"
    " WHERE authority_id = ? AND sha256 IS NOT NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCrl:
    """A CRL on record."""

    authority_id: AuthorityId
    number: int
    this_update: datetime
    next_update: datetime
    sha256: str
    signed_at: datetime
    published_at: datetime | None
    """When it was seen at every distribution point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A CRL as it was seen at a distribution point: fetched, its signature checked, nothing missing from it."""

    url: str
    number: int
    seen_at: datetime


def put_entry(  # noqa: PLR0913 - the facts of an entry
    tx: Transaction, authority: AuthorityId, serial: Serial, der: bytes, *, revoked_at: datetime, not_after: datetime
) -> None:
    """Put an entry (DER of one revokedCertificates element) on the next CRL, in place of one for that serial."""
    tx.change(
        "INSERT INTO crl_entry (authority_id, serial, revoked_at, not_after, recorded_at, der)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (authority_id, serial) DO UPDATE SET revoked_at = excluded.revoked_at,"
        " not_after = excluded.not_after, recorded_at = excluded.recorded_at, crl_number = NULL,"
        " der = excluded.der",
        (authority, serial, text_of(revoked_at), text_of(not_after), text_of(tx.now), der),
    )


def remove_entry(tx: Transaction, authority: AuthorityId, serial: Serial) -> None:
    """Take the entry of a released hold off the next CRL. Raises NotFoundError where there is none."""
    tx.change_one(
        f"CRL entry for the serial {serial}",
        "DELETE FROM crl_entry WHERE authority_id = ? AND serial = ?",
        (authority, serial),
    )
    tx.change(
        "UPDATE crl SET outdated_at = ?"
        " WHERE id = (SELECT id FROM crl WHERE authority_id = ? ORDER BY number DESC LIMIT 1)",
        (text_of(tx.now), authority),
    )


def drop_expired(tx: Transaction, authority: AuthorityId) -> tuple[Serial, ...]:
    """Take off what a signed CRL has carried after its certificate's end (RFC 5280 3.3); return the serials."""
    rows = tx.rows(
        "DELETE FROM crl_entry WHERE authority_id = :authority"
        " AND not_after < (SELECT max(this_update) FROM crl WHERE authority_id = :authority)"
        " AND recorded_at <= (SELECT max(this_update) FROM crl WHERE authority_id = :authority) RETURNING serial",
        {"authority": authority},
    )
    return tuple(sorted(Serial(row[0]) for row in rows))


def entries(snapshot: Snapshot, authority: AuthorityId) -> Iterator[bytes]:
    """Yield the DER of every entry of the next CRL, in the order in which they were recorded."""
    for row in snapshot.stream("SELECT der FROM crl_entry WHERE authority_id = ? ORDER BY id", (authority,)):
        yield row[0]


def count_entries(snapshot: Snapshot, authority: AuthorityId) -> int:
    """Return how many entries the next CRL has."""
    row = snapshot.row("SELECT count(*) FROM crl_entry WHERE authority_id = ?", (authority,))
    return row[0] if row else 0


def unpublished_entries(snapshot: Snapshot, authority: AuthorityId, number: int) -> bool:
    """Tell whether the CRL `number` says less or more than what is on record: an entry came, or one was released."""
    row = snapshot.row(
        "SELECT EXISTS (SELECT 1 FROM crl_entry WHERE authority_id = :authority AND crl_number IS NULL)"
        " OR EXISTS (SELECT 1 FROM crl_entry WHERE authority_id = :authority AND crl_number > :number)"
        " OR EXISTS (SELECT 1 FROM crl WHERE authority_id = :authority AND number >= :number"
        " AND outdated_at IS NOT NULL)",
        {"authority": authority, "number": number},
    )
    return bool(row and row[0])


def reserve_number(tx: Transaction, authority: AuthorityId, now: datetime) -> int:
    """Reserve and return the next CRL number: the Unix time, or the last number and one where that is more.

    Every entry and every request carried out by now, and by no later transaction, is on the CRL of this number.
    """
    row = tx.row("SELECT max(number) FROM crl WHERE authority_id = ?", (authority,))
    last = row[0] if row and row[0] is not None else 0
    number = max(last + 1, int(now.timestamp()))
    tx.change(
        "INSERT INTO crl (authority_id, number, reserved_at) VALUES (?, ?, ?)", (authority, number, text_of(tx.now))
    )
    tx.change("UPDATE crl_entry SET crl_number = ? WHERE authority_id = ? AND crl_number IS NULL", (number, authority))
    tx.change(
        "UPDATE revocation SET crl_number = ? WHERE issuer_id = ? AND revoked_at IS NOT NULL AND crl_number IS NULL",
        (number, authority),
    )
    return number


def record(  # noqa: PLR0913 - the facts of a CRL, by keyword
    tx: Transaction, authority: AuthorityId, *, number: int, this_update: datetime, next_update: datetime, der: bytes
) -> None:
    """Store the signed CRL of a reserved number. Raises NotFoundError where its number is not reserved, or signed."""
    tx.change_one(
        f"reserved CRL number {number}",
        "UPDATE crl SET this_update = ?, next_update = ?, sha256 = ?, der = ?, signed_at = ?"
        " WHERE authority_id = ? AND number = ? AND sha256 IS NULL",
        (text_of(this_update), text_of(next_update), sha256(der), der, text_of(tx.now), authority, number),
    )
    tx.change(
        "UPDATE crl SET der = NULL WHERE authority_id = :authority AND der IS NOT NULL AND number < (SELECT min(number)"
        " FROM (SELECT number FROM crl WHERE authority_id = :authority AND sha256 IS NOT NULL"
        " ORDER BY number DESC LIMIT :kept))",
        {"authority": authority, "kept": _KEPT},
    )


def set_published(tx: Transaction, authority: AuthorityId, number: int) -> None:
    """Record that relying parties can see the CRL. Raises NotFoundError."""
    tx.change_one(
        f"signed CRL {number}",
        "UPDATE crl SET published_at = coalesce(published_at, ?)"
        " WHERE authority_id = ? AND number = ? AND sha256 IS NOT NULL",
        (text_of(tx.now), authority, number),
    )


def add_sightings(tx: Transaction, authority: AuthorityId, number: int, urls: Sequence[str]) -> tuple[str, ...]:
    """Record that the CRL was seen at `urls`, now; return those at which it had not been seen before."""
    rows = [
        tx.rows(
            "INSERT INTO sighting (authority_id, number, url, seen_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING RETURNING url",
            (authority, number, url, text_of(tx.now)),
        )
        for url in urls
    ]
    return tuple(found[0][0] for found in rows if found)


def sightings_of(snapshot: Snapshot, authority: AuthorityId, number: int) -> tuple[Sighting, ...]:
    """Return where the CRL `number`, or a later one, was seen first, one for each place, by time (R6.1)."""
    rows = snapshot.rows(
        "SELECT url, number, min(seen_at) FROM sighting WHERE authority_id = ? AND number >= ?"
        " GROUP BY url ORDER BY min(seen_at), url",
        (authority, number),
    )
    return tuple(Sighting(url=row[0], number=row[1], seen_at=moment_of(row[2])) for row in rows)


def awaited_serials(snapshot: Snapshot, authority: AuthorityId, number: int) -> tuple[Serial, ...]:
    """Return the serials that the CRL `number` carries for requests whose publication has not been seen yet."""
    rows = snapshot.rows(
        "SELECT DISTINCT c.serial FROM revocation r JOIN certificate c ON c.id = r.certificate_id"
        " JOIN crl_entry e ON e.authority_id = r.issuer_id AND e.serial = c.serial"
        " WHERE r.issuer_id = ? AND r.crl_number <= ? AND r.published_at IS NULL AND r.closed_at IS NULL"
        " AND e.crl_number <= ? ORDER BY c.serial",
        (authority, number, number),
    )
    return tuple(Serial(row[0]) for row in rows)


def latest(snapshot: Snapshot, authority: AuthorityId, *, published: bool = False) -> SignedCrl | None:
    """Return the signed CRL with the highest number, or None; with `published`, the highest that was seen."""
    seen = " AND published_at IS NOT NULL" if published else ""
    row = snapshot.row(f"{_SELECT}{seen} ORDER BY number DESC LIMIT 1", (authority,))
    return None if row is None else _crl(row)


def page(snapshot: Snapshot, authority: AuthorityId, *, limit: int = 50) -> tuple[SignedCrl, ...]:
    """Return the signed CRLs, the highest number first, at most `limit`."""
    return tuple(_crl(row) for row in snapshot.rows(f"{_SELECT} ORDER BY number DESC LIMIT ?", (authority, limit)))


def der(snapshot: Snapshot, authority: AuthorityId, number: int | None = None) -> bytes:
    """Return the DER of the CRL `number`; of the newest, where none is named or that one is no longer kept whole.

    Raises NotFoundError where the authority has signed none, or not that one.
    """
    newest = "SELECT der FROM crl WHERE authority_id = ? AND der IS NOT NULL ORDER BY number DESC LIMIT 1"
    if number is not None:
        row = snapshot.row(
            "SELECT der FROM crl WHERE authority_id = ? AND number = ? AND sha256 IS NOT NULL", (authority, number)
        )
        if row is None:
            raise NotFoundError(f"There is no signed CRL with the number {number} on record.")
        if row[0] is not None:
            return bytes(row[0])
    row = snapshot.row(newest, (authority,))
    if row is None:
        raise NotFoundError("The authority has signed no CRL yet.", hint="Run `certmgr crl publish`.")
    return bytes(row[0])


def _crl(row: Row) -> SignedCrl:
    return SignedCrl(
        authority_id=AuthorityId(row[0]),
        number=row[1],
        this_update=moment_of(row[2]),
        next_update=moment_of(row[3]),
        sha256=row[4],
        signed_at=moment_of(row[5]),
        published_at=moment_of(row[6]),
    )
