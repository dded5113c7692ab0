"""How a certificate is read: one SELECT for every way of finding it."""

from collections.abc import Iterator
from typing import Final

from certmgr.models.authorities import AuthorityId
from certmgr.models.certificates import Certificate, CertificateId, KeyOrigin, ServerId, Stage
from certmgr.models.keys import KeyType
from certmgr.models.serials import Serial
from certmgr.store.columns import moment_of
from certmgr.store.connection import Parameters, Row, Snapshot

NOT_SERVING: Final = (
    "(c.stage = 'issued' AND c.revoked_at IS NULL AND c.superseded_at IS NULL"
    " AND EXISTS (SELECT 1 FROM deployment d WHERE d.server_id = c.server_id AND d.removed_at IS NULL"
    " AND d.host <> '' AND (d.certificate_id IS NOT c.id OR d.seen_at IS NULL))"
    " AND NOT EXISTS (SELECT 1 FROM certificate n WHERE n.server_id = c.server_id AND n.id > c.id"
    " AND n.stage = 'issued' AND n.revoked_at IS NULL))"
)
"""Whether the certificate is its server's newest, and an endpoint of the server has not been seen serving it."""

_FACTS: Final = (
    "c.id, c.authority_id, a.slug, c.server_id, s.name, c.serial, c.stage, c.profile, c.key_type, c.key_origin,"
    " c.spki_sha256, c.sha256, c.not_before, c.not_after, c.window_opens, c.renew_at, c.owner, c.purpose, c.note,"
    " c.requested_by, c.created_at, c.destination, c.issued_at, c.superseded_at, c.revoked_at, c.held_at, c.cause,"
    " c.replaces_id,"
    " (SELECT max(n.id) FROM certificate n WHERE n.replaces_id = c.id AND n.stage <> 'abandoned'),"
    " EXISTS (SELECT 1 FROM revocation r WHERE r.certificate_id = c.id"
    " AND r.closed_at IS NULL AND r.published_at IS NULL),"
    " (SELECT group_concat(n.kind || ' ' || n.name, ' ' ORDER BY n.position)"
    " FROM certificate_name n WHERE n.certificate_id = c.id),"
    " c.accept_by, c.hold_until"
)
COLUMNS: Final = f"{_FACTS}, {NOT_SERVING}"
TABLES: Final = "certificate c JOIN server s ON s.id = c.server_id JOIN authority a ON a.id = c.authority_id"
SELECT: Final = f"SELECT {COLUMNS} FROM {TABLES}"  # noqa: S608 - constants


def find(snapshot: Snapshot, where: str, parameters: Parameters) -> tuple[Certificate, ...]:
    """Return the certificates that a WHERE (with its ORDER) selects."""
    return tuple(certificate_of(row) for row in snapshot.rows(f"{SELECT} WHERE {where}", parameters))


def stream(snapshot: Snapshot, sql: str, parameters: Parameters) -> Iterator[Certificate]:
    """Yield the certificates of a whole query on SELECT, read as they are consumed."""
    for row in snapshot.stream(sql, parameters):
        yield certificate_of(row)


def certificate_of(row: Row) -> Certificate:
    """Return the certificate in a row of SELECT."""
    names = (row[30] or "").split(" ")
    pairs = list(zip(names[::2], names[1::2], strict=False))
    return Certificate(
        id=CertificateId(row[0]),
        authority_id=AuthorityId(row[1]),
        authority=row[2],
        server_id=ServerId(row[3]),
        server=row[4],
        serial=Serial(row[5]),
        stage=Stage(row[6]),
        profile=row[7],
        key_type=KeyType(row[8]),
        key_origin=KeyOrigin(row[9]),
        spki_sha256=row[10],
        sha256=row[11],
        dns=tuple(name for kind, name in pairs if kind == "dns"),
        ip=tuple(name for kind, name in pairs if kind == "ip"),
        not_before=moment_of(row[12]),
        not_after=moment_of(row[13]),
        window_opens=moment_of(row[14]),
        renew_at=moment_of(row[15]),
        owner=row[16],
        purpose=row[17],
        note=row[18],
        requested_by=row[19],
        created_at=moment_of(row[20]),
        destination=row[21],
        issued_at=moment_of(row[22]),
        superseded_at=moment_of(row[23]),
        revoked_at=moment_of(row[24]),
        held_at=moment_of(row[25]),
        cause=row[26],
        replaces_id=None if row[27] is None else CertificateId(row[27]),
        replaced_by_id=None if row[28] is None else CertificateId(row[28]),
        revoking=bool(row[29]),
        accept_by=moment_of(row[31]),
        hold_until=moment_of(row[32]),
        not_serving=bool(row[33]),
    )
