"""Authorities: roots and issuing CAs, with what each was specified to be."""

from datetime import datetime
from typing import Final

from certmgr.codes import Code
from certmgr.errors import NotFoundError, RefusedError
from certmgr.models.authorities import Authority, AuthorityId, AuthorityRole, AuthoritySpec, AuthorityStatus
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.store.columns import authority_spec_of, authority_spec_text, moment_of, text_of
from certmgr.store.connection import Row, Snapshot, Transaction

_SELECT: Final = (
    "SELECT id, slug, role, subject, certificate, serial, sha256, spki_sha256, parent_id, key_type,"
    " not_before, not_after, status, has_key FROM authority"
)


def add(  # noqa: PLR0913 - the facts of an authority, by keyword
    tx: Transaction,
    *,
    slug: str,
    role: AuthorityRole,
    subject: str,
    spki_sha256: str,
    key_type: KeyType,
    not_before: datetime,
    not_after: datetime,
    parent_id: AuthorityId | None = None,
    certificate: bytes = b"",
    serial: Serial | None = None,
    sha256: str = "",
    status: AuthorityStatus = AuthorityStatus.CURRENT,
    has_key: bool = True,
    spec: AuthoritySpec | None = None,
    tbs: bytes | None = None,
    csr: bytes | None = None,
) -> AuthorityId:
    """Record an authority; a pending one needs no certificate yet, and its times are those asked for.

    `tbs` is the intent: the bytes about to be signed. Raises RefusedError for a slug that is taken.
    """
    if tx.row("SELECT 1 FROM authority WHERE slug = ?", (slug,)) is not None:
        raise RefusedError(f"There is an authority {slug} already.", code=Code.STORE_CONFLICT)
    table = tx.table("authority").insert(
        {
            "slug": slug,
            "role": role.value,
            "subject": subject,
            "certificate": certificate,
            "serial": serial,
            "sha256": sha256,
            "spki_sha256": spki_sha256,
            "parent_id": parent_id,
            "key_type": key_type.value,
            "not_before": text_of(not_before),
            "not_after": text_of(not_after),
            "status": status.value,
            "has_key": int(has_key),
            "spec": authority_spec_text(spec) if spec else None,
            "tbs": tbs,
            "csr": csr,
            "created_at": text_of(tx.now),
        }
    )
    return AuthorityId(int(table.last_pk))  # type: ignore[arg-type]  # the table's key is one whole number


def set_certificate(  # noqa: PLR0913 - the facts of a certificate, by keyword
    tx: Transaction,
    authority: AuthorityId,
    *,
    certificate: bytes,
    serial: Serial,
    sha256: str,
    subject: str,
    not_before: datetime,
    not_after: datetime,
    parent_id: AuthorityId | None = None,
) -> None:
    """Give a pending authority its certificate and make it current. Raises NotFoundError where it is not pending.

    `parent_id` is for a corporate root, which is not known before it answers.
    """
    tx.change_one(
        f"pending authority with the id {authority}",
        "UPDATE authority SET certificate = ?, serial = ?, sha256 = ?, subject = ?, not_before = ?, not_after = ?,"
        " parent_id = coalesce(?, parent_id), status = 'current' WHERE id = ? AND status = 'pending'",
        (certificate, serial, sha256, subject, text_of(not_before), text_of(not_after), parent_id, authority),
    )


def set_status(tx: Transaction, authority: AuthorityId, status: AuthorityStatus) -> None:
    """Change whether the authority signs. Raises NotFoundError."""
    tx.change_one(
        f"authority with the id {authority}",
        "UPDATE authority SET status = ? WHERE id = ?",
        (status.value, authority),
    )


def all(snapshot: Snapshot) -> tuple[Authority, ...]:  # noqa: A001 - read as authorities.all(...)
    """Return every authority, the oldest first."""
    return tuple(_authority(row) for row in snapshot.rows(f"{_SELECT} ORDER BY id"))


def get(snapshot: Snapshot, authority: AuthorityId) -> Authority:
    """Return the authority. Raises NotFoundError."""
    row = snapshot.row(f"{_SELECT} WHERE id = ?", (authority,))
    if row is None:
        raise NotFoundError(f"There is no authority with the id {authority} on record.")
    return _authority(row)


def by_slug(snapshot: Snapshot, slug: str) -> Authority:
    """Return the authority with the short name `slug`. Raises NotFoundError."""
    row = snapshot.row(f"{_SELECT} WHERE slug = ?", (slug,))
    if row is None:
        raise NotFoundError(f"There is no authority {slug} on record.", hint="See `certmgr ca show`.")
    return _authority(row)


def by_spki(snapshot: Snapshot, spki_sha256: str) -> tuple[Authority, ...]:
    """Return the authorities with that public key, the oldest first."""
    rows = snapshot.rows(f"{_SELECT} WHERE spki_sha256 = ? ORDER BY id", (spki_sha256,))
    return tuple(_authority(row) for row in rows)


def current_issuing(snapshot: Snapshot) -> Authority:
    """Return the newest issuing CA that signs. Raises NotFoundError where there is none."""
    row = snapshot.row(f"{_SELECT} WHERE role = 'issuing' AND status = 'current' ORDER BY id DESC LIMIT 1")
    if row is None:
        raise NotFoundError(
            "There is no issuing CA that signs.", hint="Make one with `certmgr ca new-issuing`, or run `certmgr init`."
        )
    return _authority(row)


def chain(snapshot: Snapshot, authority: AuthorityId) -> tuple[Authority, ...]:
    """Return the authority and those above it, the root last. Raises NotFoundError."""
    found = [get(snapshot, authority)]
    while found[-1].parent_id is not None and len(found) <= len({one.id for one in found}):
        found.append(get(snapshot, found[-1].parent_id))
    return tuple(found)


def count_issued(snapshot: Snapshot) -> dict[AuthorityId, int]:
    """Return how many certificates each authority has issued; counted in an index, without reading one."""
    rows = snapshot.rows("SELECT authority_id, count(*) FROM certificate GROUP BY authority_id")
    unfinished = snapshot.rows("SELECT authority_id, count(*) FROM certificate WHERE stage <> 'issued' GROUP BY 1")
    less: dict[int, int] = dict(unfinished)
    return {AuthorityId(row[0]): row[1] - less.get(row[0], 0) for row in rows}


def spec(snapshot: Snapshot, authority: AuthorityId) -> AuthoritySpec | None:
    """Return what the authority was specified to be; None for an imported one. Raises NotFoundError."""
    held = _column(snapshot, authority, "spec")
    return None if held is None else authority_spec_of(str(held))


def tbs(snapshot: Snapshot, authority: AuthorityId) -> bytes | None:
    """Return the bytes that were to be signed for the authority, or None. Raises NotFoundError."""
    held = _column(snapshot, authority, "tbs")
    return None if held is None else bytes(held)  # type: ignore[call-overload]  # the column is a BLOB


def csr(snapshot: Snapshot, authority: AuthorityId) -> bytes | None:
    """Return the DER of the CSR for a corporate root, or None. Raises NotFoundError."""
    held = _column(snapshot, authority, "csr")
    return None if held is None else bytes(held)  # type: ignore[call-overload]  # the column is a BLOB


def _column(snapshot: Snapshot, authority: AuthorityId, column: str) -> object:
    row = snapshot.row(f"SELECT {column} FROM authority WHERE id = ?", (authority,))  # noqa: S608 - named above
    if row is None:
        raise NotFoundError(f"There is no authority with the id {authority} on record.")
    return row[0]


def _authority(row: Row) -> Authority:
    return Authority(
        id=AuthorityId(row[0]),
        slug=row[1],
        role=AuthorityRole(row[2]),
        subject=row[3],
        certificate=row[4],
        serial=None if row[5] is None else Serial(row[5]),
        sha256=row[6],
        spki_sha256=row[7],
        parent_id=None if row[8] is None else AuthorityId(row[8]),
        key_type=KeyType(row[9]),
        not_before=moment_of(row[10]),
        not_after=moment_of(row[11]),
        status=AuthorityStatus(row[12]),
        has_key=bool(row[13]),
    )
