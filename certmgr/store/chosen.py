"""Certificates that somebody has picked by hand: marked in a list, wherever they stand in it."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from certmgr.filters import Filter
from certmgr.models.certificates import Certificate, CertificateId
from certmgr.store.certificate_rows import find
from certmgr.store.columns import dump
from certmgr.store.connection import Snapshot
from certmgr.store.filtering import where_of


def by_ids(snapshot: Snapshot, ids: Sequence[CertificateId]) -> tuple[Certificate, ...]:
    """Return the certificates with those numbers, soonest expiry first; one that is not on record is left out."""
    where = "c.id IN (SELECT value FROM json_each(?)) ORDER BY c.not_after, c.id"
    return find(snapshot, where, (dump([int(one) for one in ids]),))


def matching(
    snapshot: Snapshot, ids: Sequence[CertificateId], wanted: Filter, *, now: datetime, zone: ZoneInfo
) -> frozenset[CertificateId]:
    """Return those of the certificates that the filter lets through."""
    where = where_of(snapshot, wanted, now=now, zone=zone, ordered=False)
    rows = snapshot.rows(
        f"SELECT c.id FROM certificate c WHERE c.id IN (SELECT value FROM json_each(?)) AND {where.sql()}",  # noqa: S608 - values are bound
        (dump([int(one) for one in ids]), *where.values),
    )
    return frozenset(CertificateId(row[0]) for row in rows)
